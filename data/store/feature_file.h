/* data/store/feature_file.h -- what a network says of pictures, kept for other runs. Public
 * header.
 *
 * A file belongs to one key: a hash of everything that decides a feature but the picture. Its
 * rows are (hash of the picture, feature), ascending by hash, so that the same rows are the
 * same bytes whichever runs added them in which order:
 *
 *     picture [n]      int64, hash of the picture's bytes as the network is shown them
 *     feature [n][C]   float32
 *
 * Writers take turns (flock on FILE.lock) and add to what is there; readers need no turn,
 * because a file is replaced whole. */
#ifndef DS_DATA_STORE_FEATURE_FILE_H
#define DS_DATA_STORE_FEATURE_FILE_H

#include "data/store/bundle.h"

/* A file in memory. */
struct ds_feature_file {
    struct ds_bundle bundle;
    const uint64_t *picture; /* [count] */
    const float *feature;    /* [count][dim] */
    int count, dim;
};

struct ds_feature_row {
    uint64_t picture;
    const float *feature; /* [dim] borrowed */
};

/* Empty on failure. DS_NOINPUT: there is none; DS_DATA: damaged, or of another key or width. */
int ds_feature_file_load(struct ds_feature_file *f, const char *path, uint64_t key, int dim,
                         struct ds_err *err);
void ds_feature_file_clear(struct ds_feature_file *f);

/* The feature of a picture, borrowed, or NULL. */
const float *ds_feature_file_lookup(const struct ds_feature_file *f, uint64_t picture);

/* Adds rows (sorts them) to the file, makes it and its folder where they are missing, and
 * replaces one that cannot be used. DS_CANTCREATE, DS_IO, DS_NOMEM. */
int ds_feature_file_add(const char *path, uint64_t key, int dim, struct ds_feature_row *row,
                        int rows, struct ds_err *err);

#endif
