/* data/store/h5_file.c -- bundles in files. See h5.h. */
#include <stdlib.h>

#include "data/store/file.h"
#include "data/store/h5.h"
#include "data/store/h5_worker_int.h"

int ds_bundle_save(const struct ds_bundle *b, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    int code;

    if (ds_h5_encode(&bytes, &n, b, err))
        return ds_while(err, "%s", path);
    if (!(code = ds_file_publish(path, bytes, n, err)))
        code = ds_file_verify(path, bytes, n, err);
    free(bytes);
    return code;
}

int ds_bundle_load(struct ds_bundle *b, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    int code;

    if (ds_h5_worker_used())
        return ds_h5_worker_load(b, path, err);
    if ((code = ds_file_read(&bytes, &n, path, (size_t)DS_H5_FILE_GIB << 30, err)))
        return code;
    code = ds_h5_decode(b, bytes, n, path, err);
    free(bytes);
    return code;
}
