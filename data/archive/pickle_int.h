/* data/archive/pickle_int.h -- reading a pickle without running it. Room only.
 *
 * A pickle is a program for a stack machine. This machine has its data instructions; where the
 * real one would import and call, it makes a node that says what would have been called, and
 * goes on. So its result is a description, and nothing of the file is ever executed.
 *
 *     kind       node
 *     TEXT       count bytes, a zero behind          TUPLE, LIST  count items
 *     BYTES      the same; whole numbers beyond 64 bits, too
 *     DICT       count items: key, value, key, value ...
 *     NAME       text "module.name", and its role
 *     OBJECT     items 0 to 2: what was called, its arguments, its state; then keys and values
 *                that were set in it, as in a dictionary
 *     PERSISTENT item 0: the id that stands for something outside the pickle
 *     SET        nothing: its items are forgotten
 *
 * Memory: at most 64 times the pickle, and 48 MiB, for nodes, stack and memo together (some
 * 42 000 tensors).
 * Work: one step an instruction. Every byte is read once. */
#ifndef DS_DATA_ARCHIVE_PICKLE_INT_H
#define DS_DATA_ARCHIVE_PICKLE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/archive/heap_int.h"

enum {
    DS_PICKLE_MAX = 64 << 20,
    DS_PICKLE_MEMORY = 48 << 20,
    DS_PICKLE_STACK_MAX = 1 << 20,
    DS_PICKLE_MARKS_MAX = 4096
};

enum ds_pickle_kind {
    DS_P_NOTHING, /* an empty place of the memo */
    DS_P_NONE,
    DS_P_BOOL,
    DS_P_INT,
    DS_P_REAL,
    DS_P_TEXT,
    DS_P_BYTES,
    DS_P_TUPLE,
    DS_P_LIST,
    DS_P_SET,
    DS_P_DICT,
    DS_P_NAME,
    DS_P_OBJECT,
    DS_P_PERSISTENT
};

/* What a name means to us; DS_ROLE_OPAQUE: nothing. */
enum ds_pickle_role {
    DS_ROLE_OPAQUE,
    DS_ROLE_DICT,      /* OrderedDict, defaultdict */
    DS_ROLE_TENSOR,    /* (storage, offset, size, stride, ...) */
    DS_ROLE_TENSOR_3,  /* the same with the type as 7th argument, on untyped storage */
    DS_ROLE_PARAMETER, /* (tensor, ...) */
    DS_ROLE_TYPED,     /* (function, type, arguments, state) */
    DS_ROLE_SIZE,      /* ((dims),) */
    DS_ROLE_SILENT     /* harmless, and never a tensor: torch.device, torch.float32 ... */
};

struct ds_value {
    enum ds_pickle_kind kind;
    union {
        int64_t whole; /* INT, BOOL */
        double real;
        struct ds_node *node;
    };
};

struct ds_node {
    uint32_t count, room;
    union {
        struct ds_value *item;
        char *text;
    };
    enum ds_pickle_role role;
    bool busy;                  /* being visited: a cycle comes back here */
    struct ds_storage *storage; /* PERSISTENT: what it stands for, once known */
    struct ds_node *before;     /* PERSISTENT: the one met before */
};

enum { DS_OBJECT_CALLEE, DS_OBJECT_ARGS, DS_OBJECT_STATE, DS_OBJECT_PAIRS };

struct ds_pickle {
    struct ds_value result;
    struct ds_node *persistent; /* the last one met */
    size_t length;              /* of the pickle */
    uint64_t items;             /* in all nodes */
    struct ds_heap heap;
};

/* Reads the pickle that begins at bytes, of which n are there. Fills a zeroed pickle; cleared
 * again on failure. `file` begins the sentences. DS_DATA, DS_NOMEM. */
int ds_pickle_read(struct ds_pickle *p, const unsigned char *bytes, size_t n, const char *file,
                   struct ds_err *err);
void ds_pickle_clear(struct ds_pickle *p);

/* The role of a name, or DS_DATA for one that no file of weights needs. */
int ds_pickle_role(enum ds_pickle_role *role, const char *name, const char *file,
                   struct ds_err *err);

/* The text of a value, or NULL when it is none or has a zero in it. */
const char *ds_value_text(const struct ds_value *v);

#endif
