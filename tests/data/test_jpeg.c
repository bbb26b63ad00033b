/* tests/data/test_jpeg.c -- JPEG: what is read, its orientation, and every refusal. That the
 * bytes are Pillow's is checked by check_images.py. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include <fcntl.h>

#include "data/image/jpeg.h"
#include "data/image/picture.h"
#include "data/image/view_int.h"
#include "tests/data/jpeg_help.h"

enum { SLACK = 6 }; /* what quality 95 loses of slopes */

static void refused(const unsigned char *bytes, size_t n, const char *words)
{
    struct ds_picture p;
    struct ds_err err = {0};
    unsigned char *copy = malloc(n ? n : 1); /* its own block: the sanitizer sees the end */

    assert_non_null(copy);
    memcpy(copy, bytes, n);
    if (!ds_picture_decode(&p, copy, n, "x.jpg", &err))
        fail_msg("not refused: %s", words);
    assert_null(p.pixels);
    assert_says(err, DS_DATA, words);
    free(copy);
}

/* Where pixel (y, x) of a stored picture goes (TIFF 6.0, tag 274). */
static void placed(int orientation, int h, int w, int *y, int *x)
{
    const int a = *y, b = *x;

    *y = orientation == 1 || orientation == 2   ? a
         : orientation == 3 || orientation == 4 ? h - 1 - a
         : orientation == 5 || orientation == 6 ? b
                                                : w - 1 - b;
    *x = orientation == 1 || orientation == 4   ? b
         : orientation == 2 || orientation == 3 ? w - 1 - b
         : orientation == 5 || orientation == 8 ? a
                                                : h - 1 - a;
}

static void check(const struct jpeg_look *l, const struct jpeg_file *f)
{
    const int o = l->orientation ? l->orientation : 1, turned = o >= 5;
    struct ds_picture p, shape;
    struct ds_err err;

    put("x.jpg", f->bytes, f->n);
    if (ds_picture_load(&p, in_base("x.jpg"), &err) ||
        ds_picture_shape(&shape, in_base("x.jpg"), &err))
        fail_msg("%s", err.text);
    assert_null(shape.pixels);
    assert_int_equal(p.channels, l->components == 1 ? 1 : 3);
    assert_int_equal(p.height, turned ? l->width : l->height);
    assert_int_equal(p.width, turned ? l->height : l->width);
    assert_int_equal(shape.channels, p.channels);
    assert_int_equal(shape.height, p.height);
    assert_int_equal(shape.width, p.width);
    for (int c = 0; c < p.channels; c++)
        for (int i = 0; i < l->height * l->width; i++) {
            int y = i / l->width, x = i % l->width;
            int want = jpeg_sample(y, x, c);

            if (l->components == 4) /* ink and black, 255 is none */
                want = want * jpeg_sample(y, x, 3) / 255;
            placed(o, l->height, l->width, &y, &x);
            if (abs(p.pixels[(c * p.height + y) * p.width + x] - want) > SLACK)
                fail_msg("orientation %d, channel %d, pixel %d %d: %d, expected %d", o, c, y, x,
                         p.pixels[(c * p.height + y) * p.width + x], want);
        }
    ds_picture_clear(&p);
}

static void every_kind_decodes(void **state)
{
    (void)state;
    for (int components = 1; components <= 4; components++)
        for (int variant = 0; variant < 8 && components != 2; variant++) {
            const struct jpeg_look l = {.width = 21,
                                        .height = 13,
                                        .components = components,
                                        .progressive = variant & 1,
                                        .restart = variant & 2,
                                        .ycck = components == 4 && variant & 4};
            struct jpeg_file f = jpeg_encode(&l);

            check(&l, &f);
            free(f.bytes);
        }
}

static void pictures_are_turned_upright(void **state)
{
    (void)state;
    for (int o = 1; o <= 8; o++)
        for (int components = 1; components <= 3; components += 2) {
            const struct jpeg_look l = {
                .width = 24, .height = 11, .components = components, .orientation = o};
            struct jpeg_file f = jpeg_encode(&l);

            check(&l, &f);
            free(f.bytes);
        }
}

/* Damaged EXIF counts as none, wherever it ends or points. */
static void junk_exif_is_ignored(void **state)
{
    const struct jpeg_look l = {.width = 24, .height = 11, .components = 3, .orientation = 6};
    struct jpeg_file f = jpeg_encode(&l);
    unsigned char *exif = memmem(f.bytes, f.n, "Exif", 4);
    struct ds_picture p;
    struct ds_err err;
    int upright = 0, turned = 0;

    (void)state;
    assert_non_null(exif);
    for (int at = 6; at < 32; at++)
        for (int v = 0; v < 256; v += 5) {
            const unsigned char kept = exif[at];

            exif[at] = (unsigned char)v;
            assert_int_equal(ds_picture_decode(&p, f.bytes, f.n, "x.jpg", &err), 0);
            upright += p.height == 11;
            turned += p.height == 24;
            ds_picture_clear(&p);
            exif[at] = kept;
        }
    assert_int_equal(upright + turned, 26 * 52);
    assert_in_range(upright, 600, 1200);
    free(f.bytes);
}

/* A segment of EXIF's kind that is too short for its name, in front of the real one. */
static void short_segments_are_passed_over(void **state)
{
    const struct jpeg_look l = {.width = 24, .height = 11, .components = 3, .orientation = 6};
    struct jpeg_file f = jpeg_encode(&l), longer = {malloc(f.n + 7), f.n + 7};

    (void)state;
    assert_non_null(longer.bytes);
    memcpy(longer.bytes, f.bytes, 2);
    memcpy(longer.bytes + 2, "\xff\xe1\0\5Exi", 7);
    memcpy(longer.bytes + 9, f.bytes + 2, f.n - 2);
    check(&l, &longer);
    free(longer.bytes);
    free(f.bytes);
}

/* A look at a file goes forwards and back, and not behind the end. */
static void a_view_is_of_any_part(void **state)
{
    static const size_t places[] = {0, 8990, 4090, 17, 9000 - 64};
    unsigned char bytes[9000];
    struct ds_view v = {.size = sizeof bytes};

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i % 251);
    put("view", bytes, sizeof bytes);
    v.fd = open(in_base("view"), O_RDONLY);
    assert_true(v.fd >= 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const unsigned char *p = ds_view_at(&v, places[i], 10);

        assert_non_null(p);
        assert_memory_equal(p, bytes + places[i], 10);
    }
    assert_null(ds_view_at(&v, 8991, 10));
    assert_null(ds_view_at(&v, 9001, 1));
    close(v.fd);
}

static void a_cut_file_is_refused_at_every_byte(void **state)
{
    (void)state;
    refused((const unsigned char *)"\xff\xd8\xff\xff\xff\xff", 6, "no complete header");
    for (int progressive = 0; progressive < 2; progressive++) {
        const struct jpeg_look l = {.width = 20,
                                    .height = 17,
                                    .components = 3,
                                    .progressive = progressive,
                                    .orientation = 6};
        struct jpeg_file f = jpeg_encode(&l);

        for (size_t n = 1; n < f.n; n++)
            refused(f.bytes, n, n < 3 ? "x.jpg: not a PNG" : "x.jpg: damaged JPEG: ");
        free(f.bytes);
    }
}

static void what_follows_the_picture_is_ignored(void **state)
{
    const struct jpeg_look l = {.width = 8, .height = 8, .components = 1};
    struct jpeg_file f = jpeg_encode(&l);
    unsigned char *longer = calloc(1, f.n + 5000);
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    assert_non_null(longer);
    memcpy(longer, f.bytes, f.n);
    assert_int_equal(ds_picture_decode(&p, longer, f.n + 5000, "x.jpg", &err), 0);
    ds_picture_clear(&p);
    free(longer);
    free(f.bytes);
}

static void scans_are_limited(void **state)
{
    struct jpeg_look l = {.width = 16, .height = 16, .components = 1, .scans = DS_JPEG_SCANS};
    struct jpeg_file f = jpeg_encode(&l);
    struct ds_picture p;
    struct ds_err err;

    (void)state;
    if (ds_picture_decode(&p, f.bytes, f.n, "x.jpg", &err))
        fail_msg("%s", err.text);
    ds_picture_clear(&p);
    free(f.bytes);
    l.scans = DS_JPEG_SCANS + 1;
    f = jpeg_encode(&l);
    refused(f.bytes, f.n, "x.jpg: damaged JPEG: more than 100 scans; replace the file");
    free(f.bytes);
}

/* The frame header's place in the file. */
static unsigned char *frame_of(const struct jpeg_file *f)
{
    unsigned char *at = memmem(f->bytes, f->n, "\xff\xc0\0", 3);

    assert_non_null(at);
    return at;
}

static void frames_are_limited(void **state)
{
    const struct jpeg_look l = {.width = 40, .height = 40, .components = 3};
    struct jpeg_file f = jpeg_encode(&l);
    unsigned char *frame = frame_of(&f);
    static const struct {
        int at;
        unsigned char to[4];
        int n;
        const char *words;
    } damage[] = {
        {1, {0xc9}, 1, "x.jpg: arithmetic coded JPEG is not read; convert to PNG"},
        {1, {0xc3}, 1, "x.jpg: lossless or hierarchical JPEG is not read; convert to PNG"},
        {1, {0xe9}, 1, "x.jpg: damaged JPEG: a scan without a frame header; replace the"},
        {1, {0xd9}, 1, "x.jpg: damaged JPEG: no picture in it; replace the file"},
        {2, {0, 1}, 2, "x.jpg: damaged JPEG: no complete header; replace the file"},
        {2, {0, 7}, 2, "x.jpg: damaged JPEG: a short frame header; replace the file"},
        {4, {12}, 1, "x.jpg: a JPEG of 12 bits, expected 8; convert to PNG"},
        {5, {0, 0}, 2, "x.jpg: damaged JPEG: 40 x 0 pixels of 3 components; replace"},
        {7, {0, 0}, 2, "x.jpg: damaged JPEG: 0 x 40 pixels of 3 components; replace"},
        {9, {2}, 1, "x.jpg: damaged JPEG: 40 x 40 pixels of 2 components; replace"},
        {5, {0x40, 1}, 2, "40 x 16385 pixels, at most 16384 a side and 64 million"},
        {5, {0x40, 0, 0x40, 0}, 4, "16384 x 16384 pixels, at most 16384 a side and 64 million"},
        {5, {0x1f, 0x40, 0x1f, 0x40}, 4, "8000 x 8000 pixels cannot be in"},
        {10, {7}, 1, "x.jpg: damaged JPEG: "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        unsigned char kept[4];

        memcpy(kept, frame + damage[i].at, 4);
        memcpy(frame + damage[i].at, damage[i].to, (size_t)damage[i].n);
        refused(f.bytes, f.n, damage[i].words);
        memcpy(frame + damage[i].at, kept, 4);
    }
    free(f.bytes);
}

static void a_second_frame_is_refused(void **state)
{
    const struct jpeg_look l = {.width = 8, .height = 8, .components = 1};
    struct jpeg_file f = jpeg_encode(&l);
    const unsigned char *frame = frame_of(&f);
    const size_t before = (size_t)(frame - f.bytes), n = 2 + (size_t)(frame[2] << 8 | frame[3]);
    unsigned char *twice = malloc(f.n + n);

    (void)state;
    assert_non_null(twice);
    memcpy(twice, f.bytes, before + n);
    memcpy(twice + before + n, frame, f.n - before);
    refused(twice, f.n + n, "x.jpg: damaged JPEG: a second frame header; replace the file");
    free(twice);
    free(f.bytes);
}

static void a_header_behind_much_else_is_found(void **state)
{
    const struct jpeg_look l = {.width = 24, .height = 11, .components = 1, .orientation = 8};
    struct jpeg_file f = jpeg_encode(&l);
    enum { PART = 65533, PARTS = 20 };
    unsigned char *large = calloc(PARTS, PART + 2 + 2);
    struct jpeg_file whole = {large, 2};

    (void)state;
    assert_non_null(large);
    memcpy(large, f.bytes, 2);
    for (int i = 0; i < PARTS - 1; i++) { /* a profile of a megabyte, with fill bytes */
        memset(large + whole.n, 0xff, 2);
        large[whole.n + 2] = 0xe2;
        large[whole.n + 3] = PART >> 8;
        large[whole.n + 4] = PART & 255;
        whole.n += 3 + PART;
    }
    memcpy(large + whole.n, f.bytes + 2, f.n - 2);
    whole.n += f.n - 2;
    check(&l, &whole);
    free(large);
    free(f.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_decodes),
        cmocka_unit_test(pictures_are_turned_upright),
        cmocka_unit_test(junk_exif_is_ignored),
        cmocka_unit_test(short_segments_are_passed_over),
        cmocka_unit_test(a_view_is_of_any_part),
        cmocka_unit_test(a_cut_file_is_refused_at_every_byte),
        cmocka_unit_test(what_follows_the_picture_is_ignored),
        cmocka_unit_test(scans_are_limited),
        cmocka_unit_test(frames_are_limited),
        cmocka_unit_test(a_second_frame_is_refused),
        cmocka_unit_test(a_header_behind_much_else_is_found),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
