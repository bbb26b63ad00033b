/* tests/data/everything.h -- a bundle with something of every kind that HDF5 files of ours
 * hold. */
#ifndef DS_TESTS_DATA_EVERYTHING_H
#define DS_TESTS_DATA_EVERYTHING_H

#include <math.h>
#include "data/store/bundle.h"

static inline int add_everything(struct ds_bundle *b, struct ds_err *err)
{
    static const float f[6] = {1.5f, -2, 3e-40f, INFINITY, 5, -0.0f};
    static const int ints[3] = {1, -2, INT32_MAX};
    static const int64_t wide[2] = {INT64_MIN, 7};
    static const double d[2] = {0.1, -1e300};
    static const uint8_t bytes[4] = {0, 1, 128, 255};
    static const uint16_t halves[2] = {0x3c00, 0xc001};
    static const char *const texts[3] = {"eins", "", "zwei \xc3\xbc"};
    static const char *const axes[] = {"a", ".", NULL};
    static const int64_t two[] = {2}, four[] = {4}, matrix[] = {2, 3}, none[] = {0, 4},
                         deep[] = {1, 1, 2, 1, 1, 1, 1, 1};
    struct ds_notes *n;
    struct ds_array *a = ds_bundle_floats(b, "g/f", f, 2, matrix, "row column", err);

    if (!a || ds_array_scale(a, 1, "g/x", err) || ds_array_scale(a, 0, "d", err) ||
        ds_note_text(&a->notes, "CLASS", "IMAGE", err) ||
        ds_note_text(&a->notes, "units", "\xc2\xb5m", err) ||
        !ds_bundle_ints(b, "g/x", ints, 1, (const int64_t[]){3}, "x", err) ||
        !(a = ds_bundle_add(b, "wide", DS_I64, 1, two, wide, err)) ||
        ds_array_scale(a, 0, "d", err) || !ds_bundle_add(b, "d", DS_F64, 1, two, d, err) ||
        !ds_bundle_add(b, "g/h/bytes", DS_U8, 1, four, bytes, err) ||
        !ds_bundle_add(b, "halves", DS_F16, 1, two, halves, err) ||
        !ds_bundle_add(b, "deep", DS_F32, 8, deep, f, err) ||
        !ds_bundle_add(b, "scalar", DS_F32, 0, NULL, f, err) ||
        !ds_bundle_add(b, "text", DS_STRING, 0, NULL, texts, err) ||
        !ds_bundle_add(b, "empty", DS_F32, 2, none, NULL, err) ||
        !(a = ds_bundle_floats(b, "empty2", NULL, 2, none, "row column", err)) ||
        ds_array_scale(a, 0, "s0", err) || !ds_bundle_strings(b, "s", texts, 3, "name", err) ||
        !ds_bundle_strings(b, "s0", NULL, 0, NULL, err) || !(n = ds_bundle_notes(b, "", err)) ||
        ds_note_int(n, "major", -3, err) || ds_note_real(n, "pi", 3.14, err) ||
        !(n = ds_bundle_notes(b, "g", err)) || ds_note_texts(n, "axes", axes, err) ||
        ds_note_texts(n, "nothing", axes + 2, err) ||
        !(n = ds_bundle_notes(b, "only/notes", err)))
        return 1;
    return ds_note_text(n, "empty", "", err);
}

#endif
