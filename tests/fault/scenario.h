/* tests/fault/scenario.h -- the commands under test, and the folder each begins with. */
#ifndef DS_TESTS_FAULT_SCENARIO_H
#define DS_TESTS_FAULT_SCENARIO_H

#include <stdbool.h>

struct scenario {
    const char *name;
    const char *needs; /* of the prepared folder: names, separated by blanks */
    const char *words; /* the command line */
    bool saves;        /* the save path: every call, always */
    bool times;        /* what it prints holds a time: not compared */
};

extern const struct scenario scenarios[]; /* ends with {0} */

/* Fills the current folder: a data set, pictures, runs whole and half, files to read and files
 * to be replaced. `program` is the product. Ends the process when that fails. */
void scenarios_prepare(const char *program);

#endif
