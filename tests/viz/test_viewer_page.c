/* tests/viz/test_viewer_page.c -- how every mode and panel looks, against kept pictures.
 *
 * A frame becomes the means of its 8 x 8 blocks; a kept picture holds those. A block may be off
 * by 6 of 255 and a hundredth of them by more, so that another build of a font or a rounding
 * passes and a missing bar does not. DRIFTSCOPE_REDO=1 writes them anew: then look at them. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>
#include <cmocka.h>

#include "viewer_help.h"
#include "viz/page/font.h"
#include "viz/viewer/screen.h"

enum { BLOCK = 8, LIMIT = 6 };

static cairo_surface_t *blocks_of(const struct ds_screen *s)
{
    const int w = s->w / BLOCK, h = s->h / BLOCK;
    cairo_surface_t *small = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    unsigned char *to = cairo_image_surface_get_data(small);
    const int to_stride = cairo_image_surface_get_stride(small);
    int stride;
    const unsigned char *from = ds_screen_pixels(s, &stride);

    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            for (int c = 0; c < 3; c++) {
                int sum = 0;

                for (int j = 0; j < BLOCK; j++)
                    for (int i = 0; i < BLOCK; i++)
                        sum += from[(y * BLOCK + j) * stride + 4 * (x * BLOCK + i) + c];
                to[y * to_stride + 4 * x + c] = (unsigned char)(sum / (BLOCK * BLOCK));
            }
    cairo_surface_mark_dirty(small);
    return small;
}

/* Blocks that are off by more than the limit. */
static int off(cairo_surface_t *a, cairo_surface_t *b)
{
    const int w = cairo_image_surface_get_width(a), h = cairo_image_surface_get_height(a);
    int bad = 0;

    if (w != cairo_image_surface_get_width(b) || h != cairo_image_surface_get_height(b))
        return w * h;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const unsigned char *p =
                cairo_image_surface_get_data(a) + y * cairo_image_surface_get_stride(a) + 4 * x;
            const unsigned char *q =
                cairo_image_surface_get_data(b) + y * cairo_image_surface_get_stride(b) + 4 * x;

            bad += abs(p[0] - q[0]) > LIMIT || abs(p[1] - q[1]) > LIMIT ||
                   abs(p[2] - q[2]) > LIMIT;
        }
    return bad;
}

static void compare(const struct ds_screen *s, const char *name)
{
    cairo_surface_t *now = blocks_of(s), *kept;
    const int blocks = s->w / BLOCK * (s->h / BLOCK);
    char path[512];
    int bad;

    snprintf(path, sizeof path, "%s/tests/viz/viewer/pages/%s.png", DS_SOURCE_DIR, name);
    if (getenv("DRIFTSCOPE_REDO")) {
        assert_int_equal(cairo_surface_write_to_png(now, path), 0);
        cairo_surface_destroy(now);
        return;
    }
    kept = cairo_image_surface_create_from_png(path);
    if (cairo_surface_status(kept))
        fail_msg("%s cannot be read; DRIFTSCOPE_REDO=1 makes it", path);
    bad = off(now, kept);
    if (bad > blocks / 100) {
        snprintf(path, sizeof path, "%s-now.png", name);
        cairo_surface_write_to_png(s->front, path);
        fail_msg("%s: %d of %d blocks differ; the frame is in %s", name, bad, blocks, path);
    }
    cairo_surface_destroy(kept);
    cairo_surface_destroy(now);
}

static const struct {
    const char *name, *at;
    int runs, w, h;
    enum ds_overlay overlay;
} pages[] = {
    {"single", "mode=single image=4 pick=9", 1, 1600, 1000, DS_OVER_NONE},
    {"quad", "image=4", 1, 1600, 1000, DS_OVER_NONE},
    {"swipe", "mode=swipe image=8 cmap=viridis contour=smooth tab=drift", 1, 1600, 1000,
     DS_OVER_NONE},
    {"fade", "mode=fade fade=0.7 image=8 range=auto tab=scatter", 1, 1600, 1000, DS_OVER_NONE},
    {"blink", "mode=blink flip=yes smooth=no tab=audit b=4", 1, 1600, 1000, DS_OVER_NONE},
    {"layers", "mode=layers layer=2", 1, 1600, 1000, DS_OVER_NONE},
    {"film", "mode=film image=12", 1, 1600, 1000, DS_OVER_NONE},
    {"heads-missing", "mode=heads", 1, 1600, 1000, DS_OVER_NONE},
    {"difference", "mode=single diff=yes image=5 zoom=2", 1, 1600, 1000, DS_OVER_NONE},
    {"grid", "grid=yes sort=drift marks=3,7", 1, 1600, 1000, DS_OVER_NONE},
    {"nothing", "search=zebra", 1, 1600, 1000, DS_OVER_NONE},
    {"two", "tab=drift", 2, 1600, 1000, DS_OVER_NONE},
    {"two-classes", "tab=scatter unit=class run-b=1", 2, 1600, 1000, DS_OVER_NONE},
    {"narrow", "tab=layers", 1, 1000, 700, DS_OVER_NONE},
    {"small", "", 1, 640, 480, DS_OVER_NONE},
    {"small-side", "inspector=no tab=threshold manual=yes threshold=0.02", 1, 640, 480,
     DS_OVER_NONE},
    {"filters", "least-drift=0.1 only-class=3 mode=film", 1, 1100, 700, DS_OVER_NONE},
    {"help", "", 1, 1100, 800, DS_OVER_HELP},
    {"palette", "", 1, 1100, 800, DS_OVER_PALETTE},
    {"export", "", 1, 1100, 800, DS_OVER_EXPORT},
};

static void test_pages(void **state)
{
    struct bench b;
    struct ds_screen *s;
    struct ds_err err = {0};

    (void)state;
    bench_make(&b, 5);
    assert_int_equal(ds_screen_new(&s, "DejaVu Sans", &err), 0);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        bench_open(&b, pages[i].runs, pages[i].at);
        b.v->overlay = pages[i].overlay;
        assert_int_equal(ds_screen_size(s, pages[i].w, pages[i].h, 1, &err), 0);
        ds_screen_forget(s);
        for (int k = 0; k < 3; k++) {
            ds_screen_frame(s, b.v);
            settle(b.v);
        }
        if (b.v->heads[1].failed) /* names a temporary folder */
            snprintf(b.v->heads[1].why, sizeof b.v->heads[1].why, "no weights here");
        ds_screen_forget(s);
        ds_screen_frame(s, b.v);
        compare(s, pages[i].name);
        bench_close(&b);
    }
    ds_screen_free(s);
    bench_remove(&b);
}

/* Files of maps: answers in place of the study, heads, second maps. */
static void test_maps_pages(void **state)
{
    static const struct {
        const char *name, *at;
        int runs, w, h;
    } of[] = {
        {"maps", "image=4 source=second", 1, 1600, 1000},
        {"maps-heads", "image=4 mode=heads head=2 tab=layers", 1, 1100, 700},
        {"maps-two", "inspector=no", 2, 640, 480},
    };
    struct bench b;
    struct ds_screen *s;
    struct ds_err err = {0};

    (void)state;
    bench_make(&b, 2);
    bench_maps(&b, 0, true);
    bench_maps(&b, 1, false);
    assert_int_equal(ds_screen_new(&s, "DejaVu Sans", &err), 0);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        bench_open(&b, of[i].runs, of[i].at);
        assert_int_equal(ds_screen_size(s, of[i].w, of[i].h, 1, &err), 0);
        ds_screen_forget(s);
        for (int k = 0; k < 3; k++) {
            ds_screen_frame(s, b.v);
            settle(b.v);
        }
        compare(s, of[i].name);
        bench_close(&b);
    }
    ds_screen_free(s);
    bench_remove(&b);
}

/* The same picture whatever was drawn before it, and at twice the scale much the same. */
static void test_history_leaves_no_trace(void **state)
{
    struct bench b;
    struct ds_screen *one, *two;
    struct ds_err err = {0};
    int stride;
    unsigned char *kept;

    (void)state;
    bench_make(&b, 5);
    bench_open(&b, 1, "image=4");
    assert_int_equal(ds_screen_new(&one, "DejaVu Sans", &err), 0);
    assert_int_equal(ds_screen_new(&two, "DejaVu Sans", &err), 0);
    assert_int_equal(ds_screen_size(one, 1200, 800, 1, &err), 0);
    assert_int_equal(ds_screen_size(two, 1200, 800, 1, &err), 0);
    for (int i = 0; i < 3; i++)
        ds_screen_frame(one, b.v);
    kept = malloc(1200 * 800 * 4);
    memcpy(kept, ds_screen_pixels(one, &stride), 1200 * 800 * 4);
    for (int mode = 0; mode < DS_MODES; mode++) {
        b.v->view.mode = mode;
        b.v->overlay = (enum ds_overlay)(mode % 5);
        b.v->view.layer = 1 + mode % 3;
        ds_screen_frame(two, b.v);
    }
    b.v->overlay = DS_OVER_NONE;
    b.v->view.mode = DS_MODE_QUAD;
    b.v->view.layer = 3;
    for (int i = 0; i < 3; i++)
        ds_screen_frame(two, b.v);
    assert_memory_equal(kept, ds_screen_pixels(two, &stride), 1200 * 800 * 4);
    free(kept);
    ds_screen_free(two);
    ds_screen_free(one);
    bench_remove(&b);
}

int main(void)
{
    static const char *const wanted[] = {"DejaVu Sans", NULL};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_maps_pages),
        cmocka_unit_test(test_history_leaves_no_trace),
    };

    if (!ds_font_first(wanted)) {
        puts("skipped: not found: the font DejaVu Sans (fonts-dejavu-core)");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
