/* viz/viewer/command.h -- the command table. For viz/viewer, viz/cli and the tests.
 *
 * A row is everything about a command: its name for scripts and the palette, its keys, its
 * sentence for help and the manual, whether it changes the view (then it can be undone), and
 * the function. Keys, palette, --script, help, man page and undo read this table and nothing
 * else. Keys of one row stand apart by '|'; "g g" is two keys in turn, "m *" an m and then any
 * letter. */
#ifndef DS_VIZ_VIEWER_COMMAND_H
#define DS_VIZ_VIEWER_COMMAND_H

#include "viz/viewer/viewer.h"

enum {
    DS_CMD_VIEW = 1,   /* changes the view: into the history */
    DS_CMD_JUMP = 2,   /* and into the jump list */
    DS_CMD_PICK = 4,   /* its keys count only while a patch is pinned, before all others */
    DS_CMD_ALWAYS = 8, /* works without a run */
    DS_CMD_ARG = 16    /* wants a number or a text: `layer 5` */
};

/* What a command is told. */
struct ds_call {
    int count; /* typed before it, else 1 */
    bool counted, has_arg;
    double arg;       /* of the widget, the script or the palette */
    double x, y;      /* place in the widget, 0..1 */
    char letter;      /* "m x" */
    const char *text; /* the rest of a palette line, or "" */
    int param;        /* of the row */
};

typedef void ds_act(struct ds_viewer *v, const struct ds_call *c);

struct ds_command {
    const char *name, *keys, *group, *help;
    unsigned flags;
    ds_act *act;
    int param;
};

/* Ends with a row whose name is NULL. */
extern const struct ds_command ds_commands[];

const struct ds_command *ds_command_lookup(const char *name);
/* Row bound to a key; `prefix` is the key before it or 0. */
const struct ds_command *ds_command_of_key(const char *key, char prefix, bool picking);
bool ds_command_is_prefix(const char *key);
/* The first key of a row for display, or "". */
const char *ds_command_key(const struct ds_command *c, char *to, size_t size);

/* Runs a row with its flags seen to. */
void ds_command_run(struct ds_viewer *v, const struct ds_command *c,
                    const struct ds_call *call);

/* Rows that match what was typed, best first; returns how many of `room`. */
int ds_command_match(const struct ds_command **list, int room, const char *typed);

ds_act ds_act_image, ds_act_end, ds_act_go_image, ds_act_layer, ds_act_go_layer, ds_act_head,
    ds_act_go_head, ds_act_step, ds_act_go_step, ds_act_swap, ds_act_play, ds_act_speed,
    ds_act_run, ds_act_cell, ds_act_head_cell, ds_act_heat_cell;
ds_act ds_act_mode, ds_act_go_mode, ds_act_blink, ds_act_auto_blink, ds_act_swipe,
    ds_act_go_swipe, ds_act_source, ds_act_pick, ds_act_pick_step, ds_act_go_pick,
    ds_act_contour, ds_act_flag, ds_act_threshold, ds_act_go_threshold, ds_act_adaptive,
    ds_act_opacity, ds_act_cmap, ds_act_range, ds_act_range_end, ds_act_clip, ds_act_zoom,
    ds_act_fit, ds_act_actual, ds_act_pan, ds_act_metric, ds_act_protocol, ds_act_tab,
    ds_act_go_tab, ds_act_unit, ds_act_go_fade;
ds_act ds_act_search, ds_act_search_for, ds_act_task_filter, ds_act_only_task,
    ds_act_only_class, ds_act_fate, ds_act_least, ds_act_clear, ds_act_sort, ds_act_mark,
    ds_act_mark_filter, ds_act_unmark, ds_act_scroll;
ds_act ds_act_undo, ds_act_redo, ds_act_jump, ds_act_bookmark, ds_act_go_bookmark, ds_act_copy,
    ds_act_picture, ds_act_save, ds_act_reload, ds_act_open, ds_act_overlay, ds_act_escape,
    ds_act_focus, ds_act_activate, ds_act_quit, ds_act_fullscreen, ds_act_scale, ds_act_export,
    ds_act_export_again, ds_act_export_set, ds_act_export_name, ds_act_export_font, ds_act_most,
    ds_act_class_filter, ds_act_drift_filter, ds_act_at;

#endif
