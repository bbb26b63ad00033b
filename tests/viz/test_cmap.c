/* tests/viz/test_cmap.c -- colour maps, contrast, styles, venues. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "viz/page/cmap.h"

static int step(double v)
{
    return (int)lrint(255 * v);
}

static void tables_begin_and_end_where_published(void **state)
{
    static const struct {
        const char *name;
        int first[3], last[3];
    } want[] = {
        {"viridis", {68, 1, 84}, {253, 231, 37}},  {"magma", {0, 0, 4}, {252, 253, 191}},
        {"inferno", {0, 0, 4}, {252, 255, 164}},   {"cividis", {0, 34, 78}, {254, 232, 56}},
        {"grey", {0, 0, 0}, {255, 255, 255}},      {"rdbu", {5, 48, 97}, {103, 0, 31}},
        {"vlag", {35, 105, 189}, {169, 55, 59}},
    };
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct ds_cmap m;
        struct ds_rgb a, b;

        assert_int_equal(ds_cmap_find(&m, want[i].name, &err), 0);
        a = ds_cmap_at(&m, 0);
        b = ds_cmap_at(&m, 1);
        assert_int_equal(step(a.r), want[i].first[0]);
        assert_int_equal(step(a.g), want[i].first[1]);
        assert_int_equal(step(a.b), want[i].first[2]);
        assert_int_equal(step(b.r), want[i].last[0]);
        assert_int_equal(step(b.g), want[i].last[1]);
        assert_int_equal(step(b.b), want[i].last[2]);
    }
}

static double luminance(struct ds_rgb c)
{
    const double v[] = {c.r, c.g, c.b}, w[] = {0.2126, 0.7152, 0.0722};
    double y = 0;

    for (int i = 0; i < 3; i++)
        y += w[i] * (v[i] <= 0.04045 ? v[i] / 12.92 : pow((v[i] + 0.055) / 1.055, 2.4));
    return y;
}

static void sequential_maps_only_get_brighter(void **state)
{
    static const char *const names[] = {"viridis", "magma", "inferno", "cividis", "grey"};
    struct ds_err err;

    (void)state;
    for (int k = 0; k < 5; k++) {
        struct ds_cmap m;

        assert_int_equal(ds_cmap_find(&m, names[k], &err), 0);
        assert_false(m.diverging);
        for (int i = 1; i < 256; i++)
            assert_true(luminance(ds_cmap_at(&m, i / 255.0)) + 2e-3 >=
                        luminance(ds_cmap_at(&m, (i - 1) / 255.0)));
    }
}

/* The colour bars draw 64 straight pieces; they must not show other colours than the cells. */
static void sixty_four_pieces_are_enough(void **state)
{
    struct ds_err err;

    (void)state;
    for (int k = 0; ds_cmap_names[k]; k++) {
        struct ds_cmap m;

        assert_int_equal(ds_cmap_find(&m, ds_cmap_names[k], &err), 0);
        for (int i = 0; i < 256; i++) {
            const double v = i / 255.0, at = v * 64, u = at - floor(at);
            const struct ds_rgb a = ds_cmap_at(&m, floor(at) / 64);
            const struct ds_rgb b = ds_cmap_at(&m, fmin(1, (floor(at) + 1) / 64));
            const struct ds_rgb c = ds_cmap_at(&m, v);

            assert_true(fabs(a.r + u * (b.r - a.r) - c.r) * 255 < 3);
            assert_true(fabs(a.g + u * (b.g - a.g) - c.g) * 255 < 3);
            assert_true(fabs(a.b + u * (b.b - a.b) - c.b) * 255 < 3);
        }
    }
}

static void values_outside_are_clamped(void **state)
{
    struct ds_cmap m;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_cmap_find(&m, "viridis", &err), 0);
    assert_int_equal(step(ds_cmap_at(&m, -3).b), 84);
    assert_int_equal(step(ds_cmap_at(&m, INFINITY).b), 37);
    assert_int_equal(step(ds_cmap_at(&m, NAN).b), 84);
}

static void unknown_names_are_refused(void **state)
{
    struct ds_cmap m;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_cmap_find(&m, "viridiss", &err), DS_USAGE);
    assert_string_equal(err.text, "there is no colour map 'viridiss'; did you mean 'viridis'");
    assert_int_equal(ds_cmap_find(&m, "sunset-strip", &err), DS_USAGE);
    assert_non_null(strstr(err.text, "viridis magma inferno"));
    assert_int_equal(ds_cmap_find(&m, "jet", &err), 0);
    assert_non_null(m.note);
}

static void text_in_cells_is_always_legible(void **state)
{
    struct ds_err err;

    (void)state;
    for (int k = 0; ds_cmap_names[k]; k++) {
        struct ds_cmap m;

        assert_int_equal(ds_cmap_find(&m, ds_cmap_names[k], &err), 0);
        for (int i = 0; i < 256; i++) {
            const struct ds_rgb under = ds_cmap_at(&m, i / 255.0);
            const double a = luminance(under), b = luminance(ds_rgb_contrast(under));

            assert_true((fmax(a, b) + 0.05) / (fmin(a, b) + 0.05) >= 4.5);
        }
    }
}

static void styles_differ_in_more_than_colour(void **state)
{
    (void)state;
    for (int i = 0; i < DS_STYLES; i++)
        for (int j = 0; j < i; j++) {
            const struct ds_style a = ds_style_at(i), b = ds_style_at(j);

            assert_true(a.marker != b.marker || a.dash[0] != b.dash[0]);
            assert_memory_not_equal(&a.color, &b.color, sizeof a.color);
        }
    assert_int_equal(ds_style_at(DS_STYLES).marker, ds_style_at(0).marker);
}

static void every_venue_makes_a_theme(void **state)
{
    struct ds_theme t;
    struct ds_err err;

    (void)state;
    for (const struct ds_venue *v = ds_venues; v->key; v++) {
        assert_ptr_equal(ds_venue_lookup(v->key), v);
        assert_true(v->column > 0 && v->full >= v->column);
        assert_int_equal(ds_theme_init(&t, v, "", &err), 0);
        assert_true(t.small >= 6 && t.tick >= 6 && t.text >= t.tick);
        assert_true(t.axis >= 0.5 && t.axis <= 0.8 && t.data == 1.0);
    }
    assert_null(ds_venue_lookup("arxiv"));
    assert_int_equal(ds_theme_init(&t, ds_venues, "No Such Family At All", &err), DS_USAGE);
    assert_non_null(strstr(err.text, "is not installed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_begin_and_end_where_published),
        cmocka_unit_test(sequential_maps_only_get_brighter),
        cmocka_unit_test(sixty_four_pieces_are_enough),
        cmocka_unit_test(values_outside_are_clamped),
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(text_in_cells_is_always_legible),
        cmocka_unit_test(styles_differ_in_more_than_colour),
        cmocka_unit_test(every_venue_makes_a_theme),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
