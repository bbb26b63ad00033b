/* data/store/record_alloc.c -- the memory of a record. See record.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/record_int.h"

enum { TASKS_MAX = 1000, SIDE_MAX = 16384, COUNT_MAX = 1 << 24 };
static const size_t record_max = (size_t)16 << 30;

static int check_range(const char *where, const char *what, int64_t value, int64_t lo,
                       int64_t hi, struct ds_err *err)
{
    if (value >= lo && value <= hi)
        return 0;
    if (lo == hi)
        return ds_fail(err, DS_DATA, "%s has %lld %s, expected %lld", where, (long long)value,
                       what, (long long)lo);
    return ds_fail(err, DS_DATA, "%s has %lld %s, expected %lld to %lld", where,
                   (long long)value, what, (long long)lo, (long long)hi);
}

/* Bytes of all arrays; DS_DATA when they pass any sensible amount. */
static int check_bytes(const struct ds_record *r, const char *where, struct ds_err *err)
{
    size_t total = 0;

    for (const struct ds_field *f = ds_fields; f->name; f++) {
        int64_t dims[DS_RANK_MAX];
        const int rank = ds_field_dims(r, f, false, dims);
        size_t bytes = ds_type_size(f->type);
        bool huge = false;

        for (int i = 0; i < rank; i++)
            huge |= __builtin_mul_overflow(bytes, (size_t)dims[i], &bytes);
        if (huge || bytes > record_max - total)
            return ds_fail(
                err, DS_DATA,
                "%s needs more than 16 GiB of memory; take fewer evaluation or probe "
                "images",
                where);
        total += bytes;
    }
    return 0;
}

int ds_record_check_sizes(const struct ds_record *r, const char *where, struct ds_err *err)
{
    const int64_t tokens = (int64_t)r->prefix + r->patches;
    const struct {
        const char *what;
        int64_t value, lo, hi;
    } size[] = {
        {"tasks", r->tasks, 1, TASKS_MAX},
        {"classes", r->classes, 1, COUNT_MAX},
        {"layers", r->layers, 1, 4096},
        {"heads", r->heads, 1, 4096},
        {"prefix tokens", r->prefix, 0, 4096},
        {"patches", r->patches, 1, COUNT_MAX},
        {"rows of patches", r->grid_h, 1, SIDE_MAX},
        {"columns of patches", r->grid_w, 1, SIDE_MAX},
        {"pixels in a patch side", r->patch, 1, SIDE_MAX},
        {"tokens", r->tokens, tokens, tokens},
        {"channels", r->channels, 1, 4},
        {"rows of pixels", r->height, 1, SIDE_MAX},
        {"columns of pixels", r->width, 1, SIDE_MAX},
        {"images", r->images, 0, COUNT_MAX},
        {"probe images", r->probe, 0, r->images},
        {"filled checkpoints", r->done, 0, (int64_t)r->tasks + 1},
        {"steps", r->steps, 0, 1 << 30},
    };
    int code;

    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        if ((code =
                 check_range(where, size[i].what, size[i].value, size[i].lo, size[i].hi, err)))
            return code;
    if ((int64_t)r->grid_h * r->grid_w != r->patches)
        return ds_fail(err, DS_DATA, "%s has %d patches in a grid of %d x %d", where,
                       r->patches, r->grid_h, r->grid_w);
    return check_bytes(r, where, err);
}

int ds_field_alloc(struct ds_record *r, const struct ds_field *f, struct ds_err *err)
{
    int64_t dims[DS_RANK_MAX];
    const int rank = ds_field_dims(r, f, false, dims);
    size_t count = 1;
    void *data;

    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i]; /* ds_record_check_sizes saw that it fits */
    if (!(data = calloc(count ? count : 1, ds_type_size(f->type))))
        return ds_fail(err, DS_NOMEM, "out of memory: %s needs %.1f MB", f->name,
                       (double)count * (double)ds_type_size(f->type) / 1e6);
    memcpy((char *)r + f->at, &data, sizeof data);
    return 0;
}

static void free_arrays(struct ds_record *r)
{
    void *const nothing = NULL;

    for (const struct ds_field *f = ds_fields; f->name; f++) {
        free(ds_field_data(r, f));
        memcpy((char *)r + f->at, &nothing, sizeof nothing);
    }
    for (int i = 0; r->class_name && i < r->classes; i++)
        free(r->class_name[i]);
    for (int t = 0; r->domain_name && t < r->tasks; t++)
        free(r->domain_name[t]);
    free(r->class_name);
    free(r->domain_name);
    free(r->checkpoint);
    r->class_name = NULL;
    r->domain_name = NULL;
    r->checkpoint = NULL;
    r->steps_room = 0;
}

int ds_record_alloc(struct ds_record *r, struct ds_err *err)
{
    const int checkpoints = r->tasks + 1;
    int code = ds_record_check_sizes(r, "the record", err);

    if (code)
        return code;
    r->class_name = calloc((size_t)r->classes, sizeof *r->class_name);
    r->checkpoint = calloc((size_t)checkpoints, sizeof *r->checkpoint);
    if (!r->class_name || !r->checkpoint)
        code = ds_fail(err, DS_NOMEM, "out of memory");
    for (const struct ds_field *f = ds_fields; f->name && !code; f++)
        if (f->presence != DS_OPTIONAL)
            code = ds_field_alloc(r, f, err);
    if (code) {
        free_arrays(r);
        return code;
    }
    r->steps_room = r->steps;
    for (int64_t i = 0; i < (int64_t)checkpoints * r->images; i++) {
        r->predicted[i] = -1;
        r->margin[i] = NAN;
    }
    return 0;
}

int ds_record_retain(struct ds_record *r, struct ds_err *err)
{
    int code = 0;

    for (const struct ds_field *f = ds_fields; f->name && !code; f++)
        if (f->presence == DS_OPTIONAL && !ds_field_data(r, f))
            code = ds_field_alloc(r, f, err);
    return code;
}

void ds_record_clear(struct ds_record *r)
{
    free_arrays(r);
    free(r->config);
    *r = (struct ds_record){0};
}

const char *ds_record_task(const struct ds_record *r, int t, char *to, size_t size)
{
    if (r->domain_name)
        snprintf(to, size, "%s", r->domain_name[t]);
    else
        snprintf(to, size, "task %d", t + 1);
    return to;
}

int ds_record_step(struct ds_record *r, float loss, float rate, int task, int epoch,
                   struct ds_err *err)
{
    if (r->steps == r->steps_room) {
        const int room = r->steps_room ? 2 * r->steps_room : 1024;
        const size_t n = (size_t)room;
        void *grown;

        if ((grown = realloc(r->loss, n * sizeof *r->loss)))
            r->loss = grown;
        if (grown && (grown = realloc(r->rate, n * sizeof *r->rate)))
            r->rate = grown;
        if (grown && (grown = realloc(r->step_task, n * sizeof *r->step_task)))
            r->step_task = grown;
        if (grown && (grown = realloc(r->step_epoch, n * sizeof *r->step_epoch)))
            r->step_epoch = grown;
        if (!grown)
            return ds_fail(err, DS_NOMEM, "out of memory for the learning curves");
        r->steps_room = room;
    }
    r->loss[r->steps] = loss;
    r->rate[r->steps] = rate;
    r->step_task[r->steps] = task;
    r->step_epoch[r->steps++] = epoch;
    return 0;
}
