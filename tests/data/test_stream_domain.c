/* tests/data/test_stream_domain.c -- domains as tasks: order, lists, limits and refusals. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"
#include "tests/data/source_open.h"

#include "data/source/stream.h"

/* Three domains of two classes; as many pictures as `n` says for each, to learn and to test. */
static void put_domains(const char *set, const int n[3][2])
{
    static const char *const domain[] = {"art", "photo", "sketch"}, *const class[] = {"a", "b"};
    char name[128];

    for (int part = 0; part < 2; part++)
        for (int d = 0; d < 3; d++)
            for (int k = 0; k < 2; k++)
                for (int i = 0; i < n[d][k]; i++) {
                    snprintf(name, sizeof name, "%s/%s/%s/%s/%d.png", set,
                             part ? "test" : "train", domain[d], class[k], i);
                    put_png(name, i, 3, 3, 3);
                }
}

static void open_domains(struct ds_source *part[2], const char *set)
{
    struct ds_err err;

    for (int i = 0; i < 2; i++)
        if (ds_source_open(&part[i], in_base(set), i ? DS_TEST : DS_TRAIN, 0, &err))
            fail_msg("%s", err.text);
}

static void close_domains(struct ds_source *part[2])
{
    ds_source_close(part[0]);
    ds_source_close(part[1]);
}

static void domains_are_tasks(void **state)
{
    static const int n[3][2] = {{4, 3}, {2, 5}, {6, 1}};
    struct ds_stream_want want = {.kind = DS_STREAM_DOMAIN, .tasks = 77, .seed = 3};
    char path[512]; /* in_base lends the same place each time */
    const char *const orders[] = {"natural", "shuffle", path};
    int by_seed[3];

    (void)state;
    snprintf(path, sizeof path, "%s", in_base("domains.txt"));
    put_domains("dom", n);
    put_text("domains.txt", "sketch\n0\nphoto\n");
    ds_class_order(by_seed, 3, 3);
    for (int o = 0; o < 3; o++)
        for (int limit = 0; limit < 5; limit++) {
            const int want_order[3][3] = {
                {0, 1, 2}, {by_seed[0], by_seed[1], by_seed[2]}, {2, 0, 1}};
            struct ds_source *part[2];
            struct ds_stream s;
            struct ds_err err;

            open_domains(part, "dom");
            want.order = orders[o];
            want.train_limit = limit;
            if (ds_stream_open(&s, part[0], part[1], &want, &err))
                fail_msg("%s", err.text);
            assert_int_equal(s.tasks, 3);
            assert_int_equal(s.classes, 2);
            for (int t = 0; t < 3; t++) {
                const int d = want_order[o][t];
                int of_class[2] = {0};

                assert_int_equal(s.domain[t], d);
                assert_int_equal(s.domain_task[d], t);
                assert_int_equal(s.first[t], 0);
                assert_int_equal(s.end[t], 2);
                for (int i = 0; i < s.n_train[t]; i++) {
                    const int at = s.train[t][i];

                    assert_int_equal(ds_source_domain(part[0], at), d);
                    assert_int_equal(ds_stream_task(&s, part[0], at), t);
                    assert_true(i == 0 || s.train[t][i - 1] < at);
                    of_class[ds_source_label(part[0], at)]++;
                }
                for (int k = 0; k < 2; k++)
                    assert_int_equal(of_class[k], limit && limit < n[d][k] ? limit : n[d][k]);
                assert_int_equal(s.n_test[t], n[d][0] + n[d][1]);
            }
            for (int k = 0; k < 2; k++) {
                assert_int_equal(s.label[k], k);
                assert_int_equal(s.position[k], k);
                assert_int_equal(s.class_task[k], 0);
            }
            ds_stream_clear(&s);
            close_domains(part);
        }
}

static void refused_domains(const char *set, struct ds_stream_want want, enum ds_code code,
                            const char *words)
{
    struct ds_source *part[2];
    struct ds_stream s;
    struct ds_err err = {0};

    open_domains(part, set);
    want.kind = DS_STREAM_DOMAIN;
    assert_int_equal(ds_stream_open(&s, part[0], part[1], &want, &err), code);
    assert_says(err, code, words);
    assert_null(s.label);
    close_domains(part);
}

static void domains_that_do_not_fit_are_refused(void **state)
{
    static const int n[3][2] = {{2, 2}, {2, 2}, {2, 2}};
    const struct ds_stream_want natural = {.order = "natural"};
    struct ds_stream_want want = natural;
    struct ds_source *part[2], *fewer;
    struct ds_stream s;
    struct ds_err err = {0};
    char path[512], nowhere[512];

    (void)state;
    snprintf(path, sizeof path, "%s", in_base("wrong.txt"));
    snprintf(nowhere, sizeof nowhere, "%s", in_base("nowhere"));
    put_domains("fit", n);
    want.base = 1;
    refused_domains("fit", want, DS_USAGE,
                    "fit: 1 classes in the first task, but a task that is a domain has all 2; "
                    "leave base-classes at 0");
    for (int i = 0; i < 4; i++)
        put_png((const char *const[]){"set/train/a/x.png", "set/train/b/x.png",
                                      "set/test/a/x.png", "set/test/b/x.png"}[i],
                0, 3, 3, 3);
    refused_domains(
        "set", natural, DS_USAGE,
        "set: has no domains to learn one after the other; expected an image folder "
        "train/DOMAIN/CLASS/FILE and test/DOMAIN/CLASS/FILE");
    want = (struct ds_stream_want){.order = path};
    put_text("wrong.txt", "art\npaint\n");
    refused_domains("fit", want, DS_DATA,
                    "wrong.txt:2: 'paint' is not a domain of fit; expected a domain name "
                    "('art', ...) or a number from 0 to 2");
    put_text("wrong.txt", "art\n1\nphoto\n");
    refused_domains(
        "fit", want, DS_DATA,
        "wrong.txt:3: domain 'photo' was named in line 2 already; name each domain");
    put_text("wrong.txt", "art\n1\n");
    refused_domains("fit", want, DS_DATA,
                    "wrong.txt: names 2 of the 3 domains of fit, 'sketch' is missing");
    want.order = nowhere;
    refused_domains("fit", want, DS_NOINPUT, "a domain order is shuffle, natural, or a file");

    open_domains(part, "fit");
    assert_int_equal(ds_source_open_want(&fewer,
                                         &(struct ds_source_want){.spec = in_base("fit"),
                                                                  .part = DS_TEST,
                                                                  .domain = "art,photo"},
                                         &err),
                     0);
    want = (struct ds_stream_want){.kind = DS_STREAM_DOMAIN, .order = "natural"};
    assert_int_equal(ds_stream_open(&s, part[0], fewer, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "fit: 3 domains to learn, but 2 to test");
    ds_source_close(fewer);
    close_domains(part);

    for (int i = 0; i < 6; i++) {
        static const char *const domain[] = {"art", "photo", "zebra"};
        char name[64];

        snprintf(name, sizeof name, "odd/test/%s/%c/x.png", domain[i / 2], "ab"[i % 2]);
        put_png(name, 0, 3, 3, 3);
    }
    assert_int_equal(ds_source_open(&part[0], in_base("fit"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_open(&part[1], in_base("odd"), DS_TEST, 0, &err), 0);
    assert_int_equal(ds_stream_open(&s, part[0], part[1], &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "fit: domain 2 is 'sketch' to learn, but 'zebra' to test");
    close_domains(part);
}

/* A folder of nothing but a broken picture leaves its domain without the class. */
static void a_domain_without_a_class_is_refused(void **state)
{
    static const int n[3][2] = {{2, 2}, {2, 0}, {2, 2}};
    const struct ds_stream_want want = {.kind = DS_STREAM_DOMAIN, .order = "natural"};
    struct ds_source *part[2];
    struct ds_stream s;
    struct ds_err err = {0};

    (void)state;
    put_domains("lack", n);
    put("lack/train/photo/b/broken.png", "\211PNG nothing", 12);
    put_png("lack/test/photo/b/x.png", 0, 3, 3, 3);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            ds_source_open_want(&part[i],
                                &(struct ds_source_want){.spec = in_base("lack"),
                                                         .part = i ? DS_TEST : DS_TRAIN,
                                                         .skip_broken = true},
                                &err),
            0);
    assert_int_equal(ds_stream_open(&s, part[0], part[1], &want, &err), DS_DATA);
    assert_says(
        err, DS_DATA,
        "lack: domain 'photo' has no pictures of class 'b' to learn; every domain needs "
        "at least one of every class");
    assert_int_equal(ds_stream_open(&s, part[1], part[0], &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "lack: domain 'photo' has no pictures of class 'b' to test");
    close_domains(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domains_are_tasks),
        cmocka_unit_test(domains_that_do_not_fit_are_refused),
        cmocka_unit_test(a_domain_without_a_class_is_refused),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
