/* data/store/h5.h -- bundles as HDF5. Public header.
 *
 * libhdf5 never touches a file of ours: it builds its image in memory, and reads one from
 * memory after length and checksum of the whole were found right. A file is
 *
 *     0     8   magic "driftsc\n"
 *     8     2   format, major (little-endian, as all numbers here)
 *     10    2   format, minor
 *     12    4   CRC-32C of the whole file with these four bytes as zeros
 *     16    8   length of the whole file
 *     24    488 zeros
 *     512       HDF5, latest format of libhdf5 1.10
 *
 * The first 512 bytes are a user block to HDF5, so h5py, h5dump, HDFView and h5web open the
 * file as it is. Names with '/' are in groups. Every array that is neither empty nor a scalar
 * is one chunk with a checksum of its own (fletcher32). Equal bundles, whatever the order of
 * their arrays and notes, give equal bytes (same libhdf5). Reading gives arrays in the order
 * of their names.
 *
 * Reading takes: hard links, groups, and arrays of the types of bundle.h that are stored in
 * the file itself, unfiltered or with fletcher32, shuffle, deflate; everything else that
 * HDF5 can hold (links elsewhere, external and virtual storage, other filters, other types)
 * is refused by name. The checksum finds every accident, but anybody can compute it: whoever
 * builds a file to break libhdf5 1.10 crashes the process that reads it. So ds_bundle_load
 * lets a child read where the program asked for that (h5_worker.h; driftscope does);
 * ds_h5_decode always reads here. DS_BF16 has no HDF5 type and is refused when writing.
 *
 * Notes keep the key rules of names. CLASS, IMAGE_* , INTERLACE_MODE are fixed-length strings,
 * as the HDF5 Image specification wants them; all other texts are variable-length UTF-8. */
#ifndef DS_DATA_STORE_H5_H
#define DS_DATA_STORE_H5_H

#include <stddef.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

enum { DS_STORE_MAJOR = 1, DS_STORE_MINOR = 0 };

/* Fresh memory; free it. DS_DATA when the bundle cannot be HDF5, DS_NOMEM, DS_INTERNAL. */
int ds_h5_encode(unsigned char **bytes, size_t *n, const struct ds_bundle *b,
                 struct ds_err *err);

/* Length, checksum and version, without looking further. `file` begins the sentence. */
int ds_h5_verify(const unsigned char *bytes, size_t n, const char *file, struct ds_err *err);

/* Verifies, then fills an empty bundle; on failure it is empty again. The bytes are only
 * read. DS_DATA, DS_NOMEM. */
int ds_h5_decode(struct ds_bundle *b, const unsigned char *bytes, size_t n, const char *file,
                 struct ds_err *err);

/* Encodes, publishes (file.h) and reads back; loads an empty bundle, through a child where one
 * is in use. Files of more than 8 GiB are refused. */
int ds_bundle_save(const struct ds_bundle *b, const char *path, struct ds_err *err);
int ds_bundle_load(struct ds_bundle *b, const char *path, struct ds_err *err);

#endif
