/* tests/fuzz/fuzz_model.c -- a network is opened from damaged weights, metadata and
 * configurations.
 *
 * The input is, one behind the other and separated by a line "====": config.json,
 * preprocessor_config.json, open_clip_config.json, and the weights as safetensors. What opens
 * must be usable: a shape that holds together, finite numbers, a recipe that parses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/image/recipe.h"
#include "data/store/safetensors.h"
#include "data/weights/model.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"

static const char separator[] = "\n====\n";
static const char *const names[] = {"config.json", "preprocessor_config.json",
                                    "open_clip_config.json"};

static const uint8_t *find(const uint8_t *bytes, size_t n)
{
    for (size_t at = 0; at + 6 <= n; at++)
        if (!memcmp(bytes + at, separator, 6))
            return bytes + at;
    return NULL;
}

static void look_at(const struct ds_model *m)
{
    struct ds_recipe recipe;
    struct ds_err err = {0};

    if (ds_vit_shape_check(&m->vit.shape, &err) || !m->params || m->card.rows < 1 ||
        ds_recipe_parse(&recipe, m->recipe, 0, &err) || ds_recipe_random(&recipe)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    for (size_t i = 0; i < m->vit.tensors.total; i++)
        if (!isfinite(m->params[i]))
            abort();
    for (int c = 0; c < m->vit.shape.channels; c++)
        if (!isfinite(m->mean[c]) || !(m->std[c] > 0))
            abort();
    for (int i = 0; m->class_name && i < m->vit.shape.classes; i++)
        if (!m->class_name[i])
            abort();
}

static void open_with(const struct ds_model_want *want)
{
    struct ds_model m;
    struct ds_err err = {0};
    char path[1024];

    snprintf(path, sizeof path, "%s/model.safetensors", ds_fuzz_folder());
    if (!ds_model_open(&m, path, want, &err)) {
        look_at(&m);
    } else {
        ds_fuzz_refused(&err);
        if (m.params || m.class_name)
            abort(); /* a refusal leaves nothing */
    }
    ds_model_close(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct ds_model_want as_it_is = {0}, wanted = {.heads = 2, .size = 12};

    for (int i = 0; i < 3; i++) {
        const uint8_t *end = find(bytes, n);
        const size_t length = end ? (size_t)(end - bytes) : 0;
        char path[1024];

        snprintf(path, sizeof path, "%s/%s", ds_fuzz_folder(), names[i]);
        unlink(path);
        if (length)
            ds_fuzz_put(names[i], bytes, length);
        bytes += end ? length + 6 : 0;
        n -= end ? length + 6 : 0;
    }
    ds_fuzz_put("model.safetensors", bytes, n);
    open_with(&as_it_is);
    open_with(&wanted);
    return 0;
}

/* Every tensor of a small network, with values that are easy on the norms. */
static void add_tensors(struct ds_bundle *b, const struct ds_vit_shape *s, struct ds_err *err)
{
    struct ds_tensors list;

    if (ds_tensors_list(&list, s, err))
        abort();
    for (int i = 0; i < list.count; i++) {
        const struct ds_tensor *t = &list.row[i];
        int64_t dims[4];

        for (int k = 0; k < t->rank; k++)
            dims[k] = t->dims[k];
        if (!ds_bundle_floats(b, t->name, NULL, t->rank, dims, NULL, err))
            abort();
    }
    ds_tensors_clear(&list);
}

static size_t weights(uint8_t *out, size_t room, bool with_notes)
{
    const struct ds_vit_shape s = {.height = 4,
                                   .width = 4,
                                   .channels = 3,
                                   .patch = 2,
                                   .dim = 4,
                                   .depth = 1,
                                   .heads = 2,
                                   .hidden = 4,
                                   .classes = 2,
                                   .cls = true,
                                   .qkv_bias = true,
                                   .embed_prefix = true,
                                   .eps = 1e-6};
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    struct ds_notes *n = ds_bundle_notes(&b, "", &err);
    char path[1024];
    size_t size;
    FILE *f;

    snprintf(path, sizeof path, "%s/seed", ds_fuzz_folder());
    if (with_notes && (ds_note_text(n, "driftscope.heads", "2", &err) ||
                       ds_note_text(n, "driftscope.size", "4,4", &err) ||
                       ds_note_text(n, "driftscope.mean", "0.5", &err) ||
                       ds_note_text(n, "driftscope.std", "0.5,0.5,0.25", &err) ||
                       ds_note_text(n, "driftscope.recipe", "resize 5 bicubic, crop 4", &err)))
        abort();
    add_tensors(&b, &s, &err);
    if (ds_safetensors_save(&b, path, &err))
        abort();
    ds_bundle_clear(&b);
    f = fopen(path, "rb");
    size = f ? fread(out, 1, room, f) : 0;
    if (f)
        fclose(f);
    unlink(path);
    return size;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const char *const texts[] = {
        "{\"num_attention_heads\": 2, \"layer_norm_eps\": 1e-06, \"image_size\": [4, 4], "
        "\"hidden_size\": 4, \"hidden_act\": \"gelu\", \"id2label\": {\"0\": \"a\", \"1\": "
        "\"b\"}}\n====\n{\"size\": {\"shortest_edge\": 5}, \"crop_size\": {\"height\": 4}, "
        "\"do_center_crop\": true, \"resample\": 3, \"image_mean\": [0.5, 0.5, 0.5], "
        "\"image_std\": [0.5, 0.5, 0.5]}\n====\n\n====\n",
        "{\"pretrained_cfg\": {\"input_size\": [3, 4, 4], \"crop_pct\": 0.9, "
        "\"interpolation\": "
        "\"bicubic\", \"mean\": [0.5, 0.5, 0.5]}, \"model_args\": {\"num_heads\": 2}, "
        "\"global_pool\": \"token\", \"num_features\": 4}\n====\n\n====\n\n====\n",
        "\n====\n\n====\n{\"model_cfg\": {\"quick_gelu\": true, \"vision_cfg\": {\"width\": 4, "
        "\"head_width\": 2, \"image_size\": 4}}, \"preprocess_cfg\": {\"mean\": [0.1, 0.2, "
        "0.3], \"std\": [1, 1, 1]}}\n====\n",
        "\n====\n\n====\n\n====\n"};
    const size_t n = i < 4 ? strlen(texts[i]) : 0;

    if (!n)
        return 0;
    memcpy(out, texts[i], n);
    return n + weights(out + n, room - n, i == 3);
}
