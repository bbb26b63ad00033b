/* data/weights/model_int.h -- what the files behind model.h share. For this room only. */
#ifndef DS_DATA_WEIGHTS_MODEL_INT_H
#define DS_DATA_WEIGHTS_MODEL_INT_H

#include "data/weights/facts.h"
#include "data/weights/model.h"
#include "data/weights/parts.h"

struct ds_describing {
    const char *path;
    const struct ds_parts *parts;
    struct ds_facts *facts;     /* completed by what is assumed */
    struct ds_vit_shape *shape; /* out */
    struct ds_card *card;       /* out: rows are added */
    bool fold; /* out: rows of the position embedding go into the prefix tokens (fill.c) */
    const struct ds_archive *archive; /* of the parts */
};

/* describe.c: DS_DATA for what does not fit together, DS_USAGE for impossible heads. */
int ds_describe(struct ds_describing *d, struct ds_err *err);

/* fill.c: every tensor of `vit` from the parts; every part is used once. DS_DATA names what is
 * missing, of another size, left over, or not finite. */
int ds_fill(float *params, const struct ds_vit *vit, const struct ds_describing *d,
            struct ds_err *err);

/* pictures.c: m->mean, std and recipe, and f's recipe in numbers; the recipe was meant for an
 * input of was_h x was_w. DS_DATA, or DS_USAGE for what the user said. */
int ds_model_pictures(struct ds_model *m, struct ds_facts *f, int was_h, int was_w,
                      struct ds_err *err);

/* model.c: lists the tensors, takes the memory and the view. */
int ds_model_begin(struct ds_model *m, const struct ds_vit_shape *shape, struct ds_err *err);

/* ours.c: an HDF5 checkpoint of ours; takes the arrays of parameters out of the bundle. */
int ds_model_open_ours(struct ds_model *m, struct ds_facts *f, struct ds_bundle *b,
                       struct ds_err *err);

#endif
