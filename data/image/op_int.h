/* data/image/op_int.h -- the operations of AutoAugment by kind. For this room only. */
#ifndef DS_DATA_IMAGE_OP_INT_H
#define DS_DATA_IMAGE_OP_INT_H

#include <stddef.h>
#include "data/image/augment.h"

/* What an operation works on. */
struct ds_op_job {
    uint8_t *out;
    const uint8_t *in;
    int channels, height, width;
    double magnitude;
};

static inline size_t ds_op_area(const struct ds_op_job *j)
{
    return (size_t)j->height * (size_t)j->width;
}

/* op_move.c: bilinear, black outside */
void ds_op_shear_x(const struct ds_op_job *j);
void ds_op_shear_y(const struct ds_op_job *j);
void ds_op_translate_x(const struct ds_op_job *j);
void ds_op_translate_y(const struct ds_op_job *j);
void ds_op_rotate(const struct ds_op_job *j);

/* op_colour.c: between the picture and a duller one */
void ds_op_brightness(const struct ds_op_job *j);
void ds_op_color(const struct ds_op_job *j);
void ds_op_contrast(const struct ds_op_job *j);
void ds_op_sharpness(const struct ds_op_job *j);

/* op_table.c: one new value for each old one, per channel */
void ds_op_posterize(const struct ds_op_job *j);
void ds_op_solarize(const struct ds_op_job *j);
void ds_op_auto_contrast(const struct ds_op_job *j);
void ds_op_equalize(const struct ds_op_job *j);
void ds_op_invert(const struct ds_op_job *j);

#endif
