/* data/source/source_int.h -- what the kinds of data sets share. For this room only. */
#ifndef DS_DATA_SOURCE_SOURCE_INT_H
#define DS_DATA_SOURCE_SOURCE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include "data/source/source.h"

enum { DS_PATH_BYTES = 4096 };

/* R12 of the limits: what a data set may ask for at most. */
#define DS_SOURCE_BYTES ((uint64_t)8 << 30)

struct ds_source_kind {
    const char *name,
        *about; /* about: the files it wants, for the sentence when none is there */
    bool (*probe)(const char *dir); /* does the folder look like one? */

    /* Fills count, classes, channels, labels and names, and the size where all pictures have
     * one, or else the range of sizes; info.name is set before. What it leaves behind on
     * failure is cleaned up by the caller with close and the rest. */
    int (*open)(struct ds_source *s, const char *dir, const struct ds_source_want *want,
                struct ds_err *err);
    int (*picture)(const struct ds_source *s, int index, struct ds_picture *out,
                   struct ds_err *err);
    /* What to call a picture in sentences; NULL: by the set's name and a number. */
    void (*file)(const struct ds_source *s, int index, char path[DS_PATH_BYTES]);
    void (*close)(struct ds_source *s); /* ends `own`; may be NULL */
};

enum { DS_SOURCE_NOTES = 10 };

struct ds_source {
    struct ds_source_info info;
    const struct ds_source_kind *kind;
    int *label;             /* [count] */
    int *domain;            /* [count] or NULL */
    char **class_name;      /* [classes] */
    char **domain_name;     /* [domains] */
    unsigned char *records; /* sets in memory: [count][stride], pixels at skip */
    size_t stride, skip;
    char *note[DS_SOURCE_NOTES + 1]; /* NULL behind the last one */
    int skipped;
    void *own; /* what else a kind keeps */
};

extern const struct ds_source_kind ds_kind_idx, ds_kind_cifar10, ds_kind_cifar100,
    ds_kind_folder;

/* The picture function of sets in memory. */
int ds_source_record(const struct ds_source *s, int index, struct ds_picture *out,
                     struct ds_err *err);

/* Finds out the recipe and the size it leaves; checks both. */
int ds_source_settle(struct ds_source *s, const struct ds_source_want *want,
                     struct ds_err *err);

/* A picture is left out: keeps the sentence of `why`, or counts it. DS_NOMEM. */
int ds_source_skip(struct ds_source *s, const struct ds_err *why, struct ds_err *err);

/* Sets info.classes and the class names; names NULL calls the classes 0, 1, ... */
int ds_source_set_classes(struct ds_source *s, int classes, const char *const *names,
                          struct ds_err *err);
int ds_source_set_domains(struct ds_source *s, int domains, const char *const *names,
                          struct ds_err *err);

/* Frees a list of names and what they are. */
void ds_source_free_names(char **names, int n);

/* Joins dir and file; DS_DATA when that is longer than a path can be. */
int ds_source_path(char path[DS_PATH_BYTES], const char *dir, const char *file,
                   struct ds_err *err);
bool ds_source_has(const char *dir, const char *file);

#endif
