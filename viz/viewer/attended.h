/* viz/viewer/attended.h -- what `driftscope attend` kept beside its record. For viz/viewer and
 * its tests.
 *
 * N pictures, L layers, H heads, P patches, K classes of the network. share/doc/run-file.md
 * describes the arrays of the file ("attend/..."); a run has none of them. */
#ifndef DS_VIZ_VIEWER_ATTENDED_H
#define DS_VIZ_VIEWER_ATTENDED_H

#include <stdbool.h>
#include "data/store/record.h"

struct ds_attended {
    char **path;              /* [N] of the pictures, or NULL: not such a file */
    int images, top;          /* N; classes kept of each */
    int *best;                /* [N][top] most likely first, or NULL */
    float *share;             /* [N][top] their probabilities */
    int classes;              /* K, 0: no names */
    char **class_name;        /* [K] or NULL */
    float *map, *split;       /* [N][L][P] second maps and [N][L], or NULL */
    float *head, *head_split; /* [N][L][H][P] and [N][L][H], or NULL */
    char source[160];         /* of the second maps: "raw, heads by mean" */
};

/* Copies what is there; a file without "attend/path" gives an empty struct. DS_DATA for parts
 * that do not fit the record, DS_NOMEM; what was taken is for ds_attended_clear to free. */
int ds_attended_read(struct ds_attended *a, const struct ds_bundle *b,
                     const struct ds_record *r, const char *file, struct ds_err *err);
void ds_attended_clear(struct ds_attended *a);

/* The last part of a picture's path. */
const char *ds_attended_name(const struct ds_attended *a, int image);

/* "tabby cat", or "class 281" of a network without names; "" where no class was kept. */
const char *ds_attended_class(const struct ds_attended *a, int image, int rank, char *to,
                              size_t size);

/* The value of a line "key = value" of a record's configuration; false when it is not there. */
bool ds_config_value(const char *config, const char *key, char *to, size_t size);

#endif
