/* data/store/h5_note_read.c -- HDF5 attributes as notes, labels and scales. See h5_int.h.
 *
 * What a dimension scale refers to is an address in the file; it is compared with the
 * addresses of the arrays that the walk found and never followed. */
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/h5_int.h"

struct attribute {
    struct ds_h5_reader *r;
    const char *key, *name;
    hid_t id, type, space;
    int rank;
    hsize_t count;
};

static int refuse(const struct attribute *a, const char *why)
{
    return ds_fail(a->r->err, DS_DATA, "%s: the note '%s' of '%s' %s", a->r->file, a->key,
                   *a->name ? a->name : "/", why);
}

int ds_h5_count_text(struct ds_h5_reader *r, size_t n, const char *name)
{
    if (n > r->size - r->text)
        return ds_fail(r->err, DS_DATA, "%s: '%s' claims more text than the file has bytes",
                       r->file, name);
    r->text += n;
    return 0;
}

static struct ds_notes *place(const struct attribute *a, struct ds_array *array)
{
    return array ? &array->notes : ds_bundle_notes(a->r->b, a->name, a->r->err);
}

static int is_type(hid_t type, enum ds_type wanted)
{
    const hid_t ours = ds_h5_type(wanted);
    const int same = H5Tequal(type, ours) > 0;

    H5Tclose(ours);
    return same;
}

/* The texts of a variable-length attribute, [count], each may be NULL; free with
 * H5Dvlen_reclaim and free. */
static char **read_texts(const struct attribute *a)
{
    char **texts = calloc((size_t)a->count + 1, sizeof *texts);
    size_t bytes = 0;

    if (!texts) {
        ds_fail(a->r->err, DS_NOMEM, "out of memory");
        return NULL;
    }
    if (a->count && H5Aread(a->id, a->type, texts) < 0) {
        refuse(a, "cannot be read");
        free(texts);
        return NULL;
    }
    for (hsize_t i = 0; i < a->count; i++)
        bytes += texts[i] ? strlen(texts[i]) : 0;
    if (!ds_h5_count_text(a->r, bytes, *a->name ? a->name : "/"))
        return texts;
    if (a->count)
        H5Dvlen_reclaim(a->type, a->space, H5P_DEFAULT, texts);
    free(texts);
    return NULL;
}

static int read_text_note(const struct attribute *a, struct ds_array *array)
{
    static char nothing[] = "";
    struct ds_notes *notes;
    char **texts, *missing[DS_H5_TEXTS_MAX + 1] = {0};
    int code;

    if (a->rank > 1 || a->count > DS_H5_TEXTS_MAX)
        return refuse(a, "has more texts than a note can have");
    if (!(texts = read_texts(a)))
        return a->r->err->code;
    for (hsize_t i = 0; i < a->count; i++) /* HDF5 may give NULL for an empty text */
        missing[i] = texts[i] ? texts[i] : nothing;
    if (!(notes = place(a, array)))
        code = a->r->err->code;
    else if (a->rank == 0)
        code = ds_note_text(notes, a->key, missing[0], a->r->err);
    else
        code = ds_note_texts(notes, a->key, (const char *const *)missing, a->r->err);
    if (a->count)
        H5Dvlen_reclaim(a->type, a->space, H5P_DEFAULT, texts);
    free(texts);
    return code;
}

static int read_fixed_note(const struct attribute *a, struct ds_array *array)
{
    const size_t size = H5Tget_size(a->type);
    struct ds_notes *notes = place(a, array);
    char *text;
    int code;

    if (!notes)
        return a->r->err->code;
    if (a->rank != 0 || size == 0)
        return refuse(a, "is a list of fixed-length texts, which is not stored here");
    if ((code = ds_h5_count_text(a->r, size, *a->name ? a->name : "/")))
        return code;
    if (!(text = calloc(size + 1, 1)))
        return ds_fail(a->r->err, DS_NOMEM, "out of memory");
    code = H5Aread(a->id, a->type, text) < 0 ? refuse(a, "cannot be read")
                                             : ds_note_text(notes, a->key, text, a->r->err);
    free(text);
    return code;
}

static int read_number_note(const struct attribute *a, struct ds_array *array)
{
    struct ds_notes *notes = place(a, array);
    int64_t whole = 0;
    double real = 0;

    if (!notes)
        return a->r->err->code;
    if (a->rank == 0 && is_type(a->type, DS_I64))
        return H5Aread(a->id, H5T_NATIVE_INT64, &whole) < 0
                   ? refuse(a, "cannot be read")
                   : ds_note_int(notes, a->key, whole, a->r->err);
    if (a->rank == 0 && is_type(a->type, DS_F64))
        return H5Aread(a->id, H5T_NATIVE_DOUBLE, &real) < 0
                   ? refuse(a, "cannot be read")
                   : ds_note_real(notes, a->key, real, a->r->err);
    return refuse(a, "has a type that is not stored here");
}

static int read_labels(const struct attribute *a, struct ds_array *array)
{
    char **texts;
    int code = 0;

    if (H5Tis_variable_str(a->type) <= 0 || a->rank != 1 || (int)a->count != array->rank)
        return refuse(a, "is not one label per dimension");
    if (!(texts = read_texts(a)))
        return a->r->err->code;
    for (int i = 0; i < array->rank && !code; i++) {
        if (!texts[i])
            continue;
        if (!*texts[i] || ds_utf8_unprintable(texts[i], strlen(texts[i])) >= 0)
            code = refuse(a, "is not printable UTF-8");
        else
            code = ds_array_label_one(array, i, texts[i], strlen(texts[i]), a->r->err);
    }
    H5Dvlen_reclaim(a->type, a->space, H5P_DEFAULT, texts);
    free(texts);
    return code;
}

static int read_scales(const struct attribute *a, struct ds_array *array)
{
    const int index = (int)(array - a->r->b->array);
    const hid_t super = H5Tget_class(a->type) == H5T_VLEN ? H5Tget_super(a->type) : -1;
    const int references = super >= 0 && H5Tequal(super, H5T_STD_REF_OBJ) > 0;
    hvl_t list[DS_RANK_MAX] = {{0}};
    int code = 0;

    if (super >= 0)
        H5Tclose(super);
    if (!references || a->rank != 1 || (int)a->count != array->rank)
        return refuse(a, "is not one list of references per dimension");
    if (H5Aread(a->id, a->type, list) < 0)
        return refuse(a, "cannot be read");
    for (int i = 0; i < array->rank && !code; i++) {
        if (list[i].len > 1)
            code = refuse(a, "has several scales for one dimension");
        else if (list[i].len == 1)
            code = ds_h5_note_place(a->r, *(const hobj_ref_t *)list[i].p, index, i);
    }
    H5Dvlen_reclaim(a->type, a->space, H5P_DEFAULT, list);
    return code;
}

static int read_by_kind(const struct attribute *a, struct ds_array *array, bool is_scale)
{
    const bool reserved = array && ds_h5_reserved_key(a->key);
    htri_t variable;

    if (array && !strcmp(a->key, "DIMENSION_LABELS"))
        return read_labels(a, array);
    if (array && !strcmp(a->key, "DIMENSION_LIST"))
        return read_scales(a, array);
    if (is_scale && (reserved || !strcmp(a->key, "CLASS")))
        return 0; /* what makes it a scale; those who use it will say so */
    if (reserved)
        return refuse(a, "belongs to a dimension scale, and this is none");
    if (H5Tget_class(a->type) != H5T_STRING)
        return read_number_note(a, array);
    if ((variable = H5Tis_variable_str(a->type)) < 0)
        return refuse(a, "cannot be examined");
    return variable ? read_text_note(a, array) : read_fixed_note(a, array);
}

int ds_h5_attribute_read(struct ds_h5_reader *r, hid_t object, const char *key,
                         const char *name, struct ds_array *array, bool is_scale)
{
    struct attribute a = {
        .r = r, .key = key, .name = name, .type = H5I_INVALID_HID, .space = H5I_INVALID_HID};
    H5S_class_t shape;
    hsize_t dims[H5S_MAX_RANK];
    int code;

    if (ds_name_check(key, r->err))
        return ds_while(r->err, "%s: a note of '%s'", r->file, *name ? name : "/");
    if ((a.id = H5Aopen(object, key, H5P_DEFAULT)) < 0)
        return refuse(&a, "cannot be opened");
    a.type = H5Aget_type(a.id);
    a.space = H5Aget_space(a.id);
    shape = H5Sget_simple_extent_type(a.space);
    a.rank = H5Sget_simple_extent_ndims(a.space);
    if (a.type < 0 || H5Tcommitted(a.type) != 0 ||
        (shape != H5S_SCALAR && shape != H5S_SIMPLE) || a.rank < 0 || a.rank > 1 ||
        H5Sget_simple_extent_dims(a.space, dims, NULL) < 0) {
        code = refuse(&a, "has a type that is not stored here");
    } else {
        a.count = a.rank ? dims[0] : 1;
        code = read_by_kind(&a, array, is_scale);
    }
    if (a.space >= 0)
        H5Sclose(a.space);
    if (a.type >= 0)
        H5Tclose(a.type);
    H5Aclose(a.id);
    return code;
}
