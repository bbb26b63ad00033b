/* tests/viz/test_viewer_export.c -- the export dialog and what it writes. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "viewer_help.h"
#include "viz/viewer/export.h"

static void test_export(void **state)
{
    static const char *const ends[] = {".png", ".pdf", ".svg", ".json"};
    struct bench b;
    struct ds_screen *s = screen_of(1200, 800);
    char path[128];
    struct stat st;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "image=3");
    ds_viewer_key(b.v, "e");
    draw(s, b.v);
    click(s, b.v, "export-png", false);
    click(s, b.v, "export-svg", false);
    click(s, b.v, "export-venue", false);
    assert_int_equal(b.v->page.venue, 1);
    click(s, b.v, "export-column", false);
    click(s, b.v, "export-name", false);
    ds_viewer_key(b.v, "Ctrl+u");
    snprintf(path, sizeof path, "%s/out.pdf", b.folder);
    ds_viewer_text(b.v, path);
    ds_viewer_key(b.v, "Return");
    draw(s, b.v);
    click(s, b.v, "export-write", false);
    assert_non_null(strstr(field(b.v, "message"), "out.png is written"));
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/out%s", b.folder, ends[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_true(st.st_size > 100);
        unlink(path);
    }
    ds_viewer_key(b.v, "E");
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/out%s", b.folder, ends[i]);
        assert_int_equal(unlink(path), 0);
    }
    snprintf(b.v->page.name, sizeof b.v->page.name, "/nowhere/x.pdf");
    ds_viewer_run(b.v, "export-now", 0, false);
    assert_int_equal(b.v->message_tone, DS_SAY_BAD);
    ds_screen_free(s);
    bench_remove(&b);
}

/* A font by its name; one that is not there is stood in for, and both places say so. */
static void test_export_font(void **state)
{
    struct bench b;
    struct ds_screen *s = screen_of(1200, 800);
    struct ds_theme theme;
    struct ds_err err = {0};
    char path[128], why[300], json[2000] = "";
    FILE *f;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "image=3");
    ds_viewer_key(b.v, "e");
    draw(s, b.v);
    click(s, b.v, "export-font", false);
    for (const char *c = "No Such Face"; *c; c++)
        ds_viewer_text(b.v, (char[]){*c, 0});
    assert_string_equal(b.v->page.font, "No Such Face");
    ds_viewer_key(b.v, "Return");
    draw(s, b.v);
    assert_int_equal(ds_export_theme(b.v, &theme, why, sizeof why, &err), 0);
    assert_non_null(strstr(why, "'No Such Face' is not installed"));
    assert_string_not_equal(theme.family, "No Such Face");
    snprintf(b.v->page.name, sizeof b.v->page.name, "%s/font.pdf", b.folder);
    click(s, b.v, "export-write", false);
    assert_non_null(strstr(field(b.v, "message"), "'No Such Face' is not installed"));
    assert_non_null(strstr(field(b.v, "message"), theme.family));
    snprintf(path, sizeof path, "%s/font.json", b.folder);
    f = fopen(path, "r");
    assert_non_null(f);
    assert_true(fread(json, 1, sizeof json - 1, f) > 0);
    fclose(f);
    assert_non_null(strstr(json, "\"font\": "));
    assert_non_null(strstr(json, theme.family));
    assert_null(strstr(json, "No Such Face"));
    unlink(path);
    snprintf(path, sizeof path, "%s/font.pdf", b.folder);
    assert_int_equal(unlink(path), 0);
    ds_viewer_line(b.v, "export-font DejaVu Sans");
    assert_string_equal(b.v->page.font, "DejaVu Sans");
    ds_viewer_line(b.v, "export-font -");
    assert_string_equal(b.v->page.font, "");
    ds_screen_free(s);
    bench_remove(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_export_font),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
