/* data/image/augment.c -- the tables of AutoAugment, and one draw from them. See the header. */
#include "data/image/augment.h"

#include <assert.h>
#include <string.h>
#include "core/base/rng.h"
#include "data/image/op_int.h"

enum { ROWS = 25, BINS = 10, NONE = -1 };

/* Magnitudes run from the first to the last number over the bins; signed ones either way.
 * Those of translation are shares of the picture's side. */
static const struct op {
    void (*apply)(const struct ds_op_job *);
    double from, to;
    int is_signed;
} ops[DS_OPS] = {
    [DS_OP_SHEAR_X] = {ds_op_shear_x, 0, 0.3, 1},
    [DS_OP_SHEAR_Y] = {ds_op_shear_y, 0, 0.3, 1},
    [DS_OP_TRANSLATE_X] = {ds_op_translate_x, 0, 150.0 / 331.0, 1},
    [DS_OP_TRANSLATE_Y] = {ds_op_translate_y, 0, 150.0 / 331.0, 1},
    [DS_OP_ROTATE] = {ds_op_rotate, 0, 30, 1},
    [DS_OP_BRIGHTNESS] = {ds_op_brightness, 0, 0.9, 1},
    [DS_OP_COLOR] = {ds_op_color, 0, 0.9, 1},
    [DS_OP_CONTRAST] = {ds_op_contrast, 0, 0.9, 1},
    [DS_OP_SHARPNESS] = {ds_op_sharpness, 0, 0.9, 1},
    [DS_OP_POSTERIZE] = {ds_op_posterize, 0, 0, 0},
    [DS_OP_SOLARIZE] = {ds_op_solarize, 255, 0, 0},
    [DS_OP_AUTO_CONTRAST] = {ds_op_auto_contrast, 0, 0, 0},
    [DS_OP_EQUALIZE] = {ds_op_equalize, 0, 0, 0},
    [DS_OP_INVERT] = {ds_op_invert, 0, 0, 0},
};

#define SHEAR_X       DS_OP_SHEAR_X
#define SHEAR_Y       DS_OP_SHEAR_Y
#define TRANSLATE_X   DS_OP_TRANSLATE_X
#define TRANSLATE_Y   DS_OP_TRANSLATE_Y
#define ROTATE        DS_OP_ROTATE
#define BRIGHTNESS    DS_OP_BRIGHTNESS
#define COLOR         DS_OP_COLOR
#define CONTRAST      DS_OP_CONTRAST
#define SHARPNESS     DS_OP_SHARPNESS
#define POSTERIZE     DS_OP_POSTERIZE
#define SOLARIZE      DS_OP_SOLARIZE
#define AUTO_CONTRAST DS_OP_AUTO_CONTRAST
#define EQUALIZE      DS_OP_EQUALIZE
#define INVERT        DS_OP_INVERT

/* clang-format off */
static const struct ds_policy_op policies[DS_POLICIES][ROWS][2] = {
    [DS_POLICY_CIFAR10] = {
        {{INVERT, 0.1, NONE}, {CONTRAST, 0.2, 6}},
        {{ROTATE, 0.7, 2}, {TRANSLATE_X, 0.3, 9}},
        {{SHARPNESS, 0.8, 1}, {SHARPNESS, 0.9, 3}},
        {{SHEAR_Y, 0.5, 8}, {TRANSLATE_Y, 0.7, 9}},
        {{AUTO_CONTRAST, 0.5, NONE}, {EQUALIZE, 0.9, NONE}},
        {{SHEAR_Y, 0.2, 7}, {POSTERIZE, 0.3, 7}},
        {{COLOR, 0.4, 3}, {BRIGHTNESS, 0.6, 7}},
        {{SHARPNESS, 0.3, 9}, {BRIGHTNESS, 0.7, 9}},
        {{EQUALIZE, 0.6, NONE}, {EQUALIZE, 0.5, NONE}},
        {{CONTRAST, 0.6, 7}, {SHARPNESS, 0.6, 5}},
        {{COLOR, 0.7, 7}, {TRANSLATE_X, 0.5, 8}},
        {{EQUALIZE, 0.3, NONE}, {AUTO_CONTRAST, 0.4, NONE}},
        {{TRANSLATE_Y, 0.4, 3}, {SHARPNESS, 0.2, 6}},
        {{BRIGHTNESS, 0.9, 6}, {COLOR, 0.2, 8}},
        {{SOLARIZE, 0.5, 2}, {INVERT, 0.0, NONE}},
        {{EQUALIZE, 0.2, NONE}, {AUTO_CONTRAST, 0.6, NONE}},
        {{EQUALIZE, 0.2, NONE}, {EQUALIZE, 0.6, NONE}},
        {{COLOR, 0.9, 9}, {EQUALIZE, 0.6, NONE}},
        {{AUTO_CONTRAST, 0.8, NONE}, {SOLARIZE, 0.2, 8}},
        {{BRIGHTNESS, 0.1, 3}, {COLOR, 0.7, 0}},
        {{SOLARIZE, 0.4, 5}, {AUTO_CONTRAST, 0.9, NONE}},
        {{TRANSLATE_Y, 0.9, 9}, {TRANSLATE_Y, 0.7, 9}},
        {{AUTO_CONTRAST, 0.9, NONE}, {SOLARIZE, 0.8, 3}},
        {{EQUALIZE, 0.8, NONE}, {INVERT, 0.1, NONE}},
        {{TRANSLATE_Y, 0.7, 9}, {AUTO_CONTRAST, 0.9, NONE}},
    },
    [DS_POLICY_IMAGENET] = {
        {{POSTERIZE, 0.4, 8}, {ROTATE, 0.6, 9}},
        {{SOLARIZE, 0.6, 5}, {AUTO_CONTRAST, 0.6, NONE}},
        {{EQUALIZE, 0.8, NONE}, {EQUALIZE, 0.6, NONE}},
        {{POSTERIZE, 0.6, 7}, {POSTERIZE, 0.6, 6}},
        {{EQUALIZE, 0.4, NONE}, {SOLARIZE, 0.2, 4}},
        {{EQUALIZE, 0.4, NONE}, {ROTATE, 0.8, 8}},
        {{SOLARIZE, 0.6, 3}, {EQUALIZE, 0.6, NONE}},
        {{POSTERIZE, 0.8, 5}, {EQUALIZE, 1.0, NONE}},
        {{ROTATE, 0.2, 3}, {SOLARIZE, 0.6, 8}},
        {{EQUALIZE, 0.6, NONE}, {POSTERIZE, 0.4, 6}},
        {{ROTATE, 0.8, 8}, {COLOR, 0.4, 0}},
        {{ROTATE, 0.4, 9}, {EQUALIZE, 0.6, NONE}},
        {{EQUALIZE, 0.0, NONE}, {EQUALIZE, 0.8, NONE}},
        {{INVERT, 0.6, NONE}, {EQUALIZE, 1.0, NONE}},
        {{COLOR, 0.6, 4}, {CONTRAST, 1.0, 8}},
        {{ROTATE, 0.8, 8}, {COLOR, 1.0, 2}},
        {{COLOR, 0.8, 8}, {SOLARIZE, 0.8, 7}},
        {{SHARPNESS, 0.4, 7}, {INVERT, 0.6, NONE}},
        {{SHEAR_X, 0.6, 5}, {EQUALIZE, 1.0, NONE}},
        {{COLOR, 0.4, 0}, {EQUALIZE, 0.6, NONE}},
        {{EQUALIZE, 0.4, NONE}, {SOLARIZE, 0.2, 4}},
        {{SOLARIZE, 0.6, 5}, {AUTO_CONTRAST, 0.6, NONE}},
        {{INVERT, 0.6, NONE}, {EQUALIZE, 1.0, NONE}},
        {{COLOR, 0.6, 4}, {CONTRAST, 1.0, 8}},
        {{EQUALIZE, 0.8, NONE}, {EQUALIZE, 0.6, NONE}},
    },
};
/* clang-format on */

/* In single precision and from the nearer end, as torch.linspace does: a threshold that is a
 * whole number in exact arithmetic must fall on the same side of it. */
static float on_line(double from, double to, int bin)
{
    const float a = (float)from, b = (float)to, step = (b - a) / (float)(BINS - 1);

    return bin < BINS / 2 ? a + step * (float)bin : b - step * (float)(BINS - 1 - bin);
}

double ds_op_magnitude(enum ds_op op, int bin, int height, int width)
{
    static const int bits[BINS] = {8, 8, 7, 7, 6, 6, 5, 5, 4, 4};
    const int side = op == DS_OP_TRANSLATE_X ? width : op == DS_OP_TRANSLATE_Y ? height : 1;

    if (bin < 0 || bin >= BINS)
        return 0;
    if (op == DS_OP_POSTERIZE)
        return bits[bin];
    return (double)on_line(ops[op].from, ops[op].to * side, bin);
}

void ds_op_apply(uint8_t *out, const uint8_t *in, int channels, int height, int width,
                 enum ds_op op, double magnitude)
{
    const struct ds_op_job job = {out, in, channels, height, width, magnitude};

    ops[op].apply(&job);
}

const struct ds_policy_op *ds_policy_row(enum ds_policy policy, int row)
{
    assert(row >= 0 && row < ROWS);
    return policies[policy][row];
}

/* Draws of one picture. */
enum { DRAW_ROW, DRAW_CHANCE, DRAW_SIGN = DRAW_CHANCE + 2 };

void ds_autoaugment(uint8_t *out, uint8_t *spare, const uint8_t *in, int channels, int height,
                    int width, enum ds_policy policy, uint64_t stream)
{
    const struct ds_policy_op *pair = policies[policy][ds_rng_below(stream, DRAW_ROW, ROWS)];
    int happens[2];

    for (uint64_t i = 0; i < 2; i++)
        happens[i] = ds_rng_unit(stream, DRAW_CHANCE + i) < pair[i].chance;
    if (!happens[0] && !happens[1])
        memcpy(out, in, (size_t)channels * (size_t)height * (size_t)width);
    for (int i = 0; i < 2; i++) {
        const int goes_on = i == 0 && happens[1];
        double magnitude = ds_op_magnitude(pair[i].op, pair[i].bin, height, width);

        if (!happens[i])
            continue;
        if (ops[pair[i].op].is_signed && !ds_rng_below(stream, DRAW_SIGN + (uint64_t)i, 2))
            magnitude = -magnitude;
        ds_op_apply(goes_on ? spare : out, i && happens[0] ? spare : in, channels, height,
                    width, pair[i].op, magnitude);
    }
}
