/* tests/data/test_safetensors.c -- safetensors: what is read, written and refused. */
#define _GNU_SOURCE
#include "store_help.h"

#include <math.h>

#include "data/store/half.h"
#include "data/store/safetensors.h"

/* A file of that header and n zero bytes. */
static const char *write_header(const char *json, size_t n)
{
    const char *path = in_folder("made.safetensors");
    const uint64_t length = strlen(json);
    static unsigned char bytes[1 << 16];

    assert_true(8 + length + n <= sizeof bytes);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, json, length);
    write_file(path, bytes, 8 + length + n);
    return path;
}

static void what_goes_in_comes_out(void **state)
{
    static const float f[6] = {1.5f, -2, 3e-40f, INFINITY, 5, -0.0f};
    static const uint16_t h[3] = {0x3c00, 0xc000, 1};
    static const int64_t six[] = {2, 3}, three[] = {3}, none[] = {0, 4};
    const char *path = in_folder("x.safetensors"), *again = in_folder("y.safetensors");
    struct ds_bundle b = {0}, c = {0};
    unsigned char x[4096], y[4096];
    struct ds_array *a;
    struct ds_err err;
    size_t n;

    (void)state;
    assert_non_null(ds_bundle_floats(&b, "blocks.0/w", f, 2, six, NULL, &err));
    assert_non_null(ds_bundle_add(&b, "d", DS_F64, 0, NULL, NULL, &err));
    assert_non_null(ds_bundle_add(&b, "half", DS_F16, 1, three, h, &err));
    assert_non_null(ds_bundle_add(&b, "brain", DS_BF16, 1, three, h, &err));
    assert_non_null(ds_bundle_add(&b, "i", DS_I32, 1, three, f, &err));
    assert_non_null(ds_bundle_add(&b, "l", DS_I64, 0, NULL, f, &err));
    assert_non_null(ds_bundle_add(&b, "na\xc3\xafve \"quoted\"", DS_U8, 1, three, f, &err));
    assert_non_null(ds_bundle_add(&b, "empty", DS_F32, 2, none, NULL, &err));
    assert_non_null(a = ds_bundle_add(&b, "truth", DS_U8, 1, three, h, &err));
    assert_good(ds_note_text(&a->notes, "dtype", "BOOL", &err), &err);
    assert_non_null(a = ds_bundle_add(&b, "untruth", DS_U8, 1, three, h, &err));
    assert_good(ds_note_text(&a->notes, "dtype", "U8", &err), &err);
    assert_non_null(a = ds_bundle_add(&b, "unsaid", DS_U8, 1, three, h, &err));
    assert_good(ds_note_int(&a->notes, "dtype", 8, &err), &err);
    assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), "format", "pt \"\\\n", &err), &err);
    assert_good(ds_note_int(ds_bundle_notes(&b, "", &err), "step", 42, &err), &err);
    assert_good(ds_note_real(ds_bundle_notes(&b, "", &err), "eps", 0.1, &err), &err);

    assert_good(ds_safetensors_save(&b, path, &err), &err);
    assert_good(ds_safetensors_load(&c, path, &err), &err);
    assert_int_equal(c.count, b.count);
    for (int i = 0; i < b.count; i++) {
        const struct ds_array *p = &b.array[i], *q = ds_bundle_lookup(&c, p->name);

        assert_non_null(q);
        assert_int_equal(q->type, p->type);
        assert_int_equal(q->rank, p->rank);
        assert_memory_equal(q->dims, p->dims, sizeof p->dims);
        if (ds_array_count(p))
            assert_memory_equal(q->data, p->data,
                                (size_t)ds_array_count(p) * ds_type_size(p->type));
    }
    assert_string_equal(ds_note_lookup(&ds_bundle_lookup(&c, "truth")->notes, "dtype")->text,
                        "BOOL");
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&c, ""), "format")->text,
                        "pt \"\\\n");
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&c, ""), "step")->text, "42");
    assert_true(strtod(ds_note_lookup(ds_bundle_notes_lookup(&c, ""), "eps")->text, NULL) ==
                0.1);
    assert_good(ds_safetensors_save(&c, again, &err), &err);
    n = read_file(path, x, sizeof x);
    assert_int_equal(read_file(again, y, sizeof y), n);
    assert_memory_equal(x, y, n);
    ds_bundle_clear(&b);
    ds_bundle_clear(&c);
    unlink(path);
    unlink(again);
}

static void wrong_files_are_refused(void **state)
{
    static const struct {
        const char *json;
        size_t data;
        const char *says;
    } wrong[] = {
        {"", 0, "its JSON is not an object"},
        {"[]", 0, "its JSON is not an object"},
        {"{", 0, "its JSON has a mistake at byte 1"},
        {"{} x", 0, "its JSON has a mistake at byte 3"},
        {"{\"a", 0, "its JSON has a mistake at byte 3"},
        {"{\"a\" 1}", 0, "its JSON has a mistake at byte 5"},
        {"{\"a\":,}", 0, "its JSON has a mistake at byte 6"},
        {"{7:{}}", 0, "its JSON has a mistake at byte 2"},
        {"{,}", 0, "its JSON has a mistake at byte 2"},
        {"{\"__metadata__\":{}", 0, "its JSON has a mistake at byte 18"},
        {"{\"__metadata__\":{},}", 0, "its JSON has a mistake at byte 20"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "'__metadata__' comes twice"},
        {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", 0,
         "its JSON has a key twice at byte 26"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
         2, "'a' comes twice"},
        {"{\"a\":1}", 0, "'a' is not described by an object"},
        {"{\"a\":{}}", 0, "'a' has no dtype"},
        {"{\"a\":{\"dtype\":7}}", 0, "'a' has no dtype"},
        {"{\"a\":{\"dtype\":\"U16\"}}", 0, "'a' has dtype U16, expected F64"},
        {"{\"a\":{\"dtype\":\"F8_E4M3\"}}", 0, "'a' has dtype F8_E4M3, expected F64"},
        {"{\"a\":{\"dtype\":\"\\u001b[2J\"}}", 0, "'a' has a dtype that is no word"},
        {"{\"a\":{\"dtype\":\"a word that is long\"}}", 0, "'a' has a dtype that is no word"},
        {"{\"a\":{\"dtype\":\"F32\"}}", 0, "'a' has no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":{}}}", 0, "'a' has no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1]}}", 4,
         "more than 8 dimensions"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1]}}", 0, "not a whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5]}}", 0, "not a whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807,4]}}", 0,
         "'a' is larger than can be addressed"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999]}}", 0,
         "its JSON has a mistake"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "'a' has no pair of data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "no pair"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[\"0\",4]}}", 4, "no pair"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4.0]}}", 4, "no pair"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4,
         "run backwards"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4,
         "run backwards"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3,
         "'a' ends at byte 4 of the data, which have 3"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5,
         "has 5 bytes of data, its arrays take 4"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
         "'a' takes 4 bytes, its shape needs 8"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8,
         "there is a hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
         12, "arrays overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":0}}", 4,
         "other fields than"},
        {"{\"a/../b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4,
         "has a part '..'"},
        {"{\"a\\u0007\":{}}", 4, "byte 1 of a name is 0x07"},
        {"{\"\":{}}", 4, "a name is empty"},
        {"{\"__metadata__\":\"pt\"}", 0, "'__metadata__' is not an object"},
        {"{\"__metadata__\":{\"k\":[]}}", 0, "'__metadata__' has a value that is not text"},
        {"7", 0, "its JSON is not an object"},
        {"{1:2}", 0, "its JSON has a mistake at byte"},
        {"{\"a\"\t\r\n}", 0, "its JSON has a mistake at byte"},
        {"{\"a\":[]}", 0, "'a' is not described by an object"},
        {"{\"a\":[[[[[[[[]]]]]]]]}", 0, "its JSON is nested 9 deep, at most 8 are read"},
        {"{\"__metadata__\":[]}", 0, "'__metadata__' is not an object"},
        {"{\"__metadata__\":{\"k\":1}}", 0, "'__metadata__' has a value that is not text"},
        {"{\"__metadata__\":{\"\\n\":\"v\"}}", 0, "__metadata__: byte 0 of a name is 0x0a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *path = write_header(wrong[i].json, wrong[i].data);
        struct ds_bundle b = {0};
        struct ds_err err;

        assert_says(ds_safetensors_load(&b, path, &err), DS_DATA, &err, wrong[i].says);
        assert_non_null(strstr(err.text, "made.safetensors: "));
        assert_int_equal(b.count + b.groups, 0);
        unlink(path);
    }
}

/* Arrays without numbers stand where others begin, whatever their order in the file. */
static void empty_arrays_take_no_place(void **state)
{
#define ROW(name, shape, begin, end)                                                           \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end   \
    "]}"
    const char *path =
        write_header("{" ROW("a", "1", "0", "4") "," ROW("b", "0", "0", "0") "," ROW(
                         "c", "0", "0", "0") "," ROW("d", "0", "4", "4") "}",
                     4);
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    assert_good(ds_safetensors_load(&b, path, &err), &err);
    assert_int_equal(b.count, 4);
    ds_bundle_clear(&b);
    path = write_header("{" ROW("b", "0", "0", "0") "," ROW("a", "1", "0", "4") "}", 4);
    assert_good(ds_safetensors_load(&b, path, &err), &err);
    assert_int_equal(b.count, 2);
    ds_bundle_clear(&b);
    unlink(path);
#undef ROW
}

static void headers_have_a_limit(void **state)
{
    const char *path = in_folder("long.safetensors");
    const uint64_t length = (16 << 20) + 1;
    unsigned char *bytes = calloc(1, 8 + length);
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    memcpy(bytes, &length, 8);
    memset(bytes + 8, ' ', length);
    memcpy(bytes + 8, "{}", 2);
    write_file(path, bytes, 8 + length);
    assert_says(ds_safetensors_load(&b, path, &err), DS_DATA, &err,
                "its header has 16777217 bytes, at most 16777216 are read");
    bytes[0] = 0;
    write_file(path, bytes, 8 + length - 1);
    assert_good(ds_safetensors_load(&b, path, &err), &err);
    free(bytes);
    ds_bundle_clear(&b);
    unlink(path);
}

static void what_it_cannot_hold_is_not_written(void **state)
{
    const char *path = in_folder("no.safetensors");
    struct ds_bundle b = {0};
    struct ds_err err;
    char *text;

    (void)state;
    ds_bundle_strings(&b, "s", NULL, 2, NULL, &err);
    assert_says(ds_safetensors_save(&b, path, &err), DS_DATA, &err,
                "no.safetensors: 's' holds strings, safetensors holds numbers");
    ds_bundle_clear(&b);
    ds_bundle_add(&b, "__metadata__", DS_U8, 0, NULL, NULL, &err);
    assert_says(ds_safetensors_save(&b, path, &err), DS_DATA, &err, "cannot be the name");
    ds_bundle_clear(&b);
    ds_note_texts(ds_bundle_notes(&b, "", &err), "list", (const char *const[]){"a", NULL},
                  &err);
    ds_note_int(ds_bundle_notes(&b, "", &err), "more", 1, &err);
    assert_says(ds_safetensors_save(&b, path, &err), DS_DATA, &err,
                "the note 'list' is a list");
    ds_bundle_clear(&b);
    assert_non_null(text = malloc((16 << 20) + 1));
    memset(text, 'x', 16 << 20);
    text[16 << 20] = '\0';
    assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), "long", text, &err), &err);
    free(text);
    assert_says(ds_safetensors_save(&b, path, &err), DS_DATA, &err,
                "its safetensors header would have 16777");
    ds_bundle_clear(&b);
    ds_bundle_notes(&b, "", &err); /* notes, but none */
    assert_good(ds_safetensors_save(&b, path, &err), &err);
    ds_bundle_clear(&b);
    unlink(path);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* Every prefix of a good file, and every flip: refused or read, nothing else. */
static void damage_never_crashes(void **state)
{
    const char *path = in_folder("flip.safetensors");
    struct ds_bundle b = {0};
    unsigned char bytes[1024];
    struct ds_err err;
    size_t n;

    (void)state;
    ds_bundle_add(&b, "weight", DS_F32, 2, (const int64_t[]){2, 3}, NULL, &err);
    ds_bundle_add(&b, "bias", DS_F16, 1, (const int64_t[]){5}, NULL, &err);
    ds_note_text(ds_bundle_notes(&b, "", &err), "format", "pt", &err);
    assert_good(ds_safetensors_save(&b, path, &err), &err);
    ds_bundle_clear(&b);
    n = read_file(path, bytes, sizeof bytes);
    for (size_t i = 0; i < n; i++) {
        write_file(path, bytes, i);
        assert_int_equal(ds_safetensors_load(&b, path, &err), DS_DATA);
    }
    for (size_t i = 0; i < 8 * n; i++) {
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        write_file(path, bytes, n);
        if (ds_safetensors_load(&b, path, &err))
            assert_int_equal(err.code, DS_DATA);
        ds_bundle_clear(&b);
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    unlink(path);
}

/* The shared reader cases, or NULL. */
static const char *golden(const char *name)
{
    static char path[1200];
    const char *base = getenv("DRIFTSCOPE_SHARED");

    if (base)
        snprintf(path, sizeof path, "%s/golden/safetensors/%s", base, name);
    else
        snprintf(path, sizeof path, "%s/../shared/golden/safetensors/%s", DS_SOURCE_DIR, name);
    if (access(path, R_OK) == 0)
        return path;
    print_message("skipped: not found: %s\n", path);
    return NULL;
}

static void others_files_are_read(void **state)
{
    static const struct {
        const char *name;
        enum ds_type type;
        int64_t count;
    } row[] = {
        {"f64", DS_F64, 6},
        {"f32", DS_F32, 6},
        {"f16", DS_F16, 6},
        {"i64", DS_I64, 5},
        {"i32", DS_I32, 4},
        {"u8", DS_U8, 5},
        {"bool", DS_U8, 3},
        {"empty", DS_F32, 0},
        {"scalar", DS_F32, 1},
        {"m23", DS_F32, 6},
        {"na\xc3\xafve/\xe5\x90\x8d", DS_F32, 1},
    };
    static const uint16_t brain[] = {0x0000, 0x3f80, 0xc020, 0x477f, 0x387f, 0x4049};
    const char *path = golden("dtypes.safetensors");
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    if (!path)
        skip();
    assert_good(ds_safetensors_load(&b, path, &err), &err);
    assert_int_equal(b.count, sizeof row / sizeof *row);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct ds_array *a = ds_bundle_lookup(&b, row[i].name);

        assert_non_null(a);
        assert_int_equal(a->type, row[i].type);
        assert_int_equal(ds_array_count(a), row[i].count);
    }
    assert_string_equal(ds_note_lookup(ds_bundle_notes_lookup(&b, ""), "note")->text,
                        "a \"quoted\" \\ value\n");
    ds_bundle_clear(&b);
    assert_good(ds_safetensors_load(&b, golden("bf16.safetensors"), &err), &err);
    assert_memory_equal(ds_bundle_lookup(&b, "bf")->data, brain, sizeof brain);
    ds_bundle_clear(&b);
}

static void others_broken_files_are_refused(void **state)
{
    static const struct {
        const char *name, *says;
    } row[] = {
        {"bad_header_len.safetensors", "its header would have 1099511627776 bytes"},
        {"bad_json.safetensors", "is not described by an object"},
        {"bad_overlap.safetensors", "arrays overlap"},
        {"bad_short.safetensors", "has 2 bytes, even an empty safetensors file has 10"},
        {"bad_size.safetensors", "'a' takes 8 bytes, its shape needs 12"},
        {"bad_truncated.safetensors", "ends at byte"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *path = golden(row[i].name);
        struct ds_bundle b = {0};
        struct ds_err err;

        if (!path)
            skip();
        assert_says(ds_safetensors_load(&b, path, &err), DS_DATA, &err, row[i].says);
        assert_int_equal(b.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(wrong_files_are_refused),
        cmocka_unit_test(empty_arrays_take_no_place),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(what_it_cannot_hold_is_not_written),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(others_files_are_read),
        cmocka_unit_test(others_broken_files_are_refused),
    };

    return cmocka_run_group_tests_name("safetensors", tests, make_folder, remove_folder);
}
