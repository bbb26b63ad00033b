/* data/image/transform.c -- planar pictures, turned, moved and scaled. See the header. */
#include "data/image/transform.h"

#include <assert.h>
#include <string.h>

static void shift_plane(uint8_t *out, const uint8_t *in, int height, int width, int dy, int dx)
{
    const int left = dx < 0 ? -dx : 0, from = dx > 0 ? dx : 0;
    const int kept = width - left - from; /* columns that both have */

    memset(out, 0, (size_t)height * (size_t)width);
    if (kept <= 0)
        return;
    for (int y = 0; y < height; y++)
        if (y + dy >= 0 && y + dy < height)
            memcpy(out + (size_t)y * (size_t)width + left,
                   in + (size_t)(y + dy) * (size_t)width + from, (size_t)kept);
}

void ds_image_shift(uint8_t *out, const uint8_t *in, int channels, int height, int width,
                    int dy, int dx)
{
    const size_t area = (size_t)height * (size_t)width;

    for (int c = 0; c < channels; c++)
        shift_plane(out + (size_t)c * area, in + (size_t)c * area, height, width, dy, dx);
}

void ds_image_flip(uint8_t *out, const uint8_t *in, int channels, int height, int width)
{
    for (int row = 0; row < channels * height; row++) {
        const uint8_t *from = in + (size_t)row * (size_t)width;
        uint8_t *to = out + (size_t)row * (size_t)width;

        for (int x = 0; x < width; x++)
            to[x] = from[width - 1 - x];
    }
}

static void turn_plane(uint8_t *out, const uint8_t *in, int side, int quarters)
{
    const int end = side - 1;
    uint8_t *to = out;

    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            const int from_y = quarters == 1 ? x : quarters == 2 ? end - y : end - x;
            const int from_x = quarters == 1 ? end - y : quarters == 2 ? end - x : y;

            *to++ = in[(size_t)from_y * (size_t)side + (size_t)from_x];
        }
}

void ds_image_turn(uint8_t *out, const uint8_t *in, int channels, int side, int quarters)
{
    const size_t area = (size_t)side * (size_t)side;

    quarters &= 3;
    if (quarters == 0) {
        memcpy(out, in, (size_t)channels * area);
        return;
    }
    for (int c = 0; c < channels; c++)
        turn_plane(out + (size_t)c * area, in + (size_t)c * area, side, quarters);
}

void ds_image_grey(uint8_t *out, const uint8_t *in, int height, int width)
{
    const size_t area = (size_t)height * (size_t)width;

    for (size_t i = 0; i < area; i++)
        out[i] = ds_grey_of(in[i], in[area + i], in[2 * area + i]);
}

void ds_scale_init(struct ds_pixel_scale *s, int channels, const double *mean,
                   const double *std)
{
    assert(channels <= DS_CHANNELS_MAX);
    for (int c = 0; c < channels; c++)
        for (int v = 0; v < 256; v++)
            s->value[c][v] = (float)((v / 255.0 - mean[c]) / std[c]);
}

void ds_scale_apply(const struct ds_pixel_scale *s, float *out, const uint8_t *in, int channels,
                    int area)
{
    for (int c = 0; c < channels; c++) {
        const float *value = s->value[c];

        for (int i = 0; i < area; i++)
            *out++ = value[*in++];
    }
}
