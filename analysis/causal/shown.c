/* analysis/causal/shown.c -- pictures that two networks are both shown. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "analysis/causal/shown.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int alloc(struct ds_shown *w, int count, int groups, int choices, struct ds_err *err)
{
    const size_t n = (size_t)count + 1, k = (size_t)choices + 1;

    w->groups = groups;
    w->at = calloc(n, sizeof *w->at);
    w->group = calloc(n, sizeof *w->group);
    w->group_name = calloc((size_t)groups + 1, sizeof *w->group_name);
    w->first_choice = choices ? calloc((size_t)groups + 1, sizeof *w->first_choice) : NULL;
    for (int side = 0; side < 2; side++) {
        w->class_of[side] = calloc(n, sizeof **w->class_of);
        w->choice[side] = calloc(k, sizeof **w->choice);
        if (!w->class_of[side] || !w->choice[side])
            return ds_fail(err, DS_NOMEM, "out of memory for %d pictures", count);
    }
    return w->at && w->group && w->group_name && (!choices || w->first_choice)
               ? 0
               : ds_fail(err, DS_NOMEM, "out of memory for %d pictures", count);
}

void ds_shown_clear(struct ds_shown *w)
{
    for (int g = 0; w->group_name && g < w->groups; g++)
        free(w->group_name[g]);
    free(w->group_name);
    free(w->at);
    free(w->group);
    free(w->first_choice);
    for (int side = 0; side < 2; side++) {
        free(w->class_of[side]);
        free(w->choice[side]);
    }
    *w = (struct ds_shown){0};
}

/* Without classes in common, the heads must at least number the same ones alike. */
int ds_shown_check_heads(const struct ds_shown *w, const struct ds_model *s,
                         const struct ds_model *t, struct ds_err *err)
{
    const int a = s->vit.shape.classes, b = t->vit.shape.classes;

    if (!a || !b)
        return ds_fail(err, DS_DATA, "%s: has no head, so it gives no answers",
                       a ? t->file : s->file);
    if (w->truth == DS_TRUTH_S && a != b)
        return ds_fail(err, DS_DATA,
                       "%s answers with %d classes, %s with %d, and nothing says which are the "
                       "same; pictures in class folders and --labels would",
                       s->file, a, t->file, b);
    return 0;
}

static int check_shape(const struct ds_shown *w, const struct ds_model *m, struct ds_err *err)
{
    const struct ds_vit_shape *s = &m->vit.shape;

    if (s->channels == w->channels && s->height == w->height && s->width == w->width)
        return 0;
    return ds_fail(err, DS_DATA, "%s: reads %d x %d x %d, the pictures are %d x %d x %d",
                   m->file, s->channels, s->height, s->width, w->channels, w->height, w->width);
}

/* What T calls S's class k, or -1: by name, since orders of classes differ. */
static int other_class(const struct ds_record *s, const struct ds_record *t, int k)
{
    for (int i = 0; i < t->classes; i++)
        if (!strcmp(s->class_name[k], t->class_name[i]))
            return i;
    return -1;
}

/* Whether a network that has learned so many tasks of its run (0: not known) has seen a domain.
 */
static bool knows_domain(const struct ds_record *r, int tasks, const char *name)
{
    bool found = !r || !r->domain_name || tasks < 1;

    for (int t = 0; !found && t < tasks && t < r->tasks; t++)
        found = !strcmp(r->domain_name[t], name);
    return found;
}

/* Classes of every task of S, in both numberings; knows[g]: all of them are below classes.
 * Where tasks are domains, heads know all classes from the first task on: then what counts is
 * whether the domain was learned. */
static int find_tasks(struct ds_shown *w, bool *knows, const struct ds_record *s,
                      const struct ds_record *t, const int classes[2], const int tasks[2],
                      struct ds_err *err)
{
    assert(w->first_choice);
    for (int g = 0, n = 0; g < w->groups; g++) {
        const char *domain = s->domain_name ? s->domain_name[g] : NULL;
        char name[256];

        if (!(w->group_name[g] = strdup(ds_record_task(s, g, name, sizeof name))))
            return ds_fail(err, DS_NOMEM, "out of memory");
        w->first_choice[g] = n;
        knows[g] =
            !domain || (knows_domain(s, tasks[0], domain) && knows_domain(t, tasks[1], domain));
        for (int k = 0; k < s->classes; k++) {
            if (!ds_record_teaches(s, g, k))
                continue;
            w->choice[0][n] = k;
            w->choice[1][n] = t ? other_class(s, t, k) : k;
            knows[g] = knows[g] && k < classes[0] && w->choice[1][n] < classes[1] &&
                       (w->choice[1][n] >= 0 || classes[1] == INT_MAX);
            n++;
        }
        w->first_choice[g + 1] = n;
    }
    return 0;
}

static void take_images(struct ds_shown *w, const struct ds_exam_about *a, const bool *knows)
{
    assert(w->first_choice);
    for (int i = 0; i < a->count; i++) {
        const int g = a->task_of[i], n = w->count;

        w->left_out += !knows[g];
        if (!knows[g])
            continue;
        w->at[n] = i;
        w->group[n] = g;
        for (int c = w->first_choice[g]; c < w->first_choice[g + 1]; c++)
            if (w->choice[0][c] == a->class_of[i])
                for (int side = 0; side < 2; side++)
                    w->class_of[side][n] = w->choice[side][c];
        w->count++;
    }
}

int ds_shown_run(struct ds_shown *w, const struct ds_exam *exam, const struct ds_exam *exam_t,
                 const struct ds_model *s, const struct ds_model *t, bool answers,
                 struct ds_err *err)
{
    const struct ds_exam_about a = ds_exam_about(exam);
    const struct ds_exam_about b = exam_t ? ds_exam_about(exam_t) : a;
    const int learned = s->vit.shape.classes;
    const int classes[2] = {answers || learned ? learned : INT_MAX,
                            answers ? t->vit.shape.classes : INT_MAX};
    const int tasks[2] = {s->tasks, answers ? t->tasks : 0};
    const int each = a.record->classes; /* choices: of a domain, all of them */
    bool *knows;
    int choices, code;

    *w = (struct ds_shown){.exam = exam,
                           .truth = exam_t ? DS_TRUTH_LABELS : DS_TRUTH_S,
                           .scale = {*a.scale, *b.scale},
                           .channels = a.channels,
                           .height = a.height,
                           .width = a.width};
    if (!exam_t)
        ds_scale_init(&w->scale[1], t->vit.shape.channels, t->mean, t->std);
    if (check_shape(w, s, err) || check_shape(w, t, err))
        return err->code;
    if (__builtin_mul_overflow(each, a.record->domain_name ? a.record->tasks : 1, &choices))
        return ds_fail(err, DS_DATA, "%s: %d classes in %d domains are too many", s->file, each,
                       a.record->tasks);
    if (alloc(w, a.count, a.record->tasks, choices, err))
        return err->code;
    knows = calloc((size_t)w->groups + 1, sizeof *knows);
    if (!knows)
        return ds_fail(err, DS_NOMEM, "out of memory");
    code = find_tasks(w, knows, a.record, exam_t ? b.record : NULL, classes, tasks, err);
    if (!code) {
        take_images(w, &a, knows);
        if (!w->count)
            code = ds_fail(err, DS_DATA,
                           "%s and %s have learned no task in common, by the names of classes",
                           s->file, t->file);
    }
    free(knows);
    return code;
}

static int read_recipe(struct ds_shown *w, const struct ds_model *s, const struct ds_model *t,
                       struct ds_err *err)
{
    const int side = w->height == w->width ? w->height : 0;
    const struct ds_model *const m[2] = {s, t};
    char text[2][DS_RECIPE_TEXT];
    int height, width;

    for (int i = 0; i < 2; i++) {
        if (ds_recipe_parse(&w->recipe, m[i]->recipe, side, err))
            return ds_while(err, "transform '%s'", m[i]->recipe);
        ds_recipe_print(text[i], &w->recipe);
        ds_scale_init(&w->scale[i], w->channels, m[i]->mean, m[i]->std);
    }
    if (strcmp(text[0], text[1]) != 0)
        return ds_fail(err, DS_USAGE,
                       "%s prepares pictures by '%s', %s by '%s': their patches would show "
                       "different things; choose one with --transform",
                       s->file, s->recipe, t->file, t->recipe);
    if (ds_recipe_random(&w->recipe))
        return ds_fail(err, DS_USAGE, "transform '%s' is random", s->recipe);
    if (ds_recipe_fixed(&w->recipe, &height, &width) &&
        (height != w->height || width != w->width))
        return ds_fail(err, DS_USAGE,
                       "transform '%s' makes %d x %d pixels, the networks read %d x %d; change "
                       "it, or give --image-size",
                       s->recipe, width, height, w->width, w->height);
    return 0;
}

int ds_shown_folder(struct ds_shown *w, const struct ds_gathered *g, int limit,
                    const struct ds_model *s, const struct ds_model *t, const int *class_s,
                    const int *class_t, struct ds_err *err)
{
    const struct ds_vit_shape *shape = &s->vit.shape;
    const bool known = class_s && class_t;
    int *of_folder, n;

    *w = (struct ds_shown){.gathered = g,
                           .truth = known ? DS_TRUTH_LABELS : DS_TRUTH_S,
                           .channels = shape->channels,
                           .height = shape->height,
                           .width = shape->width};
    if (w->channels != 1 && w->channels != 3)
        return ds_fail(err, DS_DATA, "%s: reads %d channels, pictures have 1 or 3", s->file,
                       w->channels);
    if (check_shape(w, t, err) || read_recipe(w, s, t, err) ||
        alloc(w, g->count, g->classes, 0, err))
        return err->code;
    of_folder = calloc((size_t)g->classes + 1, sizeof *of_folder);
    if (!of_folder)
        return ds_fail(err, DS_NOMEM, "out of memory for %d folders", g->classes);
    for (int i = 0; i < g->count; i++) {
        const int folder = g->class_of[i];

        if (limit && of_folder[folder] == limit)
            continue;
        of_folder[folder]++;
        n = w->count++;
        w->at[n] = i;
        w->group[n] = folder;
        w->class_of[0][n] = known ? class_s[folder] : 0;
        w->class_of[1][n] = known ? class_t[folder] : 0;
    }
    free(of_folder);
    for (int i = 0; i < g->classes; i++)
        if (!(w->group_name[i] = strdup(g->class_name[i])))
            return ds_fail(err, DS_NOMEM, "out of memory for %d folders", g->classes);
    return 0;
}

int ds_shown_memory(struct ds_shown *w, const uint8_t *bytes, int count, const int *class_of,
                    const struct ds_model *s, const struct ds_model *t, struct ds_err *err)
{
    const struct ds_vit_shape *shape = &s->vit.shape;

    *w = (struct ds_shown){.bytes = bytes,
                           .truth = class_of ? DS_TRUTH_LABELS : DS_TRUTH_S,
                           .channels = shape->channels,
                           .height = shape->height,
                           .width = shape->width};
    if (check_shape(w, t, err) || alloc(w, count, 1, 0, err))
        return err->code;
    ds_scale_init(&w->scale[0], w->channels, s->mean, s->std);
    ds_scale_init(&w->scale[1], w->channels, t->mean, t->std);
    for (int i = 0; i < count; i++) {
        w->at[i] = i;
        w->class_of[0][i] = w->class_of[1][i] = class_of ? class_of[i] : 0;
    }
    w->count = count;
    w->group_name[0] = strdup("pictures");
    return w->group_name[0] ? 0 : ds_fail(err, DS_NOMEM, "out of memory");
}

static int read_file(const struct ds_shown *w, const char *path, uint8_t *bytes,
                     struct ds_room *room, struct ds_err *err)
{
    struct ds_picture p;
    int height, width, code;

    if (ds_picture_load(&p, path, err))
        return err->code;
    height = p.height;
    width = p.width;
    code = ds_recipe_shape(&w->recipe, &height, &width, err);
    if (!code && (height != w->height || width != w->width))
        code = ds_fail(err, DS_DATA, "%d x %d pixels after the transform, expected %d x %d",
                       width, height, w->width, w->height);
    code = code || ds_recipe_apply(bytes, &w->recipe, &p, w->channels, 0, 0, room, err);
    ds_picture_clear(&p);
    return code ? ds_while(err, "%s", path) : 0;
}

int ds_shown_read(const struct ds_shown *w, int i, float *const side[2], uint8_t *bytes,
                  struct ds_room *room, struct ds_err *err)
{
    const size_t size = (size_t)w->channels * (size_t)w->height * (size_t)w->width;
    const uint8_t *from = bytes;
    int code = 0;

    if (w->exam)
        code = ds_exam_read(w->exam, w->at[i], bytes, room, err);
    else if (w->gathered)
        code = read_file(w, w->gathered->path[w->at[i]], bytes, room, err);
    else
        from = w->bytes + (size_t)w->at[i] * size;
    for (int k = 0; k < 2 && !code; k++)
        ds_scale_apply(&w->scale[k], side[k], from, w->channels, w->height * w->width);
    return code;
}
