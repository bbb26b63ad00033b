/* tests/weights/test_facts.c -- what no tensor tells: who is believed, and what is refused. */
#define _GNU_SOURCE
#include "tests/weights/net_file.h"

/* A network and the configuration beside it, in a folder of their own. */
static char beside[1200], file[1300];

static void lay(const char *name, const char *json, struct ds_bundle *b)
{
    static int number;
    struct ds_err err = {0};
    char path[1300];

    snprintf(beside, sizeof beside, "%s/f%d", folder, number++);
    assert_int_equal(mkdir(beside, 0755), 0);
    snprintf(file, sizeof file, "%s/model.safetensors", beside);
    assert_good(ds_safetensors_save(b, file, &err), &err);
    if (!name)
        return;
    snprintf(path, sizeof path, "%s/%s", beside, name);
    write_file(path, json, strlen(json));
}

static void lay_plain(const char *name, const char *json)
{
    const struct ds_vit_shape s = net_shape();
    struct ds_bundle b = {0};

    net_bundle(&b, &s);
    lay(name, json, &b);
    ds_bundle_clear(&b);
}

/* Option before metadata before configuration before assumption, one step at a time. */
static void whoever_knows_first_is_believed(void **state)
{
    static const char config[] = "{\"num_attention_heads\": 4, \"layer_norm_eps\": 1e-3, "
                                 "\"hidden_act\": \"quick_gelu\"}";
    const struct ds_vit_shape s = net_shape();
    struct ds_model_want w = net_want();
    struct ds_bundle b = {0};
    struct ds_model m;
    struct ds_err err = {0};

    (void)state;
    net_bundle(&b, &s);
    lay(NULL, NULL, &b);
    w.heads = 0;
    net_refused(file, &w, DS_DATA, "give --heads N");
    w.heads = 2;
    net_opens(&m, file, &w);
    card_says(&m, "heads", "2, 4 wide each", "--heads");
    card_says(&m, "eps", "1e-06", "assumed: timm's default");
    card_says(&m, "activation", "gelu (erf)", "assumed: timm's default");
    ds_model_close(&m);

    lay("config.json", config, &b);
    w.heads = 0;
    net_opens(&m, file, &w);
    card_says(&m, "heads", "4, 2 wide each", "config.json: num_attention_heads");
    card_says(&m, "eps", "0.001", "config.json: layer_norm_eps");
    card_says(&m, "activation", "quick_gelu", "config.json: hidden_act");
    ds_model_close(&m);

    assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), "driftscope.heads", "8", &err),
                &err);
    assert_good(
        ds_note_text(ds_bundle_notes(&b, "", &err), "driftscope.act", "gelu_tanh", &err), &err);
    lay("config.json", config, &b);
    net_opens(&m, file, &w);
    card_says(&m, "heads", "8, 1 wide each", "metadata: driftscope.heads");
    card_says(&m, "activation", "gelu (tanh)", "metadata: driftscope.act");
    card_says(&m, "eps", "0.001", "config.json");
    ds_model_close(&m);

    w.heads = 1;
    w.eps = 0.01;
    snprintf(w.act, sizeof w.act, "gelu");
    snprintf(w.mean, sizeof w.mean, "0.1,0.2,0.3");
    snprintf(w.std, sizeof w.std, "0.25");
    snprintf(w.recipe, sizeof w.recipe, "resize 9 bilinear, crop 8");
    w.pool = 2;
    net_opens(&m, file, &w);
    card_says(&m, "heads", "1, 8 wide", "--heads");
    card_says(&m, "eps", "0.01", "--eps");
    card_says(&m, "activation", "gelu (erf)", "--act");
    card_says(&m, "mean", "0.1, 0.2, 0.3", "--mean");
    card_says(&m, "std", "0.25", "--std");
    card_says(&m, "transform", "resize 9 bilinear, crop 8", "--transform");
    card_says(&m, "pool", "mean of the patch tokens", "--pool");
    assert_true(m.vit.shape.eps == 0.01 && m.mean[2] == 0.3 && m.std[2] == 0.25);
    ds_model_close(&m);
    ds_bundle_clear(&b);
}

/* Configurations of Hugging Face, timm and open_clip, read from the folder, too. */
static void configurations_say_what_they_say(void **state)
{
    static const struct {
        const char *name, *json, *key, *value, *source;
    } row[] = {
        {"config.json",
         "{\"pretrained_cfg\": {\"input_size\": [3, 8, 8], \"crop_pct\": 0.5, "
         "\"interpolation\": \"bilinear\", \"mean\": [0.1, 0.2, 0.3]}}",
         "transform", "resize 16 bilinear, crop 8", "config.json: crop_pct"},
        {"config.json",
         "{\"pretrained_cfg\": {\"mean\": [0.1, 0.2, 0.3]}, \"num_features\": 8}", "mean",
         "0.1, 0.2, 0.3", "config.json: mean"},
        {"config.json", "{\"global_pool\": \"avg\"}", "pool", "mean",
         "config.json: global_pool"},
        {"config.json", "{\"image_size\": [8, 8], \"id2label\": {\"0\": \"a\"}}", "grid",
         "4 x 4", "config.json: image_size"},
        {"preprocessor_config.json",
         "{\"size\": {\"shortest_edge\": 10}, \"resample\": 3, "
         "\"do_center_crop\": true, \"crop_size\": {\"height\": 8}}",
         "transform", "resize 10 bicubic, crop 8", "preprocessor_config.json"},
        {"preprocessor_config.json",
         "{\"size\": {\"height\": 8, \"width\": 8}, \"resample\": 2}", "transform",
         "resize 8x8 bilinear", "preprocessor_config.json"},
        {"preprocessor_config.json", "{\"image_mean\": [0, 0, 0], \"image_std\": [1, 1, 1]}",
         "std", "1, 1, 1", "preprocessor_config.json: image_std"},
        {"preprocessor_config.json", "{\"do_resize\": false, \"size\": 4}", "transform",
         "resize 8 bicubic, crop 8", "assumed"},
        {"open_clip_config.json",
         "{\"model_cfg\": {\"quick_gelu\": true, \"vision_cfg\": "
         "{\"width\": 8, \"head_width\": 4}}}",
         "activation", "quick_gelu", "open_clip_config.json"},
        {"config.json", "{\"hidden_act\": \"silu\"}", "activation", "gelu (erf)", "assumed"},
        {"config.json", "[]", NULL, NULL, NULL},
    };
    struct ds_model_want w = net_want();
    struct ds_model m;

    (void)state;
    for (size_t i = 0; row[i].key; i++) {
        lay_plain(row[i].name, row[i].json);
        net_opens(&m, i % 2 ? file : beside, &w);
        card_says(&m, row[i].key, row[i].value, row[i].source);
        ds_model_close(&m);
    }
}

static void configurations_that_cannot_be(void **state)
{
    static const struct {
        const char *name, *json, *words;
    } row[] = {
        {"config.json", "{\"num_attention_heads\": 4", "is not a JSON object"},
        {"config.json", "[1, 2]", "is not a JSON object"},
        {"config.json", "{\"a\": 1, \"a\": 2}", "is not a JSON object"},
        {"config.json", "", "is not a JSON object"},
        {"config.json", "{\"hidden_size\": 768}", "belongs to another network"},
        {"config.json", "{\"pretrained_cfg\": {}, \"num_features\": 192}",
         "belongs to another network"},
        {"config.json", "{\"num_attention_heads\": 3}", "3 heads (config.json"},
        {"config.json", "{\"num_attention_heads\": 2.5}", "2.5 heads (config.json"},
        {"config.json", "{\"num_attention_heads\": -2}", "-2 heads (config.json"},
        {"config.json", "{\"num_attention_heads\": 1e300}", "heads (config.json"},
        {"config.json", "{\"layer_norm_eps\": 0}", "LayerNorm eps is 0"},
        {"config.json", "{\"layer_norm_eps\": -1}", "LayerNorm eps is -1"},
        {"config.json", "{\"image_size\": 1e300}", "says 1e+300 x 1e+300 pixels"},
        {"config.json", "{\"image_size\": -8}", "says -8 x -8 pixels"},
        {"config.json", "{\"image_size\": [8, null]}", "says 8 x 0 pixels"},
        {"config.json", "{\"image_size\": 16}", "has 17 rows, config.json: image_size says"},
        {"config.json", "{\"hidden_act\": \"relu\"}", "hidden_act is 'relu'"},
        {"config.json", "{\"pretrained_cfg\": {\"input_size\": [3, 0, 1e99]}}",
         "pixels, which"},
        {"config.json", "{\"pretrained_cfg\": {\"mean\": [\"a\"]}}",
         "mean is no list of numbers"},
        {"config.json", "{\"pretrained_cfg\": {\"std\": [1, 1, 1, 1, 1]}}",
         "of 1 to 4 numbers"},
        {"preprocessor_config.json", "{\"image_mean\": 0.5}", "image_mean is no list"},
        {"preprocessor_config.json", "{\"image_std\": [0, 1, 1]}", "deviation 0"},
        {"preprocessor_config.json", "{\"image_std\": [1, 1]}",
         "2 numbers of standard deviation"},
        {"preprocessor_config.json", "nonsense", "is not a JSON object"},
        {"open_clip_config.json", "{\"preprocess_cfg\": {\"mean\": []}}", "mean is no list"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct ds_model_want w = {.heads = i > 5 && i < 10 ? 0 : 2};

        lay_plain(row[i].name, row[i].json);
        net_refused(file, &w, DS_DATA, row[i].words);
    }
}

static void metadata_that_cannot_be(void **state)
{
    static const struct {
        const char *key, *text, *words;
    } row[] = {
        {"driftscope.heads", "two", "driftscope.heads = 'two', which is no list of numbers"},
        {"driftscope.heads", "3", "3 heads (the file's metadata"},
        {"driftscope.eps", "nan", "no list of numbers"},
        {"driftscope.act", "relu", "which is no activation"},
        {"driftscope.size", "8", "no list of numbers"},
        {"driftscope.size", "8,1e99", "pixels, which no picture has"},
        {"driftscope.mean", "1,2,3,4,5", "no list of numbers"},
        {"driftscope.recipe", "sharpen", "there is no step 'sharpen'"},
        {"driftscope.recipe", "random-crop 8 bicubic", "draws random numbers"},
        {"driftscope.recipe",
         "resize 8x8 bicubic, resize 8x8 bicubic, resize 8x8 bicubic, resize 8x8 bicubic, "
         "resize 8x8 bicubic, resize 8x8 bicubic, resize 8x8 bicubic",
         "bytes, expected 119"},
    };
    const struct ds_vit_shape s = net_shape();

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct ds_model_want w = {.heads = i == 1 ? 0 : 2};
        struct ds_bundle b = {0};
        struct ds_err err = {0};

        net_bundle(&b, &s);
        assert_good(ds_note_text(ds_bundle_notes(&b, "", &err), row[i].key, row[i].text, &err),
                    &err);
        lay(NULL, NULL, &b);
        net_refused(file, &w, DS_DATA, row[i].words);
        ds_bundle_clear(&b);
    }
}

static void options_that_cannot_be(void **state)
{
    struct ds_model_want w;

    (void)state;
    lay_plain(NULL, NULL);
    w = (struct ds_model_want){.heads = 3};
    net_refused(file, &w, DS_USAGE, "3 heads (--heads) do not divide a width of 8");
    w = (struct ds_model_want){.heads = 2, .act = "relu"};
    net_refused(file, &w, DS_USAGE, "--act relu: expected gelu");
    w = (struct ds_model_want){.heads = 2, .mean = "a"};
    net_refused(file, &w, DS_USAGE, "--mean a: expected one number");
    w = (struct ds_model_want){.heads = 2, .std = "1,,2"};
    net_refused(file, &w, DS_USAGE, "--std 1,,2: expected one number");
    w = (struct ds_model_want){.heads = 2, .recipe = "sharpen 3"};
    net_refused(file, &w, DS_USAGE, "there is no step 'sharpen'");
    w = (struct ds_model_want){.heads = 2, .recipe = "autoaugment imagenet"};
    net_refused(file, &w, DS_USAGE, "draws random numbers");
    w = (struct ds_model_want){.heads = 2, .size = 9};
    net_refused(file, &w, DS_USAGE, "is not divisible by patch 2");
    net_refused("nothing.here", &w, DS_NOINPUT, "nothing.here: No such file");
}

/* id2label counts when it names as many classes as there are. */
static void class_names_come_from_the_configuration(void **state)
{
    const struct ds_model_want w = net_want();
    struct ds_model m;

    (void)state;
    lay_plain("config.json", "{\"id2label\": {\"0\": \"tench\", \"2\": \"shark\", \"1\": 7}}");
    net_opens(&m, file, &w);
    assert_string_equal(m.class_name[0], "tench");
    assert_string_equal(m.class_name[1], "1");
    assert_string_equal(m.class_name[2], "shark");
    ds_model_close(&m);
    lay_plain("config.json", "{\"id2label\": {\"0\": \"LABEL_0\", \"1\": \"LABEL_1\"}}");
    net_opens(&m, file, &w);
    assert_null(m.class_name);
    ds_model_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_knows_first_is_believed),
        cmocka_unit_test(configurations_say_what_they_say),
        cmocka_unit_test(configurations_that_cannot_be),
        cmocka_unit_test(metadata_that_cannot_be),
        cmocka_unit_test(options_that_cannot_be),
        cmocka_unit_test(class_names_come_from_the_configuration),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
