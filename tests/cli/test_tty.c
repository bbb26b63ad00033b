/* tests/cli/test_tty.c -- what reaches a terminal, and what a pipe gets instead. */
#define _DEFAULT_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "viz/cli/tty.h"

static void harmful_text_is_made_plain(void **state)
{
    static const struct {
        const char *text, *plain;
    } row[] = {
        {"", ""},
        {"plain text", "plain text"},
        {"a\tb\nc\rd", "a\\x09b\\x0ac\\x0dd"},
        {"\033[31m", "\\x1b[31m"},
        {"\x7f", "\\x7f"},
        {"caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x99\x82", "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x99\x82"},
        {"\xc2\x9b" "31m", "\\xc2\\x9b31m"},   /* C1: CSI in one byte */
        {"\xc0\xaf", "\\xc0\\xaf"},            /* overlong */
        {"\xe6\xbc", "\\xe6\\xbc"},            /* cut */
        {"\xff\xfe", "\\xff\\xfe"},
    };
    char plain[100];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_string_equal(ds_tty_plain(plain, sizeof plain, row[i].text), row[i].plain);
}

static void plain_text_is_cut_between_characters(void **state)
{
    char plain[6];

    (void)state;
    assert_string_equal(ds_tty_plain(plain, 6, "abcdefgh"), "abcde");
    assert_string_equal(ds_tty_plain(plain, 6, "abc\033d"), "abc");
    assert_string_equal(ds_tty_plain(plain, 6, "abcd\xc3\xa9"), "abcd");
    assert_string_equal(ds_tty_plain(plain, 1, "abc"), "");
}

/* Runs f with stderr in a file; what was written. */
static char *heard(void (*f)(const struct ds_tone *t), const struct ds_tone *t)
{
    static char text[4096];
    FILE *file = tmpfile();
    const int keep = dup(STDERR_FILENO);

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    f(t);
    fflush(stderr);
    dup2(keep, STDERR_FILENO);
    close(keep);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void two_notes(const struct ds_tone *t)
{
    ds_tty_note(t, "seen %d", 7);
    ds_tty_detail(t, "name %s", "\033x");
}

static void tones_decide_what_is_said(void **state)
{
    const struct ds_tone plain = {0}, quiet = {.quiet = true}, verbose = {.verbose = true};
    const struct ds_tone bar = {.terminal = true};

    (void)state;
    assert_string_equal(heard(two_notes, &plain), "seen 7\n");
    assert_string_equal(heard(two_notes, &quiet), "");
    assert_string_equal(heard(two_notes, &verbose), "seen 7\nname \\x1bx\n");
    assert_string_equal(heard(two_notes, &bar), "\r\033[Kseen 7\n");
}

static void an_error(const struct ds_tone *t)
{
    ds_tty_error(t, "a.h5: gone");
}

static void errors_are_said_whatever_the_tone(void **state)
{
    const struct ds_tone quiet = {.quiet = true}, color = {.color = true};

    (void)state;
    assert_string_equal(heard(an_error, &quiet), "error: a.h5: gone\n");
    assert_string_equal(heard(an_error, &color), "\033[1;31merror:\033[0m a.h5: gone\n");
}

static void walk(const struct ds_tone *t)
{
    struct ds_progress p;

    ds_progress_begin(&p, t, 37, "task 1/5");
    for (long i = 0; i <= 37; i++)
        ds_progress_at(&p, i, "loss 0.5");
    ds_progress_end(&p);
}

static void walk_on(const struct ds_tone *t)
{
    struct ds_progress p;

    ds_progress_begin(&p, t, 100, "resumed");
    ds_progress_at(&p, 85, "");
    ds_progress_at(&p, 5000, "");
    ds_progress_end(&p);
}

static void a_pipe_gets_a_line_per_tenth(void **state)
{
    const struct ds_tone plain = {0}, quiet = {.quiet = true}, bar = {.terminal = true};
    const char *text = heard(walk, &plain);
    int lines = 0;

    (void)state;
    assert_memory_equal(text, "task 1/5: 10 %, 0 s, loss 0.5\n", 30);
    assert_non_null(strstr(text, "task 1/5: 100 %, 0 s, loss 0.5\n"));
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 10);
    assert_null(strchr(text, '\r'));
    assert_string_equal(heard(walk_on, &plain), "resumed: 80 %, 0 s\nresumed: 100 %, 0 s\n");
    assert_string_equal(heard(walk, &quiet), "");
    assert_string_equal(heard(walk, &bar), ""); /* over before a bar is worth drawing */
}

static void slow_walk(const struct ds_tone *t)
{
    struct ds_progress p;

    ds_progress_begin(&p, t, 4, "slow");
    usleep(150000);
    ds_progress_at(&p, 2, "half");
    ds_progress_end(&p);
}

static void a_terminal_gets_a_bar_and_loses_it(void **state)
{
    const struct ds_tone bar = {.terminal = true};
    const char *text = heard(slow_walk, &bar);

    (void)state;
    assert_memory_equal(text, "\r\033[Kslow [############            ]  50 %", 41);
    assert_non_null(strstr(text, " left  half\r\033[K"));
    assert_null(strchr(text, '\n'));
}

static void the_environment_sets_the_tone(void **state)
{
    (void)state;
    unsetenv("TERM");
    assert_false(ds_tty_tone(false, false).terminal);
    assert_true(ds_tty_tone(true, true).quiet);
    assert_false(ds_tty_tone(true, true).verbose); /* -q wins */
    setenv("NO_COLOR", "1", 1);
    assert_false(ds_tty_tone(false, false).color);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmful_text_is_made_plain),
        cmocka_unit_test(plain_text_is_cut_between_characters),
        cmocka_unit_test(tones_decide_what_is_said),
        cmocka_unit_test(errors_are_said_whatever_the_tone),
        cmocka_unit_test(a_pipe_gets_a_line_per_tenth),
        cmocka_unit_test(a_terminal_gets_a_bar_and_loses_it),
        cmocka_unit_test(the_environment_sets_the_tone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
