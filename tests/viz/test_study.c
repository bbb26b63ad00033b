/* tests/viz/test_study.c -- which runs are repetitions of one method, and their names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "viz/page/study.h"

static struct ds_record record(const char *method, char *config, int done)
{
    struct ds_record r = {.config = config, .done = done, .tasks = 5};

    snprintf(r.method, sizeof r.method, "%s", method);
    return r;
}

static void seeds_make_a_group(void **state)
{
    char one[] = "[Run]\nseed = 1\nlr = 0.01\n", two[] = "# other\nseed=2\n lr = 0.01 \r\n";
    const struct ds_record r[] = {record("arcl", one, 6), record("finetune", one, 4),
                                  record("arcl", two, 6)};
    const struct ds_study_run runs[] = {
        {&r[0], "a", 0, 0}, {&r[1], "b", 0, 0}, {&r[2], "c", 0, 0}};
    static struct ds_study s;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_study_init(&s, runs, 3, "", &err), 0);
    assert_int_equal(s.groups, 2);
    assert_int_equal(s.size[0], 2);
    assert_int_equal(s.run[2].group, 0);
    assert_int_equal(s.first[1], 1);
    assert_string_equal(s.label[0], "arcl");
    assert_string_equal(s.label[1], "finetune");
    assert_int_equal(ds_study_learned(&s), 3);
}

static void options_tell_methods_apart(void **state)
{
    char adaptive[] = "retain-preset = adaptive\nseed = 1\n";
    char paper[] = "retain-preset = paper\n";
    char slow[] = "retain-preset = adaptive\nqkv-scale = 0.1\n";
    const struct ds_record r[] = {record("arcl", adaptive, 6), record("arcl", paper, 6),
                                  record("arcl", slow, 6)};
    const struct ds_study_run runs[] = {
        {&r[0], "a", 0, 0}, {&r[1], "b", 0, 0}, {&r[2], "c", 0, 0}};
    static struct ds_study s;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_study_init(&s, runs, 3, "", &err), 0);
    assert_int_equal(s.groups, 3);
    assert_string_equal(s.label[0], "arcl (adaptive)");
    assert_string_equal(s.label[1], "arcl (paper)");
    assert_string_equal(s.label[2], "arcl (qkv-scale 0.1)");
}

static void the_user_names_them(void **state)
{
    const struct ds_record r[] = {record("arcl", NULL, 6), record("arcl", NULL, 6)};
    const struct ds_study_run runs[] = {{&r[0], "a", 0, 0}, {&r[1], "b", 0, 0}};
    static struct ds_study s;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_study_init(&s, runs, 2, "ours, theirs", &err), 0);
    assert_int_equal(s.groups, 2);
    assert_string_equal(s.label[1], "theirs");
    assert_int_equal(ds_study_init(&s, runs, 2, "ours,ours", &err), 0);
    assert_int_equal(s.groups, 1);
    assert_int_equal(ds_study_init(&s, runs, 2, "ours", &err), DS_USAGE);
    assert_string_equal(err.text, "--labels names 1 runs, there are 2");
}

static void too_many_are_refused(void **state)
{
    static struct ds_record r[DS_GROUPS + 1];
    static struct ds_study_run runs[DS_RUNS + 1];
    static struct ds_study s;
    struct ds_err err;

    (void)state;
    for (int i = 0; i <= DS_GROUPS; i++) {
        char method[16];

        snprintf(method, sizeof method, "m%d", i);
        r[i] = record(method, NULL, 2);
        runs[i] = (struct ds_study_run){&r[i], "x", 0, 0};
    }
    assert_int_equal(ds_study_init(&s, runs, DS_GROUPS, "", &err), 0);
    assert_int_equal(ds_study_init(&s, runs, DS_GROUPS + 1, "", &err), DS_USAGE);
    assert_int_equal(ds_study_init(&s, runs, DS_RUNS + 1, "", &err), DS_USAGE);
    assert_int_equal(ds_study_init(&s, runs, 0, "", &err), DS_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_make_a_group),
        cmocka_unit_test(options_tell_methods_apart),
        cmocka_unit_test(the_user_names_them),
        cmocka_unit_test(too_many_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
