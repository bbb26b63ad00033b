/* tests/fuzz/fuzz_h5.c -- damaged HDF5 files of ours, each read twice.
 *
 * As it is: then the checksum says no, or nothing was changed. And with length and checksum
 * made right, as a stranger would: by a child with its limits, because libhdf5 itself may
 * crash. That is no finding. Findings are a parent that crashes, waits, or believes what cannot
 * be. */
#define _POSIX_C_SOURCE 200809L
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
            if (a->scales[d] && !ds_bundle_lookup(b, a->scales[d]))
                abort();
    }
}

static void judge(int code, const struct ds_err *err, struct ds_bundle *b)
{
    if (!code)
        look_at(b);
    else if (code != (int)err->code || !err->text[0] || strchr(err->text, '\n') || b->count)
        abort(); /* a refusal is one sentence, has a code, and leaves nothing */
    ds_bundle_clear(b);
}

/* fork is fine here: this program has one thread, and a start costs more than the reading. */
static void read_in_child(const uint8_t *bytes, size_t n)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    bool cut = false;
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
    judge(ds_pipe_receive(&b, end[0], DS_H5_SPACE(n), path, &cut, &err), &err, &b);
    close(end[0]);
    if (waitpid(child, &status, 0) != child)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    uint8_t *sealed = malloc(n + 1);

    if (!sealed)
        abort();
    judge(ds_h5_decode(&b, bytes, n, "f", &err), &err, &b);
    if (n > 512) {
        memcpy(sealed, bytes, n);
        seal(sealed, n);
        read_in_child(sealed, n);
    }
    free(sealed);
    return 0;
}

/* A bundle with everything, and one as small as a checkpoint can be. */
size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const float numbers[12] = {1, 2, 3};
    struct ds_bundle b = {0};
    struct ds_err err;
    unsigned char *bytes = NULL;
    size_t n = 0;

    if (i > 1)
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
