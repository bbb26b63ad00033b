/* tests/crash/replay.c -- every moment at which a run can stop, one after another.
 *
 * One run is recorded. Its saves must keep their order (temporary file of its own, write,
 * fsync, close, rename, fsync of the folder). Then the disk is made as it is after every call
 * and after every 4096 bytes of every write, and as it may be when a power failure loses any
 * part of what was not synced. Each time the run opens and holds exactly the old or the new
 * state; from some of them it is resumed and must end as the recorded one. usage: crash_replay
 * PROGRAM SHIM LOST-SETS RESUMES [SEED] */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/store/file.h"
#include "tests/crash/log.h"
#include "tests/crash/trial.h"

/* What follows `create` in a save, by kind; the name is that of the temporary file. */
static const enum call_kind order[] = {CALL_CREATE, CALL_WRITE,  CALL_FSYNC,
                                       CALL_CLOSE,  CALL_RENAME, CALL_SYNCDIR};
enum { ORDER = sizeof order / sizeof *order };

/* How many saves; fails at the first call that is out of order. */
static int check_order(const struct log *l)
{
    int saves = 0;

    for (int i = 0; i < l->count; i++) {
        const struct call *first = &l->call[i];

        if (first->kind == CALL_MKDIR || first->kind == CALL_UNLINK ||
            first->kind == CALL_SYNCDIR)
            continue; /* between saves */
        for (int k = 0; k < ORDER; k++, i++) {
            const struct call *c = &l->call[i];
            const char *name = k < ORDER - 1 ? first->name : log_folder(first->name);

            if (i >= l->count || c->kind != order[k] || strcmp(c->name, name) != 0)
                trial_fail("call %d: part %d of save %d is out of order", i + 1, k + 1,
                           saves + 1);
            if (c->kind == CALL_CREATE && (!c->excl || !c->nofollow))
                trial_fail("call %d: '%s' is not opened with O_EXCL | O_NOFOLLOW", i + 1, name);
            if (c->kind == CALL_RENAME && strcmp(log_folder(c->to), log_folder(name)) != 0)
                trial_fail("call %d: '%s' is not beside '%s'", i + 1, name, c->to);
        }
        saves++;
        i--;
    }
    return saves;
}

static long step_of(const char *name)
{
    return strncmp(name, "checkpoints/step_", 17) ? -1 : strtol(name + 17, NULL, 10);
}

/* The renames of the newest step checkpoint that is durable after so many calls, and of the
 * newest begun; -1: none. */
static void newest(const struct log *l, int calls, int *old, int *begun)
{
    *old = *begun = -1;
    for (int i = 0; i < calls; i++)
        if (l->call[i].kind == CALL_RENAME && step_of(l->call[i].to) >= 0) {
            *begun = i;
            if (i + 1 < calls)
                *old = *begun; /* the next call is the fsync of the folder, as the order says */
        }
}

/* Whether the run's newest step checkpoint is the one of that rename, to the byte. */
static bool is_save(const struct log *l, int rename, const char *run, long step)
{
    const struct call *c = rename < 0 ? NULL : &l->call[rename];
    char path[TRIAL_PATH];
    struct ds_err err;

    if (!c || step < 0)
        return !c && step < 0;
    snprintf(path, sizeof path, "%s/%s", run, c->to);
    return step == step_of(c->to) && !ds_file_verify(path, c[-3].bytes, c[-3].n, &err);
}

/* A file under its final name has the bytes of one of the saves of that name. */
static void check_file(const struct log *l, const char *run, const char *name)
{
    char path[TRIAL_PATH];
    struct ds_err err;

    snprintf(path, sizeof path, "%s/%s", run, name);
    for (int i = 0; i < l->count; i++)
        if (l->call[i].kind == CALL_RENAME && !strcmp(l->call[i].to, name) &&
            !ds_file_verify(path, l->call[i - 3].bytes, l->call[i - 3].n, &err))
            return;
    trial_fail("%s: is none of the files that were saved", path);
}

static void check_files(const struct log *l, const char *run, const char *folder)
{
    char path[TRIAL_PATH], name[300];
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof path, "%s/%s", run, folder);
    if (!(dir = opendir(path)))
        trial_fail("%s: cannot be listed", path);
    while ((entry = readdir(dir))) {
        snprintf(name, sizeof name, "%s%s%s", *folder ? folder : "", *folder ? "/" : "",
                 entry->d_name);
        if (strstr(entry->d_name, ".h5"))
            check_file(l, run, name);
        else if (strstr(entry->d_name, ".tmp"))
            trial_fail("%s: a temporary file is left", name);
    }
    closedir(dir);
}

struct count {
    long states, before, resumed; /* before: run.h5 was not there yet */
};

/* The run as it is on disk now, after so many calls. */
static void check(const struct log *l, int calls, const char *run, struct count *n)
{
    int old, begun;
    long found;

    newest(l, calls, &old, &begun);
    found = trial_newest(run); /* opens it as a writer does, and reads run.h5 */
    if (!is_save(l, old, run, found) && !is_save(l, begun, run, found))
        trial_fail("after call %d step %ld is found, neither the old nor the new state", calls,
                   found);
    check_files(l, run, "");
    check_files(l, run, "checkpoints");
    n->states++;
}

static void go_on(const struct trial *t, const char *whole, const char *run, struct count *n)
{
    trial_good(t, trial_train(t, run, "arcl", NULL, 0));
    trial_alike(whole, run);
    n->resumed++;
}

int main(int argc, char **argv)
{
    const int sets = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    const int resumes = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 0;
    uint64_t state = argc > 5 ? strtoull(argv[5], NULL, 10) : 1;
    struct count killed = {0}, lost = {0};
    char whole[TRIAL_PATH], run[TRIAL_PATH];
    struct trial t;
    struct log l;
    int saves, points = 0, every, at = 0;

    if (argc < 5)
        trial_fail("usage: crash_replay PROGRAM SHIM LOST-SETS RESUMES [SEED]");
    trial_begin(&t, argv[1], argv[2]);
    snprintf(whole, sizeof whole, "%s", trial_path(&t, "whole"));
    snprintf(run, sizeof run, "%s", trial_path(&t, "run"));
    trial_good(&t, trial_train(&t, whole, "arcl", trial_path(&t, "log"), 0));
    log_read(&l, trial_path(&t, "log"));
    saves = check_order(&l);
    printf("%d calls, %d saves: every one in order\n", l.count, saves);
    for (int i = 0; i < l.count; i++)
        points += 1 + (int)(l.call[i].n / 4096);
    every = resumes > 0 ? (points + sets) / resumes + 1 : 1 << 30;

    for (int i = 1; i <= l.count; i++) {
        const size_t bytes = i < l.count ? l.call[i].n : 0;

        for (size_t extra = 0; extra < bytes || !extra; extra += 4096) {
            if (!disk_make(&l, i, extra, NULL, run))
                killed.before++;
            else
                check(&l, i, run, &killed);
            if (at++ % every == 0)
                go_on(&t, whole, run, &killed);
        }
    }
    for (int i = 0; i < sets; i++) {
        const int calls = 1 + (int)trial_random(&state, (uint32_t)l.count);
        const size_t bytes = calls < l.count ? l.call[calls].n : 0;

        if (!disk_make(&l, calls, bytes ? trial_random(&state, (uint32_t)bytes) : 0, &state,
                       run))
            lost.before++;
        else
            check(&l, calls, run, &lost);
        if (at++ % every == 0)
            go_on(&t, whole, run, &lost);
    }
    printf("%ld moments of a kill: the old or the new state, every one (%ld before run.h5)\n",
           killed.states + killed.before, killed.before);
    printf("%ld sets of lost writes: the old or the new state, every one (%ld before run.h5)\n",
           lost.states + lost.before, lost.before);
    printf("%ld of them resumed: every end byte-identical\n", killed.resumed + lost.resumed);
    log_clear(&l);
    return 0;
}
