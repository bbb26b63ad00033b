/* tests/data/test_record_parts.c -- run.h5 without one of its parts, or with one of another
 * kind: refused by name where readers rely on it, read where it is an addition. */
#define _GNU_SOURCE
#include "store_help.h"

#include "data/store/record.h"

enum { T = 2, K = 3, DONE = 2 };

/* Arrays that are for people's eyes, or that older and simpler runs lack. */
static const char *const may_lack[] = {"accuracy/after_task", "accuracy/class_incremental",
                                       "accuracy/on_task",    "accuracy/task_incremental",
                                       "attention/layer",     "curves/step",
                                       "domains/name",        "retention/audit",
                                       "retention/mask",      "retention/matrix",
                                       "retention/quantity",  "timeline/checkpoint",
                                       "timeline/peak",       "timeline/saving",
                                       NULL};

static const struct {
    const char *group, *key;
} needed[] = {
    {"", "format"},      {"", "format_major"}, {"", "format_minor"},    {"", "seed"},
    {"", "method"},      {"", "uuid"},         {"", "creator_version"}, {"", "command"},
    {"", "created"},     {"classes", "tasks"}, {"model", "layers"},     {"model", "heads"},
    {"model", "tokens"}, {"model", "prefix"},  {"model", "patches"},    {"model", "grid_h"},
    {"model", "grid_w"}, {"model", "patch"},   {"images", "channels"},
};

/* A small run with everything a run can have, packed. */
static void pack(struct ds_bundle *b)
{
    struct ds_record r = {.method = "arcl",
                          .uuid = "u",
                          .version = "1",
                          .command = "c",
                          .created = "2026-01-01T00:00:00Z",
                          .budget = "5 epochs",
                          .tasks = T,
                          .classes = K,
                          .layers = 2,
                          .heads = 1,
                          .tokens = 5,
                          .prefix = 1,
                          .patches = 4,
                          .grid_h = 2,
                          .grid_w = 2,
                          .patch = 4,
                          .images = 3,
                          .channels = 1,
                          .height = 8,
                          .width = 8,
                          .probe = 1};
    struct ds_err err;

    assert_good(ds_record_alloc(&r, &err), &err);
    assert_good(ds_record_retain(&r, &err), &err);
    assert_good(ds_record_step(&r, 1, 0.5f, 0, 0, &err), &err);
    r.done = DONE;
    r.config = strdup("[train]\nepochs = 5\n");
    for (int k = 0; k < K; k++)
        assert_non_null(r.class_name[k] = strdup("class"));
    r.domain_name = calloc(T, sizeof *r.domain_name);
    for (int t = 0; t < T; t++)
        assert_non_null(r.domain_name[t] = strdup("domain"));
    for (int m = 0; m < DONE; m++)
        snprintf(r.checkpoint[m], sizeof r.checkpoint[m], "task_%02d.h5", m);
    assert_good(ds_record_pack(b, &r, &err), &err);
    ds_record_clear(&r);
}

static bool may(const char *name)
{
    int i = 0;

    while (may_lack[i] && strcmp(may_lack[i], name))
        i++;
    return may_lack[i] != NULL;
}

/* Whether the bundle is read as a record; a refusal must name the part. */
static bool reads(const struct ds_bundle *b, const char *part)
{
    struct ds_record r = {0};
    struct ds_err err;
    const int code = ds_record_unpack(&r, b, "run.h5", &err);

    if (code) {
        assert_says(code, DS_DATA, &err, "run.h5: ");
        assert_non_null(strstr(err.text, part));
        assert_null(r.pixels); /* nothing is left of it */
    }
    ds_record_clear(&r);
    return !code;
}

static void each_array_is_missed(void **state)
{
    struct ds_bundle b = {0};
    int arrays = 0;

    (void)state;
    pack(&b);
    assert_true(reads(&b, ""));
    for (int i = 0; i < b.count; i++) {
        char *last = b.array[i].name + strlen(b.array[i].name) - 1, kept = *last, name[64];

        snprintf(name, sizeof name, "%s", b.array[i].name);
        *last = '~';
        if (reads(&b, name) != may(name))
            fail_msg("without '%s' it is %s", name, may(name) ? "refused" : "read");
        *last = kept;
        arrays++;
    }
    assert_true(arrays > 30);
    ds_bundle_clear(&b);
}

/* DS_I16 is as narrow as any: nothing is read beyond an array. */
static void each_array_has_its_kind(void **state)
{
    static const char *const unread[] = {"accuracy/after_task", "accuracy/class_incremental",
                                         "accuracy/on_task",    "accuracy/task_incremental",
                                         "attention/layer",     "curves/step",
                                         "retention/matrix",    "retention/quantity",
                                         "timeline/checkpoint"};
    struct ds_bundle b = {0};

    (void)state;
    pack(&b);
    for (int i = 0; i < b.count; i++) {
        struct ds_array *a = &b.array[i];
        const struct ds_array kept = *a;
        bool ignored = false;

        for (size_t u = 0; u < sizeof unread / sizeof *unread; u++)
            ignored = ignored || !strcmp(unread[u], a->name);
        a->type = DS_I16;
        if (reads(&b, a->name) != ignored)
            fail_msg("'%s' of another type is %s", a->name, ignored ? "refused" : "read");
        a->type = kept.type;
        a->rank = kept.rank == 1 ? 2 : 1;
        a->dims[1] = 1;
        if (reads(&b, a->name) != ignored)
            fail_msg("'%s' of another rank is %s", a->name, ignored ? "refused" : "read");
        *a = kept;
    }
    ds_bundle_clear(&b);
}

/* Sizes that no int holds. */
static void no_size_is_too_large(void **state)
{
    static const struct {
        const char *name;
        int dim;
    } row[] = {{"classes/task", 0},  {"images/pixels", 0},       {"images/pixels", 1},
               {"images/pixels", 2}, {"attention/head_mean", 1}, {"curves/loss", 0}};
    struct ds_bundle b = {0};

    (void)state;
    pack(&b);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int64_t *size = &ds_bundle_lookup(&b, row[i].name)->dims[row[i].dim];
        const int64_t kept = *size;

        *size = (int64_t)INT32_MAX + 1;
        assert_false(reads(&b, "is larger than any run"));
        *size = kept;
    }
    ds_bundle_clear(&b);
}

static void each_note_is_missed(void **state)
{
    struct ds_bundle b = {0};
    size_t found = 0;

    (void)state;
    pack(&b);
    for (int g = 0; g < b.groups; g++)
        for (int i = 0; i < b.group[g].notes.count; i++) {
            struct ds_note *n = &b.group[g].notes.note[i];
            const char kept = n->key[0];
            char key[64];
            bool must = false;

            for (size_t k = 0; k < sizeof needed / sizeof *needed; k++)
                must = must || (!strcmp(needed[k].group, b.group[g].group) &&
                                !strcmp(needed[k].key, n->key));
            snprintf(key, sizeof key, "%s",
                     strcmp(n->key, "format") ? n->key : "is not the run.h5");
            n->key[0] = '~';
            if (reads(&b, key) == must)
                fail_msg("without note '%s' of '%s' it is %s", key, b.group[g].group,
                         must ? "read" : "refused");
            n->key[0] = kept;
            found += must;
        }
    assert_int_equal(found, sizeof needed / sizeof *needed);
    ds_bundle_clear(&b);
}

/* Texts where numbers belong, and more text than there is room for. */
static void each_note_has_its_kind(void **state)
{
    char word[400];
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = 0;
    for (size_t k = 0; k < sizeof needed / sizeof *needed; k++) {
        struct ds_notes *n;
        bool text;

        pack(&b);
        n = ds_bundle_notes(&b, needed[k].group, &err);
        text = ds_note_lookup(n, needed[k].key)->type == DS_NOTE_TEXT;
        assert_good(text ? ds_note_int(n, needed[k].key, 1, &err)
                         : ds_note_text(n, needed[k].key, "1", &err),
                    &err);
        assert_false(reads(&b, strcmp(needed[k].key, "format") ? needed[k].key : "run.h5"));
        if (text && strcmp(needed[k].key, "format") && strcmp(needed[k].key, "command")) {
            assert_good(ds_note_text(n, needed[k].key, word, &err), &err);
            assert_false(reads(&b, needed[k].key));
        }
        ds_bundle_clear(&b);
    }
    pack(&b);
    assert_good(ds_note_int(ds_bundle_notes(&b, "", &err), "budget", 1, &err), &err);
    assert_false(reads(&b, "budget"));
    ds_bundle_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_array_is_missed),
        cmocka_unit_test(each_array_has_its_kind),
        cmocka_unit_test(no_size_is_too_large),
        cmocka_unit_test(each_note_is_missed),
        cmocka_unit_test(each_note_has_its_kind),
    };

    return cmocka_run_group_tests_name("record_parts", tests, NULL, NULL);
}
