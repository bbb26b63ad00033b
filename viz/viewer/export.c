/* viz/viewer/export.c -- the view as a page for a paper. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "viz/viewer/export.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "data/store/file.h"
#include "viz/page/heat.h"
#include "viz/page/page.h"
#include "viz/page/raster.h"
#include "viz/viewer/command.h"
#include "viz/viewer/scene.h"

/* Where things are on the page, points. */
struct plan {
    double w, h, side, tall, gap, above, bars, below;
};

static struct plan plan_of(const struct ds_viewer *v)
{
    const struct ds_venue *venue = &ds_venues[v->page.venue];
    const struct ds_record *r = &v->run[0]->record;
    struct plan p = {.gap = 4};

    p.w = 72 * (v->page.width ? venue->full : venue->column);
    p.above = v->page.labels ? 1.9 * venue->text : 1;
    p.below = v->page.labels ? 2.0 * venue->tick : 0;
    p.bars = 2 * (8 + 4.2 * venue->tick);
    p.side = (p.w - 3 - 3 * p.gap - p.bars) / 4;
    p.tall = p.side * r->height / r->width;
    p.h = p.above + p.tall + p.below + 3;
    return p;
}

void ds_export_size(const struct ds_viewer *v, double *w, double *h)
{
    const struct plan p = plan_of(v);

    *w = p.w;
    *h = p.h;
}

static int one(struct ds_canvas *c, const struct ds_viewer *v, struct ds_box b, int which,
               struct ds_err *err)
{
    const struct ds_sight *k = &v->look;
    const struct ds_record *r = &v->run[0]->record;
    const struct ds_cmap map = ds_viewer_cmap(v), diff = ds_diverging();
    const int side = which == 1;
    const struct ds_paint paint = {
        which == 2 ? &diff : &map, which == 2 ? -k->most : k->lo[side],
        which == 2 ? k->most : k->hi[side], which == 2 ? 1 : v->view.opacity, v->view.smooth};
    struct ds_raster raster;
    int code;

    if (ds_raster_init(&raster, ds_raster_side(b.w, v->page.dpi),
                       ds_raster_side(b.h, v->page.dpi), err))
        return err->code;
    ds_raster_image(&raster,
                    r->pixels +
                        (size_t)(v->view.image - 1) * (size_t)r->height * (size_t)r->width * 3,
                    r->width, r->height);
    if (which < 3)
        ds_raster_overlay(&raster, which == 2 ? k->diff : k->map[side], r->grid_h, r->grid_w,
                          &paint);
    code = ds_raster_draw(c, b, &raster, err);
    ds_raster_clear(&raster);
    if (!code && which < 2 && v->view.contour)
        ds_outline_draw(c, b, k->map[side], r->grid_h, r->grid_w, k->split[side],
                        (struct ds_rgb){1, 1, 1});
    return code;
}

static void titles(struct ds_canvas *c, const struct ds_viewer *v, const struct plan *p)
{
    const struct ds_theme *t = c->theme;
    char when[40], text[200];

    for (int i = 0; i < 4; i++) {
        const double x = 1.5 + i * (p->side + p->gap);
        struct ds_lettering type = {
            .size = t->text, .color = t->ink, .ay = 1, .width = p->side};
        char letter[8];

        ds_checkpoint_text(when, sizeof when, ds_viewer_side(v, i == 1),
                           ds_viewer_checkpoint(v, i == 1));
        snprintf(text, sizeof text, "%s%s%s",
                 v->runs == 2 && i < 2 ? ds_viewer_side(v, i)->name : "",
                 v->runs == 2 && i < 2 ? ", " : "",
                 i < 2    ? when
                 : i == 2 ? "difference"
                          : "image");
        snprintf(letter, sizeof letter, "(%c)", 'a' + i);
        ds_text(c, x, p->above - 4,
                &(struct ds_lettering){.size = t->text, .color = t->ink, .ay = 1, .bold = true},
                letter);
        type.width = p->side - 1.7 * t->text;
        if (ds_text_width(c, text, t->text, false) > type.width)
            type.size = t->tick;
        ds_text(c, x + 1.5 * t->text, p->above - 4, &type, text);
    }
}

static int draw_page(struct ds_canvas *c, void *with, struct ds_err *err)
{
    const struct ds_viewer *v = with;
    const struct plan p = plan_of(v);
    const struct ds_cmap map = ds_viewer_cmap(v), diff = ds_diverging();
    const struct ds_sight *k = &v->look;
    const double x = 1.5 + 4 * p.side + 3 * p.gap + 6;
    struct ds_bar bar = {&map, k->lo[1], k->hi[1], 3, 0, NULL, v->view.opacity};
    struct ds_bar bar2 = {&diff, -k->most, k->most, 0, k->most < 0.1 ? 3 : 2, NULL, 1};
    const double bar_w = p.bars / 2;
    char text[300], label[100];
    int code = 0;

    for (int i = 0; i < 4 && !code; i++)
        code = one(c, v, (struct ds_box){1.5 + i * (p.side + p.gap), p.above, p.side, p.tall},
                   i, err);
    if (code)
        return code;
    ds_bar_draw(c, (struct ds_box){x, p.above, 6, p.tall}, &bar);
    ds_bar_draw(c, (struct ds_box){x + bar_w, p.above, 6, p.tall}, &bar2);
    if (!v->page.labels)
        return 0;
    titles(c, v, &p);
    ds_viewer_label(v, v->view.image - 1, label, sizeof label);
    snprintf(text, sizeof text, "%s, layer %d; drift (%s) %.3f; %s, IoU %.2f", label,
             v->view.layer, ds_viewer_metric(v)->name, v->look.drift[v->view.layer - 1],
             v->view.manual    ? "mask by a threshold set by hand"
             : v->view.contour ? "outline: adaptive mask"
                               : "adaptive mask",
             k->iou);
    ds_text(c, 1.5, p.above + p.tall + 0.8 * c->theme->tick,
            &(struct ds_lettering){
                .size = c->theme->tick, .color = c->theme->soft, .width = p.w - 3},
            text);
    return 0;
}

void ds_export_command(const struct ds_viewer *v, char *to, size_t size)
{
    char *view = ds_view_text(&v->view, " ");
    size_t n;

    snprintf(to, size, "driftscope view");
    for (int i = 0; i < v->runs; i++) {
        n = strlen(to);
        snprintf(to + n, size - n, " '%s'", v->address[i]);
    }
    n = strlen(to);
    snprintf(to + n, size - n, " --at '%s'", view ? view : "");
    free(view);
}

/* The stem of the name, whatever ending was typed. */
static void stem_of(char *to, size_t size, const char *name)
{
    const char *dot = strrchr(name, '.'), *slash = strrchr(name, '/');
    const bool ending = dot && (!slash || dot > slash + 1) && dot > name;

    snprintf(to, size, "%.*s", ending ? (int)(dot - name) : (int)strlen(name), name);
}

static void put_json(FILE *out, const char *key, const char *text)
{
    fprintf(out, "  \"%s\": \"", key);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < 32)
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    fputs("\",\n", out);
}

int ds_export_theme(const struct ds_viewer *v, struct ds_theme *t, char *why, size_t size,
                    struct ds_err *err)
{
    const struct ds_venue *venue = &ds_venues[v->page.venue];
    struct ds_err missing = {0};
    int code;

    *why = 0;
    if (!*v->page.font || !ds_theme_init(t, venue, v->page.font, &missing))
        return *v->page.font ? 0 : ds_theme_init(t, venue, "", err);
    if (!(code = ds_theme_init(t, venue, "", err)))
        snprintf(why, size, "%s", missing.text);
    return code;
}

static int write_provenance(const struct ds_viewer *v, const char *stem, const char *font,
                            struct ds_err *err)
{
    char *bytes = NULL, path[DS_FIELD + 16], command[4200];
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    int code;

    if (!out)
        return ds_fail(err, DS_NOMEM, "no memory for %s.json", stem);
    ds_export_command(v, command, sizeof command);
    fputs("{\n", out);
    put_json(out, "figure", "view");
    put_json(out, "program", "driftscope " DS_VERSION);
    put_json(out, "command", command);
    for (int i = 0; i < v->runs; i++) {
        put_json(out, i ? "run2" : "run", v->address[i]);
        put_json(out, i ? "run2_uuid" : "run_uuid", v->run[i]->record.uuid);
    }
    put_json(out, "venue", ds_venues[v->page.venue].key);
    put_json(out, "font", font);
    fprintf(out, "  \"dpi\": %g,\n  \"drift\": %.9g,\n  \"mask_iou\": %.9g\n}\n", v->page.dpi,
            v->look.drift[v->view.layer - 1], v->look.iou);
    snprintf(path, sizeof path, "%s.json", stem);
    code = fclose(out) ? ds_fail(err, DS_NOMEM, "no memory for %s", path)
                       : ds_file_publish(path, bytes, n, err);
    free(bytes);
    return code;
}

int ds_export_write(struct ds_viewer *v, char *said, size_t size, struct ds_err *err)
{
    static const char *const endings[] = {".png", ".pdf", ".svg"};
    const struct plan p = plan_of(v);
    char stem[DS_FIELD], path[DS_FIELD + 16], command[4200], why[300];
    struct ds_theme theme;
    struct ds_page page = {.width = p.w,
                           .height = p.h,
                           .dpi = v->page.dpi,
                           .theme = &theme,
                           .title = "driftscope view",
                           .creator = "driftscope " DS_VERSION,
                           .created = v->run[0]->record.created,
                           .source = command};
    int code, written = 0;

    if (ds_sight_renew(v) || !v->look.ok[0] || !v->look.ok[1])
        return ds_fail(err, DS_DATA, "there are not two maps to draw: %s",
                       v->look.why[v->look.ok[0] ? 1 : 0]);
    stem_of(stem, sizeof stem, v->page.name);
    if (!*stem || !v->page.format)
        return ds_fail(err, DS_USAGE, "an export wants a name and at least one format");
    if ((code = ds_export_theme(v, &theme, why, sizeof why, err)))
        return code;
    ds_export_command(v, command, sizeof command);
    for (int f = 0; f < 3; f++) {
        unsigned char *bytes = NULL;
        size_t n = 0;

        if (!(v->page.format >> f & 1))
            continue;
        snprintf(path, sizeof path, "%s%s", stem, endings[f]);
        code = ds_page_render(&bytes, &n, (enum ds_format)f, &page, draw_page, v, err);
        if (!code)
            code = ds_file_publish(path, bytes, n, err);
        free(bytes);
        if (code)
            return code;
        if (!written++)
            snprintf(said, size, "%s is written%s%s%s%s", path, *why ? " in " : "",
                     *why ? theme.family : "", *why ? ": " : "", why);
    }
    return write_provenance(v, stem, theme.family, err);
}

void ds_act_export(struct ds_viewer *v, const struct ds_call *c)
{
    struct ds_err err = {0};
    char said[380];

    (void)c;
    v->typing = DS_TYPE_NONE;
    if (ds_export_write(v, said, sizeof said, &err)) {
        ds_viewer_say(v, DS_SAY_BAD, "%s", err.text);
        return;
    }
    v->overlay = DS_OVER_NONE;
    v->page.used = true;
    ds_viewer_say(v, DS_SAY_GOOD, "%s", said);
}

void ds_act_export_again(struct ds_viewer *v, const struct ds_call *c)
{
    if (v->page.used)
        ds_act_export(v, c);
    else
        ds_viewer_run(v, "export", 0, false);
}

void ds_act_export_set(struct ds_viewer *v, const struct ds_call *c)
{
    struct ds_export *e = &v->page;

    switch ((int)c->arg) {
    case DS_EXPORT_VENUE:
        e->venue = ds_venues[e->venue + 1].key ? e->venue + 1 : 0;
        break;
    case DS_EXPORT_COLUMN:
    case DS_EXPORT_FULL:
        e->width = (int)c->arg == DS_EXPORT_FULL;
        break;
    case DS_EXPORT_PNG:
    case DS_EXPORT_PDF:
    case DS_EXPORT_SVG:
        e->format ^= 1 << ((int)c->arg - DS_EXPORT_PNG);
        break;
    case DS_EXPORT_DPI:
        e->dpi = e->dpi < 300 ? 300 : e->dpi < 600 ? 600 : 150;
        break;
    case DS_EXPORT_LABELS:
        e->labels = !e->labels;
        break;
    }
}

void ds_act_export_name(struct ds_viewer *v, const struct ds_call *c)
{
    if (*c->text) {
        snprintf(v->page.name, sizeof v->page.name, "%s", c->text);
        return;
    }
    v->typing = DS_TYPE_FILE;
    snprintf(v->field, sizeof v->field, "%s", v->page.name);
}

/* "-" is the venue's own again; nothing begins typing. */
void ds_act_export_font(struct ds_viewer *v, const struct ds_call *c)
{
    if (*c->text) {
        snprintf(v->page.font, sizeof v->page.font, "%.63s",
                 strcmp(c->text, "-") ? c->text : "");
        return;
    }
    v->typing = DS_TYPE_FONT;
    snprintf(v->field, sizeof v->field, "%s", v->page.font);
}
