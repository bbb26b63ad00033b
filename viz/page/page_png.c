/* viz/page/page_png.c -- an image surface as a PNG that knows its size and its origin. */
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/page_int.h"

static void write_bytes(png_structp png, png_bytep from, png_size_t n)
{
    struct ds_bytes *b = png_get_io_ptr(png);

    ds_bytes_add(b, from, n);
    if (b->failed)
        png_error(png, "no memory");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static void jump_back(png_structp png, png_const_charp text)
{
    (void)text;
    longjmp(*png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)), 1);
}

/* tEXt is Latin-1; what is not plain ASCII goes into iTXt, which is UTF-8. */
static void set_text(png_structp png, png_infop info, const struct ds_page *page)
{
    const char *pair[][2] = {
        {"Title", page->title}, {"Software", page->creator}, {"Source", page->source}};
    png_text text[3];
    int n = 0;

    memset(text, 0, sizeof text);
    for (int i = 0; i < 3; i++) {
        bool ascii = true;

        if (!pair[i][1] || !*pair[i][1])
            continue;
        for (const char *at = pair[i][1]; *at; at++)
            ascii = ascii && (unsigned char)*at < 128;
        text[n].compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
        text[n].key = (char *)(uintptr_t)pair[i][0];
        text[n].text = (char *)(uintptr_t)pair[i][1];
        text[n].text_length = ascii ? strlen(pair[i][1]) : 0;
        text[n].itxt_length = ascii ? 0 : strlen(pair[i][1]);
        n++;
    }
    png_set_text(png, info, text, n);
}

static void write_rows(png_structp png, cairo_surface_t *surface, png_bytep row)
{
    const int w = cairo_image_surface_get_width(surface);
    const int h = cairo_image_surface_get_height(surface);
    const size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    const unsigned char *bytes = cairo_image_surface_get_data(surface);

    for (int j = 0; j < h; j++) {
        const uint32_t *in = (const uint32_t *)(const void *)(bytes + (size_t)j * stride);

        for (int i = 0; i < w; i++) {
            row[3 * i] = (png_byte)(in[i] >> 16);
            row[3 * i + 1] = (png_byte)(in[i] >> 8);
            row[3 * i + 2] = (png_byte)in[i];
        }
        png_write_row(png, row);
    }
}

int ds_page_png(struct ds_bytes *out, cairo_surface_t *surface, const struct ds_page *page,
                struct ds_err *err)
{
    const int w = cairo_image_surface_get_width(surface);
    const png_uint_32 meter = (png_uint_32)lrint(page->dpi / 0.0254);
    png_bytep row = malloc((size_t)w * 3);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, jump_back, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    int code = 0;

    if (!row || !info) {
        code = ds_fail(err, DS_NOMEM, "no memory for a PNG %d pixels wide", w);
        goto done;
    }
    /* Nothing changed after this line is read behind the jump. */
    if (setjmp(png_jmpbuf(png))) {
        code = ds_fail(err, DS_NOMEM, "no memory for a PNG %d pixels wide", w);
        goto done;
    }
    cairo_surface_flush(surface);
    png_set_write_fn(png, out, write_bytes, flush_nothing);
    png_set_IHDR(png, info, (png_uint_32)w,
                 (png_uint_32)cairo_image_surface_get_height(surface), 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_pHYs(png, info, meter, meter, PNG_RESOLUTION_METER);
    png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    set_text(png, info, page);
    png_write_info(png, info);
    write_rows(png, surface, row);
    png_write_end(png, NULL);

done:
    png_destroy_write_struct(&png, &info);
    free(row);
    return code;
}
