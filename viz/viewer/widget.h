/* viz/viewer/widget.h -- what can be pointed at, pressed and read aloud. For viz/viewer and its
 * tests.
 *
 * A panel that is drawn registers its widgets: a name, a place, a role, a value, and the
 * command that using it runs. The list serves the mouse, the Tab order, tooltips, tests
 * (click @layer-3) and the text dump. Widgets of a panel that is not redrawn stay. */
#ifndef DS_VIZ_VIEWER_WIDGET_H
#define DS_VIZ_VIEWER_WIDGET_H

#include <stdbool.h>
#include "viz/page/canvas.h"

enum ds_part_role {
    DS_ROLE_BUTTON,
    DS_ROLE_TOGGLE,
    DS_ROLE_ITEM,
    DS_ROLE_TAB,
    DS_ROLE_SLIDER,
    DS_ROLE_PICTURE,
    DS_ROLE_TEXT,
    DS_ROLE_PLOT
};

/* What the pointer gives a command: nothing but the widget's own argument, or its place. */
enum ds_grip { DS_GRIP_NONE, DS_GRIP_X, DS_GRIP_Y, DS_GRIP_XY };

struct ds_widget {
    char id[40];
    struct ds_box box;
    enum ds_part_role role;
    char label[96], value[64];
    const char *command; /* run on press; NULL: only to be read */
    double arg;           /* NAN: none */
    const char *shifted; /* on press with Shift; NULL: the same */
    const char *wheel;   /* command family for the wheel: "layer" -> layer-next, layer-prev */
    enum ds_grip grip;
    double from, to;   /* GRIP_X: values at the left and right end; Y: bottom and top */
    int rows, columns; /* > 0: cells; a press gives the number of the cell, row by row */
    bool chosen, missing, skip; /* skip: not in the Tab order */
    int panel;
};

enum { DS_WIDGETS = 1024 };

struct ds_widgets {
    struct ds_widget *at; /* [DS_WIDGETS] */
    int n;
};

void ds_widgets_drop(struct ds_widgets *w, int panel); /* those of a panel */
struct ds_widget *ds_widgets_add(struct ds_widgets *w, const struct ds_widget *what);
struct ds_widget *ds_widgets_find(const struct ds_widgets *w, const char *id);
/* The last registered one that holds the point and can be used, of panels from `least` on. */
struct ds_widget *ds_widgets_at(const struct ds_widgets *w, double x, double y, int least);
/* The next in the order of panels and places, from `id` ("" begins), step +1 or -1. */
struct ds_widget *ds_widgets_next(const struct ds_widgets *w, const char *id, int step,
                                  int least);
const char *ds_part_role_text(enum ds_part_role r);

#endif
