/* tests/crash/kill.c -- kill -9 at random moments and inside saves, resume each time: the runs
 * end byte-identical to ones that nobody disturbed.
 * usage: crash_kill PROGRAM SHIM KILLS [SEED] */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/crash/log.h"
#include "tests/crash/trial.h"

/* Methods with different states to lose: masks, a buffer of pictures, a Fisher matrix,
 * adapters. */
static const char *const method[] = {"arcl", "derpp --buffer 12", "ewc", "lora --lora-rank 2"};
enum { METHODS = sizeof method / sizeof *method };

struct count {
    long kills, inside, runs, ended; /* ended: a process that was finished before its kill */
};

/* One undisturbed run: how many calls it makes, and how long it takes. */
static void undisturbed(const struct trial *t, const char *run, const char *how, long *calls,
                        double *span)
{
    const char *log = trial_path(t, "log");
    const double begun = trial_now();
    struct log l;

    unlink(log);
    trial_good(t, trial_train(t, run, how, log, 0));
    *span = trial_now() - begun;
    log_read(&l, log);
    *calls = l.count;
    log_clear(&l);
    if (*calls < 50)
        trial_fail("the shim saw %ld calls only", *calls);
}

/* One process, killed at a call of a save or at a moment; 0 when it had ended before. */
static int disturb(const struct trial *t, const char *run, const char *how, long calls,
                   double span, uint64_t *state, struct count *n)
{
    const long at = trial_random(state, 2) ? 1 + (long)trial_random(state, (uint32_t)calls) : 0;
    const pid_t pid = trial_train(t, run, how, NULL, at);
    int end;

    if (!at) {
        usleep(trial_random(state, (uint32_t)(span * 1e6) + 1));
        kill(pid, SIGKILL);
    }
    end = trial_wait(pid);
    if (end != -SIGKILL && end != 0)
        trial_fail("seed %ld: the program ended with %d", n->runs, end);
    n->kills += end != 0;
    n->inside += end != 0 && at;
    n->ended += end == 0;
    return end != 0;
}

int main(int argc, char **argv)
{
    const long wanted = argc > 3 ? strtol(argv[3], NULL, 10) : 20;
    uint64_t state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    struct count n = {0};
    struct trial t;
    char name[64], run[TRIAL_PATH], whole[METHODS][TRIAL_PATH];
    long calls[METHODS];
    double span[METHODS];

    if (argc < 4)
        trial_fail("usage: crash_kill PROGRAM SHIM KILLS [SEED]");
    trial_begin(&t, argv[1], argv[2]);
    for (int m = 0; m < METHODS; m++) {
        snprintf(name, sizeof name, "whole%d", m);
        snprintf(whole[m], sizeof whole[m], "%s", trial_path(&t, name));
        undisturbed(&t, whole[m], method[m], &calls[m], &span[m]);
    }
    snprintf(run, sizeof run, "%s", trial_path(&t, "killed"));
    for (; n.kills < wanted; n.runs++) {
        const int m = (int)(n.runs % METHODS);
        char record[TRIAL_PATH + 16];

        snprintf(record, sizeof record, "%s/run.h5", run);
        while (n.kills < wanted && disturb(&t, run, method[m], calls[m], span[m], &state, &n))
            if (!access(record, F_OK))
                trial_newest(run);
        trial_good(&t, trial_train(&t, run, method[m], NULL, 0));
        trial_alike(whole[m], run);
        trial_remove(run);
    }
    if (4 * n.inside < n.kills)
        trial_fail("only %ld of %ld kills were inside a save", n.inside, n.kills);
    printf(
        "%ld kills (%ld inside a save) in %ld runs of %d methods: every end byte-identical\n",
        n.kills, n.inside, n.runs, METHODS);
    return 0;
}
