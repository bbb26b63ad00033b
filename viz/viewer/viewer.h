/* viz/viewer/viewer.h -- the viewer without a window. For viz/viewer, viz/cli and the tests.
 *
 *     struct ds_viewer *v;                      ds_viewer_new(&v, &want, err)
 *     ds_viewer_key(v, "Ctrl+o"), _text, _pointer, _wheel ...   events in
 *     while (ds_viewer_next(v, &task)) ...      numbers it lacks, see aside.h
 *     ds_screen_frame(screen, v)                            pixels out, screen.h
 *
 * It knows no window, no thread and no clock: time is told to it. The window (window.c) is
 * the only file that knows SDL, and tests drive this struct as the window does. */
#ifndef DS_VIZ_VIEWER_VIEWER_H
#define DS_VIZ_VIEWER_VIEWER_H

#include "analysis/metric/metric.h"
#include "viz/page/canvas.h"
#include "viz/page/cmap.h"
#include "viz/viewer/aside.h"
#include "viz/viewer/keys.h"
#include "viz/viewer/state.h"
#include "viz/viewer/widget.h"

enum { DS_UNDO = 256, DS_JUMPS = 64, DS_LETTERS = 26, DS_FIELD = 160 };

enum ds_overlay { DS_OVER_NONE, DS_OVER_HELP, DS_OVER_PALETTE, DS_OVER_EXPORT, DS_OVER_MARKS };
enum ds_typing { DS_TYPE_NONE, DS_TYPE_SEARCH, DS_TYPE_PALETTE, DS_TYPE_FILE, DS_TYPE_FONT };
enum ds_tone_of { DS_SAY_NOTE, DS_SAY_GOOD, DS_SAY_BAD };

/* Numbers of the current view, renewed by ds_sight_renew. Side 0 is A, 1 is B. */
struct ds_sight {
    uint64_t key;
    bool ok[2];
    char why[2][200];                    /* why a map is missing, and what adds it */
    float *map[2], *diff;                /* [P] */
    double split[2], lo[2], hi[2], most; /* range of the colours; |B - A| at most */
    double least, largest;               /* of both maps */
    double film_lo, film_hi;             /* over all checkpoints of B's run */
    int protect[2], both, either, bad[2];
    double iou;
    int layers;
    double *drift;     /* [L] this image, A to B */
    double *over_time; /* [M of B's run] this image and layer, A to checkpoint m */
    double *mean;      /* [L] over the images compared */
    int compared;
};

/* Images listed, in order. */
struct ds_order {
    uint64_t key;
    int *at, n; /* 0-based images */
};

struct ds_history {
    struct ds_view *at; /* [DS_UNDO] ring */
    int first, n, now;  /* now: how many of n are behind us */
};

/* The export dialog: what would be written. */
struct ds_export {
    int venue, format, width; /* format: bits of 1 png, 2 pdf, 4 svg; width: column or full */
    bool labels;
    double dpi;
    char name[DS_FIELD];
    char font[64]; /* "": the venue's own */
    bool used;
};

/* What the viewer wants from the window; the window takes and clears them. */
struct ds_wish {
    bool quit, fullscreen, copy, picture;
    double scale; /* factor on the text size, 0: none */
};

/* Places of the scatter's dots, for the pointer. */
struct ds_dots {
    double *x, *y;
    int *what; /* image, class or task, from 0 */
    int n, room;
};

struct ds_held { /* numbers of DS_TASK_PAIR, OWN, TIMELINE and HEADS, and what they are of */
    uint64_t key, wanted;
    bool failed;
    char why[200];
    struct ds_drift drift;
    double *timeline;
    int *compared;
    struct ds_heads heads;
};

struct ds_viewer {
    struct ds_subject *run[2];
    char address[2][1100];
    int runs;
    bool stale[2];           /* wants to be read again */
    bool gone[2];            /* run.h5 is not there any more */
    struct ds_stamp seen[2]; /* the last replacement that was looked at */
    char dropped[1100];      /* a run to open instead, or "" */
    char trouble[2][1100];   /* why a run could not be opened, or "" */
    int trouble_code[2];
    bool fresh; /* nothing was opened yet */
    char *at;   /* --at, read when the runs are there; owned */

    struct ds_view view;
    struct ds_history undo;
    struct ds_view jump[DS_JUMPS];
    int jumps, jump_at;
    struct ds_view letter[DS_LETTERS];
    bool lettered[DS_LETTERS];
    const void *last_command;
    double last_time;

    struct ds_sight look;
    struct ds_order order;
    struct ds_held pair, own, timeline[2], heads[2];
    bool busy;  /* a task is running */
    bool strip; /* the heads of a layer are on the screen: they are wanted */

    struct ds_widgets widgets;
    char focus[40], hover[40], drag[40];
    bool focus_shown;
    int hover_patch, hover_side; /* -1 */
    double mouse_x, mouse_y, press_x, press_y, pan_x, pan_y;
    bool panning, pressed;
    struct ds_dots dots;
    struct ds_box rubber; /* box selection in the scatter, w 0: none */
    double scroll;        /* of the browser, in rows */
    uint64_t browser_key; /* what the list showed when it last followed the image */
    int help_scroll, palette_at;

    enum ds_overlay overlay;
    enum ds_typing typing;
    char field[DS_FIELD];
    char prefix; /* g, m or ' waiting for its second key */
    int count;   /* typed before a command, 0: none */
    struct ds_export page;
    char message[400];
    enum ds_tone_of message_tone;
    double message_until;

    bool playing, blinking, phase; /* phase: blinking by itself shows the other side */
    double play_at, blink_at;
    double now;      /* seconds, as the window tells */
    double age[2];   /* seconds since run.h5 was replaced, -1: unknown */
    char clip[4096]; /* what copying put there */
    struct ds_wish wish;
    char session[1200]; /* file of Ctrl+s */
    struct ds_own_keys keys;
    char found[8][200]; /* runs near by, for the start page */
    int founds;
    unsigned changes; /* counts state changes, for the trace */
};

struct ds_viewer_want {
    const char *address[2];
    int runs;
    const char *at;      /* words of a view, or "" */
    const char *session; /* file to save to; "": next to nothing */
};

int ds_viewer_new(struct ds_viewer **out, const struct ds_viewer_want *want,
                  struct ds_err *err);
void ds_viewer_free(struct ds_viewer *v);

/* --- events; all return true when something may look different --- */
bool ds_viewer_key(struct ds_viewer *v, const char *key); /* "n", "?", "Ctrl+o", "Shift+Left" */
bool ds_viewer_text(struct ds_viewer *v, const char *utf8);
bool ds_viewer_move(struct ds_viewer *v, double x, double y);
bool ds_viewer_press(struct ds_viewer *v, double x, double y, bool shift, int clicks);
bool ds_viewer_release(struct ds_viewer *v, double x, double y);
bool ds_viewer_wheel(struct ds_viewer *v, double x, double y, double ticks);
/* Time passes: playback, blinking, messages. Returns seconds to the next change, or -1. */
double ds_viewer_tick(struct ds_viewer *v, double now);

/* Runs "layer 5", "search-for cat"; false when there is no such command. */
bool ds_viewer_line(struct ds_viewer *v, const char *line);
/* Runs a command by name; false when there is none. */
bool ds_viewer_run(struct ds_viewer *v, const char *command, double arg, bool has_arg);

/* --- numbers --- */
bool ds_viewer_next(struct ds_viewer *v, struct ds_task *t);
void ds_viewer_take(struct ds_viewer *v, struct ds_task *t);

/* --- inside --- */
bool ds_viewer_ready(const struct ds_viewer *v); /* all runs are open */
const struct ds_subject *ds_viewer_side(const struct ds_viewer *v, int side);
int ds_viewer_checkpoint(const struct ds_viewer *v, int side);
bool ds_viewer_is_maps(const struct ds_viewer *v);  /* files of `attend`: nothing was learned */
bool ds_viewer_is_alone(const struct ds_viewer *v); /* one such file: nothing to compare with */
/* Whether attention by head is there for the view as it is now; DS_HEADS_ASK: the weights are
 * large, and are read only when a head or the mode of heads asks for them. */
enum ds_heads_state { DS_HEADS_HERE, DS_HEADS_COMING, DS_HEADS_ASK, DS_HEADS_NONE };
enum ds_heads_state ds_viewer_heads(const struct ds_viewer *v, int side);
/* The CLS row of a head from 1, or of their mean (0), of a layer from 0; false: not there. */
bool ds_viewer_head_row(const struct ds_viewer *v, int side, int layer, int head, float *to);
const struct ds_metric *ds_viewer_metric(const struct ds_viewer *v);
void ds_viewer_clamp(struct ds_viewer *v); /* everything in range of the runs */
void ds_viewer_change(struct ds_viewer *v, const struct ds_view *before, const void *command,
                      bool jump); /* into the history */
void ds_viewer_say(struct ds_viewer *v, enum ds_tone_of tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int ds_least_panel(const struct ds_viewer *v); /* an open overlay takes all events */
void ds_viewer_label(const struct ds_viewer *v, int image, char *to, size_t size);

/* A patch (from 0) under a point of a picture, or -1. */
int ds_viewer_patch_at(const struct ds_viewer *v, struct ds_box pane, double x, double y);
int ds_dots_room(struct ds_dots *d, int n);

uint64_t ds_mix(uint64_t h, const void *bytes, size_t n);

int ds_sight_renew(struct ds_viewer *v);
void ds_sight_clear(struct ds_sight *k);
int ds_order_renew(struct ds_viewer *v);
int ds_order_place(const struct ds_viewer *v, int image); /* in the list, or -1 */
/* An image's numbers at the chosen layer; NAN where they do not exist. */
double ds_image_drift(const struct ds_viewer *v, int image);
double ds_image_own_drift(const struct ds_viewer *v, int image);
double ds_image_forgetting(const struct ds_viewer *v,
                           int image); /* margin lost since own task */

#endif
