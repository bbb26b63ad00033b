/* viz/cli/cmd_attend_draw.c -- what `attend` found, as a figure: the maps that were asked for,
 * on the pictures as the network saw them. */
#define _GNU_SOURCE
#include "viz/cli/cmd_attend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef DRIFTSCOPE_FIGURES
#include "data/store/file.h"
#include "viz/page/figure.h"

enum { ROWS = 24 }; /* of the figure `attention` */

/* What stands beside a picture: its most likely class, or the name of its file. */
static int caption(char **to, const struct ds_look *l, const struct ds_labels *labels,
                   int image, struct ds_err *err)
{
    const char *slash = strrchr(l->path[image], '/');
    char text[200];

    if (l->top)
        ds_labels_text(text, sizeof text, labels, l->best[image * l->top]);
    else
        snprintf(text, sizeof text, "%s", slash ? slash + 1 : l->path[image]);
    *to = strdup(text);
    return *to ? 0 : ds_fail(err, DS_NOMEM, "out of memory for captions");
}

static int captions(struct ds_record *shown, const struct ds_look *l,
                    const struct ds_labels *labels, struct ds_err *err)
{
    const size_t n = (size_t)shown->images;

    shown->classes = shown->images;
    shown->class_name = calloc(n + 1, sizeof *shown->class_name);
    shown->label = calloc(n + 1, sizeof *shown->label);
    if (!shown->class_name || !shown->label)
        return ds_fail(err, DS_NOMEM, "out of memory for captions");
    for (int i = 0; i < shown->images; i++) {
        shown->label[i] = i;
        if (caption(&shown->class_name[i], l, labels, i, err))
            return err->code;
    }
    return 0;
}

/* The figure `attention` of the maps that were asked for. */
int ds_attend_draw(const struct ds_look *l, const struct ds_labels *labels,
                   const struct ds_attend_opt *o, const char *model, const struct ds_tone *tone,
                   struct ds_err *err)
{
    struct ds_record shown = l->record;
    const struct ds_study_run run = {&shown, model, 0, 0};
    struct ds_study *study = calloc(1, sizeof *study);
    struct ds_figure_opt opt;
    struct ds_figure_report report = {0};
    unsigned char *page = NULL;
    size_t n = 0;
    int code;

    if (!study)
        return ds_fail(err, DS_NOMEM, "out of memory for a figure");
    if (l->map) {
        shown.rollout = l->map;
        shown.split = l->split;
    }
    code = captions(&shown, l, labels, err) || ds_opt_defaults(ds_figure_table, &opt, err);
    snprintf(opt.output, sizeof opt.output, "%s", o->out);
    snprintf(opt.layer, sizeof opt.layer, "%s", o->layer);
    snprintf(opt.images, sizeof opt.images, "%d", shown.images < ROWS ? shown.images : ROWS);
    opt.clip = o->clip;
    code =
        code || ds_study_init(study, &run, 1, "", err) ||
        ds_figure_render(&page, &n, &report, ds_figure_lookup("attention"), study, &opt, err) ||
        ds_file_publish(o->out, page, n, err);
    if (!code)
        ds_tty_note(tone, "%s: %.2f x %.2f in; %s", o->out, report.width, report.height,
                    report.note);
    if (!code && shown.images > ROWS)
        ds_tty_note(tone, "%s: shows the first %d of %d pictures; -o maps.h5 keeps them all",
                    o->out, ROWS, shown.images);
    for (int i = 0; shown.class_name && i < shown.images; i++)
        free(shown.class_name[i]);
    free(shown.class_name);
    free(shown.label);
    free(page);
    free(study);
    return code ? (int)err->code : 0;
}
#else
int ds_attend_draw(const struct ds_look *l, const struct ds_labels *labels,
                   const struct ds_attend_opt *o, const char *model, const struct ds_tone *tone,
                   struct ds_err *err)
{
    (void)l;
    (void)labels;
    (void)model;
    (void)tone;
    return ds_fail(err, DS_UNAVAILABLE, "%s: this driftscope was built without figures",
                   o->out);
}
#endif
