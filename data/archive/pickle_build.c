/* data/archive/pickle_build.c -- instructions that build lists, dictionaries and tuples, and
 * those that would call something. See pickle_int.h. */
#include <string.h>

#include "data/archive/pickle_machine_int.h"

static int push_node(struct ds_machine *m, enum ds_pickle_kind kind, struct ds_node *node)
{
    return node ? ds_pickle_push(m, (struct ds_value){.kind = kind, .node = node})
                : (int)m->err->code;
}

/* A node of the n values on top, which it replaces. */
static int collect(struct ds_machine *m, enum ds_pickle_kind kind, size_t n)
{
    struct ds_node *node = ds_pickle_node(m, (uint32_t)n);

    if (!node)
        return m->err->code;
    m->depth -= n;
    for (; node->count < n; node->count++)
        node->item[node->count] = m->stack[m->depth + node->count];
    m->p->items += n;
    return push_node(m, kind, node);
}

static int collect_marked(struct ds_machine *m, enum ds_pickle_kind kind)
{
    size_t at = 0;

    if (ds_pickle_mark(m, &at))
        return m->err->code;
    if (kind == DS_P_DICT && (m->depth - at) % 2)
        return ds_pickle_refuse(m, "has a key without a value");
    return collect(m, kind, m->depth - at);
}

int ds_op_tuple(struct ds_machine *m)
{
    return collect_marked(m, DS_P_TUPLE);
}

int ds_op_list(struct ds_machine *m)
{
    return collect_marked(m, DS_P_LIST);
}

int ds_op_dict(struct ds_machine *m)
{
    return collect_marked(m, DS_P_DICT);
}

static int small_tuple(struct ds_machine *m, size_t n)
{
    return ds_pickle_top(m, n) ? collect(m, DS_P_TUPLE, n) : (int)m->err->code;
}

int ds_op_no_tuple(struct ds_machine *m)
{
    return collect(m, DS_P_TUPLE, 0);
}

int ds_op_tuple_1(struct ds_machine *m)
{
    return small_tuple(m, 1);
}

int ds_op_tuple_2(struct ds_machine *m)
{
    return small_tuple(m, 2);
}

int ds_op_tuple_3(struct ds_machine *m)
{
    return small_tuple(m, 3);
}

int ds_op_no_list(struct ds_machine *m)
{
    return push_node(m, DS_P_LIST, ds_pickle_node(m, 0));
}

int ds_op_no_dict(struct ds_machine *m)
{
    return push_node(m, DS_P_DICT, ds_pickle_node(m, 0));
}

int ds_op_no_set(struct ds_machine *m)
{
    return push_node(m, DS_P_SET, ds_pickle_node(m, 0));
}

int ds_op_frozen(struct ds_machine *m)
{
    size_t at = 0;

    if (ds_pickle_mark(m, &at))
        return m->err->code;
    m->depth = at;
    return ds_op_no_set(m);
}

/* Puts the values above `at` into what lies below them. Lists that are more than lists lose
 * their items: they are opaque. */
static int put(struct ds_machine *m, size_t at, bool pairs)
{
    const size_t n = m->depth - at;
    const struct ds_value *into;

    m->depth = at;
    if (!(into = ds_pickle_top(m, 1)))
        return m->err->code;
    if (pairs && n % 2)
        return ds_pickle_refuse(m, "has a key without a value");
    if (pairs ? into->kind == DS_P_DICT || into->kind == DS_P_OBJECT : into->kind == DS_P_LIST)
        return ds_pickle_append(m, into->node, m->stack + at, n);
    if (!pairs && (into->kind == DS_P_OBJECT || into->kind == DS_P_SET))
        return 0;
    return ds_pickle_refuse(m, pairs ? "sets an item of what is no dictionary"
                                     : "appends to what is no list");
}

static int put_marked(struct ds_machine *m, bool pairs)
{
    size_t at = 0;

    return ds_pickle_mark(m, &at) ? (int)m->err->code : put(m, at, pairs);
}

static int put_some(struct ds_machine *m, size_t n, bool pairs)
{
    return ds_pickle_top(m, n) ? put(m, m->depth - n, pairs) : (int)m->err->code;
}

int ds_op_append(struct ds_machine *m)
{
    return put_some(m, 1, false);
}

int ds_op_appends(struct ds_machine *m)
{
    return put_marked(m, false);
}

int ds_op_add(struct ds_machine *m)
{
    return put_marked(m, false);
}

int ds_op_set(struct ds_machine *m)
{
    return put_some(m, 2, true);
}

int ds_op_sets(struct ds_machine *m)
{
    return put_marked(m, true);
}

/* "module.name" as a node, if the name may be there at all. */
static int push_name(struct ds_machine *m, const unsigned char *module, size_t n,
                     const unsigned char *name, size_t k)
{
    struct ds_node *node = ds_pickle_node(m, 0);

    if (!node)
        return m->err->code;
    if (!n || !k || n > 255 || k > 255)
        return ds_pickle_refuse(m, "has a name that is no text of 255 bytes");
    if (!(node->text = ds_heap_text(&m->p->heap, module, n + 1 + k, m->err)))
        return ds_while(m->err, "%s: its pickle", m->file);
    node->text[n] = '.';
    memcpy(node->text + n + 1, name, k);
    if (strlen(node->text) != n + 1 + k) /* of the copy: the file may change under us */
        return ds_pickle_refuse(m, "has a name that is no text of 255 bytes");
    node->count = (uint32_t)(n + 1 + k);
    if (ds_pickle_role(&node->role, node->text, m->file, m->err))
        return m->err->code;
    return push_node(m, DS_P_NAME, node);
}

static const unsigned char *line(struct ds_machine *m, size_t *n)
{
    const unsigned char *from = m->at;
    const unsigned char *end = memchr(from, '\n', (size_t)(m->end - from));

    if (!end) {
        ds_pickle_refuse(m, "has a line without an end");
        return NULL;
    }
    *n = (size_t)(end - from);
    m->at = end + 1;
    return from;
}

int ds_op_name(struct ds_machine *m)
{
    size_t n = 0, k = 0;
    const unsigned char *module = line(m, &n), *name = module ? line(m, &k) : NULL;

    return name ? push_name(m, module, n, name, k) : (int)m->err->code;
}

int ds_op_stack_name(struct ds_machine *m)
{
    const struct ds_value *two = ds_pickle_top(m, 2);

    if (!two)
        return m->err->code;
    if (two[0].kind != DS_P_TEXT || two[1].kind != DS_P_TEXT)
        return ds_pickle_refuse(m, "wants a name that is no text");
    m->depth -= 2;
    return push_name(m, (const unsigned char *)two[0].node->text, two[0].node->count,
                     (const unsigned char *)two[1].node->text, two[1].node->count);
}

/* Where CPython calls, this notes what would be called: callee, arguments, no state yet. */
static int note_call(struct ds_machine *m, size_t taken)
{
    const struct ds_value *top = ds_pickle_top(m, taken);
    struct ds_node *node;

    if (!top)
        return m->err->code;
    if (top[1].kind != DS_P_TUPLE)
        return ds_pickle_refuse(m, "calls with what are no arguments");
    if (!(node = ds_pickle_node(m, DS_OBJECT_PAIRS)))
        return m->err->code;
    node->item[DS_OBJECT_CALLEE] = top[0];
    node->item[DS_OBJECT_ARGS] = top[1];
    node->item[DS_OBJECT_STATE] = (struct ds_value){.kind = DS_P_NONE};
    node->count = DS_OBJECT_PAIRS;
    m->p->items += DS_OBJECT_PAIRS;
    m->depth -= taken;
    return push_node(m, DS_P_OBJECT, node);
}

int ds_op_call(struct ds_machine *m)
{
    return note_call(m, 2);
}

int ds_op_call_keys(struct ds_machine *m)
{
    return note_call(m, 3);
}

int ds_op_build(struct ds_machine *m)
{
    const struct ds_value *two = ds_pickle_top(m, 2);

    if (!two)
        return m->err->code;
    if (two[0].kind == DS_P_OBJECT)
        two[0].node->item[DS_OBJECT_STATE] = two[1];
    m->depth--;
    return 0;
}

int ds_op_persistent(struct ds_machine *m)
{
    const struct ds_value *top = ds_pickle_top(m, 1);
    struct ds_node *node = top ? ds_pickle_node(m, 1) : NULL;

    if (!node)
        return m->err->code;
    node->item[0] = *top;
    node->count = 1;
    node->before = m->p->persistent;
    m->p->persistent = node;
    m->depth--;
    return push_node(m, DS_P_PERSISTENT, node);
}
