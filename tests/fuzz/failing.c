/* tests/fuzz/failing.c -- a fuzz target over its seeds, once for every call that can fail.
 * usage: failing_X [every] [MODE...]     all modes unless named:
 *                  one end signal short memory library format
 *
 * The calls are those of the product into libc, of libraries for memory, and, for some targets,
 * of the product into the libraries of a format (tests/fault: --wrap and malloc itself). One
 * fails a run; the target aborts where what it promises does not hold, and a refusal that was
 * not there without the failure must have a code for it. Nothing is refused because a read came
 * short. Of more than 300 calls a part fails unless `every`: the first from each place of the
 * code and, but for a format's, every so many. A sanitized build sees leaks, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/fail_int.h"
#include "tests/fuzz/fuzz.h"

enum { ROOM = 1 << 16, MOST = 300, PLACES = 4096, CALLS = 1 << 20 };
enum { FORMAT = FAULT_MODES, MODES }; /* one more than the program under test knows */

static const struct {
    const char *name;
    unsigned kinds;
    enum ds_code code[3]; /* that the refusal may have; none: any */
} modes[MODES] = {
    [FAULT_ONE] = {"one",
                   FAULT_NAMES | FAULT_READS | FAULT_WRITES | FAULT_GROWS | FAULT_WAITS,
                   {DS_NOINPUT, DS_IO, DS_CANTCREATE}},
    [FAULT_SIGNAL] = {"signal", FAULT_WAITS, {DS_NOINPUT, DS_IO, DS_CANTCREATE}},
    [FAULT_SHORT] = {"short", FAULT_MOVES, {0}},
    [FAULT_END] = {"end", FAULT_READS, {DS_DATA, DS_IO}},
    [FAULT_MEMORY] = {"memory", FAULT_ALLOCATES, {DS_NOMEM}},
    [FAULT_LIBRARY] = {"library", FAULT_FOREIGN, {0}},
    [FORMAT] = {"format", FAULT_FORMAT, {DS_DATA, DS_INTERNAL, DS_NOMEM}},
};

static int mode;
static bool on, fits, every;
static bool fresh[CALLS + 1]; /* the first call from its place */
static long calls, at, refused;
static char said[512];

/* Notes, while nothing fails, whether a call came from there before in this run. */
static void note_place(const void *from)
{
    static const void *seen[PLACES];
    static int count;
    int i = 0;

    count = calls == 1 ? 0 : count;
    while (i < count && seen[i] != from)
        i++;
    if (calls <= CALLS)
        fresh[calls] = i == count && count < PLACES;
    if (i == count && count < PLACES)
        seen[count++] = from;
}

bool fault_strikes(unsigned kinds, const char *call, const char *path, void *from)
{
    (void)call;
    (void)path;
    if (!on || !(kinds & modes[mode].kinds))
        return false;
    calls++;
    if (!at)
        note_place(from);
    if (calls != at)
        return false;
    kinds &= modes[mode].kinds;
    errno = mode == FAULT_SIGNAL                        ? EINTR
            : kinds & (FAULT_ALLOCATES | FAULT_FOREIGN) ? ENOMEM
                                                        : EIO;
    return true;
}

const char *fault_path(int fd)
{
    (void)fd;
    return "";
}

int fault_opened(int fd, const char *path)
{
    (void)path;
    return fd;
}

enum fault_mode fault_mode(void)
{
    return on ? (enum fault_mode)mode : FAULT_MODES;
}

/* Of those that survive it: libhdf5 does not (its child is there for that), nor does jansson.
 */
bool fault_of_library(void *from)
{
    static const char *const robust[] = {"/libpng", "/libjpeg", "/libz."};
    Dl_info is;

    for (size_t i = 0; dladdr(from, &is) && i < sizeof robust / sizeof *robust; i++)
        if (strstr(is.dli_fname, robust[i]))
            return true;
    return false;
}

void fault_over(void)
{
    on = false;
}

static void judge(const struct ds_err *err)
{
    const enum ds_code *code = modes[mode].code;

    refused++;
    fits |= !*code || ((err->code == code[0] || err->code == code[1] || err->code == code[2]) &&
                       (mode != FAULT_MEMORY || strstr(err->text, "memory")));
    snprintf(said, sizeof said, "code %d: %.400s", (int)err->code, err->text);
}

/* The k-th call fails, for 0 none. Returns how many there are. */
static long run(const uint8_t *bytes, size_t n, long k)
{
    calls = refused = 0;
    fits = false;
    at = k;
    on = true;
    LLVMFuzzerTestOneInput(bytes, n);
    on = false;
    return calls;
}

/* Returns how many of the failures were noticed. */
static long seed(int number, const uint8_t *bytes, size_t n)
{
    const long count = run(bytes, n, 0), before = refused;
    const long step = every ? 1 : mode == FORMAT ? count : 1 + count / MOST;
    long noticed = 0, tried = 0;

    for (long k = 1; k <= count; k++) {
        if ((k - 1) % step && !(k <= CALLS && fresh[k]))
            continue;
        tried++;
        run(bytes, n, k);
        noticed += refused > before;
        if (refused <= before || (fits && mode != FAULT_SHORT))
            continue;
        fprintf(stderr, "seed %d, %s, call %ld of %ld: %s\n", number, modes[mode].name, k,
                count, said);
        exit(1);
    }
    printf("seed %2d  %-8s %5ld calls, %5ld failed, %5ld refused\n", number, modes[mode].name,
           count, tried, noticed);
    return noticed;
}

static bool wanted(int argc, char **argv, const char *name)
{
    for (int i = 1; name && i < argc; i++)
        if (!strcmp(argv[i], name))
            return true;
    return name && argc == 1;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[ROOM];
    long noticed = 0;

    ds_fuzz_judge = judge;
    if (argc > 1 && !strcmp(argv[1], "every")) {
        every = true;
        argc--;
        argv++;
    }
    for (int m = 0; m < MODES; m++) {
        size_t n;

        mode = m;
        for (int i = 0;
             wanted(argc, argv, modes[m].name) && (n = ds_fuzz_seed(i, bytes, ROOM)) > 0; i++)
            noticed += seed(i, bytes, n);
    }
    return noticed ? 0 : 1;
}
