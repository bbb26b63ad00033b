/* tests/data/test_plan.c -- what runs will take, for every preset; the paper's counts. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "data/protocol/plan.h"

/* A preset of share/presets; lines of options that this build does not have are left out. */
static void preset(struct ds_train_opt *o, const char *name)
{
    char path[512], kept[8192] = "", line[512];
    struct ds_err err = {0};
    FILE *in;

    snprintf(path, sizeof path, "%s/share/presets/%s.ini", DS_SOURCE_DIR, name);
    in = fopen(path, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        const bool recipe = strstr(line, "transform =") != NULL;

        if (!recipe || ds_opt_lookup(ds_train_table, "transform"))
            strcat(kept, line);
    }
    fclose(in);
    assert_int_equal(ds_opt_defaults(ds_train_table, o, &err), 0);
    if (ds_train_opt_read(o, kept, name, &err))
        fail_msg("%s", err.text);
}

static void plan_of(struct ds_plan *p, const struct ds_train_opt *o)
{
    struct ds_err err = {0};

    if (ds_plan_make(p, o, false, &err))
        fail_msg("%s", err.text);
}

/* Method.md 3.2: 2500 steps a CIFAR task, about 1200 and 600 for ImageNet-R, 2377 for
 * DomainNet; epochs 1 to 4 at the rate, the fifth at a tenth; 34.9 GFLOP forward without the
 * head. */
static void the_papers_counts(void **state)
{
    static const struct {
        const char *preset;
        int tasks;
        long first, run;
    } want[] = {{"cifar100-paper", 10, 2500, 25000}, {"imagenet-r-10", 10, 1200, 12000},
                {"imagenet-r-20", 20, 600, 12000},   {"imagenet-r-50", 50, 240, 12000},
                {"imagenet-r-100", 100, 120, 12000}, {"domainnet-10", 10, 2380, 23790},
                {"domainnet-50", 50, 475, 23790},    {"domainnet-100", 100, 240, 23790}};

    (void)state;
    unsetenv("DRIFTSCOPE_DATA");
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct ds_train_opt o;
        struct ds_plan p;

        preset(&o, want[i].preset);
        plan_of(&p, &o);
        assert_int_equal(p.tasks, want[i].tasks);
        assert_int_equal(p.first_steps, want[i].first);
        assert_true(labs(p.steps - want[i].run) <= 500); /* tasks of unequal remainders */
        assert_true(fabs(p.slow - 0.1) < 1e-12);
        assert_true(fabs(p.forward - 35.1e9) < 0.3e9);
        assert_true(p.training > 2 * p.forward && p.training < 3 * p.forward);
        assert_int_equal(p.learning, 12 * 2304 * 768 + (size_t)p.classes * 769);
        assert_true(p.bytes > 2000000000 && p.bytes < 6000000000);
        assert_int_equal(p.passes, p.images * 50);
    }
}

static void every_preset_reads(void **state)
{
    DIR *dir = opendir(DS_SOURCE_DIR "/share/presets");
    int n = 0;

    (void)state;
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));) {
        const char *dot = strrchr(e->d_name, '.');
        struct ds_learner_opt resolved;
        struct ds_train_opt o;
        struct ds_err err = {0};
        char name[256];

        if (!dot || strcmp(dot, ".ini") != 0)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)(dot - e->d_name), e->d_name);
        preset(&o, name);
        if (ds_train_opt_learner(&resolved, &o, &err))
            fail_msg("%s: %s", name, err.text);
        n++;
    }
    closedir(dir);
    assert_in_range(n, 11, 100);
}

/* Steps by hand for a method each: replay adds rows, joint repeats, ncm takes none. */
static void counts_of_methods(void **state)
{
    static const struct {
        const char *method;
        long steps, passes, replayed;
    } want[] = {
        {"finetune", 10 * 3 * 5, 10 * 1000 * 5, 0},
        {"er", 150, 50000, 150L * 400},
        {"derpp", 150, 50000, 150L * 800},
        {"joint", 5 * (3 + 5 + 8 + 10 + 13 + 15 + 18 + 20 + 23 + 25), 5 * 1000L * 55, 0},
        {"ncm", 0, 0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct ds_train_opt o;
        struct ds_plan p;

        preset(&o, "cifar100-tiny");
        snprintf(o.method, sizeof o.method, "%s", want[i].method);
        o.batch = 400;
        plan_of(&p, &o);
        assert_int_equal(p.steps, want[i].steps);
        assert_int_equal(p.passes, want[i].passes);
        assert_int_equal(p.replayed, want[i].replayed);
    }
}

static void time_is_measured(void **state)
{
    struct ds_train_opt o;
    struct ds_plan p;
    struct ds_err err = {0};

    (void)state;
    preset(&o, "cifar100-tiny");
    o.image_size = 32;
    o.patch = 8;
    o.dim = 24;
    o.depth = 2;
    for (int m = 0; m < 3; m++) {
        snprintf(o.method, sizeof o.method, "%s",
                 (const char *[]){"arcl", "lwf", "inflora"}[m]);
        assert_int_equal(ds_plan_make(&p, &o, true, &err), 0);
        assert_true(p.seconds > 0 && p.hours > 0 && p.hours < 1);
    }
}

static void refusals(void **state)
{
    struct ds_train_opt o;
    struct ds_plan p;
    struct ds_err err = {0};

    (void)state;
    preset(&o, "cifar100-paper");
    o.tasks = 7;
    assert_int_equal(ds_plan_make(&p, &o, false, &err), DS_USAGE);
    assert_non_null(strstr(err.text, "do not divide into 7"));
    snprintf(o.data, sizeof o.data, "nowhere/at-all");
    assert_int_equal(ds_plan_make(&p, &o, false, &err), DS_NOINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_papers_counts), cmocka_unit_test(every_preset_reads),
        cmocka_unit_test(counts_of_methods), cmocka_unit_test(time_is_measured),
        cmocka_unit_test(refusals)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
