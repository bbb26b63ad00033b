/* viz/viewer/panel_browser.c -- the images: thumbnails, labels, a drift bar under each. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL = 97, UNDER = 24, GAP = 6, HEAD = 106, FILM = 64 };

uint64_t ds_browser_key(const struct ds_viewer *v)
{
    const struct ds_view *w = &v->view;
    const int n[] = {w->image,       w->layer,      w->grid,      w->sort,
                     w->only_task,   w->only_class, w->only_fate, w->only_marked,
                     (int)v->typing, w->protocol,   w->b,         w->a};
    const double x[] = {v->scroll, w->least, w->most};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, x, sizeof x);
    h = ds_mix(h, &v->order.key, sizeof v->order.key);
    h = ds_mix(h, &v->pair.key, sizeof v->pair.key);
    h = ds_mix(h, w->mark, sizeof w->mark);
    h = ds_mix(h, w->search, strlen(w->search));
    return v->typing == DS_TYPE_SEARCH ? ds_mix(h, v->field, strlen(v->field)) : h;
}

/* The largest drift at this layer: bars are shares of it. */
static double most_drift(const struct ds_viewer *v)
{
    double most = 0;

    for (int i = 0; i < v->order.n; i++) {
        const double d = ds_image_drift(v, v->order.at[i]);

        most = isfinite(d) ? fmax(most, fabs(d)) : most;
    }
    return most;
}

/* v right, x wrong, - no answer: at A and at B. */
static void answers(struct ds_scene *s, double x, double y, int image)
{
    static const char *const sign[] = {"\xc2\xb7", "\xc3\x97", "\xe2\x9c\x93"};
    const struct ds_viewer *v = s->v;

    for (int side = 0; side < 2; side++) {
        const int right =
            ds_subject_answer(ds_viewer_side(v, side), ds_viewer_checkpoint(v, side), image);

        ds_put(s, x - 12 * (1 - side), y, 0.5, DS_SIZE_SMALL, true,
               right > 0   ? ds_skin.good
               : right < 0 ? ds_skin.soft
                           : ds_skin.bad,
               0, "%s", sign[right + 1]);
    }
}

static bool tested(const struct ds_viewer *v, int image)
{
    return ds_subject_answer(ds_viewer_side(v, 0), v->view.a, image) >= 0 ||
           ds_subject_answer(ds_viewer_side(v, 1), v->view.b, image) >= 0;
}

static void cell(struct ds_scene *s, struct ds_box b, int image, double most)
{
    struct ds_viewer *v = s->v;
    const double drift = ds_image_drift(v, image), side = b.w;
    const bool chosen = image == v->view.image - 1, words = b.h > side + 10;
    cairo_surface_t *thumb = ds_thumb_of(s, image, side);
    struct ds_widget w = {.box = b,
                          .role = DS_ROLE_ITEM,
                          .command = "image",
                          .arg = image + 1,
                          .shifted = "mark",
                          .wheel = "scroll",
                          .chosen = chosen};
    char label[100], value[32];

    ds_viewer_label(v, image, label, sizeof label);
    if (thumb)
        ds_picture(s, (struct ds_box){b.x, b.y, side, side},
                   (const uint32_t *)(const void *)cairo_image_surface_get_data(thumb),
                   cairo_image_surface_get_width(thumb), cairo_image_surface_get_height(thumb));
    ds_canvas_fill(s->c, (struct ds_box){b.x, b.y + side + 2, side, 4}, ds_skin.raised);
    if (isfinite(drift) && most > 0)
        ds_canvas_fill(s->c, (struct ds_box){b.x, b.y + side + 2, side * fabs(drift) / most, 4},
                       ds_skin.bar);
    if (words) {
        const bool maps = v->run[0]->attended.path != NULL, said = tested(v, image);

        snprintf(value, sizeof value, "t%d ", v->run[0]->record.task[image] + 1);
        ds_put(s, b.x, b.y + side + 15, 0, DS_SIZE_SMALL, chosen,
               chosen ? ds_skin.ink : ds_skin.soft, said || !maps ? side - 28 : side, "%s%s",
               maps ? "" : value, label);
        if (said || !maps)
            answers(s, b.x + side - 5, b.y + side + 15, image);
    }
    if (chosen)
        ds_canvas_frame(s->c, (struct ds_box){b.x - 1, b.y - 1, side + 2, side + 2}, 2,
                        ds_skin.b);
    if (ds_view_marked(&v->view, image + 1)) {
        ds_canvas_fill(s->c, (struct ds_box){b.x, b.y, 15, 15}, ds_skin.back);
        ds_put(s, b.x + 7.5, b.y + 8, 0.5, DS_SIZE_HEAD, true, ds_skin.b, 0, "*");
    }
    snprintf(w.id, sizeof w.id, "image-%d", image + 1);
    snprintf(w.label, sizeof w.label, "image %d \xe2\x80\x9c%.60s\xe2\x80\x9d", image + 1,
             label);
    snprintf(w.value, sizeof w.value, "drift %s", ds_shown_text(value, sizeof value, drift));
    ds_part(s, &w);
}

static void search_field(struct ds_scene *s, double x, double y, double w)
{
    struct ds_viewer *v = s->v;
    const bool typing = v->typing == DS_TYPE_SEARCH;
    const struct ds_box b = {x, y, w, 22};

    ds_rounded(s, b, 4);
    ds_canvas_color(s->c, ds_skin.back, 1);
    cairo_fill(s->c->cr);
    ds_rounded(s, b, 4);
    ds_canvas_color(s->c, typing ? ds_skin.b : ds_skin.line, 1);
    cairo_set_line_width(s->c->cr, typing ? 1.5 : 1);
    cairo_stroke(s->c->cr);
    if (typing)
        ds_put(s, x + 8, y + 11, 0, DS_SIZE_TEXT, false, ds_skin.ink, w - 16, "/%s|", v->field);
    else if (*v->view.search)
        ds_put(s, x + 8, y + 11, 0, DS_SIZE_TEXT, false, ds_skin.ink, w - 16, "/%s",
               v->view.search);
    else
        ds_put(s, x + 8, y + 11, 0, DS_SIZE_TEXT, false, ds_skin.soft, w - 16,
               "/ search label or id");
    {
        struct ds_widget part = {.id = "search",
                                 .box = b,
                                 .role = DS_ROLE_TEXT,
                                 .label = "search",
                                 .command = "search"};

        snprintf(part.value, sizeof part.value, "%s", v->view.search);
        ds_part(s, &part);
    }
}

/* "all", "\xe2\x89\xa5 0.24", "\xe2\x89\xa4 0.1", "0.1 to 0.24" */
static void drift_words(const struct ds_view *w, char *to, size_t size)
{
    char lo[32], hi[32];

    ds_shown_text(lo, sizeof lo, w->least);
    ds_shown_text(hi, sizeof hi, w->most);
    if (w->least > 0 && w->most > 0)
        snprintf(to, size, "%s to %s", lo, hi);
    else if (w->least > 0 || w->most > 0)
        snprintf(to, size, "%s %s", w->least > 0 ? "\xe2\x89\xa5" : "\xe2\x89\xa4",
                 w->least > 0 ? lo : hi);
    else
        snprintf(to, size, "all");
}

/* Task (a file of maps has none), answers, marked, all again. */
static void filter_row(struct ds_scene *s, double x, double y, double w)
{
    static const char *const fates[] = {"all", "right", "wrong", "lost", "won"};
    struct ds_viewer *v = s->v;
    struct ds_widget part = {
        .id = "filter-task", .label = "task", .command = "task-next", .wheel = "task"};
    double at = x;

    snprintf(part.value, sizeof part.value, "all");
    if (v->view.only_task)
        snprintf(part.value, sizeof part.value, "%d", v->view.only_task);
    part.chosen = v->view.only_task > 0;
    if (!ds_viewer_is_maps(v))
        at += ds_button(s, at, y, 0, &part) + 5;
    part = (struct ds_widget){.id = "filter-fate",
                              .label = "answers",
                              .command = "fate",
                              .chosen = v->view.only_fate > 0};
    snprintf(part.value, sizeof part.value, "%s", fates[v->view.only_fate]);
    at += ds_button(s, at, y, 0, &part) + 5;
    part = (struct ds_widget){.id = "filter-marked",
                              .label = "*",
                              .command = "marked-only",
                              .role = DS_ROLE_TOGGLE,
                              .chosen = v->view.only_marked};
    at += ds_button(s, at, y, 24, &part) + 5;
    if (at + 24 < x + w) {
        part = (struct ds_widget){
            .id = "filters-clear", .label = "\xc3\x97", .command = "filters-clear"};
        ds_button(s, at, y, 24, &part);
    }
}

/* Class and drift; the class takes what the drift leaves. */
static void second_row(struct ds_scene *s, double x, double y, double w)
{
    struct ds_viewer *v = s->v;
    const struct ds_record *r = &v->run[0]->record;
    struct ds_widget part = {.id = "filter-drift",
                             .label = "drift",
                             .command = "drift-filter",
                             .chosen = v->view.least > 0 || v->view.most > 0};
    char text[120];
    double wide;

    drift_words(&v->view, part.value, sizeof part.value);
    snprintf(text, sizeof text, "drift %s", part.value);
    wide = ds_text_width(s->c, text, DS_SIZE_SMALL, part.chosen) + 16;
    ds_button(s, x + w - wide, y, wide, &part);
    part = (struct ds_widget){.id = "filter-class",
                              .label = "class",
                              .command = "class-next",
                              .wheel = "class",
                              .chosen = v->view.only_class > 0};
    snprintf(part.value, sizeof part.value, "%.60s",
             v->view.only_class ? r->class_name[v->view.only_class - 1] : "all");
    snprintf(text, sizeof text, "class %s", part.value);
    ds_button(s, x, y,
              fmin(w - wide - 5, ds_text_width(s->c, text, DS_SIZE_SMALL, part.chosen) + 16),
              &part);
}

static void head(struct ds_scene *s, double x, double w)
{
    static const char *const sorts[] = {"id", "drift", "forgetting", "label"};
    struct ds_viewer *v = s->v;
    struct ds_widget part = {.id = "sort", .label = "sort", .command = "sort"};
    const double y = s->box.y + 8;
    char note[64], text[160];
    double wide;

    if (v->order.n < v->run[0]->record.images)
        snprintf(note, sizeof note, "%d of %d", v->order.n, v->run[0]->record.images);
    else
        snprintf(note, sizeof note, "%d", v->order.n);
    snprintf(part.value, sizeof part.value, "%s", sorts[v->view.sort]);
    snprintf(text, sizeof text, "sort %s", part.value);
    wide = ds_text_width(s->c, text, DS_SIZE_SMALL, false) + 14;
    ds_caption(s, x, y, w - wide - 6, "IMAGES", note);
    ds_button(s, x + w - wide, y - 2, wide, &part);
    filter_row(s, x, y + 22, w);
    second_row(s, x, y + 46, w);
    search_field(s, x, y + 71, w);
}

/* Rows first .. of the list in `columns`; the row of the image shown stays in sight. */
static void rows(struct ds_scene *s, struct ds_box b, double side, double step, int columns)
{
    struct ds_viewer *v = s->v;
    const int visible = (int)fmax(1, floor((b.h + GAP) / step));
    const int all = (v->order.n + columns - 1) / columns;
    const int place = ds_order_place(v, v->view.image - 1);
    const double most = most_drift(v);
    const int numbers[] = {v->view.image, columns, visible};
    const uint64_t key =
        ds_mix(ds_mix(0, numbers, sizeof numbers), &v->order.key, sizeof v->order.key);
    int first = (int)floor(v->scroll);

    first = first > all - visible ? all - visible : first;
    first = first < 0 ? 0 : first;
    if (place >= 0 && v->browser_key != key) { /* it moved, or the list did: follow */
        v->browser_key = key;
        if (place / columns < first)
            first = place / columns;
        if (place / columns >= first + visible)
            first = place / columns - visible + 1;
    }
    v->scroll = first;
    for (int i = first * columns; i < v->order.n && i < (first + visible) * columns; i++)
        cell(s,
             (struct ds_box){b.x + i % columns * (side + GAP),
                             b.y + (i / columns - first) * step, side, step - GAP},
             v->order.at[i], most);
    if (all > visible) {
        const double h = fmax(16, b.h * visible / all);

        ds_canvas_fill(s->c,
                       (struct ds_box){s->box.x + s->box.w - 5,
                                       b.y + (b.h - h) * first / (all - visible), 3, h},
                       ds_skin.soft);
    }
}

static void film(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const int n = (int)fmax(1, floor((s->box.w - 16) / (FILM - 6 + GAP)));
    int place = ds_order_place(v, v->view.image - 1), first;
    const double most = most_drift(v);

    place = place < 0 ? 0 : place;
    first = place - n / 2;
    first = first > v->order.n - n ? v->order.n - n : first;
    first = first < 0 ? 0 : first;
    for (int i = first; i < v->order.n && i < first + n; i++)
        cell(s,
             (struct ds_box){s->box.x + 8 + (i - first) * (FILM - 6 + GAP), s->box.y + 5,
                             FILM - 6, FILM},
             v->order.at[i], most);
}

void ds_browser_draw(struct ds_scene *s)
{
    struct ds_viewer *v = s->v;
    const bool grid = v->view.grid, strip = !grid && s->box.h < 100;
    const double x = s->box.x + 12, w = s->box.w - 24;
    const double side = CELL, step = side + UNDER + GAP;
    const struct ds_box list = {x, s->box.y + HEAD + 2, w, s->box.h - HEAD - 8};

    ds_ground(s, ds_skin.panel);
    ds_part(s, &(struct ds_widget){.id = "browser",
                                   .box = s->box,
                                   .role = DS_ROLE_PLOT,
                                   .command = NULL,
                                   .wheel = strip ? "image" : "scroll"});
    if (strip) {
        ds_canvas_segment(s->c, s->box.x, s->box.y + 0.5, s->box.x + s->box.w, s->box.y + 0.5,
                          1, ds_skin.line);
        film(s);
        return;
    }
    ds_canvas_segment(s->c, s->box.x + s->box.w - 0.5, s->box.y, s->box.x + s->box.w - 0.5,
                      s->box.y + s->box.h, 1, ds_skin.line);
    head(s, x, fmin(w, 220));
    if (!v->order.n)
        ds_missing(s, list, "No image matches", "F shows all images again.");
    else
        rows(s, list, side, step, (int)fmax(1, floor((w + GAP) / (side + GAP))));
}
