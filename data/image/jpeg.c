/* data/image/jpeg.c -- JPEG, read strictly. See the header.
 *
 * libjpeg reports by longjmp, as libpng does. The jump lives in guarded() alone: a step is one
 * function that owns nothing, so nothing can leak or be clobbered by it. */
#include "data/image/jpeg.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h> /* jpeglib.h wants it */
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include "core/ops/simd.h"
#include "data/image/orient.h"
#include "data/image/view_int.h"

/* A block of 64 samples takes one bit at least, and a block may cover 16 x 8 pixels. */
enum { PIXELS_PER_BYTE = 1024 };

struct job {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr error;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const unsigned char *bytes;
    size_t n;
    int height, width, channels;         /* as stored: before it is turned */
    uint8_t *planes;                     /* [channels][height][width] */
    unsigned char *row;                  /* [width][4] */
    char complaint[JMSG_LENGTH_MAX + 1]; /* libjpeg's first words, empty while all is well */
};

static void note(struct job *j, j_common_ptr info)
{
    if (!j->complaint[0])
        info->err->format_message(info, j->complaint);
}

static void on_error(j_common_ptr info)
{
    struct job *j = info->client_data;

    note(j, info);
    longjmp(j->jump, 1);
}

/* Levels from 0 on are talk; -1 is a warning that what comes out may be wrong. The default
 * prints, as that of on_error does; nothing else of libjpeg would. */
static void on_message(j_common_ptr info, int level)
{
    if (level < 0)
        note(info->client_data, info);
}

/* Called between rows of blocks: the place to stop what a small hostile file makes long. */
static void on_progress(j_common_ptr info)
{
    struct job *j = info->client_data;

    if (j->complaint[0])
        longjmp(j->jump, 1);
    if (j->info.input_scan_number > DS_JPEG_SCANS) {
        snprintf(j->complaint, sizeof j->complaint, "more than %d scans", DS_JPEG_SCANS);
        longjmp(j->jump, 1);
    }
}

/* Runs one step; -1 when libjpeg complained, by jumping or by warning. */
static int guarded(struct job *j, void (*step)(struct job *))
{
    if (setjmp(j->jump))
        return -1;
    step(j);
    return j->complaint[0] ? -1 : 0;
}

static void open_reader(struct job *j)
{
    jpeg_create_decompress(&j->info);
    j->info.progress = &j->progress;
    jpeg_mem_src(&j->info, j->bytes, (unsigned long)j->n);
}

/* The shape that the markers gave, and the one libjpeg sees, must be the same. */
static bool agrees(const struct job *j)
{
    return (int)j->info.image_width == j->width && (int)j->info.image_height == j->height &&
           (j->info.num_components == 1) == (j->channels == 1);
}

static void read_header(struct job *j)
{
    jpeg_read_header(&j->info, TRUE);
    if (!agrees(j))
        strcpy(j->complaint, "unexpected layout");
    j->info.out_color_space = j->info.num_components == 1   ? JCS_GRAYSCALE
                              : j->info.num_components == 3 ? JCS_RGB
                                                            : JCS_CMYK;
}

/* a * b / 255, rounded: exact for bytes. */
static int scaled(int a, int b)
{
    const int t = a * b + 128;

    return ((t >> 8) + t) >> 8;
}

static uint8_t clipped(int v)
{
    return (uint8_t)(v < 0 ? 0 : v);
}

/* Inks come inverted: 255 is none. Paper less black, and less each ink's share of that. */
static void inks(uint8_t *out, size_t area, const unsigned char *in, int width)
{
    for (int x = 0; x < width; x++, in += 4) {
        const int paper = in[3];

        for (size_t c = 0; c < 3; c++)
            out[c * area + (size_t)x] = clipped(paper - scaled(255 - in[c], paper));
    }
}

/* Pixels of three bytes to three planes. */
DS_KERNEL static void split(uint8_t *restrict r, uint8_t *restrict g, uint8_t *restrict b,
                            const uint8_t *restrict from, int width)
{
    for (int x = 0; x < width; x++) {
        r[x] = from[3 * x];
        g[x] = from[3 * x + 1];
        b[x] = from[3 * x + 2];
    }
}

static void split_row(struct job *j, int y)
{
    const size_t area = (size_t)j->height * (size_t)j->width;
    const size_t width = (size_t)j->width;
    uint8_t *out = j->planes + (size_t)y * width;

    if (j->channels == 1)
        memcpy(out, j->row, width);
    else if (j->info.output_components == 4)
        inks(out, area, j->row, j->width);
    else
        split(out, out + area, out + 2 * area, j->row, j->width);
}

static void read_rows(struct job *j)
{
    JSAMPROW row = j->row;

    jpeg_start_decompress(&j->info);
    for (int y = 0; y < j->height && !j->complaint[0]; y++) {
        jpeg_read_scanlines(&j->info, &row, 1);
        split_row(j, y);
    }
    if (!j->complaint[0])
        jpeg_finish_decompress(&j->info);
}

static int damaged(const struct job *j, const char *name, struct ds_err *err)
{
    return ds_fail(err, DS_DATA, "%s: damaged JPEG: %s; replace the file", name, j->complaint);
}

static int decode(struct job *j, const char *name, struct ds_err *err)
{
    if (guarded(j, open_reader) || guarded(j, read_header))
        return damaged(j, name, err);
    j->planes = malloc((size_t)j->channels * (size_t)j->height * (size_t)j->width);
    j->row = malloc((size_t)j->width * 4);
    if (!j->planes || !j->row)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d x %d pixels", name, j->width,
                       j->height);
    return guarded(j, read_rows) ? damaged(j, name, err) : 0;
}

/* The picture as it is stored, for orientations that exchange height and width. */
static void begin(struct job *j, const struct ds_picture *shape, int orientation)
{
    struct ds_picture stored = *shape;

    ds_orient_shape(&stored, orientation);
    j->height = stored.height;
    j->width = stored.width;
    j->channels = stored.channels;
    j->info.err = jpeg_std_error(&j->error);
    j->error.error_exit = on_error;
    j->error.emit_message = on_message;
    j->progress.progress_monitor = on_progress;
    j->info.client_data = j;
}

int ds_jpeg_decode(struct ds_picture *out, const void *bytes, size_t n, const char *name,
                   struct ds_err *err)
{
    struct ds_view view = {.bytes = bytes, .size = n};
    struct job j = {.bytes = bytes, .n = n};
    int code, orientation = 1;

    if (ds_jpeg_shape(out, &orientation, &view, name, err))
        return err->code;
    if ((size_t)out->height * (size_t)out->width / PIXELS_PER_BYTE > n) {
        code = ds_fail(err, DS_DATA,
                       "%s: damaged JPEG: %d x %d pixels cannot be in %zu bytes; "
                       "replace the file",
                       name, out->width, out->height, n);
        ds_picture_clear(out);
        return code;
    }
    begin(&j, out, orientation);
    code = decode(&j, name, err);
    jpeg_destroy_decompress(&j.info);
    free(j.row);
    *out = (struct ds_picture){
        .channels = j.channels, .height = j.height, .width = j.width, .pixels = j.planes};
    if (!code)
        code = ds_orient(out, orientation, name, err);
    if (code)
        ds_picture_clear(out);
    return code;
}
