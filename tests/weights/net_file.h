/* tests/weights/net_file.h -- a small ViT as a safetensors file that can be spoilt: timm's
 * names, width 8, 2 heads, 2 blocks, 4 x 4 patches of 2 x 2 pixels. */
#ifndef DS_TESTS_WEIGHTS_NET_FILE_H
#define DS_TESTS_WEIGHTS_NET_FILE_H

#include "tests/data/store_help.h"

#include "data/store/safetensors.h"
#include "data/weights/model_int.h"

static inline struct ds_vit_shape net_shape(void)
{
    return (struct ds_vit_shape){.height = 8,
                                 .width = 8,
                                 .channels = 3,
                                 .patch = 2,
                                 .dim = 8,
                                 .depth = 2,
                                 .heads = 2,
                                 .hidden = 12,
                                 .classes = 3,
                                 .cls = true,
                                 .qkv_bias = true,
                                 .embed_prefix = true,
                                 .eps = 1e-6};
}

/* Every number tells its tensor and its place. */
static inline void net_bundle(struct ds_bundle *b, const struct ds_vit_shape *s)
{
    struct ds_tensors list;
    struct ds_err err = {0};

    assert_good(ds_tensors_list(&list, s, &err), &err);
    for (int i = 0; i < list.count; i++) {
        const struct ds_tensor *t = &list.row[i];
        float *value = malloc(t->count * sizeof *value);
        int64_t dims[4];

        for (int k = 0; k < t->rank; k++)
            dims[k] = t->dims[k];
        for (size_t k = 0; k < t->count; k++)
            value[k] = (float)(i + 1) + (float)k / 4096;
        assert_non_null(ds_bundle_floats(b, t->name, value, t->rank, dims, NULL, &err));
        free(value);
    }
    ds_tensors_clear(&list);
}

/* Gives an array another name or other dimensions, both of as many numbers. */
static inline void net_change(struct ds_bundle *b, const char *name, const char *to, int rank,
                              const int64_t *dims)
{
    struct ds_bundle other = {0};
    struct ds_err err = {0};

    for (int i = 0; i < b->count; i++) {
        const struct ds_array *a = &b->array[i];
        const bool this = !strcmp(a->name, name);

        if (this && !to)
            continue;
        assert_non_null(ds_bundle_add(&other, this ? to : a->name, a->type,
                                      this && rank ? rank : a->rank,
                                      this && rank ? dims : a->dims, a->data, &err));
    }
    ds_bundle_clear(b);
    *b = other;
}

static inline void net_drop(struct ds_bundle *b, const char *name)
{
    net_change(b, name, NULL, 0, NULL);
}

static inline void net_zeros(struct ds_bundle *b, const char *name, enum ds_type type, int rank,
                             const int64_t *dims)
{
    struct ds_err err = {0};

    assert_non_null(ds_bundle_add(b, name, type, rank, dims, NULL, &err));
}

static inline const char *net_save(struct ds_bundle *b, const char *name)
{
    const char *path = in_folder(name);
    struct ds_err err = {0};

    assert_good(ds_safetensors_save(b, path, &err), &err);
    return path;
}

/* Everything that cannot be assumed about so small a network. */
static inline struct ds_model_want net_want(void)
{
    return (struct ds_model_want){.heads = 2};
}

static inline void net_opens(struct ds_model *m, const char *path,
                             const struct ds_model_want *w)
{
    struct ds_err err = {0};

    assert_good(ds_model_open(m, path, w, &err), &err);
}

/* The refusal; the model is empty behind it. */
static inline void net_refused(const char *path, const struct ds_model_want *w,
                               enum ds_code code, const char *words)
{
    struct ds_model m;
    struct ds_err err = {0};

    assert_says(ds_model_open(&m, path, w, &err), code, &err, words);
    assert_null(m.params);
    assert_null(m.class_name);
}

static inline void net_spoilt(struct ds_bundle *b, enum ds_code code, const char *words)
{
    const struct ds_model_want w = net_want();

    net_refused(net_save(b, "spoilt.safetensors"), &w, code, words);
    ds_bundle_clear(b);
}

static inline void card_says(const struct ds_model *m, const char *key, const char *value,
                             const char *source)
{
    const struct ds_card_row *row = ds_card_lookup(&m->card, key);

    if (!row)
        fail_msg("no row %s", key);
    if (!strstr(row->value, value) || !strstr(row->source, source))
        fail_msg("%s: '%s' (%s), expected '%s' (%s)", key, row->value, row->source, value,
                 source);
}

#endif
