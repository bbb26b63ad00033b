/* data/store/h5_read.c -- HDF5 bytes into a bundle: the walk. See h5.h. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/h5.h"
#include "data/store/h5_int.h"

enum { DEPTH_MAX = 8, OBJECTS_MAX = 2 * DS_ARRAYS_MAX };

struct walk {
    struct ds_h5_reader *r;
    const char *name; /* of the group we are in, "" the root */
    int depth;
    int *objects;
};

/* One object whose attributes are read. */
struct owner {
    struct ds_h5_reader *r;
    const char *name;
    int array; /* its index in the bundle, or -1 for a group */
    bool is_scale;
};

static herr_t visit_attribute(hid_t object, const char *key, const H5A_info_t *info, void *with)
{
    const struct owner *o = with;
    struct ds_array *a = o->array < 0 ? NULL : &o->r->b->array[o->array];

    (void)info;
    return ds_h5_attribute_read(o->r, object, key, o->name, a, o->is_scale) ? -1 : 0;
}

static int read_attributes(struct ds_h5_reader *r, hid_t object, const char *name, int array,
                           bool is_scale)
{
    struct owner o = {r, name, array, is_scale};

    r->err->code = 0;
    if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, &o) >= 0)
        return 0;
    if (r->err->code)
        return r->err->code;
    return ds_fail(r->err, DS_DATA, "%s: the notes of '%s' cannot be read", r->file,
                   *name ? name : "/");
}

/* Whether CLASS says so: a fixed-length text, as H5DSset_scale writes it. */
static bool is_scale(hid_t set)
{
    static const char wanted[] = "DIMENSION_SCALE";
    char text[sizeof wanted + 1] = "";
    hid_t attribute, type;
    bool same = false;

    if (H5Aexists(set, "CLASS") <= 0 || (attribute = H5Aopen(set, "CLASS", H5P_DEFAULT)) < 0)
        return false;
    type = H5Aget_type(attribute);
    if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
        H5Tget_size(type) == sizeof wanted && H5Aget_storage_size(attribute) == sizeof wanted)
        same = H5Aread(attribute, type, text) >= 0 && !strcmp(text, wanted);
    H5Tclose(type);
    H5Aclose(attribute);
    return same;
}

int ds_h5_note_place(struct ds_h5_reader *r, haddr_t at, int array, int dim)
{
    const int room = r->room ? 2 * r->room : 64;
    struct ds_h5_place *place = r->place;

    if (r->places == r->room) {
        if (!(place = realloc(place, (size_t)room * sizeof *place)))
            return ds_fail(r->err, DS_NOMEM, "out of memory");
        r->place = place;
        r->room = room;
    }
    place[r->places++] = (struct ds_h5_place){at, array, dim};
    return 0;
}

static int read_dataset(struct ds_h5_reader *r, hid_t set, const char *name, haddr_t at)
{
    const int code = ds_h5_array_read(r, set, name);

    if (code || ds_h5_note_place(r, at, r->b->count - 1, -1))
        return r->err->code;
    return read_attributes(r, set, name, r->b->count - 1, is_scale(set));
}

static int read_group(struct walk *w, hid_t group);

static int read_object(struct walk *w, hid_t object, const char *name)
{
    struct ds_h5_reader *r = w->r;
    struct walk below = {.r = r, .name = name, .depth = w->depth + 1, .objects = w->objects};
    H5O_info_t is;

    if (H5Oget_info2(object, &is, H5O_INFO_BASIC) < 0)
        return ds_fail(r->err, DS_DATA, "%s: '%s' cannot be examined", r->file, name);
    if (is.rc > 1)
        return ds_fail(r->err, DS_DATA, "%s: '%s' has a second name, which is not used here",
                       r->file, name);
    if (is.type == H5O_TYPE_DATASET)
        return read_dataset(r, object, name, is.addr);
    if (is.type != H5O_TYPE_GROUP)
        return ds_fail(r->err, DS_DATA, "%s: '%s' is neither a group nor a dataset", r->file,
                       name);
    if (below.depth > DEPTH_MAX)
        return ds_fail(r->err, DS_DATA, "%s: '%s' is deeper than %d groups", r->file, name,
                       DEPTH_MAX);
    return read_group(&below, object);
}

static int open_object(struct walk *w, hid_t group, const char *link, const char *name)
{
    struct ds_h5_reader *r = w->r;
    hid_t object;
    int code;

    if (++*w->objects > OBJECTS_MAX)
        return ds_fail(r->err, DS_DATA, "%s: has more than %d objects", r->file, OBJECTS_MAX);
    if ((object = H5Oopen(group, link, H5P_DEFAULT)) < 0)
        return ds_fail(r->err, DS_DATA, "%s: '%s' cannot be opened", r->file, name);
    code = read_object(w, object, name);
    H5Oclose(object);
    return code;
}

static const char *link_kind(H5L_type_t type)
{
    return type == H5L_TYPE_SOFT       ? "a soft link"
           : type == H5L_TYPE_EXTERNAL ? "a link to another file"
                                       : "a link of an unknown kind";
}

static herr_t visit_link(hid_t group, const char *link, const H5L_info_t *info, void *with)
{
    struct walk *w = with;
    const size_t above = strlen(w->name), n = strlen(link);
    char name[2 * DS_NAME_MAX + 2];

    if (above + n > 2 * DS_NAME_MAX) {
        ds_fail(w->r->err, DS_DATA, "%s: a name in '%s' is too long", w->r->file, w->name);
        return -1;
    }
    memcpy(name, w->name, above);
    if (above)
        name[above] = '/';
    memcpy(name + above + (above > 0), link, n + 1);
    if (ds_name_check(name, w->r->err)) {
        ds_while(w->r->err, "%s", w->r->file);
        return -1;
    }
    if (info->type != H5L_TYPE_HARD) {
        ds_fail(w->r->err, DS_DATA, "%s: '%s' is %s, which is never followed", w->r->file, name,
                link_kind(info->type));
        return -1;
    }
    return open_object(w, group, link, name) ? -1 : 0;
}

static int read_group(struct walk *w, hid_t group)
{
    struct ds_h5_reader *r = w->r;
    int code = read_attributes(r, group, w->name, -1, false);
    H5G_info_t is;

    if (code)
        return code;
    if (H5Gget_info(group, &is) >= 0 && is.nlinks > DS_ARRAYS_MAX) /* before they are listed */
        return ds_fail(r->err, DS_DATA,
                       "%s: the group '%s' has %llu members, at most %d are read", r->file,
                       *w->name ? w->name : "/", (unsigned long long)is.nlinks, DS_ARRAYS_MAX);
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_link, w) >= 0)
        return 0;
    if (r->err->code)
        return r->err->code;
    return ds_fail(r->err, DS_DATA, "%s: the group '%s' cannot be read", r->file,
                   *w->name ? w->name : "/");
}

/* An array comes before those that refer to it. */
static int by_place(const void *a, const void *b)
{
    const struct ds_h5_place *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->dim < y->dim ? -1 : x->dim > y->dim;
}

static int resolve_one(struct ds_h5_reader *r, const struct ds_h5_place *p,
                       const struct ds_array *scale)
{
    struct ds_array *a = &r->b->array[p->array];

    assert(r->b->array); /* a place is an array's */
    if (!scale || scale == a || scale->rank != 1 || scale->dims[0] != a->dims[p->dim])
        return ds_fail(r->err, DS_DATA,
                       "%s: dimension %d of '%s' has a scale that does not fit", r->file,
                       p->dim, a->name);
    return ds_array_scale(a, p->dim, scale->name, r->err);
}

/* The addresses that dimension scales refer to become names. */
static int resolve_scales(struct ds_h5_reader *r)
{
    const struct ds_h5_place *own = NULL, *p = r->place;
    int code = 0;

    if (r->places)
        qsort(r->place, (size_t)r->places, sizeof *r->place, by_place);
    for (; p < r->place + r->places && !code; p++) {
        if (p->dim < 0)
            own = p;
        else
            code = resolve_one(r, p, own && own->at == p->at ? &r->b->array[own->array] : NULL);
    }
    return code;
}

int ds_h5_decode(struct ds_bundle *b, const unsigned char *bytes, size_t n, const char *file,
                 struct ds_err *err)
{
    int objects = 0, code = ds_h5_verify(bytes, n, file, err);
    struct ds_h5_reader r = {.b = b, .file = file, .err = err, .size = n};
    struct walk w = {.r = &r, .name = "", .objects = &objects};
    hid_t id, root = H5I_INVALID_HID;

    if (code)
        return code;
    ds_h5_quiet();
    if ((id = ds_h5_image_open(bytes, n)) < 0)
        return ds_fail(err, DS_DATA, "%s: its HDF5 part cannot be opened", file);
    if ((root = H5Gopen2(id, "/", H5P_DEFAULT)) < 0)
        code = ds_fail(err, DS_DATA, "%s: its HDF5 part has no root", file);
    else if (!(code = read_group(&w, root)))
        code = resolve_scales(&r);
    if (root >= 0)
        H5Gclose(root);
    H5Fclose(id);
    free(r.place);
    if (code)
        ds_bundle_clear(b);
    return code;
}
