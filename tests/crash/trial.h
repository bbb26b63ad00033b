/* tests/crash/trial.h -- what the crash tests share: a run as small as can be, the program as a
 * child process, and whether two runs ended alike. A difference ends the test with one
 * sentence. */
#ifndef DS_TESTS_CRASH_TRIAL_H
#define DS_TESTS_CRASH_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TRIAL_PATH = 1000 };

struct trial {
    const char *program, *shim;
    char folder[512]; /* removed at the end of the process */
};

/* "FAIL: ..." on stdout; ends the process with 1. */
_Noreturn void trial_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The data set: 8 x 8 pictures of four classes, idx files in a folder that is there. */
void trial_toy(const char *folder);

/* A folder under TMPDIR (or /dev/shm, or /tmp) with that data set in it. */
void trial_begin(struct trial *t, const char *program, const char *shim);

/* FOLDER/name; a static buffer each for the last eight. */
const char *trial_path(const struct trial *t, const char *name);

/* Starts `driftscope train`: --out run where it did not begin yet, else --resume. method is
 * the value of --method with options behind it. With `log` or `at` > 0 the shim is preloaded
 * (see shim.c). What it says goes to FOLDER/said. */
pid_t trial_train(const struct trial *t, const char *run, const char *method, const char *log,
                  long at);

/* Waits: its exit code, or minus the signal that ended it. */
int trial_wait(pid_t pid);

/* Fails with what the program said unless its end was 0. */
void trial_good(const struct trial *t, pid_t pid);

/* Ends alike: the same task checkpoints, the same newest step checkpoint, byte by byte, and the
 * same run.h5 but for wall times and the name of the run. */
void trial_alike(const char *whole, const char *run);

/* What resuming needs is there and whole: the newest step checkpoint, -1 when there is none
 * yet; fails when a published one is damaged, or when run.h5 is not whole. */
long trial_newest(const char *run);

void trial_remove(const char *path); /* a folder with everything in it */
double trial_now(void);              /* seconds */

/* Numbers below `below` from a seed that is printed: the same sequence everywhere. */
uint32_t trial_random(uint64_t *state, uint32_t below);

#endif
