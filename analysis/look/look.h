/* analysis/look/look.h -- where a network looks in pictures that nobody trained it on. Public
 * header.
 *
 * pictures -> tokens -> attention -> MAPS, answers, split points -> drift, figures, viewer
 *
 * One pass over any pictures with any network fills a record of one checkpoint
 * (store/record.h), which everything that measures or draws runs can read, and beside it what a
 * run does not have: the most likely classes, and maps from another source than the rollout of
 * the CLS row.
 *
 * The record's maps are always that rollout. `source` asks for a second set of maps:
 *
 *     rollout   the product of B_l, by any fusion of heads, discard, first layer and row
 *     raw       the row of the heads' attention in each layer, fused, or head by head
 *     gradient  gradient rollout for a class       } core/retain/relevance.h
 *     chefer    generic relevance for a class      }
 *
 * Pictures are decoded in the worker that runs them, a piece at a time: memory holds maps,
 * answers and (where asked for) the pictures the network saw, never all activations. */
#ifndef DS_ANALYSIS_LOOK_LOOK_H
#define DS_ANALYSIS_LOOK_LOOK_H

#include "core/retain/rollout.h"
#include "data/image/gather.h"
#include "data/store/record.h"
#include "data/weights/model.h"

enum ds_look_source { DS_LOOK_ROLLOUT, DS_LOOK_RAW, DS_LOOK_GRADIENT, DS_LOOK_CHEFER };

enum { DS_LOOK_OWN_ROW = -2 }; /* CLS, or the mean of all rows where there is no CLS */

struct ds_look_want {
    enum ds_look_source source;
    struct ds_rollout_rule rule; /* fusion of heads, discard, norm (rollout, gradient) */
    int start;                   /* first layer of the product, 0-based */
    int row;                     /* token, DS_ALL_ROWS, or DS_LOOK_OWN_ROW */
    int target;                  /* class of gradient and chefer; -1: the predicted one */
    bool by_head;                /* raw: keep every head */
    bool by_largest;             /* second maps / their largest value (vit-explain) */
    int top;                     /* most likely classes kept; more than there are is fewer */
    bool logits, pixels;         /* keep them */
    bool features;               /* keep them */
    const int *truth;            /* [folders] class of the network each folder means, or -1;
                                    borrowed; NULL: not known. Fills record.margin, .predicted */
    int jitter;                  /* draw 1 ..: pictures moved a little (look_read.c); 0: not */
    uint64_t seed;               /* of jitter */
    int probe;                   /* first images whose head-mean attention is kept */
    bool skip_broken;            /* pictures that cannot be read are left out, counted, named */
    int threads;
};

struct ds_look {
    struct ds_record record; /* one checkpoint; classes are the folders of the pictures, ids
                                their numbers among all that were given */
    char **path;             /* [N] */
    int classes, top;        /* of the network; kept of each image */
    int *best;               /* [N][top] classes, most likely first */
    float *share;            /* [N][top] their probabilities */
    float *logits;           /* [N][classes] or NULL: not wanted, or more than 2^26 numbers */
    float *map;              /* [N][L][P] second maps, or NULL where they are the record's */
    float *split;            /* [N][L] their split points, or NULL */
    float *head;             /* [N][L][H][P] by_head, or NULL */
    float *head_split;       /* [N][L][H] their split points, or NULL */
    int width;               /* of a feature */
    float *feature;          /* [N][width] what the head reads, or NULL */
    int broken;              /* pictures left out */
    char **broken_why;       /* [broken] sentences */
    double seconds;          /* of the pass itself */
};

/* The wish for nothing but the record's maps. */
struct ds_look_want ds_look_default(void);

/* Pixels that jitter moves a picture by at most. */
int ds_look_jitter_most(const struct ds_vit_shape *s);

/* Whether the wish fits the network. DS_USAGE. */
int ds_look_check(const struct ds_look_want *w, const struct ds_vit_shape *s,
                  struct ds_err *err);

/* A pass in steps, so that whoever waits can be told how far it is:
 *
 *     ds_looking_open(&k, &look, &model, &pictures, &want, err)
 *     while (done < pictures.count) ds_looking_next(k, &done, err)
 *     ds_looking_end(k, err)
 *     ds_looking_close(k)
 *
 * look may be cleared in any state. DS_DATA (a picture that cannot be read; none that can),
 * DS_USAGE, DS_NOMEM. Everything borrowed must stay until close. */
struct ds_looking;
int ds_looking_open(struct ds_looking **out, struct ds_look *l, const struct ds_model *m,
                    const struct ds_gathered *pictures, const struct ds_look_want *w,
                    struct ds_err *err);
int ds_looking_next(struct ds_looking *k, int *done, struct ds_err *err);
int ds_looking_end(struct ds_looking *k, struct ds_err *err);
void ds_looking_close(struct ds_looking *k);

/* All of it. */
int ds_look(struct ds_look *l, const struct ds_model *m, const struct ds_gathered *pictures,
            const struct ds_look_want *w, struct ds_err *err);
void ds_look_clear(struct ds_look *l);

/* A record with "attend/..." beside it; ds_record_load reads it as a run without training.
 * DS_DATA, DS_CANTCREATE, DS_IO, DS_NOMEM. */
int ds_look_save(const struct ds_look *l, const struct ds_model *m, const char *path,
                 struct ds_err *err);

/* What it writes but the names of the network's classes, added to a bundle. DS_DATA, DS_NOMEM.
 */
int ds_look_pack(struct ds_bundle *b, const struct ds_look *l, struct ds_err *err);

#endif
