/* viz/viewer/state.h -- what the viewer shows, as one small struct. Public header.
 *
 * Everything a key can change about the picture is a field here, so that undo is a ring of
 * copies, a bookmark is a copy with a letter, and a session, the command line (--at), the
 * state trace and the tests all read one table of rows. Images, layers, heads, tasks, classes
 * and patches count from 1 as they do on screen; 0 means none, all, or the mean of all heads.
 * Checkpoint 0 is the initial model. */
#ifndef DS_VIZ_VIEWER_STATE_H
#define DS_VIZ_VIEWER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/opt.h"

enum ds_mode {
    DS_MODE_SINGLE,
    DS_MODE_QUAD,
    DS_MODE_SWIPE,
    DS_MODE_FADE,
    DS_MODE_BLINK,
    DS_MODE_LAYERS, /* every layer at A and B */
    DS_MODE_FILM,   /* every checkpoint in one layer */
    DS_MODE_HEADS,  /* layer x head, from the weights */
    DS_MODES
};
enum ds_origin {
    DS_FROM_ROLLOUT,
    DS_FROM_RAW,
    DS_FROM_MEAN,
    DS_FROM_QUERY,
    DS_FROM_SECOND, /* the second maps of a file of maps */
    DS_ORIGINS
};
enum ds_contour { DS_CONTOUR_OFF, DS_CONTOUR_PATCH, DS_CONTOUR_SMOOTH, DS_CONTOURS };
enum ds_span { DS_SPAN_AUTO, DS_SPAN_SHARED, DS_SPAN_FIXED, DS_SPANS };
enum ds_fate { DS_FATE_ANY, DS_FATE_RIGHT, DS_FATE_WRONG, DS_FATE_LOST, DS_FATE_WON, DS_FATES };
enum ds_sort { DS_SORT_ID, DS_SORT_DRIFT, DS_SORT_FORGET, DS_SORT_LABEL, DS_SORTS };
enum ds_tab {
    DS_TAB_ACCURACY,
    DS_TAB_DRIFT,
    DS_TAB_SCATTER,
    DS_TAB_AUDIT,
    DS_TAB_LAYERS,
    DS_TAB_THRESHOLD,
    DS_TAB_ANSWERS, /* of a file of maps, in place of the first four */
    DS_TABS
};
enum ds_unit { DS_UNIT_IMAGE, DS_UNIT_CLASS, DS_UNIT_TASK, DS_UNITS };

enum { DS_MARKS = 8192 }; /* images that can carry a mark */

struct ds_view {
    int image, run_a, run_b, a, b, layer, head;
    int mode, origin, pick, contour;
    bool diff, smooth, flip;
    double opacity, swipe, fade;
    int cmap, span;
    double lo, hi, clip;
    bool manual;
    double threshold;
    double zoom, pan_x, pan_y;
    int sort, only_task, only_class, only_fate;
    bool only_marked;
    double least, most; /* drift an image must have to be listed; most 0: any */
    char search[48];
    char metric[24];
    int protocol, tab, unit;
    bool grid, browser, inspector, follow, newest;
    double fps;
    bool loop;
    uint8_t mark[DS_MARKS / 8];
};

/* One row per field but the marks; ends with a zero row. Choices are spoken as words. */
extern const struct ds_opt ds_view_table[];

void ds_view_defaults(struct ds_view *v);

/* "image=3 b=5 layer=6": the fields that differ from the defaults, space between them, in
 * fresh memory (free it) or NULL. Spaces in texts are %20. */
char *ds_view_text(const struct ds_view *v, const char *between);

/* Reads what ds_view_text wrote, words apart by blanks or line ends; lines that begin with #
 * are passed over. DS_USAGE names the word. Fields not named stay. */
int ds_view_read(struct ds_view *v, const char *text, const char *origin, struct ds_err *err);

bool ds_view_marked(const struct ds_view *v, int image); /* from 1 */
void ds_view_mark(struct ds_view *v, int image, bool on);

#endif
