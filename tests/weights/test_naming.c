/* tests/weights/test_naming.c -- names, patterns, prefixes: which tensor is which part. */
#define _GNU_SOURCE
#include "tests/weights/net_file.h"

static void patterns_match_numbers_and_endings(void **state)
{
    static const struct {
        const char *pattern, *name;
        int block; /* -2: no match */
    } row[] = {
        {"norm.weight", "norm.weight", -1},
        {"norm.weight", "norm.weights", -2},
        {"norm.weight", "norm.weigh", -2},
        {"", "", -1},
        {"blocks.#.norm1.weight", "blocks.0.norm1.weight", 0},
        {"blocks.#.norm1.weight", "blocks.123.norm1.weight", 123},
        {"blocks.#.norm1.weight", "blocks..norm1.weight", -2},
        {"blocks.#.norm1.weight", "blocks.-1.norm1.weight", -2},
        {"blocks.#.norm1.weight", "blocks.1x.norm1.weight", -2},
        {"blocks.#.norm1.weight", "blocks.65535.norm1.weight", 65535},
        {"blocks.#.norm1.weight", "blocks.65536.norm1.weight", -2},
        {"blocks.#.norm1.weight", "blocks.99999999999999999999.norm1.weight", -2},
        {"layer_#/x", "layer_7/x", 7},
        {"head.#.#", "head.3.4", 4},
        {"decoder_*", "decoder_blocks.0.x", -1},
        {"decoder_*", "decoder_", -1},
        {"decoder_*", "decoder", -2},
        {"head.#.*", "head.2.bias", 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int block;
        const bool match = ds_naming_match(row[i].pattern, row[i].name, &block);

        if (match != (row[i].block > -2) || (match && block != row[i].block))
            fail_msg("%s, %s: %d, block %d", row[i].pattern, row[i].name, match, block);
    }
}

/* Every rule leads to a name that ds_tensors_list makes, or says why it leads nowhere. */
static void tables_lead_somewhere(void **state)
{
    int families = 0;

    (void)state;
    for (const struct ds_naming *n = ds_namings; n->name; n++, families++) {
        const struct ds_naming_rule *both[] = {n->rules, n->root};
        int block;

        assert_non_null(ds_naming_lookup(n->rules, n->anchor, &block));
        for (int k = 0; k < 2; k++)
            for (const struct ds_naming_rule *r = both[k]; r && r->from; r++) {
                assert_true((r->to != NULL) != (r->why != NULL));
                if (r->to && (strchr(r->to, '#') != NULL) != (strchr(r->from, '#') != NULL))
                    fail_msg("%s: %s becomes %s", n->name, r->from, r->to);
                if (r->third)
                    assert_non_null(strstr(r->to, "attn.qkv."));
            }
    }
    assert_int_equal(families, 6);
    assert_non_null(ds_naming_refusal("x.lora_A.weight"));
    assert_non_null(ds_naming_refusal("layer1.0.conv1.weight"));
    assert_null(ds_naming_refusal("blocks.0.norm1.weight"));
}

/* All arrays under prefixes of their own; the last one stands for the file. */
static const char *with_prefixes(struct ds_bundle *all, const char *const *prefix, int n,
                                 const char *file)
{
    const struct ds_vit_shape s = net_shape();
    struct ds_err err = {0};

    for (int k = 0; k < n; k++) {
        struct ds_bundle one = {0};

        net_bundle(&one, &s);
        for (int i = 0; i < one.count; i++) {
            struct ds_array *a = &one.array[i];
            char name[200];

            /* numbers tell the network: + 100 k */
            for (int64_t j = 0; j < ds_array_count(a); j++)
                ((float *)a->data)[j] += (float)(100 * k);
            snprintf(name, sizeof name, "%s%s", prefix[k], a->name);
            assert_non_null(ds_bundle_add(all, name, a->type, a->rank, a->dims, a->data, &err));
        }
        ds_bundle_clear(&one);
    }
    return net_save(all, file);
}

/* Of several networks in a file the one that people mean, or the one that is asked for. */
static void of_several_networks_one_is_chosen(void **state)
{
    static const struct {
        const char *prefix[3];
        int n, chosen;
    } row[] = {
        {{""}, 1, 0},
        {{"module."}, 1, 0},
        {{"_orig_mod.module.encoder."}, 1, 0},
        {{"student.backbone.", "teacher.backbone."}, 2, 1},
        {{"teacher.backbone.", "student.backbone."}, 2, 0},
        {{"model.", "model_ema."}, 2, 1},
        {{"state_dict.", "state_dict_ema."}, 2, 1},
        {{"base_encoder.", "momentum_encoder."}, 2, 0},
        {{"momentum_encoder.", "base_encoder."}, 2, 1},
        {{"a.", "b."}, 2, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct ds_model_want w = net_want();
        struct ds_bundle b = {0};
        struct ds_model m;
        const char *path = with_prefixes(&b, row[i].prefix, row[i].n, "several.safetensors");

        net_opens(&m, path, &w);
        if (m.params[0] != 1 + 100.0f * (float)row[i].chosen)
            fail_msg("row %zu: took the network of %g", i, (double)m.params[0]);
        if (row[i].n > 1)
            card_says(&m, "prefix taken off", row[i].prefix[row[i].chosen], "--prefix");
        ds_model_close(&m);
        ds_bundle_clear(&b);
    }
}

static void a_prefix_can_be_asked_for(void **state)
{
    static const char *const prefix[] = {"student.backbone.", "teacher.backbone.", ""};
    struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;
    char path[1200];

    (void)state;
    snprintf(path, sizeof path, "%s", with_prefixes(&b, prefix, 3, "asked.safetensors"));
    snprintf(w.prefix, sizeof w.prefix, "student.backbone.");
    net_opens(&m, path, &w);
    assert_true(m.params[0] == 1);
    ds_model_close(&m);
    snprintf(w.prefix, sizeof w.prefix, "teacher.backbone.");
    net_opens(&m, path, &w);
    assert_true(m.params[0] == 101);
    ds_model_close(&m);
    snprintf(w.prefix, sizeof w.prefix, "nobody.");
    net_refused(path, &w, DS_DATA, "no network under the prefix 'nobody.'");
    ds_bundle_clear(&b);
}

/* The blocks of DINOv2's files are cut into chunks: blocks.CHUNK.BLOCK. */
static void chunks_are_taken_out_of_names(void **state)
{
    const struct ds_vit_shape s = net_shape();
    const struct ds_model_want w = net_want();
    struct ds_bundle b = {0}, chunked = {0};
    struct ds_model m;
    struct ds_err err = {0};

    (void)state;
    net_bundle(&b, &s);
    for (int i = 0; i < b.count; i++) {
        const struct ds_array *a = &b.array[i];
        char name[100];
        int block, used = 0;

        if (sscanf(a->name, "blocks.%d.%n", &block, &used) == 1)
            snprintf(name, sizeof name, "blocks.%d.%d.%s", block / 2, block, a->name + used);
        else
            snprintf(name, sizeof name, "%s", a->name);
        assert_non_null(
            ds_bundle_add(&chunked, name, a->type, a->rank, a->dims, a->data, &err));
    }
    net_opens(&m, net_save(&chunked, "chunked.safetensors"), &w);
    assert_int_equal(m.vit.shape.depth, 2);
    for (int i = 0; i < m.vit.tensors.count; i++)
        assert_true(m.params[m.vit.tensors.row[i].at] == (float)(i + 1));
    ds_model_close(&m);
    ds_bundle_clear(&b);
    ds_bundle_clear(&chunked);
}

static void names_that_nobody_knows_are_refused(void **state)
{
    static const struct {
        const char *name, *words;
    } row[] = {
        {"blocks.0.attn.rope.freqs", "RoPE"},
        {"blocks.0.attn.q_norm.weight", "qk_norm"},
        {"blocks.0.attn.qkv.lora_A", "LoRA"},
        {"blocks.0.mystery.weight", "is no part of a ViT that driftscope knows"},
        {"blocks.0.gamma_1", "has no place in the network"},
    };
    const struct ds_vit_shape s = net_shape();
    const int64_t dims[] = {8};

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_bundle b = {0};

        net_bundle(&b, &s);
        net_zeros(&b, row[i].name, DS_F32, 1, dims);
        if (i == 4) /* one block has LayerScale, the first has not */
            net_change(&b, "blocks.0.gamma_1", "blocks.1.gamma_1", 0, NULL);
        net_spoilt(&b, DS_DATA, row[i].words);
    }
}

static void one_tensor_under_two_names_is_refused(void **state)
{
    struct ds_vit_shape s = net_shape();
    const int64_t dims[] = {8};
    struct ds_bundle b = {0};

    (void)state;
    s.layer_scale = true;
    net_bundle(&b, &s);
    net_zeros(&b, "blocks.0.gamma_1", DS_F32, 1, dims);
    net_spoilt(&b, DS_DATA, "is there twice under different names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_numbers_and_endings),
        cmocka_unit_test(tables_lead_somewhere),
        cmocka_unit_test(of_several_networks_one_is_chosen),
        cmocka_unit_test(a_prefix_can_be_asked_for),
        cmocka_unit_test(chunks_are_taken_out_of_names),
        cmocka_unit_test(names_that_nobody_knows_are_refused),
        cmocka_unit_test(one_tensor_under_two_names_is_refused),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
