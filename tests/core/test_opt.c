/* tests/core/test_opt.c -- the option engine: every sentence, every round trip. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/opt.h"

struct run_opt {
    bool flip, json;
    int epochs, method, free_int;
    double rate, free_real;
    char data[16];
};

static const char *const methods[] = {"finetune", "arcl", "frozen", NULL};

#define AT(field) DS_OPT_AT(run_opt, field)
static const struct ds_opt table[] = {
    {"data", "", "NAME", "images to learn from", AT(data), .letter = 'd'},
    {"epochs", "5", "N", "passes over each task", AT(epochs), .lo = 1, .hi = 1e4, .letter = 'e'},
    {"rate", "0.01", "RATE", "learning rate", AT(rate), .lo = 0, .hi = 10},
    {"method", "arcl", "NAME", "how to learn", AT(method), .choice = methods},
    {"flip", "yes", "", "mirror half of the images", AT(flip), .letter = 'f'},
    {"json", "no", "", "print JSON", AT(json), .letter = 'j'},
    {"free-int", "0", "N", "any", AT(free_int)},
    {"free-real", "0", "X", "any", AT(free_real)},
    {0}
};
#undef AT

static struct run_opt fresh(void)
{
    struct run_opt o;
    struct ds_err err;

    memset(&o, 0, sizeof o);
    assert_int_equal(ds_opt_defaults(table, &o, &err), 0);
    return o;
}

static void defaults_fill_every_field(void **state)
{
    struct run_opt o;
    struct ds_err err;

    (void)state;
    memset(&o, 0x5a, sizeof o);
    assert_int_equal(ds_opt_defaults(table, &o, &err), 0);
    assert_true(o.flip);
    assert_false(o.json);
    assert_int_equal(o.epochs, 5);
    assert_int_equal(o.method, 1);
    assert_true(o.rate == 0.01);
    assert_string_equal(o.data, "");
}

static void a_wrong_default_is_our_own_fault(void **state)
{
    static const struct ds_opt wrong[] = {
        {"epochs", "0", "N", "", DS_OPT_AT(run_opt, epochs), .lo = 1, .hi = 9}, {0}};
    static const struct ds_opt missing[] = {{"json", NULL, "", "", DS_OPT_AT(run_opt, json)}, {0}};
    struct run_opt o;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_opt_defaults(wrong, &o, &err), DS_INTERNAL);
    assert_string_equal(err.text, "the default is wrong: --epochs must lie in [1, 9], not 0");
    assert_int_equal(ds_opt_defaults(missing, &o, &err), DS_INTERNAL);
    assert_string_equal(err.text, "the default is wrong: --json wants yes or no, not ''");
}

static void every_wrong_value_is_refused(void **state)
{
    static const struct {
        const char *key, *value, *origin, *says;
    } wrong[] = {
        {"rate", "fast", "--rate", "--rate wants a number RATE, not 'fast'"},
        {"rate", "", "--rate", "--rate wants a number RATE, not ''"},
        {"rate", "nan", "--rate", "--rate wants a number RATE, not 'nan'"},
        {"rate", "inf", "--rate", "--rate wants a number RATE, not 'inf'"},
        {"rate", "0x10", "--rate", "--rate wants a number RATE, not '0x10'"},
        {"rate", " 1", "--rate", "--rate wants a number RATE, not ' 1'"},
        {"rate", "1e", "--rate", "--rate wants a number RATE, not '1e'"},
        {"rate", "0,5", "--rate", "--rate wants a number RATE, not '0,5'"},
        {"free-real", "1e999", "--free-real", "--free-real wants a number X, not '1e999'"},
        {"rate", "1e9", "--rate", "--rate must lie in [0, 10], not 1000000000"},
        {"rate", "-1e-9", "--rate", "--rate must lie in [0, 10], not -1e-09"},
        {"epochs", "2.5", "--epochs", "--epochs wants a whole number N, not '2.5'"},
        {"epochs", "10x", "-e", "-e wants a whole number N, not '10x'"},
        {"epochs", "", "--epochs", "--epochs wants a whole number N, not ''"},
        {"epochs", "99999999999", "--epochs",
         "--epochs wants a whole number N, not '99999999999'"},
        {"free-int", "2147483648", "--free-int",
         "--free-int wants a whole number N, not '2147483648'"},
        {"epochs", "0", "a.ini:12", "a.ini:12: epochs must lie in [1, 10000], not 0"},
        {"epochs", "0", NULL, "epochs must lie in [1, 10000], not 0"},
        {"flip", "maybe", "--flip", "--flip wants yes or no, not 'maybe'"},
        {"method", "maybe", "--method",
         "--method wants finetune, arcl or frozen, not 'maybe'"},
        {"method", "acrl", "--method",
         "--method wants finetune, arcl or frozen, not 'acrl'; did you mean 'arcl'"},
        {"data", "fashion-mnist-et-al", "--data", "--data is 19 bytes long, at most 15 fit"},
        {"data", "a\nb", "--data", "--data has a control character (byte 2)"},
        {"data", "\x7f", "--data", "--data has a control character (byte 1)"},
        {"epocs", "1", "a.ini:3", "a.ini:3: there is no option 'epocs'; did you mean 'epochs'"},
        {"zebra", "1", "a.ini:3", "a.ini:3: there is no option 'zebra'"},
        {"zebra", "1", NULL, "there is no option 'zebra'"},
    };
    struct run_opt o = fresh(), before = o;
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(ds_opt_set(table, &o, wrong[i].key, wrong[i].value, wrong[i].origin, &err),
                         DS_USAGE);
        assert_string_equal(err.text, wrong[i].says);
        assert_int_equal(err.code, DS_USAGE);
        assert_memory_equal(&o, &before, sizeof o); /* a refusal changes nothing */
    }
}

/* Runs the parser over words separated by blanks; joins what is left with '|'. */
static int parse(struct run_opt *o, const char *line, char *left, struct ds_err *err)
{
    char copy[256], *argv[32];
    int argc = 0;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *at = strtok(copy, " "); at; at = strtok(NULL, " "))
        argv[argc++] = at;
    left[0] = '\0';
    if (ds_opt_args(table, o, &argc, argv, err))
        return err->code;
    for (int i = 0; i < argc; i++)
        strcat(strcat(left, i ? "|" : ""), argv[i]);
    return 0;
}

static void arguments_are_taken_and_operands_stay(void **state)
{
    static const struct {
        const char *line, *left;
        int epochs;
        bool flip, json;
        const char *data;
    } good[] = {
        {"", "", 5, true, false, ""},
        {"a b", "a|b", 5, true, false, ""},
        {"a --epochs 7 b --json c", "a|b|c", 7, true, true, ""},
        {"--epochs=7 --no-flip", "", 7, false, false, ""},
        {"--flip=no --json=on", "", 5, false, true, ""},
        {"-e 9 -d x", "", 9, true, false, "x"},
        {"-e9 -jdx", "", 9, true, true, "x"},
        {"-jf a", "a", 5, true, true, ""},
        {"--epochs 1 --epochs 2", "", 2, true, false, ""},
        {"a -- --epochs -e --", "a|--epochs|-e|--", 5, true, false, ""},
        {"- --data -", "-", 5, true, false, "-"},
        {"--data= a", "a", 5, true, false, ""},
        {"--data=--json", "", 5, true, false, "--json"},
        {"--data=a=b", "", 5, true, false, "a=b"},
    };
    struct ds_err err;
    char left[256];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct run_opt o = fresh();

        assert_int_equal(parse(&o, good[i].line, left, &err), 0);
        assert_string_equal(left, good[i].left);
        assert_int_equal(o.epochs, good[i].epochs);
        assert_int_equal(o.flip, good[i].flip);
        assert_int_equal(o.json, good[i].json);
        assert_string_equal(o.data, good[i].data);
    }
}

static void a_negative_number_is_a_value(void **state)
{
    struct run_opt o = fresh();
    struct ds_err err;
    char left[256];

    (void)state;
    assert_int_equal(parse(&o, "--free-int -3 --free-real -0.5", left, &err), 0);
    assert_int_equal(o.free_int, -3);
    assert_true(o.free_real == -0.5);
}

static void every_wrong_argument_is_refused(void **state)
{
    static const struct {
        const char *line, *says;
    } wrong[] = {
        {"--epocs 3", "there is no option --epocs; did you mean --epochs"},
        {"--zebra", "there is no option --zebra"},
        {"--zebra=3", "there is no option --zebra"},
        {"--no-epochs", "there is no option --no-epochs; did you mean --epochs"},
        {"--no-flip=yes", "there is no option --no-flip; did you mean --flip"},
        {"-x", "there is no option -x"},
        {"-jx", "there is no option -x"},
        {"--=3", "there is no option --"},
        {"a --epochs", "--epochs wants N after it"},
        {"-e", "-e wants N after it"},
        {"--data --json", "--data wants NAME, found '--json'; write --data=... if that is meant"},
        {"--data -- a", "--data wants NAME, found '--'; write --data=... if that is meant"},
        {"-d --json", "-d wants NAME, found '--json'; write --data=... if that is meant"},
        {"--epochs three", "--epochs wants a whole number N, not 'three'"},
        {"-e3x", "-e wants a whole number N, not '3x'"},
        {"--json=perhaps", "--json wants yes or no, not 'perhaps'"},
    };
    struct ds_err err;
    char left[256];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct run_opt o = fresh();

        assert_int_equal(parse(&o, wrong[i].line, left, &err), DS_USAGE);
        assert_string_equal(err.text, wrong[i].says);
    }
}

static void peeking_sees_what_parsing_would_set(void **state)
{
    char *argv[] = {"a", "--bogus", "--epochs", "7", "-x", "--data", "--json", "-e", "8", "-jfd",
                    "last", "--", "--epochs", "9"};

    (void)state;
    assert_string_equal(ds_opt_peek(table, 14, argv, "epochs"), "8");
    assert_string_equal(ds_opt_peek(table, 4, argv, "epochs"), "7");
    assert_string_equal(ds_opt_peek(table, 14, argv, "data"), "last");
    assert_string_equal(ds_opt_peek(table, 14, argv, "json"), "yes");
    assert_null(ds_opt_peek(table, 14, argv, "rate"));
    assert_null(ds_opt_peek(table, 0, argv, "epochs"));
    assert_string_equal(argv[0], "a");
}

static void every_row_survives_a_round_trip(void **state)
{
    struct run_opt o = {.flip = false, .json = true, .epochs = 9999, .method = 2,
                        .free_int = INT_MIN, .rate = 1.0 / 3, .free_real = -0.0, .data = "x = y; z"};
    struct run_opt a, b;
    struct ds_err err;

    (void)state;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    for (const struct ds_opt *row = table; row->key; row++) {
        char text[64];

        memcpy((char *)&b + row->at, (char *)&o + row->at, row->size);
        ds_opt_print(row, &o, text, sizeof text);
        assert_int_equal(ds_opt_set(table, &a, row->key, text, "--x", &err), 0);
    }
    assert_memory_equal(&a, &b, sizeof a);
}

static void reals_print_with_the_fewest_digits_that_read_back(void **state)
{
    static const struct {
        double value;
        const char *text;
    } row[] = {
        {0.01, "0.01"}, {5e-5, "5e-05"}, {1e22, "1e+22"}, {0.1 + 0.2, "0.30000000000000004"},
        {DBL_MAX, "1.7976931348623157e+308"}, {DBL_MIN, "2.2250738585072014e-308"},
        {4.9406564584124654e-324, "5e-324"}, {-0.0, "-0"}, {3, "3"},
        {10, "10"}, {-1e6, "-1000000"}, {123456789.5, "123456789.5"}, {1e9, "1e+09"},
    };
    const struct ds_opt *real = ds_opt_lookup(table, "free-real");
    struct run_opt o = fresh();
    struct ds_err err;
    uint64_t bits = 0x9e3779b97f4a7c15u;
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        o.free_real = row[i].value;
        assert_string_equal(ds_opt_print(real, &o, text, sizeof text), row[i].text);
    }
    for (int i = 0; i < 2000; i++) {
        double value;

        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        o.free_real = value;
        ds_opt_print(real, &o, text, sizeof text);
        assert_int_equal(ds_opt_set(table, &o, "free-real", text, "--x", &err), 0);
        assert_memory_equal(&o.free_real, &value, sizeof value);
    }
}

static void the_callers_locale_does_not_matter(void **state)
{
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", NULL};
    const struct ds_opt *rate = ds_opt_lookup(table, "rate");
    struct run_opt o = fresh();
    struct ds_err err;
    char text[64];
    int i = 0;

    (void)state;
    while (comma[i] && !setlocale(LC_ALL, comma[i]))
        i++;
    if (!comma[i]) {
        printf("skipped: no locale with a decimal comma here\n");
        skip();
    }
    assert_int_equal(ds_opt_set(table, &o, "rate", "0.25", "--rate", &err), 0);
    assert_true(o.rate == 0.25);
    assert_string_equal(ds_opt_print(rate, &o, text, sizeof text), "0.25");
    setlocale(LC_ALL, "C");
}

static void the_nearest_word_is_found(void **state)
{
    static const char *const words[] = {"train", "eval", "drift", "figure", "export", "info", NULL};
    static const struct {
        const char *typed, *meant;
    } row[] = {
        {"trian", "train"}, {"tarin", "train"}, {"train", "train"}, {"drfit", "drift"},
        {"figrue", "figure"}, {"exprot", "export"}, {"inof", "info"}, {"evla", "eval"},
        {"figures", "figure"}, {"x", NULL}, {"", NULL}, {"zzzzzz", NULL},
        {"a word much longer than every word that any table could ever hold, in bytes", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *best = ds_opt_nearest(row[i].typed, words);

        if (row[i].meant)
            assert_string_equal(best, row[i].meant);
        else
            assert_null(best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_every_field),
        cmocka_unit_test(a_wrong_default_is_our_own_fault),
        cmocka_unit_test(every_wrong_value_is_refused),
        cmocka_unit_test(arguments_are_taken_and_operands_stay),
        cmocka_unit_test(a_negative_number_is_a_value),
        cmocka_unit_test(every_wrong_argument_is_refused),
        cmocka_unit_test(peeking_sees_what_parsing_would_set),
        cmocka_unit_test(every_row_survives_a_round_trip),
        cmocka_unit_test(reals_print_with_the_fewest_digits_that_read_back),
        cmocka_unit_test(the_callers_locale_does_not_matter),
        cmocka_unit_test(the_nearest_word_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
