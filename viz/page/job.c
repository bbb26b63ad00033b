/* viz/page/job.c -- what several figures ask of their options and runs. See figure_int.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/figure_int.h"

/* A whole number that is the entire text, within [lo, hi]. */
static bool whole(int *out, const char *text, int lo, int hi)
{
    char *end;
    const long v = strtol(text, &end, 10);

    if (end == text || *end || v < lo || v > hi)
        return false;
    *out = (int)v;
    return true;
}

int ds_job_layer(int *layer, const struct ds_job *job, bool mean_allowed, struct ds_err *err)
{
    const char *text = job->opt->layer;
    const int layers = job->study->run[0].record->layers;

    for (int i = 1; i < job->study->runs; i++)
        if (job->study->run[i].record->layers != layers)
            return ds_fail(err, DS_DATA, "%s has %d layers, %s has %d: no common layer to draw",
                           job->study->run[i].path, job->study->run[i].record->layers,
                           job->study->run[0].path, layers);
    *layer = -1;
    if (!strcmp(text, "mean") || (!strcmp(text, "auto") && mean_allowed)) {
        if (mean_allowed)
            return 0;
        return ds_fail(err, DS_USAGE,
                       "--layer mean has no map of its own; choose last or 1 to %d",
                       layers);
    }
    *layer = layers - 1;
    if (!strcmp(text, "last") || !strcmp(text, "auto"))
        return 0;
    if (!whole(layer, text, 1, layers))
        return ds_fail(err, DS_USAGE, "--layer wants 1 to %d, last%s, not '%s'", layers,
                       mean_allowed ? " or mean" : "", text);
    --*layer;
    return 0;
}

int ds_job_metric(const struct ds_metric **m, const struct ds_job *job, struct ds_err *err)
{
    const struct ds_metric *list[DS_METRIC_COUNT];
    int n = 0, code;

    if ((code = ds_metric_list(list, &n, job->opt->metric, err)))
        return code;
    if (n != 1)
        return ds_fail(err, DS_USAGE, "a figure shows one metric, --metric names %d", n);
    *m = list[0];
    return 0;
}

int ds_job_reference(enum ds_reference *r, int *given, const struct ds_job *job,
                     struct ds_err *err)
{
    static const char *const words[] = {"own", "previous", "first", NULL};
    const char *near = ds_opt_nearest(job->opt->reference, words);
    const int learned = ds_study_learned(job->study);

    *given = 0;
    for (int i = 0; i < 3; i++)
        if (!strcmp(job->opt->reference, words[i])) {
            *r = (enum ds_reference)i;
            return 0;
        }
    *r = DS_REF_GIVEN;
    if (whole(given, job->opt->reference, 0, learned))
        return 0;
    return ds_fail(err, DS_USAGE,
                   "--reference wants own, previous, first or a task up to %d, not '%s'%s%s%s",
                   learned, job->opt->reference, near ? "; did you mean '" : "",
                   near ? near : "", near ? "'" : "");
}

void ds_job_reference_text(char *to, size_t size, enum ds_reference r, int given)
{
    if (r == DS_REF_OWN)
        snprintf(to, size, "the map right after the image's own task");
    else if (r == DS_REF_PREVIOUS)
        snprintf(to, size, "the map one task before");
    else if (r == DS_REF_FIRST || given == 0)
        snprintf(to, size, "the untrained model");
    else
        snprintf(to, size, "the map after task %d", given);
}

const char *ds_job_label(const char *own, const char *usual)
{
    return *own ? own : usual;
}

static int find_id(const struct ds_record *r, long long id)
{
    for (int i = 0; i < r->images; i++)
        if (r->id && r->id[i] == id)
            return i;
    return -1;
}

static int images_by_id(int *at, int *n, int room, const struct ds_record *r, const char *text,
                        struct ds_err *err)
{
    *n = 0;
    while (*text) {
        char *end;
        const long long id = strtoll(text, &end, 10);
        const int i = find_id(r, id);

        if (end == text || (*end && *end != ','))
            return ds_fail(err, DS_USAGE, "--images wants a count or ids like 12,407, not '%s'",
                           text);
        if (i < 0)
            return ds_fail(err, DS_USAGE,
                           "image %lld is not one of the %d evaluation images of the run; "
                           "driftscope info RUN lists them",
                           id, r->images);
        if (*n == room)
            return ds_fail(err, DS_USAGE, "more than %d images in one figure", room);
        at[(*n)++] = i;
        text = end + (*end == ',');
    }
    return 0;
}

static bool taken(const int *at, int n, int i)
{
    for (int k = 0; k < n; k++)
        if (at[k] == i)
            return true;
    return false;
}

/* The first image of this task and class that is not taken, or -1. */
static int next_of_class(const struct ds_record *r, int task, int label, const int *at, int n)
{
    for (int i = 0; i < r->images; i++)
        if (r->task[i] == task && r->label[i] == label && !taken(at, n, i))
            return i;
    return -1;
}

/* From the oldest task on, because it has the most to lose: the first image of each of its
 * classes, then the second ... , then the next task. Nobody chose them by how they look. */
static int images_by_count(int *at, int count, const struct ds_record *r)
{
    int n = 0;

    for (int task = 0; task < r->done - 1; task++)
        for (int before = -1; n < count && n != before;) {
            before = n;
            for (int k = 0; k < r->classes && n < count; k++) {
                const int i = next_of_class(r, task, k, at, n);

                if (i >= 0)
                    at[n++] = i;
            }
        }
    return n;
}

int ds_job_images(int *at, int *n, int room, int count, const struct ds_job *job,
                  struct ds_err *err)
{
    const struct ds_record *r = job->study->run[0].record;
    const char *text = job->opt->images;

    if (strchr(text, ','))
        return images_by_id(at, n, room, r, text, err);
    if (*text && !whole(&count, text, 1, room))
        return ds_fail(err, DS_USAGE,
                       "--images wants a count up to %d or ids like 12,407, not '%s'", room,
                       text);
    *n = images_by_count(at, count, r);
    if (*n == 0)
        return ds_fail(err, DS_DATA, "%s: no evaluation image of a learned task",
                       job->study->run[0].path);
    return 0;
}

int ds_panel_columns(int panels, double width, double least)
{
    int columns = (int)(width / (least > 1 ? least : 1)), rows;

    columns = columns < 1 ? 1 : columns > panels ? panels : columns;
    /* 4 panels in 3 columns look forgotten: spread them evenly over the rows. */
    rows = (panels + columns - 1) / columns;
    return (panels + rows - 1) / rows;
}

static const char *letter_of(char to[4], int index)
{
    to[0] = 0;
    if (index >= 0)
        snprintf(to, 4, "(%c)", 'a' + index % 26);
    return to;
}

/* Where the title begins behind its letter. */
static double behind_letter(struct ds_canvas *c, int index, double size)
{
    char letter[4];

    if (index < 0)
        return 0;
    return ds_text_width(c, letter_of(letter, index), size, true) + 0.3 * size;
}

bool ds_panel_letter_fits(struct ds_canvas *c, double width, int index, const char *title)
{
    const double size = c->theme->text;

    return behind_letter(c, index, size) + ds_text_width(c, title, size, false) <= width;
}

void ds_panel_letter(struct ds_canvas *c, double x, double y, double width, bool large,
                     int index, const char *title)
{
    const double size = large ? c->theme->text : c->theme->tick;
    const double behind = behind_letter(c, index, size);
    struct ds_lettering type = {.size = size, .color = c->theme->ink, .ay = 1, .bold = true};
    char letter[4];

    ds_text(c, x, y, &type, letter_of(letter, index));
    type.bold = false;
    if (behind + ds_text_width(c, title, size, false) > width)
        type.width = fmax(width - behind, size);
    ds_text(c, x + behind, y, &type, title);
}

void ds_group_label(char *to, size_t size, const struct ds_study *s, int group)
{
    bool same = true;

    for (int g = 1; g < s->groups; g++)
        same = same && s->size[g] == s->size[0];
    /* As many everywhere: the note says it once. */
    if (s->size[group] > 1 && !same)
        snprintf(to, size, "%s, n = %d seeds", s->label[group], s->size[group]);
    else
        snprintf(to, size, "%s", s->label[group]);
}

void ds_seeds_text(char *to, size_t size, const struct ds_study *s)
{
    bool same = true;

    for (int g = 1; g < s->groups; g++)
        same = same && s->size[g] == s->size[0];
    *to = '\0';
    if (s->runs > s->groups && same)
        snprintf(to, size, "; mean over %d seeds", s->size[0]);
    else if (s->runs > s->groups)
        snprintf(to, size, "; mean over seeds");
}

void ds_tested_text(char *to, size_t size, const struct ds_study *s)
{
    int least = s->run[0].record->total[0], most = least;

    for (int i = 0; i < s->runs; i++)
        for (int j = 0; j < ds_study_learned(s); j++) {
            const int n = s->run[i].record->total[j];

            least = n < least ? n : least;
            most = n > most ? n : most;
        }
    if (least == most)
        snprintf(to, size, "n = %d test images per task", most);
    else
        snprintf(to, size, "n = %d to %d test images per task", least, most);
}
