/* data/weights/config.c -- the configuration that lies beside a weights file.
 *
 * Hugging Face: config.json (num_attention_heads, layer_norm_eps, hidden_act, image_size,
 * id2label; CLIP has them in vision_config) and preprocessor_config.json (image_mean,
 * image_std, size, crop_size, resample). timm on the hub: config.json with pretrained_cfg
 * (input_size, mean, std, interpolation, crop_pct), model_args and global_pool. open_clip:
 * open_clip_config.json. */
#define _GNU_SOURCE
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/vit/shape.h"
#include "data/image/picture.h"
#include "data/store/file.h"
#include "data/store/json.h"
#include "data/weights/facts.h"

enum { CONFIG_MAX = 4 << 20, PATH_MAX_HERE = 4096, LABELS_MAX = 65535 };

/* The JSON of `name` beside `file`, *root NULL where there is none. */
static int load(json_t **root, char *path, const char *file, const char *name,
                struct ds_err *err)
{
    const char *slash = strrchr(file, '/');
    unsigned char *bytes;
    json_error_t where;
    size_t n;
    int code;

    *root = NULL;
    if (snprintf(path, PATH_MAX_HERE, "%.*s%s", slash ? (int)(slash + 1 - file) : 0, file,
                 name) >= PATH_MAX_HERE ||
        ds_file_absent(path))
        return 0;
    if (ds_file_read(&bytes, &n, path, CONFIG_MAX, err))
        return err->code;
    code = ds_json_measure((const char *)bytes, n, path, err);
    if (!code)
        *root = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, &where);
    free(bytes);
    if (code)
        return code;
    if (!json_is_object(*root)) {
        json_decref(*root);
        *root = NULL;
        return ds_fail(
            err, DS_DATA,
            "%s: is not a JSON object; mend it, or move it away to import without it", path);
    }
    return 0;
}

static void number(struct ds_facts *f, enum ds_fact_key key, const json_t *at, const char *name)
{
    const json_t *value = json_object_get(at, name);
    char from[100];

    snprintf(from, sizeof from, "config.json: %s", name);
    if (json_is_number(value))
        ds_facts_number(f, key, json_number_value(value), from);
}

/* [3 numbers] of `name`; `file` for the card, `path` for the sentence. */
static int triple(struct ds_facts *f, enum ds_fact_key key, const json_t *at, const char *name,
                  const char *file, const char *path, struct ds_err *err)
{
    const json_t *list = json_object_get(at, name);
    double value[4];
    char from[100];
    const size_t n = json_array_size(list);

    if (!list || json_is_null(list))
        return 0;
    for (size_t i = 0; i < n && i < 4; i++) {
        if (!json_is_number(json_array_get(list, i)))
            return ds_fail(err, DS_DATA, "%s: %s is no list of numbers", path, name);
        value[i] = json_number_value(json_array_get(list, i));
    }
    if (n < 1 || n > 4)
        return ds_fail(err, DS_DATA, "%s: %s is no list of 1 to 4 numbers", path, name);
    snprintf(from, sizeof from, "%s: %s", file, name);
    ds_facts_list(f, key, value, (int)n, from);
    return 0;
}

/* 224, or [height, width]. */
static void image_size(struct ds_facts *f, const json_t *at, const char *file)
{
    char from[100];
    const json_t *size = json_object_get(at, "image_size");
    double value[2] = {json_number_value(size), json_number_value(size)};

    if (json_array_size(size) == 2)
        for (size_t i = 0; i < 2; i++)
            value[i] = json_number_value(json_array_get(size, i));
    else if (!json_is_number(size))
        return;
    snprintf(from, sizeof from, "%s: image_size", file);
    ds_facts_list(f, DS_FACT_SIZE, value, 2, from);
}

static int activation(struct ds_facts *f, const json_t *at, const char *path,
                      struct ds_err *err)
{
    const char *word = json_string_value(json_object_get(at, "hidden_act"));
    const int act = word ? ds_facts_act(word) : 0;

    if (!word)
        return 0;
    if (act < 0 && strcmp(word, "silu") && strcmp(word, "swish"))
        return ds_fail(
            err, DS_DATA,
            "%s: hidden_act is '%.40s'; driftscope runs gelu, gelu_tanh and quick_gelu "
            "(give one with --act to override)",
            path, word);
    if (act >= 0)
        ds_facts_number(f, DS_FACT_ACT, act, "config.json: hidden_act");
    return 0;
}

/* id2label {"0": "tench", ...}: kept when it names every class from 0 on. */
static int labels(struct ds_facts *f, const json_t *root, struct ds_err *err)
{
    const json_t *map = json_object_get(root, "id2label");
    const size_t n = json_object_size(map);

    if (n < 1 || n > LABELS_MAX || f->class_name)
        return 0;
    f->class_name = calloc(n, sizeof *f->class_name);
    if (!f->class_name)
        return ds_fail(err, DS_NOMEM, "out of memory for %zu class names", n);
    f->classes = (int)n;
    for (size_t i = 0; i < n; i++) {
        char key[16];
        const char *name;

        snprintf(key, sizeof key, "%zu", i);
        name = json_string_value(json_object_get(map, key));
        f->class_name[i] = strdup(name ? name : key);
        if (!f->class_name[i])
            return ds_fail(err, DS_NOMEM, "out of memory for %zu class names", n);
    }
    return 0;
}

/* A side of a picture in JSON. */
static bool is_side(double x)
{
    return x >= 1 && x <= DS_PICTURE_SIDE;
}

/* What timm keeps about the pictures. */
static int timm(struct ds_facts *f, const json_t *root, const char *path, struct ds_err *err)
{
    const json_t *cfg = json_object_get(root, "pretrained_cfg");
    const json_t *size = json_object_get(cfg, "input_size");
    const json_t *crop = json_object_get(cfg, "crop_pct");
    const char *filter = json_string_value(json_object_get(cfg, "interpolation"));
    const char *pool = json_string_value(json_object_get(root, "global_pool"));
    const double share = json_number_value(crop);
    double side[2] = {0, 0};
    char text[100];

    number(f, DS_FACT_HEADS, json_object_get(root, "model_args"), "num_heads");
    if (json_is_object(cfg))
        number(f, DS_FACT_DIM, root, "num_features");
    if (pool && (!strcmp(pool, "avg") || !strcmp(pool, "token")))
        ds_facts_number(f, DS_FACT_POOL, !strcmp(pool, "avg"), "config.json: global_pool");
    if (triple(f, DS_FACT_MEAN, cfg, "mean", "config.json", path, err) ||
        triple(f, DS_FACT_STD, cfg, "std", "config.json", path, err))
        return err->code;
    for (size_t i = 0; json_array_size(size) == 3 && i < 2; i++)
        side[i] = json_number_value(json_array_get(size, i + 1));
    if (json_array_size(size) != 3)
        return 0;
    ds_facts_list(f, DS_FACT_SIZE, side, 2, "config.json: input_size");
    if (!(share > 0.05 && share < 8) || side[0] != side[1] || !filter ||
        (strcmp(filter, "bicubic") && strcmp(filter, "bilinear")))
        return 0;
    snprintf(text, sizeof text, "resize size/%g %s, crop size", share, filter);
    ds_facts_text(f, DS_FACT_RECIPE, text, "config.json: crop_pct, interpolation");
    return 0;
}

static int config(struct ds_facts *f, const char *file, struct ds_err *err)
{
    char path[PATH_MAX_HERE];
    json_t *root, *at;
    int code = load(&root, path, file, "config.json", err);

    if (code || !root)
        return code;
    at = json_object_get(root, "vision_config");
    if (!json_is_object(at))
        at = root;
    number(f, DS_FACT_HEADS, at, "num_attention_heads");
    number(f, DS_FACT_EPS, at, "layer_norm_eps");
    number(f, DS_FACT_DIM, at, "hidden_size");
    image_size(f, at, "config.json");
    code = activation(f, at, path, err);
    code = code ? code : labels(f, root, err);
    code = code ? code : timm(f, root, path, err);
    json_decref(root);
    return code;
}

/* One number of {"height": h, "width": w}, {"shortest_edge": s}, or a bare number. */
static double side_of(const json_t *size, const char *key)
{
    if (json_is_number(size))
        return json_number_value(size);
    return json_number_value(json_object_get(size, key));
}

/* The pipeline of ViTImageProcessor, CLIPImageProcessor and BitImageProcessor, in our words. */
static void pipeline(char *text, size_t room, const json_t *root)
{
    const json_t *size = json_object_get(root, "size"),
                 *crop = json_object_get(root, "crop_size");
    const json_t *resample = json_object_get(root, "resample");
    const char *filter = json_integer_value(resample) == 3 ? "bicubic" : "bilinear";
    const double shortest = side_of(size, "shortest_edge");
    const double height = side_of(size, "height"), width = side_of(size, "width");
    const bool crops = json_is_true(json_object_get(root, "do_center_crop"));
    const double cut = side_of(crop, "height");

    *text = '\0';
    if (json_is_false(json_object_get(root, "do_resize")))
        return;
    if (json_is_number(size) && crops && is_side(shortest))
        snprintf(text, room, "resize %d %s", (int)shortest, filter);
    else if (is_side(height) && is_side(width))
        snprintf(text, room, "resize %dx%d %s", (int)width, (int)height, filter);
    else if (is_side(shortest))
        snprintf(text, room, "resize %d %s", (int)shortest, filter);
    if (*text && crops && is_side(cut))
        snprintf(text + strlen(text), room - strlen(text), ", crop %d", (int)cut);
}

static int preprocessor(struct ds_facts *f, const char *file, struct ds_err *err)
{
    static const char where[] = "preprocessor_config.json";
    char path[PATH_MAX_HERE], text[100];
    json_t *root;
    int code = load(&root, path, file, where, err);

    if (code || !root)
        return code;
    code = triple(f, DS_FACT_MEAN, root, "image_mean", where, path, err) ||
           triple(f, DS_FACT_STD, root, "image_std", where, path, err);
    pipeline(text, sizeof text, root);
    if (*text)
        ds_facts_text(f, DS_FACT_RECIPE, text, "preprocessor_config.json: size, resample");
    json_decref(root);
    return code ? (int)err->code : 0;
}

/* open_clip_config.json: model_cfg.vision_cfg says width and head_width, quick_gelu is said in
 * so many words or is not meant. */
static int open_clip(struct ds_facts *f, const char *file, struct ds_err *err)
{
    static const char where[] = "open_clip_config.json";
    char path[PATH_MAX_HERE];
    json_t *root, *model, *vision, *pictures;
    int code = load(&root, path, file, where, err);

    if (code || !root)
        return code;
    model = json_object_get(root, "model_cfg");
    vision = json_object_get(model, "vision_cfg");
    pictures = json_object_get(root, "preprocess_cfg");
    if (json_is_object(vision)) {
        const double width = json_number_value(json_object_get(vision, "width"));
        const double head = json_is_number(json_object_get(vision, "head_width"))
                                ? json_number_value(json_object_get(vision, "head_width"))
                                : 64; /* open_clip's default */

        if (width >= 1 && head >= 1)
            ds_facts_number(f, DS_FACT_HEADS, floor(width / head),
                            "open_clip_config.json: width / head_width");
        ds_facts_number(f, DS_FACT_ACT,
                        json_is_true(json_object_get(model, "quick_gelu")) ? DS_ACT_QUICK_GELU
                                                                           : DS_ACT_GELU,
                        "open_clip_config.json: quick_gelu");
        image_size(f, vision, where);
    }
    code = triple(f, DS_FACT_MEAN, pictures, "mean", where, path, err) ||
           triple(f, DS_FACT_STD, pictures, "std", where, path, err);
    json_decref(root);
    return code ? (int)err->code : 0;
}

int ds_facts_config(struct ds_facts *f, const char *file, struct ds_err *err)
{
    char inside[PATH_MAX_HERE];
    struct stat st;

    if (!stat(file, &st) && S_ISDIR(st.st_mode) &&
        snprintf(inside, sizeof inside, "%s/", file) < (int)sizeof inside)
        file = inside;
    return config(f, file, err) || preprocessor(f, file, err) || open_clip(f, file, err)
               ? (int)err->code
               : 0;
}
