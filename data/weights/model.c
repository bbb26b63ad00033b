/* data/weights/model.c -- a network from any file, ready to run. See the header. */
#define _GNU_SOURCE
#include "data/weights/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/store/file.h"
#include "data/store/h5.h"
#include "data/store/run.h"
#include "data/weights/model_int.h"

int ds_model_begin(struct ds_model *m, const struct ds_vit_shape *shape, struct ds_err *err)
{
    if (ds_vit_open(&m->vit, shape, err))
        return err->code;
    m->params = malloc(m->vit.tensors.total * sizeof *m->params);
    m->view.block = calloc((size_t)shape->depth, sizeof *m->view.block);
    if (!m->params || !m->view.block)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %zu parameters", m->file,
                       m->vit.tensors.total);
    ds_vit_view(&m->view, m->view.block, &m->vit.tensors, m->params, NULL);
    return 0;
}

void ds_model_close(struct ds_model *m)
{
    for (int i = 0; m->class_name && i < m->vit.shape.classes; i++)
        free(m->class_name[i]);
    free(m->class_name);
    free(m->view.block);
    free(m->params);
    ds_vit_close(&m->vit);
    *m = (struct ds_model){0};
}

/* What the command line says comes first, so nobody else is believed. */
static int wanted(struct ds_facts *f, const struct ds_model_want *w, struct ds_err *err)
{
    const char *const list[] = {w->mean, w->std};
    static const char *const name[] = {"--mean", "--std"};
    static const enum ds_fact_key key[] = {DS_FACT_MEAN, DS_FACT_STD};

    if (w->heads)
        ds_facts_number(f, DS_FACT_HEADS, w->heads, "--heads");
    if (w->eps > 0)
        ds_facts_number(f, DS_FACT_EPS, w->eps, "--eps");
    if (w->pool)
        ds_facts_number(f, DS_FACT_POOL, w->pool - 1, "--pool");
    if (*w->recipe)
        ds_facts_text(f, DS_FACT_RECIPE, w->recipe, "--transform");
    if (*w->act && ds_facts_act(w->act) < 0)
        return ds_fail(err, DS_USAGE, "--act %s: expected gelu, gelu_tanh or quick_gelu",
                       w->act);
    if (*w->act)
        ds_facts_number(f, DS_FACT_ACT, ds_facts_act(w->act), "--act");
    for (int i = 0; i < 2; i++) {
        double value[4];
        const int n = *list[i] ? ds_facts_numbers(value, 4, list[i]) : 0;

        if (*list[i] && !n)
            return ds_fail(err, DS_USAGE, "%s %s: expected one number or one for each channel",
                           name[i], list[i]);
        if (n)
            ds_facts_list(f, key[i], value, n, name[i]);
    }
    return 0;
}

static void card_numbers(struct ds_card *c, const struct ds_facts *f)
{
    static const char *const act[] = {"gelu (erf)", "gelu (tanh)", "quick_gelu"};
    const struct ds_fact *fact = f->fact;

    ds_card_add(c, "eps", fact[DS_FACT_EPS].from, "%g", fact[DS_FACT_EPS].value[0]);
    ds_card_add(c, "activation", fact[DS_FACT_ACT].from, "%s",
                act[(int)fact[DS_FACT_ACT].value[0]]);
}

/* How pictures are prepared. A card that came with the file keeps its rows where nobody said
 * otherwise today. */
static void card_pictures(struct ds_card *c, const struct ds_facts *f, bool resized)
{
    static const struct {
        enum ds_fact_key key;
        const char *name;
    } list[] = {{DS_FACT_MEAN, "mean"}, {DS_FACT_STD, "std"}, {DS_FACT_RECIPE, "transform"}};

    for (int i = 0; i < 3; i++) {
        const struct ds_fact *x = &f->fact[list[i].key];
        char text[120] = "";
        int n = 0;

        if (ds_card_lookup(c, list[i].name) && strncmp(x->from, "--", 2) &&
            !(resized && list[i].key == DS_FACT_RECIPE))
            continue;
        for (int k = 0; k < x->n && n < (int)sizeof text; k++)
            n +=
                snprintf(text + n, sizeof text - (size_t)n, "%s%g", k ? ", " : "", x->value[k]);
        ds_card_put(c, list[i].name, x->from, "%s",
                    list[i].key == DS_FACT_RECIPE ? x->text : text);
    }
}

static void card_file(struct ds_card *c, const struct ds_archive *a, const struct ds_parts *p,
                      const char *path)
{
    char source[200];

    ds_card_add(c, "file", a->container, "%s", path);
    snprintf(source, sizeof source, "file: its %s", p->naming->anchor);
    ds_card_add(c, "names", source, "%s", p->naming->name);
    if (*p->prefix)
        ds_card_add(c, "prefix taken off",
                    *p->others ? "several networks in the file; --prefix chooses another"
                               : "file",
                    "%s%s%s", p->prefix, *p->others ? ", not " : "", p->others);
    ds_card_add(c, "tensors", p->dropped ? p->dropped_why : "file",
                "%d used, %d left behind, %d beside the network%s%s", p->count, p->dropped,
                p->outside, *p->outside_name ? ", e.g. " : "", p->outside_name);
}

static void move_labels(struct ds_model *m, struct ds_facts *f)
{
    if (f->class_name && f->classes == m->vit.shape.classes) {
        m->class_name = f->class_name;
        f->class_name = NULL;
        f->classes = 0;
    }
}

/* The input size that was asked for, and then the pictures for it. */
static int set_input(struct ds_model *m, const struct ds_model_want *w, struct ds_err *err)
{
    static const char *const how[] = {"bicubic, antialiased (timm)", "bicubic (transformers)",
                                      "bicubic by scale (DINO)", "bilinear (timm, npz files)"};
    const struct ds_vit_shape *s = &m->vit.shape;

    if (!w->size || (w->size == s->height && w->size == s->width))
        return 0;
    if (ds_model_resize(m, w->size, w->size, (enum ds_pos_resize)w->resize, err))
        return err->code;
    ds_card_put(&m->card, "input", "--image-size, --pos-resize",
                "%d x %d: position embedding resized to %d x %d, %s", s->height, s->width,
                ds_grid_h(s), ds_grid_w(s), how[w->resize]);
    return 0;
}

static int finish(struct ds_model *m, struct ds_facts *f, const struct ds_model_want *w,
                  struct ds_err *err)
{
    const int was_h = m->vit.shape.height, was_w = m->vit.shape.width;

    if (set_input(m, w, err) || ds_model_pictures(m, f, was_h, was_w, err))
        return err->code;
    card_pictures(&m->card, f, was_h != m->vit.shape.height || was_w != m->vit.shape.width);
    return 0;
}

/* An archive of somebody else, through naming, facts and fill. */
static int open_foreign(struct ds_model *m, const char *path, const struct ds_model_want *w,
                        struct ds_err *err)
{
    const bool plain = !strcmp(w->prefix, "-");
    const char *prefix = plain ? "" : *w->prefix ? w->prefix : NULL;
    struct ds_archive a = {0};
    struct ds_parts parts = {0};
    struct ds_facts facts = {0};
    struct ds_vit_shape shape;
    struct ds_describing d = {path, &parts, &facts, &shape, &m->card, false, &a};
    int code;

    if ((code = ds_archive_open(&a, path, err)) ||
        (code = ds_parts_find(&parts, &a, path, prefix, err)))
        goto done;
    card_file(&m->card, &a, &parts, path);
    if ((code = wanted(&facts, w, err)) ||
        (code = ds_facts_metadata(&facts, &a.meta, path, err)) ||
        (code = ds_facts_config(&facts, path, err)) || (code = ds_describe(&d, err)) ||
        (code = ds_model_begin(m, &shape, err)) ||
        (code = ds_fill(m->params, &m->vit, &d, err)))
        goto done;
    card_numbers(&m->card, &facts);
    code = finish(m, &facts, w, err);
    move_labels(m, &facts);

done:
    ds_facts_clear(&facts);
    ds_parts_clear(&parts);
    ds_archive_close(&a);
    return code;
}

/* Whether a file begins as ours do. */
static bool is_ours(const char *path)
{
    char magic[8] = "";
    FILE *f = fopen(path, "rb");
    const size_t n = f ? fread(magic, 1, sizeof magic, f) : 0;

    if (f)
        fclose(f);
    return n == sizeof magic && !memcmp(magic, "driftsc\n", sizeof magic);
}

/* A folder is a run when run.h5 or its checkpoints are in it. */
static bool is_run(const char *path)
{
    char inside[DS_PATH_MAX + 32];

    snprintf(inside, sizeof inside, "%s/checkpoints", path);
    return !ds_file_absent(inside);
}

static int refuse_wants(const char *address, const struct ds_model_want *w, struct ds_err *err)
{
    if (w->heads || w->eps > 0 || *w->act || w->pool || *w->prefix)
        return ds_fail(err, DS_USAGE,
                       "%s: is a checkpoint of driftscope, which knows its heads, epsilon, "
                       "activation and pooling; leave these options out",
                       address);
    return 0;
}

static int open_ours(struct ds_model *m, const char *address, const struct ds_model_want *w,
                     struct ds_err *err)
{
    struct ds_bundle b = {0};
    struct ds_facts facts = {0};
    int code;

    if ((code = refuse_wants(address, w, err)) || (code = ds_bundle_load(&b, m->file, err)) ||
        (code = wanted(&facts, w, err)) || (code = ds_model_open_ours(m, &facts, &b, err)))
        goto done;
    code = finish(m, &facts, w, err);

done:
    ds_facts_clear(&facts);
    ds_bundle_clear(&b);
    return code;
}

int ds_model_open(struct ds_model *m, const char *address, const struct ds_model_want *want,
                  struct ds_err *err)
{
    struct ds_address at;
    struct stat st;
    int code;

    *m = (struct ds_model){0};
    if (ds_address_parse(&at, address, err))
        return err->code;
    snprintf(m->file, sizeof m->file, "%s", address);
    snprintf(m->source, sizeof m->source, "%s", address);
    if (stat(at.run, &st) && stat(address, &st))
        return ds_fail(err, ds_open_code(errno), "%s: %s", address, strerror(errno));
    if (S_ISDIR(st.st_mode) && is_run(at.run))
        code = ds_run_file(m->file, sizeof m->file, &at, err) || open_ours(m, address, want, err);
    else if (S_ISREG(st.st_mode) && is_ours(address))
        code = open_ours(m, address, want, err);
    else
        code = open_foreign(m, address, want, err);
    if (!code)
        return 0;
    ds_model_close(m);
    return err->code;
}
