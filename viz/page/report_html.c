/* viz/page/report_html.c -- a report as one HTML file: SVG inside, no network, no scripts. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "viz/page/page_int.h"
#include "viz/page/report_int.h"
#include "viz/page/sheet_page.h"

static const char style[] =
    "body{font:16px/1.5 'TeX Gyre Termes','Times New Roman',Times,serif;color:#1a1a1a;"
    "background:#fff;max-width:52rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:0 0 1rem}h2{font-size:1.2rem;margin:2.5rem 0 "
    "1rem}\n"
    "figure{margin:2rem 0;break-inside:avoid}figure svg{display:block;margin:0 "
    "auto;max-width:100%;"
    "height:auto}\n"
    "figcaption,caption{font-size:.85rem;line-height:1.4;color:#333;margin:.6rem "
    "0;text-align:left}\n"
    "caption{caption-side:top}.wide{overflow-x:auto;margin:2rem 0}\n"
    "table{border-collapse:collapse;font-size:.8rem;line-height:1.3;"
    "font-variant-numeric:tabular-nums lining-nums;border-top:2px solid;border-bottom:2px "
    "solid}\n"
    "th,td{padding:.15rem .6rem;text-align:left;vertical-align:bottom}\n"
    "thead{border-bottom:1px solid}.n{text-align:right;white-space:nowrap}\n"
    "nav ol{columns:2;column-gap:2.5rem;font-size:.85rem;padding-left:1.2rem}a{color:#0b4f8a}\n"
    "footer{font-size:.8rem;color:#555;margin-top:3rem}\n"
    "@page{size:A4;margin:18mm}\n"
    "@media print{body{max-width:none;margin:0;padding:0;font-size:10pt}nav{display:none}"
    "table{font-size:7pt}.wide{overflow:visible}thead{display:table-header-group}"
    "tr{break-inside:avoid}a{color:inherit;text-decoration:none}}\n"
    "@media(prefers-color-scheme:dark){html{color-scheme:light}}\n";

__attribute__((format(printf, 2, 3))) static void add(struct ds_bytes *out, const char *format,
                                                      ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ds_bytes_add(out, text, strlen(text));
}

static void add_text(struct ds_bytes *out, const char *text)
{
    for (; *text; text++) {
        const char *as = *text == '<'   ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '&' ? "&amp;"
                         : *text == '"' ? "&quot;"
                                        : NULL;

        ds_bytes_add(out, as ? as : text, as ? strlen(as) : 1);
    }
}

static void add_caption(struct ds_bytes *out, const struct ds_report_item *item,
                        const char *caption)
{
    char number[32];

    ds_report_number(number, sizeof number, item);
    add(out, "<b>%s", number);
    add_text(out, item->lead);
    add(out, "</b> ");
    add_text(out, caption);
}

static int add_figure(struct ds_bytes *out, struct ds_report_item *item, const char *caption,
                      struct ds_err *err)
{
    struct ds_page page = {.width = item->width,
                           .height = item->height,
                           .dpi = item->opt.dpi,
                           .theme = &item->job.theme,
                           .title = item->lead,
                           .creator = "driftscope " DS_VERSION};
    unsigned char *svg;
    char prefix[16];
    size_t n;
    int code;

    if ((code = ds_page_render(&svg, &n, DS_SVG, &page, ds_report_draw, item, err)))
        return code;
    snprintf(prefix, sizeof prefix, "f%d", item->number);
    add(out, "<figure id=\"figure-%d\">\n", item->number);
    ds_svg_embed(out, svg, n, prefix);
    add(out, "<figcaption>");
    add_caption(out, item, caption);
    add(out, "</figcaption>\n</figure>\n");
    free(svg);
    return 0;
}

/* A heading may break at its underscores. */
static void add_heading(struct ds_bytes *out, const char *words)
{
    for (; *words; words++) {
        const char one[2] = {*words, '\0'};

        add_text(out, one);
        if (*words == '_')
            add(out, "<wbr>");
    }
}

static void add_row(struct ds_bytes *out, const struct ds_sheet *s, int row)
{
    char words[256];

    add(out, "<tr>");
    for (int k = 0; k < s->columns; k++) {
        const bool best = row >= 0 && ds_sheet_best(s, row, k);

        if (!ds_sheet_shown(s, k))
            continue;
        add(out, row < 0 ? "<th%s>" : "<td%s>",
            s->column[k].type == DS_CELL_TEXT ? "" : " class=\"n\"");
        ds_sheet_words(words, sizeof words, s, row, k);
        add(out, best ? "<b>" : "");
        if (row < 0)
            add_heading(out, words);
        else
            add_text(out, words);
        add(out, best ? "</b>" : "");
        add(out, row < 0 ? "</th>" : "</td>");
    }
    add(out, "</tr>\n");
}

static void add_table(struct ds_bytes *out, const struct ds_report_item *item,
                      const char *caption)
{
    add(out, "<div class=\"wide\"><table id=\"table-%d\"><caption>", item->number);
    add_caption(out, item, caption);
    add(out, "</caption>\n<thead>");
    add_row(out, &item->sheet, -1);
    add(out, "</thead>\n<tbody>\n");
    for (int row = 0; row < ds_sheet_rows(&item->sheet); row++)
        add_row(out, &item->sheet, row);
    add(out, "</tbody></table></div>\n");
}

static void add_contents(struct ds_bytes *out, const struct ds_study_report *r)
{
    add(out, "<nav><ol>\n");
    for (int i = 0; i < r->items; i++) {
        const struct ds_report_item *item = &r->item[i];
        char number[32];

        ds_report_number(number, sizeof number, item);
        add(out, "<li value=\"%d\"><a href=\"#%s-%d\">%s</a>", i + 1,
            item->figure ? "figure" : "table", item->number, number);
        add_text(out, item->lead);
        add(out, "</li>\n");
    }
    add(out, "</ol></nav>\n");
}

static void add_left_out(struct ds_bytes *out, const struct ds_study_report *r)
{
    if (!r->lefts)
        return;
    add(out, "<h2>Left out</h2>\n<ul>\n");
    for (int i = 0; i < r->lefts; i++) {
        add(out, "<li>");
        add_text(out, r->left[i]);
        add(out, "</li>\n");
    }
    add(out, "</ul>\n");
}

static void begin(struct ds_bytes *out, const struct ds_study_report *r, const char *about)
{
    add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
             "<meta name=\"generator\" content=\"driftscope " DS_VERSION "\">\n<title>");
    add_text(out, r->title);
    add(out, "</title>\n<style>\n");
    ds_bytes_add(out, style, sizeof style - 1);
    add(out, "</style>\n</head>\n<body>\n<h1>");
    add_text(out, r->title);
    add(out, "</h1>\n<p>");
    add_text(out, about);
    add(out, "</p>\n");
    add_contents(out, r);
}

int ds_report_html(unsigned char **bytes, size_t *n, const struct ds_study_report *r,
                   struct ds_err *err)
{
    struct ds_bytes out = {0};
    char *about = ds_report_about(r);
    bool figures = false, tables = false;
    int code = about ? 0 : ds_fail(err, DS_NOMEM, "no memory for a report");

    if (!code)
        begin(&out, r, about);
    for (int i = 0; i < r->items && !code; i++) {
        struct ds_report_item *item = &r->item[i];
        char *caption = ds_report_caption(item);

        if (item->figure && !figures)
            add(&out, "<h2>Figures</h2>\n");
        if (!item->figure && figures && !tables)
            add(&out, "<h2>Tables</h2>\n");
        tables = figures && !item->figure;
        figures = figures || item->figure;
        if (!caption)
            code = ds_fail(err, DS_NOMEM, "no memory for a report");
        else if (item->figure)
            code = add_figure(&out, item, caption, err);
        else
            add_table(&out, item, caption);
        free(caption);
    }
    if (!code) {
        add_left_out(&out, r);
        add(&out, "<footer>driftscope " DS_VERSION "</footer>\n</body>\n</html>\n");
        if (out.failed)
            code = ds_fail(err, DS_NOMEM, "no memory for a report");
    }
    free(about);
    if (code) {
        free(out.at);
        return code;
    }
    *bytes = out.at;
    *n = out.n;
    return 0;
}
