/* tests/fault/fail_int.h -- what the wrapped calls ask before they act. For fail*.c only. */
#ifndef DS_TESTS_FAULT_FAIL_INT_H
#define DS_TESTS_FAULT_FAIL_INT_H

#include <stdbool.h>
#include "tests/fault/fail.h"

/* What a call is; the modes choose among them. */
enum {
    FAULT_NAMES = 1,      /* looks at names: stat, opendir */
    FAULT_READS = 2,      /* brings bytes */
    FAULT_WRITES = 4,     /* changes something */
    FAULT_GROWS = 8,      /* needs room on the disk */
    FAULT_WAITS = 16,     /* may be interrupted */
    FAULT_MOVES = 32,     /* may transfer less than it was asked to */
    FAULT_ALLOCATES = 64, /* memory, for our code */
    FAULT_FOREIGN = 128,  /* memory, for a library */
    FAULT_FORMAT = 256    /* a call into a library of a file format: failing_X only */
};

/* Whether this call fails now; errno is set then. */
bool fault_strikes(unsigned kinds, const char *call, const char *path, void *from);

/* The name a descriptor was opened under, and its record. */
const char *fault_path(int fd);
int fault_opened(int fd, const char *path);

enum fault_mode fault_mode(void);

/* None fails any more: what runs when main has ended, gcov for one, is not under test. */
void fault_over(void);
bool fault_of_library(void *from);

#endif
