/* tests/fault/torture.c -- every k-th call fails, one run each: what is left must be whole.
 * usage: torture PROGRAM [--only NAME] [--mode NAME] [--most N] [--seed N] [--jobs N] [--at K]
 *                [--saves] [-v]
 *        torture PROGRAM --prepare FOLDER      puts what the commands begin with there, and
 * stops
 *
 * PROGRAM is driftscope_fault (fail.h). For each command and mode the calls are counted first.
 * --most N takes N of them at random; with --saves all failures and full disks, and all places
 * of allocations, in the commands that write. The seed is the month's unless given, and
 * printed. judge.h has the rules. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fault/bench.h"
#include "tests/fault/judge.h"

enum { LIBRARY_MOST = 1000 }; /* libraries allocate tens of thousands of times */

static const char *const mode_name[FAULT_MODES] = {"one",   "full",   "signal", "short",  "end",
                                                   "place", "memory", "empty",  "library"};

static struct {
    const char *program, *only, *mode, *prepare;
    long most, at;
    unsigned seed;
    int jobs;
    bool saves, verbose;
} option = {.jobs = 2};

static struct {
    atomic_long tried, failed, fine;
} * sum;

/* Which error the k-th call gets: a disk that is full, over quota or broken, in turn. */
static int error_of(long k)
{
    static const int errors[] = {ENOSPC, EIO, EDQUOT};

    return errors[((unsigned long)k + option.seed) % 3];
}

static bool chosen(const struct scenario *s, enum fault_mode mode, long k, long calls)
{
    const bool saves = option.saves && (s->how & SAVES);
    uint64_t x = option.seed * 0x9e3779b97f4a7c15u ^ (uint64_t)k * 0xbf58476d1ce4e5b9u ^
                 (uint64_t)mode << 56;
    long most = option.most ? option.most : mode == FAULT_LIBRARY ? LIBRARY_MOST : calls;

    if (mode == FAULT_PLACE && !(s->how & PLACES))
        most *= 4; /* a place stands for many calls */
    if (option.at)
        return k == option.at;
    if (calls <= most || (saves && (mode <= FAULT_FULL || mode == FAULT_PLACE)))
        return true;
    x = (x ^ x >> 30) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return (long)(x % (uint64_t)calls) < most;
}

/* After a failure the run goes on, when there is one. */
static void go_on(struct bench *again, char *why, size_t size, const struct folder *end)
{
    const struct fault_order none = {0};
    struct fault_answer answer;
    struct said said;

    if (access("run/run.h5", F_OK) && access("half/run.h5", F_OK))
        return;
    answer = bench_run(again, &none, &said);
    judge_again(why, size, &answer, &said, end);
}

/* One worker takes every jobs-th k. */
static void work(const struct scenario *s, const struct folder *begin, const struct folder *end,
                 const char *place, int mode, long calls, int worker)
{
    struct bench b = bench_open(option.program, s->words, place), again = {0};

    if (s->how & TRAINS)
        again =
            bench_open(option.program, scenario_resume[strstr(s->needs, "half") != NULL], ".");

    for (long k = 1 + worker; k <= calls; k += option.jobs) {
        const struct fault_order order = {(enum fault_mode)mode, error_of(k), k};
        struct fault_answer answer;
        struct said said;
        char why[600] = "";

        if (!chosen(s, order.mode, k, calls))
            continue;
        folder_put(begin);
        answer = bench_run(&b, &order, &said);
        sum->tried++;
        sum->fine += !answer.status;
        if (judge(why, sizeof why, s, &order, &answer, &said, begin, end) &&
            (s->how & TRAINS) && answer.status && (!option.most || k % 4 == 1))
            go_on(&again, why, sizeof why, end);
        if (!*why && !option.verbose)
            continue;
        sum->failed += *why != 0;
        printf("%s %s %s k=%ld/%ld: %s(%s) errno %d from %#lx, status %#x: %s\n    %s\n",
               *why ? "FAIL" : "fine", s->name, mode_name[mode], k, calls, answer.call,
               answer.path, order.error, answer.from, (unsigned)answer.status,
               *why ? why : "as promised", said.error);
        fflush(stdout);
    }
    bench_close(&b);
    if (s->how & TRAINS)
        bench_close(&again);
}

static void scenario(const struct scenario *s, const struct folder *all)
{
    struct folder begin = folder_part(all, s->needs), end;
    struct fault_order order = {0};
    struct fault_answer answer;
    struct said said;
    struct bench b = bench_open(option.program, s->words, "0");

    for (int mode = 0; mode < FAULT_MODES; mode++) {
        const long tried = sum->tried, failed = sum->failed, fine = sum->fine;

        if ((option.mode && strcmp(option.mode, mode_name[mode]) != 0) ||
            ((s->how & PLACES) && mode != FAULT_PLACE))
            continue;
        order.mode = (enum fault_mode)mode;
        folder_put(&begin);
        answer = bench_run(&b, &order, &said);
        if (answer.status) {
            printf("FAIL %s: does not work without faults: %s\n", s->name, said.error);
            sum->failed++;
            break;
        }
        end = folder_take();
        judge_reference(&said);
        fflush(stdout);
        for (int w = 0; w < option.jobs; w++) {
            char place[16];

            snprintf(place, sizeof place, "../%d", w + 1);
            if (!fork()) {
                work(s, &begin, &end, place, mode, answer.calls, w);
                _exit(0);
            }
        }
        for (int w = 0; w < option.jobs; w++) {
            int status = 0;

            if (wait(&status) < 0 || status)
                sum->failed++;
        }
        printf("%-12.12s %-8s %5ld calls, %5ld tried, %5ld did not matter, %ld failures\n",
               s->name, mode_name[mode], answer.calls, sum->tried - tried, sum->fine - fine,
               sum->failed - failed);
        folder_clear(&end);
    }
    bench_close(&b);
    free(begin.file);
}

static void options(int argc, char **argv)
{
    time_t now = time(NULL);
    struct tm day;

    localtime_r(&now, &day);
    option.seed = (unsigned)((day.tm_year + 1900) * 100 + day.tm_mon + 1);
    option.program = argc > 1 ? realpath(argv[1], NULL) : NULL;
    for (int i = 2; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (!strcmp(argv[i], "-v"))
            option.verbose = true;
        else if (!strcmp(argv[i], "--saves"))
            option.saves = true;
        else if (!strcmp(argv[i], "--only") && ++i)
            option.only = value;
        else if (!strcmp(argv[i], "--prepare") && ++i)
            option.prepare = value;
        else if (!strcmp(argv[i], "--mode") && ++i)
            option.mode = value;
        else if (!strcmp(argv[i], "--most") && ++i)
            option.most = atol(value);
        else if (!strcmp(argv[i], "--at") && ++i)
            option.at = atol(value);
        else if (!strcmp(argv[i], "--jobs") && ++i)
            option.jobs = atoi(value);
        else if (!strcmp(argv[i], "--seed") && ++i)
            option.seed = (unsigned)atol(value);
        else
            option.program = NULL;
    }
    if (option.program && option.jobs > 0)
        return;
    fprintf(stderr, "usage: torture PROGRAM [--only NAME] [--mode NAME] [--most N] [--seed N] "
                    "[--jobs N] [--at K] [--saves] [-v] [--prepare FOLDER]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    char memory[] = "/dev/shm/fault-XXXXXX", disk[] = "/tmp/fault-XXXXXX";
    char *place = access("/dev/shm", W_OK) ? disk : memory;
    struct folder all;

    options(argc, argv);
    if (option.prepare) {
        if (chdir(option.prepare))
            return 99;
        scenarios_prepare(option.program);
        return 0;
    }
    sum = mmap(NULL, sizeof *sum, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sum == MAP_FAILED || !bench_place(place, option.jobs))
        return 99;
    scenarios_prepare(option.program);
    all = folder_take();
    folder_empty();
    printf("seed %u\n", option.seed);
    for (const struct scenario *s = scenarios; s->name; s++)
        if (!option.only || !strcmp(option.only, s->name))
            scenario(s, &all);
    bench_remove(place);
    printf("%ld calls failed, %ld of them did not matter, %ld broken promises\n", sum->tried,
           sum->fine, sum->failed);
    return sum->failed || !sum->tried;
}
