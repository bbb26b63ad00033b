/* tests/data/test_checkpoint.c -- the network a checkpoint holds, from its notes: every field
 * comes back, a plain network's file has no more notes than it ever had, and what is refused.
 */
#include "tests/core/toy_learn.h"
#include "data/protocol/checkpoint.h"

static const char *const rare[] = {"dist",          "head_dist", "head_concat", "pre_norm",
                                   "no_patch_bias", "swiglu",    "act"};
enum { RARE = sizeof rare / sizeof *rare };

/* The notes of a learner of this shape. */
static void pack(struct ds_bundle *b, const struct ds_vit_shape *s)
{
    const struct ds_learner_opt opt = toy_options("finetune");
    struct ds_learner *l;
    struct ds_err err;

    *b = (struct ds_bundle){0};
    assert_int_equal(ds_learner_open(&l, s, &opt, NULL, &err), 0);
    assert_int_equal(ds_checkpoint_pack(b, l, "task", "[run]\n", false, &err), 0);
    ds_learner_close(l);
}

static int notes_of(const struct ds_bundle *b)
{
    struct ds_err err;
    const struct ds_notes *n = ds_bundle_notes((struct ds_bundle *)b, "", &err);
    int found = 0;

    for (int i = 0; i < RARE; i++)
        found += ds_note_lookup(n, rare[i]) != NULL;
    return found;
}

static void plain(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct ds_vit_shape back;
    struct ds_bundle b;
    struct ds_err err;

    (void)state;
    pack(&b, &s);
    assert_int_equal(notes_of(&b), 0);
    assert_int_equal(ds_checkpoint_shape(&back, &b, "x.h5", &err), 0);
    assert_memory_equal(&back, &s, offsetof(struct ds_vit_shape, cls));
    assert_memory_equal(&back.cls, &s.cls,
                        offsetof(struct ds_vit_shape, fc_norm) + 1 -
                            offsetof(struct ds_vit_shape, cls));
    assert_true(back.eps == s.eps);
    assert_false(back.dist || back.head_dist || back.head_concat || back.pre_norm ||
                 back.no_patch_bias || back.swiglu || back.act);
    ds_bundle_clear(&b);
}

static void families(void **state)
{
    struct ds_vit_shape s = toy_shape(), back;
    struct ds_bundle b;
    struct ds_err err;

    (void)state;
    s.dist = s.pre_norm = s.no_patch_bias = s.swiglu = true;
    pack(&b, &s);
    assert_int_equal(notes_of(&b), 4);
    assert_int_equal(ds_checkpoint_shape(&back, &b, "x.h5", &err), 0);
    assert_true(back.dist && back.pre_norm && back.no_patch_bias && back.swiglu);
    assert_non_null(ds_bundle_lookup(&b, "model/dist_token"));
    ds_bundle_clear(&b);
    s.swiglu = false;
    s.act = DS_ACT_QUICK_GELU;
    pack(&b, &s);
    assert_int_equal(ds_checkpoint_shape(&back, &b, "x.h5", &err), 0);
    assert_int_equal(back.act, DS_ACT_QUICK_GELU);
    ds_bundle_clear(&b);
}

static void refused(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct ds_vit_shape back;
    struct ds_bundle b;
    struct ds_err err;

    (void)state;
    pack(&b, &s);
    assert_int_equal(ds_note_int(ds_bundle_notes(&b, "", &err), "act", 9, &err), 0);
    assert_int_equal(ds_checkpoint_shape(&back, &b, "x.h5", &err), DS_DATA);
    assert_string_equal(err.text, "x.h5: activation is 9, expected 0 to 2");
    assert_int_equal(ds_note_text(ds_bundle_notes(&b, "", &err), "act", "gelu", &err), 0);
    assert_int_equal(ds_checkpoint_shape(&back, &b, "x.h5", &err), DS_DATA);
    assert_string_equal(err.text, "x.h5: is not a checkpoint of ours: no number 'act'");
    ds_bundle_clear(&b);
    assert_int_equal(ds_checkpoint_shape(&back, &b, "x.h5", &err), DS_DATA);
    assert_string_equal(err.text, "x.h5: is not a checkpoint of ours: no number 'height'");
    ds_bundle_clear(&b);
}

/* Everything of a learner that every method keeps something in, into another and out again. */
static void state_comes_back(void **state)
{
    static const char *const methods[] = {"finetune", "arcl", "ewc", "ranpac"};

    (void)state;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        for (int sgd = 0; sgd < 2; sgd++) {
            struct ds_learner_opt o = toy_method(methods[i]);
            struct ds_bundle b = {0}, again = {0};
            struct ds_learner *l, *other;
            struct ds_err err = {0};

            if (sgd)
                o.optim.kind = DS_SGD;
            l = toy_open(&o, NULL);
            other = toy_open(&o, NULL);
            toy_fill(l->params, l->vit.tensors.total, 0, 0.3, "others");
            assert_int_equal(ds_checkpoint_pack(&b, l, "step", "[run]\n", true, &err), 0);
            assert_int_equal(ds_checkpoint_unpack(other, &b, "x.h5", false, &err), 0);
            assert_int_equal(ds_checkpoint_unpack(other, &b, "x.h5", true, &err), 0);
            assert_int_equal(ds_checkpoint_pack(&again, other, "step", "[run]\n", true, &err),
                             0);
            assert_int_equal(again.count, b.count);
            for (int k = 0; k < b.count; k++)
                assert_memory_equal(again.array[k].data, b.array[k].data,
                                    (size_t)ds_array_count(&b.array[k]) *
                                        ds_type_size(b.array[k].type));
            ds_bundle_clear(&b);
            ds_bundle_clear(&again);
            ds_learner_close(l);
            ds_learner_close(other);
        }
}

static void says(int code, enum ds_code expected, const struct ds_err *err, const char *words)
{
    if (code != (int)expected || !strstr(err->text, words))
        fail_msg("code %d: '%s' does not say '%s'", code, err->text, words);
}

static void states_that_do_not_fit_are_refused(void **state)
{
    const struct ds_learner_opt o = toy_method("arcl"), plain = toy_method("finetune");
    struct ds_learner *l = toy_open(&o, NULL), *other = toy_open(&plain, NULL);
    struct ds_bundle b = {0}, none = {0};
    struct ds_err err = {0};
    struct ds_array *a;

    (void)state;
    assert_int_equal(ds_checkpoint_pack(&b, l, "task", "", false, &err), 0);
    says(ds_checkpoint_unpack(other, &b, "x.h5", false, &err), DS_DATA, &err,
         "x.h5: holds the state of method 'arcl', this run uses 'finetune'");
    says(ds_checkpoint_unpack(l, &none, "x.h5", false, &err), DS_DATA, &err,
         "method 'unknown', this run uses 'arcl'");
    a = ds_bundle_lookup(&b, "model/blocks.1.attn.qkv.weight");
    assert_non_null(a);
    ((float *)a->data)[3] = INFINITY; /* it is the learner's own */
    says(ds_checkpoint_unpack(l, &b, "x.h5", false, &err), DS_DATA, &err,
         "x.h5: 'model/blocks.1.attn.qkv.weight' holds values that are not finite");
    says(ds_checkpoint_pack(&none, l, "task", "", false, &err), DS_INTERNAL, &err,
         "'model/blocks.1.attn.qkv.weight' is not finite, it is not saved");
    a->dims[0]++;
    says(ds_checkpoint_unpack(l, &b, "x.h5", false, &err), DS_DATA, &err,
         "x.h5: 'model/blocks.1.attn.qkv.weight' is 31 x 10 float32 here, 30 x 10");
    assert_int_equal(ds_note_int(ds_bundle_notes(&b, "", &err), "method", 1, &err), 0);
    says(ds_checkpoint_unpack(l, &b, "x.h5", false, &err), DS_DATA, &err, "method 'unknown'");
    ds_bundle_clear(&b);
    ds_bundle_clear(&none);
    none.groups = 0;
    assert_non_null(ds_bundle_add(&none, "model/patch_embed.proj.weight", DS_U8, 0, NULL, NULL,
                                  &err)); /* a name that is to be added */
    says(ds_checkpoint_pack(&none, other, "task", "", false, &err), DS_DATA, &err,
         "there are two arrays");
    ds_bundle_clear(&none);
    ds_learner_close(l);
    ds_learner_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(families),
        cmocka_unit_test(refused),
        cmocka_unit_test(state_comes_back),
        cmocka_unit_test(states_that_do_not_fit_are_refused),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
