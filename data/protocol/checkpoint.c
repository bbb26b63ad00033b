/* data/protocol/checkpoint.c -- a learner's state as a file, and back. See the header. */
#include "data/protocol/checkpoint.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "core/base/version.h"
#include "core/learn/method.h"
#include "data/weights/shape_note.h"

static int add_notes(struct ds_bundle *b, const struct ds_learner *l, const char *kind,
                     const char *config, struct ds_err *err)
{
    struct ds_notes *n = ds_bundle_notes(b, "", err);

    if (!n || ds_note_text(n, "format", "driftscope-checkpoint", err) ||
        ds_note_text(n, "kind", kind, err) || ds_note_text(n, "version", DS_VERSION, err) ||
        ds_note_text(n, "method", l->opt.method->name, err) ||
        ds_note_int(n, "task", l->task + 1, err) || ds_note_int(n, "step", l->step, err) ||
        ds_note_int(n, "seed", (int64_t)l->opt.seed, err) ||
        ds_note_int(n, "classes_seen", l->seen, err) || ds_note_text(n, "config", config, err))
        return err->code;
    return ds_shape_notes_write(n, &l->vit.shape, err);
}

struct packing {
    struct ds_bundle *b;
    const struct ds_learner *l;
    const char *file;
};

/* Tensors of the network keep their shape; everything else is a row of numbers. */
static int dims_of(int64_t dims[4], const struct packing *p, const char *name, size_t count)
{
    const char *slash = strrchr(name, '/');
    const struct ds_tensor *t = slash ? ds_tensors_lookup(&p->l->vit.tensors, slash + 1) : NULL;

    if (!t || t->count != count) {
        dims[0] = (int64_t)count;
        return 1;
    }
    for (int i = 0; i < t->rank; i++)
        dims[i] = t->dims[i];
    return t->rank;
}

static enum ds_type stored_type(enum ds_state_type type)
{
    return type == DS_STATE_F32 ? DS_F32 : type == DS_STATE_F64 ? DS_F64 : DS_I32;
}

static bool all_finite(const void *data, enum ds_state_type type, size_t count)
{
    const float *single = data;
    const double *twice = data;

    for (size_t i = 0; i < count && type != DS_STATE_I32; i++)
        if (!isfinite(type == DS_STATE_F32 ? (double)single[i] : twice[i]))
            return false;
    return true;
}

static bool lies_in(const void *data, const float *block, size_t count)
{
    return (uintptr_t)data >= (uintptr_t)block && (uintptr_t)data < (uintptr_t)(block + count);
}

/* Weights and moments rest in the learner until its next step; anything else may be gone when
 * the visit is over. */
static bool rests(const struct ds_learner *l, const void *data)
{
    const size_t second = l->opt.optim.kind == DS_SGD ? 0 : l->learning;

    return lies_in(data, l->params, l->vit.tensors.total) ||
           lies_in(data, l->moment1, l->learning) || lies_in(data, l->moment2, second);
}

/* What could not be read again is not written: the checkpoint before stays the last. */
static int pack(void *with, const char *name, enum ds_state_type type, void *data, size_t count,
                struct ds_err *err)
{
    const struct packing *p = with;
    int64_t dims[4];
    const int rank = dims_of(dims, p, name, count);

    if (!all_finite(data, type, count))
        return ds_fail(err, DS_INTERNAL,
                       "task %d, step %ld: '%s' is not finite, it is not saved; lower the learning "
                       "rate (%g)",
                       p->l->task + 1, p->l->step, name, p->l->opt.rate);
    return (rests(p->l, data) ? ds_bundle_borrow : ds_bundle_add)(
               p->b, name, stored_type(type), rank, dims, data, err)
               ? 0
               : (int)err->code;
}

int ds_checkpoint_pack(struct ds_bundle *b, struct ds_learner *l, const char *kind,
                       const char *config, bool passing, struct ds_err *err)
{
    struct packing p = {b, l, NULL};

    if (add_notes(b, l, kind, config, err) || ds_learner_lasting(l, pack, &p, err))
        return err->code;
    return passing ? ds_learner_passing(l, pack, &p, err) : 0;
}

static int unpack(void *with, const char *name, enum ds_state_type type, void *data,
                  size_t count, struct ds_err *err)
{
    const struct packing *p = with;
    int64_t dims[4];
    const int rank = dims_of(dims, p, name, count);
    const struct ds_array *a =
        ds_bundle_need(p->b, p->file, name, stored_type(type), rank, dims, err);

    if (!a)
        return err->code;
    if (!all_finite(a->data, type, count))
        return ds_fail(err, DS_DATA, "%s: '%s' holds values that are not finite", p->file, name);
    memcpy(data, a->data, count * ds_type_size(a->type));
    return 0;
}

int ds_checkpoint_unpack(struct ds_learner *l, const struct ds_bundle *b, const char *file,
                         bool passing, struct ds_err *err)
{
    struct packing p = {(struct ds_bundle *)b, l, file};
    const struct ds_notes *n = ds_bundle_notes_lookup(b, "");
    const struct ds_note *method = n ? ds_note_lookup(n, "method") : NULL;

    if (!method || method->type != DS_NOTE_TEXT ||
        strcmp(method->text, l->opt.method->name) != 0)
        return ds_fail(err, DS_DATA,
                       "%s: holds the state of method '%.40s', this run uses '%s'; a run goes on "
                       "with the method it began with",
                       file, method && method->type == DS_NOTE_TEXT ? method->text : "unknown",
                       l->opt.method->name);
    return passing ? ds_learner_passing(l, unpack, &p, err)
                   : ds_learner_lasting(l, unpack, &p, err);
}

int ds_checkpoint_shape(struct ds_vit_shape *s, const struct ds_bundle *b, const char *file,
                        struct ds_err *err)
{
    return ds_shape_notes_read(s, ds_bundle_notes_lookup(b, ""), file, err);
}
