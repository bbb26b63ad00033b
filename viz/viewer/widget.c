/* viz/viewer/widget.c -- the list of widgets. See the header. */
#include "viz/viewer/widget.h"

#include <stdio.h>
#include <string.h>

void ds_widgets_drop(struct ds_widgets *w, int panel)
{
    int kept = 0;

    for (int i = 0; i < w->n; i++)
        if (w->at[i].panel != panel)
            w->at[kept++] = w->at[i];
    w->n = kept;
}

/* A window of one pixel has panels without room: what has no size cannot be used. */
struct ds_widget *ds_widgets_add(struct ds_widgets *w, const struct ds_widget *what)
{
    if (w->n == DS_WIDGETS || what->box.w <= 0 || what->box.h <= 0)
        return NULL;
    w->at[w->n] = *what;
    return &w->at[w->n++];
}

struct ds_widget *ds_widgets_find(const struct ds_widgets *w, const char *id)
{
    for (int i = 0; i < w->n; i++)
        if (!strcmp(w->at[i].id, id))
            return &w->at[i];
    return NULL;
}

static bool holds(struct ds_box b, double x, double y)
{
    return x >= b.x && y >= b.y && x < b.x + b.w && y < b.y + b.h;
}

struct ds_widget *ds_widgets_at(const struct ds_widgets *w, double x, double y, int least)
{
    struct ds_widget *best = NULL;

    for (int i = 0; i < w->n; i++)
        if (w->at[i].panel >= least && holds(w->at[i].box, x, y) &&
            (!best || w->at[i].panel >= best->panel))
            best = &w->at[i];
    return best;
}

static bool usable(const struct ds_widget *w, int least)
{
    return w->panel >= least && w->command && !w->skip && !w->missing;
}

/* Panels in their order, widgets of a panel as it registered them. */
static bool before(const struct ds_widget *a, const struct ds_widget *b)
{
    return a->panel != b->panel ? a->panel < b->panel : a < b;
}

struct ds_widget *ds_widgets_next(const struct ds_widgets *w, const char *id, int step,
                                  int least)
{
    struct ds_widget *from = *id ? ds_widgets_find(w, id) : NULL, *best = NULL, *edge = NULL;

    for (int i = 0; i < w->n; i++) {
        struct ds_widget *one = &w->at[i];

        if (!usable(one, least))
            continue;
        if (!edge || (step > 0 ? before(one, edge) : before(edge, one)))
            edge = one;
        if (!from || one == from || (step > 0 ? before(one, from) : before(from, one)))
            continue;
        if (!best || (step > 0 ? before(one, best) : before(best, one)))
            best = one;
    }
    return best ? best : edge;
}

const char *ds_part_role_text(enum ds_part_role r)
{
    static const char *const text[] = {"button", "toggle",  "item", "tab",
                                       "slider", "picture", "text", "plot"};

    return text[r];
}
