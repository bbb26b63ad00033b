/* data/image/resize_float.c -- maps of floats in another size, as PyTorch makes them. See
 * resize.h. */
#include "data/image/resize.h"

#include <math.h>
#include <stdlib.h>

/* Weights of one direction: output i is the sum of count[i] inputs at index[i][...]. */
struct sampling {
    int most;
    int *count;     /* [out] */
    int *index;     /* [out][most] */
    double *weight; /* [out][most] */
};

/* Keys' cubic kernel with constant a, and the triangle. */
static double kernel(const struct ds_resize_how *how, double x)
{
    const double a = how->a;

    x = fabs(x);
    if (how->filter == DS_BILINEAR)
        return x < 1 ? 1 - x : 0;
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/* The filter widened when shrinking, cut off at the borders, normalised. */
static void widened(struct sampling *s, int i, int in, double scale, double support,
                    const struct ds_resize_how *how)
{
    const double stretch = scale > 1 ? scale : 1, centre = scale * (i + 0.5);
    const double low = fmin(in - 1, fmax(0, trunc(centre - support + 0.5)));
    const double high = fmax(low + 1, fmin(in, trunc(centre + support + 0.5)));
    double *weight = s->weight + (size_t)i * (size_t)s->most, sum = 0;

    s->count[i] = (int)(high - low);
    for (int k = 0; k < s->count[i]; k++) {
        s->index[(size_t)i * (size_t)s->most + (size_t)k] = (int)low + k;
        weight[k] = kernel(how, (low + k + 0.5 - centre) / stretch);
        sum += weight[k];
    }
    for (int k = 0; k < s->count[i] && sum != 0; k++)
        weight[k] /= sum;
}

/* The filter as it is around the sampled point; border pixels are repeated outside. */
static void plain(struct sampling *s, int i, int in, double scale,
                  const struct ds_resize_how *how)
{
    const int side = how->filter == DS_BILINEAR ? 1 : 2;
    const double at = scale * (i + 0.5) - 0.5, below = floor(at);

    s->count[i] = 2 * side;
    for (int k = 0; k < s->count[i]; k++) {
        const double tap = below + k - side + 1;
        const size_t to = (size_t)i * (size_t)s->most + (size_t)k;

        s->index[to] = tap < 0 ? 0 : tap > in - 1 ? in - 1 : (int)tap;
        s->weight[to] = kernel(how, tap - at);
    }
}

static void sampling_clear(struct sampling *s)
{
    free(s->count);
    free(s->index);
    free(s->weight);
}

/* Scales beyond the input's size reach past its end: no output looks at more than all of it. */
static int sampling_plan(struct sampling *s, int in, int out, double scale,
                         const struct ds_resize_how *how, struct ds_err *err)
{
    const double side = how->filter == DS_BILINEAR ? 1 : 2;
    const double support = side * (scale > 1 ? scale : 1);
    const double most = how->antialias ? fmin(in, 2 * support + 2) : 2 * side;
    size_t room; /* at most 2^62 */

    if (!how->antialias && how->filter == DS_BILINEAR && in == out)
        scale = 1; /* as PyTorch has it, whatever scale was given */
    s->most = (int)most;
    room = (size_t)out * (size_t)s->most;
    if (!(s->count = calloc((size_t)out, sizeof *s->count)) ||
        !(s->index = calloc(room, sizeof *s->index)) ||
        !(s->weight = calloc(room, sizeof *s->weight)))
        return ds_fail(err, DS_NOMEM, "out of memory for resizing %d values to %d", in, out);
    for (int i = 0; i < out; i++)
        if (how->antialias)
            widened(s, i, in, scale, support, how);
        else
            plain(s, i, in, scale, how);
    return 0;
}

/* One output pixel: all channels of all the inputs it looks at. */
static void blend(double *sum, const float *in, int iw, int channels, const struct sampling *v,
                  int y, const struct sampling *h, int x)
{
    for (int c = 0; c < channels; c++)
        sum[c] = 0;
    for (int k = 0; k < v->count[y]; k++)
        for (int l = 0; l < h->count[x]; l++) {
            const size_t a = (size_t)y * (size_t)v->most + (size_t)k;
            const size_t b = (size_t)x * (size_t)h->most + (size_t)l;
            const double w = v->weight[a] * h->weight[b];
            const float *from = in + ((size_t)v->index[a] * (size_t)iw + (size_t)h->index[b]) *
                                         (size_t)channels;

            for (int c = 0; c < channels; c++)
                sum[c] += w * (double)from[c];
        }
}

static int refuse(int oh, int ow, int ih, int iw, int channels, double scale_y, double scale_x,
                  struct ds_err *err)
{
    if (oh < 1 || ow < 1 || ih < 1 || iw < 1 || channels < 1)
        return ds_fail(err, DS_USAGE,
                       "resizing %d x %d x %d values to %d x %d; expected at least one of each",
                       ih, iw, channels, oh, ow);
    if (!(scale_y > 0) || !(scale_x > 0) || !isfinite(scale_y) || !isfinite(scale_x))
        return ds_fail(err, DS_USAGE,
                       "resizing in steps of %g and %g, expected numbers above 0", scale_y,
                       scale_x);
    return 0;
}

int ds_resize_floats(float *out, int oh, int ow, const float *in, int ih, int iw, int channels,
                     const struct ds_resize_how *how, struct ds_err *err)
{
    const double scale_y = how->scale_y != 0 ? how->scale_y : (double)ih / oh;
    const double scale_x = how->scale_x != 0 ? how->scale_x : (double)iw / ow;
    struct sampling v = {0}, h = {0};
    double *sum = NULL;
    int code = refuse(oh, ow, ih, iw, channels, scale_y, scale_x, err);

    if (code)
        return code;
    code = sampling_plan(&v, ih, oh, scale_y, how, err) ||
           sampling_plan(&h, iw, ow, scale_x, how, err);
    if (!code && !(sum = malloc((size_t)channels * sizeof *sum)))
        code = ds_fail(err, DS_NOMEM, "out of memory for %d channels", channels);
    for (int y = 0; y < oh && !code; y++)
        for (int x = 0; x < ow; x++) {
            blend(sum, in, iw, channels, &v, y, &h, x);
            for (int c = 0; c < channels; c++)
                *out++ = (float)sum[c];
        }
    free(sum);
    sampling_clear(&v);
    sampling_clear(&h);
    return code ? (int)err->code : 0;
}
