/* data/store/h5_int.h -- what the HDF5 files share. For data/store/h5*.c only. */
#ifndef DS_DATA_STORE_H5_INT_H
#define DS_DATA_STORE_H5_INT_H

#define H5_USE_110_API /* the same functions and structs under later libraries */
#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

enum {
    DS_H5_BLOCK = 512,    /* bytes before HDF5 begins */
    DS_H5_TEXTS_MAX = 256 /* texts in one note */
};

/* The frame around the HDF5 image: fills in the first 512 bytes. */
void ds_h5_seal(unsigned char *bytes, size_t n);

/* What the filter fletcher32 of libhdf5 puts behind a chunk, little-endian. */
uint32_t ds_fletcher32(const void *bytes, size_t n);

/* libhdf5 for this thread as we want it: silent, and without plug-ins. */
void ds_h5_quiet(void);

/* An HDF5 file that lives in memory. While it is written, `bytes` is libhdf5's; closing the
 * file leaves the finished image here, the caller's to free. */
struct ds_h5_image {
    unsigned char *bytes;
    size_t room;  /* allocated */
    bool starved; /* more memory was wanted and not given */
};

/* A new file, its memory growing in steps of `step` bytes. Negative on failure. */
hid_t ds_h5_image_create(struct ds_h5_image *image, size_t step);

/* The length of a finished image, or 0 when it is not sound. */
size_t ds_h5_image_length(const struct ds_h5_image *image);

/* Opens bytes for reading without copying them; they must outlive the file. */
hid_t ds_h5_image_open(const unsigned char *bytes, size_t n);

/* A new type id for array elements as stored; negative on failure or for a type that is
 * not written (DS_BF16, DS_I8, DS_I16). */
hid_t ds_h5_type(enum ds_type type);

/* A new id of variable-length UTF-8 text, or of fixed-length text of `size` > 0 bytes. */
hid_t ds_h5_text_type(size_t size);

/* Whether notes of this key are fixed-length strings. */
bool ds_h5_fixed_key(const char *key);

/* Whether the key is an attribute that HDF5's dimension scales use for themselves. */
bool ds_h5_reserved_key(const char *key);

/* Writes notes onto an open object, sorted by key. */
int ds_h5_notes_write(hid_t object, const struct ds_notes *notes, const char *name,
                      struct ds_err *err);

/* Where the header of an array is in the file; or of the scale of one of its dimensions. */
struct ds_h5_place {
    haddr_t at;
    int array, dim; /* index in the bundle; -1: the array itself */
};

/* What reading knows while it walks. */
struct ds_h5_reader {
    struct ds_bundle *b;
    const char *file;
    struct ds_err *err;
    size_t size;                /* of the file */
    size_t stored, text, whole; /* bytes so far: in the file, of text, in memory */
    struct ds_h5_place *place;
    int places, room;
};

int ds_h5_note_place(struct ds_h5_reader *r, haddr_t at, int array, int dim);

/* One attribute: a note, or part of a dimension scale. `name` is the object's, "" the root.
 * `a` is its array, NULL on groups; `is_scale` says the object is a dimension scale. */
int ds_h5_attribute_read(struct ds_h5_reader *r, hid_t object, const char *key,
                         const char *name, struct ds_array *a, bool is_scale);

/* The data of an open dataset as a new array of the bundle. */
int ds_h5_array_read(struct ds_h5_reader *r, hid_t set, const char *name);

/* Counts text that was read; more text than the file has bytes is refused. */
int ds_h5_count_text(struct ds_h5_reader *r, size_t n, const char *name);

#endif
