/* core/ops/cpu.h -- which kernels run: the widest this machine has, or a lower limit. Public
 * header.
 *
 * The limit is for tests and comparisons. It is one number of the process, like OpenBLAS's
 * number of threads, and the only one in core: set it before anything else runs. */
#ifndef DS_CORE_OPS_CPU_H
#define DS_CORE_OPS_CPU_H

#include <stdbool.h>
#include "core/base/err.h"

enum ds_cpu { DS_CPU_PORTABLE, DS_CPU_AVX2, DS_CPU_AVX512, DS_CPU_AMX };

/* What may run: what the machine and its operating system offer, up to the limit. */
enum ds_cpu ds_cpu(void);

/* "portable", "avx2", "avx512" or "amx"; DS_USAGE for other words and for what this machine
 * does not have. `origin` begins the sentence. */
int ds_cpu_limit(const char *word, const char *origin, struct ds_err *err);

/* The limit was set, and to the formulas in plain C. */
bool ds_cpu_plain(void);

const char *ds_cpu_name(enum ds_cpu level);

#endif
