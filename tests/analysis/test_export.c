/* tests/analysis/test_export.c -- export's tables, cohorts of seeds, RUN@t. */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include <sys/stat.h>
#include <unistd.h>
#include "analysis/drift/accuracy.h"
#include "analysis/drift/cohort.h"
#include "analysis/drift/linkage.h"
#include "analysis/drift/moment.h"
#include "analysis/sheet/tables.h"
#include "core/retain/split.h"

static struct ds_table_want want_of(const struct ds_table_run *run, int runs)
{
    return (struct ds_table_want){.run = run,
                                  .runs = runs,
                                  .metric = {ds_metric_lookup("relfro")},
                                  .metrics = 1,
                                  .reference = DS_REF_OWN,
                                  .stat = {DS_BCA, 50, 0.95, 0, 0}};
}

static struct ds_record learned(int tasks, const char *method, int64_t seed, const char *config)
{
    struct ds_record r;

    hand_record(&r, tasks);
    snprintf(r.method, sizeof r.method, "%s", method);
    r.seed = seed;
    r.config = strdup(config);
    for (int i = 0; i < tasks; i++)
        hand_counts(&r, i, (int[]){90 - 10 * i - (int)seed, 80, 70});
    return r;
}

static int column(const struct ds_sheet *s, const char *name)
{
    for (int c = 0; c < s->columns; c++)
        if (!strcmp(s->column[c].name, name))
            return c;
    fail_msg("no column %s", name);
    return -1;
}

static double real(const struct ds_sheet *s, int row, const char *name)
{
    return ds_sheet_cell(s, row, column(s, name))->real;
}

static const char *text(const struct ds_sheet *s, int row, const char *name)
{
    return ds_sheet_cell(s, row, column(s, name))->text;
}

static bool noted(const struct ds_sheet *s, const char *words)
{
    for (int i = 0; i < s->notes; i++)
        if (strstr(s->note[i], words))
            return true;
    return false;
}

/* Every table of one run and of two: full rows, something to say, and no failure. */
static void every_table(void **state)
{
    struct ds_record r[2] = {learned(3, "arcl", 0, "seed = 0\n"), learned(3, "arcl", 1, "")};
    struct ds_table_run run[2] = {{&r[0], "one", -1}, {&r[1], "two", 2}};
    struct ds_err err = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ds_record_retain(&r[i], &err), 0);
        for (int k = 0; k < r[i].done * r[i].images; k++)
            r[i].margin[k] = (float)(k % 7) - 3;
        for (int k = 0; k < 5; k++)
            assert_int_equal(ds_record_step(&r[i], 1.5F, 0.1F, k / 2, 0, &err), 0);
    }
    for (int n = 1; n <= 2; n++)
        for (const struct ds_table *t = ds_tables; t->name; t++) {
            struct ds_table_want want = want_of(run, n);
            struct ds_sheet s;
            int code;

            if (!strcmp(t->name, "compare"))
                run[1].checkpoint = -1;
            code = ds_table_fill(&s, t->name, &want, &err);
            run[1].checkpoint = 2;
            if (code)
                fail_msg("%s: %s", t->name, err.text);
            assert_false(s.failed);
            assert_true(ds_sheet_rows(&s) > 0 && s.notes > 0);
            assert_int_equal(s.cells % (size_t)s.columns, 0);
            if (strcmp(t->name, "compare"))
                assert_int_equal(!strcmp(s.column[0].name, "run"), n == 2);
            ds_sheet_clear(&s);
        }
    ds_record_clear(&r[0]);
    ds_record_clear(&r[1]);
}

static void known_cells(void **state)
{
    struct ds_record r = learned(3, "arcl", 0, "");
    const struct ds_table_run run[] = {{&r, "one", -1}};
    const struct ds_table_want want = want_of(run, 1);
    struct ds_err err = {0};
    struct ds_sheet s;

    (void)state;
    assert_int_equal(ds_table_fill(&s, "accuracy", &want, &err), 0);
    assert_int_equal(ds_sheet_rows(&s), 12);
    NEAR(real(&s, 2, "task_1"), 0.7, 1e-15);
    NEAR(real(&s, 2, "mean"), (0.7 + 0.8 + 0.7) / 3, 1e-15);
    assert_true(isnan(real(&s, 0, "task_2")));
    ds_sheet_clear(&s);
    assert_int_equal(ds_table_fill(&s, "forgetting", &want, &err), 0);
    NEAR(real(&s, 0, "clipped"), 0.2, 1e-15);
    NEAR(real(&s, 1, "clipped"), 0, 0);
    assert_string_equal(text(&s, 2, "task"), "mean");
    NEAR(real(&s, 2, "clipped"), 0.1, 1e-15);
    ds_sheet_clear(&s);
    assert_int_equal(ds_table_fill(&s, "summary", &want, &err), 0);
    assert_int_equal(ds_sheet_rows(&s), 4 * DS_CONVENTION_COUNT);
    assert_string_equal(text(&s, 16, "measure"), "fwt");
    assert_true(isnan(real(&s, 16, "value")));
    assert_true(noted(&s, "forward transfer is n/a"));
    ds_sheet_clear(&s);
    ds_record_clear(&r);
}

/* Two seeds of one method, one of another: mean, sample sd and interval, and a lone seed without
 * them. What a run cost is a column where all seeds of a row know it. */
static void compare_aggregates_seeds(void **state)
{
    struct ds_record r[] = {learned(3, "arcl", 0, "[train]\nseed = 0\nlr = 0.1\n"),
                            learned(3, "finetune", 0, "seed=0\nlr=0.1\n"),
                            learned(3, "arcl", 4, "[train]\n# again\nseed = 4\nlr = 0.1\n")};
    const struct ds_table_run run[] = {{&r[0], "a", -1}, {&r[1], "f", -1}, {&r[2], "b", -1}};
    struct ds_table_want want = want_of(run, 3);
    const double expected = (1.3 / 1.1 - 1 + 1.3 / 1.2 - 1) / 2; /* layer 1 of hand_record */
    struct ds_err err = {0};
    struct ds_sheet s;

    (void)state;
    r[0].peak[3] = 2e6;
    r[1].peak[3] = 3e6;
    r[1].seconds[3] = 7;
    snprintf(r[0].budget, sizeof r[0].budget, "trains head; 7 images seen; softmax; none; natural");
    assert_int_equal(ds_table_fill(&s, "compare", &want, &err), 0);
    assert_int_equal(ds_sheet_rows(&s), 2);
    assert_string_equal(text(&s, 0, "method"), "arcl");
    assert_string_equal(text(&s, 0, "trains"), "trains head");
    assert_string_equal(text(&s, 0, "seen"), "7 images seen");
    assert_string_equal(text(&s, 0, "order"), "natural");
    assert_string_equal(text(&s, 1, "order"), "");
    assert_int_equal(ds_sheet_cell(&s, 0, column(&s, "seeds"))->whole, 2);
    NEAR(real(&s, 0, "class_acc"), (0.7 + 0.8 + 0.7) / 3 - 0.02 / 3, 1e-12);
    NEAR(real(&s, 0, "class_acc_sd"), 0.04 / 3 / sqrt(2), 1e-12);
    NEAR(real(&s, 0, "class_acc_ci"), 12.706204736432095 * 0.02 / 3, 1e-9); /* t sd / sqrt 2 */
    assert_true(isnan(real(&s, 1, "class_acc_sd")) && isnan(real(&s, 1, "class_acc_ci")));
    NEAR(real(&s, 1, "class_avg"), (0.9 + 0.8 + (0.7 + 0.8 + 0.7) / 3) / 3, 1e-12);
    NEAR(real(&s, 1, "task_avg"), 1, 1e-12);
    NEAR(real(&s, 0, "seconds"), 3, 0);
    NEAR(real(&s, 1, "seconds"), 7, 0);
    assert_true(isnan(real(&s, 0, "peak_mb"))); /* one of its runs does not know */
    NEAR(real(&s, 1, "peak_mb"), 3, 0);
    NEAR(real(&s, 0, "relfro_last"), (1.9 / 1.3 - 1 + 1.9 / 1.6 - 1) / 2, 1e-6);
    NEAR(real(&s, 0, "relfro_last_sd"), 0, 1e-12);
    assert_true(real(&s, 0, "relfro_mean") > expected);
    assert_true(noted(&s, "arcl: b (seed 4, after task 3 of 3"));
    assert_true(noted(&s, "half of Student's 95 % interval"));
    assert_true(s.column[column(&s, "class_acc_ci")].spread);
    ds_sheet_clear(&s);
    want.sd = true;
    assert_int_equal(ds_table_fill(&s, "compare", &want, &err), 0);
    assert_true(noted(&s, "sample sd"));
    assert_true(s.column[column(&s, "class_acc_sd")].spread);
    ds_sheet_clear(&s);
    for (int i = 0; i < 3; i++)
        ds_record_clear(&r[i]);
}

/* The audit's masks, counted again from the maps: after task 2, layer 3. */
static void audit_counts_masks(void **state)
{
    struct ds_record r = learned(3, "arcl", 0, "");
    const struct ds_table_run run[] = {{&r, "one", -1}};
    const struct ds_table_want want = want_of(run, 1);
    double *scratch = malloc(ds_split_scratch(6) * sizeof *scratch), paper = 0, knee = 0;
    const int row = (1 * 3 + 2) * 3 + 1; /* task, layer, k */
    struct ds_err err = {0};
    struct ds_sheet s;

    (void)state;
    assert_non_null(scratch);
    assert_int_equal(ds_record_retain(&r, &err), 0);
    r.audit[((1 * 3 + 2) * 3 + 1) * DS_AUDIT_COUNT + DS_AUDIT_REMOVED] = 0.25F;
    assert_int_equal(ds_table_fill(&s, "audit", &want, &err), 0);
    assert_int_equal(ds_sheet_rows(&s), 3 * 3 * 3);
    for (int i = 4; i < 8; i++) {
        const float *map = hand_map(&r, 2, i, 2);
        const double ecdf = ds_split_point(map, 6, DS_SPLIT_ECDF, 0, NULL, scratch);
        const double second = ds_split_point(map, 6, DS_SPLIT_KNEE, 0, NULL, scratch);

        for (int p = 0; p < 6; p++) {
            paper += (double)map[p] > ecdf;
            knee += (double)map[p] > second;
        }
    }
    assert_int_equal(ds_sheet_cell(&s, row, column(&s, "task"))->whole, 2);
    assert_int_equal(ds_sheet_cell(&s, row, column(&s, "layer"))->whole, 3);
    assert_int_equal(ds_sheet_cell(&s, row, column(&s, "n"))->whole, 4);
    NEAR(real(&s, row, "removed"), 0.25, 0);
    NEAR(real(&s, row, "paper"), paper / 24, 1e-12);
    NEAR(real(&s, row, "knee"), knee / 24, 1e-12);
    assert_true(real(&s, row, "agreement") >= 0 && real(&s, row, "agreement") <= 1);
    /* hand_record: split = 1.6 (4 + i % 3) / 64 for i = 4 .. 7: 5, 6, 4, 5 */
    NEAR(real(&s, row, "split_median"), 1.6 * 5 / 64, 1e-7);
    NEAR(real(&s, row, "split_q1"), 1.6 * 4.75 / 64, 1e-7);
    free(scratch);
    ds_sheet_clear(&s);
    ds_record_clear(&r);
}

/* Rows of layers, tasks and classes; images that were not compared are no cases; a record
 * without margins has nothing to link. */
static void linkage_of_a_record(void **state)
{
    struct ds_record r = learned(3, "arcl", 0, "");
    const struct ds_table_run run[] = {{&r, "one", -1}};
    const struct ds_table_want want = want_of(run, 1);
    struct ds_err err = {0};
    struct ds_sheet s;

    (void)state;
    assert_int_equal(ds_table_fill(&s, "linkage", &want, &err), DS_USAGE);
    assert_string_equal(err.text, "one: no image has a margin at both checkpoints: the reference "
                                  "has to be one that has learned (not the initial model)");
    ds_sheet_clear(&s);
    for (int m = 0; m < 4; m++)
        for (int i = 0; i < 12; i++) { /* drift is larger for task 1: so is the loss */
            r.margin[m * 12 + i] = (float)(m == 3 ? i - 4 : 2);
            r.predicted[m * 12 + i] = m == 3 && i < 3 ? 5 : r.label[i];
        }
    r.margin[1 * 12 + 3] = NAN;
    assert_int_equal(ds_table_fill(&s, "linkage", &want, &err), 0);
    assert_int_equal(ds_sheet_rows(&s), 3 + 1 + 2 + 4);
    assert_string_equal(text(&s, 0, "by"), "layer");
    assert_string_equal(text(&s, 3, "part"), "mean");
    assert_string_equal(text(&s, 4, "by"), "task");
    assert_string_equal(text(&s, 6, "part"), "class 0");
    assert_int_equal(ds_sheet_cell(&s, 0, column(&s, "n"))->whole, 7);
    assert_int_equal(ds_sheet_cell(&s, 0, column(&s, "undefined"))->whole, 1);
    assert_int_equal(ds_sheet_cell(&s, 0, column(&s, "flipped"))->whole, 3);
    assert_int_equal(ds_sheet_cell(&s, 0, column(&s, "kept"))->whole, 5);
    assert_true(real(&s, 0, "rho") > 0.5 && real(&s, 0, "auroc") > 0.5);
    assert_true(isnan(real(&s, 3, "q")));
    ds_sheet_clear(&s);
    ds_record_clear(&r);
}

/* Seven seeds of two methods, one always better: the smallest p of seven, and its q. */
static void compare_tests_pairs(void **state)
{
    struct ds_record r[14];
    struct ds_table_run run[14];
    struct ds_table_want want;
    struct ds_err err = {0};
    struct ds_sheet s;

    (void)state;
    for (int i = 0; i < 14; i++) {
        r[i] = learned(3, i < 7 ? "arcl" : "finetune", i % 7, "");
        if (i >= 7)
            for (int k = 0; k < 9; k++)
                r[i].correct_class[k] -= 5 + i % 3;
        run[i] = (struct ds_table_run){&r[i], "x", -1};
    }
    want = want_of(run, 14);
    assert_int_equal(ds_table_fill(&s, "compare", &want, &err), 0);
    assert_int_equal(ds_sheet_rows(&s), 2);
    assert_true(isnan(real(&s, 0, "class_acc_p")) && isnan(real(&s, 0, "class_acc_q")));
    NEAR(real(&s, 1, "class_acc_p"), 2.0 / 128, 1e-15);
    NEAR(real(&s, 1, "task_acc_p"), 1, 0); /* no difference at all */
    /* seven accuracies and two columns of drift: two of the nine tests are as small */
    assert_true(real(&s, 1, "class_acc_q") >= real(&s, 1, "class_acc_p"));
    assert_true(real(&s, 1, "class_acc_q") <= 9 * real(&s, 1, "class_acc_p"));
    assert_true(noted(&s, "paired by seed"));
    ds_sheet_clear(&s);
    for (int i = 0; i < 14; i++)
        ds_record_clear(&r[i]);
}

static void cohorts(void **state)
{
    struct ds_record r[] = {
        learned(2, "arcl", 0, "retain-preset = adaptive\nseed = 0\n"),
        learned(2, "arcl", 0, "retain-preset = paper\nseed = 0\ninit = a@0\nmean = 0.28\n"),
        learned(2, "arcl", 1,
                "[run]\nseed = 1\ninit = b@0\nretain-preset = paper\nmean = 0.29\n"),
        learned(2, "frozen", 0, "qkv-scale = 1\n"), learned(2, "frozen", 0, "qkv-scale = 2\n")};
    const struct ds_record *run[] = {&r[0], &r[1], &r[2], &r[3], &r[4]};
    struct ds_err err = {0};
    struct ds_cohorts c;

    (void)state;
    assert_int_equal(ds_cohorts_of(&c, run, 5, &err), 0);
    assert_int_equal(c.count, 4);
    assert_int_equal(c.of[1], c.of[2]); /* each seed has its own start and pictures */
    assert_string_equal(c.label[0], "arcl (adaptive)");
    assert_string_equal(c.label[1], "arcl (paper)");
    assert_string_equal(c.label[2], "frozen (qkv-scale 1)");
    assert_string_equal(c.label[3], "frozen (qkv-scale 2)");
    ds_cohorts_clear(&c);
    r[2].seed = 0; /* the same seed from another place is another experiment */
    assert_int_equal(ds_cohorts_of(&c, run, 5, &err), 0);
    assert_int_equal(c.count, 5);
    ds_cohorts_clear(&c);
    for (int i = 0; i < 5; i++)
        ds_record_clear(&r[i]);
}

static void refusals(void **state)
{
    struct ds_record r[] = {learned(3, "arcl", 0, ""), learned(2, "arcl", 0, "")};
    struct ds_table_run run[] = {{&r[0], "a", -1}, {&r[0], "b", 2}, {&r[1], "c", -1}};
    static const struct {
        const char *table, *says;
        int first, runs, code;
    } cases[] = {
        {"acuracy", "there is no table 'acuracy'; did you mean 'accuracy'?", 0, 1, DS_USAGE},
        {"weather", "there is no table 'weather'; 'driftscope export --list' shows them all", 0,
         1, DS_USAGE},
        {"summary", "table 'summary' wants a run at least", 0, 0, DS_USAGE},
        {"audit", "a: method arcl keeps no audit: it removes nothing from the gradients", 0, 1,
         DS_DATA},
        {"loss", "a: no training step is recorded", 0, 1, DS_DATA},
        {"compare",
         "a is after task 3, b after task 2; name the same checkpoint of each, e.g. "
         "RUN@2",
         0, 2, DS_USAGE},
        {"compare", "b has 3 tasks, c has 2: they cannot be compared", 1, 2, DS_USAGE},
    };
    struct ds_table_want want;
    struct ds_err err = {0};
    struct ds_sheet s;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        want = want_of(run + cases[i].first, cases[i].runs);
        assert_int_equal(ds_table_fill(&s, cases[i].table, &want, &err), cases[i].code);
        assert_string_equal(err.text, cases[i].says);
        ds_sheet_clear(&s);
    }
    run[0].checkpoint = 0;
    want = want_of(run, 1);
    assert_int_equal(ds_table_fill(&s, "accuracy", &want, &err), DS_USAGE);
    assert_string_equal(err.text, "a: no task is learned yet, so there is no accuracy");
    ds_sheet_clear(&s);
    assert_int_equal(ds_table_fill(&s, "drift", &want, &err), DS_USAGE);
    assert_non_null(strstr(err.text, "a: nothing to compare"));
    ds_sheet_clear(&s);
    run[0].checkpoint = -1;
    r[0].correct_task[0] = 500;
    assert_int_equal(ds_table_fill(&s, "summary", &want, &err), DS_DATA);
    assert_string_equal(err.text, "a: task 1 after task 1: 500 of 100 images correct");
    ds_sheet_clear(&s);
    ds_record_clear(&r[0]);
    ds_record_clear(&r[1]);
}

static void moments(void **state)
{
    char root[] = "/tmp/driftscope-XXXXXX", path[300], address[300];
    struct ds_record r = learned(2, "arcl", 0, "[run]\n");
    struct ds_err err = {0};
    struct ds_moment m;

    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/run.h5", root);
    if (ds_record_save(&r, path, &err))
        fail_msg("%s", err.text);
    snprintf(address, sizeof address, "%s@1", root);
    assert_int_equal(ds_moment_open(&m, address, &err), 0);
    assert_true(m.named && m.checkpoint == 1 && m.record.done == 3);
    NEAR(hand_map(&m.record, 1, 0, 0)[0], 1.1 / 64, 1e-8);
    ds_moment_close(&m);
    assert_int_equal(ds_moment_open(&m, root, &err), 0);
    assert_true(!m.named && m.checkpoint == 2);
    ds_moment_close(&m);
    snprintf(address, sizeof address, "%s@last", root);
    assert_int_equal(ds_moment_open(&m, address, &err), 0);
    assert_true(m.named && m.checkpoint == 2);
    ds_moment_close(&m);
    snprintf(address, sizeof address, "%s@3", root);
    assert_int_equal(ds_moment_open(&m, address, &err), DS_USAGE);
    assert_non_null(strstr(err.text, ": there is no checkpoint 3; 0 to 2 are stored"));
    snprintf(address, sizeof address, "%s@soon", root);
    assert_int_equal(ds_moment_open(&m, address, &err), DS_USAGE);
    r.done = 0;
    assert_int_equal(ds_record_save(&r, path, &err), 0);
    assert_int_equal(ds_moment_open(&m, root, &err), DS_DATA);
    assert_non_null(strstr(err.text, ": no checkpoint has been reached yet"));
    unlink(path);
    assert_int_equal(ds_moment_open(&m, root, &err), DS_NOINPUT);
    rmdir(root);
    r.done = 3;
    ds_record_clear(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table),
        cmocka_unit_test(known_cells),
        cmocka_unit_test(compare_aggregates_seeds),
        cmocka_unit_test(audit_counts_masks),
        cmocka_unit_test(linkage_of_a_record),
        cmocka_unit_test(compare_tests_pairs),
        cmocka_unit_test(cohorts),
        cmocka_unit_test(refusals),
        cmocka_unit_test(moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
