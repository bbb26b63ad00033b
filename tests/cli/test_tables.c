/* tests/cli/test_tables.c -- laws of the command table, and of everything written about it.
 *
 * A table is tested, not trusted: and so are the command lines in its examples, in README.md
 * and in share/doc. A flag that was renamed fails here before a reader meets it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/cli/preset.h"
#include "viz/cli/table.h"

enum { WIDTH = 96, WORDS = 64, LINE = 2048 };

/* Runs `f` for every command with its rows and an options block. */
static void each(void (*f)(const struct ds_cmd *c, const struct ds_opt *rows, void *opt,
                           size_t size))
{
    for (int i = 0; ds_cmds[i]; i++) {
        size_t size, at;
        struct ds_opt *rows = ds_cmd_rows(ds_cmds[i], &size, &at);
        void *opt = calloc(1, size);

        assert_non_null(rows);
        assert_non_null(opt);
        f(ds_cmds[i], rows, opt, size);
        free(opt);
        free(rows);
    }
}

static void check_keys(const struct ds_cmd *c, const struct ds_opt *rows, void *opt, size_t size)
{
    (void)opt;
    for (const struct ds_opt *a = rows; a->key; a++) {
        if (a->at + a->size > size || (!a->arg && !ds_opt_is_flag(a)) || !a->help || !*a->help)
            fail_msg("%s --%s: a hole in its row", c->name, a->key);
        if (a->choice && a->type != DS_OPT_INT)
            fail_msg("%s --%s: choices are of type int", c->name, a->key);
        if (isupper((unsigned char)a->key[0]) || strchr(a->key, '_') || strchr(a->key, '='))
            fail_msg("%s --%s: keys are lower case with dashes", c->name, a->key);
        for (const struct ds_opt *b = a + 1; b->key; b++)
            if (!strcmp(a->key, b->key) || (a->letter && a->letter == b->letter))
                fail_msg("%s: --%s and --%s cannot be told apart", c->name, a->key, b->key);
    }
}

static void keys_and_letters_are_unique(void **state)
{
    (void)state;
    each(check_keys);
}

static void check_round_trip(const struct ds_cmd *c, const struct ds_opt *rows, void *opt,
                             size_t size)
{
    void *again = calloc(1, size);
    struct ds_err err;

    assert_non_null(again);
    if (ds_opt_defaults(rows, opt, &err))
        fail_msg("%s: %s", c->name, err.text);
    for (const struct ds_opt *row = rows; row->key; row++) {
        char text[4096];

        ds_opt_print(row, opt, text, sizeof text);
        if (ds_opt_set(rows, again, row->key, text, NULL, &err))
            fail_msg("%s: %s", c->name, err.text);
    }
    assert_memory_equal(opt, again, size);
    free(again);
}

static void defaults_hold_and_survive_a_round_trip(void **state)
{
    (void)state;
    each(check_round_trip);
}

/* All that `f` prints, in fresh memory. */
static char *printed(int (*f)(FILE *out, const struct ds_cmd *c, struct ds_err *err),
                     const struct ds_cmd *c)
{
    FILE *file = tmpfile();
    struct ds_err err;
    char *text;
    long n;

    assert_non_null(file);
    assert_int_equal(f(file, c, &err), 0);
    n = ftell(file);
    text = calloc(1, (size_t)n + 1);
    assert_non_null(text);
    rewind(file);
    assert_int_equal(fread(text, 1, (size_t)n, file), n);
    fclose(file);
    return text;
}

static int help_all(FILE *out, const struct ds_cmd *c, struct ds_err *err)
{
    (void)c, (void)err;
    return ds_help_all(out);
}

static void check_width(const char *name, const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        const size_t n = strcspn(line, "\n");

        if (n > WIDTH)
            fail_msg("%s --help: %zu columns: %.*s", name, n, (int)n, line);
        if (n && line[n - 1] == ' ')
            fail_msg("%s --help: a blank at the end of: %.*s", name, (int)n, line);
    }
}

static void help_fits_and_names_its_command(void **state)
{
    char *all = printed(help_all, NULL);

    (void)state;
    check_width("driftscope", all);
    for (int i = 0; ds_cmds[i]; i++) {
        char *text = printed(ds_help_one, ds_cmds[i]), usage[80];

        snprintf(usage, sizeof usage, "\nusage: driftscope %s ", ds_cmds[i]->name);
        assert_non_null(strstr(text, usage));
        check_width(ds_cmds[i]->name, text);
        if (ds_cmds[i]->about) {
            assert_non_null(strstr(all, ds_cmds[i]->about));
            assert_non_null(strstr(text, "examples\n  driftscope "));
        }
        free(text);
    }
    free(all);
}

/* Whether a line "driftscope ..." would be understood, up to a pipe, a redirection, a comment. */
static void check_line(const char *where, const char *line)
{
    char copy[LINE], *word[WORDS], *prose;
    const struct ds_cmd *c;
    struct ds_opt *rows;
    struct ds_err err;
    size_t size, at;
    void *opt;
    int n = 0;

    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n`"), line);
    if ((prose = strstr(copy, "   "))) /* an explanation stands apart */
        *prose = '\0';
    for (char *w = strtok(copy, " "); w && n < WORDS && !strchr("|>#\\(&", *w);
         w = strtok(NULL, " "))
        word[n++] = w;
    if (n < 2 || !strcmp(word[1], "--help") || !strcmp(word[1], "--version") ||
        !strcmp(word[1], "COMMAND"))
        return;
    c = ds_cmd_lookup(word[1]);
    if (!c)
        fail_msg("%s: there is no command in: %s", where, line);
    rows = ds_cmd_rows(c, &size, &at);
    opt = calloc(1, size);
    assert_non_null(rows);
    assert_non_null(opt);
    n -= 2;
    if (ds_opt_args(rows, opt, &n, word + 2, &err))
        fail_msg("%s: %s in: driftscope %s ...", where, err.text, c->name);
    if (n < c->least || (c->most >= 0 && n > c->most))
        fail_msg("%s: %d operands in: %.60s", where, n, line);
    free(opt);
    free(rows);
}

static void examples_would_run(void **state)
{
    char *all = printed(help_all, NULL);
    int n = 0;

    (void)state;
    for (const char *at = all; (at = strstr(at, "\n  driftscope ")); at++, n++)
        check_line("--help", at + 3);
    assert_true(n >= 4);
    free(all);
    for (int i = 0; ds_cmds[i]; i++) {
        const char *line = ds_cmds[i]->examples;

        while (line && *line) {
            if (strncmp(line, "driftscope ", 11) != 0)
                fail_msg("%s: an example begins with driftscope: %s", ds_cmds[i]->name, line);
            check_line(ds_cmds[i]->name, line);
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
    }
}

static int check_document(const char *name)
{
    char path[1024], line[LINE];
    FILE *file;
    int lines = 0;

    snprintf(path, sizeof path, "%s/%s", DS_SOURCE_DIR, name);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *at = line + (strncmp(line, "$ ", 2) ? 0 : 2);

        at += strspn(at, " ");
        if (strncmp(at, "driftscope ", 11) != 0 || (at == line && !strchr(at, '-')))
            continue; /* prose that happens to begin a line with the name */
        check_line(name, at);
        lines++;
    }
    if (file)
        fclose(file);
    return lines;
}

static void documents_tell_the_truth(void **state)
{
    (void)state;
    assert_true(check_document("README.md") > 8);
    check_document("share/doc/results.md");
    check_document("share/doc/run-file.md");
    check_document("share/doc/import.md");
    check_document("share/doc/method.md");
    assert_true(check_document("share/doc/figures.md") > 8);
}

static void presets_are_baked_as_they_are(void **state)
{
    int n = 0;

    (void)state;
    for (const struct ds_baked *p = ds_presets; p->name; p++, n++) {
        char path[1024];
        char *text = calloc(1, p->size + 2);
        FILE *file;

        snprintf(path, sizeof path, "%s/share/presets/%s.ini", DS_SOURCE_DIR, p->name);
        file = fopen(path, "r");
        assert_non_null(file);
        assert_non_null(text);
        assert_int_equal(fread(text, 1, p->size + 1, file), p->size);
        assert_memory_equal(text, p->text, p->size + 1);
        fclose(file);
        free(text);
    }
    assert_true(n >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_letters_are_unique),
        cmocka_unit_test(defaults_hold_and_survive_a_round_trip),
        cmocka_unit_test(help_fits_and_names_its_command),
        cmocka_unit_test(examples_would_run),
        cmocka_unit_test(documents_tell_the_truth),
        cmocka_unit_test(presets_are_baked_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
