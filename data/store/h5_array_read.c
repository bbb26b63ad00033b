/* data/store/h5_array_read.c -- one HDF5 dataset as an array of a bundle. See h5_int.h.
 *
 * Everything that decides how much memory is taken is looked at before any is: type, rank,
 * dimensions, chunks, filters, and how many bytes the file really holds for it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/h5_int.h"

/* Deflate cannot do better than 1032 : 1. */
enum { DEFLATE_MAX = 1032 };
static const size_t memory_max = (size_t)8 << 30;

struct dataset {
    struct ds_h5_reader *r;
    const char *name;
    hid_t id, type, space, how;
    enum ds_type kind;
    int rank;
    int64_t dims[DS_RANK_MAX];
    size_t bytes; /* in memory: the data, or a chunk if that is larger */
    bool deflated;
};

static int refuse(const struct dataset *d, const char *why)
{
    return ds_fail(d->r->err, DS_DATA, "%s: '%s' %s", d->r->file, d->name, why);
}

static int look_at_type(struct dataset *d)
{
    static const enum ds_type kinds[] = {DS_U8, DS_I32, DS_I64, DS_F16, DS_F32, DS_F64};

    if (H5Tcommitted(d->type) != 0)
        return refuse(d, "has a named type, which is not stored here");
    if (H5Tget_class(d->type) == H5T_STRING && H5Tis_variable_str(d->type) > 0) {
        d->kind = DS_STRING;
        return 0;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const hid_t type = ds_h5_type(kinds[i]);
        const bool same = H5Tequal(d->type, type) > 0;

        H5Tclose(type);
        if (same) {
            d->kind = kinds[i];
            return 0;
        }
    }
    return refuse(d, "has a type that is not stored here");
}

static int multiply(const struct dataset *d, size_t *product, const hsize_t *dims)
{
    for (int i = 0; i < d->rank; i++)
        if (__builtin_mul_overflow(*product, dims[i], product))
            return refuse(d, "is larger than can be addressed");
    return 0;
}

static int look_at_shape(struct dataset *d)
{
    const H5S_class_t shape = H5Sget_simple_extent_type(d->space);
    hsize_t dims[H5S_MAX_RANK];

    d->rank = H5Sget_simple_extent_ndims(d->space);
    if ((shape != H5S_SCALAR && shape != H5S_SIMPLE) || d->rank < 0)
        return refuse(d, "has no shape");
    if (d->rank > DS_RANK_MAX)
        return refuse(d, "has more than 8 dimensions");
    if (H5Sget_simple_extent_dims(d->space, dims, NULL) < 0)
        return refuse(d, "has no shape");
    for (int i = 0; i < d->rank; i++) {
        if (dims[i] > INT64_MAX)
            return refuse(d, "is larger than can be addressed");
        d->dims[i] = (int64_t)dims[i];
    }
    d->bytes = d->kind == DS_STRING ? sizeof(hvl_t) : ds_type_size(d->kind);
    return multiply(d, &d->bytes, dims);
}

static int look_at_chunks(struct dataset *d)
{
    size_t chunk = d->kind == DS_STRING ? sizeof(hvl_t) : ds_type_size(d->kind);
    hsize_t dims[H5S_MAX_RANK];
    int code;

    if (H5Pget_chunk(d->how, H5S_MAX_RANK, dims) != d->rank)
        return refuse(d, "has chunks of another rank");
    if ((code = multiply(d, &chunk, dims)))
        return code;
    if (d->bytes && chunk > d->bytes)
        d->bytes = chunk;
    return 0;
}

static int look_at_layout(struct dataset *d)
{
    switch (H5Pget_layout(d->how)) {
    case H5D_COMPACT:
        return 0;
    case H5D_CONTIGUOUS:
        return H5Pget_external_count(d->how) == 0
                   ? 0
                   : refuse(d, "keeps its data in another file, which is never read");
    case H5D_CHUNKED:
        return look_at_chunks(d);
    case H5D_VIRTUAL:
        return refuse(d, "is a virtual dataset, which is never read");
    default:
        return refuse(d, "has an unknown layout");
    }
}

static int look_at_filters(struct dataset *d)
{
    const int count = H5Pget_nfilters(d->how);
    unsigned seen = 0;

    if (count < 0)
        return refuse(d, "cannot be examined");
    for (int i = 0; i < count; i++) {
        unsigned flags, config;
        size_t values = 0;
        const H5Z_filter_t filter =
            H5Pget_filter2(d->how, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);

        if (filter != H5Z_FILTER_FLETCHER32 && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_DEFLATE)
            return ds_fail(d->r->err, DS_DATA,
                           "%s: '%s' is stored with the filter %d, which is not used here",
                           d->r->file, d->name, (int)filter);
        if (seen & 1u << filter)
            return refuse(d, "is stored with the same filter twice");
        seen |= 1u << filter;
        d->deflated = d->deflated || filter == H5Z_FILTER_DEFLATE;
    }
    return 0;
}

/* Memory is only taken for what the file holds; unwritten space would read as fill values. */
static int look_at_storage(struct dataset *d)
{
    struct ds_h5_reader *r = d->r;
    const size_t stored = d->bytes ? (size_t)H5Dget_storage_size(d->id) : 0;
    const size_t most = d->deflated && stored <= memory_max / DEFLATE_MAX ? stored * DEFLATE_MAX
                        : d->deflated                                     ? memory_max
                                                                          : stored;

    if (stored > r->size - r->stored)
        return refuse(d, "claims more bytes than the file has");
    r->stored += stored;
    if (d->bytes > most)
        return refuse(d, "is larger than what is stored of it");
    if (d->bytes > memory_max - r->whole)
        return refuse(d, "makes the file larger than 8 GiB in memory");
    r->whole += d->bytes;
    return 0;
}

static int read_strings(const struct dataset *d, int64_t count)
{
    struct ds_h5_reader *r = d->r;
    hsize_t text = 0; /* with a NUL behind each */
    char **texts;
    int code;

    /* libhdf5 1.10 writes past its stack when asked this of a scalar; one text is bounded by
     * the file it lies in. */
    if (count && d->rank > 0 && H5Dvlen_get_buf_size(d->id, d->type, d->space, &text) < 0)
        return refuse(d, "cannot be read");
    text -= text < (hsize_t)count ? text : (hsize_t)count;
    if ((code = ds_h5_count_text(r, (size_t)text, d->name)))
        return code;
    if (!(texts = calloc((size_t)count + 1, sizeof *texts)))
        return ds_fail(r->err, DS_NOMEM, "out of memory");
    if (count && H5Dread(d->id, d->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0)
        code = refuse(d, "cannot be read");
    for (int64_t i = 0; i < count && !code; i++) /* HDF5 gives NULL for an empty text */
        if (!texts[i] && !(texts[i] = calloc(1, 1)))
            code = ds_fail(r->err, DS_NOMEM, "out of memory");
    if (!code && !ds_bundle_add(r->b, d->name, DS_STRING, d->rank, d->dims, texts, r->err))
        code = ds_while(r->err, "%s", r->file);
    for (int64_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
    return code;
}

static int read_numbers(const struct dataset *d, int64_t count)
{
    struct ds_h5_reader *r = d->r;
    struct ds_array *a = ds_bundle_add(r->b, d->name, d->kind, d->rank, d->dims, NULL, r->err);

    if (!a)
        return ds_while(r->err, "%s", r->file);
    if (count && H5Dread(d->id, d->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->data) < 0)
        return refuse(d, "cannot be read");
    return 0;
}

int ds_h5_array_read(struct ds_h5_reader *r, hid_t set, const char *name)
{
    struct dataset d = {.r = r,
                        .name = name,
                        .id = set,
                        .type = H5Dget_type(set),
                        .space = H5Dget_space(set),
                        .how = H5Dget_create_plist(set)};
    int64_t count = 1;
    int code;

    if (d.type < 0 || d.space < 0 || d.how < 0)
        code = refuse(&d, "cannot be examined");
    else if (!(code = look_at_type(&d)) && !(code = look_at_shape(&d)) &&
             !(code = look_at_layout(&d)) && !(code = look_at_filters(&d)) &&
             !(code = look_at_storage(&d))) {
        for (int i = 0; i < d.rank; i++)
            count *= d.dims[i];
        code = d.kind == DS_STRING ? read_strings(&d, count) : read_numbers(&d, count);
    }
    if (d.how >= 0)
        H5Pclose(d.how);
    if (d.space >= 0)
        H5Sclose(d.space);
    if (d.type >= 0)
        H5Tclose(d.type);
    return code;
}
