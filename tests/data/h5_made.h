/* tests/data/h5_made.h -- HDF5 files built with libhdf5 itself and sealed like ours, for tests
 * of what strangers may have in theirs. */
#ifndef DS_TESTS_DATA_H5_MADE_H
#define DS_TESTS_DATA_H5_MADE_H

#include "store_help.h"

#define H5_USE_110_API
#include <hdf5.h>

#include "data/store/h5.h"
#include "tests/data/seal.h"

/* Makes whatever it likes in a fresh file. */
typedef void maker(hid_t file);

/* Changes its bytes afterwards; of files in the old format, whose structure has no checksums.
 */
typedef void patcher(unsigned char *bytes, size_t n);

/* A file like ours around what the maker made, read. */
static inline int read_patched(maker *make, patcher *patch, struct ds_bundle *b,
                               struct ds_err *err)
{
    const char *path = in_folder("made.h5");
    const hid_t create = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS);
    unsigned char *bytes;
    struct stat is;
    hid_t file;
    size_t n;

    H5Pset_userblock(create, 512);
    if (!patch)
        H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    file = H5Fcreate(path, H5F_ACC_TRUNC, create, access);
    assert_true(file >= 0);
    make(file);
    H5Pclose(create);
    H5Pclose(access);
    assert_true(H5Fclose(file) >= 0);
    assert_int_equal(stat(path, &is), 0);
    n = (size_t)is.st_size;
    assert_non_null(bytes = malloc(n));
    assert_int_equal(read_file(path, bytes, n), n);
    if (patch)
        patch(bytes, n);
    seal(bytes, n);
    write_file(path, bytes, n);
    free(bytes);
    return ds_bundle_load(b, path, err);
}

static inline int read_made(maker *make, struct ds_bundle *b, struct ds_err *err)
{
    return read_patched(make, NULL, b, err);
}

static inline hid_t add_set(hid_t file, const char *name, hid_t type, int rank,
                            const hsize_t *dims, hid_t how)
{
    const hid_t space = H5Screate_simple(rank, dims, NULL);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, how, H5P_DEFAULT);

    assert_true(set >= 0);
    H5Sclose(space);
    return set;
}

static inline hid_t chunked(hsize_t chunk)
{
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(how, 1, &chunk);
    return how;
}

static inline void add_attribute(hid_t object, const char *key, hid_t type, int rank, hsize_t n,
                                 const void *value)
{
    const hid_t space = rank ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR);
    const hid_t a = H5Acreate2(object, key, type, space, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(a >= 0);
    if (value)
        H5Awrite(a, type, value);
    H5Aclose(a);
    H5Sclose(space);
}

#endif
