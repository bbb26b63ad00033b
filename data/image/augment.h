/* data/image/augment.h -- AutoAugment: 14 ways to change a picture, 25 pairs of them. Public
 * header.
 *
 * Cubuk et al. 2019, arXiv 1805.09501, as torchvision.transforms.AutoAugment applies it to
 * Pillow images with bilinear interpolation and black fill: Pillow's arithmetic, torchvision's
 * tables. A policy is a list of 25 pairs; one is drawn, each of its two operations takes place
 * with its own probability, and signed ones go either way. */
#ifndef DS_DATA_IMAGE_AUGMENT_H
#define DS_DATA_IMAGE_AUGMENT_H

#include <stdint.h>

enum ds_op {
    DS_OP_SHEAR_X,
    DS_OP_SHEAR_Y,
    DS_OP_TRANSLATE_X,
    DS_OP_TRANSLATE_Y,
    DS_OP_ROTATE,
    DS_OP_BRIGHTNESS,
    DS_OP_COLOR,
    DS_OP_CONTRAST,
    DS_OP_SHARPNESS,
    DS_OP_POSTERIZE,
    DS_OP_SOLARIZE,
    DS_OP_AUTO_CONTRAST,
    DS_OP_EQUALIZE,
    DS_OP_INVERT,
    DS_OPS
};

/* The magnitude of bin 0..9 for a picture of that size, without sign: shear as a tangent,
 * translation in pixels, rotation in degrees, colour as the distance of the factor from 1,
 * bits for posterize, the threshold for solarize, 0 for the last three. */
double ds_op_magnitude(enum ds_op op, int bin, int height, int width);

/* out [C][H][W] from in, 1 or 3 channels; the two may not overlap. Rotation is
 * counter-clockwise. Any finite magnitude is fine. */
void ds_op_apply(uint8_t *out, const uint8_t *in, int channels, int height, int width,
                 enum ds_op op, double magnitude);

enum ds_policy { DS_POLICY_CIFAR10, DS_POLICY_IMAGENET, DS_POLICIES };

/* The pair that a policy has at `row`, 0..24: for tables and tests. bin is -1 where the
 * operation has no magnitude. */
struct ds_policy_op {
    enum ds_op op;
    double chance;
    int bin;
};
const struct ds_policy_op *ds_policy_row(enum ds_policy policy, int row);

/* out from in by one pair drawn from the stream; spare [C][H][W]. A pure function of the
 * stream. */
void ds_autoaugment(uint8_t *out, uint8_t *spare, const uint8_t *in, int channels, int height,
                    int width, enum ds_policy policy, uint64_t stream);

#endif
