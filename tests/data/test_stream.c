/* tests/data/test_stream.c -- class orders against NumPy's, tasks, limits and refusals. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include "data/source/pcg64_int.h"
#include "data/source/stream.h"

/* numpy.random.Generator(numpy.random.PCG64(2025)).shuffle(numpy.arange(n)) */
static const int order100[100] = {
    79, 92, 13, 3,  76, 63, 64, 88, 48, 38, 98, 32, 51, 53, 21, 15, 49, 67, 23, 78,
    74, 87, 30, 8,  31, 61, 19, 90, 85, 71, 50, 5,  44, 60, 6,  17, 22, 94, 18, 20,
    96, 36, 93, 14, 40, 75, 4,  26, 86, 34, 35, 0,  81, 41, 69, 62, 10, 55, 59, 77,
    11, 99, 1,  97, 72, 89, 42, 56, 68, 43, 58, 80, 39, 16, 33, 66, 57, 52, 82, 83,
    73, 2,  70, 28, 24, 46, 54, 45, 27, 47, 25, 65, 84, 9,  29, 12, 95, 37, 7,  91,
};
static const int order200[200] = {
    139, 160, 178, 181, 18,  34,  32,  118, 169, 44,  23,  128, 132, 75,  134, 176, 53,
    48,  145, 14,  97,  112, 151, 121, 89,  165, 72,  0,   58,  146, 78,  192, 113, 22,
    68,  123, 35,  96,  138, 163, 129, 41,  170, 15,  105, 166, 193, 103, 148, 8,   93,
    196, 117, 13,  95,  67,  39,  21,  38,  127, 189, 111, 91,  29,  108, 164, 136, 184,
    133, 191, 30,  71,  154, 92,  122, 185, 101, 79,  194, 149, 110, 180, 65,  198, 85,
    156, 143, 125, 59,  26,  33,  3,   83,  27,  19,  199, 106, 94,  2,   107, 80,  187,
    12,  46,  147, 88,  150, 116, 24,  77,  179, 60,  168, 87,  172, 195, 74,  135, 31,
    6,   190, 131, 158, 20,  153, 144, 126, 162, 62,  61,  141, 40,  5,   115, 51,  177,
    100, 17,  69,  49,  182, 81,  86,  82,  171, 76,  36,  9,   45,  142, 104, 4,   90,
    159, 114, 50,  98,  64,  66,  43,  1,   10,  55,  11,  188, 63,  197, 47,  42,  56,
    119, 124, 186, 167, 16,  161, 99,  57,  52,  183, 73,  130, 70,  28,  120, 152, 174,
    54,  173, 155, 175, 25,  109, 84,  137, 157, 140, 37,  7,   102,
};
static const int order10[10] = {2, 3, 0, 9, 1, 4, 5, 8, 7, 6};
static const int order20_7[20] = {3, 8, 12, 13, 14, 16, 10, 15, 1, 6,
                                  0, 7, 4,  18, 5,  19, 17, 2,  9, 11};

static void check_order(const int *want, int n, uint64_t seed, int first)
{
    int got[200];

    ds_class_order(got, n, seed);
    assert_memory_equal(got, want, (size_t)first * sizeof *want);
}

static void class_orders_are_numpys(void **state)
{
    (void)state;
    check_order(order100, 100, 2025, 100);
    check_order(order200, 200, 2025, 200);
    check_order(order10, 10, 2025, 10);
    check_order(order20_7, 20, 7, 20);
    check_order((const int[]){16, 17, 97, 10, 91, 31, 12, 64, 84, 55}, 100, 2026, 10);
    check_order((const int[]){72, 50, 70, 37, 20, 82, 98, 84, 10, 71}, 100, 2027, 10);
}

/* From NumPy 1.24: seeds of one word and of two, and a sum over all positions. */
static void seeds_of_every_size_agree(void **state)
{
    static const struct {
        uint64_t seed;
        int seven[7];
        int64_t sum; /* of order[i] * (i + 1) for n = 1000 */
    } row[] = {
        {0, {2, 4, 3, 6, 5, 0, 1}, 250930667},
        {1, {5, 0, 1, 4, 2, 6, 3}, 246397518},
        {4294967295u, {0, 6, 4, 5, 3, 2, 1}, 251388526},
        {4294967296u, {1, 3, 6, 0, 4, 2, 5}, 250371230},
        {12345678901234u, {1, 0, 5, 6, 3, 2, 4}, 251136531},
        {UINT64_MAX, {0, 4, 3, 5, 6, 1, 2}, 249309815},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int order[1000];
        int64_t sum = 0;

        check_order(row[i].seven, 7, row[i].seed, 7);
        ds_class_order(order, 1000, row[i].seed);
        for (int k = 0; k < 1000; k++)
            sum += (int64_t)order[k] * (k + 1);
        assert_int_equal(sum, row[i].sum);
    }
}

static void raw_numbers_are_numpys(void **state)
{
    static const struct {
        uint64_t seed, raw[3];
    } row[] = {
        {2025, {0xfe94c966728d97db, 0x61cb63effe19e007, 0xd3bff8dff41e5725}},
        {0, {0xa30febcfd9c2825f, 0x4510bdf882d9d721, 0x0a7d3da94ecde8b8}},
        {4294967296u, {0xe3c5ebe285ac1625, 0x8ea09968fe31dbcc, 0xcd084ff84d8de9be}},
        {UINT64_MAX, {0xae163a7a8c47568f, 0xd86659f5f3382359, 0x1e52b195bc2d24a}},
    };
    struct ds_pcg64 g;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ds_pcg64_init(&g, row[i].seed);
        for (int k = 0; k < 3; k++)
            assert_int_equal(ds_pcg64_next(&g), row[i].raw[k]);
    }
    ds_pcg64_init(&g, 2025); /* halves: the low one first */
    assert_int_equal(ds_pcg64_next32(&g), 0x728d97db);
    assert_int_equal(ds_pcg64_next32(&g), 0xfe94c966);
    assert_int_equal(ds_pcg64_next32(&g), 0xfe19e007);
}

static void an_order_is_a_permutation(void **state)
{
    (void)state;
    for (int n = 0; n <= 200; n++) {
        int order[200], seen[200] = {0};

        ds_class_order(order, n, (uint64_t)n * 77);
        for (int i = 0; i < n; i++)
            seen[order[i]]++;
        for (int i = 0; i < n; i++)
            assert_int_equal(seen[i], 1);
    }
}

enum { CLASSES = 12, TRAIN = 60, TEST = 36 };
static struct ds_source *train, *test;

/* Labels go round: picture i has label (5 i + 1) mod 12, in both parts. */
static int open_parts(void **state)
{
    int label[TRAIN];
    struct ds_err err;

    if (make_base(state))
        return -1;
    for (int i = 0; i < TRAIN; i++)
        label[i] = (5 * i + 1) % CLASSES;
    put_idx("set", "train", label, TRAIN, 2, 2);
    put_idx("set", "t10k", label, TEST, 2, 2);
    return ds_source_open(&train, in_base("set"), DS_TRAIN, 0, &err) ||
           ds_source_open(&test, in_base("set"), DS_TEST, 0, &err);
}

static int close_parts(void **state)
{
    ds_source_close(train);
    ds_source_close(test);
    return remove_base(state);
}

static void refused(struct ds_stream_want want, enum ds_code code, const char *words)
{
    struct ds_stream s;
    struct ds_err err = {0};

    assert_int_equal(ds_stream_open(&s, train, test, &want, &err), code);
    assert_says(err, code, words);
    assert_null(s.label);
    ds_stream_clear(&s);
}

/* What must hold of one part's lists: source order, the right task, each picture at most
 * once, and per class min(limit, all) of them, the first ones. */
static void check_lists(const struct ds_stream *s, const struct ds_source *source, int **list,
                        const int *n, int limit)
{
    const int count = ds_source_info(source)->count;
    int seen[TRAIN] = {0}, of_class[CLASSES] = {0};

    for (int t = 0; t < s->tasks; t++)
        for (int i = 0; i < n[t]; i++) {
            const int picture = list[t][i];

            assert_in_range(picture, 0, count - 1);
            assert_true(i == 0 || list[t][i - 1] < picture);
            assert_int_equal(s->class_task[s->position[ds_source_label(source, picture)]], t);
            seen[picture]++;
        }
    for (int i = 0; i < count; i++) {
        const int k = ds_source_label(source, i);

        assert_int_equal(seen[i], !limit || of_class[k] < limit);
        of_class[k]++;
    }
}

static void check_stream(const struct ds_stream_want *want, const int *sizes)
{
    struct ds_stream s;
    struct ds_err err;

    if (ds_stream_open(&s, train, test, want, &err))
        fail_msg("%s", err.text);
    assert_int_equal(s.tasks, want->tasks);
    assert_int_equal(s.classes, CLASSES);
    assert_int_equal(s.first[0], 0);
    assert_int_equal(s.end[s.tasks - 1], CLASSES);
    for (int t = 0; t < s.tasks; t++)
        assert_int_equal(s.end[t] - s.first[t], sizes[t]);
    for (int p = 0; p < CLASSES; p++) {
        assert_int_equal(s.position[s.label[p]], p);
        assert_true(s.first[s.class_task[p]] <= p && p < s.end[s.class_task[p]]);
    }
    check_lists(&s, train, s.train, s.n_train, want->train_limit);
    check_lists(&s, test, s.test, s.n_test, want->test_limit);
    ds_stream_clear(&s);
    assert_null(s.train);
    ds_stream_clear(&s); /* again is fine */
}

static void classes_are_cut_into_tasks(void **state)
{
    struct ds_stream_want want = {.order = "shuffle", .seed = 5};

    (void)state;
    for (int tasks = 1; tasks <= CLASSES; tasks++) {
        int sizes[CLASSES];

        if (CLASSES % tasks)
            continue;
        for (int t = 0; t < tasks; t++)
            sizes[t] = CLASSES / tasks;
        want.tasks = tasks;
        check_stream(&want, sizes);
    }
    want = (struct ds_stream_want){.tasks = 4, .base = 6, .order = "shuffle", .seed = 1};
    check_stream(&want, (const int[]){6, 2, 2, 2});
    want.tasks = 1;
    want.base = CLASSES;
    check_stream(&want, (const int[]){CLASSES});
    want.tasks = 2;
    want.base = 1;
    check_stream(&want, (const int[]){1, 11});
}

static void limits_take_the_first_pictures(void **state)
{
    struct ds_stream_want want = {.tasks = 3, .order = "shuffle", .seed = 9};

    (void)state;
    for (int limit = 1; limit <= 6; limit++) {
        want.train_limit = limit;
        want.test_limit = limit + 1;
        check_stream(&want, (const int[]){4, 4, 4});
    }
}

static void the_natural_order_counts_up(void **state)
{
    const struct ds_stream_want want = {.tasks = 4, .order = "natural", .seed = 9};
    struct ds_stream s;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_stream_open(&s, train, test, &want, &err), 0);
    for (int p = 0; p < CLASSES; p++)
        assert_int_equal(s.label[p], p);
    ds_stream_clear(&s);
}

static void the_shuffled_order_is_the_seeds(void **state)
{
    const struct ds_stream_want want = {.tasks = 4, .order = "shuffle", .seed = 2025};
    int order[CLASSES];
    struct ds_stream s;
    struct ds_err err;

    (void)state;
    ds_class_order(order, CLASSES, 2025);
    assert_int_equal(ds_stream_open(&s, train, test, &want, &err), 0);
    assert_memory_equal(s.label, order, sizeof order);
    ds_stream_clear(&s);
}

static void an_order_is_read_from_a_file(void **state)
{
    struct ds_stream_want want = {.tasks = 4};
    struct ds_stream s;
    struct ds_err err;

    (void)state;
    put_text("order.txt", "11\n 10 \r\n\n9\n8\n7\n6\n5\n4\n3\n2\n1\n0");
    want.order = in_base("order.txt");
    assert_int_equal(ds_stream_open(&s, train, test, &want, &err), 0);
    for (int p = 0; p < CLASSES; p++)
        assert_int_equal(s.label[p], CLASSES - 1 - p);
    ds_stream_clear(&s);
}

static void names_go_before_labels_in_a_file(void **state)
{
    struct ds_stream_want want = {.tasks = 3, .order = in_base("names.txt")};
    struct ds_source *folder;
    struct ds_stream s;
    struct ds_err err;

    (void)state;
    put_png("n/train/10/x.png", 0, 3, 3, 3); /* label 0 */
    put_png("n/train/2/x.png", 0, 3, 3, 3);  /* label 1 */
    put_png("n/train/cat/x.png", 0, 3, 3, 3);
    put_text("names.txt", "cat\n2\n0\n"); /* 0 is nobody's name: the label */
    assert_int_equal(ds_source_open(&folder, in_base("n"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_stream_open(&s, folder, folder, &want, &err), 0);
    assert_int_equal(s.label[0], 2);
    assert_int_equal(s.label[1], 1);
    assert_int_equal(s.label[2], 0);
    ds_stream_clear(&s);
    ds_source_close(folder);
}

static void an_order_file_must_name_each_class_once(void **state)
{
    struct ds_stream_want want = {.tasks = 4, .order = in_base("order.txt")};

    (void)state;
    put_text("order.txt", "0\n1\n\n12\n");
    refused(want, DS_DATA,
            "order.txt:4: '12' is not a class of set; expected a class name ('0', "
            "...) or a label from 0 to 11");
    put_text("order.txt", "0\ncat\n");
    refused(want, DS_DATA, "order.txt:2: 'cat' is not a class of set");
    put_text("order.txt", "99999999999999999999999\n");
    refused(want, DS_DATA, "order.txt:1: '99999999999999999999999' is not a class");
    put_text("order.txt", "-1\n");
    refused(want, DS_DATA, "order.txt:1: '-1' is not a class");
    put_text("order.txt", "3\n1\n3\n");
    refused(want, DS_DATA, "order.txt:3: class '3' was named in line 1 already");
    put_text("order.txt", "11\n10\n9\n8\n7\n6\n5\n4\n3\n2\n1\n0\n0\n");
    refused(want, DS_DATA, "order.txt:13: class '0' was named in line 12 already");
    put_text("order.txt", "0\n1\n2\n");
    refused(want, DS_DATA, "order.txt: names 3 of the 12 classes of set, '3' is missing");
    put_text("order.txt", "");
    refused(want, DS_DATA, "order.txt: names 0 of the 12 classes");
    want.order = "shufle";
    refused(want, DS_NOINPUT,
            "shufle: this file cannot be read; a class order is shuffle, natural");
}

static void order_files_are_limited(void **state)
{
    struct ds_stream_want want = {.tasks = 4, .order = in_base("long.txt")};
    char *text = malloc((1 << 20) + 2);

    (void)state;
    assert_non_null(text);
    memset(text, '\n', (1 << 20) + 1);
    put("long.txt", text, 1 << 20);
    refused(want, DS_DATA, "names 0 of the 12");
    put("long.txt", text, (1 << 20) + 1);
    refused(want, DS_DATA, "long.txt");
    free(text);
}

static void tasks_that_do_not_divide_are_refused(void **state)
{
    struct ds_stream_want want = {.order = "natural"};

    (void)state;
    want.tasks = 5;
    refused(want, DS_USAGE,
            "set: 12 classes do not divide into 5 equal tasks; use 1, 2, 3, 4, 6 or "
            "12 tasks");
    want.tasks = 13;
    refused(want, DS_USAGE, "12 classes do not divide into 13 equal tasks");
    want.tasks = 0;
    refused(want, DS_USAGE, "0 tasks with 0 classes in the first");
    want = (struct ds_stream_want){.order = "natural", .tasks = 4, .base = 5};
    refused(want, DS_USAGE,
            "12 classes less 5 in the first task leave 7, which do not divide into "
            "3 more tasks; use 2 or 8 tasks in all");
    want.tasks = 1;
    refused(want, DS_USAGE, "divide into 0 more tasks; use 2 or 8 tasks in all");
    want.base = 13;
    refused(want, DS_USAGE, "1 tasks with 13 classes in the first");
    want.base = -1;
    refused(want, DS_USAGE, "1 tasks with -1 classes in the first");
    want = (struct ds_stream_want){.order = "natural", .tasks = 2, .base = 12};
    refused(want, DS_USAGE, "all 12 classes are in the first task, none are left for 1 more");
    want = (struct ds_stream_want){.order = "natural", .tasks = 2, .train_limit = -1};
    refused(want, DS_USAGE, "limits of -1 and 0 pictures a class; expected 0 (all) or more");
    want.train_limit = 0;
    want.test_limit = -2;
    refused(want, DS_USAGE, "limits of 0 and -2 pictures a class");
}

static void a_class_without_pictures_is_refused(void **state)
{
    static const int gap[] = {0, 2, 2, 0}, all[] = {0, 1, 2};
    const struct ds_stream_want want = {.tasks = 3, .order = "natural"};
    struct ds_source *a, *b;
    struct ds_stream s;
    struct ds_err err;

    (void)state;
    put_idx("gap", "train", gap, 4, 2, 2);
    put_idx("gap", "t10k", all, 3, 2, 2);
    assert_int_equal(ds_source_open(&a, in_base("gap"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_open(&b, in_base("gap"), DS_TEST, 0, &err), 0);
    assert_int_equal(ds_stream_open(&s, a, b, &want, &err), DS_DATA);
    assert_says(err, DS_DATA,
                "gap: class '1' has no pictures to learn; every class needs at least");
    assert_int_equal(ds_stream_open(&s, b, a, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "gap: class '1' has no pictures to test");
    ds_source_close(a);
    ds_source_close(b);
}

static void parts_that_do_not_fit_are_refused(void **state)
{
    static const int two[] = {0, 1}, three[] = {0, 1, 2};
    const struct ds_stream_want want = {.tasks = 1, .order = "natural"};
    struct ds_source *a, *b, *c, *d;
    struct ds_stream s;
    struct ds_err err;

    (void)state;
    put_idx("two", "train", two, 2, 2, 2);
    put_idx("three", "train", three, 3, 2, 2);
    put_idx("tall", "train", two, 2, 3, 2);
    put_idx("wide", "train", two, 2, 2, 3);
    put_png("0/train/0/x.png", 0, 3, 2, 2);
    put_png("0/train/1/x.png", 0, 3, 2, 2);
    put_png("other/train/0/x.png", 0, 3, 2, 2);
    put_png("other/train/one/x.png", 0, 3, 2, 2);
    assert_int_equal(ds_source_open(&a, in_base("two"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_open(&b, in_base("three"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_open(&c, in_base("tall"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_open(&d, in_base("other"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_stream_open(&s, a, b, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "two: 2 classes to learn, but 3 to test");
    assert_int_equal(ds_stream_open(&s, a, c, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "two: pictures of 1 x 2 x 2 to learn, but 1 x 3 x 2 to test");
    assert_int_equal(ds_stream_open(&s, a, d, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "two: class 1 is '1' to learn, but 'one' to test");
    ds_source_close(c);
    ds_source_close(d);
    assert_int_equal(ds_source_open(&c, in_base("wide"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_source_open(&d, in_base("0"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_stream_open(&s, a, c, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "two: pictures of 1 x 2 x 2 to learn, but 1 x 2 x 3 to test");
    assert_int_equal(ds_stream_open(&s, a, d, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "two: pictures of 1 x 2 x 2 to learn, but 3 x 2 x 2 to test");
    ds_source_close(a);
    ds_source_close(b);
    ds_source_close(c);
    ds_source_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(class_orders_are_numpys),
        cmocka_unit_test(seeds_of_every_size_agree),
        cmocka_unit_test(raw_numbers_are_numpys),
        cmocka_unit_test(an_order_is_a_permutation),
        cmocka_unit_test(classes_are_cut_into_tasks),
        cmocka_unit_test(limits_take_the_first_pictures),
        cmocka_unit_test(the_natural_order_counts_up),
        cmocka_unit_test(the_shuffled_order_is_the_seeds),
        cmocka_unit_test(an_order_is_read_from_a_file),
        cmocka_unit_test(names_go_before_labels_in_a_file),
        cmocka_unit_test(an_order_file_must_name_each_class_once),
        cmocka_unit_test(order_files_are_limited),
        cmocka_unit_test(tasks_that_do_not_divide_are_refused),
        cmocka_unit_test(a_class_without_pictures_is_refused),
        cmocka_unit_test(parts_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, open_parts, close_parts);
}
