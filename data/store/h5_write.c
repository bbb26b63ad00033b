/* data/store/h5_write.c -- a bundle into HDF5 bytes. See h5.h. */
#include <hdf5_hl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/h5.h"
#include "data/store/h5_int.h"

struct writer {
    hid_t file, link, group; /* the file; how links and groups are made */
    const struct ds_bundle *b;
    const struct ds_array **sorted; /* by name: the order of arrays leaves no trace */
    unsigned char *chunk;           /* an array and its checksum */
    size_t room;
    struct ds_err *err;
};

/* HDF5 keeps the length of a chunk in 32 bits. */
static const size_t array_bytes_max = UINT32_MAX - 8;

static int refused(struct writer *w, const char *what, const char *name)
{
    return ds_fail(w->err, DS_INTERNAL, "HDF5 could not %s '%s'", what, name);
}

static int check_array(struct writer *w, const struct ds_array *a)
{
    const size_t each = a->type == DS_STRING ? sizeof(hvl_t) : ds_type_size(a->type);
    const int64_t count = ds_array_count(a);
    char part[DS_NAME_MAX + 1];

    if (a->type == DS_BF16)
        return ds_fail(w->err, DS_DATA, "'%s' is bfloat16, which HDF5 has no type for",
                       a->name);
    if (a->type == DS_I8 || a->type == DS_I16)
        return ds_fail(w->err, DS_DATA, "'%s' is %s, which is not stored here", a->name,
                       ds_type_name(a->type));
    if ((uint64_t)count > array_bytes_max / each)
        return ds_fail(w->err, DS_DATA, "'%s' has %lld numbers, HDF5 takes less than 4 GiB",
                       a->name, (long long)count);
    for (const char *slash = strchr(a->name, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(part, a->name, (size_t)(slash - a->name));
        part[slash - a->name] = '\0';
        if (ds_bundle_lookup(w->b, part))
            return ds_fail(w->err, DS_DATA, "'%s' is an array, so '%s' cannot be in it", part,
                           a->name);
    }
    return 0;
}

static int check_scales(struct writer *w, const struct ds_array *a)
{
    for (int i = 0; i < a->rank; i++) {
        const char *name = ds_array_scale_of(a, i);
        const struct ds_array *s;

        if (!name)
            continue;
        if (!(s = ds_bundle_lookup(w->b, name)))
            return ds_fail(w->err, DS_DATA, "'%s' has a scale '%s' that is not there", a->name,
                           name);
        if (s == a || s->rank != 1 || s->dims[0] != a->dims[i] || ds_array_scale_of(s, 0) ||
            ds_note_lookup(&s->notes, "CLASS"))
            return ds_fail(w->err, DS_DATA, "'%s' cannot be the scale of dimension %d of '%s'",
                           s->name, i, a->name);
    }
    return 0;
}

/* Opens the group of that name (length n), and makes it and those above it where missing. */
static hid_t open_group(struct writer *w, const char *name, size_t n)
{
    char part[DS_NAME_MAX + 1];
    hid_t group = H5I_INVALID_HID;

    for (size_t end = 0; end < n; end++) {
        end += strcspn(name + end, "/");
        memcpy(part, name, end);
        part[end] = '\0';
        H5Gclose(group); /* the one above; none at first */
        group = H5Lexists(w->file, part, H5P_DEFAULT) > 0
                    ? H5Gopen2(w->file, part, H5P_DEFAULT)
                    : H5Gcreate2(w->file, part, w->link, w->group, H5P_DEFAULT);
        if (group < 0) {
            ds_fail(w->err, DS_INTERNAL, "HDF5 could not make the group of '%s'", name);
            break;
        }
    }
    return group;
}

static int write_group(struct writer *w, const struct ds_group_notes *g)
{
    hid_t group;
    int code;

    if (!*g->group)
        return ds_h5_notes_write(w->file, &g->notes, "/", w->err);
    if (ds_bundle_lookup(w->b, g->group))
        return ds_fail(w->err, DS_DATA, "'%s' is an array and a group", g->group);
    if ((group = open_group(w, g->group, strlen(g->group))) < 0)
        return w->err->code;
    code = ds_h5_notes_write(group, &g->notes, g->group, w->err);
    H5Gclose(group);
    return code;
}

static hid_t array_space(const struct ds_array *a, hsize_t dims[DS_RANK_MAX])
{
    for (int i = 0; i < a->rank; i++)
        dims[i] = (hsize_t)a->dims[i];
    return a->rank ? H5Screate_simple(a->rank, dims, NULL) : H5Screate(H5S_SCALAR);
}

/* One chunk, so that no edge is stored beyond the data and fletcher32 covers all of it. */
static bool is_chunk(const struct ds_array *a)
{
    return a->rank && ds_array_count(a) && a->type != DS_STRING;
}

static hid_t array_layout(const struct ds_array *a, const hsize_t dims[DS_RANK_MAX])
{
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);

    if (H5Pset_obj_track_times(how, 0) < 0 ||
        (is_chunk(a) && (H5Pset_chunk(how, a->rank, dims) < 0 || H5Pset_fletcher32(how) < 0))) {
        H5Pclose(how);
        return H5I_INVALID_HID;
    }
    return how;
}

/* The chunk as its filter would leave it; libhdf5 would copy it three times on the way. */
static int write_chunk(struct writer *w, hid_t set, const struct ds_array *a)
{
    const size_t n = (size_t)ds_array_count(a) * ds_type_size(a->type), whole = n + 4;
    const hsize_t origin[DS_RANK_MAX] = {0};
    const uint32_t sum = ds_fletcher32(a->data, n);

    if (whole > w->room) {
        free(w->chunk);
        w->chunk = malloc(whole);
        w->room = w->chunk ? whole : 0;
    }
    if (!w->chunk)
        return ds_fail(w->err, DS_NOMEM, "out of memory: '%s' needs %.1f MB", a->name,
                       (double)whole / 1e6);
    memcpy(w->chunk, a->data, n);
    for (int i = 0; i < 4; i++)
        w->chunk[n + (size_t)i] = (unsigned char)(sum >> 8 * i);
    return H5Dwrite_chunk(set, H5P_DEFAULT, 0, origin, whole, w->chunk) < 0
               ? refused(w, "hold", a->name)
               : 0;
}

static int write_data(struct writer *w, hid_t set, hid_t type, const struct ds_array *a)
{
    if (is_chunk(a))
        return write_chunk(w, set, a);
    return ds_array_count(a) && H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->data) < 0
               ? refused(w, "hold", a->name)
               : 0;
}

/* Fills the dataset and closes it. */
static int write_set(struct writer *w, hid_t set, hid_t type, const struct ds_array *a)
{
    int code = write_data(w, set, type, a);

    for (int i = 0; i < a->rank && !code; i++) {
        const char *label = ds_array_label_of(a, i);

        if (label && H5DSset_label(set, (unsigned)i, label) < 0)
            code = refused(w, "label", a->name);
    }
    if (H5Dclose(set) < 0)
        code = refused(w, "finish", a->name);
    return code;
}

static int write_array(struct writer *w, const struct ds_array *a)
{
    hsize_t dims[DS_RANK_MAX];
    const char *slash = strrchr(a->name, '/');
    hid_t group = H5I_INVALID_HID, type, space, how, set;
    int code;

    if (slash && (group = open_group(w, a->name, (size_t)(slash - a->name))) < 0)
        return w->err->code;
    type = ds_h5_type(a->type);
    space = array_space(a, dims);
    how = array_layout(a, dims);
    set = H5Dcreate2(w->file, a->name, type, space, w->link, how, H5P_DEFAULT);
    code = set < 0 ? refused(w, "hold", a->name) : write_set(w, set, type, a);
    H5Pclose(how);
    H5Sclose(space);
    H5Tclose(type);
    H5Gclose(group);
    return code;
}

static int attach(struct writer *w, hid_t set, const struct ds_array *a, int dim)
{
    const char *name = ds_array_scale_of(a, dim), *slash = strrchr(name, '/');
    const hid_t scale = H5Dopen2(w->file, name, H5P_DEFAULT);
    const htri_t is = H5DSis_scale(scale);
    int code = 0;

    if (is < 0 || (!is && H5DSset_scale(scale, slash ? slash + 1 : name) < 0) ||
        H5DSattach_scale(set, scale, (unsigned)dim) < 0)
        code = refused(w, "attach the scales of", a->name);
    if (H5Dclose(scale) < 0)
        code = refused(w, "finish the scale", name);
    return code;
}

/* Scales and notes, once all arrays are there. Scales first: H5DSattach_scale fails on a
 * dataset whose CLASS says anything else. */
static int finish_array(struct writer *w, const struct ds_array *a)
{
    const hid_t set = H5Dopen2(w->file, a->name, H5P_DEFAULT);
    int code = 0;

    for (int i = 0; i < a->rank && !code; i++)
        if (ds_array_scale_of(a, i))
            code = attach(w, set, a, i);
    if (!code)
        code = ds_h5_notes_write(set, &a->notes, a->name, w->err);
    if (H5Dclose(set) < 0)
        code = refused(w, "finish", a->name);
    return code;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct ds_array *const *)a)->name,
                  (*(const struct ds_array *const *)b)->name);
}

static int by_group(const void *a, const void *b)
{
    return strcmp((*(const struct ds_group_notes *const *)a)->group,
                  (*(const struct ds_group_notes *const *)b)->group);
}

static int write_groups(struct writer *w)
{
    const struct ds_group_notes **sorted;
    int code = 0;

    if (!w->b->groups)
        return 0;
    if (!(sorted = malloc((size_t)w->b->groups * sizeof *sorted)))
        return ds_fail(w->err, DS_NOMEM, "out of memory");
    for (int i = 0; i < w->b->groups; i++)
        sorted[i] = &w->b->group[i];
    qsort(sorted, (size_t)w->b->groups, sizeof *sorted, by_group);
    for (int i = 0; i < w->b->groups && !code; i++)
        code = write_group(w, sorted[i]);
    free(sorted);
    return code;
}

/* What cannot be held is refused before memory is taken for it. */
static int check_all(struct writer *w)
{
    int code = 0;

    for (int i = 0; i < w->b->count && !code; i++)
        if (!(code = check_array(w, w->sorted[i])))
            code = check_scales(w, w->sorted[i]);
    return code;
}

static int write_all(struct writer *w)
{
    int code = write_groups(w);

    for (int i = 0; i < w->b->count && !code; i++)
        code = write_array(w, w->sorted[i]);
    for (int i = 0; i < w->b->count && !code; i++)
        code = finish_array(w, w->sorted[i]);
    return code;
}

/* About what the file will need, so that its memory grows once. */
static size_t expected_size(const struct ds_bundle *b)
{
    size_t size = 1 << 16;

    for (int i = 0; i < b->count; i++)
        size += 1024 + (size_t)ds_array_count(&b->array[i]) * ds_type_size(b->array[i].type);
    return size;
}

/* The file in memory, written and closed. */
static int make_image(struct writer *w, struct ds_h5_image *image)
{
    int code;

    w->file = ds_h5_image_create(image, expected_size(w->b));
    w->link = H5Pcreate(H5P_LINK_CREATE);
    w->group = H5Pcreate(H5P_GROUP_CREATE);
    if (w->file < 0 || H5Pset_char_encoding(w->link, H5T_CSET_UTF8) < 0 ||
        H5Pset_obj_track_times(w->group, 0) < 0)
        code = ds_fail(w->err, DS_INTERNAL, "HDF5 could not begin a file in memory");
    else
        code = write_all(w);
    H5Pclose(w->group);
    H5Pclose(w->link);
    if (H5Fclose(w->file) < 0 && !code)
        code = ds_fail(w->err, DS_INTERNAL, "HDF5 could not finish a file in memory");
    if (code && image->starved)
        code = ds_fail(w->err, DS_NOMEM, "out of memory for a file of %.1f MB",
                       (double)expected_size(w->b) / 1e6);
    return code;
}

int ds_h5_encode(unsigned char **bytes, size_t *n, const struct ds_bundle *b,
                 struct ds_err *err)
{
    struct writer w = {.b = b, .err = err};
    struct ds_h5_image image = {0};
    int code;

    ds_h5_quiet();
    if (!(w.sorted = malloc(((size_t)b->count + 1) * sizeof *w.sorted)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (int i = 0; i < b->count; i++)
        w.sorted[i] = &b->array[i];
    qsort(w.sorted, (size_t)b->count, sizeof *w.sorted, by_name);
    if (!(code = check_all(&w)))
        code = make_image(&w, &image);
    free(w.sorted);
    free(w.chunk);
    if (!code && !(*n = ds_h5_image_length(&image)))
        code = ds_fail(err, DS_INTERNAL, "HDF5 left a file in memory without an end");
    if (code) {
        free(image.bytes);
        return code;
    }
    ds_h5_seal(image.bytes, *n);
    *bytes = image.bytes;
    return 0;
}
