/* tests/data/test_ini.c -- lines of "key = value": their forms, and every limit and one more.
 */
#define _GNU_SOURCE
#include "store_help.h"

#include "data/protocol/ini_int.h"
#include "data/protocol/sweep.h"

/* Everything that was taken, as "section|key|value;". */
static int note(void *with, const char *section, const char *key, const char *value)
{
    char *all = with;

    sprintf(all + strlen(all), "%s|%s|%s;", section, key, value);
    return strcmp(key, "bad") ? 0 : DS_DATA;
}

static void lines_are_read(void **state)
{
    static const struct {
        const char *text, *taken;
        const char *says; /* NULL: good */
    } row[] = {
        {"", "", NULL},
        {"a=1", "|a|1;", NULL},
        {"\xef\xbb\xbf a = 1 \r\n\n[s t]\n\tb:2=3\n", "|a|1;s t|b|2=3;", NULL},
        {"; one\n# two\n  # three\na = x;y ; z\nb = # c\nc =\nd = ;\ne=;f", "|a|x;y;|b|# c;|c|;|d|;|e|;",
         NULL},
        {"[a]\nk = 1\n[b] ; comment\nk = 2", "a|k|1;b|k|2;", NULL},
        {"a = 1\n  b = 2", "|a|1;|b|2;", NULL},
        {"a = 1\nwhat\nb = 2", "|a|1;", "f:2: not a line of the form 'key = value'"},
        {"[a\n", "", "f:1: not a line of the form"},
        {"a = 1\nbad = 2\nb = 3\n", "|a|1;|bad|2;", ""},
    };
    char all[256];
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int code;

        all[0] = '\0';
        err = (struct ds_err){0};
        code = ds_ini_read(row[i].text, "f", note, all, &err);
        assert_string_equal(all, row[i].taken);
        assert_int_equal(code, row[i].says ? DS_DATA : 0);
        if (row[i].says)
            assert_non_null(strstr(err.text, row[i].says));
    }
}

static int count(void *with, const char *section, const char *key, const char *value)
{
    (void)section;
    (void)key;
    *(size_t *)with = strlen(value);
    return 0;
}

static void a_line_may_be_so_long(void **state)
{
    char text[DS_INI_LINE + 8];
    struct ds_err err = {0};
    size_t n = 0;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "\na=", 3);
    memcpy(text + 1 + DS_INI_LINE, "\nb=", 4);
    assert_int_equal(ds_ini_read(text, "f", count, &n, &err), 0);
    assert_int_equal(n, 0); /* b's; a's was taken before */
    text[1 + DS_INI_LINE] = '\0';
    assert_int_equal(ds_ini_read(text, "f", count, &n, &err), 0);
    assert_int_equal(n, DS_INI_LINE - 2);
    memcpy(text + 1 + DS_INI_LINE, "x\n", 3);
    assert_says(ds_ini_read(text, "f", count, &n, &err), DS_DATA, &err,
                "f:2: the line has 4001 bytes, at most 4000 are read");
}

/* A path as long as an option takes it comes back from the text that a run keeps. */
static void long_values_survive(void **state)
{
    struct ds_train_opt o, back;
    struct ds_err err = {0};
    char *text;

    (void)state;
    assert_good(ds_opt_defaults(ds_train_table, &o, &err), &err);
    memset(o.init, 'p', sizeof o.init - 1);
    assert_non_null(text = ds_train_opt_write(&o));
    assert_good(ds_opt_defaults(ds_train_table, &back, &err), &err);
    assert_good(ds_train_opt_read(&back, text, "f", &err), &err);
    assert_string_equal(back.init, o.init);
    free(text);
}

/* n values "K" or "K<i>" behind `begin`, each with `between` before it. */
static char *many(const char *begin, const char *between, int n, bool numbered)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    fputs(begin, out);
    for (int i = 0; i < n; i++)
        if (numbered)
            fprintf(out, "%s%d", i || *between == '\n' ? between : "", i + 1);
        else
            fputs(between, out);
    fclose(out);
    return text;
}

static void a_study_may_have_so_many(void **state)
{
    static const struct {
        const char *begin, *between;
        bool numbered;
        int most;
        const char *says;
    } row[] = {
        {"[study]\nmethods=arcl\n[options]", "\nepochs=2", false, 64, "more or longer options"},
        {"[study]\nmethods=arcl\nseeds=", ",", true, 64, "at most 64 whole numbers"},
        {"[study]\nmethods=arcl\n[vary]\nepochs=", ",", true, 32, "at most 32 values"},
        {"[study]\nmethods=arcl\n[vary]", "\nepochs=2", false, 8, "at most 8 options"},
    };
    struct ds_sweep s;
    struct ds_err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int more = 0; more < 2; more++) {
            char *text =
                many(row[i].begin, row[i].between, row[i].most + more, row[i].numbered);
            const int code = ds_sweep_read(&s, text, "f", &err);

            if (more)
                assert_says(code, DS_DATA, &err, row[i].says);
            else
                assert_good(code, &err);
            ds_sweep_clear(&s);
            free(text);
        }
}

static void rows_and_values_have_limits(void **state)
{
    struct ds_err err = {0};
    char text[8192], value[200];
    struct ds_sweep s;

    (void)state;
    for (int n = 64; n <= 65; n++) {
        size_t used = 0;

        for (int i = 0; i < n; i++)
            used += (size_t)sprintf(text + used, "[run r%d]\nmethod=arcl\n", i);
        if (n == 64)
            assert_good(ds_sweep_read(&s, text, "f", &err), &err);
        else
            assert_says(ds_sweep_read(&s, text, "f", &err), DS_DATA, &err, "too many rows");
        ds_sweep_clear(&s);
    }
    for (size_t n = 126; n <= 127; n++) {
        memset(value, 'v', n);
        value[n] = '\0';
        snprintf(text, sizeof text, "[study]\nmethods=arcl\n[vary]\ninit=%s\n", value);
        if (n == 126)
            assert_good(ds_sweep_read(&s, text, "f", &err), &err);
        else
            assert_says(ds_sweep_read(&s, text, "f", &err), DS_DATA, &err, "at most 126 bytes");
        ds_sweep_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(a_line_may_be_so_long),
        cmocka_unit_test(long_values_survive),
        cmocka_unit_test(a_study_may_have_so_many),
        cmocka_unit_test(rows_and_values_have_limits),
    };

    return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
