/* tests/viz/synth.c -- a run that never ran. See the header. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include "core/base/rng.h"
#include "synth.h"

static const char *const names[] = {"circle", "square", "triangle", "ring",  "cross",
                                    "stripes", "diamond", "bar",    "corner", "dots"};
enum { SHAPES = 10 };

/* Is (x, y), measured from the shape's centre in units of its size, inside shape k? */
static bool inside(int k, double x, double y)
{
    const double r = hypot(x, y), m = fmax(fabs(x), fabs(y));

    switch (k % SHAPES) {
    case 0: return r < 1;
    case 1: return m < 0.85;
    case 2: return y > -0.9 && y < 0.9 && fabs(x) < (y + 0.9) / 1.8;
    case 3: return r < 1 && r > 0.55;
    case 4: return m < 1 && fmin(fabs(x), fabs(y)) < 0.3;
    case 5: return m < 0.9 && fmod(y + 2, 0.5) < 0.25;
    case 6: return fabs(x) + fabs(y) < 1;
    case 7: return fabs(x) < 0.35 && fabs(y) < 1;
    case 8: return m < 0.9 && !(x > -0.2 && y < 0.2);
    default: return hypot(fmod(x + 3, 0.75) - 0.37, fmod(y + 3, 0.75) - 0.37) < 0.26 && m < 1;
    }
}

struct spot {
    double x, y, size; /* of the shape, in 0..1 */
};

static struct spot spot_of(uint64_t stream, int image)
{
    const uint64_t at = (uint64_t)image * 4;

    return (struct spot){0.5 + 0.24 * (ds_rng_unit(stream, at) - 0.5),
                         0.5 + 0.24 * (ds_rng_unit(stream, at + 1) - 0.5),
                         0.26 + 0.1 * ds_rng_unit(stream, at + 2)};
}

static void paint(struct ds_record *r, int image, struct spot s, bool colour)
{
    uint8_t *p = r->pixels + (size_t)image * (size_t)r->height * (size_t)r->width * 3;
    const int k = r->label[image];

    for (int j = 0; j < r->height; j++)
        for (int i = 0; i < r->width; i++, p += 3) {
            const double x = (i + 0.5) / r->width, y = (j + 0.5) / r->height;
            const bool in = inside(k, (x - s.x) / s.size, (y - s.y) / s.size);
            const double shade = 0.75 + 0.25 * cos(9 * x + 5 * y + k);
            const double wave = sin(7 * x * (k % 3 + 1)) * cos(6 * y);
            const double back = colour ? 0.35 + 0.25 * wave : 0.02;

            for (int c = 0; c < 3; c++) {
                const double tint = colour ? 0.6 + 0.4 * cos(2.1 * c + k) : 1;
                const double v = in ? shade * tint : back * (colour ? 1 - 0.2 * c : 1);

                p[c] = (uint8_t)lrint(255 * fmin(1, fmax(0, v)));
            }
        }
}

/* One map: a blob over a floor, wider in shallow layers, away from the shape by `moved`. */
static void fill_map(float *map, const struct ds_record *r, struct spot s, int layer,
                     double moved, double angle, uint64_t stream)
{
    const double x0 = s.x + moved * cos(angle), y0 = s.y + moved * sin(angle);
    const double width = 0.17 + 0.22 * (r->layers - 1 - layer) / r->layers;
    double sum = 0;

    for (int p = 0; p < r->patches; p++) {
        const double x = (p % r->grid_w + 0.5) / r->grid_w;
        const double y = (p / r->grid_w + 0.5) / r->grid_h;
        const double d = hypot(x - x0, y - y0) / width;
        const double v = 0.12 + exp(-d * d / 2) + 0.03 * ds_rng_unit(stream, (uint64_t)p);

        map[p] = (float)v;
        sum += v;
    }
    for (int p = 0; p < r->patches; p++)
        map[p] = (float)((double)map[p] / sum * (0.45 + 0.4 * (layer + 1) / r->layers));
}

static double split_of(const float *map, int n)
{
    float lo = map[0], hi = map[0];

    for (int i = 1; i < n; i++) {
        lo = map[i] < lo ? map[i] : lo;
        hi = map[i] > hi ? map[i] : hi;
    }
    return (double)lo + 0.35 * (double)(hi - lo);
}

static void fill_maps(struct ds_record *r, const struct synth *w, int image, struct spot s)
{
    const uint64_t noise = ds_rng_stream(w->seed, "noise");
    const double angle = 6.28 * ds_rng_unit(ds_rng_stream(w->seed, "angle"), (uint64_t)image);

    for (int m = 0; m < r->done; m++)
        for (int l = 0; l < r->layers; l++) {
            const size_t at = ((size_t)m * (size_t)r->images + (size_t)image) *
                                  (size_t)r->layers + (size_t)l;
            const int later = m - 1 - r->task[image];
            const double way = later > 0 ? w->drift * sqrt(later) * (l + 1) / r->layers : 0;
            const double moved = m == 0 ? 0.5 : way;

            fill_map(r->rollout + at * (size_t)r->patches, r, s, l, moved, angle,
                     ds_rng_sub(noise, at));
            r->split[at] = (float)split_of(r->rollout + at * (size_t)r->patches, r->patches);
        }
}

static void fill_accuracy(struct ds_record *r, const struct synth *w)
{
    const uint64_t luck = ds_rng_stream(w->seed, "luck");

    for (int j = 0; j < r->tasks; j++)
        r->total[j] = 1000;
    for (int i = 0; i < r->done - 1; i++)
        for (int j = 0; j <= i; j++) {
            const int at = i * r->tasks + j;
            const double u = ds_rng_unit(luck, (uint64_t)at) - 0.5;
            const double kept = exp(-3.2 * w->drift * (i - j)) * (0.94 + 0.05 * u);

            r->correct_task[at] = (int)(1000 * (0.5 + 0.48 * kept));
            r->correct_class[at] = (int)(1000 * kept * (1 - 0.03 * i));
            r->correct_task_raw[at] = r->correct_task[at] * 97 / 100;
            r->correct_class_raw[at] = r->correct_class[at] * 70 / 100;
        }
}

/* Answers grow wrong with what wandered off: where luck is below the part that is kept. */
static void fill_answers(struct ds_record *r, const struct synth *w)
{
    const uint64_t luck = ds_rng_stream(w->seed, "answers");

    for (int m = 1; m < r->done; m++)
        for (int i = 0; i < r->images; i++) {
            const size_t at = (size_t)m * (size_t)r->images + (size_t)i;
            const int later = m - 1 - r->task[i];
            const double kept = exp(-3.2 * w->drift * (later > 0 ? later : 0));
            const bool right = ds_rng_unit(luck, at) < kept;

            if (later < 0)
                continue;
            r->predicted[at] = right ? r->label[i] : (r->label[i] + 1) % r->classes;
            r->margin[at] = (float)(4 * kept - 1 + ds_rng_unit(luck, at) - (right ? 0 : 3));
        }
}

static int fill_audit(struct ds_record *r, struct ds_err *err)
{
    const size_t n = (size_t)r->tasks * (size_t)r->layers * 3 * DS_AUDIT_COUNT;

    if (!r->audit && !(r->audit = calloc(n, sizeof *r->audit)))
        return ds_fail(err, DS_NOMEM, "no memory for an audit");
    for (size_t i = 0; i < n; i++) {
        const size_t part = i / DS_AUDIT_COUNT % 3, layer = i / DS_AUDIT_COUNT / 3;
        const size_t task = layer / (size_t)r->layers;

        r->audit[i] = task == 0 ? 0 : (float)(0.9 - 0.1 * (double)part -
                                              0.05 * (double)(layer % (size_t)r->layers));
    }
    return 0;
}

static int fill_mask(struct ds_record *r, struct ds_err *err)
{
    const size_t n = (size_t)r->tasks * (size_t)r->layers * (size_t)r->patches;

    if (!r->mask && !(r->mask = calloc(n, sizeof *r->mask)))
        return ds_fail(err, DS_NOMEM, "no memory for a mask");
    for (size_t i = 0; i < n; i++) {
        const int p = (int)(i % (size_t)r->patches);
        const double x = (p % r->grid_w + 0.5) / r->grid_w - 0.5;
        const double y = (p / r->grid_w + 0.5) / r->grid_h - 0.5;

        r->mask[i] = (float)(1 - 0.85 * exp(-(x * x + y * y) / 0.06));
    }
    return 0;
}

static int fill_names(struct ds_record *r, const struct synth *w, struct ds_err *err)
{
    for (int k = 0; k < r->classes; k++) {
        char text[32];

        snprintf(text, sizeof text, k < SHAPES ? "%s" : "%s %d", names[k % SHAPES],
                 k / SHAPES + 1);
        free(r->class_name[k]);
        r->class_name[k] = malloc(sizeof text);
        if (!r->class_name[k])
            return ds_fail(err, DS_NOMEM, "no memory for a name");
        memcpy(r->class_name[k], text, sizeof text);
        r->class_task[k] = k / w->per_task;
        r->class_label[k] = k;
    }
    return 0;
}

static void describe(struct ds_record *r, const struct synth *w)
{
    snprintf(r->method, sizeof r->method, "%s", w->method);
    snprintf(r->uuid, sizeof r->uuid, "00000000-0000-4000-8000-%012llx",
             (unsigned long long)w->seed);
    snprintf(r->version, sizeof r->version, "0.1.0");
    snprintf(r->command, sizeof r->command, "driftscope train --method %s", w->method);
    snprintf(r->created, sizeof r->created, "2026-01-02T03:04:05Z");
    r->seed = (int64_t)w->seed;
}

int synth_fill(struct ds_record *r, const struct synth *w, struct ds_err *err)
{
    const uint64_t place = ds_rng_stream(7, "place"); /* the same images in every run */
    int code;

    memset(r, 0, sizeof *r);
    r->tasks = w->tasks;
    r->classes = w->tasks * w->per_task;
    r->layers = w->layers;
    r->heads = 4;
    r->prefix = 1;
    r->grid_h = w->grid_h;
    r->grid_w = w->grid_w;
    r->patches = w->grid_h * w->grid_w;
    r->tokens = r->patches + 1;
    r->patch = w->patch;
    r->images = r->classes * w->per_class;
    r->channels = w->colour ? 3 : 1;
    r->height = w->grid_h * w->patch;
    r->width = w->grid_w * w->patch;
    r->done = w->learned + 1;
    if ((code = ds_record_alloc(r, err)) || (code = fill_names(r, w, err)))
        return code;
    describe(r, w);
    if (w->config && !(r->config = strcpy(malloc(strlen(w->config) + 1), w->config)))
        return ds_fail(err, DS_NOMEM, "no memory for a configuration");
    for (int i = 0; i < r->images; i++) {
        r->label[i] = i / w->per_class;
        r->task[i] = r->class_task[r->label[i]];
        r->id[i] = 100 + 3 * i;
        paint(r, i, spot_of(place, i), w->colour);
        fill_maps(r, w, i, spot_of(place, i));
    }
    fill_accuracy(r, w);
    fill_answers(r, w);
    if (!w->mask) {
        free(r->mask);
        free(r->audit);
        r->mask = r->audit = NULL;
        return 0;
    }
    return fill_mask(r, err) || fill_audit(r, err) ? (int)err->code : 0;
}
