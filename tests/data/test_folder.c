/* tests/data/test_folder.c -- image folders: the order of things, and refusals. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include "data/source/source.h"
#include "tests/data/source_open.h"

/* Classes b, a and Z; the names are sorted by bytes, so Z is first. */
static void put_folder(const char *test)
{
    char name[64];

    put_png("f/train/b/1.png", 0, 3, 4, 5);
    put_png("f/train/b/10.PNG", 1, 3, 4, 5);
    put_png("f/train/b/2.png", 2, 1, 4, 5);
    put_png("f/train/a/x.png", 3, 3, 4, 5);
    put_png("f/train/Z/y.png", 4, 3, 4, 5);
    put_text("f/train/Z/notes.txt", "not a picture");
    put_text("f/train/.hidden/x.jpg", "");
    put_text("f/train/readme.md", "");
    snprintf(name, sizeof name, "f/%s/a/t.png", test);
    put_png(name, 5, 3, 4, 5);
}

static void an_image_folder_is_read_in_byte_order(void **state)
{
    static const int is[] = {4, 3, 0, 1, 2}, label[] = {0, 1, 2, 2, 2};
    struct ds_source *s;

    (void)state;
    put_folder("val");
    s = open_in_base("f", DS_TRAIN);
    assert_int_equal(ds_source_info(s)->count, 5);
    assert_int_equal(ds_source_info(s)->classes, 3);
    assert_int_equal(ds_source_info(s)->channels, 3);
    assert_string_equal(ds_source_info(s)->class_name[0], "Z");
    assert_string_equal(ds_source_info(s)->class_name[2], "b");
    for (int i = 0; i < 5; i++) {
        assert_picture(s, i, is[i], is[i] == 2); /* grey is spread over three channels */
        assert_int_equal(ds_source_label(s, i), label[i]);
    }
    ds_source_close(s);
    s = open_in_base("f", DS_TEST);
    assert_int_equal(ds_source_info(s)->count, 1);
    assert_int_equal(ds_source_info(s)->classes, 3);
    assert_int_equal(ds_source_label(s, 0), 1);
    assert_picture(s, 0, 5, 0);
    ds_source_close(s);
    put_png("f/test/b/u.png", 6, 3, 4, 5); /* test/ wins over val/ */
    s = open_in_base("f", DS_TEST);
    assert_int_equal(ds_source_label(s, 0), 2);
    assert_picture(s, 0, 6, 0);
    ds_source_close(s);
    remove_all(in_base("f"));
}

static void folder_refusals(void **state)
{
    (void)state;
    put_folder("test");
    put_text("f/train/b/2.png", "rubbish");
    assert_refused(in_base("f"), DS_TRAIN, 0, DS_DATA, "b/2.png: not a PNG or JPEG picture");
    put("f/train/b/2.png", "\xff\xd8\xff\xe0 and so on", 14);
    assert_refused(in_base("f"), DS_TRAIN, 0, DS_DATA,
                   "2.png: damaged JPEG: no complete header; replace the file");
    unlink(in_base("f/train/b/2.png"));
    assert_int_equal(symlink("nowhere.png", in_base("f/train/b/2.png")), 0);
    assert_refused(in_base("f"), DS_TRAIN, 0, DS_NOINPUT,
                   "train/b/2.png: No such file or directory");
    unlink(in_base("f/train/b/2.png"));
    put_text("f/train/a/w.webp", "");
    assert_refused(in_base("f"), DS_TRAIN, 0, DS_DATA,
                   "w.webp: only PNG and JPEG pictures are read; convert");
    unlink(in_base("f/train/a/w.webp"));
    put_png("f/train/a/inner/x.png", 0, 3, 4, 5);
    assert_refused(in_base("f"), DS_TRAIN, 0, DS_DATA,
                   "train/a/inner: a folder inside a class; put the");
    remove_all(in_base("f/train/a/inner"));
    put_png("f/test/c/x.png", 0, 3, 4, 5);
    assert_refused(in_base("f"), DS_TEST, 0, DS_DATA,
                   "f/test: class 'c' is not among the 3 classes of ");
    remove_all(in_base("f/test"));
    assert_refused(in_base("f"), DS_TEST, 0, DS_NOINPUT,
                   "f: no folder test or val in it; an image folder");
    mkdir(in_base("f/val"), 0755);
    assert_refused(in_base("f"), DS_TEST, 0, DS_DATA,
                   "f/val: no pictures, expected CLASS/NAME.png");
    put_png("f/train/\x01/x.png", 0, 3, 4, 5);
    assert_refused(in_base("f"), DS_TRAIN, 0, DS_DATA,
                   "the name of class folder 1 is not printable UTF-8");
    remove_all(in_base("f/train"));
    mkdir(in_base("f/train"), 0755);
    assert_refused(in_base("f"), DS_TRAIN, 0, DS_DATA,
                   "f/train: no class folders, expected pictures as");
}

static void a_picture_that_spoils_later_is_named(void **state)
{
    uint8_t pixels[64 * 64 * 3];
    struct ds_source *s;
    struct ds_err err;

    (void)state;
    put_png("g/train/a/x.png", 0, 3, 4, 5);
    s = open_in_base("g", DS_TRAIN);
    put_png("g/train/a/x.png", 0, 3, 9, 9);
    assert_int_equal(ds_source_read(s, 0, pixels, &err), DS_DATA);
    assert_says(err, DS_DATA, "train/a/x.png: 9 x 9 pixels, expected 5 x 4");
    unlink(in_base("g/train/a/x.png"));
    assert_int_equal(ds_source_read(s, 0, pixels, &err), DS_NOINPUT);
    assert_says(err, DS_NOINPUT, "train/a/x.png: ");
    assert_int_equal(ds_source_read(s, 1, pixels, &err), DS_USAGE);
    assert_says(err, DS_USAGE, "g: there is no picture 1, expected 0 to 0");
    assert_int_equal(ds_source_read(s, -1, pixels, &err), DS_USAGE);
    ds_source_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_folder_is_read_in_byte_order),
        cmocka_unit_test(folder_refusals),
        cmocka_unit_test(a_picture_that_spoils_later_is_named),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
