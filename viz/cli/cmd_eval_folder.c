/* viz/cli/cmd_eval_folder.c -- driftscope eval MODEL --data DIR: accuracy of any network on a
 * folder of pictures, CLASS/NAME.jpg.
 * cmd_labels.h says which class a folder means. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/look/look.h"
#include "viz/cli/cmd_eval.h"
#include "viz/cli/cmd_look.h"
#include "viz/cli/json.h"

enum { TOP = 5 };

/* What each folder means, and how its pictures were answered. */
struct scores {
    int *class;               /* [folders] */
    int *total, *top1, *top5; /* [folders] */
};

static void count(struct scores *s, const struct ds_look *l)
{
    const struct ds_record *r = &l->record;

    for (int i = 0; i < r->images; i++) {
        const int folder = r->label[i], *best = l->best + (size_t)i * (size_t)l->top;

        s->total[folder]++;
        s->top1[folder] += best[0] == s->class[folder];
        for (int t = 0; t < l->top; t++)
            s->top5[folder] += best[t] == s->class[folder];
    }
}

static json_t *folder_json(const struct scores *s, const struct ds_gathered *g, int i)
{
    return json_pack("{s:o, s:i, s:i, s:i, s:i}", "folder", ds_json_text(g->class_name[i]),
                     "class", s->class[i], "pictures", s->total[i], "top1", s->top1[i], "top5",
                     s->top5[i]);
}

static int print(const struct scores *s, const struct ds_look *l, const struct ds_gathered *g,
                 const struct ds_eval_opt *o, const char *model, struct ds_err *err)
{
    int total = 0, top1 = 0, top5 = 0;
    json_t *folders = json_array();
    char name[256];

    for (int i = 0; i < g->classes; i++) {
        total += s->total[i];
        top1 += s->top1[i];
        top5 += s->top5[i];
        json_array_append_new(folders, folder_json(s, g, i));
    }
    if (o->json)
        return ds_json_print(json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:o}", "model",
                                       ds_json_text(model), "data", ds_json_text(o->data),
                                       "pictures", total, "left_out", l->broken, "top1", top1,
                                       "top5", top5, "folders", folders),
                             err);
    json_decref(folders);
    printf("%s on %s\n%-24s %8s %8s %8s\n", model, o->data, "folder", "pictures", "top-1",
           "top-5");
    for (int i = 0; i < g->classes; i++)
        if (s->total[i])
            printf("%-24s %8d %8.4f %8.4f\n", ds_tty_plain(name, sizeof name, g->class_name[i]),
                   s->total[i], (double)s->top1[i] / s->total[i],
                   (double)s->top5[i] / s->total[i]);
    printf("%-24s %8d %8.4f %8.4f   over pictures; %s\n", "all", total, (double)top1 / total,
           (double)top5 / total, l->classes < TOP ? "top-5 is all classes" : "of all classes");
    return 0;
}

static int look(struct ds_look *l, const struct ds_model *m, const struct ds_gathered *g,
                const struct ds_eval_opt *o, const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_look_want want = ds_look_default();

    want.top = TOP;
    want.threads = o->threads;
    want.skip_broken = o->skip_broken;
    return ds_look_watched(l, m, g, &want, tone, "pictures", err);
}

int ds_eval_folder(const struct ds_eval_opt *o, const char *model, const struct ds_tone *tone,
                   struct ds_err *err)
{
    struct ds_model m = {0};
    struct ds_gathered g = {0};
    struct ds_labels labels = {0};
    struct ds_look l = {0};
    struct scores s = {0};
    char *data = (char *)o->data;
    bool ordered;
    int code;

    if ((code = ds_gather(&g, &data, 1, err)) ||
        (code = ds_model_open(&m, model, &o->model, err)))
        goto done;
    if (o->precision)
        m.vit.precision = (enum ds_precision)(o->precision - 1);
    if (!m.vit.shape.classes) {
        code = ds_fail(err, DS_DATA, "%s: has no head, so there is nothing to evaluate", model);
        goto done;
    }
    s.class = calloc(4 * (size_t)g.classes, sizeof *s.class);
    s.total = s.class + g.classes;
    s.top1 = s.class + 2 * (size_t)g.classes;
    s.top5 = s.class + 3 * (size_t)g.classes;
    if (!s.class)
        code = ds_fail(err, DS_NOMEM, "out of memory for %d folders", g.classes);
    else if (!(code = ds_labels_load(&labels, o->labels, &m, err)) &&
             !(code = ds_labels_folders(s.class, &g, &labels, &ordered, o->data, err)) &&
             !(code = look(&l, &m, &g, o, tone, err))) {
        if (ordered)
            ds_tty_note(tone,
                        "no folder is the name of a class: taken as classes 0 to %d in the "
                        "order of their names",
                        g.classes - 1);
        count(&s, &l);
        code = print(&s, &l, &g, o, model, err);
    }

done:
    free(s.class);
    ds_look_clear(&l);
    ds_labels_clear(&labels);
    ds_model_close(&m);
    ds_gather_clear(&g);
    return code;
}
