/* viz/viewer/screen.h -- the surface a window shows. For viz/viewer and its tests.
 *
 * Panels are drawn on one surface and kept; what lies above them (dialogs, the focus ring, a
 * hovered patch) is drawn on a copy. A frame draws only panels whose key changed and copies
 * only what is dirty; an idle frame costs nothing. */
#ifndef DS_VIZ_VIEWER_SCREEN_H
#define DS_VIZ_VIEWER_SCREEN_H

#include "viz/viewer/scene.h"

enum { DS_DIRTY = 24 };

struct ds_rect {
    int x, y, w, h; /* pixels */
};

struct ds_screen {
    int w, h; /* pixels */
    double scale;
    struct ds_theme theme;
    struct ds_letters *letters;
    cairo_surface_t *base, *front;
    cairo_t *base_cr, *front_cr;
    struct ds_canvas canvas, over;
    struct ds_store store;
    uint64_t key[DS_PANELS], over_key;
    struct ds_box box[DS_PANELS];
    struct ds_rect above[4]; /* where something lay above, last time */
    int aboves, drawn;       /* drawn: panels in the last frame */
    struct ds_rect dirty[DS_DIRTY];
    int dirties; /* of the last frame */
};

/* font "": Inter, or the next of its kind that is installed. DS_USAGE, DS_UNAVAILABLE,
 * DS_NOMEM. */
int ds_screen_new(struct ds_screen **out, const char *font, struct ds_err *err);
void ds_screen_free(struct ds_screen *s);

/* w x h pixels, `scale` of them per point. DS_NOMEM. */
int ds_screen_size(struct ds_screen *s, int w, int h, double scale, struct ds_err *err);

/* Draws what changed; s->dirty says where. True when anything did. */
bool ds_screen_frame(struct ds_screen *s, struct ds_viewer *v);

/* Everything is drawn anew next time: a run went away under its pictures. */
void ds_screen_forget(struct ds_screen *s);

const unsigned char *ds_screen_pixels(const struct ds_screen *s, int *stride);
int ds_screen_save(const struct ds_screen *s, const char *path, struct ds_err *err);

#endif
