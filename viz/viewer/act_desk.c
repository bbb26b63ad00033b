/* viz/viewer/act_desk.c -- commands around the picture: history, letters, overlays, focus. */
#include "viz/viewer/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "viz/viewer/session.h"

static void exchange(struct ds_viewer *v, struct ds_view *with)
{
    const struct ds_view now = v->view;

    v->view = *with;
    *with = now;
    v->last_command = NULL;
    ds_viewer_clamp(v);
}

void ds_act_undo(struct ds_viewer *v, const struct ds_call *c)
{
    struct ds_history *h = &v->undo;

    for (int i = 0; i < c->count; i++) {
        if (!h->now) {
            ds_viewer_say(v, DS_SAY_NOTE, "nothing left to undo");
            return;
        }
        h->now--;
        exchange(v, &h->at[(h->first + h->now) % DS_UNDO]);
    }
}

void ds_act_redo(struct ds_viewer *v, const struct ds_call *c)
{
    struct ds_history *h = &v->undo;

    for (int i = 0; i < c->count; i++) {
        if (h->now == h->n) {
            ds_viewer_say(v, DS_SAY_NOTE, "nothing left to redo");
            return;
        }
        exchange(v, &h->at[(h->first + h->now) % DS_UNDO]);
        h->now++;
    }
}

/* The place left behind is kept, so that back and on are each other's reverse. */
void ds_act_jump(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_view before = v->view;
    const int to = v->jump_at + (c->param < 0 ? -1 : 0);

    if (to < 0 || to >= v->jumps) {
        ds_viewer_say(v, DS_SAY_NOTE,
                      c->param < 0 ? "this is the first place" : "this is the last place");
        return;
    }
    v->view = v->jump[to];
    v->jump[to] = before;
    v->jump_at += c->param;
    ds_viewer_change(v, &before, NULL, false);
}

static int letter_of(const struct ds_call *c)
{
    const char x = c->letter ? c->letter : *c->text;

    return x >= 'a' && x <= 'z' ? x - 'a' : x >= 'A' && x <= 'Z' ? x - 'A' : -1;
}

void ds_act_bookmark(struct ds_viewer *v, const struct ds_call *c)
{
    const int at = letter_of(c);

    if (at < 0)
        return;
    v->letter[at] = v->view;
    v->lettered[at] = true;
    ds_viewer_say(v, DS_SAY_GOOD, "kept under %c; ' %c comes back", 'a' + at, 'a' + at);
}

void ds_act_go_bookmark(struct ds_viewer *v, const struct ds_call *c)
{
    const int at = c->has_arg ? (int)c->arg : letter_of(c);

    if (at < 0 || at >= DS_LETTERS || !v->lettered[at]) {
        ds_viewer_say(v, DS_SAY_NOTE,
                      "nothing is kept under that letter; m and a letter keeps");
        return;
    }
    v->view = v->letter[at];
    v->overlay = DS_OVER_NONE;
}

void ds_act_at(struct ds_viewer *v, const struct ds_call *c)
{
    struct ds_err err = {0};

    if (ds_view_read(&v->view, c->text, "view", &err))
        ds_viewer_say(v, DS_SAY_BAD, "%s", err.text);
}

void ds_act_save(struct ds_viewer *v, const struct ds_call *c)
{
    struct ds_err err = {0};

    (void)c;
    if (!*v->session)
        snprintf(v->session, sizeof v->session, "%s.view", v->run[0]->name);
    if (ds_session_save_view(v, v->session, &err))
        ds_viewer_say(v, DS_SAY_BAD, "%s", err.text);
    else
        ds_viewer_say(v, DS_SAY_GOOD, "saved; driftscope view %s opens it", v->session);
}

void ds_act_open(struct ds_viewer *v, const struct ds_call *c)
{
    const int i = (int)c->arg;

    if (i >= 0 && i < v->founds && c->has_arg)
        snprintf(v->dropped, sizeof v->dropped, "%s", v->found[i]);
}

void ds_act_reload(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    for (int i = 0; i < v->runs; i++) {
        *v->trouble[i] = 0;
        v->stale[i] = v->run[i] != NULL;
    }
}

void ds_act_overlay(struct ds_viewer *v, const struct ds_call *c)
{
    if (v->overlay == (enum ds_overlay)c->param) {
        v->overlay = DS_OVER_NONE;
        v->typing = DS_TYPE_NONE;
        return;
    }
    v->overlay = (enum ds_overlay)c->param;
    v->typing = v->overlay == DS_OVER_PALETTE ? DS_TYPE_PALETTE : DS_TYPE_NONE;
    v->palette_at = v->help_scroll = 0;
    *v->field = 0;
    *v->focus = 0;
    v->focus_shown = false;
}

void ds_act_escape(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->prefix = 0;
    v->count = 0;
    if (v->typing != DS_TYPE_NONE && v->overlay != DS_OVER_EXPORT) {
        if (v->typing == DS_TYPE_SEARCH)
            *v->view.search = 0;
        v->typing = DS_TYPE_NONE;
        v->overlay = DS_OVER_NONE;
    } else if (v->typing != DS_TYPE_NONE) {
        v->typing = DS_TYPE_NONE;
    } else if (v->overlay != DS_OVER_NONE) {
        v->overlay = DS_OVER_NONE;
    } else if (v->playing || v->blinking) {
        v->playing = v->blinking = v->phase = false;
    } else if (v->focus_shown) {
        v->focus_shown = false;
        *v->focus = 0;
    } else if (*v->view.search || v->view.pick || v->view.grid) {
        const struct ds_view before = v->view;

        if (*v->view.search)
            *v->view.search = 0;
        else if (v->view.pick)
            v->view.pick = 0;
        else
            v->view.grid = false;
        ds_viewer_change(v, &before, NULL, false);
    }
    *v->message = 0;
}

void ds_act_focus(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_widget *w =
        ds_widgets_next(&v->widgets, v->focus, c->param, ds_least_panel(v));

    if (!w)
        return;
    memcpy(v->focus, w->id, sizeof v->focus);
    v->focus_shown = true;
}

void ds_act_activate(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_widget *w = ds_widgets_find(&v->widgets, v->focus);
    struct ds_widget copy;

    (void)c;
    if (!w || !w->command || w->missing)
        return;
    copy = *w; /* the list may change under the command */
    ds_viewer_run(v, copy.command, copy.arg, !isnan(copy.arg));
}

void ds_act_quit(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->wish.quit = true;
}

void ds_act_fullscreen(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->wish.fullscreen = true;
}

void ds_act_scale(struct ds_viewer *v, const struct ds_call *c)
{
    v->wish.scale = c->param > 0 ? 1.1 : 1 / 1.1;
}
