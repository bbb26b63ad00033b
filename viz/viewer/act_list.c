/* viz/viewer/act_list.c -- commands over the list of images: search, filters, sort, marks. */
#include "viz/viewer/command.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void ds_act_search(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->typing = DS_TYPE_SEARCH;
    snprintf(v->field, sizeof v->field, "%s", v->view.search);
}

void ds_act_search_for(struct ds_viewer *v, const struct ds_call *c)
{
    snprintf(v->view.search, sizeof v->view.search, "%.47s", c->text);
}

void ds_act_task_filter(struct ds_viewer *v, const struct ds_call *c)
{
    const int n = v->run[0]->record.tasks + 1;

    v->view.only_task = ((v->view.only_task + c->param) % n + n) % n;
}

void ds_act_only_task(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.only_task = (int)fmax(0, c->arg);
}

void ds_act_only_class(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.only_class = (int)fmax(0, c->arg);
}

void ds_act_fate(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.only_fate = (v->view.only_fate + 1) % DS_FATES;
}

void ds_act_least(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.least = fmax(0, c->arg);
}

void ds_act_clear(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.only_task = v->view.only_class = v->view.only_fate = 0;
    v->view.only_marked = false;
    v->view.least = 0;
    *v->view.search = 0;
}

void ds_act_sort(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.sort = (v->view.sort + 1) % DS_SORTS;
}

void ds_act_mark(struct ds_viewer *v, const struct ds_call *c)
{
    const int image = c->has_arg ? (int)c->arg : v->view.image;

    if (image > DS_MARKS) {
        ds_viewer_say(v, DS_SAY_NOTE, "only the first %d images can carry a mark",
                      (int)DS_MARKS);
        return;
    }
    ds_view_mark(&v->view, image, !ds_view_marked(&v->view, image));
}

void ds_act_mark_filter(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.only_marked = !v->view.only_marked;
}

void ds_act_unmark(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    memset(v->view.mark, 0, sizeof v->view.mark);
}

/* The list follows the image shown; scrolling moves it away until the next step. */
void ds_act_scroll(struct ds_viewer *v, const struct ds_call *c)
{
    v->scroll = fmax(0, v->scroll + c->arg);
}
