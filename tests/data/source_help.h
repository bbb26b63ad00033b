/* tests/data/source_help.h -- what the tests of pictures and data sets share: a temporary
 * folder, files of every kind written into it, and sentences to expect. */
#ifndef DS_TESTS_DATA_SOURCE_HELP_H
#define DS_TESTS_DATA_SOURCE_HELP_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/err.h"
#include "core/base/rng.h"

/* The failure must have this code, and its sentence these words. */
#define assert_says(err, want, words)                                                          \
    do {                                                                                       \
        if (!strstr((err).text, (words)))                                                      \
            fail_msg("'%s' does not say '%s'", (err).text, (words));                           \
        assert_int_equal((err).code, (want));                                                  \
        assert_null(strchr((err).text, '\n'));                                                 \
    } while (0)

static char base[256];

static inline int make_base(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(base, sizeof base, "%.200s/ds-source-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(base) ? 0 : -1;
}

static inline void remove_all(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *e;
    char inner[4096];

    while (dir && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) {
            snprintf(inner, sizeof inner, "%.3000s/%s", path, e->d_name);
            if (unlink(inner))
                remove_all(inner);
        }
    if (dir)
        closedir(dir);
    rmdir(path);
}

static inline int remove_base(void **state)
{
    (void)state;
    remove_all(base);
    return 0;
}

/* base/NAME; eight may be in use at a time. */
static inline const char *in_base(const char *name)
{
    static char path[8][1024];
    static int next;
    char *p = path[next++ % 8];

    snprintf(p, sizeof path[0], "%s/%.700s", base, name);
    return p;
}

/* Writes base/NAME, making the folders on the way. */
static inline void put(const char *name, const void *bytes, size_t n)
{
    char path[1024];
    FILE *f;

    snprintf(path, sizeof path, "%s", in_base(name));
    for (char *slash = strchr(path + strlen(base) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static inline void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

/* The gzip file of some bytes; free it. */
static inline unsigned char *gzip(const void *bytes, size_t n, size_t *out_n)
{
    z_stream z = {0};
    unsigned char *out;

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    *out_n = deflateBound(&z, n) + 32;
    out = malloc(*out_n);
    assert_non_null(out);
    z.next_in = (unsigned char *)(uintptr_t)bytes;
    z.avail_in = (unsigned)n;
    z.next_out = out;
    z.avail_out = (unsigned)*out_n;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *out_n -= z.avail_out;
    deflateEnd(&z);
    return out;
}

static inline void put_gzip(const char *name, const void *bytes, size_t n)
{
    size_t packed_n;
    unsigned char *packed = gzip(bytes, n, &packed_n);

    put(name, packed, packed_n);
    free(packed);
}

static inline void big_endian(unsigned char *p, uint32_t v)
{
    p[0] = (unsigned char)(v >> 24);
    p[1] = (unsigned char)(v >> 16);
    p[2] = (unsigned char)(v >> 8);
    p[3] = (unsigned char)v;
}

/* The pixel that the test sets hold: a function of everything, so that mix-ups show. */
static inline uint8_t pixel(int picture, int channel, int y, int x)
{
    return (uint8_t)ds_rng_bits(ds_rng_stream(7, "pixel"),
                                (uint64_t)(((picture * 4 + channel) * 64 + y) * 64 + x));
}

/* idx files in memory; free them. */
static inline unsigned char *idx_images(int count, int height, int width, size_t *n)
{
    unsigned char *bytes, *p;

    *n = 16 + (size_t)(count * height * width);
    bytes = malloc(*n);
    assert_non_null(bytes);
    big_endian(bytes, 0x803);
    big_endian(bytes + 4, (uint32_t)count);
    big_endian(bytes + 8, (uint32_t)height);
    big_endian(bytes + 12, (uint32_t)width);
    p = bytes + 16;
    for (int i = 0; i < count; i++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                *p++ = pixel(i, 0, y, x);
    return bytes;
}

static inline unsigned char *idx_labels(const int *label, int count, size_t *n)
{
    unsigned char *bytes;

    *n = 8 + (size_t)count;
    bytes = malloc(*n);
    assert_non_null(bytes);
    big_endian(bytes, 0x801);
    big_endian(bytes + 4, (uint32_t)count);
    for (int i = 0; i < count; i++)
        bytes[8 + i] = (unsigned char)label[i];
    return bytes;
}

/* One part (prefix "train" or "t10k") of an idx set in base/DIR. */
static inline void put_idx(const char *dir, const char *prefix, const int *label, int count,
                           int height, int width)
{
    char name[256];
    size_t n;
    unsigned char *bytes = idx_images(count, height, width, &n);

    snprintf(name, sizeof name, "%.100s/%s-images-idx3-ubyte", dir, prefix);
    put(name, bytes, n);
    free(bytes);
    bytes = idx_labels(label, count, &n);
    snprintf(name, sizeof name, "%.100s/%s-labels-idx1-ubyte", dir, prefix);
    put(name, bytes, n);
    free(bytes);
}

/* A PNG in memory, from packed rows as the file has them. */
struct png_file {
    unsigned char *bytes;
    size_t n;
};

static inline void png_collect(png_structp png, png_bytep bytes, size_t n)
{
    struct png_file *f = png_get_io_ptr(png);

    f->bytes = realloc(f->bytes, f->n + n);
    assert_non_null(f->bytes);
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}

static inline void png_flush(png_structp png)
{
    (void)png;
}

struct png_look {
    int width, height, depth, colour, interlaced;
    int palette;      /* colours 0 .. palette - 1, colour k is (3k, 255 - k, 7k + 1) */
    int transparency; /* with a tRNS chunk */
};

/* rows: [H][rowbytes], rowbytes = (width * samples * depth + 7) / 8 */
static inline struct png_file png_encode(const struct png_look *l, unsigned char *rows,
                                         size_t rowbytes)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    struct png_file f = {0};
    unsigned char *row[64], alpha[4] = {0, 10, 100, 200};
    png_color colours[256];
    png_color_16 key = {.gray = 1, .red = 1, .green = 2, .blue = 3};

    assert_true(l->height <= 64);
    for (int y = 0; y < l->height; y++)
        row[y] = rows + (size_t)y * rowbytes;
    for (int k = 0; k < l->palette; k++)
        colours[k] = (png_color){(png_byte)(3 * k), (png_byte)(255 - k), (png_byte)(7 * k + 1)};
    png_set_write_fn(png, &f, png_collect, png_flush);
    png_set_IHDR(png, info, (png_uint_32)l->width, (png_uint_32)l->height, l->depth, l->colour,
                 l->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (l->palette)
        png_set_PLTE(png, info, colours, l->palette);
    if (l->transparency)
        png_set_tRNS(png, info, alpha, l->palette ? (l->palette < 4 ? l->palette : 4) : 0,
                     &key);
    png_set_gAMA(png, info, 0.45);
    png_set_rows(png, info, row);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    png_destroy_write_struct(&png, &info);
    return f;
}

/* Picture number i of `channels` channels as base/NAME. */
static inline void put_png(const char *name, int i, int channels, int height, int width)
{
    const struct png_look look = {.width = width,
                                  .height = height,
                                  .depth = 8,
                                  .colour =
                                      channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB};
    unsigned char rows[64 * 64 * 3], *p = rows;
    struct png_file f;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++)
                *p++ = pixel(i, c, y, x);
    f = png_encode(&look, rows, (size_t)(width * channels));
    put(name, f.bytes, f.n);
    free(f.bytes);
}

#endif
