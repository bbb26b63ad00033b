/* data/archive/npy_int.h -- one NumPy array as np.save writes it. Room only.
 *
 *     "\x93NUMPY", version (1.0, 2.0, 3.0), length of the header (2 or 4 bytes), header,
 * numbers
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
 *
 * (NEP 1). The header is a Python literal; exactly these three keys are taken. */
#ifndef DS_DATA_ARCHIVE_NPY_INT_H
#define DS_DATA_ARCHIVE_NPY_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

struct ds_npy {
    char descr[32];
    bool fortran, known, swapped; /* known: the type has a place here; swapped: big-endian */
    enum ds_type type;
    int rank;
    int64_t dims[DS_RANK_MAX];
    size_t numbers; /* where they begin */
};

/* `where` begins the sentence. DS_DATA. */
int ds_npy_parse(struct ds_npy *npy, const unsigned char *bytes, size_t n, const char *where,
                 struct ds_err *err);

#endif
