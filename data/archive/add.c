/* data/archive/add.c -- what a tensor of an archive must be. See archive_int.h.
 *
 * A tensor reaches from its first element to the one at sum (dims[i] - 1) stride[i]; that one
 * must still be stored. All products are checked, whatever the file says. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/name.h"
#include "data/archive/archive_int.h"

static int refuse(const char *file, const struct ds_stored *t, struct ds_err *err,
                  const char *why)
{
    return ds_fail(err, DS_DATA, "%s: '%s' %s", file, t->name, why);
}

/* The elements; dimensions of 0 do not excuse absurd other ones. */
static int count_elements(int64_t *count, const char *file, const struct ds_stored *t,
                          struct ds_err *err)
{
    int64_t whole = (int64_t)ds_type_size(t->type);
    bool empty = false;

    assert(t->rank >= 0 && t->rank <= DS_RANK_MAX); /* dims has no room for more */
    for (int i = 0; i < t->rank; i++) {
        if (t->dims[i] < 0)
            return refuse(file, t, err, "has a negative dimension");
        empty = empty || t->dims[i] == 0;
        if (t->dims[i] > 0 && __builtin_mul_overflow(whole, t->dims[i], &whole))
            return refuse(file, t, err, "is larger than can be addressed");
    }
    *count = empty ? 0 : whole / (int64_t)ds_type_size(t->type);
    return 0;
}

static int set_strides(struct ds_stored *t, const int64_t *stride, const char *file,
                       struct ds_err *err)
{
    int64_t next = 1;

    for (int i = t->rank - 1; i >= 0; i--) {
        t->stride[i] = stride ? stride[i] : next;
        if (t->stride[i] < 0)
            return refuse(file, t, err, "has a negative stride");
        if (t->dims[i] == 1) /* never taken, so it may be anything in the file */
            t->stride[i] = next;
        next *= t->dims[i] > 0 ? t->dims[i] : 1;
    }
    return 0;
}

/* Whether the last element is among those stored. */
static bool inside(const struct ds_stored *t, int64_t stored)
{
    int64_t last = 0, way;

    for (int i = 0; i < t->rank; i++)
        if (__builtin_mul_overflow(t->dims[i] - 1, t->stride[i], &way) ||
            __builtin_add_overflow(last, way, &last))
            return false;
    return last < stored;
}

static int make_room(struct ds_archive *a, const char *file, struct ds_err *err)
{
    const int room = a->own->room ? 2 * a->own->room : 64;
    struct ds_stored *grown;

    if (a->count < a->own->room)
        return 0;
    if (a->count >= DS_TENSORS_MAX)
        return ds_fail(err, DS_DATA, "%s: has more than %d tensors", file, DS_TENSORS_MAX);
    if (!(grown = realloc(a->tensor, (size_t)room * sizeof *grown)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    a->tensor = grown;
    a->own->room = room;
    return 0;
}

int ds_archive_add(struct ds_archive *a, const char *file, const struct ds_stored *t,
                   const int64_t *stride, int64_t stored, struct ds_err *err)
{
    struct ds_stored made = *t;
    int64_t count = 0;
    int code;

    if (ds_name_check(t->name, err))
        return ds_while(err, "%s", file);
    if ((code = count_elements(&count, file, t, err)) ||
        (code = set_strides(&made, stride, file, err)))
        return code;
    if (count && !inside(&made, stored))
        return ds_fail(err, DS_DATA,
                       "%s: '%s' reaches behind the %lld numbers that are stored for it; the "
                       "file is damaged",
                       file, t->name, (long long)stored);
    if (count > stored && count > DS_REPEATED_MAX)
        return ds_fail(err, DS_DATA,
                       "%s: '%s' repeats its numbers %lld times, at most %d "
                       "elements are made of fewer",
                       file, t->name, (long long)(count / stored), DS_REPEATED_MAX);
    if ((code = make_room(a, file, err)))
        return code;
    if (!(made.name = ds_heap_text(&a->own->heap, t->name, strlen(t->name), err)))
        return err->code;
    if (!count)
        made.data = (const unsigned char *)"";
    a->tensor[a->count++] = made;
    return 0;
}

int ds_archive_skip(struct ds_archive *a, const char *name, const char *type,
                    struct ds_err *err)
{
    char text[2 * DS_NAME_MAX];
    int at = 0;

    snprintf(text, sizeof text, "%.*s (%.40s)", DS_NAME_MAX, name, type);
    while (at < DS_SKIPPED_MAX && a->own->skipped[at])
        at++;
    if (at == DS_SKIPPED_MAX || ds_utf8_unprintable(text, strlen(text)) >= 0)
        return 0;
    a->own->skipped[at] = ds_heap_text(&a->own->heap, text, strlen(text), err);
    return a->own->skipped[at] ? 0 : (int)err->code;
}

int ds_archive_opaque(struct ds_archive *a, const char *name, struct ds_err *err)
{
    int at = 0;

    a->own->opaque++;
    while (at < DS_OPAQUE_MAX && a->own->opaque_name[at] &&
           strcmp(a->own->opaque_name[at], name))
        at++;
    if (at == DS_OPAQUE_MAX || a->own->opaque_name[at])
        return 0;
    a->own->opaque_name[at] = ds_heap_text(&a->own->heap, name, strlen(name), err);
    return a->own->opaque_name[at] ? 0 : (int)err->code;
}
