/* data/archive/pickle_machine_int.h -- the machine while it runs. For pickle*.c only. */
#ifndef DS_DATA_ARCHIVE_PICKLE_MACHINE_INT_H
#define DS_DATA_ARCHIVE_PICKLE_MACHINE_INT_H

#include "data/archive/archive_int.h"
#include "data/archive/pickle_int.h"

struct ds_machine {
    struct ds_pickle *p;
    const unsigned char *begin, *at, *end;
    const char *file;
    struct ds_value *stack, *memo;
    size_t depth, room;
    uint32_t memo_room, memo_next;
    size_t mark[DS_PICKLE_MARKS_MAX]; /* heights of the stack */
    int marks;
    bool stopped;
    struct ds_err *err;
};

typedef int ds_instruction(struct ds_machine *m);

/* What an instruction does, or NULL. */
ds_instruction *ds_pickle_instruction(unsigned char code);

/* Records "FILE: its pickle WHY at byte N". */
int ds_pickle_refuse(struct ds_machine *m, const char *why);

/* The next n bytes, or NULL; the same as a little-endian number. */
const unsigned char *ds_pickle_bytes(struct ds_machine *m, uint64_t n);
int ds_pickle_number(struct ds_machine *m, int bytes, uint64_t *value);

/* The stack: push; the n values on top (above the last mark), or NULL; the last mark, taken. */
int ds_pickle_push(struct ds_machine *m, struct ds_value v);
struct ds_value *ds_pickle_top(struct ds_machine *m, size_t n);
int ds_pickle_mark(struct ds_machine *m, size_t *at);

/* Nodes: fresh, with room for items; with more items; a text or bytes, pushed. */
struct ds_node *ds_pickle_node(struct ds_machine *m, uint32_t items);
int ds_pickle_append(struct ds_machine *m, struct ds_node *node, const struct ds_value *from,
                     size_t n);
int ds_pickle_text(struct ds_machine *m, enum ds_pickle_kind kind, const void *from,
                   uint64_t n);

/* Instructions that would import, call or set, and those that build; the table is in
 * pickle_table.c. */
ds_instruction ds_op_name, ds_op_stack_name, ds_op_call, ds_op_call_keys, ds_op_build,
    ds_op_persistent;
ds_instruction ds_op_append, ds_op_appends, ds_op_set, ds_op_sets, ds_op_add, ds_op_tuple,
    ds_op_tuple_1, ds_op_tuple_2, ds_op_tuple_3, ds_op_no_tuple, ds_op_list, ds_op_no_list,
    ds_op_dict, ds_op_no_dict, ds_op_no_set, ds_op_frozen;

#endif
