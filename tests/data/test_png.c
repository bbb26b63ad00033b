/* tests/data/test_png.c -- PNG in every layout, and every way to damage it. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include "data/image/picture.h"
#include "data/image/png.h"
#include "data/image/view_int.h"

static int samples(int colour)
{
    static const int n[7] = {1, 0, 3, 1, 2, 0, 4};

    return n[colour];
}

static int shape_of(struct ds_picture *shape, const unsigned char *bytes, size_t n)
{
    struct ds_view view = {.bytes = bytes, .size = n};
    struct ds_err err;
    int orientation;

    return ds_png_shape(shape, &orientation, &view, "x.png", &err);
}

/* What sample s of pixel x in a packed row is, before any conversion. */
static int raw(const unsigned char *row, const struct png_look *l, int x, int s)
{
    const int i = x * samples(l->colour) + s;

    if (l->depth == 16)
        return row[2 * i]; /* the high byte */
    if (l->depth == 8)
        return row[i];
    return row[i * l->depth / 8] >> (8 - l->depth - i * l->depth % 8) & ((1 << l->depth) - 1);
}

static int expected(const unsigned char *row, const struct png_look *l, int x, int c)
{
    if (l->colour == PNG_COLOR_TYPE_PALETTE) {
        const int k = raw(row, l, x, 0);

        return (c == 0 ? 3 * k : c == 1 ? 255 - k : 7 * k + 1) & 255;
    }
    if (l->depth < 8)
        return raw(row, l, x, 0) * 255 / ((1 << l->depth) - 1);
    return raw(row, l, x, c);
}

static void check_layout(const struct png_look *l)
{
    const size_t rowbytes = (size_t)(l->width * samples(l->colour) * l->depth + 7) / 8;
    unsigned char rows[64 * 64 * 8];
    struct ds_picture p, shape;
    struct png_file f;
    struct ds_err err;

    for (size_t i = 0; i < rowbytes * (size_t)l->height; i++)
        rows[i] = (unsigned char)ds_rng_bits(ds_rng_stream((uint64_t)l->depth, "rows"), i);
    f = png_encode(l, rows, rowbytes);
    if (ds_png_decode(&p, f.bytes, f.n, "x.png", &err))
        fail_msg("colour %d depth %d: %s", l->colour, l->depth, err.text);
    assert_int_equal(shape_of(&shape, f.bytes, 33), 0);
    assert_int_equal(p.channels, l->colour & 2 ? 3 : 1);
    assert_int_equal(shape.channels, p.channels);
    assert_int_equal(shape.height, l->height);
    assert_int_equal(shape.width, l->width);
    for (int c = 0; c < p.channels; c++)
        for (int y = 0; y < l->height; y++)
            for (int x = 0; x < l->width; x++)
                assert_int_equal(p.pixels[(c * l->height + y) * l->width + x],
                                 expected(rows + (size_t)y * rowbytes, l, x, c));
    ds_picture_clear(&p);
    free(f.bytes);
}

static void every_layout_decodes(void **state)
{
    static const int colour_depth[][2] = {{0, 1}, {0, 2},  {0, 4},  {0, 8}, {0, 16},
                                          {2, 8}, {2, 16}, {3, 1},  {3, 2}, {3, 4},
                                          {3, 8}, {4, 8},  {4, 16}, {6, 8}, {6, 16}};
    static const int size[][2] = {{1, 1}, {5, 7}, {33, 9}, {8, 8}, {1, 13}, {13, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof colour_depth / sizeof *colour_depth; i++)
        for (size_t s = 0; s < sizeof size / sizeof *size; s++)
            for (int variant = 0; variant < 4; variant++) {
                struct png_look l = {.width = size[s][0],
                                     .height = size[s][1],
                                     .colour = colour_depth[i][0],
                                     .depth = colour_depth[i][1],
                                     .interlaced = variant & 1};

                l.palette = l.colour == 3 ? 1 << l.depth : 0;
                l.transparency = variant & 2 && !(l.colour & 4); /* dropped, not blended */
                check_layout(&l);
            }
}

static struct png_file small_png(int interlaced)
{
    const struct png_look look = {
        .width = 6, .height = 5, .depth = 8, .colour = 2, .interlaced = interlaced};
    unsigned char rows[5 * 18];

    for (size_t i = 0; i < sizeof rows; i++)
        rows[i] = (unsigned char)(i * i * 37);
    return png_encode(&look, rows, 18);
}

static void a_cut_file_is_refused_at_every_byte(void **state)
{
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        struct png_file f = small_png(interlaced);

        for (size_t n = 1; n < f.n; n++) {
            unsigned char *cut = malloc(n); /* its own block: the sanitizer sees the end */

            assert_non_null(cut);
            memcpy(cut, f.bytes, n);
            assert_int_equal(ds_picture_decode(&p, cut, n, "cut.png", &err), DS_DATA);
            assert_null(p.pixels);
            assert_says(err, DS_DATA, "cut.png: ");
            free(cut);
        }
        free(f.bytes);
    }
}

static void a_flipped_bit_is_refused_anywhere(void **state)
{
    struct png_file f = small_png(0);
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    for (size_t bit = 0; bit < 8 * f.n; bit++) {
        f.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (!ds_picture_decode(&p, f.bytes, f.n, "bit.png", &err))
            fail_msg("bit %zu does not matter", bit);
        f.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    free(f.bytes);
}

/* Files written by hand: chunk by chunk, with right checksums. */
static size_t chunk(unsigned char *out, const char *type, const unsigned char *data, size_t n)
{
    big_endian(out, (uint32_t)n);
    memcpy(out + 4, type, 4);
    if (n)
        memcpy(out + 8, data, n);
    big_endian(out + 8 + n, (uint32_t)crc32(0, out + 4, (unsigned)n + 4));
    return n + 12;
}

static size_t hand_made(unsigned char *out, uint32_t width, uint32_t height, int depth,
                        int colour, size_t raw_bytes, const char *extra, size_t extra_n)
{
    unsigned char head[13] = {0}, *zeros = calloc(1, raw_bytes + extra_n + 1), packed[4096];
    uLongf packed_n = sizeof packed;
    size_t n = 8;

    assert_non_null(zeros);
    memcpy(out, "\x89PNG\r\n\x1a\n", 8);
    big_endian(head, width);
    big_endian(head + 4, height);
    head[8] = (unsigned char)depth;
    head[9] = (unsigned char)colour;
    n += chunk(out + n, "IHDR", head, 13);
    if (extra)
        n += chunk(out + n, extra, zeros, extra_n);
    assert_int_equal(compress(packed, &packed_n, zeros, raw_bytes), Z_OK);
    n += chunk(out + n, "IDAT", packed, packed_n);
    n += chunk(out + n, "IEND", NULL, 0);
    free(zeros);
    return n;
}

static unsigned char file[6 << 20];

static void refused(size_t n, const char *words)
{
    struct ds_picture p;
    struct ds_err err = {0};

    assert_int_not_equal(ds_picture_decode(&p, file, n, "x.png", &err), 0);
    assert_says(err, DS_DATA, words);
    assert_null(p.pixels);
}

static void too_few_and_too_many_pixels_are_refused(void **state)
{
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    assert_int_equal(
        ds_picture_decode(&p, file, hand_made(file, 4, 3, 8, 0, 15, NULL, 0), "x", &err), 0);
    ds_picture_clear(&p);
    refused(hand_made(file, 4, 3, 8, 0, 14, NULL, 0), "x.png: damaged PNG: ");
    refused(hand_made(file, 4, 3, 8, 0, 16, NULL, 0), "x.png: damaged PNG: ");
}

static void sizes_are_limited_before_memory(void **state)
{
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    refused(hand_made(file, 16385, 1, 8, 0, 9, NULL, 0),
            "16385 x 1 pixels, at most 16384 a side");
    refused(hand_made(file, 1, 16385, 8, 0, 9, NULL, 0),
            "1 x 16385 pixels, at most 16384 a side");
    refused(hand_made(file, 8001, 8000, 8, 2, 9, NULL, 0),
            "64 million in all are read; make it");
    refused(hand_made(file, 0xffffffff, 0xffffffff, 8, 2, 9, NULL, 0), "4294967295");
    refused(hand_made(file, 8000, 8000, 8, 2, 9, NULL, 0), "pixels cannot be in");
    refused(hand_made(file, 0, 5, 8, 2, 9, NULL, 0), "0 x 5 pixels");
    refused(hand_made(file, 5, 0, 8, 2, 9, NULL, 0), "5 x 0 pixels");
    assert_int_equal(shape_of(&p, file, hand_made(file, 8000, 8000, 8, 2, 9, NULL, 0)), 0);
    assert_int_equal(shape_of(&p, file, hand_made(file, 16384, 3906, 8, 2, 9, NULL, 0)), 0);
    /* Exactly at the limit of a side, and honest. */
    assert_int_equal(
        ds_picture_decode(&p, file, hand_made(file, 16384, 1, 8, 0, 16385, NULL, 0), "x", &err),
        0);
    ds_picture_clear(&p);
}

static void chunks_are_limited(void **state)
{
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    refused(hand_made(file, 4, 3, 8, 0, 15, "tEXt", (4 << 20) + 1), "x.png: damaged PNG: ");
    assert_int_equal(ds_picture_decode(
                         &p, file, hand_made(file, 4, 3, 8, 0, 15, "tEXt", 1 << 20), "x", &err),
                     0); /* skipped unread */
    ds_picture_clear(&p);
    assert_int_equal(
        ds_picture_decode(&p, file, hand_made(file, 4, 3, 8, 0, 15, "iCCP", 9), "x", &err),
        0); /* a broken profile does not touch the pixels */
    ds_picture_clear(&p);
    assert_int_equal(
        ds_picture_decode(&p, file, hand_made(file, 4, 3, 8, 0, 15, "tRNS", 9), "x", &err),
        0); /* nor does a broken transparency */
    ds_picture_clear(&p);
    refused(hand_made(file, 4, 3, 8, 0, 15, "ABCD", 9), "x.png: damaged PNG: "); /* critical */
}

/* TIFF in either order of bytes, short and long numbers, and what is none. */
static void exif_turns_a_picture(void **state)
{
    static const struct {
        const char *tiff;
        size_t n;
        int orientation;
    } row[] = {
        {"II*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0", 22, 6},
        {"II*\0\10\0\0\0\1\0\x12\1\4\0\1\0\0\0\10\0\0\0", 22, 8},
        {"MM\0*\0\0\0\10\0\1\1\x12\0\4\0\0\0\1\0\0\0\5", 22, 5},
        {"MM\0*\0\0\0\10\0\1\1\x12\0\4\0\0\0\1\0\1\0\5", 22, 1},
        {"XX*\0\10\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0", 22, 1},
        {"II*\0\10\0\0", 7, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const size_t n = hand_made(file, 4, 3, 8, 0, 15, "eXIf", row[i].n);
        struct ds_view view = {.bytes = file, .size = n};
        struct ds_picture p;
        struct ds_err err;
        int orientation;

        chunk(file + 33, "eXIf", (const unsigned char *)row[i].tiff, row[i].n);
        assert_int_equal(ds_png_shape(&p, &orientation, &view, "x.png", &err), 0);
        assert_int_equal(orientation, row[i].orientation);
        assert_int_equal(ds_picture_decode(&p, file, n, "x.png", &err), 0);
        assert_int_equal(p.height, orientation > 4 ? 4 : 3);
        ds_picture_clear(&p);
    }
}

static void odd_layouts_are_refused(void **state)
{
    (void)state;
    refused(hand_made(file, 4, 3, 8, 5, 15, NULL, 0), "x.png: damaged PNG: ");
    refused(hand_made(file, 4, 3, 8, 7, 15, NULL, 0), "pixels of colour type 7");
    refused(hand_made(file, 4, 3, 3, 0, 15, NULL, 0), "x.png: damaged PNG: ");
    refused(hand_made(file, 4, 3, 8, 3, 15, NULL, 0), "x.png: damaged PNG: "); /* no palette */
}

static void other_formats_are_named(void **state)
{
    (void)state;
    memcpy(file, "GIF89a", 6);
    refused(6, "x.png: not a PNG or JPEG picture (its first byte is 0x47); convert to one of");
    refused(0, "x.png: the file is empty, expected a PNG or JPEG picture");
    memcpy(file, "\x89PNG\r\n\x1a\n", 8);
    refused(8, "x.png: damaged PNG: no complete header; replace the file");
}

static void files_load(void **state)
{
    struct ds_picture p, shape;
    struct ds_err err;

    (void)state;
    put_png("a/rgb.png", 3, 3, 5, 7);
    assert_int_equal(ds_picture_load(&p, in_base("a/rgb.png"), &err), 0);
    assert_int_equal(ds_picture_shape(&shape, in_base("a/rgb.png"), &err), 0);
    assert_int_equal(p.height, 5);
    assert_int_equal(shape.width, 7);
    assert_int_equal(shape.channels, 3);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < 5; y++)
            for (int x = 0; x < 7; x++)
                assert_int_equal(p.pixels[(c * 5 + y) * 7 + x], pixel(3, c, y, x));
    ds_picture_clear(&p);
    assert_int_not_equal(ds_picture_load(&p, in_base("none.png"), &err), 0);
    assert_says(err, DS_NOINPUT, "none.png: ");
    assert_int_not_equal(ds_picture_shape(&p, in_base("none.png"), &err), 0);
    assert_says(err, DS_NOINPUT, "none.png: No such file");
    assert_int_not_equal(ds_picture_shape(&p, in_base("a"), &err), 0);
    assert_says(err, DS_DATA, "not a regular file, expected a PNG or JPEG picture");
    assert_int_not_equal(ds_picture_load(&p, in_base("a"), &err), 0);
    put_text("text.png", "hello");
    assert_int_not_equal(ds_picture_shape(&p, in_base("text.png"), &err), 0);
    assert_says(err, DS_DATA, "text.png: not a PNG or JPEG picture");
}

static void a_pipe_does_not_hang(void **state)
{
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    assert_int_equal(mkfifo(in_base("pipe.png"), 0600), 0);
    assert_int_not_equal(ds_picture_shape(&p, in_base("pipe.png"), &err), 0);
    assert_says(err, DS_DATA, "pipe.png: not a regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_decodes),
        cmocka_unit_test(a_cut_file_is_refused_at_every_byte),
        cmocka_unit_test(a_flipped_bit_is_refused_anywhere),
        cmocka_unit_test(too_few_and_too_many_pixels_are_refused),
        cmocka_unit_test(sizes_are_limited_before_memory),
        cmocka_unit_test(chunks_are_limited),
        cmocka_unit_test(exif_turns_a_picture),
        cmocka_unit_test(odd_layouts_are_refused),
        cmocka_unit_test(other_formats_are_named),
        cmocka_unit_test(files_load),
        cmocka_unit_test(a_pipe_does_not_hang),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
