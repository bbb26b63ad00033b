/* data/source/source_int.h -- what the kinds of data sets share. For this room only. */
#ifndef DS_DATA_SOURCE_SOURCE_INT_H
#define DS_DATA_SOURCE_SOURCE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include "data/source/source.h"

/* R12 of the limits: what a data set may ask for at most. */
#define DS_SOURCE_BYTES ((uint64_t)8 << 30)

struct ds_source_kind {
    const char *name,
        *about; /* about: the files it wants, for the sentence when none is there */
    bool (*probe)(const char *dir); /* does the folder look like one? */

    /* Fills count, classes, shape, labels and names; info.name is set before. What it leaves
     * behind on failure is cleaned up by the caller with close and the rest. */
    int (*open)(struct ds_source *s, const char *dir, enum ds_part part, int size,
                struct ds_err *err);
    int (*read)(const struct ds_source *s, int index, uint8_t *pixels, struct ds_err *err);
    void (*close)(struct ds_source *s); /* ends `own`; may be NULL */
};

struct ds_source {
    struct ds_source_info info;
    const struct ds_source_kind *kind;
    int *label;             /* [count] */
    char **class_name;      /* [classes] */
    unsigned char *records; /* sets in memory: [count][stride], pixels at skip */
    size_t stride, skip;
    void *own; /* what else a kind keeps */
};

extern const struct ds_source_kind ds_kind_idx, ds_kind_cifar10, ds_kind_cifar100,
    ds_kind_folder;

/* The read function of sets in memory. */
int ds_source_read_record(const struct ds_source *s, int index, uint8_t *pixels,
                          struct ds_err *err);

/* Sets info.classes and the class names; names NULL calls the classes 0, 1, ... */
int ds_source_set_classes(struct ds_source *s, int classes, const char *const *names,
                          struct ds_err *err);

/* Joins dir and file; DS_DATA when that is longer than a path can be. */
enum { DS_PATH_BYTES = 4096 };
int ds_source_path(char path[DS_PATH_BYTES], const char *dir, const char *file,
                   struct ds_err *err);
bool ds_source_has(const char *dir, const char *file);

#endif
