/* data/image/resize.c -- pictures in another size, as Pillow makes them. See the header. */
#include "data/image/resize.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include "core/ops/simd.h"

/* A sum of bytes times weights must fit 32 bits: 8 for the byte, 2 for sign and overshoot. */
enum { PLACES = 32 - 8 - 2, HALF = 1 << (PLACES - 1), ROWS = 16 };

/* Weights of one direction: output i is the sum of count[i] inputs from first[i] on. */
struct taps {
    int n, most;        /* outputs, weights of one at most */
    int *first, *count; /* [n] */
    int *weight;        /* [n][most] */
};

static double reach(enum ds_filter filter)
{
    return filter == DS_BILINEAR ? 1.0 : 2.0;
}

static double filtered(enum ds_filter filter, double x)
{
    const double a = -0.5;

    x = fabs(x);
    if (filter == DS_BILINEAR)
        return x < 1.0 ? 1.0 - x : 0.0;
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * a : 0.0;
}

static int most_taps(double in, int out, enum ds_filter filter)
{
    const double scale = in / out > 1.0 ? in / out : 1.0;

    return (int)ceil(reach(filter) * scale) * 2 + 1;
}

static size_t rounded(size_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

static size_t taps_bytes(int in, int out, enum ds_filter filter)
{
    return rounded((size_t)out * (2 + (size_t)most_taps(in, out, filter)) * sizeof(int));
}

size_t ds_resize_scratch(int in_height, int in_width, int out_height, int out_width,
                         enum ds_filter filter)
{
    return taps_bytes(in_width, out_width, filter) + taps_bytes(in_height, out_height, filter) +
           rounded((size_t)in_height * (size_t)out_width) + (size_t)in_width * ROWS;
}

/* One output's weights: in doubles, normalised, rounded away from zero at one half. */
static void weigh(int *weight, int first, int count, double centre, double shrink,
                  enum ds_filter filter)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += filtered(filter, (i + first - centre + 0.5) * shrink);
    assert(sum > 0); /* the pixel that the centre is in weighs something */
    for (int i = 0; i < count; i++) {
        const double w = filtered(filter, (i + first - centre + 0.5) * shrink) / sum;

        weight[i] = (int)((w < 0 ? -0.5 : 0.5) + w * (1 << PLACES));
    }
}

/* Fills the taps from memory at *at, which moves behind them. */
static struct taps plan(unsigned char **at, int in, float from, float to, int out,
                        enum ds_filter filter)
{
    const double scale = (double)(to - from) / out, stretch = scale < 1.0 ? 1.0 : scale;
    const double support = reach(filter) * stretch;
    struct taps t = {.n = out, .most = (int)ceil(support) * 2 + 1};

    t.first = (int *)(void *)*at;
    t.count = t.first + out;
    t.weight = t.count + out;
    *at += taps_bytes(in, out, filter);
    for (int i = 0; i < out; i++) {
        const double centre = from + (i + 0.5) * scale;
        const int low = (int)(centre - support + 0.5), high = (int)(centre + support + 0.5);

        t.first[i] = low < 0 ? 0 : low;
        t.count[i] = (high > in ? in : high) - t.first[i];
        weigh(t.weight + (size_t)i * (size_t)t.most, t.first[i], t.count[i], centre,
              1.0 / stretch, filter);
    }
    return t;
}

DS_INLINE uint8_t rounded_byte(int sum)
{
    const int v = sum >> PLACES;

    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* ROWS rows side by side, out of their columns: tile [x][ROWS], so that the loop over rows is
 * the inner one. */
DS_KERNEL static void narrow_tile(uint8_t *out, size_t row, int rows, const uint8_t *tile,
                                  const struct taps *t)
{
    for (int x = 0; x < t->n; x++) {
        const int *w = t->weight + (size_t)x * (size_t)t->most;
        const uint8_t *from = tile + (size_t)t->first[x] * ROWS;
        int sum[ROWS];

        for (int r = 0; r < ROWS; r++)
            sum[r] = HALF;
        for (int k = 0; k < t->count[x]; k++)
            for (int r = 0; r < ROWS; r++)
                sum[r] += from[k * ROWS + r] * w[k];
        for (int r = 0; r < rows; r++)
            out[(size_t)r * row + (size_t)x] = rounded_byte(sum[r]);
    }
}

/* Columns of a plane: rows [0, height) of `in` into out [height][t->n]. */
static void narrow(uint8_t *out, const uint8_t *in, size_t row, int height, int width,
                   const struct taps *t, uint8_t *tile)
{
    for (int y = 0; y < height; y += ROWS) {
        const int rows = height - y < ROWS ? height - y : ROWS;

        for (int r = 0; r < rows; r++) {
            const uint8_t *from = in + (size_t)(y + r) * row;

            for (int x = 0; x < width; x++)
                tile[(size_t)x * ROWS + (size_t)r] = from[x];
        }
        narrow_tile(out + (size_t)y * (size_t)t->n, (size_t)t->n, rows, tile, t);
    }
}

enum { STRIP = 256 };

/* Rows of a plane: out [t->n][width]; row 0 of `in` is the input's row `skipped`. */
DS_KERNEL static void lower(uint8_t *out, const uint8_t *in, size_t row, int width, int skipped,
                            const struct taps *t)
{
    for (int y = 0; y < t->n; y++, out += width) {
        const int *w = t->weight + (size_t)y * (size_t)t->most;
        const uint8_t *from = in + (size_t)(t->first[y] - skipped) * row;

        for (int x = 0; x < width; x += STRIP) {
            const int n = width - x < STRIP ? width - x : STRIP;
            int sum[STRIP];

            for (int i = 0; i < n; i++)
                sum[i] = HALF;
            for (int k = 0; k < t->count[y]; k++) {
                const uint8_t *line = from + (size_t)k * row + x;

                for (int i = 0; i < n; i++)
                    sum[i] += line[i] * w[k];
            }
            for (int i = 0; i < n; i++)
                out[x + i] = rounded_byte(sum[i]);
        }
    }
}

static void copy(uint8_t *out, const uint8_t *in, size_t row, int height, int width)
{
    for (int y = 0; y < height; y++)
        memcpy(out + (size_t)y * (size_t)width, in + (size_t)y * row, (size_t)width);
}

void ds_resize(uint8_t *out, int out_height, int out_width, const struct ds_planes *in,
               const float box[4], enum ds_filter filter, void *scratch)
{
    const float whole[4] = {0, 0, (float)in->width, (float)in->height};
    const float *b = box ? box : whole;
    const int across = out_width != in->width || b[0] != 0 || b[2] != (float)out_width;
    const int down = out_height != in->height || b[1] != 0 || b[3] != (float)out_height;
    unsigned char *at = scratch;
    const struct taps wide = plan(&at, in->width, b[0], b[2], out_width, filter);
    const struct taps high = plan(&at, in->height, b[1], b[3], out_height, filter);
    const int first = high.first[0];
    const int rows = high.first[out_height - 1] + high.count[out_height - 1] - first;
    uint8_t *const between = at;
    uint8_t *const tile = at + rounded((size_t)in->height * (size_t)out_width);

    for (int c = 0; c < in->channels; c++, out += (size_t)out_height * (size_t)out_width) {
        const uint8_t *plane = in->pixels + (size_t)c * in->plane;

        if (across && down) { /* only the rows that are looked at later */
            narrow(between, plane + (size_t)first * in->row, in->row, rows, in->width, &wide,
                   tile);
            lower(out, between, (size_t)out_width, out_width, first, &high);
        } else if (across) {
            narrow(out, plane, in->row, out_height, in->width, &wide, tile);
        } else if (down) {
            lower(out, plane, in->row, out_width, 0, &high);
        } else {
            copy(out, plane, in->row, out_height, out_width);
        }
    }
}
