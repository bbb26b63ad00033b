/* viz/viewer/window.h -- the window. For viz/cli.
 *
 * Only window*.c know SDL. Events go in as ds_viewer_* calls, pixels come out of a screen; a
 * thread of its own runs what takes longer than a frame. */
#ifndef DS_VIZ_VIEWER_WINDOW_H
#define DS_VIZ_VIEWER_WINDOW_H

#include "viz/viewer/script.h"
#include "viz/viewer/viewer.h"

struct ds_window_want {
    int w, h;                       /* points */
    double scale;                   /* 0: as the display says */
    bool headless;                  /* the dummy driver, unless SDL_VIDEODRIVER names one */
    const char *font;               /* "": the first of ours that is installed */
    const struct ds_script *script; /* NULL: a person */
};

/* Times are CPU milliseconds of the drawing thread, but first_frame, which is wall time. */
struct ds_window_stats {
    int steady, changed;
    double steady_median, steady_most, changed_median, changed_p99, changed_most;
    double first_frame, memory; /* MB */
    char driver[32];
};

/* Runs until it is closed or the script ends. DS_UNAVAILABLE: there is no display; DS_FAILED:
 * an expectation of the script did not hold; DS_USAGE: a step that cannot be done. */
int ds_window_run(struct ds_viewer *v, const struct ds_window_want *want,
                  struct ds_window_stats *stats, struct ds_err *err);

#endif
