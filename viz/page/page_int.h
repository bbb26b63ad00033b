/* viz/page/page_int.h -- pieces of a page; for viz/page only. */
#ifndef DS_VIZ_PAGE_PAGE_INT_H
#define DS_VIZ_PAGE_PAGE_INT_H

#include "viz/page/page.h"

/* Bytes that grow. A failed growth is remembered, further ones are ignored. */
struct ds_bytes {
    unsigned char *at;
    size_t n, room;
    bool failed;
};

void ds_bytes_add(struct ds_bytes *b, const void *from, size_t n);

/* An RGB24 surface as PNG bytes. */
int ds_page_png(struct ds_bytes *out, cairo_surface_t *surface, const struct ds_page *page,
                struct ds_err *err);

/* Cairo's SVG with ids renumbered and a title. */
int ds_page_svg(struct ds_bytes *out, const struct ds_bytes *raw, const struct ds_page *page,
                struct ds_err *err);

/* The <svg> element alone, every id behind `prefix`, so that several can stand in one HTML
 * page. `svg` is what ds_page_svg wrote. */
void ds_svg_embed(struct ds_bytes *out, const unsigned char *svg, size_t n, const char *prefix);

#endif
