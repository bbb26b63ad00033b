/* tests/fuzz/fuzz_h5.c -- damaged HDF5 files of ours, each read twice.
 *
 * As it is, where the checksum says no. And with length and checksum made right, as a stranger
 * would: by a child with its limits, because libhdf5 itself may
 * crash. That is no finding. Findings are a parent that crashes, waits, or believes what cannot
 * be. */
#define _POSIX_C_SOURCE 200809L
#define H5_USE_110_API
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/store/h5.h"
#include "data/store/h5_worker.h"
#include "data/store/h5_worker_int.h"
#include "data/store/pipe_int.h"
#include "tests/data/everything.h"
#include "tests/data/seal.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

/* What opens is a bundle of which every part can be used. */
static void look_at(const struct ds_bundle *b)
{
    for (int i = 0; i < b->count; i++) {
        const struct ds_array *a = &b->array[i];
        const int64_t count = ds_array_count(a);

        if (ds_bundle_lookup(b, a->name) != a || count < 0 || a->rank > DS_RANK_MAX)
            abort();
        for (int64_t k = 0; a->type == DS_STRING && k < count; k++)
            if (!((char **)a->data)[k])
                abort();
        for (int d = 0; d < a->rank; d++)
            if (ds_array_scale_of(a, d) && !ds_bundle_lookup(b, ds_array_scale_of(a, d)))
                abort();
    }
}

static void judge(int code, const struct ds_err *err, struct ds_bundle *b)
{
    if (!code) {
        look_at(b);
    } else {
        ds_fuzz_refused(err);
        if (code != (int)err->code || b->count)
            abort(); /* a refusal leaves nothing */
    }
    ds_bundle_clear(b);
}

/* fork is fine here: this program has one thread, and a start costs more than the reading. */
static void read_in_child(const uint8_t *bytes, size_t n)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    const struct ds_pipe_limits limits = {DS_H5_SPACE(n), INT64_MAX};
    enum ds_pipe_end how;
    char path[1024];
    int end[2], status;
    pid_t child;

    snprintf(path, sizeof path, "%s/file.h5", ds_fuzz_folder());
    ds_fuzz_put("file.h5", bytes, n);
    if (pipe(end) || (child = fork()) < 0)
        abort();
    if (!child) {
        if (!freopen(path, "rb", stdin) || dup2(end[1], STDOUT_FILENO) < 0)
            _exit(1);
        close(end[0]);
        close(end[1]);
        _exit(ds_h5_worker_run(path));
    }
    close(end[1]);
    judge(ds_pipe_receive(&b, end[0], &limits, path, &how, &err), &err, &b);
    close(end[0]);
    if (waitpid(child, &status, 0) != child)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    uint8_t *sealed = ds_fuzz_take(n + 1);

    if (ds_h5_verify(bytes, n, "f", &err))
        judge(ds_h5_decode(&b, bytes, n, "f", &err), &err, &b);
    if (n > 512) {
        memcpy(sealed, bytes, n);
        seal(sealed, n);
        read_in_child(sealed, n);
    }
    free(sealed);
    return 0;
}

/* A file in the oldest format of libhdf5, whose structure has no checksums of its own: there
 * every mutation reaches the library. */
static size_t old_format(uint8_t *out, size_t room)
{
    static const float numbers[12] = {1, 2, 3};
    static const char *const text = "a text";
    const hsize_t dims[] = {3, 4}, chunk[] = {2, 2};
    const hid_t create = H5Pcreate(H5P_FILE_CREATE), how = H5Pcreate(H5P_DATASET_CREATE),
                space = H5Screate_simple(2, dims, NULL), scalar = H5Screate(H5S_SCALAR),
                words = H5Tcopy(H5T_C_S1);
    hid_t file, group, set, note;
    char path[1024];
    size_t n;
    FILE *f;

    snprintf(path, sizeof path, "%s/old.h5", ds_fuzz_folder());
    H5Tset_size(words, H5T_VARIABLE);
    H5Tset_cset(words, H5T_CSET_UTF8);
    H5Pset_userblock(create, 512);
    H5Pset_chunk(how, 2, chunk);
    H5Pset_shuffle(how);
    H5Pset_deflate(how, 6);
    file = H5Fcreate(path, H5F_ACC_TRUNC, create, H5P_DEFAULT);
    group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    set = H5Dcreate2(group, "w", H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT);
    note = H5Acreate2(set, "units", words, scalar, H5P_DEFAULT, H5P_DEFAULT);
    if (H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) < 0 ||
        H5Awrite(note, words, &text) < 0 || H5Aclose(note) < 0 || H5Dclose(set) < 0 ||
        H5Gclose(group) < 0)
        abort();
    set = H5Dcreate2(file, "flat", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) < 0 ||
        H5Dclose(set) < 0 || H5Fclose(file) < 0 || !(f = fopen(path, "rb")))
        abort();
    H5Pclose(create);
    H5Pclose(how);
    H5Sclose(space);
    H5Sclose(scalar);
    H5Tclose(words);
    n = fread(out, 1, room, f);
    fclose(f);
    seal(out, n);
    return n;
}

/* A bundle with everything, one as small as a checkpoint can be, and one of a stranger. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const float numbers[12] = {1, 2, 3};
    struct ds_bundle b = {0};
    struct ds_err err;
    unsigned char *bytes = NULL;
    size_t n = 0;

    if (i == 2)
        return old_format(out, room);
    if (i > 2)
        return 0;
    if (i ? !ds_bundle_floats(&b, "model/w", numbers, 2, (const int64_t[]){3, 4}, NULL, &err)
          : add_everything(&b, &err))
        abort();
    if (ds_h5_encode(&bytes, &n, &b, &err) || n > room)
        abort();
    memcpy(out, bytes, n);
    free(bytes);
    ds_bundle_clear(&b);
    return n;
}
