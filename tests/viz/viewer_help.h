/* tests/viz/viewer_help.h -- a viewer over runs that never ran. For tests/viz. */
#ifndef DS_TESTS_VIZ_VIEWER_HELP_H
#define DS_TESTS_VIZ_VIEWER_HELP_H

#include "synth.h"
#include "viz/viewer/viewer.h"

struct bench {
    char folder[64]; /* temporary; holds a/run.h5 and b/run.h5 */
    char run[2][96];
    struct ds_viewer *v;
};

/* Two runs of five tasks, two classes each, three images a class; the first four images have
 * attention. `learned` tasks are there. */
void bench_make(struct bench *b, int learned);
/* Writes run 0 or 1 again: with more tasks, with `bad` values that are no numbers. */
void bench_write(const struct bench *b, int run, int learned, int bad);
/* A viewer over the first `runs` of them, settled. */
void bench_open(struct bench *b, int runs, const char *at);
void bench_close(struct bench *b); /* the viewer */
void bench_remove(struct bench *b);

/* Does what it lacks until it lacks nothing. */
void settle(struct ds_viewer *v);
/* A field of the trace as text; static memory of four calls. */
const char *field(struct ds_viewer *v, const char *key);

#endif
