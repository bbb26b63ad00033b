/* data/image/write_jpeg.c -- pixels as a baseline JPEG. See the header. */
#include "data/image/write_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct trouble {
    struct jpeg_error_mgr base; /* first: libjpeg hands it back */
    jmp_buf back;
};

static void jump_back(j_common_ptr info)
{
    longjmp(((struct trouble *)(void *)info->err)->back, 1);
}

static void stay_silent(j_common_ptr info)
{
    (void)info;
}

/* Everything that may jump; what it changes is reached through pointers. */
static int encode(struct jpeg_compress_struct *c, unsigned char **to, unsigned long *size,
                  const uint8_t *rgb, int width, int height, int quality)
{
    struct trouble *trouble = (struct trouble *)(void *)c->err;

    if (setjmp(trouble->back))
        return -1;
    jpeg_create_compress(c);
    jpeg_mem_dest(c, to, size);
    c->image_width = (JDIMENSION)width;
    c->image_height = (JDIMENSION)height;
    c->input_components = 3;
    c->in_color_space = JCS_RGB;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, quality, TRUE);
    c->dct_method = JDCT_ISLOW; /* the same bits with and without vector instructions */
    for (int i = 0; i < 3; i++)
        c->comp_info[i].h_samp_factor = c->comp_info[i].v_samp_factor = 1;
    jpeg_start_compress(c, TRUE);
    while (c->next_scanline < c->image_height) {
        JSAMPROW row =
            (JSAMPROW)(uintptr_t)(rgb + (size_t)c->next_scanline * (size_t)width * 3);

        jpeg_write_scanlines(c, &row, 1);
    }
    jpeg_finish_compress(c);
    return 0;
}

int ds_jpeg_encode(unsigned char **bytes, size_t *n, const uint8_t *rgb, int width, int height,
                   int quality, struct ds_err *err)
{
    struct jpeg_compress_struct c;
    struct trouble trouble;
    unsigned long size = 0;
    int failed;

    *bytes = NULL;
    *n = 0;
    if (width < 1 || height < 1 || width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION)
        return ds_fail(err, DS_USAGE, "a JPEG of %d x %d pixels cannot be made", width, height);
    memset(&c, 0, sizeof c);
    c.err = jpeg_std_error(&trouble.base);
    trouble.base.error_exit = jump_back;
    trouble.base.output_message = stay_silent;
    failed = encode(&c, bytes, &size, rgb, width, height, quality);
    jpeg_destroy_compress(&c);
    if (failed) {
        free(*bytes);
        *bytes = NULL;
        return ds_fail(err, DS_NOMEM, "no memory for a JPEG of %d x %d pixels", width, height);
    }
    *n = size;
    return 0;
}
