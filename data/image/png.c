/* data/image/png.c -- PNG, read strictly. See the header.
 *
 * libpng reports by longjmp. The jump lives in guarded() alone: a step is one function that
 * owns nothing, so nothing can leak or be clobbered by it. */
#define _GNU_SOURCE
#include "data/image/png.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include "data/image/orient.h"
#include "data/image/view_int.h"

enum {
    SIGNATURE = 8,
    IHDR_END = 33,         /* signature, and the IHDR chunk with its checksum */
    CHUNK_LIMIT = 4 << 20, /* memory for one chunk that is not pixels */
    DEFLATE_RATIO = 1032   /* deflate cannot do better (zlib's technical notes) */
};

struct job {
    png_structp png;
    png_infop info;
    const unsigned char *at; /* what is left of the file */
    size_t left;
    unsigned char *rows; /* [H][W][C] */
    size_t stride;       /* W * C */
    int height;
    char complaint[160]; /* libpng's first words, empty while all is well */
};

static void note(struct job *j, const char *text)
{
    if (!j->complaint[0]) {
        strncpy(j->complaint, text, sizeof j->complaint - 1);
        j->complaint[sizeof j->complaint - 1] = '\0';
    }
}

static void on_error(png_structp png, png_const_charp text)
{
    note(png_get_error_ptr(png), text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    note(png_get_error_ptr(png), text);
}

static void on_read(png_structp png, png_bytep into, size_t n)
{
    struct job *j = png_get_io_ptr(png);

    if (n > j->left)
        png_error(png, "the file ends early");
    memcpy(into, j->at, n);
    j->at += n;
    j->left -= n;
}

/* Runs one step; -1 when libpng complained, by jumping or by warning. */
static int guarded(struct job *j, void (*step)(struct job *))
{
    if (setjmp(png_jmpbuf(j->png)))
        return -1;
    step(j);
    return j->complaint[0] ? -1 : 0;
}

static void read_header(struct job *j)
{
    png_set_read_fn(j->png, j, on_read);
    png_set_user_limits(j->png, DS_PICTURE_SIDE, DS_PICTURE_SIDE);
    png_set_chunk_malloc_max(j->png, CHUNK_LIMIT);
    png_set_crc_action(j->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    /* -1: everything but IHDR, PLTE, tRNS, IDAT and IEND. tRNS makes alpha: dropped as well. */
    png_set_keep_unknown_chunks(j->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(j->png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);
    png_read_info(j->png, j->info);
    png_set_palette_to_rgb(j->png);
    png_set_expand_gray_1_2_4_to_8(j->png);
    png_set_strip_16(j->png);
    png_set_strip_alpha(j->png);
    png_set_interlace_handling(j->png);
    png_read_update_info(j->png, j->info);
    if (png_get_rowbytes(j->png, j->info) != j->stride)
        png_error(j->png, "unexpected layout");
}

static void read_rows(struct job *j)
{
    const int passes = png_set_interlace_handling(j->png);

    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < j->height; y++)
            png_read_row(j->png, j->rows + (size_t)y * j->stride, NULL);
    png_read_end(j->png, NULL);
}

/* The orientation of the last eXIf chunk; the chunks may be in any order. */
static int find_orientation(struct ds_view *v)
{
    const unsigned char *p;
    size_t at = SIGNATURE;
    int orientation = 1;

    while ((p = ds_view_at(v, at, 8))) {
        const uint32_t n = ds_big_endian(p);

        if (!memcmp(p + 4, "IEND", 4) || n > v->size - at - 8)
            break;
        if (!memcmp(p + 4, "eXIf", 4))
            orientation = ds_orientation(v, at + 8, n);
        at += (size_t)n + 12;
    }
    return orientation;
}

int ds_png_shape(struct ds_picture *shape, int *orientation, struct ds_view *v,
                 const char *name, struct ds_err *err)
{
    static const unsigned char start[16] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const unsigned char *p = ds_view_at(v, 0, IHDR_END);
    uint32_t width, height;

    *shape = (struct ds_picture){0};
    if (!p || memcmp(p, start, sizeof start) != 0)
        return ds_fail(err, DS_DATA, "%s: damaged PNG: no complete header; replace the file",
                       name);
    width = ds_big_endian(p + 16);
    height = ds_big_endian(p + 20);
    if (!width || !height || p[25] > 6)
        return ds_fail(err, DS_DATA,
                       "%s: damaged PNG: %u x %u pixels of colour type %d; replace "
                       "the file",
                       name, width, height, p[25]);
    if (width > DS_PICTURE_SIDE || height > DS_PICTURE_SIDE ||
        (uint64_t)width * height > DS_PICTURE_PIXELS)
        return ds_fail(err, DS_DATA,
                       "%s: %u x %u pixels, at most %d a side and %d million in all "
                       "are read; make it smaller",
                       name, width, height, DS_PICTURE_SIDE, DS_PICTURE_PIXELS / 1000000);
    shape->channels =
        p[25] == PNG_COLOR_TYPE_GRAY || p[25] == PNG_COLOR_TYPE_GRAY_ALPHA ? 1 : 3;
    shape->height = (int)height;
    shape->width = (int)width;
    *orientation = find_orientation(v);
    ds_orient_shape(shape, *orientation);
    return 0;
}

/* Whether the pixels can be in a file of n bytes at all: a forged header of some bytes must
 * not make us ask for hundreds of megabytes. */
static int plausible(const unsigned char *bytes, size_t n)
{
    static const int samples[7] = {1, 0, 3, 1, 2, 0, 4}; /* by colour type */
    const size_t width = ds_big_endian(bytes + 16), height = ds_big_endian(bytes + 20);
    const size_t bits = width * (size_t)samples[bytes[25]] * bytes[24];

    return (bits + 7) / 8 * height / DEFLATE_RATIO <= n;
}

static void planar(struct ds_picture *out, const unsigned char *rows)
{
    const size_t area = (size_t)out->height * (size_t)out->width;

    if (out->channels == 1) {
        memcpy(out->pixels, rows, area);
        return;
    }
    for (size_t i = 0; i < area; i++)
        for (size_t c = 0; c < 3; c++)
            out->pixels[c * area + i] = rows[3 * i + c];
}

static int damaged(const struct job *j, const char *name, struct ds_err *err)
{
    return ds_fail(err, DS_DATA, "%s: damaged PNG: %s; replace the file", name, j->complaint);
}

static int decode(struct job *j, struct ds_picture *out, const char *name, struct ds_err *err)
{
    const size_t size = j->stride * (size_t)out->height; /* < 2^28: the limits say so */

    if (guarded(j, read_header))
        return damaged(j, name, err);
    j->rows = calloc(size, 1); /* zeroed: interlaced passes merge into what is there */
    out->pixels = malloc(size);
    if (!j->rows || !out->pixels)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d x %d pixels", name, out->width,
                       out->height);
    if (guarded(j, read_rows))
        return damaged(j, name, err);
    planar(out, j->rows);
    return 0;
}

int ds_png_decode(struct ds_picture *out, const void *bytes, size_t n, const char *name,
                  struct ds_err *err)
{
    struct ds_view view = {.bytes = bytes, .size = n};
    struct job j = {.at = bytes, .left = n};
    int code, orientation = 1;

    if (ds_png_shape(out, &orientation, &view, name, err))
        return err->code;
    ds_orient_shape(out, orientation); /* as stored, until the pixels are turned */
    if (!plausible(bytes, n)) {
        code = ds_fail(err, DS_DATA,
                       "%s: damaged PNG: %d x %d pixels cannot be in %zu bytes; "
                       "replace the file",
                       name, out->width, out->height, n);
        goto done;
    }
    j.height = out->height;
    j.stride = (size_t)out->width * (size_t)out->channels;
    j.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    if (!j.info)
        code = ds_fail(err, DS_NOMEM, "%s: out of memory for the PNG reader", name);
    else
        code = decode(&j, out, name, err);
    if (!code)
        code = ds_orient(out, orientation, name, err);
done:
    png_destroy_read_struct(&j.png, &j.info, NULL);
    free(j.rows);
    if (code)
        ds_picture_clear(out);
    return code;
}
