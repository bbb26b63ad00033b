/* data/archive/torch_walk.c -- the tensors that a pickle of PyTorch reaches. See torch_int.h.
 *
 * Names are the keys on the way, joined by '.'; positions for lists. An object of an unknown
 * class is looked into by its state: so the arguments in a Namespace are found, and a network
 * that was saved whole, whose layers keep their tensors under _parameters, _buffers and
 * _modules (left out of the names, which then are those of its state_dict). */
#include <stdio.h>
#include <string.h>

#include "data/store/name.h"
#include "data/archive/torch_int.h"

enum { DEPTH_MAX = 128, NAME_ROOM = 1024, NOTES_MAX = 1024, NOTE_TEXT_MAX = 4096 };

/* Where the walk is: a name that grows and shrinks; too long is only wrong for tensors. */
struct path {
    char text[NAME_ROOM];
    size_t n;
    int depth;
};

static int visit(struct ds_torch *t, struct path *path, const struct ds_value *v);

static size_t enter(struct path *path, const char *part)
{
    const size_t before = path->n, n = strlen(part);

    if (before + n + 2 < NAME_ROOM) {
        path->n += (size_t)snprintf(path->text + before, NAME_ROOM - before, "%s%s",
                                    before ? "." : "", part);
    } else {
        memset(path->text + before, '_', NAME_ROOM - 1 - before);
        path->n = NAME_ROOM - 1;
    }
    path->text[path->n] = '\0';
    return before;
}

static void leave(struct path *path, size_t before)
{
    path->n = before;
    path->text[before] = '\0';
}

/* A key as part of a name, or NULL for keys that are neither text nor number. */
static const char *key_text(char number[32], const struct ds_value *key)
{
    if (key->kind != DS_P_INT)
        return key->kind == DS_P_TEXT ? ds_value_text(key) : NULL;
    snprintf(number, 32, "%lld", (long long)key->whole);
    return number;
}

static bool is_inner(const char *key)
{
    return !strcmp(key, "_parameters") || !strcmp(key, "_buffers") || !strcmp(key, "_modules");
}

static int visit_pairs(struct ds_torch *t, struct path *path, const struct ds_value *pair,
                       uint32_t count, bool state)
{
    int code = 0;

    for (uint32_t i = 0; i + 1 < count && !code; i += 2) {
        char number[32];
        const char *key = key_text(number, &pair[i]);
        size_t before;

        if (!key)
            continue;
        before = state && is_inner(key) ? path->n : enter(path, key);
        code = visit(t, path, &pair[i + 1]);
        leave(path, before);
    }
    return code;
}

static int visit_list(struct ds_torch *t, struct path *path, const struct ds_node *node)
{
    int code = 0;

    for (uint32_t i = 0; i < node->count && !code; i++) {
        char number[32];
        size_t before;

        snprintf(number, sizeof number, "%u", (unsigned)i);
        before = enter(path, number);
        code = visit(t, path, &node->item[i]);
        leave(path, before);
    }
    return code;
}

/* Python 2 pickled an OrderedDict as a call with a list of [key, value]. */
static int visit_items(struct ds_torch *t, struct path *path, const struct ds_node *args)
{
    int code = 0;

    if (!args->count || args->item[0].kind != DS_P_LIST)
        return 0;
    for (uint32_t i = 0; i < args->item[0].node->count && !code; i++) {
        const struct ds_value *pair = &args->item[0].node->item[i];

        if ((pair->kind == DS_P_LIST || pair->kind == DS_P_TUPLE) && pair->node->count == 2)
            code = visit_pairs(t, path, pair->node->item, 2, false);
    }
    return code;
}

const struct ds_value *ds_torch_pairs(const struct ds_value *v, uint32_t *count)
{
    *count = 0;
    if (v->kind == DS_P_OBJECT) {
        const struct ds_node *node = v->node;

        *count = node->count - DS_OBJECT_PAIRS;
        if (*count)
            return node->item + DS_OBJECT_PAIRS;
        v = &node->item[DS_OBJECT_STATE];
        if (v->kind == DS_P_TUPLE && v->node->count == 2) /* (dictionary, slots) */
            v = &v->node->item[0];
    }
    if (v->kind != DS_P_DICT)
        return NULL;
    *count = v->node->count;
    return v->node->item;
}

static const char *name_or_tensor(const struct path *path)
{
    return path->n ? path->text : "tensor";
}

static int visit_object(struct ds_torch *t, struct path *path, const struct ds_value *v)
{
    const struct ds_value *callee = &v->node->item[DS_OBJECT_CALLEE];
    const struct ds_node *args = v->node->item[DS_OBJECT_ARGS].node;
    const bool named = callee->kind == DS_P_NAME;
    enum ds_pickle_role role = named ? callee->node->role : DS_ROLE_OPAQUE;
    const struct ds_value *pair;
    uint32_t count = 0;

    if (role == DS_ROLE_TYPED && args->count > 2 && args->item[0].kind == DS_P_NAME &&
        args->item[2].kind == DS_P_TUPLE) {
        role = args->item[0].node->role;
        args = args->item[2].node;
    }
    if (role == DS_ROLE_TENSOR || role == DS_ROLE_TENSOR_3)
        return ds_torch_tensor(t, role, args, name_or_tensor(path));
    if (role == DS_ROLE_PARAMETER && args->count)
        return visit(t, path, &args->item[0]);
    if (role == DS_ROLE_SIZE || role == DS_ROLE_SILENT)
        return 0;
    if (role != DS_ROLE_DICT &&
        ds_archive_opaque(t->a, named ? callee->node->text : "unnamed", t->err))
        return t->err->code;
    if (role == DS_ROLE_DICT && visit_items(t, path, args))
        return t->err->code;
    if (role == DS_ROLE_DICT && v->node->count == DS_OBJECT_PAIRS)
        return 0; /* its state is about the dictionary: _metadata */
    pair = ds_torch_pairs(v, &count);
    return visit_pairs(t, path, pair, count, v->node->count == DS_OBJECT_PAIRS);
}

static int visit_node(struct ds_torch *t, struct path *path, const struct ds_value *v)
{
    if (v->kind == DS_P_OBJECT)
        return visit_object(t, path, v);
    if (v->kind == DS_P_DICT)
        return visit_pairs(t, path, v->node->item, v->node->count, false);
    return visit_list(t, path, v->node);
}

static int visit(struct ds_torch *t, struct path *path, const struct ds_value *v)
{
    int code;

    if (++t->visits > t->visits_max)
        return ds_fail(t->err, DS_DATA,
                       "%s: its pickle reaches the same values over and over; no network looks "
                       "like that",
                       t->file);
    if (v->kind != DS_P_TUPLE && v->kind != DS_P_LIST && v->kind != DS_P_DICT &&
        v->kind != DS_P_OBJECT)
        return 0;
    if (v->node->busy) /* a value inside itself: seen already */
        return 0;
    if (path->depth >= DEPTH_MAX)
        return ds_fail(t->err, DS_DATA, "%s: its pickle nests values more than %d deep",
                       t->file, DEPTH_MAX);
    v->node->busy = true;
    path->depth++;
    code = visit_node(t, path, v);
    path->depth--;
    v->node->busy = false;
    return code;
}

int ds_torch_walk(struct ds_torch *t)
{
    const int before = t->a->count;
    struct path path = {.n = 0};

    t->visits_max = 4 * t->pickle->items + 65536;
    if (visit(t, &path, &t->pickle->result) || ds_torch_notes(t))
        return t->err->code;
    if (t->a->count == before && !t->a->own->skipped[0])
        return ds_fail(t->err, DS_DATA,
                       "%s: holds no tensors, expected a state_dict; save model.state_dict()",
                       t->file);
    return 0;
}

static int note(struct ds_torch *t, const char *key, const struct ds_value *v)
{
    struct ds_notes *meta = &t->a->meta;
    const char *text;

    if (meta->count >= NOTES_MAX || ds_name_check(key, t->err))
        return 0; /* a key that cannot be a note's: nobody asks for it */
    switch (v->kind) {
    case DS_P_INT:
    case DS_P_BOOL:
        return ds_note_int(meta, key, v->whole, t->err);
    case DS_P_REAL:
        return ds_note_real(meta, key, v->real, t->err);
    case DS_P_TEXT:
        text = ds_value_text(v);
        if (!text || v->node->count > NOTE_TEXT_MAX || !ds_utf8_valid(text, v->node->count))
            return 0;
        return ds_note_text(meta, key, text, t->err);
    default:
        return 0;
    }
}

int ds_torch_notes(struct ds_torch *t)
{
    uint32_t count, inner_count;
    const struct ds_value *pair = ds_torch_pairs(&t->pickle->result, &count), *inner;
    char name[2 * DS_NAME_MAX + 2];

    for (uint32_t i = 0; i + 1 < count; i += 2) {
        const char *key = ds_value_text(&pair[i]), *below;

        if (!key || strlen(key) > DS_NAME_MAX)
            continue;
        if (note(t, key, &pair[i + 1]))
            return t->err->code;
        inner = ds_torch_pairs(&pair[i + 1], &inner_count);
        for (uint32_t k = 0; k + 1 < inner_count; k += 2) {
            if (!(below = ds_value_text(&inner[k])) || strlen(below) > DS_NAME_MAX)
                continue;
            snprintf(name, sizeof name, "%s.%s", key, below);
            if (note(t, name, &inner[k + 1]))
                return t->err->code;
        }
    }
    return 0;
}
