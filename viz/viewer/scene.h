/* viz/viewer/scene.h -- what a panel draws with. For viz/viewer only.
 *
 * A panel is a row of a table: the numbers it depends on, folded into a key, and a function
 * that draws it into its box and registers its widgets. It is drawn again only when its key
 * or its box changed. */
#ifndef DS_VIZ_VIEWER_SCENE_H
#define DS_VIZ_VIEWER_SCENE_H

#include "viz/page/blend.h"
#include "viz/page/canvas.h"
#include "viz/viewer/viewer.h"

/* Panels in Tab order; from DS_PANEL_OVERLAYS on they lie above the others. */
enum ds_panel_id {
    DS_PANEL_TOP,
    DS_PANEL_BROWSER,
    DS_PANEL_CANVAS,
    DS_PANEL_BAR,
    DS_PANEL_TIMELINE,
    DS_PANEL_LAYERS,
    DS_PANEL_HEADS,
    DS_PANEL_THRESHOLD,
    DS_PANEL_STUDY,
    DS_PANEL_STATUS,
    DS_PANELS,
    DS_PANEL_OVERLAYS = 100
};

/* The colours of a window: one table, dark, every text at 4.5:1 or better on its ground. */
struct ds_skin {
    struct ds_rgb back, panel, raised, line, ink, soft, a, b, bar, good, bad, live;
};
extern const struct ds_skin ds_skin;

#define DS_TURN 6.283185307179586 /* radians */

enum { DS_THUMBS = 512 };

struct ds_thumb {
    int image, side; /* -1: free */
    const void *run;
    cairo_surface_t *surface;
};

/* Pictures that are kept between frames. */
struct ds_store {
    uint32_t *photo, *pane; /* pixels at the size of a pane */
    size_t photo_room, pane_room;
    uint64_t photo_key;
    struct ds_thumb thumb[DS_THUMBS];
};

struct ds_scene {
    struct ds_viewer *v;
    struct ds_canvas *c;
    struct ds_store *store;
    struct ds_box box;
    double scale; /* pixels per point */
    int panel;
};

typedef void ds_panel_draw(struct ds_scene *s);
typedef uint64_t ds_panel_key(const struct ds_viewer *v);

struct ds_panel {
    const char *id;
    ds_panel_draw *draw;
    ds_panel_key *key;
};
extern const struct ds_panel ds_panels_of[DS_PANELS];

/* scene.c: the little things every panel is made of */
enum { DS_SIZE_SMALL = 11, DS_SIZE_TEXT = 12, DS_SIZE_HEAD = 14 };
double ds_put(struct ds_scene *s, double x, double y, double ax, double size, bool bold,
              struct ds_rgb color, double width, const char *format, ...)
    __attribute__((format(printf, 9, 10))); /* y: middle of capitals; returns the width */
/* The first of the texts (NULL-terminated, long ones first) that is no wider, else the last. */
const char *ds_fitting(struct ds_scene *s, double size, bool bold, double width,
                       const char *const *text);
void ds_ground(struct ds_scene *s, struct ds_rgb color);
double ds_caption(struct ds_scene *s, double x, double y, double width, const char *title,
                  const char *note); /* returns where the next thing may begin, below */
void ds_rounded(struct ds_scene *s, struct ds_box b, double radius);
struct ds_widget *ds_part(struct ds_scene *s, const struct ds_widget *w); /* registers */
/* A button or toggle with its text; its width follows the text unless box.w is given. */
double ds_button(struct ds_scene *s, double x, double y, double width,
                 const struct ds_widget *w);
void ds_badge(struct ds_scene *s, double x, double y, double r, bool b); /* the A or B handle */
void ds_chosen(struct ds_scene *s, struct ds_box box); /* a frame seen on any colour */
void ds_missing(struct ds_scene *s, struct ds_box box, const char *title, const char *text);
struct ds_cmap ds_viewer_cmap(const struct ds_viewer *v);
struct ds_cmap ds_diverging(void);
/* "after task 3", "initial model"; of a file that `attend` wrote: "maps". */
const char *ds_checkpoint_text(char *to, size_t size, const struct ds_subject *s,
                               int checkpoint);
const char *ds_shown_text(char *to, size_t size, double value); /* 4 digits, "n/a" for NaN */

/* pane.c: one picture with its overlay */
struct ds_pane {
    const char *id, *command; /* NULL: pins patches */
    double arg;
    int side;         /* 0, 1; for pinning and hovering */
    const float *map; /* NULL: the image alone */
    double lo, hi, split;
    bool signed_, dashed, outline, bare, chosen;
    double part0, part1; /* the vertical strip shown, of the width; 0..1 */
};
void ds_pane_draw(struct ds_scene *s, struct ds_box box, const struct ds_pane *p);
void ds_pane_other(struct ds_scene *s, struct ds_box box, const struct ds_pane *a,
                   const struct ds_pane *b, double share); /* b over a with an opacity */
struct ds_box ds_pane_fit(const struct ds_viewer *v, struct ds_box room); /* image's aspect */
cairo_surface_t *ds_thumb_of(struct ds_scene *s, int image, double side);
void ds_picture(struct ds_scene *s, struct ds_box box, const uint32_t *pixels, int w, int h);

ds_panel_draw ds_top_draw, ds_browser_draw, ds_canvas_panel_draw, ds_bar_panel_draw,
    ds_timeline_draw, ds_layers_draw, ds_heads_draw, ds_threshold_draw, ds_study_draw,
    ds_status_draw;
ds_panel_key ds_top_key, ds_browser_key, ds_canvas_panel_key, ds_bar_panel_key, ds_timeline_key,
    ds_layers_key, ds_heads_key, ds_threshold_key, ds_study_key, ds_status_key;

double ds_layers_height(const struct ds_viewer *v);
/* canvas_heads.c: what the strip wants in a panel of that width, 0 in a file of maps
 * without heads; a range grown to hold a map */
double ds_heads_height(const struct ds_viewer *v, double width);
void ds_widen(const float *map, int n, double *lo, double *hi);

/* study_*.c: what the tabs show */
void ds_study_accuracy(struct ds_scene *s, struct ds_box box);
void ds_study_drift(struct ds_scene *s, struct ds_box box);
void ds_study_scatter(struct ds_scene *s, struct ds_box box);
void ds_study_audit(struct ds_scene *s, struct ds_box box);
void ds_study_answers(struct ds_scene *s, struct ds_box box);

/* canvas_*.c: what the modes show */
void ds_canvas_heads(struct ds_scene *s, struct ds_box box);
void ds_canvas_layers(struct ds_scene *s, struct ds_box box);
void ds_canvas_film(struct ds_scene *s, struct ds_box box);

/* overlay.c: dialogs; the box they want in a window */
struct ds_box ds_overlay_box(const struct ds_viewer *v, double w, double h);
void ds_overlay_draw(struct ds_scene *s);

/* layout.c */
struct ds_layout {
    struct ds_box box[DS_PANELS]; /* w 0: hidden */
    bool tabbed, strip;           /* right side in tabs; images as a film strip */
};
void ds_layout_of(struct ds_layout *l, const struct ds_viewer *v, double w, double h);

#endif
