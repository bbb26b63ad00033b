/* viz/viewer/act_list.c -- commands over the list of images: search, filters, sort, marks. */
#include "viz/viewer/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
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

void ds_act_most(struct ds_viewer *v, const struct ds_call *c)
{
    v->view.most = fmax(0, c->arg);
}

/* Classes that have an image of the task listed, in turn; 0, all of them, is one of the turns.
 */
void ds_act_class_filter(struct ds_viewer *v, const struct ds_call *c)
{
    const struct ds_record *r = &v->run[0]->record;
    const int n = r->classes + 1;

    for (int left = c->count < n ? c->count : n; left > 0; left--)
        for (int tried = 0; tried < n; tried++) {
            bool there = false;

            v->view.only_class = ((v->view.only_class + c->param) % n + n) % n;
            for (int i = 0; i < r->images && !there; i++)
                there = r->label[i] == v->view.only_class - 1 &&
                        (!v->view.only_task || r->task[i] == v->view.only_task - 1);
            if (there || !v->view.only_class)
                break;
        }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The drifts of all images in this layer, sorted; how many are numbers. */
static int drifts(const struct ds_viewer *v, double *to)
{
    int n = 0;

    for (int i = 0; i < v->run[0]->record.images; i++) {
        const double d = ds_image_drift(v, i);

        if (isfinite(d))
            to[n++] = d;
    }
    qsort(to, (size_t)n, sizeof *to, ascending);
    return n;
}

/* At least the median, the third quartile, the last tenth; at most the median, the first
 * quartile, the first tenth; all. What is set decides which comes next. */
void ds_act_drift_filter(struct ds_viewer *v, const struct ds_call *c)
{
    static const double share[] = {0.5, 0.75, 0.9};
    struct ds_view *w = &v->view;
    double *sorted = malloc((size_t)v->run[0]->record.images * sizeof *sorted);
    const int n = sorted ? drifts(v, sorted) : 0;
    const bool upper = w->most <= 0;
    double next = -1;

    (void)c;
    for (int i = 0; i < 3 && n && next < 0; i++) {
        const double high = sorted[(int)(share[i] * (n - 1))];
        const double low = sorted[(int)((1 - share[i]) * (n - 1))];

        if (upper && high > w->least)
            next = high;
        if (!upper && low < w->most && low > 0)
            next = low;
    }
    if (upper && next < 0 && n) { /* above the last tenth: on to the least drifted half */
        w->least = 0;
        w->most = sorted[(n - 1) / 2];
    } else {
        w->least = upper && n ? next : 0;
        w->most = !upper && next > 0 ? next : 0;
    }
    free(sorted);
}

void ds_act_clear(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->view.only_task = v->view.only_class = v->view.only_fate = 0;
    v->view.only_marked = false;
    v->view.least = v->view.most = 0;
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
