/* data/store/safetensors.h -- weights as most libraries exchange them. Public header.
 *
 * A safetensors file is the length of a header (8 bytes), the header (JSON), and the numbers:
 *
 *     {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3],
 *                                                "data_offsets": [0, 24]}}
 *
 * (https://github.com/huggingface/safetensors, "Format"). Read are F64 F32 F16 BF16 I64 I32
 * I16 I8 U8, each as its own type, and BOOL as DS_U8 with the note dtype = "BOOL"; other types
 * are refused by name. The metadata are the notes of the bundle's root.
 *
 * Reading is strict: header of at most 16 MiB, no key twice, no unknown field, and the
 * arrays cover the numbers without gap, overlap or rest. Writing sorts by size of the type,
 * then by name, so that every array is aligned and equal bundles give equal bytes. Whole and
 * real notes of the root are written as text; notes elsewhere, labels and scales are not. */
#ifndef DS_DATA_STORE_SAFETENSORS_H
#define DS_DATA_STORE_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

/* Fills an empty bundle, in the order of the numbers; empty again on failure. At most 32 GiB.
 * DS_NOINPUT, DS_DATA, DS_NOMEM, DS_IO. */
int ds_safetensors_load(struct ds_bundle *b, const char *path, struct ds_err *err);

/* What the header says, checked against a file of n bytes: for readers that leave the numbers
 * where they are. `file` begins the sentence. */
struct ds_safetensors_row {
    char *name; /* as ds_name_check wants it; the index owns it */
    enum ds_type type;
    bool truth; /* BOOL */
    int rank;
    int64_t dims[DS_RANK_MAX];
    size_t begin, end; /* bytes of the numbers */
};

struct ds_safetensors_index {
    struct ds_safetensors_row *row; /* in the order of the numbers, which they cover */
    int count, room;
    size_t numbers;       /* where the numbers begin in the file */
    struct ds_notes meta; /* __metadata__ */
};

/* Fills a zeroed index; cleared again on failure. DS_DATA, DS_NOMEM. */
int ds_safetensors_parse(struct ds_safetensors_index *x, const unsigned char *bytes, size_t n,
                         const char *file, struct ds_err *err);
void ds_safetensors_clear(struct ds_safetensors_index *x);

/* DS_DATA for arrays of strings and lists of texts, and as ds_file_publish. */
int ds_safetensors_save(const struct ds_bundle *b, const char *path, struct ds_err *err);

#endif
