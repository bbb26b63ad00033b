/* viz/viewer/script.h -- a session typed in advance: --script FILE. For viz/viewer and viz/cli.
 *
 *     key Ctrl+o          key n              text racc
 *     click @layer-3      click 400 300      click @image-2 shift
 *     drag 10 10 90 40    wheel @pane-0 -2   move 400 300
 *     run layer 5         any command by name, with its number or text
 *     wait idle           until nothing is computed;  wait 500: milliseconds
 *     resize 1100 700     scale 2
 *     shot now.png        expect layer=3     trace t.jsonl     widgets w.txt     quit
 *     memory m.txt        adds a line: resident megabytes, and the line of the script
 *
 * One step a line, # begins a remark. Keys, text and pointer go through the window's own event
 * queue; time is virtual, so that the same script gives the same frames everywhere. */
#ifndef DS_VIZ_VIEWER_SCRIPT_H
#define DS_VIZ_VIEWER_SCRIPT_H

#include <stdbool.h>
#include "core/base/err.h"

enum ds_step_kind {
    DS_STEP_KEY,
    DS_STEP_TEXT,
    DS_STEP_CLICK,
    DS_STEP_DRAG,
    DS_STEP_WHEEL,
    DS_STEP_MOVE,
    DS_STEP_RUN,
    DS_STEP_WAIT,
    DS_STEP_RESIZE,
    DS_STEP_SCALE,
    DS_STEP_SHOT,
    DS_STEP_EXPECT,
    DS_STEP_TRACE,
    DS_STEP_WIDGETS,
    DS_STEP_MEMORY,
    DS_STEP_QUIT,
    DS_STEPS
};

struct ds_step {
    enum ds_step_kind kind;
    int line;
    char text[240]; /* key, text, command, file, key=value, or a widget's id */
    double at[4];
    bool shift, idle;
};

struct ds_script {
    struct ds_step *step;
    int n;
    char path[240];
};

/* DS_USAGE names the line and what was expected; DS_NOINPUT, DS_NOMEM. */
int ds_script_load(struct ds_script *s, const char *path, struct ds_err *err);
void ds_script_clear(struct ds_script *s);

#endif
