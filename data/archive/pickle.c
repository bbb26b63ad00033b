/* data/archive/pickle.c -- the stack machine. See pickle_int.h.
 *
 * Instructions: Lib/pickletools.py of CPython. One small function each, found by its byte in a
 * table; what is not in the table (instructions of protocol 0 and 1 for classes, extension
 * codes, buffers outside the pickle) is refused by its number. */
#include "data/archive/pickle_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "data/archive/pickle_machine_int.h"

int ds_pickle_refuse(struct ds_machine *m, const char *why)
{
    return ds_fail(m->err, DS_DATA, "%s: its pickle %s at byte %zu; the file is damaged",
                   m->file, why, (size_t)(m->at - m->begin));
}

const unsigned char *ds_pickle_bytes(struct ds_machine *m, uint64_t n)
{
    const unsigned char *at = m->at;

    if (n > (uint64_t)(m->end - m->at) && m->end - m->begin == DS_PICKLE_MAX) {
        ds_fail(m->err, DS_DATA, "%s: its pickle is longer than 64 MiB", m->file);
        return NULL;
    }
    if (n > (uint64_t)(m->end - m->at)) {
        ds_pickle_refuse(m, "ends in the middle of an instruction");
        return NULL;
    }
    m->at += n;
    return at;
}

int ds_pickle_number(struct ds_machine *m, int bytes, uint64_t *value)
{
    const unsigned char *at = ds_pickle_bytes(m, (uint64_t)bytes);

    if (!at)
        return m->err->code;
    *value = ds_little(at, bytes);
    return 0;
}

int ds_pickle_push(struct ds_machine *m, struct ds_value v)
{
    if (m->depth == m->room) {
        const size_t room = m->room ? 2 * m->room : 256;
        struct ds_value *grown;

        if (m->depth >= DS_PICKLE_STACK_MAX)
            return ds_pickle_refuse(m, "stacks more than 1048576 values");
        if (ds_heap_charge(&m->p->heap, (room - m->room) * sizeof *grown, m->err))
            return ds_while(m->err, "%s: its pickle", m->file);
        if (!(grown = realloc(m->stack, room * sizeof *grown)))
            return ds_fail(m->err, DS_NOMEM, "%s: out of memory for its pickle", m->file);
        m->stack = grown;
        m->room = room;
    }
    m->stack[m->depth++] = v;
    return 0;
}

struct ds_value *ds_pickle_top(struct ds_machine *m, size_t n)
{
    const size_t floor = m->marks ? m->mark[m->marks - 1] : 0;

    if (m->depth - floor < n) {
        ds_pickle_refuse(m, "takes a value that is not there");
        return NULL;
    }
    return &m->stack[m->depth - n];
}

int ds_pickle_mark(struct ds_machine *m, size_t *at)
{
    if (!m->marks)
        return ds_pickle_refuse(m, "takes a mark that is not there");
    *at = m->mark[--m->marks];
    return 0;
}

struct ds_node *ds_pickle_node(struct ds_machine *m, uint32_t items)
{
    struct ds_node *node =
        ds_heap_take(&m->p->heap, sizeof *node + items * sizeof *node->item, m->err);

    if (!node) {
        ds_while(m->err, "%s: its pickle", m->file);
        return NULL;
    }
    *node = (struct ds_node){.room = items, .item = (struct ds_value *)(node + 1)};
    return node;
}

int ds_pickle_append(struct ds_machine *m, struct ds_node *node, const struct ds_value *from,
                     size_t n)
{
    assert(n <= DS_PICKLE_STACK_MAX && node->count <= DS_PICKLE_MEMORY); /* each is paid for */
    if (node->count + n > node->room) {
        const uint32_t least = node->count + (uint32_t)n, twice = 2 * node->room;
        const uint32_t room = least > twice ? least : twice;
        struct ds_value *grown = ds_heap_take(&m->p->heap, room * sizeof *grown, m->err);

        if (!grown)
            return ds_while(m->err, "%s: its pickle", m->file);
        if (node->count)
            memcpy(grown, node->item, node->count * sizeof *grown);
        node->item = grown;
        node->room = room;
    }
    if (n)
        memcpy(node->item + node->count, from, n * sizeof *from);
    node->count += (uint32_t)n;
    m->p->items += n;
    return 0;
}

int ds_pickle_text(struct ds_machine *m, enum ds_pickle_kind kind, const void *from, uint64_t n)
{
    struct ds_node *node = ds_pickle_node(m, 0);

    if (!node)
        return m->err->code;
    if (!(node->text = ds_heap_text(&m->p->heap, from, (size_t)n, m->err)))
        return ds_while(m->err, "%s: its pickle", m->file);
    node->count = (uint32_t)n;
    return ds_pickle_push(m, (struct ds_value){.kind = kind, .node = node});
}

const char *ds_value_text(const struct ds_value *v)
{
    if (v->kind != DS_P_TEXT && v->kind != DS_P_NAME)
        return NULL;
    return strlen(v->node->text) == v->node->count ? v->node->text : NULL;
}

static int run(struct ds_machine *m)
{
    int code = 0;

    while (!code && !m->stopped) {
        const unsigned char *at = ds_pickle_bytes(m, 1);
        ds_instruction *does = at ? ds_pickle_instruction(*at) : NULL;

        if (!at)
            return m->err->code;
        if (does)
            code = does(m);
        else
            code = ds_fail(m->err, DS_DATA,
                           "%s: its pickle has the instruction 0x%02x at byte %zu, which "
                           "torch.save does not write",
                           m->file, *at, (size_t)(at - m->begin));
    }
    return code;
}

int ds_pickle_read(struct ds_pickle *p, const unsigned char *bytes, size_t n, const char *file,
                   struct ds_err *err)
{
    const size_t have = n < DS_PICKLE_MAX ? n : DS_PICKLE_MAX;
    struct ds_machine m = {
        .p = p, .begin = bytes, .at = bytes, .end = bytes + have, .file = file, .err = err};
    int code;

    *p = (struct ds_pickle){.heap.limit = have < DS_PICKLE_MEMORY / 64 ? 65536 + 64 * have
                                                                       : DS_PICKLE_MEMORY};
    code = run(&m);
    p->length = (size_t)(m.at - bytes);
    free(m.stack);
    free(m.memo);
    if (code)
        ds_pickle_clear(p);
    return code;
}

void ds_pickle_clear(struct ds_pickle *p)
{
    ds_heap_clear(&p->heap);
    *p = (struct ds_pickle){0};
}
