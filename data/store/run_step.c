/* data/store/run_step.c -- the step checkpoints of a run: find, pass over, prune. See run.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/store/file.h"
#include "data/store/h5.h"
#include "data/store/run_int.h"

/* The step of "step_000000420.h5" exactly as ds_run_step_path writes it, or -1. */
static long step_of(const char *name)
{
    char again[48];
    long step;

    if (strncmp(name, "step_", 5) || strspn(name + 5, "0123456789") > 18)
        return -1;
    step = strtol(name + 5, NULL, 10);
    snprintf(again, sizeof again, "step_%09ld.h5", step);
    return strcmp(name, again) ? -1 : step;
}

static int newest_first(const void *a, const void *b)
{
    const long x = *(const long *)a, y = *(const long *)b;

    return x > y ? -1 : x < y;
}

int ds_run_steps(const struct ds_run *run, long **steps, int *count, struct ds_err *err)
{
    char folder[DS_RUN_PATH_MAX];
    struct dirent *entry;
    long *found = NULL;
    int n = 0, code = 0;
    DIR *dir;

    snprintf(folder, sizeof folder, "%s/checkpoints", run->path);
    if (!(dir = opendir(folder)))
        return ds_folder_unlisted(folder, err);
    while (!code && (entry = ds_folder_next(dir))) {
        const long step = step_of(entry->d_name);
        long *grown;

        if (step < 0)
            continue;
        if ((grown = realloc(found, ((size_t)n + 1) * sizeof *grown))) {
            found = grown;
            found[n++] = step;
        } else {
            code = ds_fail(err, DS_NOMEM, "out of memory");
        }
    }
    if (!code && errno)
        code = ds_folder_unlisted(folder, err);
    closedir(dir);
    if (code) {
        free(found);
        return code;
    }
    if (n)
        qsort(found, (size_t)n, sizeof *found, newest_first);
    *steps = found;
    *count = n;
    return 0;
}

static void add_note(char *notes, size_t size, const char *sentence)
{
    const size_t used = strlen(notes);

    if (used + 1 < size)
        snprintf(notes + used, size - used, "%spassed over %s", used ? "\n" : "", sentence);
}

int ds_run_newest_step(const struct ds_run *run, struct ds_bundle *b, long *step, char *notes,
                       size_t size, struct ds_err *err)
{
    char path[DS_RUN_PATH_MAX];
    struct ds_err newest = {.code = DS_OK};
    long *steps = NULL;
    int count, code;

    if (size)
        *notes = '\0';
    if ((code = ds_run_steps(run, &steps, &count, err)))
        return code;
    code = DS_NOINPUT;
    for (int i = 0; i < count && code && code != DS_NOMEM; i++) {
        ds_run_step_path(path, run, *step = steps[i]);
        if ((code = ds_bundle_load(b, path, err)) && size)
            add_note(notes, size, err->text);
        if (!i)
            newest = *err;
    }
    free(steps);
    if (count == 0)
        return ds_fail(err, DS_NOINPUT, "%s: there is no step checkpoint", run->path);
    /* Of a disk that cannot be read nothing is known; DS_NOINPUT would mean a run not begun. */
    if (code && code != DS_NOMEM)
        return ds_fail(err, newest.code == DS_DATA ? DS_DATA : DS_IO,
                       "%s: none of its %d step checkpoints is whole; %s", run->path, count,
                       newest.text);
    return code;
}

void ds_run_note_whole(struct ds_run *run, const struct ds_file_state *state)
{
    run->whole[run->wholes++ % DS_RUN_WHOLE] = *state;
}

static bool is_known(const struct ds_run *run, const struct ds_file_state *state)
{
    for (int i = 0; i < DS_RUN_WHOLE && i < run->wholes; i++)
        if (!memcmp(&run->whole[i], state, sizeof *state))
            return true;
    return false;
}

static bool is_whole(struct ds_run *run, const char *path)
{
    struct ds_file_state state;
    unsigned char *bytes = NULL;
    struct ds_err ignored;
    bool whole = false;
    size_t n;

    if (!ds_file_state(&state, path))
        return false;
    if (is_known(run, &state))
        return true;
    if (!ds_file_read(&bytes, &n, path, SIZE_MAX / 2, &ignored))
        whole = !ds_h5_verify(bytes, n, path, &ignored);
    free(bytes);
    if (whole)
        ds_run_note_whole(run, &state);
    return whole;
}

int ds_run_keep_steps(struct ds_run *run, int keep, struct ds_err *err)
{
    char path[DS_RUN_PATH_MAX];
    long *steps = NULL;
    int count, whole = 0, code;

    if ((code = ds_run_steps(run, &steps, &count, err)))
        return code;
    for (int i = 0; i < count && !code; i++) {
        ds_run_step_path(path, run, steps[i]);
        if (whole < keep)
            whole += is_whole(run, path);
        else if (unlink(path) && errno != ENOENT)
            code = ds_fail(err, DS_IO, "%s: cannot be removed (%s)", path, strerror(errno));
    }
    free(steps);
    return code;
}

int ds_run_drop_steps(struct ds_run *run, struct ds_err *err)
{
    return ds_run_keep_steps(run, 0, err);
}
