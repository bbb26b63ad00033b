/* tests/fault/fail.h -- orders to the program whose calls fail, and its answers. For
 * tests/fault.
 *
 * driftscope_fault is the product, linked once more: every call of ours into libc that can fail
 * goes through fail.c (the linker's --wrap). With $DS_FAULT set it does not run its command but
 * stands in front of main, ready to run it again and again: an order arrives on file descriptor
 * FAULT_ORDERS, a child runs main with the k-th call failing, an answer goes to FAULT_ANSWERS.
 */
#ifndef DS_TESTS_FAULT_FAIL_H
#define DS_TESTS_FAULT_FAIL_H

enum { FAULT_ORDERS = 60, FAULT_ANSWERS = 61, FAULT_OUT = 62, FAULT_ERR = 63 };

enum fault_mode {
    FAULT_ONE,     /* the k-th call on a file or folder fails with `error` */
    FAULT_FULL,    /* from the k-th on, every call that needs space on the disk does */
    FAULT_SIGNAL,  /* the k-th call that a signal can interrupt returns EINTR */
    FAULT_SHORT,   /* the k-th read or write transfers one byte */
    FAULT_END,     /* the k-th read finds the end of the file */
    FAULT_PLACE,   /* the first allocation at the k-th place of our code fails */
    FAULT_MEMORY,  /* the k-th allocation of ours fails */
    FAULT_EMPTY,   /* and all after it */
    FAULT_LIBRARY, /* the k-th allocation of a library fails */
    FAULT_MODES
};

struct fault_order {
    enum fault_mode mode;
    int error; /* errno of a failing call */
    long k;    /* 0: none fails, all are counted */
};

struct fault_answer {
    int status;               /* of waitpid; SIGXCPU or SIGALRM end one that hangs */
    long calls;               /* how many the mode counts */
    char call[32], path[256]; /* the one that failed */
    unsigned long from;       /* where it was called, for addr2line */
};

#endif
