/* data/image/op_colour.c -- more or less light, colour, contrast and sharpness. See augment.h.
 *
 *     out = dull + (1 + magnitude) (in - dull)
 *
 * in single precision, cut to a byte (Pillow's ImageEnhance over Image.blend). `dull` is
 * black; the picture in grey; its mean grey; or the picture smoothed. */
#include "data/image/op_int.h"

#include <string.h>
#include "data/image/transform.h"

static float factor_of(const struct ds_op_job *j)
{
    return (float)(1.0 + j->magnitude);
}

static uint8_t blend(int dull, int in, float factor)
{
    const float v = (float)dull + factor * (float)(in - dull);

    return (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : v);
}

/* Towards one value, or away from it. */
static void blend_with(const struct ds_op_job *j, int dull)
{
    const size_t n = (size_t)j->channels * ds_op_area(j);
    const float factor = factor_of(j);
    uint8_t table[256];

    for (int v = 0; v < 256; v++)
        table[v] = blend(dull, v, factor);
    for (size_t i = 0; i < n; i++)
        j->out[i] = table[j->in[i]];
}

void ds_op_brightness(const struct ds_op_job *j)
{
    blend_with(j, 0);
}

static uint8_t grey_at(const struct ds_op_job *j, size_t i)
{
    const size_t area = ds_op_area(j);

    return j->channels == 1 ? j->in[i]
                            : ds_grey_of(j->in[i], j->in[area + i], j->in[2 * area + i]);
}

void ds_op_contrast(const struct ds_op_job *j)
{
    const size_t area = ds_op_area(j);
    uint64_t sum = 0;

    for (size_t i = 0; i < area; i++)
        sum += grey_at(j, i);
    blend_with(j, (int)((double)sum / (double)area + 0.5));
}

void ds_op_color(const struct ds_op_job *j)
{
    const size_t area = ds_op_area(j);
    const float factor = factor_of(j);

    for (size_t i = 0; i < area; i++) {
        const uint8_t grey = grey_at(j, i);

        for (size_t c = 0; c < (size_t)j->channels; c++)
            j->out[c * area + i] = blend(grey, j->in[c * area + i], factor);
    }
}

/* The mean of 3 x 3 pixels, the middle one counted five times; `row` bytes between rows. */
static int smooth(const uint8_t *at, int row)
{
    const float side = 1.0f / 13.0f, middle = 5.0f / 13.0f;
    float sum = 0.5f;

    sum += (float)at[row - 1] * side + (float)at[row] * side + (float)at[row + 1] * side;
    sum += (float)at[-1] * side + (float)at[0] * middle + (float)at[1] * side;
    sum += (float)at[-row - 1] * side + (float)at[-row] * side + (float)at[-row + 1] * side;
    return sum >= 255 ? 255 : (int)sum;
}

/* Pixels at the edge have no neighbours on one side and stay as they are. */
void ds_op_sharpness(const struct ds_op_job *j)
{
    const float factor = factor_of(j);

    memcpy(j->out, j->in, (size_t)j->channels * ds_op_area(j));
    for (int c = 0; c < j->channels; c++)
        for (int y = 1; y < j->height - 1; y++)
            for (int x = 1; x < j->width - 1; x++) {
                const size_t i = (size_t)(c * j->height + y) * (size_t)j->width + (size_t)x;

                j->out[i] = blend(smooth(j->in + i, j->width), j->in[i], factor);
            }
}
