/* tests/fault/saves.c -- what is saved: a bundle, a record, one just begun, features, a large
 * array and a checkpoint as HDF5, weights as safetensors.
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

#include "core/learn/method.h"
#include "data/protocol/checkpoint.h"
#include "data/store/feature_file.h"
#include "data/store/h5.h"
#include "data/store/record.h"
#include "data/store/safetensors.h"
#include "tests/data/everything.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"
#include "tests/viz/synth.h"

enum { BUNDLE, RECORD, TENSORS, FEATURES, BEGUN, LARGE, CHECKPOINT, KINDS, ROOM = 1 << 22 };

static const char old[] = "a file from before";
static struct ds_record record;
static struct ds_learner *learner;
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
    code = code ? code : ds_record_step(&again, 1, 0.5f, 0, 0, err);
    ds_record_clear(&again);
    return code;
}

/* Nothing has a name yet. */
static int begun(struct ds_err *err)
{
    struct ds_record r = {.tasks = 1,
                          .classes = 1,
                          .layers = 1,
                          .heads = 1,
                          .tokens = 2,
                          .prefix = 1,
                          .patches = 1,
                          .grid_h = 1,
                          .grid_w = 1,
                          .patch = 1,
                          .channels = 1,
                          .height = 1,
                          .width = 1};
    int code = ds_record_alloc(&r, err);

    code = code ? code : ds_record_retain(&r, err);
    code = code ? code : ds_record_retain(&r, err); /* it has it already */
    code = code ? code : ds_record_step(&r, 1, 0.5f, 0, 0, err);
    code = code ? code : ds_record_save(&r, path, err);
    ds_record_clear(&r);
    return code;
}

/* One that is written past the page cache, in huge pages. */
static int large(struct ds_err *err)
{
    struct ds_bundle b = {0};
    int code = ds_bundle_add(&b, "zeros", DS_U8, 1, (const int64_t[]){3 << 20}, NULL, err)
                   ? ds_bundle_save(&b, path, err)
                   : (int)err->code;

    ds_bundle_clear(&b);
    return code;
}

static int tensors(struct ds_err *err)
{
    static const float f[6] = {1, 2, 3, 4, 5, 6};
    static const uint8_t t = 1;
    struct ds_bundle b = {0}, again = {0};
    struct ds_notes *notes = ds_bundle_notes(&b, "", err);
    struct ds_array *a = NULL;
    int code = notes && !ds_note_text(notes, "format", "pt", err) &&
                       ds_bundle_floats(&b, "w", f, 2, (const int64_t[]){2, 3}, NULL, err) &&
                       (a = ds_bundle_add(&b, "t", DS_U8, 0, NULL, &t, err)) &&
                       !ds_note_text(&a->notes, "dtype", "BOOL", err)
                   ? ds_safetensors_save(&b, path, err)
                   : (int)err->code;

    ds_bundle_clear(&b);
    code = code ? code : ds_safetensors_load(&again, path, err);
    ds_bundle_clear(&again);
    return code;
}

/* The older file is none of features, and replaced. */
static int features(struct ds_err *err)
{
    static const float f[4] = {1, 2, 3, 4};
    struct ds_feature_row row[] = {{7, f}, {3, f + 2}};
    struct ds_feature_file again = {0};
    int code = ds_feature_file_add(path, 11, 2, row, 2, err);

    code = code ? code : ds_feature_file_load(&again, path, 11, 2, err);
    ds_feature_file_clear(&again);
    return code;
}

/* Of a task in progress, into the learner that it came from. */
static int checkpoint(struct ds_err *err)
{
    struct ds_bundle b = {0}, again = {0};
    int code = ds_checkpoint_pack(&b, learner, "step", "[train]\n", true, err);

    code = code ? code : ds_bundle_save(&b, path, err);
    code = code ? code : ds_bundle_load(&again, path, err);
    code = code ? code : ds_checkpoint_unpack(learner, &again, path, true, err);
    ds_bundle_clear(&b);
    ds_bundle_clear(&again);
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
    static int (*const save[KINDS])(struct ds_err *) = {
        [BUNDLE] = bundle,        [RECORD] = of_record, [TENSORS] = tensors,
        [FEATURES] = features,    [BEGUN] = begun,      [LARGE] = large,
        [CHECKPOINT] = checkpoint};
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

static void open_learner(void)
{
    static const int class_task[] = {0, 1};
    const struct ds_vit_shape s = {.height = 2,
                                   .width = 2,
                                   .channels = 1,
                                   .patch = 2,
                                   .dim = 2,
                                   .depth = 1,
                                   .heads = 1,
                                   .hidden = 2,
                                   .classes = 2,
                                   .cls = true,
                                   .embed_prefix = true,
                                   .eps = 1e-6};
    const struct ds_learner_opt o = {.method = ds_method_lookup("finetune"),
                                     .trainable = "all",
                                     .batch = 2,
                                     .optim = {DS_ADAM, 0.9, 0.999, 1e-8, 0.9, false},
                                     .schedule = {.kind = DS_SCHEDULE_CONSTANT, .gamma = 0.1},
                                     .rate = 0.05,
                                     .trunk_scale = 1,
                                     .temperature = 1,
                                     .retain = {.clamp = 10},
                                     .tasks = 2,
                                     .class_task = class_task,
                                     .seed = 3};
    struct ds_err err = {0};

    if (ds_learner_open(&learner, &s, &o, NULL, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
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
    if (i == RECORD && !record.tasks) {
        if (synth_fill(&record, &want, &err) ||
            !(record.domain_name = calloc(2, sizeof *record.domain_name)))
            abort();
        record.domain_name[0] = strdup("photo"); /* the other has none */
    }
    if (i == CHECKPOINT && !learner)
        open_learner();
    out[0] = (uint8_t)i;
    return 1;
}
