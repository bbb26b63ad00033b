/* data/image/transform.h -- planar pictures, turned, moved and scaled. Public header.
 *
 * Pure functions on [C][H][W] bytes: no state, no allocation, no failure. `out` and `in`
 * may not overlap. */
#ifndef DS_DATA_IMAGE_TRANSFORM_H
#define DS_DATA_IMAGE_TRANSFORM_H

#include <stdint.h>

enum { DS_CHANNELS_MAX = 4 };

/* out[c][y][x] = in[c][y + dy][x + dx], and 0 outside: a crop of the picture padded with
 * zeros, where dy = dx = 0 is the picture itself. |dy|, |dx| may exceed H, W. */
void ds_image_shift(uint8_t *out, const uint8_t *in, int channels, int height, int width,
                    int dy, int dx);

/* out[c][y][x] = in[c][y][W - 1 - x] */
void ds_image_flip(uint8_t *out, const uint8_t *in, int channels, int height, int width);

/* Turns a square picture by `quarters` (any integer) times 90 degrees counter-clockwise, as
 * numpy.rot90 does. */
void ds_image_turn(uint8_t *out, const uint8_t *in, int channels, int side, int quarters);

/* Pillow's convert("L"): ITU-R 601 in 16 binary places, rounded. */
static inline uint8_t ds_grey_of(uint8_t red, uint8_t green, uint8_t blue)
{
    return (uint8_t)((19595u * red + 38470u * green + 7471u * blue + 0x8000u) >> 16);
}

/* out [H][W] from in [3][H][W] */
void ds_image_grey(uint8_t *out, const uint8_t *in, int height, int width);

/* (byte / 255 - mean) / std, by table: one rounding, the same bytes everywhere. */
struct ds_pixel_scale {
    float value[DS_CHANNELS_MAX][256];
};

void ds_scale_init(struct ds_pixel_scale *s, int channels, const double *mean,
                   const double *std);

/* out, in [C][area] */
void ds_scale_apply(const struct ds_pixel_scale *s, float *out, const uint8_t *in, int channels,
                    int area);

#endif
