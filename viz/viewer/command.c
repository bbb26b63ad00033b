/* viz/viewer/command.c -- the command table, and how a key finds its row. See the header. */
#include "viz/viewer/command.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define V           DS_CMD_VIEW
#define J           (DS_CMD_VIEW | DS_CMD_JUMP)
#define FLAG(field) (int)offsetof(struct ds_view, field)

const struct ds_command ds_commands[] = {
    {"image-next", "n|PageDown", "Images", "next image of the list", J, ds_act_image, 1},
    {"image-prev", "p|PageUp", "Images", "previous image of the list", J, ds_act_image, -1},
    {"image-first", "g g|Home", "Images", "first image", J, ds_act_end, 0},
    {"image-last", "G|End", "Images", "last image; 12G: the 12th", J, ds_act_end, 1},
    {"image", "", "Images", "go to image N", J | DS_CMD_ARG, ds_act_go_image, 0},
    {"grid", "Return", "Images", "images fill the window, or back", V, ds_act_flag, FLAG(grid)},
    {"search", "/", "Images", "list images whose label or id holds a text", 0, ds_act_search,
     0},
    {"search-for", "", "Images", "list images that hold TEXT", V | DS_CMD_ARG,
     ds_act_search_for, 0},
    {"task-next", "t", "Images", "list the next task only, then all", V, ds_act_task_filter, 1},
    {"task-prev", "T", "Images", "list the previous task only", V, ds_act_task_filter, -1},
    {"only-task", "", "Images", "list task N only, 0 all", V | DS_CMD_ARG, ds_act_only_task, 0},
    {"only-class", "", "Images", "list class N only, 0 all", V | DS_CMD_ARG, ds_act_only_class,
     0},
    {"fate", "f", "Images", "list by answer: all, right, wrong, lost since A, won since A", V,
     ds_act_fate, 0},
    {"least-drift", "", "Images", "list images that drifted at least X", V | DS_CMD_ARG,
     ds_act_least, 0},
    {"filters-clear", "F", "Images", "list all images again", V, ds_act_clear, 0},
    {"sort", "z", "Images", "sort by id, drift, forgetting, label", V, ds_act_sort, 0},
    {"mark", "*", "Images", "mark this image, or take the mark away", V, ds_act_mark, 0},
    {"marked-only", "&", "Images", "list marked images only", V, ds_act_mark_filter, 0},
    {"unmark-all", "", "Images", "take all marks away", V, ds_act_unmark, 0},
    {"scroll", "", "Images", "scroll the list by N rows", DS_CMD_ARG, ds_act_scroll, 0},

    {"b-prev", "[|Left", "Checkpoints", "B one checkpoint back", V, ds_act_step, 2},
    {"b-next", "]|Right", "Checkpoints", "B one checkpoint on", V, ds_act_step, 3},
    {"a-prev", "{|Shift+Left", "Checkpoints", "A one checkpoint back", V, ds_act_step, 0},
    {"a-next", "}|Shift+Right", "Checkpoints", "A one checkpoint on", V, ds_act_step, 1},
    {"a", "", "Checkpoints", "A to checkpoint N", V | DS_CMD_ARG, ds_act_go_step, 0},
    {"b", "", "Checkpoints", "B to checkpoint N", V | DS_CMD_ARG, ds_act_go_step, 1},
    {"swap", "x", "Checkpoints", "swap A and B", V, ds_act_swap, 0},
    {"run-a", "Alt+a", "Checkpoints", "A from the other run", V, ds_act_run, 0},
    {"run-b", "Alt+b", "Checkpoints", "B from the other run", V, ds_act_run, 1},
    {"play", "Space", "Checkpoints", "play the checkpoints, or stop", 0, ds_act_play, 0},
    {"slower", ",", "Checkpoints", "play slower", V, ds_act_speed, -1},
    {"faster", ".", "Checkpoints", "play faster", V, ds_act_speed, 1},
    {"loop", "Alt+l", "Checkpoints", "begin again at the end, or stop there", V, ds_act_flag,
     FLAG(loop)},

    {"layer-next", "j|Down", "Layers and heads", "next layer", V, ds_act_layer, 1},
    {"layer-prev", "k|Up", "Layers and heads", "previous layer", V, ds_act_layer, -1},
    {"layer", "", "Layers and heads", "go to layer N", V | DS_CMD_ARG, ds_act_go_layer, 0},
    {"head-next", "J", "Layers and heads", "next head; the mean comes first", V, ds_act_head,
     1},
    {"head-prev", "K", "Layers and heads", "previous head", V, ds_act_head, -1},
    {"head", "", "Layers and heads", "go to head N, 0 the mean", V | DS_CMD_ARG, ds_act_go_head,
     0},
    {"head-cell", "", "Layers and heads", "layer and head of a cell of the matrix",
     V | DS_CMD_ARG, ds_act_head_cell, 0},

    {"mode-next", "v", "View", "next way to compare", V, ds_act_mode, 1},
    {"mode-prev", "V", "View", "previous way to compare", V, ds_act_mode, -1},
    {"mode-single", "Alt+1", "View", "B alone", V, ds_act_go_mode, DS_MODE_SINGLE},
    {"mode-quad", "Alt+2", "View", "A, B, difference and image", V, ds_act_go_mode,
     DS_MODE_QUAD},
    {"mode-swipe", "Alt+3", "View", "A and B on either side of a divider", V, ds_act_go_mode,
     DS_MODE_SWIPE},
    {"mode-fade", "Alt+4", "View", "A dissolved into B", V, ds_act_go_mode, DS_MODE_FADE},
    {"mode-blink", "Alt+5", "View", "A and B in turn", V, ds_act_go_mode, DS_MODE_BLINK},
    {"mode-layers", "Alt+6", "View", "all layers at A and B", V, ds_act_go_mode,
     DS_MODE_LAYERS},
    {"mode-film", "Alt+7", "View", "all checkpoints in this layer", V, ds_act_go_mode,
     DS_MODE_FILM},
    {"mode-heads", "Alt+8", "View", "layer by head, from the weights", V, ds_act_go_mode,
     DS_MODE_HEADS},
    {"blink", "b", "View", "show the other of A and B", V, ds_act_blink, 0},
    {"blink-auto", "B", "View", "blink by itself, once a second, or stop", V, ds_act_auto_blink,
     0},
    {"left", "h", "View", "divider to the left, or less of B", V, ds_act_swipe, -1},
    {"right", "l", "View", "divider to the right, or more of B", V, ds_act_swipe, 1},
    {"swipe", "", "View", "divider to X of the width", V | DS_CMD_ARG, ds_act_go_swipe, 0},
    {"fade", "", "View", "fade to X: 0 is A, 1 is B", V | DS_CMD_ARG, ds_act_go_fade, 0},
    {"diff", "d", "View", "difference B - A in place of B", V, ds_act_flag, FLAG(diff)},
    {"source", "s", "View", "map from rollout, raw CLS row, mean of rows, pinned patch", V,
     ds_act_source, 0},
    {"smooth", "S", "View", "smooth maps, or one colour a patch", V, ds_act_flag, FLAG(smooth)},
    {"contour", "c", "View", "outline of the mask: off, patch edges, smooth", V, ds_act_contour,
     0},
    {"opacity-more", "o", "View", "stronger overlay", V, ds_act_opacity, 1},
    {"opacity-less", "O", "View", "weaker overlay", V, ds_act_opacity, -1},
    {"cmap-next", "C", "View", "next colour map", V, ds_act_cmap, 1},
    {"cmap-prev", "Alt+c", "View", "previous colour map", V, ds_act_cmap, -1},
    {"range", "r", "View", "range of colours: each map's own, shared by A and B, fixed", V,
     ds_act_range, 0},
    {"range-lo", "", "View", "lower end of the colours, fixed", V | DS_CMD_ARG,
     ds_act_range_end, 0},
    {"range-hi", "", "View", "upper end of the colours, fixed", V | DS_CMD_ARG,
     ds_act_range_end, 1},
    {"clip", "w", "View", "cut 0, 1, 2 or 5 % of the values off the range", V, ds_act_clip, 0},
    {"zoom-in", "+|=", "View", "zoom in", V, ds_act_zoom, 1},
    {"zoom-out", "-", "View", "zoom out", V, ds_act_zoom, -1},
    {"fit", "0", "View", "the whole image", V, ds_act_fit, 0},
    {"actual", "Z", "View", "one pixel of the image on a whole number of pixels", V,
     ds_act_actual, 0},
    {"pan-left", "Alt+Left", "View", "pan left", V, ds_act_pan, 0},
    {"pan-right", "Alt+Right", "View", "pan right", V, ds_act_pan, 1},
    {"pan-up", "Alt+Up", "View", "pan up", V, ds_act_pan, 2},
    {"pan-down", "Alt+Down", "View", "pan down", V, ds_act_pan, 3},

    {"pick", "i", "Patch and mask", "pin the middle patch, or let go", V, ds_act_pick, 0},
    {"pick-patch", "", "Patch and mask", "pin patch N, 0 none", V | DS_CMD_ARG, ds_act_go_pick,
     0},
    {"pick-left", "Shift+Left", "Patch and mask", "pinned patch one to the left",
     V | DS_CMD_PICK, ds_act_pick_step, 0},
    {"pick-right", "Shift+Right", "Patch and mask", "pinned patch one to the right",
     V | DS_CMD_PICK, ds_act_pick_step, 1},
    {"pick-up", "Shift+Up", "Patch and mask", "pinned patch one up", V | DS_CMD_PICK,
     ds_act_pick_step, 2},
    {"pick-down", "Shift+Down", "Patch and mask", "pinned patch one down", V | DS_CMD_PICK,
     ds_act_pick_step, 3},
    {"threshold-down", "<", "Patch and mask", "threshold down one rank", V, ds_act_threshold,
     -1},
    {"threshold-up", ">", "Patch and mask", "threshold up one rank", V, ds_act_threshold, 1},
    {"threshold", "", "Patch and mask", "threshold X", V | DS_CMD_ARG, ds_act_go_threshold, 0},
    {"adaptive", "a", "Patch and mask", "adaptive threshold again", V, ds_act_adaptive, 0},

    {"tab-next", "`|F6", "Study", "next panel of the study", V, ds_act_tab, 1},
    {"tab-prev", "~|Shift+F6", "Study", "previous panel of the study", V, ds_act_tab, -1},
    {"tab", "", "Study", "panel N of the study", V | DS_CMD_ARG, ds_act_go_tab, 0},
    {"metric", "D", "Study", "next drift metric", V, ds_act_metric, 0},
    {"protocol", "P", "Study", "accuracy over all classes, or within the task", V,
     ds_act_protocol, 0},
    {"unit", "U", "Study", "a dot of the scatter is an image, a class, a task", V, ds_act_unit,
     0},
    {"accuracy-cell", "", "Study", "B and task of a cell of the matrix", J | DS_CMD_ARG,
     ds_act_cell, 0},
    {"heat-cell", "", "Study", "B and layer of a cell of the heat map", V | DS_CMD_ARG,
     ds_act_heat_cell, 0},

    {"undo", "u|Ctrl+z", "Desk", "undo the last change of the view", 0, ds_act_undo, 0},
    {"redo", "Ctrl+r|Ctrl+Shift+z", "Desk", "redo", 0, ds_act_redo, 0},
    {"jump-back", "Ctrl+o", "Desk", "back to where a jump began", 0, ds_act_jump, -1},
    {"jump-on", "Ctrl+i", "Desk", "on again", 0, ds_act_jump, 1},
    {"bookmark", "m *", "Desk", "keep this view under a letter", 0, ds_act_bookmark, 0},
    {"go", "' *", "Desk", "view kept under a letter", J, ds_act_go_bookmark, 0},
    {"bookmarks", "M", "Desk", "list of kept views", 0, ds_act_overlay, DS_OVER_MARKS},
    {"view", "", "Desk", "set the view: key=value ...", J | DS_CMD_ARG, ds_act_at, 0},
    {"copy-values", "y", "Desk", "copy the numbers of this view", 0, ds_act_copy, 0},
    {"copy-command", "Y", "Desk", "copy the command line that shows this view", 0, ds_act_copy,
     1},
    {"copy-latex", "Alt+y", "Desk", "copy a LaTeX row of this view's numbers", 0, ds_act_copy,
     2},
    {"save", "Ctrl+s", "Desk", "save the session; driftscope view --session opens it", 0,
     ds_act_save, 0},
    {"export", "e", "Desk", "export this view as a figure", 0, ds_act_overlay, DS_OVER_EXPORT},
    {"export-again", "E", "Desk", "export again, as last time", 0, ds_act_export_again, 0},
    {"export-now", "", "Desk", "write the figure", 0, ds_act_export, 0},
    {"export-set", "", "Desk", "a choice of the export dialog", DS_CMD_ARG, ds_act_export_set,
     0},
    {"export-name", "", "Desk", "name of the figure", DS_CMD_ARG, ds_act_export_name, 0},
    {"follow", "L", "Desk", "follow a run that is being trained, or not", V, ds_act_flag,
     FLAG(follow)},
    {"newest", "N", "Desk", "B goes with the newest checkpoint, or stays", V, ds_act_flag,
     FLAG(newest)},
    {"reload", "R", "Desk", "read the run again", DS_CMD_ALWAYS, ds_act_reload, 0},

    {"palette", ":|Ctrl+p", "Window", "find a command by typing", DS_CMD_ALWAYS, ds_act_overlay,
     DS_OVER_PALETTE},
    {"help", "?|F1", "Window", "keys", DS_CMD_ALWAYS, ds_act_overlay, DS_OVER_HELP},
    {"focus-next", "Tab", "Window", "next control", DS_CMD_ALWAYS, ds_act_focus, 1},
    {"focus-prev", "Shift+Tab", "Window", "previous control", DS_CMD_ALWAYS, ds_act_focus, -1},
    {"activate", "", "Window", "use the control in focus (Return)", DS_CMD_ALWAYS,
     ds_act_activate, 0},
    {"browser", "F9", "Window", "image list, or more room", V, ds_act_flag, FLAG(browser)},
    {"inspector", "F10", "Window", "right side, or more room", V, ds_act_flag, FLAG(inspector)},
    {"bigger", "Ctrl+=|Ctrl++", "Window", "larger text", DS_CMD_ALWAYS, ds_act_scale, 1},
    {"smaller", "Ctrl+-", "Window", "smaller text", DS_CMD_ALWAYS, ds_act_scale, -1},
    {"fullscreen", "F11", "Window", "full screen, or back", DS_CMD_ALWAYS, ds_act_fullscreen,
     0},
    {"escape", "Esc", "Window", "close what is open, stop, clear the search, let go",
     DS_CMD_ALWAYS, ds_act_escape, 0},
    {"quit", "q|Ctrl+q", "Window", "quit", DS_CMD_ALWAYS, ds_act_quit, 0},
    {0}};
#undef V
#undef J

const struct ds_command *ds_command_lookup(const char *name)
{
    for (const struct ds_command *c = ds_commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

/* The i-th key of a row into `to`; false behind the last. */
static bool key_at(const struct ds_command *c, int i, char *to, size_t size)
{
    const char *at = c->keys;
    size_t n;

    for (; i > 0; i--) {
        at += strcspn(at, "|");
        if (!*at++)
            return false;
    }
    n = strcspn(at, "|");
    snprintf(to, size, "%.*s", (int)n, at);
    return n > 0;
}

static bool binds(const struct ds_command *c, const char *key, char prefix)
{
    char bound[32];

    for (int i = 0; key_at(c, i, bound, sizeof bound); i++) {
        const bool two = bound[1] == ' ' && bound[2];

        if (two != (prefix != 0) || (two && bound[0] != prefix))
            continue;
        if (!strcmp(two ? bound + 2 : bound, key))
            return true;
        if (two && bound[2] == '*' && isalpha((unsigned char)key[0]) && !key[1])
            return true;
    }
    return false;
}

const struct ds_command *ds_command_of_key(const char *key, char prefix, bool picking)
{
    const struct ds_command *found = NULL;

    for (const struct ds_command *c = ds_commands; c->name; c++) {
        if (!binds(c, key, prefix) || (c->flags & DS_CMD_PICK && !picking))
            continue;
        if (!found || c->flags & DS_CMD_PICK)
            found = c;
    }
    return found;
}

bool ds_command_is_prefix(const char *key)
{
    char bound[32];

    if (!key[0] || key[1])
        return false;
    for (const struct ds_command *c = ds_commands; c->name; c++)
        for (int i = 0; key_at(c, i, bound, sizeof bound); i++)
            if (bound[0] == key[0] && bound[1] == ' ')
                return true;
    return false;
}

const char *ds_command_key(const struct ds_command *c, char *to, size_t size)
{
    if (!key_at(c, 0, to, size))
        *to = 0;
    return to;
}

void ds_command_run(struct ds_viewer *v, const struct ds_command *c, const struct ds_call *call)
{
    struct ds_call own = *call;
    struct ds_view before;

    if (!ds_viewer_ready(v) && !(c->flags & DS_CMD_ALWAYS))
        return;
    own.param = c->param;
    own.text = own.text ? own.text : "";
    before = v->view;
    c->act(v, &own);
    if (c->flags & DS_CMD_VIEW)
        ds_viewer_change(v, &before, c, (c->flags & DS_CMD_JUMP) != 0);
    else
        v->changes++;
}

/* Letters of `typed` in order within `name`: dense and early is better; -1: not there. */
static int score(const char *name, const char *typed)
{
    int at = 0, points = 0, last = -1;

    for (; *typed; typed++) {
        while (name[at] && tolower((unsigned char)name[at]) != tolower((unsigned char)*typed))
            at++;
        if (!name[at])
            return -1;
        points += at == last + 1 ? 0 : 4;
        points += at > 0 && name[at - 1] != '-' && name[at - 1] != ' ' ? 1 : 0;
        last = at++;
    }
    return points + (int)strlen(name) / 4;
}

int ds_command_match(const struct ds_command **list, int room, const char *typed)
{
    int n = 0, points[64] = {0};
    char word[DS_FIELD];

    snprintf(word, sizeof word, "%s", typed);
    word[strcspn(word, " ")] = 0;
    for (const struct ds_command *c = ds_commands; c->name; c++) {
        const int name = score(c->name, word), help = score(c->help, typed);
        const int p = name >= 0 ? name : help >= 0 ? 100 + help : -1;
        int at = n;

        if (p < 0)
            continue;
        while (at > 0 && points[at - 1] > p)
            at--;
        if (at >= room || at >= 64)
            continue;
        n += n < room && n < 64;
        for (int i = n - 1; i > at; i--) {
            list[i] = list[i - 1];
            points[i] = points[i - 1];
        }
        list[at] = c;
        points[at] = p;
    }
    return n;
}
