/* viz/viewer/input.c -- keys, text, pointer and wheel become commands. See viewer.h. */
#include "viz/viewer/command.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ds_viewer_run(struct ds_viewer *v, const char *command, double arg, bool has_arg)
{
    const struct ds_command *c = ds_command_lookup(command);

    if (!c)
        return false;
    ds_command_run(v, c, &(struct ds_call){.count = 1, .arg = arg, .has_arg = has_arg});
    return true;
}

bool ds_viewer_line(struct ds_viewer *v, const char *line)
{
    const char *rest = line + strcspn(line, " ");
    const struct ds_command *c;
    struct ds_call call = {.count = 1};
    char name[64], *end;

    snprintf(name, sizeof name, "%.*s", (int)(rest - line), line);
    rest += strspn(rest, " ");
    if (!(c = ds_command_lookup(name)))
        return false;
    call.arg = strtod(rest, &end);
    call.has_arg = *rest && !*end;
    call.text = rest;
    call.letter = *rest;
    ds_command_run(v, c, &call);
    return true;
}

/* "layer 5", "search-for cat", or the row chosen in the list. */
static void run_line(struct ds_viewer *v)
{
    const struct ds_command *list[64], *c;
    const bool more = strchr(v->field, ' ') != NULL;
    const int n = ds_command_match(list, 64, v->field);
    char line[DS_FIELD];

    memcpy(line, v->field, sizeof line);
    c = n ? list[v->palette_at < n ? v->palette_at : n - 1] : NULL;
    if (c && c->flags & DS_CMD_ARG && !more) { /* give it the number first */
        snprintf(v->field, sizeof v->field, "%s ", c->name);
        v->palette_at = 0;
        return;
    }
    v->overlay = DS_OVER_NONE;
    v->typing = DS_TYPE_NONE;
    if (!(more && ds_viewer_line(v, line)) && !(c && ds_viewer_line(v, c->name)))
        ds_viewer_say(v, DS_SAY_NOTE, "there is no command '%s'", line);
}

static void typed(struct ds_viewer *v)
{
    const struct ds_view before = v->view;

    v->palette_at = 0;
    v->changes++;
    if (v->typing == DS_TYPE_FILE)
        snprintf(v->page.name, sizeof v->page.name, "%s", v->field);
    if (v->typing == DS_TYPE_FONT)
        snprintf(v->page.font, sizeof v->page.font, "%.63s", v->field);
    if (v->typing != DS_TYPE_SEARCH)
        return;
    snprintf(v->view.search, sizeof v->view.search, "%.47s", v->field);
    ds_viewer_change(v, &before, ds_command_lookup("search-for"), false);
}

static void finish_typing(struct ds_viewer *v)
{
    if (v->typing == DS_TYPE_PALETTE) {
        run_line(v);
        return;
    }
    if (v->typing == DS_TYPE_SEARCH && ds_order_renew(v) == 0 && v->order.n &&
        ds_order_place(v, v->view.image - 1) < 0) {
        const struct ds_view before = v->view;

        v->view.image = v->order.at[0] + 1;
        ds_viewer_change(v, &before, NULL, true);
    }
    v->typing = DS_TYPE_NONE;
    v->changes++;
}

/* Keys of a text field; true when it was one. */
static bool field_key(struct ds_viewer *v, const char *key)
{
    size_t n = strlen(v->field);

    if (!strcmp(key, "Backspace")) {
        while (n > 0 && ((unsigned char)v->field[n - 1] & 0xc0) == 0x80)
            n--; /* whole characters */
        v->field[n > 0 ? n - 1 : 0] = 0;
        typed(v);
    } else if (!strcmp(key, "Ctrl+u")) {
        *v->field = 0;
        typed(v);
    } else if (!strcmp(key, "Return")) {
        finish_typing(v);
    } else if (v->typing == DS_TYPE_PALETTE && (!strcmp(key, "Down") || !strcmp(key, "Tab"))) {
        const struct ds_command *list[64];
        const int many = ds_command_match(list, 64, v->field);

        v->palette_at = v->palette_at + 1 < many ? v->palette_at + 1 : v->palette_at;
    } else if (v->typing == DS_TYPE_PALETTE &&
               (!strcmp(key, "Up") || !strcmp(key, "Shift+Tab"))) {
        v->palette_at = v->palette_at > 0 ? v->palette_at - 1 : 0;
    } else if (strcmp(key, "Esc") != 0) {
        return (v->typing != DS_TYPE_FILE && v->typing != DS_TYPE_FONT) ||
               strcmp(key, "Tab") != 0;
    } else {
        ds_viewer_run(v, "escape", 0, false);
    }
    return true;
}

bool ds_viewer_text(struct ds_viewer *v, const char *utf8)
{
    const size_t n = strlen(v->field);

    if (v->typing == DS_TYPE_NONE) {
        ds_viewer_key(v, utf8);
        return true;
    }
    if (n + strlen(utf8) < sizeof v->field)
        strcpy(v->field + n, utf8);
    typed(v);
    return true;
}

static bool overlay_key(struct ds_viewer *v, const char *key)
{
    const bool down = !strcmp(key, "Down") || !strcmp(key, "j") || !strcmp(key, "PageDown");
    const bool up = !strcmp(key, "Up") || !strcmp(key, "k") || !strcmp(key, "PageUp");

    if (v->overlay == DS_OVER_HELP && (down || up)) {
        v->help_scroll += (down ? 1 : -1) * (strncmp(key, "Page", 4) ? 3 : 20);
        v->help_scroll = v->help_scroll < 0 ? 0 : v->help_scroll;
        return true;
    }
    if (v->overlay == DS_OVER_MARKS && isalpha((unsigned char)key[0]) && !key[1]) {
        ds_viewer_run(v, "go", tolower((unsigned char)key[0]) - 'a', true);
        return true;
    }
    if (v->overlay == DS_OVER_EXPORT && (down || up)) {
        ds_viewer_run(v, down ? "focus-next" : "focus-prev", 0, false);
        return true;
    }
    /* Only what belongs to an overlay works in it. */
    return strcmp(key, "Esc") && strcmp(key, "Tab") && strcmp(key, "Shift+Tab") &&
           strcmp(key, "?") && strcmp(key, "F1") && strcmp(key, "Ctrl+q");
}

/* Left and right on a focused slider move it by a twentieth. */
static bool slider_key(struct ds_viewer *v, const char *key)
{
    const struct ds_widget *w = v->focus_shown ? ds_widgets_find(&v->widgets, v->focus) : NULL;
    const double by = !strcmp(key, "Left") ? -1 : !strcmp(key, "Right") ? 1 : 0;
    double to;

    if (!w || w->role != DS_ROLE_SLIDER || by == 0 || w->from >= w->to)
        return false;
    to = fmin(w->to, fmax(w->from, w->arg + by * (w->to - w->from) / 20));
    return ds_viewer_run(v, w->command, to, true);
}

static void command_key(struct ds_viewer *v, const char *key)
{
    const struct ds_command *c = ds_command_of_key(key, v->prefix, v->view.pick > 0);
    struct ds_call call = {.count = v->count ? v->count : 1,
                           .counted = v->count > 0,
                           .letter = v->prefix ? key[0] : 0};

    v->prefix = 0;
    v->count = 0;
    if (c)
        ds_command_run(v, c, &call);
    else
        v->changes++;
}

bool ds_viewer_key(struct ds_viewer *v, const char *key)
{
    const char *own;

    if (v->typing != DS_TYPE_NONE && field_key(v, key))
        return true;
    if (v->overlay != DS_OVER_NONE && !strcmp(key, "Return")) {
        ds_viewer_run(v, "activate", 0, false);
        return true;
    }
    if (v->overlay != DS_OVER_NONE && overlay_key(v, key))
        return true;
    own = v->prefix ? NULL : ds_own_keys_find(&v->keys, key);
    if (own)
        return ds_viewer_line(v, own);
    if (!strcmp(key, "Return") && v->focus_shown && ds_widgets_find(&v->widgets, v->focus)) {
        ds_viewer_run(v, "activate", 0, false);
        return true;
    }
    if (slider_key(v, key))
        return true;
    if (!v->prefix && isdigit((unsigned char)key[0]) && !key[1] &&
        (key[0] != '0' || v->count)) {
        v->count = v->count < 100000 ? 10 * v->count + (key[0] - '0') : v->count;
        return true;
    }
    if (!v->prefix && ds_command_is_prefix(key)) {
        v->prefix = key[0];
        return true;
    }
    command_key(v, key);
    return true;
}
