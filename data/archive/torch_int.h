/* data/archive/torch_int.h -- what a pickle of PyTorch describes, as tensors. Room only.
 *
 * A tensor is an OBJECT that would call torch._utils._rebuild_tensor_v2(storage, offset, size,
 * stride, ...); its storage is PERSISTENT with the id ("storage", type, key, device, count).
 * The numbers of a key are the zip entry ROOT/data/KEY, or stand behind the pickles of an older
 * file. Several tensors may share a storage. */
#ifndef DS_DATA_ARCHIVE_TORCH_INT_H
#define DS_DATA_ARCHIVE_TORCH_INT_H

#include "data/archive/archive_int.h"
#include "data/archive/pickle_int.h"
#include "data/archive/zip_int.h"

/* A type of numbers by PyTorch's name. */
struct ds_torch_type {
    const char *storage, *dtype; /* "FloatStorage", "float32" */
    int size;
    bool known; /* has a place here: `type` */
    enum ds_type type;
};

struct ds_storage {
    const struct ds_torch_type *type;
    const char *key;
    int64_t count;             /* elements of that type */
    int64_t first, viewed;     /* a part of another storage: first element, or -1 elements */
    const unsigned char *data; /* NULL until found */
};

struct ds_torch {
    struct ds_archive *a;
    const char *file;
    const struct ds_zip *zip; /* NULL for older files, whose storages are found beforehand */
    const char *root;
    const struct ds_pickle *pickle;
    uint64_t visits, visits_max;
    struct ds_err *err;
};

/* The type of "torch.FloatStorage" or "torch.float32", or NULL. */
const struct ds_torch_type *ds_torch_storage_type(const char *name);
const struct ds_torch_type *ds_torch_dtype(const char *name);

/* What a PERSISTENT node stands for, without its numbers; kept in the node. DS_DATA. */
int ds_torch_storage(struct ds_torch *t, struct ds_node *node);

/* Adds the tensor that the arguments describe. DS_DATA. */
int ds_torch_tensor(struct ds_torch *t, enum ds_pickle_role role, const struct ds_node *args,
                    const char *name);

/* Adds every tensor that the result of the pickle reaches, and its notes. */
int ds_torch_walk(struct ds_torch *t);

/* Notes of the numbers and texts at the top and one level below it. */
int ds_torch_notes(struct ds_torch *t);

/* Keys and values of what is a dictionary or has an object's state; NULL and 0 otherwise. */
const struct ds_value *ds_torch_pairs(const struct ds_value *v, uint32_t *count);

/* Whether the zip is one of torch.save: the folder of its data.pkl. */
bool ds_torch_root(char *root, size_t size, const struct ds_zip *z);
int ds_torch_zip(struct ds_archive *a, const struct ds_zip *z, const char *root,
                 struct ds_err *err);

#endif
