/* tests/fault/saves.c -- what is saved: a bundle and a record as HDF5, weights as safetensors.
 *
 * A target for tests/fuzz/failing.c, with one byte for input: which of them. Each is written
 * over an older file and read again. Whatever fails, the file is the old one or a whole new
 * one, the same to the byte every time, and nothing else is left in the folder. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "data/store/h5.h"
#include "data/store/record.h"
#include "data/store/safetensors.h"
#include "tests/data/everything.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/viz/synth.h"

enum { BUNDLE, RECORD, TENSORS, KINDS, ROOM = 1 << 21 };

static const char old[] = "a file from before";
static struct ds_record record;
static char path[1024];
static struct {
    unsigned char bytes[ROOM];
    size_t n;
} now, sound[KINDS];

static int bundle(struct ds_err *err)
{
    struct ds_bundle b = {0}, again = {0};
    int code = add_everything(&b, err) ? (int)err->code : ds_bundle_save(&b, path, err);

    ds_bundle_clear(&b);
    code = code ? code : ds_bundle_load(&again, path, err);
    ds_bundle_clear(&again);
    return code;
}

static int of_record(struct ds_err *err)
{
    struct ds_record again = {0};
    int code = ds_record_save(&record, path, err);

    code = code ? code : ds_record_load(&again, path, err);
    ds_record_clear(&again);
    return code;
}

static int tensors(struct ds_err *err)
{
    static const float f[6] = {1, 2, 3, 4, 5, 6};
    struct ds_bundle b = {0};
    struct ds_notes *notes = ds_bundle_notes(&b, "", err);
    int code = notes && !ds_note_text(notes, "format", "pt", err) &&
                       ds_bundle_floats(&b, "w", f, 2, (const int64_t[]){2, 3}, NULL, err)
                   ? ds_safetensors_save(&b, path, err)
                   : (int)err->code;

    ds_bundle_clear(&b);
    return code;
}

/* By calls that do not fail here. */
static void read_back(void)
{
    const struct iovec all = {now.bytes, ROOM};
    const int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : readv(fd, &all, 1);
    char pattern[1024];
    glob_t left;

    if (n < 0 || dup2(STDERR_FILENO, fd) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC))
        abort();
    now.n = (size_t)n;
    snprintf(pattern, sizeof pattern, "%s/.driftscope-*", ds_fuzz_folder());
    if (glob(pattern, 0, NULL, &left) != GLOB_NOMATCH)
        abort(); /* a temporary file is left */
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static int (*const save[KINDS])(struct ds_err *) = {bundle, of_record, tensors};
    const int kind = n ? bytes[0] % KINDS : 0;
    struct ds_err err = {0};

    snprintf(path, sizeof path, "%s/file", ds_fuzz_folder());
    ds_fuzz_put("file", old, sizeof old);
    if (save[kind](&err))
        ds_fuzz_refused(&err);
    read_back();
    if (!sound[kind].n)
        sound[kind] = now;
    if ((now.n != sizeof old || memcmp(now.bytes, old, now.n)) &&
        (now.n != sound[kind].n || memcmp(now.bytes, sound[kind].bytes, now.n)))
        abort(); /* neither the old file nor the new one */
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    const struct synth want = {.method = "arcl",
                               .tasks = 2,
                               .learned = 2,
                               .per_task = 2,
                               .grid_h = 3,
                               .grid_w = 3,
                               .patch = 2,
                               .layers = 2,
                               .per_class = 2,
                               .mask = true,
                               .drift = 0.1,
                               .seed = 3,
                               .config = "[train]\nepochs = 1\n"};
    struct ds_err err = {0};

    if (i >= KINDS || !room)
        return 0;
    if (i == RECORD && !record.tasks && synth_fill(&record, &want, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    out[0] = (uint8_t)i;
    return 1;
}
