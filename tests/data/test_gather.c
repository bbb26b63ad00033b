/* tests/data/test_gather.c -- the pictures that a command line means. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include "data/image/gather.h"

static void gathered(struct ds_gathered *g, const char *const *name, int n)
{
    char path[8][1024], *operand[8];
    struct ds_err err = {0};

    for (int i = 0; i < n; i++) {
        snprintf(path[i], sizeof path[i], "%s", in_base(name[i]));
        operand[i] = path[i];
    }
    if (ds_gather(g, operand, n, &err))
        fail_msg("%s", err.text);
}

static void refused(const char *name, enum ds_code code, const char *words)
{
    char *operand = (char *)(uintptr_t)in_base(name);
    struct ds_gathered g;
    struct ds_err err = {0};

    assert_int_equal(ds_gather(&g, &operand, 1, &err), code);
    assert_says(err, code, words);
    ds_gather_clear(&g);
    assert_int_equal(g.count, 0);
}

/* path below base, class of every picture, in order */
static void assert_found(const struct ds_gathered *g, const char *const (*want)[2], int n)
{
    assert_int_equal(g->count, n);
    for (int i = 0; i < n; i++) {
        assert_string_equal(g->path[i] + strlen(base) + 1, want[i][0]);
        assert_string_equal(g->class_name[g->class_of[i]], want[i][1]);
    }
}

static void folders_are_walked_in_the_order_of_bytes(void **state)
{
    static const char *const files[] = {
        "w/b/2.png",    "w/b/10.JPG", "w/b/1.jpeg",    "w/B/x.Png", "w/a/deep/er/z.png",
        "w/a/a.png",    "w/top.jpg",  "w/a/notes.txt", "w/a/png",   "w/.hidden.png",
        "w/.git/x.png", "w/a/.x.jpg", "w/é/o.png"};
    static const char *const want[][2] = {{"w/B/x.Png", "B"},         {"w/a/a.png", "a"},
                                          {"w/a/deep/er/z.png", "a"}, {"w/b/1.jpeg", "b"},
                                          {"w/b/10.JPG", "b"},        {"w/b/2.png", "b"},
                                          {"w/top.jpg", "pictures"},  {"w/é/o.png", "é"}};
    struct ds_gathered g;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        put_text(files[i], "x");
    gathered(&g, (const char *const[]){"w"}, 1);
    assert_found(&g, want, 8);
    assert_int_equal(g.classes, 5);
    ds_gather_clear(&g);
    gathered(&g, (const char *const[]){"w///"}, 1);
    assert_found(&g, want, 8);
    ds_gather_clear(&g);
}

/* Files come as they are named, whatever they end like; classes are shared by all operands. */
static void operands_keep_their_order(void **state)
{
    static const char *const want[][2] = {{"o/photo", "pictures"},
                                          {"o/two/cat/1.png", "cat"},
                                          {"o/two/dog/1.png", "dog"},
                                          {"o/one/dog/2.png", "dog"},
                                          {"o/two/cat/1.png", "pictures"}};
    struct ds_gathered g;

    (void)state;
    put_text("o/photo", "x");
    put_text("o/one/dog/2.png", "x");
    put_text("o/two/dog/1.png", "x");
    put_text("o/two/cat/1.png", "x");
    gathered(&g, (const char *const[]){"o/photo", "o/two", "o/one", "o/two/cat/1.png"}, 4);
    assert_found(&g, want, 5);
    assert_int_equal(g.classes, 3);
    ds_gather_clear(&g);
}

static void many_pictures_have_room(void **state)
{
    char name[64];
    struct ds_gathered g;

    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "many/%03d/x.png", i);
        put_text(name, "x");
    }
    gathered(&g, (const char *const[]){"many"}, 1);
    assert_int_equal(g.count, 300);
    assert_int_equal(g.classes, 300);
    for (int i = 0; i < 300; i++)
        assert_int_equal(g.class_of[i], i);
    ds_gather_clear(&g);
}

static void what_cannot_be_gathered(void **state)
{
    char name[400] = "deep";

    (void)state;
    refused("nothing", DS_NOINPUT, "nothing: No such file");
    put_text("plain/readme.txt", "x");
    refused("plain", DS_DATA, "plain: no pictures in it, expected .png, .jpg or .jpeg");
    put_text("plain/sub/.keep", "");
    refused("plain/sub", DS_DATA, "no pictures in it");
    for (int i = 0; i < DS_GATHER_DEPTH - 1; i++)
        strcat(name, "/d");
    strcat(name, "/x.png");
    put_text(name, "x");
    {
        struct ds_gathered g;

        gathered(&g, (const char *const[]){"deep"}, 1);
        assert_int_equal(g.count, 1);
        ds_gather_clear(&g);
    }
    strcpy(strrchr(name, '/'), "/d/x.png");
    put_text(name, "x");
    refused("deep", DS_DATA, "folders deeper than 32");
    assert_int_equal(symlink("..", in_base("plain/sub/loop")), 0);
    refused("plain", DS_DATA, "folders deeper than 32");
}

/* A link that leads nowhere is kept, so that reading it says so. */
static void a_dangling_link_is_no_secret(void **state)
{
    struct ds_gathered g;

    (void)state;
    put_text("link/a.png", "x");
    assert_int_equal(symlink("gone.png", in_base("link/b.png")), 0);
    gathered(&g, (const char *const[]){"link"}, 1);
    assert_int_equal(g.count, 2);
    ds_gather_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_are_walked_in_the_order_of_bytes),
        cmocka_unit_test(operands_keep_their_order),
        cmocka_unit_test(many_pictures_have_room),
        cmocka_unit_test(what_cannot_be_gathered),
        cmocka_unit_test(a_dangling_link_is_no_secret),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
