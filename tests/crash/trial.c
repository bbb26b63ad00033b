/* tests/crash/trial.c -- a run as small as can be, and whether two ended alike. See the header.
 */
#define _GNU_SOURCE
#include "tests/crash/trial.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "data/store/file.h"
#include "data/store/h5.h"
#include "data/store/record.h"
#include "data/store/run.h"

enum { SIDE = 8, CLASSES = 4, WORDS = 64 };

static char scratch[512];
static pid_t owner; /* of the scratch folder: children that fail leave it alone */

_Noreturn void trial_fail(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    printf("FAIL: ");
    vprintf(format, list);
    printf("\n");
    va_end(list);
    exit(1);
}

static int remove_one(const char *path, const struct stat *is, int kind, struct FTW *where)
{
    (void)is;
    (void)kind;
    (void)where;
    return remove(path);
}

void trial_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void clean_up(void)
{
    if (getpid() == owner)
        trial_remove(scratch);
}

const char *trial_path(const struct trial *t, const char *name)
{
    static char path[8][TRIAL_PATH];
    static int next;
    char *p = path[next++ % 8];

    snprintf(p, TRIAL_PATH, "%s/%s", t->folder, name);
    return p;
}

double trial_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
uint32_t trial_random(uint64_t *state, uint32_t below)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static void put_idx(const char *path, uint32_t magic, int n, const unsigned char *bytes,
                    size_t size)
{
    const uint32_t head[4] = {magic, (uint32_t)n, SIDE, SIDE};
    FILE *f = fopen(path, "wb");

    for (int i = 0; f && i < (magic == 0x803 ? 4 : 2); i++)
        for (int shift = 24; shift >= 0; shift -= 8)
            putc((int)(head[i] >> shift & 0xff), f);
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
        trial_fail("%s: cannot be written", path);
}

/* Class k is bright in quadrant k. */
static void make_part(const char *folder, const char *part, int n)
{
    unsigned char pixels[256 * SIDE * SIDE], label[256];
    char name[TRIAL_PATH];
    uint64_t state = (uint64_t)n;

    for (int i = 0; i < n; i++) {
        label[i] = (unsigned char)(i % CLASSES);
        for (int p = 0; p < SIDE * SIDE; p++) {
            const int quadrant = (p / SIDE) / (SIDE / 2) * 2 + p % SIDE / (SIDE / 2);

            pixels[i * SIDE * SIDE + p] =
                (unsigned char)(trial_random(&state, 60) + (quadrant == label[i] ? 120 : 0));
        }
    }
    snprintf(name, sizeof name, "%s/%s-images-idx3-ubyte", folder, part);
    put_idx(name, 0x803, n, pixels, (size_t)n * SIDE * SIDE);
    snprintf(name, sizeof name, "%s/%s-labels-idx1-ubyte", folder, part);
    put_idx(name, 0x801, n, label, (size_t)n);
}

void trial_toy(const char *folder)
{
    make_part(folder, "train", 80);
    make_part(folder, "t10k", 40);
}

void trial_begin(struct trial *t, const char *program, const char *shim)
{
    const char *tmp = getenv("TMPDIR");

    if (!tmp)
        tmp = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm"; /* memory: no disk to wait for */
    *t = (struct trial){program, shim, ""};
    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(scratch, sizeof scratch, "%.400s/ds-crash-XXXXXX", tmp);
    if (!mkdtemp(scratch))
        trial_fail("%s: cannot be made", scratch);
    owner = getpid();
    atexit(clean_up);
    snprintf(t->folder, sizeof t->folder, "%s", scratch);
    if (mkdir(trial_path(t, "toy"), 0777))
        trial_fail("%s: cannot be made", trial_path(t, "toy"));
    trial_toy(trial_path(t, "toy"));
}

/* In the child: the words of the command line, and the shim's environment. */
static void become(const struct trial *t, const char *run, const char *method, const char *log,
                   long at)
{
    char record[TRIAL_PATH], text[1400], number[32];
    char *word[WORDS];
    int n = 0;

    snprintf(record, sizeof record, "%s/run.h5", run);
    if (access(record, F_OK))
        snprintf(
            text, sizeof text,
            "driftscope train -q --threads 1 --data %s/toy --tasks 2 --eval-images 2 "
            "--probe-images 1 --patch 4 --dim 16 --depth 2 --heads 2 --epochs 3 --batch 20 "
            "--pad 0 --refine-epochs 2 --warmstart none --save-every 1 --save-seconds 0 "
            "--method %s --out %s",
            t->folder, method, run);
    else
        snprintf(text, sizeof text, "driftscope train -q --threads 1 --resume %s", run);
    for (char *w = strtok(text, " "); w && n < WORDS - 1; w = strtok(NULL, " "))
        word[n++] = w;
    word[n] = NULL;
    if (log || at > 0) {
        snprintf(number, sizeof number, "%ld", at);
        setenv("CRASH_UNDER", run, 1);
        setenv("CRASH_AT", number, 1);
        if (log)
            setenv("CRASH_LOG", log, 1);
        setenv("LD_PRELOAD", t->shim, 1);
    }
    execv(t->program, word);
    _exit(127);
}

pid_t trial_train(const struct trial *t, const char *run, const char *method, const char *log,
                  long at)
{
    const pid_t pid = fork();

    if (pid < 0)
        trial_fail("no process");
    if (pid == 0) {
        const int said = open(trial_path(t, "said"), O_WRONLY | O_CREAT | O_TRUNC, 0666);

        dup2(said, 1);
        dup2(said, 2);
        become(t, run, method, log, at);
    }
    return pid;
}

int trial_wait(pid_t pid)
{
    int status = 0;

    if (waitpid(pid, &status, 0) != pid)
        trial_fail("process %ld cannot be waited for", (long)pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void trial_good(const struct trial *t, pid_t pid)
{
    const int end = trial_wait(pid);
    char said[1024] = "";
    FILE *f;

    if (!end)
        return;
    if ((f = fopen(trial_path(t, "said"), "r")))
        said[fread(said, 1, sizeof said - 1, f)] = 0;
    trial_fail("the program ended with %d: %s", end, said);
}

long trial_newest(const char *run)
{
    struct ds_record record = {0};
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX], notes[1024];
    struct ds_run r;
    struct ds_err err;
    long step = -1;
    int code;

    if (ds_run_write(&r, run, &err))
        trial_fail("%s", err.text);
    ds_run_record_path(path, &r);
    if (ds_record_load(&record, path, &err))
        trial_fail("%s", err.text);
    code = ds_run_newest_step(&r, &b, &step, notes, sizeof notes, &err);
    if ((code && code != DS_NOINPUT) || *notes)
        trial_fail("%s: %s", run, *notes ? notes : err.text);
    ds_bundle_clear(&b);
    ds_record_clear(&record);
    ds_run_close(&r);
    return code ? -1 : step;
}

static void same_bytes(const char *whole, const char *path)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    struct ds_err err;

    if (ds_file_read(&bytes, &n, whole, SIZE_MAX / 2, &err))
        trial_fail("%s", err.text);
    if (ds_file_verify(path, bytes, n, &err))
        trial_fail("%s differs from %s", path, whole);
    free(bytes);
}

/* Everything of run.h5 that two runs of the same options must agree in. */
static void same_record(const char *whole, const char *path)
{
    struct ds_bundle a = {0}, b = {0};
    struct ds_err err;

    if (ds_bundle_load(&a, whole, &err) || ds_bundle_load(&b, path, &err))
        trial_fail("%s", err.text);
    if (a.count != b.count)
        trial_fail("%s has %d arrays, %s %d", whole, a.count, path, b.count);
    for (int i = 0; i < a.count; i++) {
        const struct ds_array *x = &a.array[i], *y = ds_bundle_lookup(&b, x->name);
        const size_t bytes = (size_t)ds_array_count(x) * ds_type_size(x->type);

        if (!strcmp(x->name, "timeline/seconds") || !strcmp(x->name, "timeline/peak") ||
            !strcmp(x->name, "timeline/saving"))
            continue;
        if (!y || ds_array_count(x) != ds_array_count(y) || x->type != y->type)
            trial_fail("%s: '%s' is not as in %s", path, x->name, whole);
        for (int64_t k = 0; x->type == DS_STRING && k < ds_array_count(x); k++)
            if (strcmp(((char **)x->data)[k], ((char **)y->data)[k]) != 0)
                trial_fail("%s: '%s' is not as in %s", path, x->name, whole);
        if (bytes && memcmp(x->data, y->data, bytes))
            trial_fail("%s: '%s' is not as in %s", path, x->name, whole);
    }
    ds_bundle_clear(&a);
    ds_bundle_clear(&b);
}

void trial_alike(const char *whole, const char *run)
{
    char a[DS_RUN_PATH_MAX], b[DS_RUN_PATH_MAX];
    const long last = trial_newest(whole);
    struct ds_run one, other;
    struct ds_err err;
    int tasks = 0;

    if (last < 1 || trial_newest(run) != last)
        trial_fail("%s does not end at step %ld", run, last);
    if (ds_run_read(&one, whole, &err) || ds_run_read(&other, run, &err))
        trial_fail("%s", err.text);
    ds_run_step_path(a, &one, last);
    ds_run_step_path(b, &other, last);
    same_bytes(a, b);
    for (;; tasks++) {
        ds_run_task_path(a, &one, tasks);
        ds_run_task_path(b, &other, tasks);
        if (access(a, F_OK) && access(b, F_OK))
            break;
        same_bytes(a, b);
    }
    if (tasks < 2)
        trial_fail("%s holds no task checkpoints", whole);
    ds_run_record_path(a, &one);
    ds_run_record_path(b, &other);
    same_record(a, b);
}
