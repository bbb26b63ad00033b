/* viz/page/page.c -- render a page into memory. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "viz/page/page.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "viz/page/page_int.h"

enum { PAGE_SIDE = 14400 }; /* points: 200 inches, the limit of PDF 1.5 */

int ds_page_format(enum ds_format *out, const char *path, struct ds_err *err)
{
    static const char *const ending[] = {
        [DS_PNG] = ".png", [DS_PDF] = ".pdf", [DS_SVG] = ".svg"};
    const char *dot = strrchr(path, '.');

    for (int i = 0; dot && i < 3; i++)
        if (!strcasecmp(dot, ending[i])) {
            *out = (enum ds_format)i;
            return 0;
        }
    return ds_fail(err, DS_USAGE, "%s: a figure's name ends in .png, .pdf or .svg", path);
}

void ds_bytes_add(struct ds_bytes *b, const void *from, size_t n)
{
    if (b->failed)
        return;
    if (n > b->room - b->n) {
        size_t room = b->room ? b->room : 1 << 16;
        unsigned char *grown;

        while (room - b->n < n && room < SIZE_MAX / 2)
            room *= 2;
        grown = room - b->n >= n ? realloc(b->at, room) : NULL;
        if (!grown) {
            b->failed = true;
            return;
        }
        b->at = grown;
        b->room = room;
    }
    if (n > 0)
        memcpy(b->at + b->n, from, n);
    b->n += n;
}

static cairo_status_t collect(void *to, const unsigned char *from, unsigned int n)
{
    struct ds_bytes *b = to;

    ds_bytes_add(b, from, n);
    return b->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

/* Nothing but memory ends what collect writes. */
static int drawing_failed(cairo_status_t why, struct ds_err *err)
{
    if (why == CAIRO_STATUS_NO_MEMORY || why == CAIRO_STATUS_WRITE_ERROR)
        return ds_fail(err, DS_NOMEM, "out of memory for a drawing");
    return ds_fail(err, DS_INTERNAL, "drawing failed: %s", cairo_status_to_string(why));
}

/* SOURCE_DATE_EPOCH as ISO 8601 when it is set to a number, otherwise `fallback`. */
static void date_of(char *to, size_t size, const char *fallback)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    char *end = NULL;
    const long long seconds = epoch ? strtoll(epoch, &end, 10) : 0;
    const time_t when = (time_t)seconds;
    struct tm utc;

    snprintf(to, size, "%s", fallback && *fallback ? fallback : "1970-01-01T00:00:00Z");
    if (epoch && end != epoch && !*end && gmtime_r(&when, &utc))
        strftime(to, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static cairo_surface_t *surface_for(enum ds_format format, const struct ds_page *page,
                                    struct ds_bytes *raw)
{
    cairo_surface_t *s;
    char date[40];

    if (format == DS_PNG)
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24,
                                          (int)rint(page->width * page->dpi / 72),
                                          (int)rint(page->height * page->dpi / 72));
    if (format == DS_SVG) {
        s = cairo_svg_surface_create_for_stream(collect, raw, page->width, page->height);
        cairo_svg_surface_set_document_unit(s, CAIRO_SVG_UNIT_PT);
        return s;
    }
    s = cairo_pdf_surface_create_for_stream(collect, raw, page->width, page->height);
    cairo_pdf_surface_restrict_to_version(s, CAIRO_PDF_VERSION_1_5);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, page->title);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, page->creator);
    if (page->source)
        cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_SUBJECT, page->source);
    date_of(date, sizeof date, page->created);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, date);
    return s;
}

static int draw_on(cairo_surface_t *surface, enum ds_format format, const struct ds_page *page,
                   int pages, ds_book_draw *draw, void *what, struct ds_err *err)
{
    cairo_t *cr = cairo_create(surface);
    struct ds_canvas canvas;
    int code = 0;

    if (format == DS_PNG)
        cairo_scale(cr, page->dpi / 72, page->dpi / 72);
    ds_canvas_init(&canvas, cr, page->theme);
    canvas.jpeg = format == DS_PNG ? 0 : page->jpeg;
    for (int i = 0; i < pages && !code; i++) {
        ds_canvas_color(&canvas, page->theme->paper, 1);
        cairo_paint(cr);
        code = draw(&canvas, what, i, err);
        if (i + 1 < pages)
            cairo_show_page(cr);
    }
    if (!code && canvas.missing)
        code = ds_fail(err, DS_DATA,
                       "no installed font has %d of the characters in '%s'; install one that "
                       "does (fonts-noto-core, fonts-noto-cjk) or rename",
                       canvas.missing, canvas.lacks);
    if (!code && cairo_status(cr) != CAIRO_STATUS_SUCCESS)
        code = drawing_failed(cairo_status(cr), err);
    ds_canvas_clear(&canvas);
    cairo_destroy(cr);
    return code;
}

static int check_size(const struct ds_page *p, struct ds_err *err)
{
    if (!(p->width >= 1 && p->height >= 1 && p->width <= PAGE_SIDE && p->height <= PAGE_SIDE))
        return ds_fail(err, DS_USAGE, "a page of %.1f x %.1f inches cannot be made",
                       p->width / 72, p->height / 72);
    if (!(p->dpi >= 18 && p->dpi <= 2400) || p->width * p->dpi / 72 > 32000 ||
        p->height * p->dpi / 72 > 32000)
        return ds_fail(err, DS_USAGE,
                       "%.0f dpi gives more than 32000 pixels a side; lower --dpi", p->dpi);
    return 0;
}

/* What Cairo wrote becomes what we publish. */
static int finish(struct ds_bytes *out, struct ds_bytes *raw, cairo_surface_t *surface,
                  enum ds_format format, const struct ds_page *page, struct ds_err *err)
{
    if (format == DS_PNG)
        return ds_page_png(out, surface, page, err);
    cairo_surface_finish(surface);
    if (raw->failed)
        return ds_fail(err, DS_NOMEM, "out of memory for a page of %.1f MB", (double)raw->n / 1e6);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        return ds_fail(err, DS_INTERNAL, "the page was not made: %s",
                       cairo_status_to_string(cairo_surface_status(surface)));
    if (format == DS_SVG)
        return ds_page_svg(out, raw, page, err);
    if (ds_pdf_check(raw->at, raw->n, err)) {
        err->code = DS_INTERNAL;
        return ds_while(err, "the PDF is not fit to print");
    }
    *out = *raw;
    *raw = (struct ds_bytes){0};
    return 0;
}

static int render(unsigned char **bytes, size_t *n, enum ds_format format,
                  const struct ds_page *page, int pages, ds_book_draw *draw, void *what,
                  struct ds_err *err)
{
    struct ds_bytes raw = {0}, out = {0};
    cairo_surface_t *surface;
    int code;

    *bytes = NULL;
    *n = 0;
    if ((code = check_size(page, err)))
        return code;
    surface = surface_for(format, page, &raw);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        code = ds_fail(err, DS_NOMEM, "no memory for a page of %.1f x %.1f inches",
                       page->width / 72, page->height / 72);
        goto done;
    }
    if ((code = draw_on(surface, format, page, pages, draw, what, err)) ||
        (code = finish(&out, &raw, surface, format, page, err)))
        goto done;
    *bytes = out.at;
    *n = out.n;
    out = (struct ds_bytes){0};

done:
    cairo_surface_destroy(surface);
    free(raw.at);
    free(out.at);
    return code;
}

/* A page is a book of one. */
struct leaf {
    ds_page_draw *draw;
    void *what;
};

static int draw_leaf(struct ds_canvas *c, void *with, int index, struct ds_err *err)
{
    const struct leaf *leaf = with;

    (void)index;
    return leaf->draw(c, leaf->what, err);
}

int ds_page_render(unsigned char **bytes, size_t *n, enum ds_format format,
                   const struct ds_page *page, ds_page_draw *draw, void *what,
                   struct ds_err *err)
{
    struct leaf leaf = {draw, what};

    return render(bytes, n, format, page, 1, draw_leaf, &leaf, err);
}

int ds_book_render(unsigned char **bytes, size_t *n, const struct ds_page *page, int pages,
                   ds_book_draw *draw, void *what, struct ds_err *err)
{
    return render(bytes, n, DS_PDF, page, pages, draw, what, err);
}
