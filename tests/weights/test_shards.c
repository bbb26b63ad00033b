/* tests/weights/test_shards.c -- models in several files, and in folders. */
#define _GNU_SOURCE
#include "tests/weights/help.h"

#include <fcntl.h>

#include "data/store/h5.h"

/* Files of an index, in a folder of their own. */
static void put_model(const char *name, const void *bytes, size_t n)
{
    char path[1300];

    snprintf(path, sizeof path, "%s/model", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/model/%s", folder, name);
    write_file(path, bytes, n);
}

static void put_part(const char *name, const char *tensor)
{
    struct made m = fresh();
    char header[128];

    snprintf(header, sizeof header,
             "{\"%s\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24]}}", tensor);
    put_number(&m, strlen(header), 8);
    put_text(&m, header);
    put(&m, made_floats, sizeof made_floats);
    put_model(name, m.out, m.n);
}

static void put_checkpoint(const char *name)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    char path[1300];

    snprintf(path, sizeof path, "%s/model/%s", folder, name);
    ds_bundle_floats(&b, "w", made_floats, 1, (const int64_t[]){6}, NULL, &err);
    assert_good(ds_bundle_save(&b, path, &err), &err);
    ds_bundle_clear(&b);
}

static void indexes_gather_their_files(void **state)
{
    static const struct {
        const char *json;
        enum ds_code code;
        const char *says;
    } wrong[] = {
        {"{}", DS_DATA, "is JSON without a weight_map"},
        {"{\"weight_map\":{}}", DS_DATA, "is JSON without a weight_map"},
        {"{\"weight_map\":{\"a\":1}}", DS_DATA, "has a value that is no text"},
        {"{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}", DS_DATA, "is not JSON with unique keys"},
        {"{\"weight_map\":{\"a\":\"../a.safetensors\"}}", DS_DATA,
         "leads to '../a.safetensors', expected a file beside it"},
        {"{\"weight_map\":{\"a\":\"..\"}}", DS_DATA, "leads to '..'"},
        {"{\"weight_map\":{\"a\":\".\"}}", DS_DATA, "leads to '.'"},
        {"{\"weight_map\":[]}", DS_DATA, "is JSON without a weight_map"},
        {"{\"weight_map\":[[[[[[[[[]]]]]]]]]}", DS_DATA, "its JSON is nested 10 deep"},
        {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", DS_DATA, "leads to '/etc/passwd'"},
        {"{\"weight_map\":{\"a\":\"\"}}", DS_DATA, "names a file by no printable text"},
        {"{\"weight_map\":{\"a\":\"\\u0007\"}}", DS_DATA, "names a file by no printable text"},
        {"{\"weight_map\":{\"a\\n\":\"x\"}}", DS_DATA, "byte 1 of a name is 0x0a"},
        {"{\"weight_map\":{\"a\":\"none.bin\"}}", DS_NOINPUT,
         "needs 'none.bin' beside it, which is missing"},
        {"{\"weight_map\":{\"a\":\"2.safetensors\"}}", DS_DATA,
         "'a' should be in '2.safetensors' and is not"},
        {"{\"weight_map\":{\"a\":\"model.safetensors.index.json\"}}", DS_DATA,
         "is an index of files, expected a file of tensors"},
        {"{\"weight_map\":{\"a\":\"1.safetensors\",\"model.w\":\"net.bin\"}}", DS_DATA,
         "its files are safetensors and PyTorch zip, expected one kind"},
        {"{\"weight_map\":{\"order\":\"x.npz\"}}", DS_DATA, "its files are npz, expected"},
        {"{\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"twice.safetensors\"}}", DS_DATA,
         "'b' should be in 'twice.safetensors' and is not"},
        {"{\"weight_map\":{\"a\":\"1.safetensors\",\"c\":\"c.safetensors\"}}", DS_DATA,
         "there are two tensors 'a'"},
        {"{\"weight_map\":{\"w\":\"1.h5\"}}", DS_DATA,
         "its files are driftscope hdf5, expected"},
        {"{\"weight_map\":{\"w\":\"1.h5\",\"v\":\"2.h5\"}}", DS_DATA,
         "2.h5: is a file of driftscope, expected a part of a model"},
    };
    static const char good[] =
        "{\"metadata\":{},\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"}}";
    static const char zips[] = "{\"weight_map\":{\"model.w\":\"net.bin\"}}";
    static const char both[] = "{\"c\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                               "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}";
    struct made m = fresh();
    struct ds_archive a;
    struct ds_err err;
    char path[1300];

    (void)state;
    put_part("1.safetensors", "a");
    put_part("2.safetensors", "b");
    put_part("twice.safetensors", "a");
    make_torch_zip(&m, 0);
    put_model("net.bin", m.out, m.n);
    m = fresh();
    make_npz(&m, 0, 0);
    put_model("x.npz", m.out, m.n);
    m = fresh();
    put_number(&m, strlen(both), 8);
    put_text(&m, both);
    put(&m, "xy", 2);
    put_model("c.safetensors", m.out, m.n);
    put_checkpoint("1.h5");
    put_checkpoint("2.h5");
    snprintf(path, sizeof path, "%s/model", folder);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put_model("model.safetensors.index.json", wrong[i].json, strlen(wrong[i].json));
        assert_says(ds_archive_open(&a, path, &err), wrong[i].code, &err, wrong[i].says);
    }
    put_model("model.safetensors.index.json", good, strlen(good));
    assert_good(ds_archive_open(&a, path, &err), &err);
    assert_string_equal(a.container, "sharded safetensors");
    assert_floats(&a, "a", made_floats, 6);
    assert_floats(&a, "b", made_floats, 6);
    ds_archive_close(&a);
    put_model("model.safetensors.index.json", zips, strlen(zips));
    assert_good(ds_archive_open(&a, path, &err), &err);
    assert_string_equal(a.container, "sharded PyTorch zip");
    assert_floats(&a, "model.w", made_floats, 6);
    ds_archive_close(&a);
}

/* A name is a link: within the folder it may be, and where all of a model is links into one
 * folder, as in a cache; out of both it may not. */
static void links_do_not_lead_elsewhere(void **state)
{
    static const char json[] = "{\"weight_map\":{\"a\":\"link.safetensors\"}}";
    char path[1300], link[1400], index[1400], cached[1400], blob[1400];
    struct ds_archive a;
    struct ds_err err;

    (void)state;
    put_part("1.safetensors", "a");
    put_model("model.safetensors.index.json", json, strlen(json));
    snprintf(path, sizeof path, "%s/model", folder);
    snprintf(link, sizeof link, "%s/link.safetensors", path);
    snprintf(index, sizeof index, "%s/model.safetensors.index.json", path);
    assert_int_equal(symlink("1.safetensors", link), 0);
    assert_good(ds_archive_open(&a, path, &err), &err);
    ds_archive_close(&a);

    snprintf(blob, sizeof blob, "%s/blobs", folder);
    mkdir(blob, 0700);
    snprintf(blob, sizeof blob, "%s/blobs/part", folder);
    snprintf(cached, sizeof cached, "%s/1.safetensors", path);
    assert_int_equal(rename(cached, blob), 0);
    unlink(link);
    assert_int_equal(symlink("../blobs/part", link), 0);
    assert_says(ds_archive_open(&a, path, &err), DS_DATA, &err,
                "'link.safetensors' is a link out of its folder");
    unlink(link);
    assert_int_equal(symlink(blob, link), 0); /* absolute */
    assert_says(ds_archive_open(&a, path, &err), DS_DATA, &err, "is a link out of its folder");

    snprintf(cached, sizeof cached, "%s/blobs/index", folder);
    assert_int_equal(rename(index, cached), 0);
    assert_int_equal(symlink("../blobs/index", index), 0);
    assert_good(ds_archive_open(&a, path, &err), &err);
    assert_floats(&a, "a", made_floats, 6);
    ds_archive_close(&a);
    unlink(link);
    put_part("link.safetensors", "a"); /* the index is a link, its part is beside that */
    assert_good(ds_archive_open(&a, path, &err), &err);
    ds_archive_close(&a);
    snprintf(cached, sizeof cached, "%s/part", folder);
    assert_int_equal(rename(link, cached), 0);
    assert_int_equal(symlink("../part", link), 0); /* the folder that ours is in */
    assert_says(ds_archive_open(&a, path, &err), DS_DATA, &err, "is a link out of its folder");
    unlink(index);
    unlink(link);
}

static void folders_are_looked_through_in_order(void **state)
{
    struct ds_archive a;
    struct ds_err err;
    char path[1300], index[1400], far[4200];

    (void)state;
    put_part("model.safetensors", "single");
    snprintf(path, sizeof path, "%s/model", folder);
    snprintf(index, sizeof index, "%s/model.safetensors.index.json", path);
    unlink(index);
    assert_good(ds_archive_open(&a, path, &err), &err);
    assert_floats(&a, "single", made_floats, 6);
    ds_archive_close(&a);
    snprintf(far, sizeof far, "%s/%0*d", path, 4090 - (int)strlen(path), 0);
    for (size_t i = strlen(path) + 1; far[i]; i++)
        far[i] = "./"[i % 2]; /* the folder itself, whose files have no path */
    assert_int_equal(ds_archive_open(&a, far, &err), DS_NOINPUT);
}

/* From within the folder, by its bare name. */
static void an_index_needs_no_folder(void **state)
{
    static const char json[] = "{\"weight_map\":{\"a\":\"bare.safetensors\"}}";
    const int here = open(".", O_RDONLY | O_DIRECTORY);
    char path[1300];
    struct ds_archive a;
    struct ds_err err;

    (void)state;
    put_part("bare.safetensors", "a");
    put_model("bare.json", json, strlen(json));
    snprintf(path, sizeof path, "%s/model", folder);
    assert_true(here >= 0);
    assert_int_equal(chdir(path), 0);
    assert_good(ds_archive_open(&a, "bare.json", &err), &err);
    assert_floats(&a, "a", made_floats, 6);
    ds_archive_close(&a);
    unlink("bare.safetensors");
    assert_says(ds_archive_open(&a, "bare.json", &err), DS_NOINPUT, &err,
                "bare.json: needs 'bare.safetensors' beside it");
    assert_int_equal(fchdir(here), 0);
    close(here);
}

/* Tensors of many pages, beside empty ones. */
enum { MANY = 1 << 16 };

static void put_large(const char *name, char tensor)
{
    struct made m = {.room = 4 * MANY + 1024};
    char header[256];

    m.out = malloc(m.room);
    assert_non_null(m.out);
    snprintf(header, sizeof header,
             "{\"%c\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
             "\"none %c\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[%d,%d]}}",
             tensor, 4 * MANY, 4 * MANY, tensor, 4 * MANY, 4 * MANY);
    put_number(&m, strlen(header), 8);
    put_text(&m, header);
    memset(m.out + m.n, tensor, 4 * MANY);
    put_model(name, m.out, m.n + 4 * MANY);
    free(m.out);
}

/* The memory of what was read may go: that of no other tensor. */
static void what_was_read_may_go(void **state)
{
    static const char json[] =
        "{\"weight_map\":{\"a\":\"a.safetensors\",\"b\":\"b.safetensors\"}}";
    const struct ds_stored *t[2];
    struct ds_archive a;
    struct ds_err err;
    char path[1300];

    (void)state;
    put_large("a.safetensors", 'a');
    put_large("b.safetensors", 'b');
    put_model("large.json", json, strlen(json));
    snprintf(path, sizeof path, "%s/model/large.json", folder);
    assert_good(ds_archive_open(&a, path, &err), &err);
    ds_archive_rest(&a, ds_archive_lookup(&a, "none a"));
    for (int i = 0; i < 2; i++) {
        t[i] = ds_archive_lookup(&a, i ? "b" : "a");
        assert_int_equal(t[i]->data[2 * MANY], i ? 'b' : 'a');
        ds_archive_rest(&a, t[i]);
        assert_int_equal(t[i]->data[2 * MANY], 0);
    }
    ds_archive_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexes_gather_their_files),
        cmocka_unit_test(links_do_not_lead_elsewhere),
        cmocka_unit_test(folders_are_looked_through_in_order),
        cmocka_unit_test(an_index_needs_no_folder),
        cmocka_unit_test(what_was_read_may_go),
    };

    return cmocka_run_group_tests_name("shards", tests, make_folder, remove_folder);
}
