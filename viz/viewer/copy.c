/* viz/viewer/copy.c -- what y and Y put into the clipboard. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "viz/viewer/command.h"
#include "viz/viewer/export.h"
#include "viz/viewer/scene.h"

/* A table of two columns a layer: pastes into a spreadsheet. */
static void values(const struct ds_viewer *v, char *to, size_t size)
{
    const struct ds_sight *k = &v->look;
    char label[100], x[32], y[32];
    size_t n;

    ds_viewer_label(v, v->view.image - 1, label, sizeof label);
    snprintf(to, size, "image\t%d\t%s\nA\t%d\nB\t%d\nlayer\t%d\nmetric\t%s\n", v->view.image,
             label, v->view.a, v->view.b, v->view.layer, v->view.metric);
    for (int l = 0; l < k->layers; l++) {
        n = strlen(to);
        snprintf(to + n, size - n, "drift %d\t%.9g\tmean\t%.9g\n", l + 1, k->drift[l],
                 k->mean[l]);
    }
    n = strlen(to);
    snprintf(to + n, size - n, "mask IoU\t%.9g\n", k->iou);
    if (v->view.pick && k->ok[0] && k->ok[1]) {
        const int p = v->view.pick - 1;

        n = strlen(to);
        snprintf(x, sizeof x, "%.9g", (double)k->map[0][p]);
        snprintf(y, sizeof y, "%.9g", (double)k->map[1][p]);
        snprintf(to + n, size - n, "patch %d\t%s\t%s\n", p + 1, x, y);
    }
}

static void latex(const struct ds_viewer *v, char *to, size_t size)
{
    const struct ds_sight *k = &v->look;
    char label[100];
    size_t n;

    ds_viewer_label(v, v->view.image - 1, label, sizeof label);
    snprintf(to, size, "%s & %d & %d", label, v->view.a, v->view.b);
    for (int l = 0; l < k->layers; l++) {
        n = strlen(to);
        snprintf(to + n, size - n, " & %.3f", k->drift[l]);
    }
    n = strlen(to);
    snprintf(to + n, size - n, " & %.2f \\\\\n", k->iou);
}

void ds_act_picture(struct ds_viewer *v, const struct ds_call *c)
{
    (void)c;
    v->wish.picture = true;
}

void ds_act_copy(struct ds_viewer *v, const struct ds_call *c)
{
    ds_sight_renew(v);
    if (c->param == 0)
        values(v, v->clip, sizeof v->clip);
    else if (c->param == 1)
        ds_export_command(v, v->clip, sizeof v->clip);
    else
        latex(v, v->clip, sizeof v->clip);
    v->wish.copy = true;
    ds_viewer_say(v, DS_SAY_GOOD,
                  c->param == 0   ? "the numbers of this view are copied"
                  : c->param == 1 ? "the command line of this view is copied"
                                  : "a LaTeX row is copied");
}
