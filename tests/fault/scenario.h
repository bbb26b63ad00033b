/* tests/fault/scenario.h -- the commands under test, and the folder each begins with. */
#ifndef DS_TESTS_FAULT_SCENARIO_H
#define DS_TESTS_FAULT_SCENARIO_H

enum {
    SAVES = 1,  /* writes files: with --saves every call of it is tried */
    TIMES = 2,  /* what it prints and writes holds a time: not compared */
    TRAINS = 8, /* can be gone on with after a failure, and then ends as if nothing had been */
    PLACES = 4, /* one of many alike: only its allocations, one a place */
};

struct scenario {
    const char *name;
    const char *needs; /* of the prepared folder: names, separated by blanks */
    const char *words; /* the command line */
    unsigned how;
};

/* Goes on with what a scenario that TRAINS began: train's run, and resume's. */
extern const char *const scenario_resume[2];

extern const struct scenario scenarios[]; /* ends with {0} */

/* Fills the current folder: a data set, pictures, runs whole and half, files to read and files
 * to be replaced. `program` is the product. Ends the process when that fails. */
void scenarios_prepare(const char *program);

#endif
