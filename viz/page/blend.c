/* viz/page/blend.c -- images and maps into pixels of a window. See the header. */
#include "viz/page/blend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTO = 96, SHADES = 4096 };

static int clamp(int i, int n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* Which inputs make an output, and how much of each: along one axis. */
struct taps {
    int most;    /* taps per output */
    int *first;  /* [n] */
    float *weight; /* [n][most] */
};

static void taps_free(struct taps *t)
{
    free(t->first);
    free(t->weight);
}

/* Triangle filter from `from` samples to n places between a and b of the whole. */
static int taps_make(struct taps *t, int n, int from, double a, double b)
{
    const double step = (b - a) * from / n, radius = fmax(1, step);

    t->most = (int)ceil(2 * radius) + 1;
    t->first = malloc((size_t)n * sizeof *t->first);
    t->weight = calloc((size_t)n * (size_t)t->most, sizeof *t->weight);
    if (!t->first || !t->weight)
        return -1;
    for (int i = 0; i < n; i++) {
        const double x = a * from + (i + 0.5) * step - 0.5;
        float *w = t->weight + (size_t)i * (size_t)t->most;
        double sum = 0;

        t->first[i] = (int)ceil(x - radius);
        for (int k = 0; k < t->most; k++)
            sum += fmax(0, 1 - fabs(t->first[i] + k - x) / radius);
        for (int k = 0; k < t->most; k++)
            w[k] = (float)(fmax(0, 1 - fabs(t->first[i] + k - x) / radius) / sum);
    }
    return 0;
}

static uint32_t pack(float r, float g, float b)
{
    return 0xff000000u | (uint32_t)(r + 0.5f) << 16 | (uint32_t)(g + 0.5f) << 8 |
           (uint32_t)(b + 0.5f);
}

static void filter_rows(uint32_t *out, int stride, int w, int h, const uint8_t *pixels,
                        int width, int height, const struct taps *tx, const struct taps *ty,
                        float *row)
{
    for (int j = 0; j < h; j++) {
        const float *wy = ty->weight + (size_t)j * (size_t)ty->most;
        uint32_t *to = out + (size_t)j * (size_t)stride;

        memset(row, 0, (size_t)width * 3 * sizeof *row);
        for (int k = 0; k < ty->most; k++) {
            const uint8_t *from =
                pixels + (size_t)clamp(ty->first[j] + k, height) * (size_t)width * 3;

            if (wy[k] > 0)
                for (int i = 0; i < 3 * width; i++)
                    row[i] += wy[k] * (float)from[i];
        }
        for (int i = 0; i < w; i++) {
            const float *wx = tx->weight + (size_t)i * (size_t)tx->most;
            float r = 0, g = 0, b = 0;

            for (int k = 0; k < tx->most; k++) {
                const float *p = row + 3 * clamp(tx->first[i] + k, width);

                r += wx[k] * p[0];
                g += wx[k] * p[1];
                b += wx[k] * p[2];
            }
            to[i] = pack(r, g, b);
        }
    }
}

static void nearest_rows(uint32_t *out, int stride, int w, int h, const uint8_t *pixels,
                         int width, int height, struct ds_lens lens, int *column)
{
    const double sx = (lens.x1 - lens.x0) * width / w, sy = (lens.y1 - lens.y0) * height / h;
    int last = -1;

    for (int i = 0; i < w; i++)
        column[i] = 3 * clamp((int)floor(lens.x0 * width + (i + 0.5) * sx), width);
    for (int j = 0; j < h; j++) {
        const int y = clamp((int)floor(lens.y0 * height + (j + 0.5) * sy), height);
        const uint8_t *from = pixels + (size_t)y * (size_t)width * 3;
        uint32_t *to = out + (size_t)j * (size_t)stride;

        if (y == last) {
            memcpy(to, to - stride, (size_t)w * sizeof *to);
            continue;
        }
        last = y;
        for (int i = 0; i < w; i++) {
            const uint8_t *p = from + column[i];

            to[i] = 0xff000000u | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        }
    }
}

int ds_blend_image(uint32_t *out, int stride, int w, int h, const uint8_t *pixels, int width,
                   int height, struct ds_lens lens, struct ds_err *err)
{
    const bool keep = width < PHOTO && height < PHOTO && w >= width && h >= height;
    struct taps tx = {0}, ty = {0};
    float *row = malloc((size_t)width * 3 * sizeof *row);
    int *column = malloc((size_t)w * sizeof *column);
    int code = 0;

    if (!row || !column ||
        (!keep && (taps_make(&tx, w, width, lens.x0, lens.x1) ||
                   taps_make(&ty, h, height, lens.y0, lens.y1))))
        code = ds_fail(err, DS_NOMEM, "no memory for a picture of %d x %d pixels", w, h);
    else if (keep)
        nearest_rows(out, stride, w, h, pixels, width, height, lens, column);
    else
        filter_rows(out, stride, w, h, pixels, width, height, &tx, &ty, row);
    taps_free(&tx);
    taps_free(&ty);
    free(column);
    free(row);
    return code;
}

/* A colour times its opacity, and what it leaves of the ground, in 1/65536 and 1/256. */
struct shade {
    uint16_t r, g, b, left;
};

static void shades(struct shade *s, const struct ds_paint *p)
{
    for (int i = 0; i < SHADES; i++) {
        const double v = (i + 0.5) / SHADES;
        const struct ds_rgb c = ds_cmap_at(p->cmap, v);
        const double grow = p->cmap->diverging ? fabs(2 * v - 1) : v;
        /* A root keeps the middle of a range visible; a difference fades to nothing at 0. */
        const double share = p->cmap->diverging ? grow : sqrt(grow);
        const double alpha = p->strength >= 1 && !p->cmap->diverging ? 1 : p->strength * share;

        s[i] = (struct shade){(uint16_t)lrint(255 * 256 * alpha * c.r),
                              (uint16_t)lrint(255 * 256 * alpha * c.g),
                              (uint16_t)lrint(255 * 256 * alpha * c.b),
                              (uint16_t)lrint(256 * (1 - alpha))};
    }
}

static uint32_t laid(uint32_t ground, struct shade s)
{
    const uint32_t r = (s.r + (ground >> 16 & 255) * s.left + 128) >> 8;
    const uint32_t g = (s.g + (ground >> 8 & 255) * s.left + 128) >> 8;
    const uint32_t b = (s.b + (ground & 255) * s.left + 128) >> 8;

    return 0xff000000u | (r > 255 ? 255 : r) << 16 | (g > 255 ? 255 : g) << 8 |
           (b > 255 ? 255 : b);
}

/* Catmull-Rom along one axis: the cell left of a place, and four weights around it. */
struct cubic {
    int first;
    float w[4];
};

static void cubics(struct cubic *to, int n, int cells, double a, double b)
{
    for (int i = 0; i < n; i++) {
        const double x = (a + (i + 0.5) * (b - a) / n) * cells - 0.5, f = floor(x), u = x - f;

        to[i].first = (int)f - 1;
        to[i].w[0] = (float)(-0.5 * u + u * u - 0.5 * u * u * u);
        to[i].w[1] = (float)(1 - 2.5 * u * u + 1.5 * u * u * u);
        to[i].w[2] = (float)(0.5 * u + 2 * u * u - 1.5 * u * u * u);
        to[i].w[3] = (float)(-0.5 * u * u + 0.5 * u * u * u);
    }
}

struct room {
    struct cubic *x, *y;
    float *row; /* one row of cells, two more at each end */
    float *map; /* finite */
    struct shade *shade;
};

static int room_make(struct room *r, int w, int h, int gh, int gw)
{
    r->x = malloc((size_t)w * sizeof *r->x);
    r->y = malloc((size_t)h * sizeof *r->y);
    r->row = malloc((size_t)(gw + 8) * sizeof *r->row);
    r->map = malloc((size_t)gh * (size_t)gw * sizeof *r->map);
    r->shade = malloc(SHADES * sizeof *r->shade);
    return r->x && r->y && r->row && r->map && r->shade ? 0 : -1;
}

static void room_free(struct room *r)
{
    free(r->x);
    free(r->y);
    free(r->row);
    free(r->map);
    free(r->shade);
}

/* The row of cells at height j, its ends repeated. */
static void cell_row(float *row, const float *map, int gh, int gw, const struct cubic *y)
{
    for (int i = 0; i < gw; i++) {
        float sum = 0;

        for (int k = 0; k < 4; k++)
            sum += y->w[k] * map[(size_t)clamp(y->first + k, gh) * (size_t)gw + (size_t)i];
        row[4 + i] = sum;
    }
    for (int i = 0; i < 4; i++) {
        row[i] = row[4];
        row[4 + gw + i] = row[3 + gw];
    }
}

static void smooth_rows(uint32_t *out, int stride, int w, int h, int gh, int gw,
                        const struct room *r, const struct ds_paint *p)
{
    const double span = p->hi > p->lo ? p->hi - p->lo : 0;
    const float scale = span > 0 ? (float)(SHADES / span) : 0, base = (float)p->lo;
    float least = INFINITY, most = -INFINITY;

    for (int i = 0; i < gh * gw; i++) {
        least = fminf(least, r->map[i]);
        most = fmaxf(most, r->map[i]);
    }
    for (int j = 0; j < h; j++) {
        uint32_t *to = out + (size_t)j * (size_t)stride;

        cell_row(r->row, r->map, gh, gw, &r->y[j]);
        for (int i = 0; i < w; i++) {
            const struct cubic *x = &r->x[i];
            const float *c = r->row + 4 + x->first;
            float v = x->w[0] * c[0] + x->w[1] * c[1] + x->w[2] * c[2] + x->w[3] * c[3];

            v = v < least ? least : v > most ? most : v;
            v = (v - base) * scale;
            to[i] = laid(to[i], r->shade[v > 0 ? v < SHADES ? (int)v : SHADES - 1 : 0]);
        }
    }
}

static void cell_rows(uint32_t *out, int stride, int w, int h, const float *map, int gh, int gw,
                      struct ds_lens lens, const struct room *r, const struct ds_paint *p,
                      bool only_bad)
{
    const double scale = p->hi > p->lo ? SHADES / (p->hi - p->lo) : 0;

    for (int j = 0; j < h; j++) {
        const int y = clamp((int)floor((lens.y0 + (j + 0.5) * (lens.y1 - lens.y0) / h) * gh), gh);
        uint32_t *to = out + (size_t)j * (size_t)stride;

        for (int i = 0; i < w; i++) {
            const int x =
                clamp((int)floor((lens.x0 + (i + 0.5) * (lens.x1 - lens.x0) / w) * gw), gw);
            const double value = (double)map[y * gw + x], v = (value - p->lo) * scale;

            if (!isfinite(value))
                to[i] = (i + j) / 3 % 3 ? 0xff3a3a3au : 0xffd0d0d0u;
            else if (!only_bad)
                to[i] = laid(to[i], r->shade[v > 0 ? v < SHADES ? (int)v : SHADES - 1 : 0]);
        }
    }
}

int ds_blend_map(uint32_t *out, int stride, int w, int h, const float *map, int grid_h,
                 int grid_w, struct ds_lens lens, const struct ds_paint *paint,
                 struct ds_err *err)
{
    struct room r = {0};
    int code = 0, bad = 0;

    if (room_make(&r, w, h, grid_h, grid_w)) {
        code = ds_fail(err, DS_NOMEM, "no memory for a picture of %d x %d pixels", w, h);
        goto done;
    }
    shades(r.shade, paint);
    for (int i = 0; i < grid_h * grid_w; i++) {
        bad += !isfinite(map[i]);
        r.map[i] = isfinite(map[i]) ? map[i] : (float)paint->lo;
    }
    if (paint->smooth) {
        cubics(r.x, w, grid_w, lens.x0, lens.x1);
        cubics(r.y, h, grid_h, lens.y0, lens.y1);
        smooth_rows(out, stride, w, h, grid_h, grid_w, &r, paint);
    }
    if (!paint->smooth || bad)
        cell_rows(out, stride, w, h, map, grid_h, grid_w, lens, &r, paint, paint->smooth);

done:
    room_free(&r);
    return code;
}
