/* viz/viewer/panel_study.c -- the study: accuracy, drift over time, drift against forgetting,
 * the audit; and, where the window is small, layers and threshold as tabs. See scene.h. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "viz/page/heat.h"

uint64_t ds_study_key(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->tab,   w->protocol, w->unit,  w->layer,     w->a,      w->b,
                     w->image, w->run_a,    w->run_b, w->only_task, w->manual, w->head};
    const uint64_t held[] = {v->own.key, v->timeline[0].key, v->timeline[1].key, v->look.key,
                             v->pair.key};
    const double rubber[] = {v->rubber.x, v->rubber.y, v->rubber.w, v->rubber.h};
    uint64_t h = ds_mix(0, n, sizeof n);

    if (w->tab == DS_TAB_LAYERS) {
        const uint64_t heads = ds_heads_key(v);

        h = ds_mix(h, &heads, sizeof heads);
    }
    h = ds_mix(h, held, sizeof held);
    h = ds_mix(h, rubber, sizeof rubber);
    h = ds_mix(h, w->mark, sizeof w->mark);
    return ds_mix(h, w->metric, strlen(w->metric));
}

/* What stands in the panel: a file of maps has tabs of its own, but the others may be asked for
 * by name and then say why they are empty; where layers and mask have panels, no tab is theirs.
 */
static int tab_of(const struct ds_viewer *v, bool tabbed)
{
    const int tab = v->view.tab;
    const bool maps = ds_viewer_is_maps(v);

    if (!tabbed && (tab == DS_TAB_LAYERS || tab == DS_TAB_THRESHOLD))
        return maps ? DS_TAB_ANSWERS : DS_TAB_ACCURACY;
    return tab == DS_TAB_ANSWERS && !maps ? DS_TAB_ACCURACY : tab;
}

static double tabs(struct ds_scene *s, double x, double y, double w, bool tabbed)
{
    static const char *const names[] = {"accuracy", "drift", "scatter", "audit",
                                        "layers",   "mask",  "answers"};
    struct ds_viewer *v = s->v;
    const bool maps = ds_viewer_is_maps(v);
    const int tab = tab_of(v, tabbed);
    int list[DS_TABS], n = 0;
    double each[DS_TABS], words = 0;

    if (maps)
        list[n++] = DS_TAB_ANSWERS;
    for (int i = maps ? DS_TAB_LAYERS : 0; i < (tabbed ? DS_TAB_ANSWERS : DS_TAB_LAYERS); i++)
        list[n++] = i;
    for (int i = 0; i < n; i++)
        words += each[i] = ds_text_width(s->c, names[list[i]], DS_SIZE_SMALL, true);
    for (int i = 0; i < n; x += each[i++]) {
        const bool chosen = list[i] == tab;
        struct ds_widget part = {.box = {x, y, 0, 22},
                                 .role = DS_ROLE_TAB,
                                 .command = "tab",
                                 .arg = list[i],
                                 .chosen = chosen,
                                 .wheel = "tab"};

        each[i] += (w - words) / n; /* what is left over, evenly */
        part.box.w = each[i] - 3;

        snprintf(part.id, sizeof part.id, "tab-%s", names[list[i]]);
        snprintf(part.label, sizeof part.label, "%s", names[list[i]]);
        ds_put(s, part.box.x + part.box.w / 2, y + 10, 0.5, DS_SIZE_SMALL, chosen,
               chosen ? ds_skin.ink : ds_skin.soft, part.box.w, "%s", names[list[i]]);
        ds_canvas_fill(s->c, (struct ds_box){part.box.x, y + 20, part.box.w, 2},
                       chosen ? ds_skin.b : ds_skin.raised);
        ds_part(s, &part);
    }
    return y + 32;
}

/* Layers or threshold in the room of the study; below the layers their heads, where they fit.
 */
static void borrowed(struct ds_scene *s, struct ds_box in, int tab)
{
    struct ds_viewer *v = s->v;
    const struct ds_box whole = s->box;
    const double heads = ds_heads_height(v, whole.w), all = whole.y + whole.h - in.y + 4;
    const double least = 46 + 14 * fmin(14, v->run[0]->record.layers);
    const bool strip = tab == DS_TAB_LAYERS && heads > 0 && all - heads >= least;

    s->box = (struct ds_box){whole.x, in.y - 4, whole.w, all};
    if (strip)
        s->box.h = fmin(all - heads, ds_layers_height(v));
    (tab == DS_TAB_LAYERS ? ds_layers_draw : ds_threshold_draw)(s);
    if (strip) {
        s->box = (struct ds_box){whole.x, s->box.y + s->box.h, whole.w, heads};
        ds_heads_draw(s);
    }
    s->box = whole;
}

/* One line in place of a panel that needs training. */
static bool no_training(struct ds_scene *s, struct ds_box in)
{
    static const char *const why[] = {
        "No accuracy: a file of maps holds no tests.",
        "No drift over time: a file of maps holds one network.",
        "No scatter: nothing was forgotten where nothing was learned.",
        "No audit: nothing was trained here."};

    if (!ds_viewer_is_maps(s->v) || s->v->view.tab > DS_TAB_AUDIT)
        return false;
    ds_put(s, in.x, in.y + 10, 0, DS_SIZE_SMALL, false, ds_skin.soft, in.w, "%s",
           why[s->v->view.tab]);
    return true;
}

void ds_study_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    struct ds_box in;
    bool tabbed;
    int tab;

    ds_ground(s, ds_skin.panel);
    ds_canvas_segment(s->c, s->box.x + 0.5, s->box.y, s->box.x + 0.5, s->box.y + s->box.h, 1,
                      ds_skin.line);
    if (!v->look.key)
        return;
    tabbed = s->box.y < 40; /* it begins right below the top line: it stands for all three */
    tab = tab_of(v, tabbed);
    in.x = s->box.x + 14;
    in.w = s->box.w - 28;
    in.y = tabs(s, in.x, s->box.y + 6, in.w, tabbed);
    in.h = s->box.y + s->box.h - in.y - 8;
    v->dots.n = 0;
    if (no_training(s, in))
        return;
    switch (tab) {
    case DS_TAB_LAYERS:
    case DS_TAB_THRESHOLD:
        borrowed(s, in, tab);
        break;
    case DS_TAB_DRIFT:
        ds_study_drift(s, in);
        break;
    case DS_TAB_SCATTER:
        ds_study_scatter(s, in);
        break;
    case DS_TAB_AUDIT:
        ds_study_audit(s, in);
        break;
    case DS_TAB_ANSWERS:
        ds_study_answers(s, in);
        break;
    default:
        ds_study_accuracy(s, in);
    }
}

/* A matrix with room for its labels, cells at most as large as they need to be. */
static struct ds_box cells_in(struct ds_box box, int rows, int columns, double most, bool flat)
{
    const double left = 40, below = 38;
    double w = fmin((box.w - left) / columns, most), h = fmin((box.h - below) / rows, most);

    if (!flat)
        w = h = fmin(w, h);
    else
        h = fmin(h, 26);
    return (struct ds_box){box.x + left, box.y, w * columns, fmax(1, h * rows)};
}

/* Below every column: how much of its best accuracy before B a task has lost at B. */
static void lost_row(struct ds_scene *s, struct ds_box cells, const struct ds_accuracy *acc,
                     int n)
{
    const int b = s->v->view.b;
    const double y = cells.y + cells.h + 44;
    char text[32];

    ds_put(s, cells.x - 8, y, 1, DS_SIZE_SMALL, true, ds_skin.soft, 0, "lost");
    for (int e = 0; e + 1 < b && e < n; e++) {
        double best = -INFINITY;

        for (int t = e; t + 1 < b; t++)
            best = fmax(best, acc->a[t * acc->tasks + e]);
        ds_put(s, cells.x + (e + 0.5) * cells.w / n, y, 0.5, DS_SIZE_SMALL, false, ds_skin.ink,
               0, "%s",
               ds_number(text, sizeof text, 100 * (best - acc->a[(b - 1) * acc->tasks + e]),
                         cells.w / n < 34 ? 0 : 1));
    }
}

static void accuracy_words(struct ds_scene *s, double x, double y, double w,
                           const struct ds_accuracy *acc, char *value, size_t size)
{
    const struct ds_convention *last = ds_convention_lookup("last");
    const struct ds_convention *forgetting = ds_convention_lookup("forgetting_chaudhry");
    const int b = s->v->view.b;
    char mean[32], lost[32];

    ds_shown_text(mean, sizeof mean, 100 * last->of(acc, b));
    ds_shown_text(lost, sizeof lost, 100 * forgetting->of(acc, b));
    ds_put(s, x, y, 0, DS_SIZE_SMALL, false, ds_skin.ink, w,
           "after task %d: mean %s, forgetting (Chaudhry) %s", b, mean, lost);
    snprintf(value, size, "mean %s, forgetting %s", mean, lost);
}

static double accuracy_head(struct ds_scene *s, struct ds_box box)
{
    static const char *const protocols[] = {"over all classes seen", "within the task"};
    const struct ds_viewer *v = s->v;
    const double w = ds_button(
        s, box.x, box.y, 0,
        &(struct ds_widget){.id = "protocol", .label = "accuracy in %", .command = "protocol"});

    ds_put(s, box.x + w + 8, box.y + 10, 0, DS_SIZE_SMALL, false, ds_skin.soft, box.w - w - 8,
           "%s%s%s", v->runs == 2 ? ds_viewer_side(v, 1)->name : "", v->runs == 2 ? ", " : "",
           protocols[v->view.protocol]);
    return box.y + 30;
}

/* R[t][e] in percent, of B's run. */
void ds_study_accuracy(struct ds_scene *s, struct ds_box box)
{
    enum { MOST = 100 };
    struct ds_viewer *v = s->v;
    const struct ds_accuracy *acc = &ds_viewer_side(v, 1)->accuracy[v->view.protocol];
    const int n = acc->tasks, b = v->view.b;
    const double y = accuracy_head(s, box);
    double value[MOST * MOST];
    struct ds_cmap map = ds_viewer_cmap(v);
    struct ds_heat heat = {.rows = n,
                           .columns = n,
                           .value = value,
                           .hi = 100,
                           .cmap = &map,
                           .xlabel = "on task",
                           .ylabel = "after task",
                           .first_column = 1,
                           .first_row = 1};
    const struct ds_box cells =
        cells_in((struct ds_box){box.x, y, box.w - 4, box.h - 80}, n, n, 46, false);
    struct ds_widget part = {.id = "accuracy",
                             .role = DS_ROLE_PLOT,
                             .label = "accuracy",
                             .command = "accuracy-cell",
                             .box = cells,
                             .rows = n,
                             .columns = n};

    if (n > MOST) {
        ds_missing(
            s, box, "Too many tasks for a window",
            "driftscope figure acc-matrix and driftscope export --table accuracy show them.");
        return;
    }
    if (acc->learned < 1) {
        ds_missing(s, box, "No accuracy yet", "Nothing was learned at this run's checkpoints.");
        return;
    }
    if (cells.h < 20)
        return;
    for (int i = 0; i < n * n; i++)
        value[i] = 100 * acc->a[i];
    ds_heat_draw(s->c, cells, &heat);
    if (b > 0) {
        ds_chosen(s, (struct ds_box){cells.x, cells.y + (b - 1) * cells.h / n, b * cells.w / n,
                                     cells.h / n});
        lost_row(s, cells, acc, n);
        accuracy_words(s, box.x, cells.y + cells.h + 66, box.w, acc, part.value,
                       sizeof part.value);
        part.arg = (b - 1) * n + (v->view.only_task ? v->view.only_task - 1 : 0);
    }
    ds_part(s, &part);
}

/* Mean drift since each image's own task, by checkpoint and layer. */
void ds_study_drift(struct ds_scene *s, struct ds_box box)
{
    struct ds_viewer *v = s->v;
    const int which = v->runs == 2 ? v->view.run_b - 1 : 0;
    const struct ds_held *slot = &v->timeline[which];
    const struct ds_record *r = &v->run[which]->record;
    struct ds_cmap map = ds_viewer_cmap(v);
    struct ds_heat heat = {.rows = r->layers,
                           .columns = r->done,
                           .cmap = &map,
                           .decimals = 2,
                           .xlabel = "checkpoint",
                           .ylabel = "layer",
                           .first_row = 1,
                           .fill = true};
    struct ds_widget part = {.id = "heat",
                             .role = DS_ROLE_PLOT,
                             .command = "heat-cell",
                             .label = "drift since the own task, by checkpoint and layer"};
    double value[64 * 128], y = box.y;
    struct ds_box cells;

    ds_put(s, box.x, y + 8, 0, DS_SIZE_SMALL, false, ds_skin.soft, box.w,
           "%s%s%s since each image's own task, mean of images",
           v->runs == 2 ? v->run[which]->name : "", v->runs == 2 ? ": " : "", v->view.metric);
    if (!slot->timeline || r->done < 3 || r->layers > 64 || r->done > 128) {
        ds_missing(s, box, r->done < 3 ? "Too early" : "Computing",
                   r->done < 3 ? "Drift since an image's own task needs the checkpoint after "
                                 "the next task."
                               : "");
        return;
    }
    heat.value = value;
    for (int l = 0; l < r->layers; l++)
        for (int m = 0; m < r->done; m++) {
            const double x = slot->timeline[m * r->layers + l];

            value[l * r->done + m] = x;
            heat.hi = isfinite(x) ? fmax(heat.hi, x) : heat.hi;
        }
    cells = cells_in((struct ds_box){box.x, y + 24, box.w - 4, box.h - 32}, r->layers, r->done,
                     60, true);
    if (cells.h < 20)
        return;
    ds_heat_draw(s->c, cells, &heat);
    ds_chosen(s, (struct ds_box){cells.x + v->view.b * cells.w / r->done,
                                 cells.y + (v->view.layer - 1) * cells.h / r->layers,
                                 cells.w / r->done, cells.h / r->layers});
    part.box = cells;
    part.rows = r->layers;
    part.columns = r->done;
    part.arg = (v->view.layer - 1) * r->done + v->view.b;
    ds_part(s, &part);
}

static const char *const audit_words[] = {"gradient norm removed", "mean |f|", "share f < 0",
                                          "share clamped", "protected share"};

void ds_study_audit(struct ds_scene *s, struct ds_box box)
{
    static const char *const parts[] = {"q", "k", "v"};
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &ds_viewer_side(v, 1)->record;
    const int task = v->view.b - 1, l = v->view.layer - 1;
    double y = box.y, w = (box.w - 130) / 3;
    char text[32];

    if (!r->audit) {
        ds_missing(s, box, "No audit",
                   "This method takes nothing from the gradients. Train with --method arcl to "
                   "see what retention does, layer by layer.");
        return;
    }
    if (task < 0) {
        ds_missing(s, box, "No audit here", "B is the initial model: nothing was learned yet.");
        return;
    }
    ds_put(s, box.x, y + 8, 0, DS_SIZE_SMALL, false, ds_skin.soft, box.w,
           "retention during task %d, layer %d, mean over its steps", task + 1, l + 1);
    y += 26;
    for (int k = 0; k < 3; k++)
        ds_put(s, box.x + 130 + (k + 0.5) * w, y + 8, 0.5, DS_SIZE_SMALL, true, ds_skin.ink, 0,
               "%s", parts[k]);
    y += 22;
    for (int c = 0; c < DS_AUDIT_COUNT; c++) {
        ds_put(s, box.x, y + 11, 0, DS_SIZE_SMALL, false, ds_skin.ink, 126, "%s",
               audit_words[c]);
        for (int k = 0; k < 3; k++) {
            const size_t at = ((size_t)task * (size_t)r->layers + (size_t)l) * 3 + (size_t)k;
            const double x = (double)r->audit[at * DS_AUDIT_COUNT + (size_t)c];
            const struct ds_box b = {box.x + 132 + k * w, y + 3, w - 6, 16};

            ds_canvas_fill(s->c, b, ds_skin.back);
            ds_canvas_fill(s->c, (struct ds_box){b.x, b.y, b.w * fmin(1, fmax(0, x)), b.h},
                           ds_skin.raised);
            ds_put(s, b.x + b.w / 2, b.y + 8, 0.5, DS_SIZE_SMALL, false, ds_skin.ink, 0, "%s",
                   ds_shown_text(text, sizeof text, x));
        }
        y += 24;
    }
    ds_part(s, &(struct ds_widget){.id = "audit",
                                   .box = box,
                                   .role = DS_ROLE_TEXT,
                                   .label = "audit of the retention step",
                                   .wheel = "layer"});
}
