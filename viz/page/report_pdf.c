/* viz/page/report_pdf.c -- a report as one PDF, A4: text and figures flow, tables break.
 *
 * First everything is measured and put on pages as blocks; then the pages are drawn. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "viz/page/page.h"
#include "viz/page/report_int.h"
#include "viz/page/sheet_page.h"

static const double WIDE = 595.28, TALL = 841.89; /* A4 */
static const double LEFT = (595.28 - DS_REPORT_WIDTH) / 2, TOP = 54, BOTTOM = 54;

enum kind { TITLE, TEXT, CAPTION, FIGURE, ROWS };

struct block {
    enum kind kind;
    int page;
    double y;
    const char *text; /* TITLE, TEXT; CAPTION: behind the bold words; owned */
    struct ds_report_item *item;
    int part, from, rows; /* ROWS */
};

struct book {
    const struct ds_study_report *r;
    const struct ds_theme *theme;
    struct block *block;
    int blocks, room, page;
    double y;                   /* where the next block begins */
    struct ds_sheet_plan *plan; /* [items] */
    bool failed;
};

static struct ds_lettering body(const struct ds_theme *t)
{
    return (struct ds_lettering){.size = t->text, .color = t->ink};
}

static struct ds_lettering small(const struct ds_theme *t)
{
    return (struct ds_lettering){.size = t->tick + 0.5, .color = t->ink};
}

static struct ds_lettering large(const struct ds_theme *t)
{
    return (struct ds_lettering){.size = 1.7 * t->text, .color = t->ink, .bold = true};
}

static void turn_page(struct book *b)
{
    b->page++;
    b->y = TOP;
}

static struct block *push(struct book *b, enum kind kind)
{
    if (b->blocks == b->room) {
        const int room = b->room ? 2 * b->room : 64;
        struct block *grown = realloc(b->block, (size_t)room * sizeof *grown);

        if (!grown) {
            b->failed = true;
            return NULL;
        }
        b->block = grown;
        b->room = room;
    }
    b->block[b->blocks] = (struct block){.kind = kind, .page = b->page, .y = b->y};
    return &b->block[b->blocks++];
}

/* A paragraph of its own that does not break. */
static void push_text(struct book *b, struct ds_canvas *c, enum kind kind, const char *text)
{
    const struct ds_lettering type = kind == TITLE ? large(b->theme) : body(b->theme);
    const double h = ds_text_block(c, 0, 0, DS_REPORT_WIDTH, &type, text, false);
    struct block *block;

    if (b->y + h > TALL - BOTTOM)
        turn_page(b);
    if ((block = push(b, kind)) && !(block->text = strdup(text)))
        b->failed = true;
    b->y += h + 0.8 * type.size;
}

/* The bold words of a caption and what follows, as one paragraph below each other. */
static double caption_height(struct ds_canvas *c, const struct ds_theme *t,
                             const struct ds_report_item *item, const char *text)
{
    struct ds_lettering type = small(t);
    char lead[300];
    double h;

    ds_report_number(lead, sizeof lead, item);
    snprintf(lead + strlen(lead), sizeof lead - strlen(lead), "%s", item->lead);
    type.bold = true;
    h = ds_text_block(c, 0, 0, DS_REPORT_WIDTH, &type, lead, false);
    type.bold = false;
    return h + ds_text_block(c, 0, 0, DS_REPORT_WIDTH, &type, text, false);
}

static void draw_caption(struct ds_canvas *c, const struct block *block)
{
    struct ds_lettering type = small(c->theme);
    char lead[300];
    double h;

    ds_report_number(lead, sizeof lead, block->item);
    snprintf(lead + strlen(lead), sizeof lead - strlen(lead), "%s", block->item->lead);
    type.bold = true;
    h = ds_text_block(c, LEFT, block->y, DS_REPORT_WIDTH, &type, lead, true);
    type.bold = false;
    ds_text_block(c, LEFT, block->y + h, DS_REPORT_WIDTH, &type, block->text, true);
}

static void push_caption(struct book *b, struct ds_report_item *item, char *text, double h)
{
    struct block *block = push(b, CAPTION);

    if (block) {
        block->item = item;
        block->text = text;
    } else {
        free(text);
    }
    b->y += h;
}

static void push_figure(struct book *b, struct ds_canvas *c, struct ds_report_item *item,
                        char *caption)
{
    const double h = caption_height(c, b->theme, item, caption), gap = b->theme->text;
    struct block *block;

    if (b->y + item->height + gap / 2 + h > TALL - BOTTOM && b->y > TOP)
        turn_page(b);
    if ((block = push(b, FIGURE)))
        block->item = item;
    b->y += item->height + gap / 2;
    push_caption(b, item, caption, h);
    b->y += 2 * gap;
}

static void push_rows(struct book *b, struct ds_report_item *item, int part)
{
    const struct ds_sheet_plan *p = &b->plan[item - b->r->item];
    const int rows = ds_sheet_rows(&item->sheet);

    for (int from = 0; from < rows;) {
        const int fit = (int)((TALL - BOTTOM - b->y - ds_sheet_tall(p, 0)) / p->row);
        const int n = fit < rows - from ? fit : rows - from;
        struct block *block;

        if (n < 1 || (n < 3 && n < rows - from)) {
            turn_page(b);
            continue;
        }
        if ((block = push(b, ROWS))) {
            block->item = item;
            block->part = part;
            block->from = from;
            block->rows = n;
        }
        from += n;
        b->y += ds_sheet_tall(p, n) + b->theme->text;
    }
}

static void push_table(struct book *b, struct ds_canvas *c, struct ds_report_item *item,
                       char *caption)
{
    struct ds_sheet_plan *p = &b->plan[item - b->r->item];
    const double h = caption_height(c, b->theme, item, caption);

    ds_sheet_lay_out(p, c, &item->sheet, DS_REPORT_WIDTH);
    if (b->y + h + ds_sheet_tall(p, 4) > TALL - BOTTOM && b->y > TOP)
        turn_page(b);
    push_caption(b, item, caption, h + 0.6 * b->theme->text);
    for (int part = 0; part < p->parts; part++)
        push_rows(b, item, part);
    b->y += b->theme->text;
}

static int plan(struct book *b, struct ds_canvas *c, struct ds_err *err)
{
    char *about = ds_report_about(b->r), line[1200];

    b->y = TOP;
    if (!about)
        return ds_fail(err, DS_NOMEM, "no memory for a report");
    push_text(b, c, TITLE, b->r->title);
    push_text(b, c, TEXT, about);
    free(about);
    for (int i = 0; i < b->r->items; i++) {
        char *caption = ds_report_caption(&b->r->item[i]);

        if (!caption)
            return ds_fail(err, DS_NOMEM, "no memory for a report");
        if (b->r->item[i].figure)
            push_figure(b, c, &b->r->item[i], caption);
        else
            push_table(b, c, &b->r->item[i], caption);
    }
    for (int i = 0; i < b->r->lefts; i++) {
        snprintf(line, sizeof line, "Left out: %s.", b->r->left[i]);
        push_text(b, c, TEXT, line);
    }
    return b->failed ? ds_fail(err, DS_NOMEM, "no memory for a report") : 0;
}

static int draw_block(struct ds_canvas *c, const struct book *b, const struct block *block,
                      struct ds_err *err)
{
    const struct ds_lettering type = block->kind == TITLE ? large(b->theme) : body(b->theme);
    int code = 0;

    if (block->kind == TITLE || block->kind == TEXT) {
        ds_text_block(c, LEFT, block->y, DS_REPORT_WIDTH, &type, block->text, true);
    } else if (block->kind == CAPTION) {
        draw_caption(c, block);
    } else if (block->kind == ROWS) {
        ds_sheet_draw(c, LEFT, block->y, &block->item->sheet,
                      &b->plan[block->item - b->r->item], block->part, block->from,
                      block->rows);
    } else {
        cairo_save(c->cr);
        cairo_translate(c->cr, LEFT + (DS_REPORT_WIDTH - block->item->width) / 2, block->y);
        code = ds_report_draw(c, block->item, err);
        cairo_restore(c->cr);
    }
    return code;
}

static int draw_page(struct ds_canvas *c, void *with, int index, struct ds_err *err)
{
    const struct book *b = with;
    const struct ds_lettering type = {
        .size = b->theme->tick, .color = b->theme->soft, .ax = 0.5, .ay = 1};
    char number[32];
    int code = 0;

    for (int i = 0; i < b->blocks && !code; i++)
        if (b->block[i].page == index)
            code = draw_block(c, b, &b->block[i], err);
    snprintf(number, sizeof number, "%d", index + 1);
    ds_text(c, WIDE / 2, TALL - BOTTOM / 2, &type, number);
    return code;
}

/* Measuring needs a canvas, though there is no page yet. */
static int plan_on_nothing(struct book *b, struct ds_err *err)
{
    cairo_surface_t *none = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cr = cairo_create(none);
    struct ds_canvas c;
    int code;

    ds_canvas_init(&c, cr, b->theme);
    code = plan(b, &c, err);
    ds_canvas_clear(&c);
    cairo_destroy(cr);
    cairo_surface_destroy(none);
    return code;
}

int ds_report_pdf(unsigned char **bytes, size_t *n, const struct ds_study_report *r,
                  struct ds_err *err)
{
    struct book b = {.r = r};
    const struct ds_venue *venue = ds_venue_lookup(r->opt->venue);
    struct ds_theme theme;
    struct ds_page page = {.width = WIDE,
                           .height = TALL,
                           .dpi = r->opt->dpi,
                           .theme = &theme,
                           .title = r->title,
                           .creator = "driftscope " DS_VERSION,
                           .created = r->study->run[0].record->created};
    int code;

    *bytes = NULL;
    *n = 0;
    if ((code = ds_theme_init(&theme, venue, r->opt->font, err)))
        return code;
    b.theme = &theme;
    b.plan = calloc((size_t)r->items + 1, sizeof *b.plan);
    if (!b.plan)
        return ds_fail(err, DS_NOMEM, "no memory for a report");
    if (!(code = plan_on_nothing(&b, err)))
        code = ds_book_render(bytes, n, &page, b.page + 1, draw_page, &b, err);
    for (int i = 0; i < b.blocks; i++)
        free((char *)b.block[i].text);
    free(b.block);
    free(b.plan);
    return code;
}
