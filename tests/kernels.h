/* tests/kernels.h -- a test with fewer kernels than its machine has.
 *
 * DRIFTSCOPE_KERNELS limits a test as it limits the program. What the machine does not have is
 * skipped (exit code 77), never passed. */
#ifndef DS_TESTS_KERNELS_H
#define DS_TESTS_KERNELS_H

#include <stdio.h>
#include <stdlib.h>
#include "core/ops/cpu.h"
#include "core/ops/gemm.h"

/* Instead of ds_blas_begin, first thing in main. */
static inline void begin_with_kernels(void)
{
    const char *word = getenv("DRIFTSCOPE_KERNELS");
    struct ds_err err;

    if (word && *word && ds_cpu_limit(word, "DRIFTSCOPE_KERNELS", &err)) {
        printf("%s%s\n", err.code == DS_UNAVAILABLE ? "skipped: " : "", err.text);
        exit(err.code == DS_UNAVAILABLE ? 77 : (int)err.code);
    }
    ds_blas_begin();
}

#endif
