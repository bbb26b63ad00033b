/* data/image/recipe.h -- how a picture becomes the network's input, said in one line. Public
 * header.
 *
 * A recipe is a list of steps, separated by commas:
 *
 *     resize N FILTER        short side to N, the other in proportion; FILTER is bilinear or
 * bicubic resize WxH FILTER      to exactly that size, whatever the proportions crop N | crop
 * WxH      the middle; what is missing is black random-crop N FILTER [LEAST]   a window of
 * random area (LEAST, 0.08, to 1) and shape, resized autoaugment POLICY     cifar10 or imagenet
 *     flip                   left and right, half of the time
 *     pad-crop N             shifted by up to N pixels each way, black comes in
 *     none                   the picture as it is; stands alone
 *
 * Sizes are numbers, `size` (the side of the network's input) or `size/X` (that by X, rounded
 * down). A name of the table stands for a whole recipe: "timm" is "resize size/0.9 bicubic,
 * crop size". The results are Pillow's and torchvision's, see resize.h, crop.h, augment.h. */
#ifndef DS_DATA_IMAGE_RECIPE_H
#define DS_DATA_IMAGE_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/image/augment.h"
#include "data/image/picture.h"
#include "data/image/resize.h"

enum { DS_RECIPE_STEPS = 8, DS_RECIPE_TEXT = 512 };

enum ds_recipe_kind {
    DS_RECIPE_SHORT, /* resize N */
    DS_RECIPE_RESIZE,
    DS_RECIPE_CROP,
    DS_RECIPE_RANDOM_CROP,
    DS_RECIPE_AUTOAUGMENT,
    DS_RECIPE_FLIP,
    DS_RECIPE_PAD_CROP
};

struct ds_recipe_step {
    enum ds_recipe_kind kind;
    int height, width; /* both are N where one number is given */
    enum ds_filter filter;
    enum ds_policy policy;
    double least; /* random-crop: smallest share of the area */
};

struct ds_recipe {
    int count; /* 0: none */
    struct ds_recipe_step step[DS_RECIPE_STEPS];
};

/* The named recipes; NULL behind the last one. `source` says who prepares pictures so. */
struct ds_recipe_name {
    const char *key, *text, *source;
};
const struct ds_recipe_name *ds_recipe_named(int i);

/* Reads a recipe or a name. size: the side of the network's input, 0 where it is not known
 * (`size` is refused then). DS_USAGE. */
int ds_recipe_parse(struct ds_recipe *r, const char *text, int size, struct ds_err *err);

/* The recipe in numbers, as ds_recipe_parse reads it back to the same steps; returns `text`. */
const char *ds_recipe_print(char text[DS_RECIPE_TEXT], const struct ds_recipe *r);

/* Whether it draws random numbers. */
bool ds_recipe_random(const struct ds_recipe *r);

/* Whether every picture comes out in the same size: *height x *width where so. */
bool ds_recipe_fixed(const struct ds_recipe *r, int *height, int *width);

/* The size that a picture of *height x *width comes out in. DS_DATA when that, or a step on
 * the way, is beyond the limits of pictures (picture.h). */
int ds_recipe_shape(const struct ds_recipe *r, int *height, int *width, struct ds_err *err);

/* Memory that grows to what was needed most, and stays. */
struct ds_room {
    void *bytes;
    size_t size;
};
void ds_room_clear(struct ds_room *room);

/* out [channels][H][W] with H x W by ds_recipe_shape; channels 1 or 3: grey is copied to
 * three, colour becomes grey as in Pillow's convert("L"), before all steps. A pure function of
 * (recipe, picture, stream, index); stream and index matter only to random recipes. Allocates
 * only where `room` has to grow. DS_DATA, DS_NOMEM. */
int ds_recipe_apply(uint8_t *out, const struct ds_recipe *r, const struct ds_picture *p,
                    int channels, uint64_t stream, uint64_t index, struct ds_room *room,
                    struct ds_err *err);

#endif
