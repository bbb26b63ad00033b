/* tests/data/test_bundle.c -- bundles, their names and notes, and 16-bit floats. */
#define _GNU_SOURCE
#include "store_help.h"

#include <math.h>

#include "data/store/bundle_int.h"
#include "data/store/half.h"

static const int64_t two_three[] = {2, 3};
static const float six[] = {1.5f, -2, 3, 4, 5, 6.25f};

static void arrays_are_copied_and_found(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    char name[32];

    (void)state;
    assert_null(ds_bundle_lookup(&b, "nothing"));
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "group/array.%d", i);
        assert_non_null(ds_bundle_ints(&b, name, &i, 1, (const int64_t[]){1}, "one", &err));
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "group/array.%d", i);
        assert_int_equal(*(int32_t *)ds_bundle_lookup(&b, name)->data, i);
    }
    assert_null(ds_bundle_lookup(&b, "group/array.1000"));
    assert_null(ds_bundle_ints(&b, "group/array.7", (int[]){1}, 0, NULL, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "there are two arrays 'group/array.7'");
    assert_int_equal(b.count, 1000);
    ds_bundle_clear(&b);
    assert_int_equal(b.count, 0);
}

static void arrays_have_a_limit(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    char name[32];

    (void)state;
    for (int i = 0; i < DS_ARRAYS_MAX; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_non_null(ds_bundle_add(&b, name, DS_U8, 0, NULL, NULL, &err));
    }
    assert_null(ds_bundle_add(&b, "one more", DS_U8, 0, NULL, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "more than 65536 arrays");
    ds_bundle_clear(&b);
}

static void no_data_is_zeros(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    struct ds_array *a = ds_bundle_add(&b, "z", DS_F64, 2, two_three, NULL, &err);

    (void)state;
    assert_int_equal(ds_array_count(a), 6);
    for (int i = 0; i < 6; i++)
        assert_true(((double *)a->data)[i] == 0);
    a = ds_bundle_add(&b, "s", DS_STRING, 2, two_three, NULL, &err);
    for (int i = 0; i < 6; i++)
        assert_string_equal(((char **)a->data)[i], "");
    a = ds_bundle_add(&b, "empty", DS_F32, 3, (const int64_t[]){3, 0, 5}, NULL, &err);
    assert_int_equal(ds_array_count(a), 0);
    a = ds_bundle_add(&b, "scalar", DS_F32, 0, NULL, six, &err);
    assert_int_equal(ds_array_count(a), 1);
    ds_bundle_clear(&b);
}

static void wrong_names_and_sizes_are_refused(void **state)
{
    static const struct {
        const char *name, *says;
    } wrong[] = {
        {"", "a name is empty"},
        {"/a", "has an empty part"},
        {"a/", "has an empty part"},
        {"a//b", "has an empty part"},
        {".", "has a part '.'"},
        {"a/../b", "has a part '..'"},
        {"a\nb", "byte 1 of a name is 0x0a"},
        {"a\x7f", "byte 1 of a name is 0x7f"},
        {"\xc3", "byte 0 of a name is 0xc3"},         /* cut off */
        {"x\xc0\x80", "byte 1 of a name is 0xc0"},    /* overlong */
        {"\xed\xa0\x80", "byte 0 of a name is 0xed"}, /* surrogate */
        {"\xf4\x90\x80\x80", "byte 0 of a name"},     /* past U+10FFFF */
        {"\xc2\x9b", "byte 0 of a name is 0xc2"},     /* a C1 control: CSI */
    };
    struct ds_bundle b = {0};
    struct ds_err err;
    char name[300];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_null(ds_bundle_add(&b, wrong[i].name, DS_U8, 0, NULL, NULL, &err));
        assert_says(err.code, DS_DATA, &err, wrong[i].says);
    }
    memset(name, 'n', sizeof name);
    name[256] = '\0';
    assert_null(ds_bundle_add(&b, name, DS_U8, 0, NULL, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "a name has 256 bytes, at most 255");
    name[255] = '\0';
    assert_non_null(ds_bundle_add(&b, name, DS_U8, 0, NULL, NULL, &err));
    assert_non_null(
        ds_bundle_add(&b, "na\xc3\xafve/\xe5\x90\x8d...", DS_U8, 0, NULL, NULL, &err));
    assert_non_null(ds_bundle_add(&b, ".a/\xef\xbc\x81", DS_U8, 0, NULL, NULL, &err));
    assert_false(ds_utf8_valid("a\0b", 3));

    assert_null(ds_bundle_add(&b, "r", DS_U8, 9, NULL, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "'r' has 9 dimensions, at most 8");
    assert_null(ds_bundle_add(&b, "r", DS_U8, -1, NULL, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "'r' has -1 dimensions, at most 8");
    assert_null(ds_bundle_add(&b, "n", DS_U8, 1, (const int64_t[]){-1}, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "'n' has a dimension of -1");
    assert_null(
        ds_bundle_add(&b, "o", DS_F32, 2, (const int64_t[]){INT64_MAX / 2, 2}, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "'o' is larger than can be addressed");
    assert_null(
        ds_bundle_add(&b, "o", DS_F32, 3, (const int64_t[]){0, INT64_MAX, 3}, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "'o' is larger than can be addressed");
    ds_bundle_clear(&b);
}

static void labels_and_scales_fit(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    struct ds_array *a = ds_bundle_floats(&b, "a", six, 2, two_three, " row  column ", &err);

    (void)state;
    assert_string_equal(ds_array_label_of(a, 0), "row");
    assert_string_equal(ds_array_label_of(a, 1), "column");
    assert_says(ds_array_label(a, "row", &err), DS_INTERNAL, &err, "labels for 1");
    assert_says(ds_array_label(a, "x y z", &err), DS_INTERNAL, &err, "more labels");
    assert_says(ds_array_scale(a, -1, "steps", &err), DS_INTERNAL, &err, "no dimension -1");
    assert_good(ds_array_scale(a, 1, "steps", &err), &err);
    assert_string_equal(ds_array_scale_of(a, 1), "steps");
    assert_says(ds_array_scale(a, 2, "steps", &err), DS_INTERNAL, &err, "no dimension 2");
    assert_null(ds_bundle_floats(&b, "b", six, 2, two_three, "one", &err));
    ds_bundle_clear(&b);
}

static void needing_says_what_is_there(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;

    (void)state;
    ds_bundle_floats(&b, "w", six, 2, two_three, NULL, &err);
    assert_non_null(ds_bundle_need(&b, "f.h5", "w", DS_F32, 2, two_three, &err));
    assert_non_null(ds_bundle_need(&b, "f.h5", "w", DS_F32, 2, (const int64_t[]){-1, 3}, &err));
    assert_null(ds_bundle_need(&b, "f.h5", "v", DS_F32, 2, two_three, &err));
    assert_says(err.code, DS_DATA, &err, "f.h5: there is no 'v'");
    assert_null(ds_bundle_need(&b, "f.h5", "w", DS_F32, 2, (const int64_t[]){2304, 768}, &err));
    assert_string_equal(err.text,
                        "f.h5: 'w' is 2 x 3 float32 here, 2304 x 768 float32 expected");
    assert_null(ds_bundle_need(&b, "f.h5", "w", DS_F16, 1, (const int64_t[]){-1}, &err));
    assert_string_equal(err.text, "f.h5: 'w' is 2 x 3 float32 here, any float16 expected");
    assert_null(ds_bundle_need(&b, "f.h5", "w", DS_STRING, 0, NULL, &err));
    assert_string_equal(err.text, "f.h5: 'w' is 2 x 3 float32 here, a single string expected");
    ds_bundle_clear(&b);
}

static void notes_replace_and_refuse(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err;
    struct ds_notes *n = ds_bundle_notes(&b, "", &err);
    const char *text;
    int64_t value;

    (void)state;
    assert_null(ds_bundle_notes_lookup(&b, "g"));
    assert_good(ds_note_text(n, "k", "first", &err), &err);
    assert_good(ds_note_text(n, "k", ds_note_lookup(n, "k")->text, &err), &err); /* itself */
    assert_string_equal(ds_note_lookup(n, "k")->text, "first");
    assert_good(ds_note_texts(n, "k", (const char *const[]){"a", "b", NULL}, &err), &err);
    assert_string_equal(ds_note_lookup(n, "k")->texts[1], "b");
    assert_good(ds_note_real(n, "k", 0.5, &err), &err);
    assert_good(ds_note_int(n, "k", -7, &err), &err);
    assert_int_equal(n->count, 1);
    assert_ptr_equal(ds_bundle_notes(&b, "", &err), n);

    assert_good(ds_note_need_int(n, "f: /", "k", -10, 10, &value, &err), &err);
    assert_int_equal(value, -7);
    assert_says(ds_note_need_int(n, "f: /", "k", 0, 10, &value, &err), DS_DATA, &err,
                "f: /: the note 'k' is -7, expected 0 to 10");
    assert_says(ds_note_need_int(n, "f: /", "k", -10, -8, &value, &err), DS_DATA, &err,
                "f: /: the note 'k' is -7, expected -10 to -8");
    assert_says(ds_note_need_int(n, "f: /", "j", 0, 10, &value, &err), DS_DATA, &err,
                "f: / has no note 'j'");
    assert_says(ds_note_need_int(NULL, "f: /g", "j", 0, 10, &value, &err), DS_DATA, &err,
                "f: /g has no note 'j'");
    assert_says(ds_note_need_text(n, "f: /", "k", &text, &err), DS_DATA, &err, "is not text");
    assert_good(ds_note_text(n, "t", "words", &err), &err);
    assert_says(ds_note_need_int(n, "f: /", "t", 0, 1, &value, &err), DS_DATA, &err,
                "is not a whole number");
    assert_good(ds_note_need_text(n, "f: /", "t", &text, &err), &err);
    assert_string_equal(text, "words");

    assert_says(ds_note_text(n, "u", "\xff", &err), DS_DATA, &err, "'u' is not valid UTF-8");
    assert_says(ds_note_text(n, "\x01", "x", &err), DS_DATA, &err, "byte 0 of a name");
    assert_null(ds_bundle_notes(&b, "a/", &err));
    assert_null(ds_bundle_strings(&b, "s", (const char *const[]){"\xc3("}, 1, NULL, &err));
    assert_says(err.code, DS_DATA, &err, "string 0 of 's' is not valid UTF-8");
    for (int i = 2; i < DS_NOTES_MAX; i++) {
        char key[16];

        snprintf(key, sizeof key, "n%d", i);
        assert_good(ds_note_int(n, key, i, &err), &err);
    }
    assert_says(ds_note_int(n, "last", 1, &err), DS_DATA, &err, "more than 4096 notes");
    for (int i = 1; i < DS_NOTES_MAX; i++) {
        char group[16];

        snprintf(group, sizeof group, "g%d", i);
        assert_non_null(ds_bundle_notes(&b, group, &err));
    }
    assert_null(ds_bundle_notes(&b, "last", &err));
    assert_says(err.code, DS_DATA, &err, "more than 4096 groups have notes");
    ds_bundle_clear(&b);
}

static void every_half_survives(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h++) {
        const float x = ds_float_from_half((uint16_t)h);
        const uint16_t again = ds_half_from_float(x);

        if ((h & 0x7fff) > 0x7c00) {
            assert_true(isnan(x));
            assert_int_equal(again, h | 0x200); /* quiet */
        } else {
            assert_int_equal(again, h);
        }
    }
}

/* Against arithmetic: x is nearest to its half among the neighbours, ties to even. */
static void rounding_is_to_nearest_even(void **state)
{
    uint32_t seed = 2026;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        float x;
        uint16_t h;
        double gap;

        seed = seed * 1664525u + 1013904223u;
        x = (float)ldexp((double)seed / 4294967296.0, (int)(seed >> 3 & 63) - 40);
        h = ds_half_from_float(x);
        gap = fabs((double)ds_float_from_half(h) - (double)x);
        if (h >= 0x7c00) {
            assert_true(x >= 65520.0f); /* half way from 65504 to 65536 */
            continue;
        }
        if (h > 0)
            assert_true(gap <= fabs((double)ds_float_from_half((uint16_t)(h - 1)) - (double)x));
        if (h < 0x7bff)
            assert_true(gap <= fabs((double)ds_float_from_half((uint16_t)(h + 1)) - (double)x));
    }
    assert_int_equal(ds_half_from_float(65519.996f), 0x7bff);
    assert_int_equal(ds_half_from_float(65520.0f), 0x7c00);
    assert_int_equal(ds_half_from_float(-INFINITY), 0xfc00);
    assert_int_equal(ds_half_from_float(1.0f + 0x1p-11f), 0x3c00); /* tie, even */
    assert_int_equal(ds_half_from_float(1.0f + 0x3p-11f), 0x3c02); /* tie, even */
    assert_int_equal(ds_half_from_float(0x1p-25f), 0x0000);        /* tie, even */
    assert_int_equal(ds_half_from_float(nextafterf(0x1p-25f, 1)), 0x0001);
    assert_int_equal(ds_half_from_float(-0.0f), 0x8000);
    assert_int_equal(ds_bf16_from_float(1.0f + 0x1p-8f), 0x3f80); /* tie, even */
    assert_int_equal(ds_bf16_from_float(1.0f + 0x3p-8f), 0x3f82);
    assert_int_equal(ds_bf16_from_float(-INFINITY), 0xff80);
    assert_true(isnan(ds_float_from_bf16(ds_bf16_from_float(NAN))));
    for (uint32_t h = 0; h < 0x7f80; h++)
        assert_int_equal(ds_bf16_from_float(ds_float_from_bf16((uint16_t)h)), h);
}

static void every_number_becomes_float(void **state)
{
    const uint8_t u8[] = {255, 0};
    const int16_t i16[] = {-2, 32767};
    const int32_t i32[] = {-3, 16777217};
    const int64_t i64[] = {-4, 1};
    const uint16_t f16[] = {0x3c00, 0xfc00}, bf16[] = {0x3f80, 0xc000};
    const double f64[] = {0.1, -1e38};
    const float f32[] = {2.5f, -1};
    const struct {
        enum ds_type type;
        const void *data;
        float first, second;
    } row[] = {
        {DS_U8, u8, 255, 0},         {DS_I32, i32, -3, 16777216}, {DS_I64, i64, -4, 1},
        {DS_F16, f16, 1, -INFINITY}, {DS_BF16, bf16, 1, -2},      {DS_F64, f64, 0.1f, -1e38f},
        {DS_F32, f32, 2.5f, -1},     {DS_I16, i16, -2, 32767},
    };
    struct ds_bundle b = {0};
    struct ds_err err;
    float out[2];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct ds_array *a = ds_bundle_add(&b, ds_type_name(row[i].type), row[i].type, 1,
                                                 (const int64_t[]){2}, row[i].data, &err);

        assert_int_equal(ds_array_to_float(a, out), 0);
        assert_true(out[0] == row[i].first);
        assert_true(out[1] == row[i].second);
    }
    assert_int_equal(
        ds_array_to_float(
            ds_bundle_add(&b, "none", DS_F32, 1, (const int64_t[]){0}, NULL, &err), out),
        0);
    assert_int_equal(ds_array_to_float(ds_bundle_strings(&b, "s", NULL, 1, NULL, &err), out),
                     DS_USAGE);
    ds_bundle_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_are_copied_and_found),
        cmocka_unit_test(arrays_have_a_limit),
        cmocka_unit_test(no_data_is_zeros),
        cmocka_unit_test(wrong_names_and_sizes_are_refused),
        cmocka_unit_test(labels_and_scales_fit),
        cmocka_unit_test(needing_says_what_is_there),
        cmocka_unit_test(notes_replace_and_refuse),
        cmocka_unit_test(every_half_survives),
        cmocka_unit_test(rounding_is_to_nearest_even),
        cmocka_unit_test(every_number_becomes_float),
    };

    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
