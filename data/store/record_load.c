/* data/store/record_load.c -- run.h5 into a record. share/doc/run-file.md has the layout. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/h5.h"
#include "data/store/half.h"
#include "data/store/record_int.h"

struct loader {
    struct ds_record *r;
    const struct ds_bundle *b;
    const char *file;
    struct ds_err *err;
};

static int refuse(const struct loader *l, const char *name, const char *why)
{
    return ds_fail(l->err, DS_DATA, "%s: '%s' %s", l->file, name, why);
}

static int read_int(const struct loader *l, const char *group, const char *key, int *value)
{
    char where[1200];
    int64_t wide;
    int code;

    snprintf(where, sizeof where, "%s: /%s", l->file, group);
    code = ds_note_need_int(ds_bundle_notes_lookup(l->b, group), where, key, 0, INT32_MAX,
                            &wide, l->err);
    if (!code)
        *value = (int)wide;
    return code;
}

/* A text of the root that fits its place. */
static int read_text(const struct loader *l, const char *key, char *to, size_t size)
{
    char where[1200];
    const char *text;
    int code;

    snprintf(where, sizeof where, "%s: /", l->file);
    code = ds_note_need_text(ds_bundle_notes_lookup(l->b, ""), where, key, &text, l->err);
    if (code)
        return code;
    if (strlen(text) >= size)
        return ds_fail(l->err, DS_DATA, "%s: the note '%s' has %zu bytes, at most %zu are read",
                       l->file, key, strlen(text), size - 1);
    memcpy(to, text, strlen(text) + 1);
    return 0;
}

static int read_provenance(const struct loader *l)
{
    const struct ds_notes *root = ds_bundle_notes_lookup(l->b, "");
    const struct ds_note *format = ds_note_lookup(root, "format"), *seed;
    struct ds_record *r = l->r;
    int major, minor, code;

    if (!format || format->type != DS_NOTE_TEXT || strcmp(format->text, "driftscope-run"))
        return ds_fail(l->err, DS_DATA,
                       "%s: is not the run.h5 of a run (a checkpoint, perhaps)", l->file);
    if ((code = read_int(l, "", "format_major", &major)) ||
        (code = read_int(l, "", "format_minor", &minor)))
        return code;
    if (major > DS_RUN_MAJOR)
        return ds_fail(l->err, DS_DATA,
                       "%s: is a run of format %d.%d, this driftscope reads up to %d.x; use a "
                       "newer one",
                       l->file, major, minor, DS_RUN_MAJOR);
    seed = ds_note_lookup(root, "seed");
    if (!seed || seed->type != DS_NOTE_INT)
        return ds_fail(l->err, DS_DATA, "%s: has no seed", l->file);
    r->seed = seed->whole;
    if ((code = read_text(l, "method", r->method, sizeof r->method)) ||
        (code = read_text(l, "uuid", r->uuid, sizeof r->uuid)) ||
        (code = read_text(l, "creator_version", r->version, sizeof r->version)) ||
        (code = read_text(l, "command", r->command, sizeof r->command)))
        return code;
    if (ds_note_lookup(root, "budget") &&
        (code = read_text(l, "budget", r->budget, sizeof r->budget)))
        return code;
    return read_text(l, "created", r->created, sizeof r->created);
}

/* One size, from a dimension of an array of that rank. */
static int read_size(const struct loader *l, const char *name, enum ds_type type, int rank,
                     int dim, int *size)
{
    static const int64_t any[DS_RANK_MAX] = {-1, -1, -1, -1, -1, -1, -1, -1};
    const struct ds_array *a = ds_bundle_need(l->b, l->file, name, type, rank, any, l->err);

    if (!a)
        return l->err->code;
    if (a->dims[dim] > INT32_MAX)
        return refuse(l, name, "is larger than any run");
    *size = (int)a->dims[dim];
    return 0;
}

static int read_sizes(const struct loader *l)
{
    struct ds_record *r = l->r;
    int code;

    if ((code = read_int(l, "classes", "tasks", &r->tasks)) ||
        (code = read_int(l, "model", "layers", &r->layers)) ||
        (code = read_int(l, "model", "heads", &r->heads)) ||
        (code = read_int(l, "model", "tokens", &r->tokens)) ||
        (code = read_int(l, "model", "prefix", &r->prefix)) ||
        (code = read_int(l, "model", "patches", &r->patches)) ||
        (code = read_int(l, "model", "grid_h", &r->grid_h)) ||
        (code = read_int(l, "model", "grid_w", &r->grid_w)) ||
        (code = read_int(l, "model", "patch", &r->patch)) ||
        (code = read_int(l, "images", "channels", &r->channels)) ||
        (code = read_size(l, "classes/task", DS_I32, 1, 0, &r->classes)) ||
        (code = read_size(l, "images/pixels", DS_U8, 4, 0, &r->images)) ||
        (code = read_size(l, "images/pixels", DS_U8, 4, 1, &r->height)) ||
        (code = read_size(l, "images/pixels", DS_U8, 4, 2, &r->width)) ||
        (code = read_size(l, "attention/head_mean", DS_F16, 5, 1, &r->probe)) ||
        (code = read_size(l, "timeline/seconds", DS_F64, 1, 0, &r->done)))
        return code;
    return read_size(l, "curves/loss", DS_F32, 1, 0, &r->steps);
}

static int check_range(const struct loader *l, const struct ds_field *f,
                       const struct ds_array *a)
{
    const int64_t below = f->below ? ds_record_size(l->r, f->below, false) : INT64_MAX;

    if (f->type != DS_I32 && f->type != DS_I64)
        return 0;
    for (int64_t i = 0, n = ds_array_count(a); i < n; i++) {
        const int64_t value =
            f->type == DS_I32 ? ((const int32_t *)a->data)[i] : ((const int64_t *)a->data)[i];

        if (value >= f->lo && value < below)
            continue;
        if (!f->below)
            return ds_fail(l->err, DS_DATA, "%s: '%s' has the value %lld, expected %d or more",
                           l->file, f->name, (long long)value, f->lo);
        return ds_fail(l->err, DS_DATA, "%s: '%s' has the value %lld, expected %d to %lld",
                       l->file, f->name, (long long)value, f->lo, (long long)below - 1);
    }
    return 0;
}

static int read_field(const struct loader *l, const struct ds_field *f)
{
    int64_t dims[DS_RANK_MAX];
    const int rank = ds_field_dims(l->r, f, true, dims);
    const struct ds_array *a;
    int code;

    if (f->presence != DS_ALWAYS && !ds_bundle_lookup(l->b, f->name))
        return 0;
    if (!(a = ds_bundle_need(l->b, l->file, f->name, f->kept, rank, dims, l->err)))
        return l->err->code;
    if ((code = check_range(l, f, a)))
        return code;
    if (f->presence == DS_OPTIONAL && (code = ds_field_alloc(l->r, f, l->err)))
        return code;
    if (f->kept == f->type)
        memcpy(ds_field_data(l->r, f), a->data,
               (size_t)ds_array_count(a) * ds_type_size(f->type));
    else
        ds_array_to_float(a, ds_field_data(l->r, f));
    return 0;
}

/* A plain file name: no folder, nothing hidden. */
static bool is_file_name(const char *text, size_t size)
{
    return strlen(text) < size && *text != '.' && !strchr(text, '/');
}

/* Absent where tasks are no domains. */
static int read_domains(const struct loader *l)
{
    struct ds_record *r = l->r;
    const struct ds_array *a;

    if (!ds_bundle_lookup(l->b, "domains/name"))
        return 0;
    if (!(a = ds_bundle_need(l->b, l->file, "domains/name", DS_STRING, 1,
                             (const int64_t[]){r->tasks}, l->err)))
        return l->err->code;
    if (!(r->domain_name = calloc((size_t)r->tasks, sizeof *r->domain_name)))
        return ds_fail(l->err, DS_NOMEM, "out of memory");
    for (int t = 0; t < r->tasks; t++)
        if (!(r->domain_name[t] = strdup(((char **)a->data)[t])))
            return ds_fail(l->err, DS_NOMEM, "out of memory");
    return 0;
}

static int read_texts(const struct loader *l)
{
    struct ds_record *r = l->r;
    const struct ds_array *a;
    int code;

    if (!(a = ds_bundle_need(l->b, l->file, "config/text", DS_STRING, 0, NULL, l->err)))
        return l->err->code;
    if (!(r->config = strdup(((char **)a->data)[0])))
        return ds_fail(l->err, DS_NOMEM, "out of memory");
    if (!(a = ds_bundle_need(l->b, l->file, "classes/name", DS_STRING, 1,
                             (const int64_t[]){r->classes}, l->err)))
        return l->err->code;
    for (int i = 0; i < r->classes; i++)
        if (!(r->class_name[i] = strdup(((char **)a->data)[i])))
            return ds_fail(l->err, DS_NOMEM, "out of memory");
    if ((code = read_domains(l)))
        return code;
    if (!(a = ds_bundle_need(l->b, l->file, "timeline/file", DS_STRING, 1,
                             (const int64_t[]){r->done}, l->err)))
        return l->err->code;
    for (int i = 0; i < r->done; i++) {
        const char *name = ((char **)a->data)[i];

        if (!is_file_name(name, sizeof *r->checkpoint))
            return refuse(l, "timeline/file", "has a text that is no file name");
        memcpy(r->checkpoint[i], name, strlen(name) + 1);
    }
    return 0;
}

static int check_counts(const struct loader *l, const char *name, const int *correct)
{
    const struct ds_record *r = l->r;
    const int64_t rows = ds_record_size(r, 't', true);

    for (int64_t i = 0; i < rows; i++)
        for (int j = 0; j < r->tasks; j++)
            if (correct[i * r->tasks + j] > r->total[j])
                return ds_fail(l->err, DS_DATA,
                               "%s: '%s' counts %d images of task %d, which has %d", l->file,
                               name, correct[i * r->tasks + j], j + 1, r->total[j]);
    return 0;
}

static int check_contents(const struct loader *l)
{
    const struct ds_record *r = l->r;
    int code;

    if ((code = check_counts(l, "accuracy/correct_class", r->correct_class)) ||
        (code = check_counts(l, "accuracy/correct_task", r->correct_task)) ||
        (code = check_counts(l, "accuracy/correct_class_raw", r->correct_class_raw)) ||
        (code = check_counts(l, "accuracy/correct_task_raw", r->correct_task_raw)))
        return code;
    for (int i = 0; i < r->done; i++)
        if (!isfinite(r->seconds[i]) || r->seconds[i] < 0)
            return refuse(l, "timeline/seconds", "has a time that is not positive");
        else if (!isfinite(r->peak[i]) || r->peak[i] < 0)
            return refuse(l, "timeline/peak", "has a size that is not positive");
        else if (!isfinite(r->saving[i]) || r->saving[i] < 0)
            return refuse(l, "timeline/saving", "has a time that is not positive");
    return 0;
}

static int read_record(const struct loader *l)
{
    int code;

    if ((code = read_provenance(l)) || (code = read_sizes(l)) ||
        (code = ds_record_check_sizes(l->r, l->file, l->err)) ||
        (code = ds_record_alloc(l->r, l->err)))
        return code;
    for (const struct ds_field *f = ds_fields; f->name; f++)
        if ((code = read_field(l, f)))
            return code;
    if ((code = read_texts(l)))
        return code;
    return check_contents(l);
}

int ds_record_unpack(struct ds_record *r, const struct ds_bundle *b, const char *file,
                     struct ds_err *err)
{
    const struct loader l = {.r = r, .b = b, .file = file, .err = err};
    const int code = read_record(&l);

    if (code)
        ds_record_clear(r);
    return code;
}

int ds_record_load(struct ds_record *r, const char *path, struct ds_err *err)
{
    struct ds_bundle b = {0};
    int code = ds_bundle_load(&b, path, err);

    if (!code)
        code = ds_record_unpack(r, &b, path, err);
    ds_bundle_clear(&b);
    return code;
}
