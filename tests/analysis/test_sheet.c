/* tests/analysis/test_sheet.c -- what is written can be read back: csv, tsv, json, latex ... */
#define _POSIX_C_SOURCE 200809L
#include "tests/analysis/hand.h"
#include <jansson.h>
#include <locale.h>
#include "analysis/sheet/sheet.h"

static const char awkward[] = "50% of a_b & \"c\", $x^2$ #1 {~\\} <|>";

static void fill(struct ds_sheet *s)
{
    ds_sheet_begin(s, "test", "a title, 100 %");
    ds_sheet_column(s, &(struct ds_column){.name = "name", .type = DS_CELL_TEXT});
    ds_sheet_column(s, &(struct ds_column){.name = "n", .type = DS_CELL_INT});
    ds_sheet_column(s, &(struct ds_column){.name = "acc", .unit = "1", .type = DS_CELL_REAL,
                                           .digits = 4, .share = true, .best = DS_BEST_HIGH});
    ds_sheet_column(s, &(struct ds_column){.name = "acc_sd", .type = DS_CELL_REAL, .digits = 4,
                                           .share = true, .spread = true});
    ds_sheet_column(s, &(struct ds_column){.name = "js", .unit = "bit", .type = DS_CELL_REAL,
                                           .digits = 3});
    ds_sheet_column(s, &(struct ds_column){.name = "reference", .type = DS_CELL_TEXT,
                                           .machine = true});
    ds_sheet_note(s, "n: seeds, of %d", 3);
    ds_sheet_note(s, "line\nbreak");
    ds_sheet_text(s, awkward);
    ds_sheet_int(s, -7);
    ds_sheet_real(s, 0.25);
    ds_sheet_real(s, 0.0125);
    ds_sheet_real(s, 1.0 / 3);
    ds_sheet_text(s, "own");
    ds_sheet_text(s, "two\nlines");
    ds_sheet_int(s, INT64_C(1) << 53);
    ds_sheet_real(s, 0.5);
    ds_sheet_real(s, NAN);
    ds_sheet_real(s, NAN);
    ds_sheet_text(s, "own");
}

static char *print(const struct ds_sheet *s, struct ds_sheet_style style)
{
    struct ds_err err = {0};
    char *text;
    size_t size;

    assert_int_equal(ds_sheet_print(&text, &size, s, &style, &err), 0);
    assert_int_equal(strlen(text), size);
    return text;
}

static char *print_filled(struct ds_sheet_style style)
{
    struct ds_sheet s;
    char *text;

    fill(&s);
    text = print(&s, style);
    ds_sheet_clear(&s);
    return text;
}

/* The next field of RFC 4180 text into `to`; *at moves behind its separator, which is returned.
 */
static char field(char *to, const char **at)
{
    const bool quoted = **at == '"';

    *at += quoted;
    for (; **at; (*at)++) {
        if (quoted && (*at)[0] == '"' && (*at)[1] == '"')
            (*at)++;
        else if (quoted && **at == '"')
            break;
        else if (!quoted && (**at == ',' || **at == '\n'))
            break;
        *to++ = **at;
    }
    *to = 0;
    *at += quoted;
    return *(*at)++;
}

static void csv_reads_back(void **state)
{
    static const char *const cells[] = {
        "name", "n", "acc", "acc_sd", "js", "reference",
        awkward, "-7", "0.25", "0.0125", "0.333333333", "own",
        "two\nlines", "9007199254740992", "0.5", "", "", "own"};
    char *text = print_filled((struct ds_sheet_style){.format = DS_CSV}), found[200];
    const char *at = text;

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        assert_int_equal(field(found, &at), i % 6 == 5 ? '\n' : ',');
        assert_string_equal(found, cells[i]);
    }
    assert_int_equal(*at, 0);
    free(text);
}

static void notes_and_percent_in_csv_on_request(void **state)
{
    char *text = print_filled((struct ds_sheet_style){DS_CSV, true, true, false});

    (void)state;
    assert_memory_equal(text, "# n: seeds, of 3\n# line break\nname,", 35);
    assert_non_null(strstr(text, ",25,1.25,0.333333333,"));
    free(text);
    text = print_filled((struct ds_sheet_style){.format = DS_TSV});
    assert_non_null(strstr(text, "\ntwo lines\t9007199254740992\t0.5\t\t\town\n"));
    free(text);
}

static void json_reads_back(void **state)
{
    char *text = print_filled((struct ds_sheet_style){.format = DS_JSON});
    json_t *root = json_loads(text, 0, NULL), *row;

    (void)state;
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "table")), "test");
    assert_int_equal(json_array_size(json_object_get(root, "notes")), 2);
    assert_int_equal(json_array_size(json_object_get(root, "columns")), 6);
    assert_int_equal(json_array_size(json_object_get(root, "rows")), 2);
    row = json_array_get(json_object_get(root, "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "name")), awkward);
    assert_int_equal(json_integer_value(json_object_get(row, "n")), -7);
    NEAR(json_real_value(json_object_get(row, "js")), 1.0 / 3, 1e-9);
    row = json_array_get(json_object_get(root, "rows"), 1);
    assert_true(json_integer_value(json_object_get(row, "n")) == INT64_C(1) << 53);
    assert_true(json_is_null(json_object_get(row, "js")));
    row = json_array_get(json_object_get(root, "columns"), 4);
    assert_string_equal(json_string_value(json_object_get(row, "unit")), "bit");
    assert_string_equal(json_string_value(json_object_get(row, "type")), "real");
    json_decref(root);
    free(text);
}

static void latex_is_escaped(void **state)
{
    char *text = print_filled((struct ds_sheet_style){DS_LATEX, false, true, true});

    (void)state;
    assert_non_null(strstr(text, "\\caption{a title, 100 \\%}"));
    assert_non_null(strstr(text, "\\begin{tabular}{lrrr}"));
    assert_non_null(strstr(text, "name & n & acc (\\%) & js (bit) \\\\\n    \\midrule"));
    assert_non_null(strstr(text, "50\\% of a\\_b \\& \"c\", \\$x\\textasciicircum{}2\\$ \\#1 "
                                 "\\{\\textasciitilde{}\\textbackslash{}\\} "
                                 "\\textless{}\\textbar{}\\textgreater{} & -7 & "
                                 "\\underline{25.00 $\\pm$ 1.25} & 0.333 \\\\"));
    assert_non_null(strstr(text, "two lines & 9007199254740992 & \\textbf{50.00} & -- \\\\"));
    assert_non_null(strstr(text, "\n% line break\n")); /* a note never leaves its comment */
    assert_null(strstr(text, "own"));                  /* for machines only */
    free(text);
}

static void markdown_and_text(void **state)
{
    char *text = print_filled((struct ds_sheet_style){DS_MARKDOWN, false, false, true});

    (void)state;
    assert_non_null(
        strstr(text, "| name | n | acc | js (bit) |\n| --- | ---: | ---: | ---: |\n"));
    assert_non_null(strstr(text, "\\<\\|> | -7 | <u>0.2500 \u00b1 0.0125</u> | 0.333 |"));
    assert_non_null(strstr(text, "| two lines | 9007199254740992 | **0.5000** | n/a |"));
    free(text);
    text = print_filled((struct ds_sheet_style){.format = DS_TEXT});
    assert_non_null(strstr(text, "0.2500 \u00b1 0.0125     0.333\n"));
    assert_non_null(strstr(text, "0.5000       n/a\n"));
    assert_non_null(strstr(text, "\n\nn: seeds, of 3\n"));
    free(text);
}

/* The stars of a p some columns further, and the places of a column: ties share theirs. */
static void stars_and_places(void **state)
{
    static const double value[] = {3, 2, 2, 1, 3, NAN}, p[] = {0.0005, 0.02, 0.05, NAN, 0.005, 0};
    static const char *const latex[] = {"\\textbf{3.0$^{***}$}", "\\underline{2.0$^{*}$}",
                                        "\\underline{2.0}",      "1.0",
                                        "\\textbf{3.0$^{**}$}",  "--"};
    struct ds_sheet_style style = {DS_LATEX, false, false, true};
    struct ds_err err = {0};
    struct ds_sheet s;
    char *text, line[64];
    size_t size;

    (void)state;
    ds_sheet_begin(&s, "x", "x");
    ds_sheet_column(&s, &(struct ds_column){.name = "v", .type = DS_CELL_REAL, .digits = 1,
                                            .best = DS_BEST_HIGH, .stars = 1});
    ds_sheet_column(&s, &(struct ds_column){.name = "p", .type = DS_CELL_REAL, .machine = true});
    for (int i = 0; i < 6; i++) {
        ds_sheet_real(&s, value[i]);
        ds_sheet_real(&s, p[i]);
    }
    assert_int_equal(ds_sheet_print(&text, &size, &s, &style, &err), 0);
    for (int i = 0; i < 6; i++) {
        snprintf(line, sizeof line, "    %s \\\\\n", latex[i]);
        if (!strstr(text, line))
            fail_msg("no %s in %s", line, text);
    }
    free(text);
    style.format = DS_MARKDOWN;
    assert_int_equal(ds_sheet_print(&text, &size, &s, &style, &err), 0);
    assert_non_null(strstr(text, "| <u>2.0\\*</u> |\n"));
    free(text);
    style.format = DS_TEXT;
    assert_int_equal(ds_sheet_print(&text, &size, &s, &style, &err), 0);
    assert_non_null(strstr(text, " 3.0**\n"));
    free(text);
    ds_sheet_clear(&s);
}

/* A class name may come out of any file: nothing in it steers a terminal or breaks JSON. */
static void names_are_made_harmless(void **state)
{
    static const char *const cases[][2] = {
        {"a\033[31mb\007", "a?[31mb?"},
        {"\xff\xfe", "??"},
        {"\xc2\x9b", "??"},
        {"\xe0\x80\xaf", "???"},
        {"\xed\xa0\x80", "???"},
        {"caf\u00e9 \u732b", "caf\u00e9 \u732b"},
        {"\xf0\x9f\x90\x88", "\xf0\x9f\x90\x88"},
        {"\xe7\x8c", "??"},
        {"\x7f", "?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ds_sheet s;
        char *text;

        ds_sheet_begin(&s, "t", cases[i][0]);
        ds_sheet_add(&s, "x", DS_CELL_TEXT);
        ds_sheet_text(&s, cases[i][0]);
        assert_string_equal(ds_sheet_cell(&s, 0, 0)->text, cases[i][1]);
        assert_string_equal(s.title, cases[i][1]);
        text = print(&s, (struct ds_sheet_style){.format = DS_JSON});
        json_decref(json_loads(text, 0, NULL));
        assert_non_null(strstr(text, cases[i][1]));
        free(text);
        ds_sheet_clear(&s);
    }
}

static void numbers(void **state)
{
    static const struct {
        double value;
        const char *machine, *people;
    } cases[] = {
        {0, "0", "0.00"},          {-0.0, "0", "0.00"},       {-0.001, "-0.001", "0.00"},
        {1e-300, "1e-300", "0.00"}, {123456789012, "1.23456789e+11", "123456789012.00"},
        {-1.5, "-1.5", "-1.50"},    {INFINITY, "", "n/a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ds_sheet s;
        char *text, want[64];

        ds_sheet_begin(&s, "t", "t");
        ds_sheet_column(&s,
                        &(struct ds_column){.name = "x", .type = DS_CELL_REAL, .digits = 2});
        ds_sheet_real(&s, cases[i].value);
        text = print(&s, (struct ds_sheet_style){.format = DS_CSV});
        snprintf(want, sizeof want, "x\n%s\n", cases[i].machine);
        assert_string_equal(text, want);
        free(text);
        text = print(&s, (struct ds_sheet_style){.format = DS_MARKDOWN});
        snprintf(want, sizeof want, "| %s |\n", cases[i].people);
        assert_non_null(strstr(text, want));
        free(text);
        ds_sheet_clear(&s);
    }
}

/* A host program may have set a locale that writes 0,5. */
static void decimal_point_in_every_locale(void **state)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ps_AF.UTF-8"};
    char *plain[DS_MARKDOWN + 1];
    int tried = 0;

    (void)state;
    for (int f = 0; f <= DS_MARKDOWN; f++)
        plain[f] = print_filled((struct ds_sheet_style){.format = (enum ds_sheet_format)f});
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        if (!setlocale(LC_ALL, locales[i]))
            continue;
        tried++;
        for (int f = 0; f <= DS_MARKDOWN; f++) {
            char *text =
                print_filled((struct ds_sheet_style){.format = (enum ds_sheet_format)f});

            assert_string_equal(text, plain[f]);
            free(text);
        }
    }
    setlocale(LC_ALL, "C");
    for (int f = 0; f <= DS_MARKDOWN; f++)
        free(plain[f]);
    if (!tried)
        print_message("skipped: no locale with a decimal comma is installed\n");
}

static void format_from_the_ending(void **state)
{
    (void)state;
    assert_int_equal(ds_format_of("a/b.csv"), DS_CSV);
    assert_int_equal(ds_format_of("b.tar.tsv"), DS_TSV);
    assert_int_equal(ds_format_of("b.json"), DS_JSON);
    assert_int_equal(ds_format_of("b.tex"), DS_LATEX);
    assert_int_equal(ds_format_of("b.md"), DS_MARKDOWN);
    assert_int_equal(ds_format_of("b.txt"), DS_TEXT);
    assert_int_equal(ds_format_of(""), DS_TEXT);
    assert_string_equal(ds_format_names[DS_MARKDOWN], "markdown");
}

static void want_of_memory_is_reported(void **state)
{
    struct ds_err err = {0};
    struct ds_sheet s;
    char *text;
    size_t size;

    (void)state;
    fill(&s);
    s.failed = true; /* as ds_sheet_text leaves it when strdup fails */
    ds_sheet_text(&s, "not stored");
    assert_int_equal(ds_sheet_rows(&s), 2);
    assert_int_equal(ds_sheet_print(&text, &size, &s, &(struct ds_sheet_style){0}, &err),
                     DS_NOMEM);
    assert_string_equal(err.text, "no memory for the table 'test'");
    assert_null(text);
    ds_sheet_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_reads_back),
        cmocka_unit_test(notes_and_percent_in_csv_on_request),
        cmocka_unit_test(json_reads_back),
        cmocka_unit_test(latex_is_escaped),
        cmocka_unit_test(markdown_and_text),
        cmocka_unit_test(stars_and_places),
        cmocka_unit_test(names_are_made_harmless),
        cmocka_unit_test(numbers),
        cmocka_unit_test(decimal_point_in_every_locale),
        cmocka_unit_test(format_from_the_ending),
        cmocka_unit_test(want_of_memory_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
