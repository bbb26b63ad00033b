/* viz/page/blend.c -- images and maps into pixels of a window. See the header. */
#include "viz/page/blend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTO = 96, SHADES = 2048 };

static int clamp(int i, int n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* Which inputs make an output, and how much of each: along one axis. */
struct taps {
    int most;      /* taps per output */
    int *first;    /* [n] */
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

/* A colour times its opacity as three lanes of 16 bits, and what it leaves of the ground, in
 * 1/256. Lanes never run over: 255 * 256, half a step of rounding each, and 128 make 65535. */
struct shade {
    uint64_t color, left;
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

        s[i].color = (uint64_t)lrint(65280 * alpha * c.r) << 32 |
                     (uint64_t)lrint(65280 * alpha * c.g) << 16 |
                     (uint64_t)lrint(65280 * alpha * c.b);
        s[i].left = (uint64_t)lrint(256 * (1 - alpha));
    }
}

static inline uint32_t laid(uint32_t ground, const struct shade *s)
{
    const uint64_t g = (uint64_t)(ground & 0xff0000) << 16 | (uint64_t)(ground & 0xff00) << 8 |
                       (ground & 0xff);
    const uint64_t sum = (g * s->left + s->color + 0x008000800080u) >> 8;

    return 0xff000000u | (uint32_t)(sum >> 16 & 0xff0000) | (uint32_t)(sum >> 8 & 0xff00) |
           (uint32_t)(sum & 0xff);
}

/* Catmull-Rom along one axis: the first of four cells for every place, and their weights. */
struct cubic {
    int *first;  /* [n] */
    float *w[4]; /* [n] each */
};

static int cubic_make(struct cubic *t, int n, int cells, double a, double b)
{
    t->first = malloc((size_t)n * sizeof *t->first);
    t->w[0] = malloc(4 * (size_t)n * sizeof *t->w[0]);
    if (!t->first || !t->w[0])
        return -1;
    for (int k = 1; k < 4; k++)
        t->w[k] = t->w[0] + (size_t)k * (size_t)n;
    for (int i = 0; i < n; i++) {
        const double x = (a + (i + 0.5) * (b - a) / n) * cells - 0.5, f = floor(x), u = x - f;

        t->first[i] = (int)f - 1;
        t->w[0][i] = (float)(-0.5 * u + u * u - 0.5 * u * u * u);
        t->w[1][i] = (float)(1 - 2.5 * u * u + 1.5 * u * u * u);
        t->w[2][i] = (float)(0.5 * u + 2 * u * u - 1.5 * u * u * u);
        t->w[3][i] = (float)(-0.5 * u * u + 0.5 * u * u * u);
    }
    return 0;
}

struct room {
    struct cubic x, y;
    float *cells; /* one row of cells, four more at each end */
    int *index;   /* one row of shades */
    float *map;   /* finite */
    struct shade *shade;
};

static int room_make(struct room *r, int w, int gh, int gw)
{
    r->cells = malloc((size_t)(gw + 8) * sizeof *r->cells);
    r->index = malloc((size_t)w * sizeof *r->index);
    r->map = malloc((size_t)gh * (size_t)gw * sizeof *r->map);
    r->shade = malloc(SHADES * sizeof *r->shade);
    return r->cells && r->index && r->map && r->shade ? 0 : -1;
}

static void room_free(struct room *r)
{
    free(r->x.first);
    free(r->x.w[0]);
    free(r->y.first);
    free(r->y.w[0]);
    free(r->cells);
    free(r->index);
    free(r->map);
    free(r->shade);
}

/* The row of cells at place j, its ends repeated. */
static void cell_row(float *row, const float *map, int gh, int gw, const struct cubic *y, int j)
{
    for (int i = 0; i < gw; i++) {
        float sum = 0;

        for (int k = 0; k < 4; k++)
            sum +=
                y->w[k][j] * map[(size_t)clamp(y->first[j] + k, gh) * (size_t)gw + (size_t)i];
        row[4 + i] = sum;
    }
    for (int i = 0; i < 4; i++) {
        row[i] = row[4];
        row[4 + gw + i] = row[3 + gw];
    }
}

/* From values to shades; the values stay within least..most, so that no peak is invented. */
struct scale {
    float least, most, base, unit;
};

static struct scale scale_of(const float *map, int n, const struct ds_paint *p)
{
    const double span = p->hi > p->lo ? p->hi - p->lo : 0;
    struct scale s = {INFINITY, -INFINITY, (float)p->lo, span > 0 ? (float)(SHADES / span) : 0};

    for (int i = 0; i < n; i++) {
        s.least = fminf(s.least, map[i]);
        s.most = fmaxf(s.most, map[i]);
    }
    return s;
}

/* Places i .. end share their four cells: nothing but multiplications, four at once. */
static void run_of(int *index, const struct cubic *x, int i, int end, const float *c,
                   const struct scale *s)
{
    const float c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    const float *w0 = x->w[0], *w1 = x->w[1], *w2 = x->w[2], *w3 = x->w[3];

    for (; i < end; i++) {
        float v = w0[i] * c0 + w1[i] * c1 + w2[i] * c2 + w3[i] * c3;

        v = v < s->least ? s->least : v;
        v = v > s->most ? s->most : v;
        v = (v - s->base) * s->unit;
        v = v > 0 ? v : 0;
        v = v < SHADES - 1 ? v : SHADES - 1;
        index[i] = (int)v;
    }
}

static void smooth_rows(uint32_t *out, int stride, int w, int h, int gh, int gw,
                        const struct room *r, const struct ds_paint *p)
{
    const struct scale scale = scale_of(r->map, gh * gw, p);

    for (int j = 0; j < h; j++) {
        uint32_t *to = out + (size_t)j * (size_t)stride;

        cell_row(r->cells, r->map, gh, gw, &r->y, j);
        for (int i = 0, end; i < w; i = end) {
            end = i + 1;
            while (end < w && r->x.first[end] == r->x.first[i])
                end++;
            run_of(r->index, &r->x, i, end, r->cells + 4 + r->x.first[i], &scale);
        }
        for (int i = 0; i < w; i++)
            to[i] = laid(to[i], &r->shade[r->index[i]]);
    }
}

static void cell_rows(uint32_t *out, int stride, int w, int h, const float *map, int gh, int gw,
                      struct ds_lens lens, const struct room *r, const struct ds_paint *p,
                      bool only_bad)
{
    const double scale = p->hi > p->lo ? SHADES / (p->hi - p->lo) : 0;

    for (int j = 0; j < h; j++) {
        const int y =
            clamp((int)floor((lens.y0 + (j + 0.5) * (lens.y1 - lens.y0) / h) * gh), gh);
        uint32_t *to = out + (size_t)j * (size_t)stride;

        for (int i = 0; i < w; i++) {
            const int x =
                clamp((int)floor((lens.x0 + (i + 0.5) * (lens.x1 - lens.x0) / w) * gw), gw);
            const double value = (double)map[y * gw + x], v = (value - p->lo) * scale;

            if (!isfinite(value))
                to[i] = (i + j) / 3 % 3 ? 0xff3a3a3au : 0xffd0d0d0u;
            else if (!only_bad)
                to[i] = laid(to[i], &r->shade[v > 0 ? v < SHADES ? (int)v : SHADES - 1 : 0]);
        }
    }
}

int ds_blend_map(uint32_t *out, int stride, int w, int h, const float *map, int grid_h,
                 int grid_w, struct ds_lens lens, const struct ds_paint *paint,
                 struct ds_err *err)
{
    struct room r = {0};
    int code = 0, bad = 0;

    if (room_make(&r, w, grid_h, grid_w) ||
        (paint->smooth && (cubic_make(&r.x, w, grid_w, lens.x0, lens.x1) ||
                           cubic_make(&r.y, h, grid_h, lens.y0, lens.y1)))) {
        code = ds_fail(err, DS_NOMEM, "no memory for a picture of %d x %d pixels", w, h);
        goto done;
    }
    shades(r.shade, paint);
    for (int i = 0; i < grid_h * grid_w; i++) {
        bad += !isfinite(map[i]);
        r.map[i] = isfinite(map[i]) ? map[i] : (float)paint->lo;
    }
    if (paint->smooth)
        smooth_rows(out, stride, w, h, grid_h, grid_w, &r, paint);
    if (!paint->smooth || bad)
        cell_rows(out, stride, w, h, map, grid_h, grid_w, lens, &r, paint, paint->smooth);

done:
    room_free(&r);
    return code;
}
