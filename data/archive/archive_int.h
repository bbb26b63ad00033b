/* data/archive/archive_int.h -- what the readers of containers share. Room only.
 *
 * A reader gets a file in memory and adds tensors that point into it, or into the archive's
 * heap. */
#ifndef DS_DATA_ARCHIVE_ARCHIVE_INT_H
#define DS_DATA_ARCHIVE_ARCHIVE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "data/archive/archive.h"
#include "data/archive/heap_int.h"

enum {
    DS_TENSORS_MAX = 65536,
    DS_FILES_MAX = 1024,
    DS_JSON_MAX = 16 << 20,
    DS_REPEATED_MAX = 1 << 30, /* elements of a tensor that has more than its storage */
    DS_OPAQUE_MAX = 16,        /* names listed */
    DS_SKIPPED_MAX = 64
};

/* A file in memory. */
struct ds_whole {
    char *path;
    unsigned char *bytes;
    size_t n;
};

/* Regular files with at least one byte. DS_NOINPUT, DS_DATA, DS_NOMEM, DS_IO. */
int ds_whole_open(struct ds_whole *w, const char *path, struct ds_err *err);
void ds_whole_forget(struct ds_whole *w); /* its bytes: somebody else reads the file */
void ds_whole_close(struct ds_whole *w);

/* Whole pages of [at, at + n), where they are of this file, are given back, and read as zeros
 * from now on. */
void ds_whole_rest(const struct ds_whole *w, const unsigned char *at, size_t n);

struct ds_archive_own {
    struct ds_whole *file;
    int files, room;
    struct ds_heap heap;     /* names, unpacked numbers */
    struct ds_bundle bundle; /* driftscope's own files */
    int *by_name;            /* [count] positions of the tensors, sorted by their names */
    int64_t opaque;
    const char *opaque_name[DS_OPAQUE_MAX + 1], *skipped[DS_SKIPPED_MAX + 1];
};

/* Adds one tensor; stride NULL is row-major. `stored` elements lie at data, `file` begins the
 * sentences. Everything that archive.h promises of a tensor is checked here. */
int ds_archive_add(struct ds_archive *a, const char *file, const struct ds_stored *t,
                   const int64_t *stride, int64_t stored, struct ds_err *err);

/* Notes what was passed over: an array of a type that has no place here; an object. */
int ds_archive_skip(struct ds_archive *a, const char *name, const char *type,
                    struct ds_err *err);
int ds_archive_opaque(struct ds_archive *a, const char *name, struct ds_err *err);

/* Reads the file, tells what it is, and adds its tensors. An index of several files is refused
 * when `part` says that this is one of them. */
int ds_archive_file(struct ds_archive *a, const char *path, bool part, struct ds_err *err);

/* Adds the tensors of all files that an index names. */
int ds_shards_open(struct ds_archive *a, const char *path, struct ds_err *err);

/* The file of weights in a folder. DS_NOINPUT names what was looked for. */
int ds_folder_weights(char *path, size_t size, const char *folder, struct ds_err *err);

/* The containers. */
int ds_safetensors_open(struct ds_archive *a, const struct ds_whole *m, struct ds_err *err);
int ds_zip_weights_open(struct ds_archive *a, const struct ds_whole *m, struct ds_err *err);
int ds_legacy_open(struct ds_archive *a, const struct ds_whole *m, struct ds_err *err);
int ds_hdf5_open(struct ds_archive *a, struct ds_whole *m, struct ds_err *err);

/* What the first bytes say. */
enum ds_container {
    DS_IS_UNKNOWN,
    DS_IS_SAFETENSORS,
    DS_IS_INDEX,
    DS_IS_ZIP,
    DS_IS_LEGACY,
    DS_IS_HDF5
};

/* DS_DATA with what it is and what to do, for everything that is not read. */
int ds_sniff(enum ds_container *is, const unsigned char *bytes, size_t n, const char *file,
             struct ds_err *err);

/* A little-endian number of up to 8 bytes. */
static inline uint64_t ds_little(const unsigned char *from, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

#endif
