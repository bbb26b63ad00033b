/* tests/viz/viewer_help.h -- a viewer over runs that never ran. For tests/viz. */
#ifndef DS_TESTS_VIZ_VIEWER_HELP_H
#define DS_TESTS_VIZ_VIEWER_HELP_H

#include "data/store/bundle.h"
#include "synth.h"
#include "viz/viewer/screen.h"
#include "viz/viewer/viewer.h"

struct bench {
    char folder[64]; /* temporary; holds a/run.h5 and b/run.h5 */
    char run[2][96];
    struct ds_viewer *v;
};

/* Two runs of five tasks, two classes each, three images a class; the first four images have
 * attention. `learned` tasks are there. */
/* What bench_maps would write, for a test to spoil. */
void bench_maps_pack(struct ds_bundle *to, const struct bench *b, bool second);
void bench_make(struct bench *b, int learned);
/* Writes run 0 or 1 again: with more tasks, with `bad` values that are no numbers. */
void bench_write(const struct bench *b, int run, int learned, int bad);
/* Makes run 0 or 1 a file of maps, as `driftscope attend` writes it: one network of 3 heads,
 * 30 pictures, the two likeliest of 12 classes; with `second`, second maps and maps by head. */
void bench_maps(struct bench *b, int run, bool second);
/* A viewer over the first `runs` of them, settled. */
void bench_open(struct bench *b, int runs, const char *at);
void bench_close(struct bench *b); /* the viewer */
void bench_remove(struct bench *b);

/* Does what it lacks until it lacks nothing. */
void settle(struct ds_viewer *v);
struct ds_screen *screen_of(int w, int h);
/* Draws until it is at rest, and sees that it is. */
void draw(struct ds_screen *s, struct ds_viewer *v);
/* A widget that must be on the screen; a press on its middle. */
struct ds_widget *part(struct ds_viewer *v, const char *id);
void click(struct ds_screen *s, struct ds_viewer *v, const char *id, bool shift);
/* A field of the trace as text; static memory of four calls. */
const char *field(struct ds_viewer *v, const char *key);

#endif
