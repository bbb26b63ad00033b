/* viz/page/page.h -- one page, in memory, as PNG, PDF or SVG. Public header.
 *
 * The same input gives the same bytes, whatever ran before in the process, in whatever locale:
 * the only date is `created`, SVG ids are renumbered in order of appearance. No author is
 * named anywhere, so that pages fit double-blind review.
 *
 * PDF: version 1.5, text as text with embedded subsets, never Type 3. PNG: pHYs carries the
 * resolution, tEXt the provenance. SVG: size in points, text as outlines. */
#ifndef DS_VIZ_PAGE_PAGE_H
#define DS_VIZ_PAGE_PAGE_H

#include <stddef.h>
#include "core/base/err.h"
#include "viz/page/canvas.h"
#include "viz/page/pdf_check.h"

enum ds_format { DS_PNG, DS_PDF, DS_SVG };

enum { DS_JPEG_QUALITY = 92 }; /* where nothing else is asked for */

struct ds_page {
    double width, height; /* points; the page is cut to whole pixels in a PNG */
    double dpi;           /* of a PNG; 18..2400 */
    const struct ds_theme *theme;
    const char *title, *creator;
    const char *created; /* ISO 8601 UTC; SOURCE_DATE_EPOCH in the environment overrides it */
    int jpeg;            /* quality of the pictures in a PDF or SVG, 1..100; 0: lossless */
    const char *source;  /* provenance in one line, or NULL */
};

typedef int ds_page_draw(struct ds_canvas *c, void *what, struct ds_err *err);

/* Format by the ending of a path: .png, .pdf, .svg. DS_USAGE otherwise. */
int ds_page_format(enum ds_format *out, const char *path, struct ds_err *err);

/* Fresh bytes (free them). DS_USAGE: impossible size; DS_DATA: a character no font has;
 * DS_INTERNAL: a PDF that breaks its promise; DS_NOMEM; and whatever `draw` fails with. */
int ds_page_render(unsigned char **bytes, size_t *n, enum ds_format format,
                   const struct ds_page *page, ds_page_draw *draw, void *what,
                   struct ds_err *err);

/* Several pages of one size as one PDF; `draw` is called for page 0, 1, ... */
typedef int ds_book_draw(struct ds_canvas *c, void *what, int index, struct ds_err *err);

int ds_book_render(unsigned char **bytes, size_t *n, const struct ds_page *page, int pages,
                   ds_book_draw *draw, void *what, struct ds_err *err);

#endif
