/* viz/viewer/subject.h -- a run under the viewer's eye: its record and what follows from it.
 * For viz/viewer and its tests.
 *
 * A subject never changes once it is made, so that the loader may read it while the window
 * draws it; a run that went on becomes a new subject. */
#ifndef DS_VIZ_VIEWER_SUBJECT_H
#define DS_VIZ_VIEWER_SUBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include "analysis/drift/accuracy.h"
#include "core/base/err.h"
#include "data/store/record.h"
#include "viz/viewer/attended.h"
#include "viz/viewer/spill.h"

/* A file as the system sees it: when any of these changes, it was replaced. */
struct ds_stamp {
    int64_t inode, size, seconds, nanoseconds;
    bool there;
};

struct ds_subject {
    struct ds_record record;
    char address[1100], path[1200], name[64]; /* as given; run.h5; the last part of the path */
    int named;                                /* checkpoint the address names, or -1 */
    struct ds_stamp stamp;
    struct ds_accuracy accuracy[2]; /* by enum ds_protocol, refined head */
    int bad;                        /* values of maps that are not finite */
    bool live;                      /* somebody holds the lock: it is being written */
    struct ds_attended attended;    /* of a file of maps */
    struct ds_spill pixels, matrix; /* where record.pixels and record.attention lie, if large */
};

/* Reads RUN, RUN@T or a run.h5. DS_USAGE, DS_NOINPUT, DS_DATA, DS_NOMEM; free with
 * ds_subject_free. */
int ds_subject_open(struct ds_subject **out, const char *address, struct ds_err *err);
void ds_subject_free(struct ds_subject *s); /* NULL is fine */

struct ds_stamp ds_stamp_of(const char *path);
bool ds_stamp_same(const struct ds_stamp *a, const struct ds_stamp *b);

/* Rows of the rollout: [P] floats and the adaptive split. */
const float *ds_subject_map(const struct ds_subject *s, int checkpoint, int image, int layer);
double ds_subject_split(const struct ds_subject *s, int checkpoint, int image, int layer);

/* The second maps of a file of maps and their split, or NULL. */
const float *ds_subject_second(const struct ds_subject *s, int image, int layer, double *split);

/* The CLS row of one head of a file of maps that keeps them, head from 0; or NULL. */
const float *ds_subject_head(const struct ds_subject *s, int image, int layer, int head,
                             double *split);

/* Head-mean attention [T][T] of a probe image, or NULL where it was not kept. */
const float *ds_subject_attention(const struct ds_subject *s, int checkpoint, int image,
                                  int layer);

/* Whether it is what `driftscope attend` wrote: maps of one network, nothing learned. */
bool ds_subject_is_maps(const struct ds_subject *s);

/* Bytes of the file that holds a checkpoint's weights, 0: not there. */
double ds_subject_weights(const struct ds_subject *s, int checkpoint);

/* +1 right, 0 wrong, -1 nothing was learned that could answer. */
int ds_subject_answer(const struct ds_subject *s, int checkpoint, int image);

#endif
