/* data/weights/ours.c -- checkpoints and imported networks in our own HDF5, in and out.
 *
 *     model/NAME     float32, timm's names; of a run, the heads of all tasks joined
 *     head/refined.* the head after refinement, where there is one: it is the one taken
 *     card/...       what import printed, three lists of texts
 *     classes/name   names of the classes, where they are known
 *     notes          the shape (shape_note.h), mean, std, recipe, source
 *
 * Of a run's checkpoint only the classes learned so far are taken. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "data/store/h5.h"
#include "data/store/safetensors.h"
#include "data/weights/model_int.h"
#include "data/weights/shape_note.h"

static bool is_head(const struct ds_tensor *t)
{
    return t->part == DS_HEAD_W || t->part == DS_HEAD_B;
}

/* A head may have rows for classes that are not learned yet; they come last. */
static int copy(float *to, struct ds_bundle *b, const char *file, const char *name,
                const struct ds_tensor *t, struct ds_err *err)
{
    struct ds_array *a = ds_bundle_lookup(b, name);
    const float *value;

    if (!a || a->type != DS_F32 || !a->data || (size_t)ds_array_count(a) < t->count ||
        (!is_head(t) && (size_t)ds_array_count(a) != t->count))
        return ds_fail(err, DS_DATA, "%s: has no '%s' of %zu float32", file, name, t->count);
    value = a->data;
    for (size_t k = 0; k < t->count; k++)
        if (!isfinite(value[k]))
            return ds_fail(err, DS_DATA, "%s: '%s' holds values that are not finite", file,
                           name);
    memcpy(to, value, t->count * sizeof *to);
    free(a->data); /* else a network is in memory twice */
    a->data = NULL;
    return 0;
}

static int copy_all(struct ds_model *m, struct ds_bundle *b, bool refined, struct ds_err *err)
{
    for (int i = 0; i < m->vit.tensors.count; i++) {
        const struct ds_tensor *t = &m->vit.tensors.row[i];
        char name[96];

        snprintf(name, sizeof name, "model/%s", t->name);
        if (is_head(t) && refined)
            snprintf(name, sizeof name, "head/refined.%s",
                     t->part == DS_HEAD_W ? "weight" : "bias");
        if (copy(m->params + t->at, b, m->file, name, t, err))
            return err->code;
    }
    return 0;
}

/* Names of the classes, where the file has enough of them. */
static int name_classes(struct ds_model *m, const struct ds_bundle *b, int classes,
                        struct ds_err *err)
{
    const struct ds_array *a = ds_bundle_lookup(b, "classes/name");

    if (!a || a->type != DS_STRING || classes < 1 || ds_array_count(a) < classes)
        return 0;
    m->class_name = calloc((size_t)classes, sizeof *m->class_name);
    for (int i = 0; m->class_name && i < classes; i++)
        if (!(m->class_name[i] = strdup(((char **)a->data)[i])))
            return ds_fail(err, DS_NOMEM, "out of memory for the names of %d classes", classes);
    return m->class_name
               ? 0
               : ds_fail(err, DS_NOMEM, "out of memory for the names of %d classes", classes);
}

static int read_facts(struct ds_facts *f, const struct ds_notes *n, const char *file,
                      struct ds_err *err)
{
    if (ds_facts_metadata(f, n, file, err))
        return err->code;
    ds_facts_number(f, DS_FACT_MEAN, 0.5, "assumed: the file does not say");
    ds_facts_number(f, DS_FACT_STD, 0.5, "assumed: the file does not say");
    return 0;
}

static void card_of(struct ds_model *m, const struct ds_bundle *b, const char *method)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const struct ds_array *key = ds_bundle_lookup(b, "card/key"),
                          *value = ds_bundle_lookup(b, "card/value"),
                          *source = ds_bundle_lookup(b, "card/source");
    const int64_t rows = key ? ds_array_count(key) : 0;

    if (rows && value && source && key->type == DS_STRING && value->type == DS_STRING &&
        source->type == DS_STRING && ds_array_count(value) == rows &&
        ds_array_count(source) == rows) {
        for (int64_t i = 0; i < rows && m->card.rows < DS_CARD_ROWS - 4; i++)
            ds_card_add(&m->card, ((char **)key->data)[i], ((char **)source->data)[i], "%s",
                        ((char **)value->data)[i]);
        return;
    }
    ds_card_add(&m->card, "file", "driftscope checkpoint", "%s", m->file);
    ds_card_add(&m->card, "method", "the file's notes", "%s", method);
    ds_card_add(&m->card, "network", "the file's notes",
                "width %d, depth %d, %d heads, mlp %d, eps %g", s->dim, s->depth, s->heads,
                s->hidden, s->eps);
    ds_card_add(&m->card, "input", "the file's notes", "%d x %d x %d in patches of %d",
                s->channels, s->height, s->width, s->patch);
    ds_card_add(&m->card, "head", "the file's notes", "%d classes learned", s->classes);
}

int ds_model_open_ours(struct ds_model *m, struct ds_facts *f, struct ds_bundle *b,
                       struct ds_err *err)
{
    const struct ds_notes *n = ds_bundle_notes_lookup(b, "");
    const struct ds_note *seen = n ? ds_note_lookup(n, "classes_seen") : NULL;
    const struct ds_note *kind = n ? ds_note_lookup(n, "kind") : NULL;
    const struct ds_note *source = n ? ds_note_lookup(n, "source") : NULL;
    const struct ds_note *task = n ? ds_note_lookup(n, "task") : NULL;
    const struct ds_note *method = n ? ds_note_lookup(n, "method") : NULL;
    const struct ds_array *counters = ds_bundle_lookup(b, "progress/counters");
    const bool refined = counters && counters->type == DS_I32 && ds_array_count(counters) > 1 &&
                         ((const int *)counters->data)[1] &&
                         ds_bundle_lookup(b, "head/refined.weight");
    struct ds_vit_shape shape;
    char recipe[64];

    if (ds_shape_notes_read(&shape, n, m->file, err))
        return err->code;
    if (seen && seen->type == DS_NOTE_INT && seen->whole >= 0 && seen->whole <= shape.classes)
        shape.classes = (int)seen->whole;
    if (ds_model_begin(m, &shape, err) || copy_all(m, b, refined, err) ||
        read_facts(f, n, m->file, err) || name_classes(m, b, shape.classes, err))
        return err->code;
    snprintf(recipe, sizeof recipe, "resize %dx%d bicubic", shape.width, shape.height);
    ds_facts_text(f, DS_FACT_RECIPE, recipe, "assumed: the file does not say");
    if (shape.classes && task && task->type == DS_NOTE_INT && task->whole > 0 &&
        task->whole <= INT32_MAX && kind && kind->type == DS_NOTE_TEXT &&
        !strcmp(kind->text, "task"))
        m->tasks = (int)task->whole;
    m->ours = !kind || kind->type != DS_NOTE_TEXT || strcmp(kind->text, "import");
    if (source && source->type == DS_NOTE_TEXT)
        snprintf(m->source, sizeof m->source, "%s", source->text);
    card_of(m, b, method && method->type == DS_NOTE_TEXT ? method->text : "unknown");
    return 0;
}

static int save_card(struct ds_bundle *b, const struct ds_card *c, struct ds_err *err)
{
    const char *column[3][DS_CARD_ROWS];
    static const char *const name[] = {"card/key", "card/value", "card/source"};

    for (int i = 0; i < c->rows; i++) {
        column[0][i] = c->row[i].key;
        column[1][i] = c->row[i].value;
        column[2][i] = c->row[i].source;
    }
    for (int k = 0; k < 3; k++)
        if (!ds_bundle_strings(b, name[k], column[k], c->rows, "row", err))
            return err->code;
    return 0;
}

static int save_tensors(struct ds_bundle *b, const struct ds_model *m, const char *folder,
                        struct ds_err *err)
{
    for (int i = 0; i < m->vit.tensors.count; i++) {
        const struct ds_tensor *t = &m->vit.tensors.row[i];
        int64_t dims[4];
        char name[96];

        for (int k = 0; k < t->rank; k++)
            dims[k] = t->dims[k];
        snprintf(name, sizeof name, "%s%s", folder, t->name);
        if (!ds_bundle_add(b, name, DS_F32, t->rank, dims, m->params + t->at, err))
            return err->code;
    }
    return 0;
}

/* What no tensor tells, under the keys that facts.c reads. */
static int save_facts(struct ds_notes *n, const struct ds_model *m, struct ds_err *err)
{
    static const char *const act[] = {"gelu", "gelu_tanh", "quick_gelu"};
    const struct ds_vit_shape *s = &m->vit.shape;
    const double heads = s->heads, size[2] = {s->height, s->width}, pool = s->pool_mean;
    char text[160];

    return ds_note_text(n, "driftscope.heads", ds_list_text(text, sizeof text, &heads, 1),
                        err) ||
                   ds_note_text(n, "driftscope.eps",
                                ds_list_text(text, sizeof text, &s->eps, 1), err) ||
                   ds_note_text(n, "driftscope.act", act[s->act], err) ||
                   ds_note_text(n, "driftscope.size", ds_list_text(text, sizeof text, size, 2),
                                err) ||
                   ds_note_text(n, "driftscope.pool", ds_list_text(text, sizeof text, &pool, 1),
                                err) ||
                   ds_note_text(n, "driftscope.mean",
                                ds_list_text(text, sizeof text, m->mean, s->channels), err) ||
                   ds_note_text(n, "driftscope.std",
                                ds_list_text(text, sizeof text, m->std, s->channels), err) ||
                   ds_note_text(n, "driftscope.recipe", m->recipe, err)
               ? (int)err->code
               : 0;
}

int ds_model_save(const struct ds_model *m, const char *path, struct ds_err *err)
{
    struct ds_bundle b = {0};
    struct ds_notes *n = ds_bundle_notes(&b, "", err);
    const int classes = m->vit.shape.classes;
    int code = !n || ds_note_text(n, "format", "driftscope-checkpoint", err) ||
               ds_note_text(n, "kind", "import", err) ||
               ds_note_text(n, "version", DS_VERSION, err) ||
               ds_note_text(n, "source", m->source, err) ||
               ds_shape_notes_write(n, &m->vit.shape, err) || save_facts(n, m, err) ||
               save_tensors(&b, m, "model/", err) || save_card(&b, &m->card, err) ||
               (m->class_name &&
                !ds_bundle_strings(&b, "classes/name", (const char *const *)m->class_name,
                                   classes, "class", err)) ||
               ds_bundle_save(&b, path, err);

    ds_bundle_clear(&b);
    return code ? (int)err->code : 0;
}

int ds_model_export(const struct ds_model *m, const char *path, struct ds_err *err)
{
    struct ds_bundle b = {0};
    struct ds_notes *n = ds_bundle_notes(&b, "", err);
    const int code = !n || ds_note_text(n, "format", "pt", err) || save_facts(n, m, err) ||
                     save_tensors(&b, m, "", err) || ds_safetensors_save(&b, path, err);

    ds_bundle_clear(&b);
    return code ? (int)err->code : 0;
}
