/* data/store/bundle.h -- named arrays with notes, the one shape of everything stored. Public header.
 *
 * A bundle is what a file holds, while it is in memory: arrays with names like paths
 * ("model/blocks.0.attn.qkv.weight", "attention/rollout"), and notes (attributes) on the
 * root, on groups, and on arrays. HDF5 files and safetensors files read into a bundle and
 * are written from one; everything above this header never sees a file format.
 *
 * Names are 1 to 255 bytes of printable UTF-8; their parts between '/' are neither empty nor
 * "." nor "..", so a name is a path in every format and leads nowhere else.
 *
 * Arrays are row-major, little-endian in files. A bundle owns all its memory, but for the
 * numbers it was told to borrow. */
#ifndef DS_DATA_STORE_BUNDLE_H
#define DS_DATA_STORE_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"

/* DS_I8 and DS_I16 come from foreign files; HDF5 files of ours hold neither. */
enum ds_type {
    DS_U8,
    DS_I32,
    DS_I64,
    DS_F16,
    DS_BF16,
    DS_F32,
    DS_F64,
    DS_STRING,
    DS_I8,
    DS_I16
};

enum { DS_RANK_MAX = 8, DS_NAME_MAX = 255 };

enum ds_note_type { DS_NOTE_TEXT, DS_NOTE_INT, DS_NOTE_REAL, DS_NOTE_TEXTS };

struct ds_note {
    char *key;
    enum ds_note_type type;
    char *text;     /* DS_NOTE_TEXT */
    int64_t whole;  /* DS_NOTE_INT */
    double real;    /* DS_NOTE_REAL */
    char **texts;   /* DS_NOTE_TEXTS: NULL-terminated (e.g. NeXus @axes) */
};

struct ds_notes {
    struct ds_note *note;
    int count;
};

/* What a dimension is called, and the 1-d array that says the positions along it; NULL where
 * nobody said so. In HDF5: dimension label, dimension scale. */
struct ds_array_axis {
    char *label, *scale;
};

struct ds_array {
    char *name;
    enum ds_type type;
    int rank; /* 0: a scalar */
    int64_t dims[DS_RANK_MAX];
    void *data;    /* DS_STRING: char *[count], each owned */
    bool borrowed; /* the data is not the bundle's */
    struct ds_notes notes;
    struct ds_array_axis *axis; /* [rank], or NULL: no dimension has a label or a scale */
};

struct ds_group_notes {
    char *group; /* "" is the root */
    struct ds_notes notes;
};

struct ds_bundle {
    struct ds_array *array;
    int count, room;
    struct ds_group_notes *group;
    int groups;
    int *slot; /* hash of names -> index + 1, 0: empty */
    int slots; /* a power of two, or 0 */
};

void ds_bundle_clear(struct ds_bundle *b);

/* Adds a copy of data (NULL: zeros). The returned array may be given labels and notes; it is
 * valid until the next add. NULL after recording the failure (duplicate or bad name, sizes). */
struct ds_array *ds_bundle_add(struct ds_bundle *b, const char *name, enum ds_type type,
                               int rank, const int64_t *dims, const void *data,
                               struct ds_err *err);

/* The same with numbers that stay the caller's, who lets them alone while the bundle lives: to
 * write what is large without a copy. Not DS_STRING. */
struct ds_array *ds_bundle_borrow(struct ds_bundle *b, const char *name, enum ds_type type,
                                  int rank, const int64_t *dims, const void *data,
                                  struct ds_err *err);

/* Shorthands used everywhere; labels is one space-separated word per dimension, or NULL. */
struct ds_array *ds_bundle_floats(struct ds_bundle *b, const char *name, const float *data,
                                  int rank, const int64_t *dims, const char *labels,
                                  struct ds_err *err);
struct ds_array *ds_bundle_ints(struct ds_bundle *b, const char *name, const int *data,
                                int rank, const int64_t *dims, const char *labels,
                                struct ds_err *err);
struct ds_array *ds_bundle_strings(struct ds_bundle *b, const char *name,
                                   const char *const *texts, int64_t count, const char *label,
                                   struct ds_err *err);

/* Names every dimension: one space-separated word each. */
int ds_array_label(struct ds_array *a, const char *labels, struct ds_err *err);

/* Says that the 1-d array `scale` holds the positions along dimension `dim`. */
int ds_array_scale(struct ds_array *a, int dim, const char *scale, struct ds_err *err);

/* Both of them, or NULL. */
const char *ds_array_label_of(const struct ds_array *a, int dim);
const char *ds_array_scale_of(const struct ds_array *a, int dim);

/* Borrowed, or NULL. */
struct ds_array *ds_bundle_lookup(const struct ds_bundle *b, const char *name);

/* The array if it is there with exactly this type and these dims (-1: any); otherwise NULL
 * after recording "FILE: 'name' is 576 x 192 float32 here, 2304 x 768 float32 expected". */
const struct ds_array *ds_bundle_need(const struct ds_bundle *b, const char *file,
                                      const char *name, enum ds_type type, int rank,
                                      const int64_t *dims, struct ds_err *err);

int64_t ds_array_count(const struct ds_array *a); /* elements */
size_t ds_type_size(enum ds_type type);           /* bytes; 0 for DS_STRING */
const char *ds_type_name(enum ds_type type);      /* "float32" ... */

/* out[count] = the numbers as float, each rounded once. DS_USAGE for DS_STRING. */
int ds_array_to_float(const struct ds_array *a, float *out);

/* Notes: on an array, or on a group of the bundle ("" the root). Setting replaces. The notes
 * of a group stay where they are until notes of another group are asked for. */
struct ds_notes *ds_bundle_notes(struct ds_bundle *b, const char *group, struct ds_err *err);
int ds_note_text(struct ds_notes *n, const char *key, const char *value, struct ds_err *err);
int ds_note_int(struct ds_notes *n, const char *key, int64_t value, struct ds_err *err);
int ds_note_real(struct ds_notes *n, const char *key, double value, struct ds_err *err);
int ds_note_texts(struct ds_notes *n, const char *key, const char *const *values,
                  struct ds_err *err);
const struct ds_note *ds_note_lookup(const struct ds_notes *n, const char *key);
void ds_notes_clear(struct ds_notes *n);

/* The notes of a group to read from, or NULL where there are none. */
const struct ds_notes *ds_bundle_notes_lookup(const struct ds_bundle *b, const char *group);

/* The value of a note that must be there, with this type; whole numbers within [lo, hi].
 * `where` begins the sentence: "FILE: /model has no note 'layers'". */
int ds_note_need_int(const struct ds_notes *n, const char *where, const char *key, int64_t lo,
                     int64_t hi, int64_t *value, struct ds_err *err);
int ds_note_need_text(const struct ds_notes *n, const char *where, const char *key,
                      const char **value, struct ds_err *err);

#endif
