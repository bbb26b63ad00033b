/* tests/fault/judge.h -- whether a run with a failing call kept the promises. For tests/fault.
 *
 * A run that ends well: prints and leaves exactly what the run without faults did.
 * A run that fails: says one line, `error: ...`, that names the file at fault (or says that
 * memory is out) and ends with the code of such a failure; leaves no temporary file; every file
 * from before is as it was, or as the run without faults leaves it; every new one is whole.
 * Where a library is refused memory, the process may die by a signal or wait for fontconfig's
 * lock, a file may keep its temporary name, a drawing may lack a glyph or have another font, and
 * HDF5 may lay the same arrays out otherwise; the rest holds all the same. */
#ifndef DS_TESTS_FAULT_JUDGE_H
#define DS_TESTS_FAULT_JUDGE_H

#include "tests/fault/bench.h"
#include "tests/fault/scenario.h"

/* What the run without faults printed. */
void judge_reference(const struct said *said);

/* Looks at the current folder. False, and why, when a promise is broken. */
bool judge(char *why, size_t size, const struct scenario *s, const struct fault_order *order,
           const struct fault_answer *answer, const struct said *said,
           const struct folder *begin, const struct folder *end);

/* The folder after the command that goes on: every checkpoint after a task is as without
 * faults. Where the failing one left nothing to go on with, there is nothing to look at. */
bool judge_again(char *why, size_t size, const struct fault_answer *answer,
                 const struct said *said, const struct folder *end);

#endif
