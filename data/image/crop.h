/* data/image/crop.h -- windows on pictures, and where they are put. Public header.
 *
 * Pure functions; rounding is torchvision's, which is Python's: halves go to the even side. */
#ifndef DS_DATA_IMAGE_CROP_H
#define DS_DATA_IMAGE_CROP_H

#include <stddef.h>
#include <stdint.h>

/* Planar bytes that belong to somebody else; a crop is another window on the same bytes. */
struct ds_planes {
    const uint8_t *pixels; /* of the first plane's first row */
    int channels, height, width;
    size_t row, plane; /* bytes from one row, one plane, to the next */
};

/* The planes of a whole picture [C][H][W]. */
struct ds_planes ds_planes_of(const uint8_t *pixels, int channels, int height, int width);

struct ds_window {
    int top, left, height, width;
};

/* The window must be inside. */
struct ds_planes ds_crop(const struct ds_planes *p, const struct ds_window *w);

/* The window of this size in the middle. Where the picture is smaller, the window lies partly
 * outside (top or left < 0): ds_crop_copy fills that with zeros, as torchvision's
 * CenterCrop does. */
struct ds_window ds_crop_centre(int height, int width, int want_height, int want_width);

/* out [C][h][w] for any window; what is outside the picture is 0. */
void ds_crop_copy(uint8_t *out, const struct ds_planes *p, const struct ds_window *w);

/* A window of random area (`least` to 1 of the picture's, uniform) and shape (width / height
 * 3/4 to 4/3, uniform in the logarithm) at a random place: torchvision's RandomResizedCrop.
 * After ten tries that do not fit, the largest middle window of an allowed shape. A pure
 * function of the stream. */
struct ds_window ds_crop_random(int height, int width, double least, uint64_t stream);

/* Short side to `side`, the other one in proportion, rounded down (torchvision's Resize). */
void ds_short_side(int *out_height, int *out_width, int height, int width, int side);

#endif
