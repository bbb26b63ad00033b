/* data/store/record_int.h -- the arrays of a record, described once. For record_*.c only. */
#ifndef DS_DATA_STORE_RECORD_INT_H
#define DS_DATA_STORE_RECORD_INT_H

#include <stdbool.h>
#include <stddef.h>
#include "data/store/record.h"

/* Always there; NULL where it is not; zero where a file is older than the array. */
enum ds_presence { DS_ALWAYS, DS_OPTIONAL, DS_LATER };

/* A row of the table allocates, saves, checks and loads one array. */
struct ds_field {
    const char *name;         /* in run.h5 */
    size_t at;                /* of its pointer in struct ds_record */
    enum ds_type type, kept;  /* in memory; in the file */
    const char *shape;        /* one letter per dimension, rows of ds_axes */
    enum ds_presence presence;
    const char *unit, *long_name, *about;
    int lo;                   /* integers: the least, and the letter of the size below which */
    char below;               /* they stay; 0: no range */
};

/* A dimension: its size is ds_record_size; `scale` names its positions. */
struct ds_axis {
    char letter;
    const char *label, *scale;
};

extern const struct ds_field ds_fields[]; /* ends with a row without a name */

/* The axis of a letter. */
const struct ds_axis *ds_axis_lookup(char letter);

/* The size of a letter: as allocated, or as stored (what `done` checkpoints filled). */
int64_t ds_record_size(const struct ds_record *r, char letter, bool stored);

/* Dimensions of a field; returns its rank. */
int ds_field_dims(const struct ds_record *r, const struct ds_field *f, bool stored,
                  int64_t dims[DS_RANK_MAX]);

/* The array itself, or NULL. */
void *ds_field_data(const struct ds_record *r, const struct ds_field *f);

/* Allocates the array of a field. */
int ds_field_alloc(struct ds_record *r, const struct ds_field *f, struct ds_err *err);

/* Whether sizes are possible and fit each other. `where` begins the sentence. */
int ds_record_check_sizes(const struct ds_record *r, const char *where, struct ds_err *err);

#endif
