/* tests/data/test_checkpoint.c -- the network a checkpoint holds, from its notes: every field
 * comes back, a plain network's file has no more notes than it ever had, and what is refused.
 */
#include "tests/core/toy.h"
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(families),
        cmocka_unit_test(refused),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
