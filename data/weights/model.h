/* data/weights/model.h -- a network from any file, ready to run. Public header.
 *
 *     ds_model_open(&m, "vit.safetensors", &(struct ds_model_want){0}, err)
 *
 * An address is a run's checkpoint (RUN@3), a checkpoint file of ours, or a weights file of
 * somebody else in any container of archive.h and any naming of naming.h, or a folder of
 * Hugging Face's. m.card says what was read, derived and assumed; what a user knows better is
 * in struct ds_model_want. share/doc/import.md has the rules. */
#ifndef DS_DATA_WEIGHTS_MODEL_H
#define DS_DATA_WEIGHTS_MODEL_H

#include "core/vit/vit.h"
#include "data/weights/card.h"

/* What the command line says about a file; zeros and empty texts: nothing. */
struct ds_model_want {
    int heads;
    double eps;
    char act[16];             /* gelu, gelu_tanh, quick_gelu */
    char mean[128], std[128]; /* "0.5" or "0.49,0.48,0.45" */
    char recipe[120];         /* data/image/recipe.h */
    int size;                 /* side of the input; resizes the position embedding */
    int resize;               /* enum ds_pos_resize: how */
    int pool;                 /* 0: as known, 1: cls, 2: mean */
    char prefix[128]; /* the network wanted, where a file holds several; "-": none in front */
};

/* How a position embedding moves to another grid; the words of --pos-resize. */
enum ds_pos_resize {
    DS_POS_TIMM,    /* bicubic, antialiased (timm) */
    DS_POS_HF,      /* bicubic a = -0.75, not antialiased, by size (transformers) */
    DS_POS_DINO,    /* the same, by the scale (g1 + 0.1) / g0 (DINO, DINOv2) */
    DS_POS_BILINEAR /* bilinear, not antialiased (timm for npz files) */
};

struct ds_model {
    struct ds_vit vit;
    float *params; /* [vit.tensors.total], owned */
    struct ds_vit_view view;
    double mean[4], std[4]; /* of the pixels in 0..1, by channel */
    char recipe[120];       /* how a picture becomes the input */
    char file[4096];        /* that was opened */
    char source[1024];      /* where the weights came from first, cut */
    char **class_name;      /* [vit.shape.classes] or NULL */
    int tasks;            /* a run's task checkpoint: tasks learned; 0: none, or no such file */
    bool ours;            /* a checkpoint of a run, not a network imported or foreign */
    struct ds_card card;
};

/* DS_NOINPUT, DS_DATA (with the reason: what it is, what is missing, what is unknown), DS_USAGE
 * (wants that do not fit), DS_NOMEM. On failure *m is empty. */
int ds_model_open(struct ds_model *m, const char *address, const struct ds_model_want *want,
                  struct ds_err *err);
void ds_model_close(struct ds_model *m);

/* The network for pictures of another size: its position embedding is resized. DS_USAGE for a
 * size that the patch does not divide, DS_NOMEM. */
int ds_model_resize(struct ds_model *m, int height, int width, enum ds_pos_resize how,
                    struct ds_err *err);

/* Our HDF5, which ds_model_open reads back to the same bits, card included. */
int ds_model_save(const struct ds_model *m, const char *path, struct ds_err *err);

/* safetensors under timm's names; timm's strict loading finds every key. What tensors cannot
 * tell goes into the metadata. */
int ds_model_export(const struct ds_model *m, const char *path, struct ds_err *err);

#endif
