/* viz/viewer/trace.c -- the state in words. See the header. */
#include "viz/viewer/trace.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum kind { NUMBER, TEXT };

struct row {
    const char *key;
    enum kind kind;
    void (*of)(struct ds_viewer *v, int index, char *to, size_t size);
    int (*count)(const struct ds_viewer *v); /* NULL: one value */
};

/* JSON knows no NaN and no decimal comma. */
static void number(char *to, size_t size, double x)
{
    const char *point = localeconv()->decimal_point;
    char *at;

    if (!isfinite(x)) {
        snprintf(to, size, "null");
        return;
    }
    snprintf(to, size, "%.9g", x);
    at = *point && strcmp(point, ".") ? strstr(to, point) : NULL;
    if (at)
        *at = '.';
}

static void of_ready(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%s", ds_viewer_ready(v) ? "true" : "false");
}

static void of_drift(struct ds_viewer *v, int i, char *to, size_t size)
{
    number(to, size, v->look.drift[i]);
}

static void of_mean(struct ds_viewer *v, int i, char *to, size_t size)
{
    number(to, size, v->look.mean[i]);
}

static void of_time(struct ds_viewer *v, int i, char *to, size_t size)
{
    number(to, size, v->look.over_time[i]);
}

static void of_split(struct ds_viewer *v, int i, char *to, size_t size)
{
    number(to, size, v->look.ok[i] ? v->look.split[i] : NAN);
}

static void of_protect(struct ds_viewer *v, int i, char *to, size_t size)
{
    number(to, size, v->look.ok[i] ? (double)v->look.protect[i] : (double)NAN);
}

static void of_ends(struct ds_viewer *v, int i, char *to, size_t size)
{
    number(to, size, i & 1 ? v->look.hi[i >> 1] : v->look.lo[i >> 1]);
}

static void of_iou(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    number(to, size, v->look.ok[0] && v->look.ok[1] ? v->look.iou : NAN);
}

static void of_most(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    number(to, size, v->look.most);
}

static void of_pinned(struct ds_viewer *v, int i, char *to, size_t size)
{
    const int p = v->view.pick - 1;

    number(to, size, p >= 0 && v->look.ok[i] ? (double)v->look.map[i][p] : NAN);
}

static void of_own_drift(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    number(to, size, ds_image_own_drift(v, v->view.image - 1));
}

static void of_forgetting(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    number(to, size, ds_image_forgetting(v, v->view.image - 1));
}

static void of_compared(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%d", v->look.compared);
}

static void of_listed(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%d", v->order.n);
}

static void of_checkpoints(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%d", ds_viewer_ready(v) ? ds_viewer_side(v, 1)->record.done : 0);
}

static void of_label(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    ds_viewer_label(v, v->view.image - 1, to, size);
}

/* The likeliest class of a file of maps, and its share. */
static void of_answer(struct ds_viewer *v, int i, char *to, size_t size)
{
    ds_attended_class(&ds_viewer_side(v, i)->attended, v->view.image - 1, 0, to, size);
}

static void of_share(struct ds_viewer *v, int i, char *to, size_t size)
{
    const struct ds_attended *a = &ds_viewer_side(v, i)->attended;

    number(to, size,
           a->top ? (double)a->share[(size_t)(v->view.image - 1) * (size_t)a->top] : NAN);
}

static void of_source(struct ds_viewer *v, int i, char *to, size_t size)
{
    snprintf(to, size, "%s", ds_viewer_side(v, i)->attended.source);
}

static void of_why(struct ds_viewer *v, int i, char *to, size_t size)
{
    snprintf(to, size, "%s", v->look.ok[i] ? "" : v->look.why[i]);
}

static void of_overlay(struct ds_viewer *v, int i, char *to, size_t size)
{
    static const char *const names[] = {"none", "help", "palette", "export", "kept"};

    (void)i;
    snprintf(to, size, "%s", names[v->overlay]);
}

static void of_field(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%s", v->typing == DS_TYPE_NONE ? "" : v->field);
}

static void of_focus(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%s", v->focus_shown ? v->focus : "");
}

static void of_message(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%s", v->message);
}

static void of_clip(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%s", v->clip);
}

static void of_trouble(struct ds_viewer *v, int i, char *to, size_t size)
{
    snprintf(to, size, "%s", v->trouble[i]);
}

static void of_playing(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%s", v->playing ? "true" : v->blinking ? "\"blink\"" : "false");
}

static void of_undo(struct ds_viewer *v, int i, char *to, size_t size)
{
    (void)i;
    snprintf(to, size, "%d", v->undo.now);
}

static int layers(const struct ds_viewer *v)
{
    return v->look.key ? v->look.layers : 0;
}

static int checkpoints(const struct ds_viewer *v)
{
    return v->look.key ? ds_viewer_side(v, 1)->record.done : 0;
}

static int two(const struct ds_viewer *v)
{
    return v->look.key ? 2 : 0;
}

static int four(const struct ds_viewer *v)
{
    return v->look.key ? 4 : 0;
}

static int maps(const struct ds_viewer *v)
{
    return v->look.key && ds_viewer_is_maps(v) ? 2 : 0;
}

static int runs(const struct ds_viewer *v)
{
    return v->runs;
}

static const struct row rows[] = {
    {"ready", NUMBER, of_ready, NULL},
    {"label", TEXT, of_label, NULL},
    {"checkpoints", NUMBER, of_checkpoints, NULL},
    {"drift", NUMBER, of_drift, layers},
    {"mean", NUMBER, of_mean, layers},
    {"compared", NUMBER, of_compared, NULL},
    {"over-time", NUMBER, of_time, checkpoints},
    {"split", NUMBER, of_split, two},
    {"protected", NUMBER, of_protect, two},
    {"iou", NUMBER, of_iou, NULL},
    {"ends", NUMBER, of_ends, four},
    {"diff-most", NUMBER, of_most, NULL},
    {"pinned", NUMBER, of_pinned, two},
    {"own-drift", NUMBER, of_own_drift, NULL},
    {"forgetting", NUMBER, of_forgetting, NULL},
    {"listed", NUMBER, of_listed, NULL},
    {"answer", TEXT, of_answer, maps},
    {"share", NUMBER, of_share, maps},
    {"second", TEXT, of_source, maps},
    {"why", TEXT, of_why, two},
    {"overlay", TEXT, of_overlay, NULL},
    {"field", TEXT, of_field, NULL},
    {"focus", TEXT, of_focus, NULL},
    {"message", TEXT, of_message, NULL},
    {"clip-text", TEXT, of_clip, NULL},
    {"trouble", TEXT, of_trouble, runs},
    {"playing", NUMBER, of_playing, NULL},
    {"undo", NUMBER, of_undo, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static bool needs_run(const struct row *r)
{
    return r->of == of_label || r->of == of_own_drift || r->of == of_forgetting;
}

static void quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 32)
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    fputc('"', out);
}

static void one(FILE *out, struct ds_viewer *v, const struct row *r, int index)
{
    char text[4300] = "";

    if (!needs_run(r) || (ds_viewer_ready(v) && v->look.key))
        r->of(v, index, text, sizeof text);
    else
        snprintf(text, sizeof text, r->kind == TEXT ? "" : "null");
    if (r->kind == TEXT)
        quoted(out, text);
    else
        fputs(text, out);
}

static void view_fields(FILE *out, const struct ds_view *w)
{
    char text[300];

    for (const struct ds_opt *row = ds_view_table; row->key; row++) {
        fprintf(out, row == ds_view_table ? "\"%s\":" : ",\"%s\":", row->key);
        ds_opt_print(row, w, text, sizeof text);
        if (row->type == DS_OPT_BOOL)
            fputs(strcmp(text, "yes") ? "false" : "true", out);
        else if (row->type == DS_OPT_TEXT || row->choice)
            quoted(out, text);
        else
            fputs(text, out);
    }
}

void ds_trace_line(FILE *out, struct ds_viewer *v)
{
    ds_sight_renew(v);
    ds_order_renew(v);
    fputc('{', out);
    view_fields(out, &v->view);
    for (int i = 0; i < ROWS; i++) {
        fprintf(out, ",\"%s\":", rows[i].key);
        if (!rows[i].count) {
            one(out, v, &rows[i], 0);
            continue;
        }
        fputc('[', out);
        for (int k = 0; k < rows[i].count(v); k++) {
            fputs(k ? "," : "", out);
            one(out, v, &rows[i], k);
        }
        fputc(']', out);
    }
    fputs("}\n", out);
}

bool ds_trace_value(struct ds_viewer *v, const char *key, char *to, size_t size)
{
    const struct ds_opt *row = ds_opt_lookup(ds_view_table, key);
    const size_t n = strcspn(key, ".");
    const int index = key[n] ? (int)strtol(key + n + 1, NULL, 10) - 1 : 0;

    ds_sight_renew(v);
    ds_order_renew(v);
    if (row) {
        ds_opt_print(row, &v->view, to, size);
        return true;
    }
    for (int i = 0; i < ROWS; i++) {
        if (strlen(rows[i].key) != n || strncmp(rows[i].key, key, n) != 0)
            continue;
        *to = 0;
        if (index < 0 || (rows[i].count && index >= rows[i].count(v)) ||
            (needs_run(&rows[i]) && !v->look.key))
            snprintf(to, size, "null");
        else
            rows[i].of(v, index, to, size);
        return true;
    }
    if (!strncmp(key, "widget:", 7)) {
        const struct ds_widget *w = ds_widgets_find(&v->widgets, key + 7);

        snprintf(to, size, "%s", w ? w->value : "none");
        return true;
    }
    return false;
}

void ds_trace_widgets(FILE *out, const struct ds_viewer *v)
{
    for (int i = 0; i < v->widgets.n; i++) {
        const struct ds_widget *w = &v->widgets.at[i];

        fprintf(out, "%s\t%s\t%.0f,%.0f,%.0f,%.0f\t%s\t%s%s%s\n", w->id,
                ds_part_role_text(w->role), w->box.x, w->box.y, w->box.w, w->box.h, w->label,
                w->value, w->chosen ? "\tchosen" : "", w->missing ? "\tmissing" : "");
    }
}
