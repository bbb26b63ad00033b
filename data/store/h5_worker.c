/* data/store/h5_worker.c -- the child that reads one HDF5 file. See h5_worker.h. */
#define _POSIX_C_SOURCE 200809L
#include "data/store/h5_worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "data/store/file_int.h"
#include "data/store/h5.h"
#include "data/store/h5_worker_int.h"
#include "data/store/pipe_int.h"

/* Reading the bytes needs no trust in them; what follows does. */
static int read_bundle(struct ds_bundle *b, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    int code =
        ds_file_read_open(&bytes, &n, STDIN_FILENO, path, (size_t)DS_H5_FILE_GIB << 30, err);

    if (code)
        return code;
    if (!(code = ds_h5_limit(n, err)))
        code = ds_h5_decode(b, bytes, n, path, err);
    free(bytes);
    return code;
}

int ds_h5_worker_run(const char *path)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    int lost;

    lost = read_bundle(&b, path, &err) ? ds_pipe_send_failure(STDOUT_FILENO, &err)
                                       : ds_pipe_send(STDOUT_FILENO, &b);
    ds_bundle_clear(&b);
    return lost ? DS_IO : 0;
}
