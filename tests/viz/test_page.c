/* tests/viz/test_page.c -- pages: same bytes, right size, embedded fonts, refusals. */
#define _POSIX_C_SOURCE 200809L
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "viz/page/page.h"
#include "viz/page/raster.h"

static struct ds_theme theme;

static int draw_something(struct ds_canvas *c, void *text, struct ds_err *err)
{
    const struct ds_lettering type = {.size = 9, .color = c->theme->ink};
    struct ds_raster r;
    char number[32];
    int code;

    if ((code = ds_raster_init(&r, 30, 30, err)))
        return code;
    ds_text(c, 20, 20, &type, text);
    ds_text(c, 20, 60, &type, ds_number(number, sizeof number, 0.25, 2));
    code = ds_raster_draw(c, (struct ds_box){80, 20, 30, 30}, &r, err);
    ds_raster_clear(&r);
    return code;
}

static struct ds_page page_of(void)
{
    return (struct ds_page){.width = 396, .height = 100.5, .dpi = 150, .theme = &theme,
                            .title = "a <page> & more", .creator = "driftscope test",
                            .created = "2026-01-02T03:04:05Z", .source = "run 0000"};
}

static unsigned char *render(size_t *n, enum ds_format format, const char *text)
{
    const struct ds_page page = page_of();
    unsigned char *bytes;
    struct ds_err err = {0};

    if (ds_page_render(&bytes, n, format, &page, draw_something, (void *)(uintptr_t)text, &err))
        fail_msg("%s", err.text);
    return bytes;
}

static bool contains(const unsigned char *bytes, size_t n, const char *word)
{
    const size_t k = strlen(word);

    for (size_t i = 0; i + k <= n; i++)
        if (!memcmp(bytes + i, word, k))
            return true;
    return false;
}

static void same_input_same_bytes(void **state)
{
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", NULL};

    (void)state;
    for (enum ds_format f = DS_PNG; f <= DS_SVG; f++) {
        size_t n, m, other;
        unsigned char *a = render(&n, f, "Hello"), *b, *c;

        free(render(&other, DS_SVG, "something else in between"));
        for (int i = 0; comma[i] && !setlocale(LC_ALL, comma[i]); i++)
            ;
        b = render(&m, f, "Hello");
        setlocale(LC_ALL, "C");
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
        c = render(&other, f, "Hallo");
        assert_true(other != n || memcmp(a, c, n));
        free(a);
        free(b);
        free(c);
    }
}

static uint32_t big(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void png_knows_its_size_and_origin(void **state)
{
    size_t n;
    unsigned char *png = render(&n, DS_PNG, "Hello");
    bool phys = false;

    (void)state;
    assert_int_equal(big(png + 16), 396 * 150 / 72);
    assert_int_equal(big(png + 20), 209); /* 100.5 points at 150 dpi, rounded */
    for (size_t at = 8; at + 12 <= n; at += 12 + big(png + at))
        if (!memcmp(png + at + 4, "pHYs", 4)) {
            phys = true;
            assert_int_equal(big(png + at + 8), 5906); /* 150 dpi in dots a metre */
            assert_int_equal(big(png + at + 12), 5906);
            assert_int_equal(png[at + 16], 1);
        }
    assert_true(phys);
    assert_true(contains(png, n, "run 0000") && contains(png, n, "driftscope test"));
    free(png);
}

/* Vector pages can hold their pictures as JPEG; a PNG is what it was. */
static void pictures_can_be_jpeg(void **state)
{
    static const char *const mark[] = {[DS_PDF] = "/DCTDecode", [DS_SVG] = "image/jpeg;base64"};
    struct ds_page page = page_of();

    (void)state;
    for (enum ds_format f = DS_PNG; f <= DS_SVG; f++) {
        unsigned char *plain, *jpeg, *again;
        size_t n, m, k;
        struct ds_err err;

        plain = render(&n, f, "Hello");
        page.jpeg = DS_JPEG_QUALITY;
        assert_int_equal(ds_page_render(&jpeg, &m, f, &page, draw_something, "Hello", &err), 0);
        assert_int_equal(ds_page_render(&again, &k, f, &page, draw_something, "Hello", &err), 0);
        assert_int_equal(m, k);
        assert_memory_equal(jpeg, again, m);
        if (f == DS_PNG)
            assert_true(n == m && !memcmp(plain, jpeg, n));
        else
            assert_true(contains(jpeg, m, mark[f]) && !contains(plain, n, mark[f]));
        free(plain);
        free(jpeg);
        free(again);
    }
}

static void pdf_says_what_it_is_and_not_who(void **state)
{
    size_t n;
    unsigned char *pdf = render(&n, DS_PDF, "Hello");

    (void)state;
    assert_memory_equal(pdf, "%PDF-1.5", 8);
    assert_true(contains(pdf, n, "20260102030405Z"));
    assert_true(contains(pdf, n, "driftscope test"));
    assert_false(contains(pdf, n, "/Author"));
    free(pdf);
}

static void the_epoch_overrides_the_date(void **state)
{
    size_t n;
    unsigned char *pdf;

    (void)state;
    setenv("SOURCE_DATE_EPOCH", "86400", 1);
    pdf = render(&n, DS_PDF, "Hello");
    assert_true(contains(pdf, n, "19700102000000Z"));
    free(pdf);
    setenv("SOURCE_DATE_EPOCH", "yesterday", 1); /* not a number: as if it were not set */
    pdf = render(&n, DS_PDF, "Hello");
    assert_true(contains(pdf, n, "20260102030405Z"));
    free(pdf);
    unsetenv("SOURCE_DATE_EPOCH");
}

static void svg_ids_are_numbered_from_zero(void **state)
{
    size_t n;
    unsigned char *svg = render(&n, DS_SVG, "Hello");

    (void)state;
    assert_true(contains(svg, n, " id=\"i0\""));
    assert_true(contains(svg, n, "=\"#i1\"")); /* i0 is the glyph for what is missing */
    assert_false(contains(svg, n, "glyph0-0") || contains(svg, n, "id=\"image"));
    assert_true(contains(svg, n, "<title>a &lt;page&gt; &amp; more</title>"));
    assert_true(contains(svg, n, "width=\"396pt\""));
    free(svg);
}

static void a_missing_glyph_is_refused(void **state)
{
    const struct ds_page page = page_of();
    char text[] = "plane ten: \xf2\xa0\x80\x80";
    unsigned char *bytes;
    size_t n;
    struct ds_err err;

    (void)state;
    for (enum ds_format f = DS_PNG; f <= DS_SVG; f++) {
        assert_int_equal(ds_page_render(&bytes, &n, f, &page, draw_something, text, &err),
                         DS_DATA);
        assert_null(bytes);
        assert_non_null(strstr(err.text, "no installed font has 1 of the characters"));
    }
}

static int refuse(struct ds_canvas *c, void *what, struct ds_err *err)
{
    (void)c;
    (void)what;
    return ds_fail(err, DS_USAGE, "not today");
}

static void impossible_pages_are_refused(void **state)
{
    static const double wrong[][3] = {{0, 100, 300}, {100, -1, 300}, {1e9, 100, 300},
                                      {100, 100, 0}, {10000, 100, 2400}};
    struct ds_page page = page_of();
    unsigned char *bytes;
    size_t n;
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        page.width = wrong[i][0];
        page.height = wrong[i][1];
        page.dpi = wrong[i][2];
        assert_int_equal(ds_page_render(&bytes, &n, DS_PNG, &page, draw_something, "x", &err),
                         DS_USAGE);
    }
    page = page_of();
    assert_int_equal(ds_page_render(&bytes, &n, DS_PDF, &page, refuse, NULL, &err), DS_USAGE);
    assert_string_equal(err.text, "not today");
}

static void formats_follow_from_names(void **state)
{
    enum ds_format f;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_page_format(&f, "a/b.PDF", &err), 0);
    assert_int_equal(f, DS_PDF);
    assert_int_equal(ds_page_format(&f, "a.b/figure", &err), DS_USAGE);
    assert_int_equal(ds_page_format(&f, "figure.jpg", &err), DS_USAGE);
    assert_string_equal(err.text, "figure.jpg: a figure's name ends in .png, .pdf or .svg");
}

static int check(const char *pdf, struct ds_err *err)
{
    return ds_pdf_check((const unsigned char *)pdf, strlen(pdf), err);
}

static void forbidden_fonts_are_found(void **state)
{
    struct ds_err err;

    (void)state;
    assert_int_equal(check("%PDF-1.5\n<< /Type /Page >>", &err), 0);
    assert_int_equal(check("%PDF-1.5\n<< /Type /Font\n /Subtype /Type3 >>", &err), DS_FAILED);
    assert_non_null(strstr(err.text, "1 Type 3 font:"));
    assert_int_equal(check("%PDF-1.5\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
                           &err), DS_FAILED);
    assert_string_equal(err.text, "1 of 1 fonts are not embedded");
    assert_int_equal(check("%PDF-1.5\n<< /Subtype /Type1 >> << /FontFile3 7 0 R >>\n"
                           "<< /Subtype /Type1C /Length 4 >> stream\n/Type3\nendstream",
                           &err), 0);
    assert_int_equal(check("not a pdf at all", &err), DS_DATA);
    assert_int_equal(check("", &err), DS_DATA);
}

/* From Cairo 1.18 on, dictionaries hide in deflated object streams. */
static void object_streams_are_opened(void **state)
{
    static const char inside[] = "<< /Type /Font /Subtype /Type3 >>";
    static const char head[] = "%PDF-1.5\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n";
    unsigned char file[1024];
    uLongf packed = sizeof file - sizeof head;
    size_t n = sizeof head - 1;
    struct ds_err err;

    (void)state;
    memcpy(file, head, n);
    assert_int_equal(compress(file + n, &packed, (const Bytef *)inside, sizeof inside), Z_OK);
    n += packed;
    memcpy(file + n, "\nendstream", 10);
    n += 10;
    assert_int_equal(ds_pdf_check(file, n, &err), DS_FAILED);
    for (size_t cut = 8; cut < n; cut++) /* a truncated file is no reason to crash */
        ds_pdf_check(file, cut, &err);
}

static int set_up(void **state)
{
    struct ds_err err;

    (void)state;
    unsetenv("SOURCE_DATE_EPOCH");
    return ds_theme_init(&theme, ds_venue_lookup("neurips"), "", &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_input_same_bytes),
        cmocka_unit_test(png_knows_its_size_and_origin),
        cmocka_unit_test(pictures_can_be_jpeg),
        cmocka_unit_test(pdf_says_what_it_is_and_not_who),
        cmocka_unit_test(the_epoch_overrides_the_date),
        cmocka_unit_test(svg_ids_are_numbered_from_zero),
        cmocka_unit_test(a_missing_glyph_is_refused),
        cmocka_unit_test(impossible_pages_are_refused),
        cmocka_unit_test(formats_follow_from_names),
        cmocka_unit_test(forbidden_fonts_are_found),
        cmocka_unit_test(object_streams_are_opened),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
