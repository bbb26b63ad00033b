/* data/store/bundle_use.c -- shorthands for those who fill bundles and read them. See bundle.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle.h"
#include "data/store/bundle_int.h"
#include "data/store/floats.h"

_Static_assert(sizeof(int) == sizeof(int32_t), "ds_bundle_ints stores int as int32");

static int replace_text(char **place, const char *text, size_t n, struct ds_err *err)
{
    char *copy = malloc(n + 1);

    if (!copy)
        return ds_fail(err, DS_NOMEM, "out of memory");
    memcpy(copy, text, n);
    copy[n] = '\0';
    free(*place);
    *place = copy;
    return 0;
}

/* The axis that is about to get a name. */
static struct ds_array_axis *axis_of(struct ds_array *a, int dim, struct ds_err *err)
{
    if (!a->axis && !(a->axis = calloc((size_t)a->rank, sizeof *a->axis))) {
        ds_fail(err, DS_NOMEM, "out of memory");
        return NULL;
    }
    return &a->axis[dim];
}

int ds_array_label_one(struct ds_array *a, int dim, const char *label, size_t n,
                       struct ds_err *err)
{
    struct ds_array_axis *axis = axis_of(a, dim, err);

    return axis ? replace_text(&axis->label, label, n, err) : (int)err->code;
}

int ds_array_label(struct ds_array *a, const char *labels, struct ds_err *err)
{
    const char *word = labels;
    int count = 0, code;

    for (;; count++) {
        size_t n;

        word += strspn(word, " ");
        if (!(n = strcspn(word, " ")))
            break;
        if (count >= a->rank)
            return ds_fail(err, DS_INTERNAL, "'%s' has %d dimensions, more labels: '%s'",
                           a->name, a->rank, labels);
        if ((code = ds_array_label_one(a, count, word, n, err)))
            return code;
        word += n;
    }
    if (count != a->rank)
        return ds_fail(err, DS_INTERNAL, "'%s' has %d dimensions, labels for %d: '%s'", a->name,
                       a->rank, count, labels);
    return 0;
}

int ds_array_scale(struct ds_array *a, int dim, const char *scale, struct ds_err *err)
{
    struct ds_array_axis *axis;

    if (dim < 0 || dim >= a->rank)
        return ds_fail(err, DS_INTERNAL, "'%s' has no dimension %d for the scale '%s'", a->name,
                       dim, scale);
    if (!(axis = axis_of(a, dim, err)))
        return err->code;
    return replace_text(&axis->scale, scale, strlen(scale), err);
}

const char *ds_array_label_of(const struct ds_array *a, int dim)
{
    return a->axis ? a->axis[dim].label : NULL;
}

const char *ds_array_scale_of(const struct ds_array *a, int dim)
{
    return a->axis ? a->axis[dim].scale : NULL;
}

static struct ds_array *add_labelled(struct ds_bundle *b, const char *name, enum ds_type type,
                                     int rank, const int64_t *dims, const void *data,
                                     const char *labels, struct ds_err *err)
{
    struct ds_array *a = ds_bundle_add(b, name, type, rank, dims, data, err);

    if (a && labels && ds_array_label(a, labels, err))
        return NULL;
    return a;
}

struct ds_array *ds_bundle_floats(struct ds_bundle *b, const char *name, const float *data,
                                  int rank, const int64_t *dims, const char *labels,
                                  struct ds_err *err)
{
    return add_labelled(b, name, DS_F32, rank, dims, data, labels, err);
}

struct ds_array *ds_bundle_ints(struct ds_bundle *b, const char *name, const int *data,
                                int rank, const int64_t *dims, const char *labels,
                                struct ds_err *err)
{
    return add_labelled(b, name, DS_I32, rank, dims, data, labels, err);
}

struct ds_array *ds_bundle_strings(struct ds_bundle *b, const char *name,
                                   const char *const *texts, int64_t count, const char *label,
                                   struct ds_err *err)
{
    return add_labelled(b, name, DS_STRING, 1, &count, texts, label, err);
}

/* "576 x 192 float32"; -1 is "any". */
static void spell_shape(char *to, size_t size, enum ds_type type, int rank, const int64_t *dims)
{
    size_t used = 0;

    if (rank == 0)
        used = (size_t)snprintf(to, size, "a single ");
    for (int i = 0; i < rank && used < size; i++) {
        const char *gap = i + 1 < rank ? " x " : " ";
        const int wrote =
            dims[i] < 0 ? snprintf(to + used, size - used, "any%s", gap)
                        : snprintf(to + used, size - used, "%lld%s", (long long)dims[i], gap);

        used += (size_t)wrote;
    }
    if (used < size)
        snprintf(to + used, size - used, "%s", ds_type_name(type));
}

const struct ds_array *ds_bundle_need(const struct ds_bundle *b, const char *file,
                                      const char *name, enum ds_type type, int rank,
                                      const int64_t *dims, struct ds_err *err)
{
    const struct ds_array *a = ds_bundle_lookup(b, name);
    char here[240], expected[240];
    int good;

    if (!a) {
        ds_fail(err, DS_DATA, "%s: there is no '%s'", file, name);
        return NULL;
    }
    good = a->type == type && a->rank == rank;
    for (int i = 0; good && i < rank; i++)
        good = dims[i] < 0 || a->dims[i] == dims[i];
    if (good)
        return a;
    spell_shape(here, sizeof here, a->type, a->rank, a->dims);
    spell_shape(expected, sizeof expected, type, rank, dims);
    ds_fail(err, DS_DATA, "%s: '%s' is %s here, %s expected", file, name, here, expected);
    return NULL;
}

int ds_array_to_float(const struct ds_array *a, float *out)
{
    return ds_floats_from(out, a->data, a->type, (size_t)ds_array_count(a));
}
