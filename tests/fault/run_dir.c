/* tests/fault/run_dir.c -- the directory of a run: begun, written to, resumed, read, finished.
 *
 * A target for tests/fuzz/failing.c, with one byte for input: whether there is nothing before
 * it, or what a writer left that was killed at once. Whatever fails, the same command can
 * begin again where nothing was kept, and goes on with the last step that was kept where
 * something was. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/store/h5.h"
#include "data/store/run.h"
#include "tests/fault/fail_int.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

enum { NOTHING, LEFT, KINDS, STEPS = 3 };

static char above[600], path[700];

static int remove_one(const char *name, const struct stat *is, int kind, struct FTW *at)
{
    (void)is;
    (void)kind;
    (void)at;
    return remove(name);
}

/* By calls that do not fail here. */
static void prepare(int kind)
{
    static const char *const below[] = {"checkpoints", "lock", ".driftscope-1-0.tmp",
                                        "checkpoints/.driftscope-1-1.tmp"};
    char name[800];

    snprintf(above, sizeof above, "%s/above", ds_fuzz_folder());
    snprintf(path, sizeof path, "%s/run", above);
    if (kind == NOTHING)
        return;
    mkdirat(AT_FDCWD, above, 0777);
    mkdirat(AT_FDCWD, path, 0777);
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        snprintf(name, sizeof name, "%s/%s", path, below[i]);
        if (i ? creat(name, 0666) < 0 : mkdirat(AT_FDCWD, name, 0777))
            abort();
    }
}

static int save(struct ds_run *run, int step, struct ds_err *err)
{
    char name[DS_RUN_PATH_MAX];
    struct ds_bundle b = {0};
    int code = ds_bundle_ints(&b, "step", &step, 0, NULL, NULL, err) ? 0 : (int)err->code;

    ds_run_step_path(name, run, step);
    code = code ? code : ds_run_save(run, &b, name, err);
    ds_bundle_clear(&b);
    return code;
}

static int load(const struct ds_run *run, long *step, struct ds_err *err)
{
    struct ds_bundle b = {0};
    char notes[512];
    const int code = ds_run_newest_step(run, &b, step, notes, sizeof notes, err);

    if (!code && *(const int *)ds_bundle_lookup(&b, "step")->data != *step)
        abort();
    ds_bundle_clear(&b);
    return code;
}

/* Everything in turn, as far as it goes; the last step that was kept. */
static int everything(int *kept, struct ds_err *err)
{
    struct ds_run run;
    long step = 0;
    int code = ds_run_create(&run, path, err);

    for (int i = 1; i <= STEPS && !code; i++)
        if (!(code = save(&run, i, err)))
            *kept = i;
    code = code ? code : ds_run_keep_steps(&run, 2, err);
    ds_run_close(&run);
    if (code || (code = ds_run_write(&run, path, err)))
        return code;
    if (!(code = load(&run, &step, err))) {
        *kept = 0; /* the run is finished: steps are kept no longer */
        code = ds_run_drop_steps(&run, err);
    }
    ds_run_close(&run);
    return code;
}

/* Nothing fails any more. */
static void go_on(int kept)
{
    struct ds_err err = {0};
    struct ds_run run;
    long step = 0;

    if (!kept && ds_run_create(&run, path, &err) && ds_run_write(&run, path, &err))
        abort(); /* it begins again, or has what was kept but not read back, or was finished */
    if (kept && (ds_run_write(&run, path, &err) || load(&run, &step, &err) || step < kept))
        abort();
    ds_run_close(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_err err = {0};
    int kept = 0;

    prepare(n ? bytes[0] % KINDS : NOTHING);
    if (everything(&kept, &err))
        ds_fuzz_refused(&err);
    fault_over();
    if (err.code)
        go_on(kept);
    nftw(above, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    if (i >= KINDS || !room)
        return 0;
    out[0] = (uint8_t)i;
    return 1;
}
