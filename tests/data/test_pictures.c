/* tests/data/test_pictures.c -- image folders of any size, in domains, with broken files. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include "data/source/source.h"
#include "tests/data/jpeg_help.h"
#include "tests/data/source_open.h"

static void put_jpeg(const char *name, int width, int height)
{
    const struct jpeg_look look = {.width = width, .height = height, .components = 3};
    struct jpeg_file f = jpeg_encode(&look);

    put(name, f.bytes, f.n);
    free(f.bytes);
}

static struct ds_source *wanted(const struct ds_source_want *want)
{
    struct ds_source *s;
    struct ds_err err;

    if (ds_source_open_want(&s, want, &err))
        fail_msg("%s", err.text);
    return s;
}

static void refused_want(const struct ds_source_want *want, enum ds_code code,
                         const char *words)
{
    struct ds_source *s;
    struct ds_err err = {0};

    assert_int_equal(ds_source_open_want(&s, want, &err), code);
    assert_null(s);
    assert_says(err, code, words);
}

static void put_mixed(const char *dir)
{
    char name[128];

    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "%s/%s/%c/%d.jpeg", dir, i < 3 ? "train" : "test",
                 'a' + i % 3, i);
        put_jpeg(name, 30 + 10 * i, 50 - 5 * i);
        snprintf(name, sizeof name, "%s/%s/%c/g%d.png", dir, i < 3 ? "train" : "test",
                 'a' + i % 3, i);
        put_png(name, i, 1, 20, 30);
    }
}

/* Reading is decoding and the recipe, for every way to say it. */
static void pictures_of_any_size_are_made_alike(void **state)
{
    static const struct {
        int size, height, width;
        const char *transform, *recipe;
    } ways[] = {{16, 16, 16, "", "resize 16x16 bicubic"},
                {16, 16, 16, NULL, "resize 16x16 bicubic"},
                {16, 16, 16, "timm", "resize 17 bicubic, crop 16"},
                {0, 12, 20, "resize 20x12 bilinear", "resize 20x12 bilinear"},
                {0, 8, 8, "resize 9 bilinear, crop 8", "resize 9 bilinear, crop 8"}};
    struct ds_err err;

    (void)state;
    put_mixed("m");
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        struct ds_source *s = wanted(&(struct ds_source_want){
            .spec = in_base("m"), .size = ways[w].size, .transform = ways[w].transform});
        const struct ds_source_info *info = ds_source_info(s);
        uint8_t got[3 * 256], want[3 * 256];
        struct ds_recipe recipe;
        struct ds_room room = {0};

        assert_int_equal(info->height, ways[w].height);
        assert_int_equal(info->width, ways[w].width);
        assert_int_equal(info->low_height, 20);
        assert_int_equal(info->high_height, 50);
        assert_int_equal(info->low_width, 30);
        assert_int_equal(info->high_width, 50);
        assert_int_equal(info->domains, 0);
        assert_false(info->test_only);
        assert_int_equal(ds_recipe_parse(&recipe, ways[w].recipe, 0, &err), 0);
        for (int i = 0; i < info->count; i++) {
            const size_t n = (size_t)(3 * ways[w].height * ways[w].width);
            struct ds_picture p;

            assert_int_equal(ds_source_picture(s, i, &p, &err), 0);
            assert_int_equal(p.channels, i % 2 ? 1 : 3);
            assert_int_equal(ds_recipe_apply(want, &recipe, &p, 3, 0, 0, &room, &err), 0);
            ds_picture_clear(&p);
            assert_int_equal(ds_source_read(s, i, got, &err), 0);
            assert_memory_equal(got, want, n);
            assert_int_equal(ds_source_domain(s, i), 0);
        }
        ds_room_clear(&room);
        ds_source_close(s);
    }
}

static void sizes_that_do_not_fit_are_refused(void **state)
{
    char m[1024]; /* in_base lends its memory for a while only */
    uint8_t pixels[16];
    struct ds_source *s;
    struct ds_err err;

    (void)state;
    snprintf(m, sizeof m, "%s", in_base("m"));
    refused_want(
        &(struct ds_source_want){.spec = m, .size = 8, .transform = "resize 9x9 bicubic"},
        DS_USAGE, "m: recipe 'resize 9x9 bicubic' makes 9 x 9 pixels, the size asked");
    refused_want(
        &(struct ds_source_want){.spec = m, .transform = "resize 9 bicubic"}, DS_USAGE,
        "m: recipe 'resize 9 bicubic' leaves pictures of different sizes; end it with");
    refused_want(&(struct ds_source_want){.spec = m, .transform = "none"}, DS_USAGE,
                 "m: recipe 'none' leaves pictures of different sizes");
    refused_want(&(struct ds_source_want){.spec = m, .size = 8, .transform = "crop-flip"},
                 DS_USAGE, "recipe 'crop-flip' draws random numbers; evaluation must see");
    refused_want(&(struct ds_source_want){.spec = m, .transform = "timm"}, DS_USAGE,
                 "recipe 'timm': 'size/0.9' needs the size of the network's input");
    refused_want(&(struct ds_source_want){.spec = m, .transform = "tim", .size = 8}, DS_USAGE,
                 "recipe 'tim': there is no step 'tim'");
    refused_want(&(struct ds_source_want){.spec = m, .domain = "photo"}, DS_USAGE,
                 "m: has no domains, 'photo' cannot be chosen");
    s = wanted(&(struct ds_source_want){.spec = m});
    assert_int_equal(ds_source_info(s)->height, 0);
    assert_int_equal(ds_source_read(s, 0, pixels, &err), DS_USAGE);
    assert_says(err, DS_USAGE, "m/train/a/0.jpeg: 30 x 50 pixels in a set of different sizes");
    ds_source_close(s);
}

/* Sets in memory are resized, too; their pictures are lent. */
static void sets_in_memory_have_recipes(void **state)
{
    const int label[] = {0, 1, 2};
    struct ds_source *s;
    struct ds_err err;
    struct ds_picture p;
    struct ds_recipe recipe;
    struct ds_room room = {0};
    uint8_t got[81], want[81];

    (void)state;
    put_idx("memory", "train", label, 3, 5, 7);
    s = wanted(&(struct ds_source_want){.spec = in_base("memory"), .size = 9});
    assert_int_equal(ds_source_info(s)->height, 9);
    assert_int_equal(ds_source_info(s)->high_height, 5);
    assert_int_equal(ds_source_picture(s, 2, &p, &err), 0);
    assert_true(p.lent);
    assert_int_equal(p.width, 7);
    assert_int_equal(p.pixels[8], pixel(2, 0, 1, 1));
    assert_int_equal(ds_recipe_parse(&recipe, "resize 9x9 bicubic", 0, &err), 0);
    assert_int_equal(ds_recipe_apply(want, &recipe, &p, 1, 0, 0, &room, &err), 0);
    ds_picture_clear(&p); /* leaves the set's pixels */
    assert_int_equal(ds_source_read_in(s, 2, got, &room, &err), 0);
    assert_memory_equal(got, want, sizeof got);
    ds_room_clear(&room);
    ds_source_close(s);
}

/* Domains b and a; class y is in both, and x. */
static void put_domains(const char *dir)
{
    static const char *const where[] = {"b/x/1.png", "b/x/2.png", "b/y/1.png",
                                        "a/x/1.png", "a/y/1.png", "a/y/2.png"};
    char name[256];

    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "%s/%s", dir, where[i]);
        put_png(name, i, 3, 4, 5);
    }
}

static void check_domains(const struct ds_source_want *want, int n, const int *is,
                          const int *label, const int *domain)
{
    struct ds_source *s = wanted(want);
    const struct ds_source_info *info = ds_source_info(s);

    assert_int_equal(info->count, n);
    assert_int_equal(info->classes, 2);
    assert_string_equal(info->class_name[0], "x");
    for (int i = 0; i < n; i++) {
        assert_picture(s, i, is[i], 0);
        assert_int_equal(ds_source_label(s, i), label[i]);
        assert_int_equal(ds_source_domain(s, i), domain[i]);
    }
    ds_source_close(s);
}

static void domains_are_told_apart(void **state)
{
    static const int is[] = {3, 4, 5, 0, 1, 2}, label[] = {0, 1, 1, 0, 0, 1};
    static const int domain[] = {0, 0, 0, 1, 1, 1}, none[6] = {0};
    struct ds_source *s;

    (void)state;
    put_domains("d/train");
    put_domains("d/test");
    put_text("d/train/readme.txt", "");
    check_domains(&(struct ds_source_want){.spec = in_base("d")}, 6, is, label, domain);
    check_domains(&(struct ds_source_want){.spec = in_base("d"), .part = DS_TEST}, 6, is, label,
                  domain);
    check_domains(&(struct ds_source_want){.spec = in_base("d"), .domain = "b,a"}, 6, is, label,
                  domain);
    check_domains(&(struct ds_source_want){.spec = in_base("d"), .domain = "b"}, 3, is + 3,
                  label + 3, none);
    s = wanted(&(struct ds_source_want){.spec = in_base("d"), .domain = "b"});
    assert_int_equal(ds_source_info(s)->domains, 1);
    assert_string_equal(ds_source_info(s)->domain_name[0], "b");
    ds_source_close(s);
    /* The same folder without its part is to test with. */
    check_domains(&(struct ds_source_want){.spec = in_base("d/train"), .part = DS_TEST}, 6, is,
                  label, domain);
    s = wanted(&(struct ds_source_want){.spec = in_base("d/train/a"), .part = DS_TEST});
    assert_true(ds_source_info(s)->test_only);
    assert_int_equal(ds_source_info(s)->domains, 0);
    assert_int_equal(ds_source_info(s)->count, 3);
    ds_source_close(s);
    assert_refused(in_base("d/train"), DS_TRAIN, 0, DS_NOINPUT,
                   "d/train: no folder train in it: it can be tested with, not learned from");
    remove_all(in_base("d/train"));
    s = wanted(&(struct ds_source_want){.spec = in_base("d"), .part = DS_TEST});
    assert_true(ds_source_info(s)->test_only);
    assert_int_equal(ds_source_info(s)->domains, 2);
    ds_source_close(s);
}

static void domains_must_agree(void **state)
{
    char e[1024];

    (void)state;
    snprintf(e, sizeof e, "%s", in_base("e"));
    put_domains("e/train");
    put_domains("e/test");
    refused_want(&(struct ds_source_want){.spec = e, .domain = "photo"}, DS_USAGE,
                 "e/train: there is no domain 'photo' (a, b)");
    put_png("e/train/sketch/x/1.png", 0, 3, 4, 5);
    put_png("e/train/sketch/y/1.png", 0, 3, 4, 5);
    refused_want(&(struct ds_source_want){.spec = e, .domain = "a,scetch"}, DS_USAGE,
                 "e/train: there is no domain 'scetch', did you mean 'sketch'?");
    refused_want(&(struct ds_source_want){.spec = e, .part = DS_TEST}, DS_DATA,
                 "e/test: no folder of domain 'sketch', which ");
    remove_all(in_base("e/train/sketch/y"));
    refused_want(&(struct ds_source_want){.spec = e}, DS_DATA,
                 "e/train/sketch: no class 'y', which another domain has; every domain needs");
    put_png("e/train/sketch/z/1.png", 0, 3, 4, 5);
    refused_want(&(struct ds_source_want){.spec = e}, DS_DATA,
                 "e/train/a: no class 'z', which another domain has");
    ds_source_close(wanted(&(struct ds_source_want){.spec = e, .domain = "a,b"}));
    put_png("e/test/a/w/1.png", 0, 3, 4, 5);
    refused_want(&(struct ds_source_want){.spec = e, .part = DS_TEST, .domain = "a,b"}, DS_DATA,
                 "e/test/a: class 'w' is not among the 2 classes of ");
}

static void put_broken(int n)
{
    char name[64];

    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "k/train/a/%02d.jpg", i);
        put_text(name, "spoilt");
    }
}

/* A file whose header is sound, and whose pixels end early. */
static void put_cut(const char *name)
{
    const struct jpeg_look look = {.width = 40, .height = 40, .components = 3};
    struct jpeg_file f = jpeg_encode(&look);

    put(name, f.bytes, f.n - 30);
    free(f.bytes);
}

static void broken_pictures_are_left_out_on_request(void **state)
{
    char k[1024];
    struct ds_source_want want = {.spec = k, .skip_broken = true};
    uint8_t pixels[3 * 40 * 40];
    struct ds_source *s;
    struct ds_err err;

    (void)state;
    snprintf(k, sizeof k, "%s", in_base("k"));
    put_jpeg("k/train/a/zz.jpg", 40, 40);
    put_jpeg("k/train/b/1.jpg", 40, 40);
    put_cut("k/train/b/0.jpg");
    s = wanted(&(struct ds_source_want){.spec = k}); /* its header is sound */
    assert_int_equal(ds_source_read(s, 1, pixels, &err), DS_DATA);
    assert_says(err, DS_DATA, "k/train/b/0.jpg: damaged JPEG: ");
    ds_source_close(s);
    put_broken(3);
    refused_want(&(struct ds_source_want){.spec = k}, DS_DATA,
                 "k/train/a/00.jpg: not a PNG or JPEG picture");
    s = wanted(&want);
    assert_int_equal(ds_source_info(s)->count, 2);
    assert_int_equal(ds_source_label(s, 1), 1);
    assert_int_equal(ds_source_read(s, 1, pixels, &err), 0);
    assert_non_null(strstr(ds_source_note(s, 0), "left out: "));
    assert_non_null(strstr(ds_source_note(s, 2), "a/02.jpg: not a PNG or JPEG picture"));
    assert_non_null(strstr(ds_source_note(s, 3), "b/0.jpg: damaged JPEG: "));
    assert_null(ds_source_note(s, 4));
    ds_source_close(s);
    put_broken(12); /* 13 with the cut one */
    s = wanted(&want);
    assert_non_null(strstr(ds_source_note(s, 9), "a/09.jpg"));
    assert_string_equal(ds_source_note(s, 10), "left out: and 3 more");
    assert_null(ds_source_note(s, 11));
    ds_source_close(s);
    remove_all(in_base("k/train/b"));
    unlink(in_base("k/train/a/zz.jpg"));
    refused_want(&want, DS_DATA, "k/train: none of its 12 pictures can be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_of_any_size_are_made_alike),
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
        cmocka_unit_test(sets_in_memory_have_recipes),
        cmocka_unit_test(domains_are_told_apart),
        cmocka_unit_test(domains_must_agree),
        cmocka_unit_test(broken_pictures_are_left_out_on_request),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
