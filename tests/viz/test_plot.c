/* tests/viz/test_plot.c -- ticks, numbers, axes, and where legends go. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/plot.h"

static void ticks_are_round_and_cover_the_range(void **state)
{
    static const double range[][2] = {{0, 1},      {0, 0.37},     {-3, 7},       {12, 13.7},
                                      {0, 1e-6},   {0, 93},       {1e5, 1.3e5},  {-1, -0.2},
                                      {0.49, 0.51}, {0, 12345678}};

    (void)state;
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        for (int about = 2; about <= 8; about++) {
            struct ds_scale s;
            double step;

            ds_scale_nice(&s, range[i][0], range[i][1], about);
            assert_true(s.ticks >= 2 && s.ticks <= about + 3);
            assert_true(s.lo <= range[i][0] && s.hi >= range[i][1]);
            step = s.at[1] - s.at[0];
            for (int k = 0; k < s.ticks; k++) {
                const double power = pow(10, floor(log10(step) + 1e-9)), lead = step / power;

                assert_true(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 ||
                            fabs(lead - 2.5) < 1e-6 || fabs(lead - 5) < 1e-6);
                assert_true(fabs(s.at[k] / step - rint(s.at[k] / step)) < 1e-6);
                assert_true(k == 0 || strcmp(s.text[k], s.text[k - 1]));
            }
        }
}

static void impossible_ranges_still_have_an_axis(void **state)
{
    static const double range[][2] = {{0, 0},   {5, 5},        {3, 1},
                                      {NAN, 1}, {0, INFINITY}, {-2, -2}};

    (void)state;
    for (size_t i = 0; i < sizeof range / sizeof *range; i++) {
        struct ds_scale s;

        ds_scale_nice(&s, range[i][0], range[i][1], 5);
        assert_true(isfinite(s.lo) && isfinite(s.hi) && s.hi > s.lo && s.ticks > 0);
        ds_scale_inside(&s, range[i][0], range[i][1], 5);
        assert_true(isfinite(s.lo) && isfinite(s.hi) && s.hi > s.lo);
    }
}

static void tasks_are_counted_in_whole_steps(void **state)
{
    struct ds_scale s;

    (void)state;
    for (int last = 1; last <= 1000; last = last * 3 + 1) {
        ds_scale_count(&s, 1, last, 0.5, 10);
        assert_true(s.ticks >= 1 && s.ticks <= 10);
        assert_true(s.at[0] == 1 && s.lo < 1 && s.hi > last);
        for (int k = 0; k < s.ticks; k++)
            assert_true(s.at[k] == rint(s.at[k]) && s.at[k] <= last);
    }
    ds_scale_count(&s, 1, 5, 0.3, 10);
    assert_int_equal(s.ticks, 5);
    assert_string_equal(s.text[4], "5");
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", NULL};
    char text[32];
    int i = 0;

    (void)state;
    assert_string_equal(ds_number(text, sizeof text, 3.14159, 2), "3.14");
    assert_string_equal(ds_number(text, sizeof text, -0.5, 1), "\xe2\x88\x92" "0.5");
    assert_string_equal(ds_number(text, sizeof text, -0.0004, 2), "0.00");
    assert_string_equal(ds_number(text, sizeof text, -12, 0), "\xe2\x88\x92" "12");
    while (comma[i] && !setlocale(LC_ALL, comma[i]))
        i++;
    if (!comma[i]) {
        print_message("skipped: no locale with a decimal comma is installed\n");
        return;
    }
    assert_string_equal(ds_number(text, sizeof text, 3.14159, 2), "3.14");
    setlocale(LC_ALL, "C");
}

/* A canvas of 300 x 200 points that lives for one test. */
struct board {
    cairo_surface_t *surface;
    cairo_t *cr;
    struct ds_theme theme;
    struct ds_canvas canvas;
};

static int set_up(void **state)
{
    struct board *b = calloc(1, sizeof *b);
    struct ds_err err;

    if (!b || ds_theme_init(&b->theme, ds_venue_lookup("neurips"), "", &err))
        return -1;
    b->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 300, 200);
    b->cr = cairo_create(b->surface);
    ds_canvas_init(&b->canvas, b->cr, &b->theme);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct board *b = *state;

    ds_canvas_clear(&b->canvas);
    cairo_destroy(b->cr);
    cairo_surface_destroy(b->surface);
    free(b);
    return 0;
}

static struct ds_axes axes_of(double top)
{
    struct ds_axes a = {.xlabel = "after task", .ylabel = "drift"};

    ds_scale_count(&a.x, 1, 5, 0.2, 10);
    ds_scale_nice(&a.y, 0, top, 5);
    return a;
}

static void axes_stay_inside_their_box(void **state)
{
    struct board *b = *state;
    struct ds_axes a = axes_of(1);
    struct ds_err err;

    assert_int_equal(ds_axes_fit(&b->canvas, (struct ds_box){20, 30, 200, 120}, &a, &err), 0);
    assert_true(a.frame.x > 20 && a.frame.y > 30);
    assert_true(a.frame.x + a.frame.w <= 220 && a.frame.y + a.frame.h < 150);
    assert_true(fabs(ds_axes_y(&a, a.y.lo) - (a.frame.y + a.frame.h)) < 1e-9);
    assert_true(fabs(ds_axes_x(&a, a.x.hi) - (a.frame.x + a.frame.w)) < 1e-9);
    assert_int_equal(ds_axes_fit(&b->canvas, (struct ds_box){0, 0, 40, 40}, &a, &err),
                     DS_USAGE);
    assert_non_null(strstr(err.text, "--width"));
}

static void a_legend_avoids_the_data(void **state)
{
    struct board *b = *state;
    struct ds_axes a = axes_of(1);
    const double x[] = {1, 2, 3, 4, 5}, up[] = {0, 0.2, 0.5, 0.8, 1};
    const double down[] = {1, 0.8, 0.5, 0.2, 0}, lo[] = {0, 0, 0, 0, 0}, hi[] = {1, 1, 1, 1, 1};
    struct ds_series s[2] = {{.label = "a", .n = 5, .x = x, .y = up},
                             {.label = "b", .n = 5, .x = x, .y = down}};
    struct ds_box box;
    struct ds_err err;

    assert_int_equal(ds_axes_fit(&b->canvas, (struct ds_box){0, 0, 300, 200}, &a, &err), 0);
    assert_true(ds_legend_place(&b->canvas, &a, s, 1, &box));
    /* A rising line leaves the top left and the bottom right. */
    assert_true(box.x < a.frame.x + a.frame.w / 3 ? box.y < a.frame.y + a.frame.h / 3
                                                  : box.y > a.frame.y + a.frame.h / 2);
    /* A crossing leaves the middles; a band over everything leaves nothing. */
    assert_true(ds_legend_place(&b->canvas, &a, s, 2, &box));
    s[0].lo = lo;
    s[0].hi = hi;
    assert_false(ds_legend_place(&b->canvas, &a, s, 2, &box));
    assert_int_equal(ds_plot_lines(&b->canvas, (struct ds_box){0, 0, 300, 200}, &a, s, 2, true,
                                   &err), 0);
}

static void gaps_and_single_points_are_drawn(void **state)
{
    struct board *b = *state;
    struct ds_axes a = axes_of(1);
    const double x[] = {1, 2, 3}, y[] = {NAN, 0.5, NAN}, lo[] = {NAN, 0.4, NAN};
    struct ds_series s = {.label = "gap", .n = 3, .x = x, .y = y, .lo = lo, .hi = y};
    struct ds_err err;

    assert_int_equal(ds_plot_lines(&b->canvas, (struct ds_box){0, 0, 300, 200}, &a, &s, 1, true,
                                   &err), 0);
    assert_int_equal(cairo_status(b->cr), CAIRO_STATUS_SUCCESS);
}

static void text_from_files_is_only_text(void **state)
{
    struct board *b = *state;
    const double plain = ds_text_width(&b->canvas, "<b>x</b>", 9, false);

    assert_true(plain > 2 * ds_text_width(&b->canvas, "x", 9, true)); /* not markup */
    assert_true(ds_text_width(&b->canvas, "bad \xff\xfe bytes", 9, false) > 0);
    assert_int_equal(b->canvas.missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round_and_cover_the_range),
        cmocka_unit_test(impossible_ranges_still_have_an_axis),
        cmocka_unit_test(tasks_are_counted_in_whole_steps),
        cmocka_unit_test(numbers_do_not_depend_on_the_locale),
        cmocka_unit_test_setup_teardown(axes_stay_inside_their_box, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_legend_avoids_the_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gaps_and_single_points_are_drawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_from_files_is_only_text, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
