/* data/store/safetensors_int.h -- what reading and writing share. Room only. */
#ifndef DS_DATA_STORE_SAFETENSORS_INT_H
#define DS_DATA_STORE_SAFETENSORS_INT_H

#include <stdbool.h>
#include "data/store/bundle.h"

enum { DS_ST_HEADER_MAX = 16 << 20, DS_ST_LENGTH = 8 };

static const struct {
    const char *name;
    enum ds_type type;
} ds_st_types[] = {
    {"F64", DS_F64}, {"F32", DS_F32}, {"F16", DS_F16}, {"BF16", DS_BF16},
    {"I64", DS_I64}, {"I32", DS_I32}, {"I16", DS_I16}, {"I8", DS_I8},
    {"U8", DS_U8},   {"BOOL", DS_U8},
};

enum { DS_ST_TYPES = sizeof ds_st_types / sizeof *ds_st_types };

#endif
