/* tests/weights/test_model.c -- from tensors to a network: shapes, numbers, another input size,
 * files of our own, comparison with a sidecar. */
#define _GNU_SOURCE
#include "tests/weights/net_file.h"

#include <math.h>
#include "data/store/h5.h"
#include "data/weights/verify.h"

static void numbers_arrive_where_they_belong(void **state)
{
    const struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;

    (void)state;
    net_bundle(&b, &s);
    net_opens(&m, net_save(&b, "plain.safetensors"), &w);
    for (int i = 0; i < m.vit.tensors.count; i++) {
        const struct ds_tensor *t = &m.vit.tensors.row[i];
        const struct ds_array *a = ds_bundle_lookup(&b, t->name);

        assert_non_null(a);
        assert_memory_equal(m.params + t->at, a->data, t->count * sizeof(float));
    }
    ds_model_close(&m);
    ds_bundle_clear(&b);
}

/* A position embedding of another number of rows than prefix + square; not square at all. */
static void grids_come_from_rows_or_from_a_size(void **state)
{
    struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;
    struct ds_err err = {0};
    const char *path;

    (void)state;
    s.height = 4; /* 2 x 4 patches: 9 rows could be 3 x 3 without a prefix */
    net_bundle(&b, &s);
    path = net_save(&b, "oblong.safetensors");
    net_opens(&m, path, &w);
    assert_int_equal(ds_grid_h(&m.vit.shape), 3);
    assert_false(m.vit.shape.embed_prefix);
    ds_model_close(&m);
    assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), "driftscope.size", "4,8", &err),
                &err);
    net_opens(&m, net_save(&b, "oblong.safetensors"), &w);
    assert_int_equal(ds_grid_h(&m.vit.shape), 2);
    assert_int_equal(ds_grid_w(&m.vit.shape), 4);
    assert_true(m.vit.shape.embed_prefix);
    ds_model_close(&m);
    ds_bundle_clear(&b);

    s.height = 6; /* 12 + 1 rows */
    net_bundle(&b, &s);
    net_spoilt(&b, DS_DATA, "13 rows of position embedding are no square grid behind 1 prefix");
}

/* Registers without rows of their own: the rows of CLS go into its token. */
static void rows_of_cls_fold_into_its_token(void **state)
{
    struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;
    const int64_t registers[] = {1, 3, 8};
    const float *cls, *pos;

    (void)state;
    net_bundle(&b, &s);
    net_zeros(&b, "register_tokens", DS_F32, 3, registers);
    net_opens(&m, net_save(&b, "registers.safetensors"), &w);
    assert_int_equal(m.vit.shape.registers, 3);
    assert_false(m.vit.shape.embed_prefix);
    cls = ds_bundle_lookup(&b, "cls_token")->data;
    pos = ds_bundle_lookup(&b, "pos_embed")->data;
    for (int c = 0; c < 8; c++)
        assert_true(m.view.outside[DS_CLS][c] == cls[c] + pos[c]);
    assert_memory_equal(m.view.outside[DS_POS], pos + 8, 16 * 8 * sizeof(float));
    ds_model_close(&m);
    ds_bundle_clear(&b);
}

struct spoiling {
    const char *name;
    int rank;
    int64_t dims[4];
    const char *words;
};

static void shapes_that_do_not_go_together(void **state)
{
    static const struct spoiling row[] = {
        {"blocks.1.attn.qkv.weight",
         2,
         {8, 24},
         "'blocks.1.attn.qkv.weight' is 8 x 24, expected 24 x 8"},
        {"blocks.0.mlp.fc1.weight",
         1,
         {96},
         "blocks.0.mlp.fc1.weight is 96, expected 2 dimensions"},
        {"blocks.1.mlp.fc1.weight", 2, {8, 12}, "expected 12 x 8 as in the rest"},
        {"patch_embed.proj.weight", 4, {8, 3, 4, 1}, "patches of 8 x 3 x 4 x 1 are not square"},
        {"pos_embed", 1, {136}, "no position embedding of rows and width"},
        {"head.weight", 2, {8, 3}, "its head is 8 x 3, expected classes x 8"},
        {"norm.weight", 2, {2, 4}, "'norm.weight' is 2 x 4, expected 8"},
        {"cls_token", 3, {1, 2, 4}, "'cls_token' is 1 x 2 x 4, expected 1 x 1 x 8"},
    };
    const struct ds_vit_shape s = net_shape();

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_bundle b = {0};

        net_bundle(&b, &s);
        net_change(&b, row[i].name, row[i].name, row[i].rank, row[i].dims);
        net_spoilt(&b, DS_DATA, row[i].words);
    }
}

static void tensors_that_are_missing(void **state)
{
    static const struct spoiling row[] = {
        {"blocks.1.norm2.bias", 0, {0}, "has no blocks.1.norm2.bias (under its timm name)"},
        {"blocks.0.attn.qkv.weight", 0, {0}, "has no queries of block 0"},
        {"blocks.0.mlp.fc2.weight", 0, {0}, "has no blocks.0.mlp.fc2.weight"},
        {"pos_embed", 0, {0}, "no position embedding"},
        {"norm.bias", 0, {0}, "has no norm.bias"},
        {"patch_embed.proj.weight", 0, {0}, "no ViT that driftscope knows among its"},
    };
    const struct ds_vit_shape s = net_shape();
    struct ds_bundle b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        net_bundle(&b, &s);
        net_drop(&b, row[i].name);
        net_spoilt(&b, DS_DATA, row[i].words);
    }
    net_spoilt(&b, DS_DATA, "holds no tensors");
}

static void numbers_that_cannot_be_used(void **state)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    const struct ds_vit_shape s = net_shape();
    const int64_t dims[] = {8, 8};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct ds_bundle b = {0};

        net_bundle(&b, &s);
        ((float *)ds_bundle_lookup(&b, "blocks.1.mlp.fc2.weight")->data)[95] = (float)bad[i];
        net_spoilt(&b, DS_DATA, "'blocks.1.mlp.fc2.weight' holds values that are not finite");
    }
    for (int i = 0; i < 2; i++) {
        struct ds_bundle b = {0};

        net_bundle(&b, &s);
        net_drop(&b, "blocks.0.attn.proj.weight");
        net_zeros(&b, "blocks.0.attn.proj.weight", i ? DS_I8 : DS_I32, 2, dims);
        net_spoilt(&b, DS_DATA, "quantised weights are not read");
    }
}

/* A head without a bias has one of zeros; a network without a head has features only. */
static void heads_may_be_missing(void **state)
{
    const struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;

    (void)state;
    net_bundle(&b, &s);
    net_drop(&b, "head.bias");
    net_opens(&m, net_save(&b, "headless.safetensors"), &w);
    card_says(&m, "head", "no bias in the file: 0", "file");
    for (int k = 0; k < 3; k++)
        assert_true(m.view.outside[DS_HEAD_B][k] == 0);
    ds_model_close(&m);
    net_drop(&b, "head.weight");
    net_opens(&m, net_save(&b, "headless.safetensors"), &w);
    assert_int_equal(m.vit.shape.classes, 0);
    card_says(&m, "head", "none", "file: has none");
    ds_model_close(&m);
    ds_bundle_clear(&b);
}

/* What the transform becomes at another input size, by who said it. */
static void another_input_size_takes_the_transform_along(void **state)
{
    const struct ds_vit_shape s = net_shape();
    struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;
    struct ds_err err = {0};
    char path[1200], h5[1200];

    (void)state;
    net_bundle(&b, &s);
    snprintf(path, sizeof path, "%s", net_save(&b, "size.safetensors"));
    snprintf(h5, sizeof h5, "%s", in_folder("size.h5"));
    net_opens(&m, path, &w);
    assert_string_equal(m.recipe, "resize 8 bicubic, crop 8");
    assert_good(ds_model_save(&m, h5, &err), &err);
    ds_model_close(&m);
    w.size = 20;
    net_opens(&m, path, &w);
    assert_string_equal(m.recipe, "resize 22 bicubic, crop 20");
    card_says(&m, "transform", "resize 22 bicubic, crop 20", "assumed");
    card_says(&m, "input", "20 x 20: position embedding resized to 10 x 10", "--image-size");
    assert_int_equal(ds_patches(&m.vit.shape), 100);
    ds_model_close(&m);
    snprintf(w.recipe, sizeof w.recipe, "resize 20x20 bilinear");
    net_opens(&m, path, &w);
    assert_string_equal(m.recipe, "resize 20x20 bilinear");
    ds_model_close(&m);
    *w.recipe = '\0';
    w.heads = 0;
    net_opens(&m, h5, &w); /* numbers that a file says: in proportion */
    assert_string_equal(m.recipe, "resize 20 bicubic, crop 20");
    card_says(&m, "transform", "resize 20 bicubic, crop 20", "metadata");
    ds_model_close(&m);
    ds_bundle_clear(&b);
}

static bool same_files(const char *a, const char *b)
{
    static unsigned char x[1 << 20], y[1 << 20];
    const size_t n = read_file(a, x, sizeof x), m = read_file(b, y, sizeof y);

    return n == m && n > 0 && !memcmp(x, y, n);
}

/* Saved, exported and opened again: the same bits, names and card. */
static void files_of_our_own_come_back(void **state)
{
    struct ds_vit_shape s = net_shape();
    struct ds_model_want w = net_want(), none = {0};
    char *name[3] = {"a", "b", "c"};
    struct ds_bundle b = {0};
    struct ds_model m, again;
    struct ds_err err = {0};
    char h5[1200], out[1200], back[1200];

    (void)state;
    snprintf(h5, sizeof h5, "%s", in_folder("ours.h5"));
    snprintf(out, sizeof out, "%s", in_folder("ours.safetensors"));
    snprintf(back, sizeof back, "%s", in_folder("back"));
    s.layer_scale = s.pre_norm = true;
    s.no_patch_bias = true;
    net_bundle(&b, &s);
    w.eps = 1e-5 / 3;
    snprintf(w.mean, sizeof w.mean, "0.1");
    net_opens(&m, net_save(&b, "theirs.safetensors"), &w);
    m.class_name = name;
    assert_good(ds_model_save(&m, h5, &err), &err);
    assert_good(ds_model_export(&m, out, &err), &err);
    net_opens(&again, h5, &none);
    assert_true(again.vit.shape.eps == w.eps && again.mean[1] == 0.1);
    assert_string_equal(again.class_name[2], "c");
    assert_int_equal(again.card.rows, m.card.rows);
    assert_memory_equal(again.params, m.params, m.vit.tensors.total * sizeof(float));
    assert_good(ds_model_save(&again, back, &err), &err);
    assert_true(same_files(h5, back));
    ds_model_close(&again);
    net_opens(&again, out, &none);
    assert_true(again.vit.shape.eps == w.eps);
    assert_memory_equal(again.params, m.params, m.vit.tensors.total * sizeof(float));
    assert_good(ds_model_export(&again, back, &err), &err);
    assert_true(same_files(out, back));
    ds_model_close(&again);
    m.class_name = NULL;
    ds_model_close(&m);
    snprintf(none.std, sizeof none.std, "0.75"); /* today's word goes onto the old card */
    net_opens(&m, h5, &none);
    card_says(&m, "std", "0.75", "--std");
    card_says(&m, "mean", "0.1", "--mean");
    ds_model_close(&m);
    none.heads = 2;
    net_refused(h5, &none, DS_USAGE, "is a checkpoint of driftscope, which knows its heads");
    ds_bundle_clear(&b);
}

/* A checkpoint of ours with a value that is not finite, or facts that are none. */
static void spoilt_files_of_our_own(void **state)
{
    const struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want(), none = {0};
    struct ds_bundle b = {0};
    struct ds_model m;
    struct ds_err err = {0};
    char h5[1200];

    (void)state;
    snprintf(h5, sizeof h5, "%s", in_folder("spoilt.h5"));
    net_bundle(&b, &s);
    net_opens(&m, net_save(&b, "sound.safetensors"), &w);
    ds_bundle_clear(&b);
    m.params[7] = NAN;
    assert_good(ds_model_save(&m, h5, &err), &err);
    net_refused(h5, &none, DS_DATA, "holds values that are not finite");
    m.params[7] = 0;
    assert_good(ds_model_save(&m, h5, &err), &err);
    ds_model_close(&m);
    assert_good(ds_bundle_load(&b, h5, &err), &err);
    assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), "driftscope.mean", "x", &err),
                &err);
    assert_good(ds_bundle_save(&b, h5, &err), &err);
    net_refused(h5, &none, DS_DATA, "driftscope.mean = 'x', which is no list of numbers");
    ds_bundle_clear(&b);
}

/* x and logits of two images, right or spoilt at one place. */
static const char *sidecar(const struct ds_model *m, int at, double by, bool attention)
{
    const int64_t x[] = {1, 3, 8, 8}, y[] = {1, 3}, a[] = {1, 2, 17, 17};
    struct ds_vit_work work;
    struct ds_arena arena = {0};
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    const char *path;
    float image[192];

    for (int i = 0; i < 192; i++)
        image[i] = (float)(i % 17) / 16 - 0.5f;
    for (int i = 0; i < 2; i++) {
        ds_vit_work_take(&work, &m->vit, 1, DS_WANT_ATTENTION | DS_WANT_FULL, NULL, false,
                         &arena);
        if (!i)
            assert_good(ds_arena_reserve(&arena, &err), &err);
    }
    ds_vit_forward(&m->vit, &m->view, &work, image, 1, NULL);
    ds_logits_forward(&m->vit, &m->view, &work);
    if (at >= 0 && at < 3)
        work.logits[at] += (float)by;
    if (at == 100)
        work.layer[1].attn[57] += (float)by;
    assert_non_null(ds_bundle_floats(&b, "x", image, 4, x, NULL, &err));
    assert_non_null(ds_bundle_floats(&b, "logits", work.logits, 2, y, NULL, &err));
    if (attention)
        assert_non_null(ds_bundle_floats(&b, "attn.1", work.layer[1].attn, 4, a, NULL, &err));
    path = net_save(&b, "sidecar.safetensors");
    ds_bundle_clear(&b);
    ds_arena_clear(&arena);
    return path;
}

static void sidecars_tell_right_from_wrong(void **state)
{
    static const struct {
        int at;
        double by;
        bool equal;
    } row[] = {{-1, 0, true},   {1, NAN, false},    {2, INFINITY, false},
               {0, 1e6, false}, {100, 1e-3, false}, {100, NAN, false}};
    struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;
    struct ds_err err = {0};

    (void)state;
    net_bundle(&b, &s);
    for (int i = 0; i < b.count; i++)
        for (int64_t k = 0; k < ds_array_count(&b.array[i]); k++)
            ((float *)b.array[i].data)[k] = (float)((i * 31 + k * 17) % 23) / 23 - 0.5f;
    net_opens(&m, net_save(&b, "verified.safetensors"), &w);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_verdict v;

        assert_good(ds_model_verify(&v, &m, sidecar(&m, row[i].at, row[i].by, true), 1, &err),
                    &err);
        assert_int_equal(v.layers, 1);
        assert_string_equal(v.what, "logits");
        if (v.equal != row[i].equal)
            fail_msg("row %zu: %g, %g", i, v.answers, v.attention);
    }
    ds_model_close(&m);
    ds_bundle_clear(&b);
}

static void sidecars_that_do_not_fit(void **state)
{
    const struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want();
    const int64_t x[] = {1, 3, 8, 8}, wide[] = {1, 3, 8, 10}, y[] = {2, 3},
                  many[] = {5000, 3, 8, 8};
    struct ds_bundle b = {0};
    struct ds_verdict v;
    struct ds_model m;
    struct ds_err err = {0};

    (void)state;
    net_bundle(&b, &s);
    net_opens(&m, net_save(&b, "verified.safetensors"), &w);
    ds_bundle_clear(&b);
    net_zeros(&b, "pixel_values", DS_F32, 4, x);
    assert_says(ds_model_verify(&v, &m, net_save(&b, "side"), 1, &err), DS_DATA, &err,
                "has no 'x' [images, channels, height, width] and 'logits'");
    net_zeros(&b, "logits", DS_F32, 2, y);
    assert_says(ds_model_verify(&v, &m, net_save(&b, "side"), 1, &err), DS_DATA, &err,
                "'logits' does not have the dimensions");
    net_drop(&b, "pixel_values");
    net_zeros(&b, "input", DS_F32, 4, wide);
    assert_says(ds_model_verify(&v, &m, net_save(&b, "side"), 1, &err), DS_DATA, &err,
                "'input' does not have the dimensions");
    net_drop(&b, "input");
    net_zeros(&b, "x", DS_F32, 4, many);
    assert_says(ds_model_verify(&v, &m, net_save(&b, "side"), 1, &err), DS_DATA, &err,
                "5000 images, expected 1 to 4096");
    assert_says(ds_model_verify(&v, &m, in_folder("no"), 1, &err), DS_NOINPUT, &err, "no: ");
    ds_bundle_clear(&b);
    ds_model_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_arrive_where_they_belong),
        cmocka_unit_test(grids_come_from_rows_or_from_a_size),
        cmocka_unit_test(rows_of_cls_fold_into_its_token),
        cmocka_unit_test(shapes_that_do_not_go_together),
        cmocka_unit_test(tensors_that_are_missing),
        cmocka_unit_test(numbers_that_cannot_be_used),
        cmocka_unit_test(heads_may_be_missing),
        cmocka_unit_test(another_input_size_takes_the_transform_along),
        cmocka_unit_test(files_of_our_own_come_back),
        cmocka_unit_test(spoilt_files_of_our_own),
        cmocka_unit_test(sidecars_tell_right_from_wrong),
        cmocka_unit_test(sidecars_that_do_not_fit),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
