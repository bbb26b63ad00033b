/* data/archive/pickle_table.c -- plain values, the memo, and the table of instructions.
 * See pickle_int.h. */
#include <stdlib.h>
#include <string.h>

#include "data/archive/pickle_machine_int.h"

static int push_whole(struct ds_machine *m, enum ds_pickle_kind kind, int64_t whole)
{
    return ds_pickle_push(m, (struct ds_value){.kind = kind, .whole = whole});
}

static int op_none(struct ds_machine *m)
{
    return push_whole(m, DS_P_NONE, 0);
}

static int op_true(struct ds_machine *m)
{
    return push_whole(m, DS_P_BOOL, 1);
}

static int op_false(struct ds_machine *m)
{
    return push_whole(m, DS_P_BOOL, 0);
}

static int unsigned_int(struct ds_machine *m, int bytes)
{
    uint64_t value = 0;

    return ds_pickle_number(m, bytes, &value) ? (int)m->err->code
                                              : push_whole(m, DS_P_INT, (int64_t)value);
}

static int op_int_1(struct ds_machine *m)
{
    return unsigned_int(m, 1);
}

static int op_int_2(struct ds_machine *m)
{
    return unsigned_int(m, 2);
}

static int op_int_4(struct ds_machine *m)
{
    uint64_t value = 0;

    return ds_pickle_number(m, 4, &value) ? (int)m->err->code
                                          : push_whole(m, DS_P_INT, (int32_t)(uint32_t)value);
}

/* Two's complement of any length; what needs more than 64 bits stays as bytes. */
static int long_int(struct ds_machine *m, int bytes)
{
    const unsigned char *from;
    uint64_t n = 0, value;

    if (ds_pickle_number(m, bytes, &n) || !(from = ds_pickle_bytes(m, n)))
        return m->err->code;
    if (n > 8)
        return ds_pickle_text(m, DS_P_BYTES, from, n);
    value = ds_little(from, (int)n);
    if (n && n < 8 && value >> (8 * n - 1))
        value |= UINT64_MAX << (8 * n);
    return push_whole(m, DS_P_INT, (int64_t)value);
}

static int op_long_1(struct ds_machine *m)
{
    return long_int(m, 1);
}

static int op_long_4(struct ds_machine *m)
{
    return long_int(m, 4);
}

static int op_real(struct ds_machine *m)
{
    const unsigned char *from = ds_pickle_bytes(m, 8);
    struct ds_value v = {.kind = DS_P_REAL};
    uint64_t bits = 0;

    if (!from)
        return m->err->code;
    for (int i = 0; i < 8; i++) /* the only number that is big-endian */
        bits = bits << 8 | from[i];
    memcpy(&v.real, &bits, sizeof v.real);
    return ds_pickle_push(m, v);
}

/* A whole number in a line: Python 2 wrote those beyond 32 bits so; GET and PUT, too. */
static int line_int(struct ds_machine *m, int64_t *value)
{
    int64_t sign = 1;
    int digits = 0;

    *value = 0;
    if (m->at < m->end && *m->at == '-') {
        sign = -1;
        m->at++;
    }
    for (; m->at < m->end && *m->at >= '0' && *m->at <= '9' && digits < 18; digits++)
        *value = 10 * *value + sign * (*m->at++ - '0');
    if (!digits || m->at == m->end || *m->at != '\n')
        return ds_pickle_refuse(m, "has a line that is no number of 18 digits");
    m->at++;
    return 0;
}

static int op_line(struct ds_machine *m)
{
    int64_t value;

    return line_int(m, &value) ? (int)m->err->code : push_whole(m, DS_P_INT, value);
}

static int text(struct ds_machine *m, enum ds_pickle_kind kind, int bytes)
{
    const unsigned char *from;
    uint64_t n = 0;

    if (ds_pickle_number(m, bytes, &n) || !(from = ds_pickle_bytes(m, n)))
        return m->err->code;
    return ds_pickle_text(m, kind, from, n);
}

static int op_text_1(struct ds_machine *m)
{
    return text(m, DS_P_TEXT, 1);
}

static int op_text_4(struct ds_machine *m)
{
    return text(m, DS_P_TEXT, 4);
}

static int op_text_8(struct ds_machine *m)
{
    return text(m, DS_P_TEXT, 8);
}

static int op_bytes_1(struct ds_machine *m)
{
    return text(m, DS_P_BYTES, 1);
}

static int op_bytes_4(struct ds_machine *m)
{
    return text(m, DS_P_BYTES, 4);
}

static int op_bytes_8(struct ds_machine *m)
{
    return text(m, DS_P_BYTES, 8);
}

/* No index can be larger than the pickle has bytes: every one was written by an instruction. */
static int memo_put(struct ds_machine *m, uint64_t at)
{
    const struct ds_value *top = ds_pickle_top(m, 1);

    if (!top)
        return m->err->code;
    if (at > (uint64_t)(m->at - m->begin))
        return ds_pickle_refuse(m, "remembers a value under an impossible number");
    if (at >= m->memo_room) {
        const uint32_t room = 2 * (uint32_t)at + 64;
        struct ds_value *grown;

        if (ds_heap_charge(&m->p->heap, (room - m->memo_room) * sizeof *grown, m->err))
            return ds_while(m->err, "%s: its pickle", m->file);
        if (!(grown = realloc(m->memo, room * sizeof *grown)))
            return ds_fail(m->err, DS_NOMEM, "%s: out of memory for its pickle", m->file);
        memset(grown + m->memo_room, 0, (room - m->memo_room) * sizeof *grown);
        m->memo = grown;
        m->memo_room = room;
    }
    m->memo[at] = *top;
    if (at >= m->memo_next)
        m->memo_next = (uint32_t)at + 1;
    return 0;
}

static int memo_get(struct ds_machine *m, uint64_t at)
{
    if (at >= m->memo_room || m->memo[at].kind == DS_P_NOTHING)
        return ds_pickle_refuse(m, "recalls a value that it does not have");
    return ds_pickle_push(m, m->memo[at]);
}

static int op_memoize(struct ds_machine *m)
{
    return memo_put(m, m->memo_next);
}

static int op_put_1(struct ds_machine *m)
{
    uint64_t at = 0;

    return ds_pickle_number(m, 1, &at) ? (int)m->err->code : memo_put(m, at);
}

static int op_put_4(struct ds_machine *m)
{
    uint64_t at = 0;

    return ds_pickle_number(m, 4, &at) ? (int)m->err->code : memo_put(m, at);
}

static int op_put_line(struct ds_machine *m)
{
    int64_t at;

    return line_int(m, &at) ? (int)m->err->code : memo_put(m, (uint64_t)at);
}

static int op_get_1(struct ds_machine *m)
{
    uint64_t at = 0;

    return ds_pickle_number(m, 1, &at) ? (int)m->err->code : memo_get(m, at);
}

static int op_get_4(struct ds_machine *m)
{
    uint64_t at = 0;

    return ds_pickle_number(m, 4, &at) ? (int)m->err->code : memo_get(m, at);
}

static int op_get_line(struct ds_machine *m)
{
    int64_t at;

    return line_int(m, &at) ? (int)m->err->code : memo_get(m, (uint64_t)at);
}

static int op_mark(struct ds_machine *m)
{
    if (m->marks >= DS_PICKLE_MARKS_MAX)
        return ds_pickle_refuse(m, "nests more than 4096 deep");
    m->mark[m->marks++] = m->depth;
    return 0;
}

static int op_pop(struct ds_machine *m)
{
    /* As in CPython: with nothing above the last mark, the mark itself goes. */
    if (m->marks && m->mark[m->marks - 1] == m->depth)
        m->marks--;
    else if (ds_pickle_top(m, 1))
        m->depth--;
    else
        return m->err->code;
    return 0;
}

static int op_pop_mark(struct ds_machine *m)
{
    return ds_pickle_mark(m, &m->depth);
}

static int op_again(struct ds_machine *m)
{
    const struct ds_value *top = ds_pickle_top(m, 1);

    return top ? ds_pickle_push(m, *top) : (int)m->err->code;
}

static int op_protocol(struct ds_machine *m)
{
    uint64_t version = 0;

    if (ds_pickle_number(m, 1, &version))
        return m->err->code;
    return version > 5 ? ds_pickle_refuse(m, "has a protocol later than 5") : 0;
}

static int op_frame(struct ds_machine *m)
{
    uint64_t n = 0;

    if (ds_pickle_number(m, 8, &n))
        return m->err->code;
    return n > (uint64_t)(m->end - m->at) ? ds_pickle_refuse(m, "is cut off in a frame") : 0;
}

static int op_stop(struct ds_machine *m)
{
    const struct ds_value *top = ds_pickle_top(m, 1);

    if (!top)
        return m->err->code;
    m->p->result = *top;
    m->stopped = true;
    return 0;
}

ds_instruction *ds_pickle_instruction(unsigned char code)
{
    static ds_instruction *const table[256] = {
        ['N'] = op_none,        [0x88] = op_true,         [0x89] = op_false,
        ['K'] = op_int_1,       ['M'] = op_int_2,         ['J'] = op_int_4,
        [0x8a] = op_long_1,     [0x8b] = op_long_4,       ['G'] = op_real,
        ['I'] = op_line,        ['U'] = op_text_1,        ['T'] = op_text_4,
        [0x8c] = op_text_1,     ['X'] = op_text_4,        [0x8d] = op_text_8,
        ['C'] = op_bytes_1,     ['B'] = op_bytes_4,       [0x8e] = op_bytes_8,
        [0x96] = op_bytes_8,    [0x94] = op_memoize,      ['q'] = op_put_1,
        ['r'] = op_put_4,       ['p'] = op_put_line,      ['h'] = op_get_1,
        ['j'] = op_get_4,       ['g'] = op_get_line,      ['('] = op_mark,
        ['0'] = op_pop,         ['1'] = op_pop_mark,      ['2'] = op_again,
        [0x80] = op_protocol,   [0x95] = op_frame,        ['.'] = op_stop,
        ['a'] = ds_op_append,   ['e'] = ds_op_appends,    ['s'] = ds_op_set,
        ['u'] = ds_op_sets,     [0x90] = ds_op_add,       ['t'] = ds_op_tuple,
        [0x85] = ds_op_tuple_1, [0x86] = ds_op_tuple_2,   [0x87] = ds_op_tuple_3,
        [')'] = ds_op_no_tuple, ['l'] = ds_op_list,       [']'] = ds_op_no_list,
        ['d'] = ds_op_dict,     ['}'] = ds_op_no_dict,    [0x8f] = ds_op_no_set,
        [0x91] = ds_op_frozen,  ['c'] = ds_op_name,       [0x93] = ds_op_stack_name,
        ['R'] = ds_op_call,     [0x81] = ds_op_call,      [0x92] = ds_op_call_keys,
        ['b'] = ds_op_build,    ['Q'] = ds_op_persistent,
    };

    return table[code];
}
