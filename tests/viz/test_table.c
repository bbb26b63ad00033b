/* tests/viz/test_table.c -- tables of others: CSV, TSV, JSON, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/table.h"

static struct ds_grid parse(const char *text)
{
    struct ds_grid g;
    struct ds_err err;

    if (ds_grid_parse(&g, "t", text, strlen(text), &err))
        fail_msg("%s", err.text);
    return g;
}

static void the_three_forms_say_the_same(void **state)
{
    static const char *const form[] = {
        "# a note\nlabel,value,lo\nq,1.5,-0.25\n\"a, \"\"b\"\"\",2,\n",
        "label\tvalue\tlo\r\nq\t1.5\t-0.25\r\na, \"b\"\t2\tn/a\r\n",
        "[{\"label\":\"q\",\"value\":1.5,\"lo\":-0.25},"
        "{\"label\":\"a, \\\"b\\\"\",\"value\":2,\"lo\":null}]",
        "{\"table\":\"x\",\"rows\":[{\"label\":\"q\",\"value\":1.5,\"lo\":-0.25},"
        "{\"value\":2,\"label\":\"a, \\\"b\\\"\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof form / sizeof *form; i++) {
        struct ds_grid g = parse(form[i]);

        assert_int_equal(g.rows, 2);
        assert_int_equal(g.columns, 3);
        assert_int_equal(ds_grid_column(&g, "lo"), 2);
        assert_int_equal(ds_grid_column(&g, "hi"), -1);
        assert_string_equal(ds_grid_cell(&g, 1, 0), "a, \"b\"");
        assert_true(ds_grid_number(&g, 0, 1) == 1.5 && ds_grid_number(&g, 0, 2) == -0.25);
        assert_true(isnan(ds_grid_number(&g, 1, 2)) && isnan(ds_grid_number(&g, 0, 0)));
        assert_true(ds_grid_numeric(&g, 1) && !ds_grid_numeric(&g, 0));
        ds_grid_clear(&g);
    }
}

static void numbers_have_a_point_in_every_locale(void **state)
{
    struct ds_grid g;

    (void)state;
    g = parse("a\n0.5\n1e-3\nnan\ninf\n-.5\n");
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        print_message("note: no locale with a comma\n");
    assert_true(ds_grid_number(&g, 0, 0) == 0.5 && ds_grid_number(&g, 1, 0) == 1e-3);
    assert_true(isnan(ds_grid_number(&g, 2, 0)) && isnan(ds_grid_number(&g, 3, 0)));
    assert_true(ds_grid_number(&g, 4, 0) == -0.5);
    setlocale(LC_ALL, "C");
    ds_grid_clear(&g);
}

static void wrong_tables_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"", "t: an empty table"},
        {"# only a note\n", "t: an empty table"},
        {"a,b\n1\n", "t:2: 1 fields, expected 2"},
        {"a,b\n1,2,3\n", "t:2: more than 2 fields"},
        {"a,b\n\"1\"x,2\n", "t:2: text behind a quoted field"},
        {"{\"rows\": 3}", "t: neither an array of rows"},
        {"[1, 2]", "t: row 1 is no object"},
        {"[]", "t: a table without rows"},
        {"[{}]", "t: a row has 0 columns"},
        {"{\"rows\": [", "t:1: not JSON"},
    };
    struct ds_grid g;
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(ds_grid_parse(&g, "t", wrong[i].text, strlen(wrong[i].text), &err),
                         DS_DATA);
        if (!strstr(err.text, wrong[i].says))
            fail_msg("wanted '%s', found '%s'", wrong[i].says, err.text);
        assert_null(g.cell);
    }
    assert_int_equal(ds_grid_parse(&g, "t", "a\0b", 3, &err), DS_DATA);
    assert_int_equal(ds_grid_load(&g, "/nonexistent/t.csv", &err), DS_NOINPUT);
}

/* Every prefix of a good table is read or refused, never a crash; ASan looks on. */
static void truncated_tables_do_not_crash(void **state)
{
    static const char *const whole[] = {"# n\na,b\n\"x\ny\",2\n3,\"\"\"\"\n",
                                        "{\"rows\":[{\"a\":1,\"b\":\"x\"},{\"a\":true}]}"};
    struct ds_err err;

    (void)state;
    for (int k = 0; k < 2; k++)
        for (size_t n = 0; n <= strlen(whole[k]); n++) {
            char *copy = malloc(n + 1);
            struct ds_grid g;

            assert_non_null(copy);
            memcpy(copy, whole[k], n);
            copy[n] = '\0';
            if (!ds_grid_parse(&g, "t", copy, n, &err))
                ds_grid_clear(&g);
            free(copy);
        }
}

/* Many tiny fields cost what they weigh, not their number times the file. */
static void many_fields_are_read_quickly(void **state)
{
    enum { LINES = 60000 };
    static char text[LINES * 8 + 16];
    struct ds_grid g;
    size_t n = 0;
    struct ds_err err;

    (void)state;
    n += (size_t)snprintf(text, sizeof text, "a,b,c,d\n");
    for (int i = 0; i < LINES; i++, n += 8)
        memcpy(text + n, "1,,\"x\",\n", 8);
    if (ds_grid_parse(&g, "t", text, n, &err))
        fail_msg("%s", err.text);
    assert_int_equal(g.rows, LINES);
    assert_string_equal(ds_grid_cell(&g, LINES - 1, 2), "x");
    ds_grid_clear(&g);
}

static void names_are_guessed(void **state)
{
    struct ds_grid g = parse("label,value\nx,1\nvalu,2\n");
    struct ds_err err;
    int column;

    (void)state;
    assert_int_equal(ds_grid_need(&column, &g, "value", "--y", &err), 0);
    assert_int_equal(column, 1);
    assert_int_equal(ds_grid_need(&column, &g, "vlaue", "--y", &err), DS_USAGE);
    assert_string_equal(err.text, "--y: t has no column 'vlaue'; did you mean 'value'");
    ds_grid_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_forms_say_the_same),
        cmocka_unit_test(numbers_have_a_point_in_every_locale),
        cmocka_unit_test(wrong_tables_are_refused),
        cmocka_unit_test(truncated_tables_do_not_crash),
        cmocka_unit_test(many_fields_are_read_quickly),
        cmocka_unit_test(names_are_guessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
