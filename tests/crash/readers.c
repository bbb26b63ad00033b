/* tests/crash/readers.c -- a run is read again and again while it is written, killed and
 * resumed: by the viewer's model, as a record, and checkpoint by checkpoint.
 *
 * What a reader sees must be what the undisturbed run had, up to the task it says was reached;
 * what it names must be there. The writer never waits for a reader, and ends alike.
 * usage: crash_readers PROGRAM SHIM READS [SEED] */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/store/h5.h"
#include "data/store/record.h"
#include "data/store/run.h"
#include "tests/crash/trial.h"
#include "viz/viewer/subject.h"

/* Trains to the end with kills in between; never returns. */
_Noreturn static void write_run(const struct trial *t, const char *run, uint64_t seed)
{
    for (int left = 3; left > 0; left--) {
        const pid_t pid = trial_train(t, run, "arcl", NULL, 0);

        usleep(100000 + trial_random(&seed, 200000));
        kill(pid, SIGKILL);
        if (trial_wait(pid) == 0)
            break;
    }
    trial_good(t, trial_train(t, run, "arcl", NULL, 0));
    _exit(0);
}

static void same(const void *a, const void *b, size_t bytes, const char *what)
{
    if (memcmp(a, b, bytes))
        trial_fail("a reader saw other %s than were written", what);
}

/* r, read from a run that is written, is the beginning of `whole`. */
static void check_record(const struct ds_record *r, const struct ds_record *whole)
{
    const size_t done = (size_t)r->done, tasks = (size_t)r->tasks;
    const size_t maps = (size_t)r->images * (size_t)r->layers * (size_t)r->patches;

    if (r->done < 1 || r->done > whole->done || r->steps > whole->steps ||
        r->tasks != whole->tasks)
        trial_fail("a reader saw %d checkpoints and %d steps", r->done, r->steps);
    same(r->rollout, whole->rollout, done * maps * sizeof *r->rollout, "maps");
    same(r->predicted, whole->predicted, done * (size_t)r->images * sizeof *r->predicted,
         "answers");
    same(r->correct_class, whole->correct_class, (done - 1) * tasks * sizeof *r->correct_class,
         "counts");
    same(r->loss, whole->loss, (size_t)r->steps * sizeof *r->loss, "losses");
}

/* What the record names is there and whole. */
static void check_checkpoint(const char *run, const struct ds_record *r, int m)
{
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX];
    struct ds_err err;

    snprintf(path, sizeof path, "%.900s/checkpoints/%.63s", run, r->checkpoint[m]);
    if (ds_bundle_load(&b, path, &err))
        trial_fail("a reader met: %s", err.text);
    ds_bundle_clear(&b);
}

/* Every step checkpoint in a listing loads, or is gone from the next one. */
static void check_steps(const char *run)
{
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX];
    struct ds_run r;
    struct ds_err err;
    long *steps;
    int count;

    if (ds_run_read(&r, run, &err) || ds_run_steps(&r, &steps, &count, &err))
        trial_fail("a reader met: %s", err.text);
    for (int i = 0; i < count; i++) {
        ds_run_step_path(path, &r, steps[i]);
        if (ds_bundle_load(&b, path, &err) && (err.code != DS_NOINPUT || !access(path, F_OK)))
            trial_fail("a reader met: %s", err.text);
        ds_bundle_clear(&b);
    }
    free(steps);
}

/* One look at the run; 0 when it has no checkpoint yet. */
static int look(const char *run, const struct ds_record *whole, long turn)
{
    struct ds_subject *s;
    struct ds_err err;

    if (ds_subject_open(&s, run, &err)) {
        if (err.code == DS_NOINPUT || strstr(err.text, "no checkpoint has been reached yet"))
            return 0;
        trial_fail("a reader met: %s", err.text);
    }
    check_record(&s->record, whole);
    if (turn % 3 == 1)
        check_checkpoint(run, &s->record, (int)(turn % s->record.done));
    if (turn % 3 == 2)
        check_steps(run);
    ds_subject_free(s);
    return 1;
}

int main(int argc, char **argv)
{
    const long wanted = argc > 3 ? strtol(argv[3], NULL, 10) : 1000;
    const uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    struct ds_record whole = {0};
    char first[TRIAL_PATH], run[TRIAL_PATH], record[TRIAL_PATH + 16];
    long reads = 0, runs = 0;
    struct trial t;
    struct ds_err err;

    if (argc < 4)
        trial_fail("usage: crash_readers PROGRAM SHIM READS [SEED]");
    trial_begin(&t, argv[1], argv[2]);
    snprintf(first, sizeof first, "%s", trial_path(&t, "whole"));
    snprintf(run, sizeof run, "%s", trial_path(&t, "read"));
    trial_good(&t, trial_train(&t, first, "arcl", NULL, 0));
    snprintf(record, sizeof record, "%s/run.h5", first);
    if (ds_record_load(&whole, record, &err))
        trial_fail("%s", err.text);
    for (; reads < wanted; runs++) {
        const pid_t writer = fork();
        int status = 0, seen = 0;

        if (writer == 0)
            write_run(&t, run, seed + (uint64_t)runs);
        while (!waitpid(writer, &status, WNOHANG)) {
            const int now = look(run, &whole, reads);

            if (seen && !now)
                trial_fail("a run that was read before could not be read");
            seen = now;
            reads += now;
        }
        if (status)
            trial_fail("the writer ended with %d", status);
        trial_alike(first, run);
        trial_remove(run);
    }
    ds_record_clear(&whole);
    printf("%ld reads of %ld runs while they were written and killed: every one consistent\n",
           reads, runs);
    return 0;
}
