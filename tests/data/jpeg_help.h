/* tests/data/jpeg_help.h -- JPEG files made in memory, for tests and fuzz seeds. */
#ifndef DS_TESTS_DATA_JPEG_HELP_H
#define DS_TESTS_DATA_JPEG_HELP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>

struct jpeg_look {
    int width, height;
    int components; /* 1 grey, 3 YCbCr, 4 CMYK */
    int progressive, arithmetic;
    int restart;     /* MCUs between restart markers, 0: none */
    int orientation; /* in an EXIF segment; 0: no segment */
    int ycck;        /* of 4 components */
    int scans;       /* > 0: that many scans of one band, of a grey picture */
};

struct jpeg_file {
    unsigned char *bytes; /* free it */
    size_t n;
};

/* A sound TIFF block whose only tag is the orientation. */
static inline void jpeg_put_exif(struct jpeg_compress_struct *c, int orientation)
{
    unsigned char exif[32] = "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01";

    exif[25] = (unsigned char)orientation;
    jpeg_write_marker(c, JPEG_APP0 + 1, exif, sizeof exif);
}

/* Sample s of pixel (y, x): slopes, so that little is lost. */
static inline int jpeg_sample(int y, int x, int s)
{
    return 40 + 3 * x + 2 * y + 30 * s;
}

enum { JPEG_SCANS = 127 };

/* DC, each of 63 coefficients without its last bit, then their last bits: one scan each. */
static inline void jpeg_many_scans(struct jpeg_compress_struct *c, jpeg_scan_info *scan, int n)
{
    for (int i = 0; i < n; i++) {
        const int last_bit = i > 63, band = last_bit ? i - 63 : i;

        scan[i] = (jpeg_scan_info){.comps_in_scan = 1,
                                   .component_index = {0},
                                   .Ss = band,
                                   .Se = band,
                                   .Ah = last_bit,
                                   .Al = i && !last_bit};
    }
    c->scan_info = scan;
    c->num_scans = n;
}

static inline struct jpeg_file jpeg_encode(const struct jpeg_look *l)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr error;
    jpeg_scan_info scan[JPEG_SCANS];
    struct jpeg_file f = {0};
    unsigned long n = 0;
    unsigned char *row = malloc((size_t)l->width * 4);
    JSAMPROW rows[1] = {row};

    c.err = jpeg_std_error(&error);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &f.bytes, &n);
    c.image_width = (JDIMENSION)l->width;
    c.image_height = (JDIMENSION)l->height;
    c.input_components = l->components;
    c.in_color_space = l->components == 1   ? JCS_GRAYSCALE
                       : l->components == 3 ? JCS_RGB
                                            : JCS_CMYK;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, 95, TRUE);
    if (l->ycck)
        jpeg_set_colorspace(&c, JCS_YCCK);
    c.restart_interval = (unsigned)l->restart;
    c.arith_code = l->arithmetic;
    if (l->progressive)
        jpeg_simple_progression(&c);
    if (l->scans > 0 && l->scans <= JPEG_SCANS)
        jpeg_many_scans(&c, scan, l->scans);
    jpeg_start_compress(&c, TRUE);
    if (l->orientation)
        jpeg_put_exif(&c, l->orientation);
    for (int y = 0; y < l->height && row; y++) {
        for (int x = 0; x < l->width; x++)
            for (int s = 0; s < l->components; s++)
                row[x * l->components + s] = (unsigned char)jpeg_sample(y, x, s);
        jpeg_write_scanlines(&c, rows, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    free(row);
    f.n = n;
    return f;
}

#endif
