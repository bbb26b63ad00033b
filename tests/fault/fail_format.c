/* tests/fault/fail_format.c -- the wrapped calls into libhdf5 and jansson, for failing_X. See
 * fail_int.h.
 *
 * What only looks at memory of ours or closes without an answer that anybody could use is left
 * alone. A call that fails does nothing, except that closing closes and that jansson takes what
 * it is given. */
#define H5_USE_110_API
#include <hdf5.h>
#include <hdf5_hl.h>
#include <jansson.h>

#include "tests/fault/fail_int.h"

#define STRIKES(name) fault_strikes(FAULT_FORMAT, #name, "", __builtin_return_address(0))

/* RESULT NAME(PARAMETERS): fails with FAILED, or is the real one called with ARGUMENTS. */
#define WRAP(result, failed, name, parameters, arguments)                                      \
    result __real_##name parameters;                                                           \
    result __wrap_##name parameters;                                                           \
    result __wrap_##name parameters                                                            \
    {                                                                                          \
        return STRIKES(name) ? (failed) : __real_##name arguments;                             \
    }
#define OF_ID(result, failed, name)      WRAP(result, failed, name, (hid_t id), (id))
#define SET(name, parameters, arguments) WRAP(herr_t, -1, name, parameters, arguments)
#define CLOSE(name)                                                                            \
    herr_t __real_##name(hid_t id);                                                            \
    herr_t __wrap_##name(hid_t id);                                                            \
    herr_t __wrap_##name(hid_t id)                                                             \
    {                                                                                          \
        const bool fails = STRIKES(name);                                                      \
        const herr_t code = __real_##name(id);                                                 \
                                                                                               \
        return fails ? -1 : code;                                                              \
    }

CLOSE(H5Aclose)
CLOSE(H5Dclose)
CLOSE(H5Fclose)

OF_ID(hid_t, -1, H5Aget_space)
OF_ID(hid_t, -1, H5Aget_type)
OF_ID(hid_t, -1, H5Dget_create_plist)
OF_ID(hid_t, -1, H5Dget_space)
OF_ID(hsize_t, 0, H5Dget_storage_size)
OF_ID(hid_t, -1, H5Dget_type)
OF_ID(htri_t, -1, H5DSis_scale)
OF_ID(hid_t, -1, H5Pcreate)
OF_ID(int, -1, H5Pget_external_count)
OF_ID(H5D_layout_t, H5D_LAYOUT_ERROR, H5Pget_layout)
OF_ID(int, -1, H5Pget_nfilters)
OF_ID(int, -1, H5Sget_simple_extent_ndims)
OF_ID(H5S_class_t, H5S_NO_CLASS, H5Sget_simple_extent_type)
OF_ID(htri_t, -1, H5Tcommitted)
OF_ID(hid_t, -1, H5Tcopy)
OF_ID(H5T_class_t, H5T_NO_CLASS, H5Tget_class)
OF_ID(size_t, 0, H5Tget_size)
OF_ID(hid_t, -1, H5Tget_super)
OF_ID(htri_t, -1, H5Tis_variable_str)

WRAP(hid_t, -1, H5Acreate2, (hid_t at, const char *n, hid_t t, hid_t s, hid_t how, hid_t a),
     (at, n, t, s, how, a))
WRAP(htri_t, -1, H5Aexists, (hid_t at, const char *n), (at, n))
WRAP(hid_t, -1, H5Aopen, (hid_t at, const char *n, hid_t how), (at, n, how))
WRAP(hid_t, -1, H5Dcreate2,
     (hid_t at, const char *n, hid_t t, hid_t s, hid_t l, hid_t how, hid_t a),
     (at, n, t, s, l, how, a))
WRAP(hid_t, -1, H5Dopen2, (hid_t at, const char *n, hid_t how), (at, n, how))
WRAP(hid_t, -1, H5Fcreate, (const char *n, unsigned f, hid_t c, hid_t a), (n, f, c, a))
WRAP(hid_t, -1, H5Fopen, (const char *n, unsigned f, hid_t a), (n, f, a))
WRAP(hid_t, -1, H5Gcreate2, (hid_t at, const char *n, hid_t l, hid_t c, hid_t a),
     (at, n, l, c, a))
WRAP(hid_t, -1, H5Gopen2, (hid_t at, const char *n, hid_t how), (at, n, how))
WRAP(htri_t, -1, H5Lexists, (hid_t at, const char *n, hid_t how), (at, n, how))
WRAP(hid_t, -1, H5Oopen, (hid_t at, const char *n, hid_t how), (at, n, how))
WRAP(int, -1, H5Pget_chunk, (hid_t how, int rank, hsize_t *dims), (how, rank, dims))
WRAP(int, -1, H5Sget_simple_extent_dims, (hid_t s, hsize_t *dims, hsize_t *most),
     (s, dims, most))
WRAP(htri_t, -1, H5Tequal, (hid_t a, hid_t b), (a, b))

SET(H5Aiterate2,
    (hid_t at, H5_index_t by, H5_iter_order_t order, hsize_t *from, H5A_operator2_t op,
     void *w),
    (at, by, order, from, op, w))
SET(H5Aread, (hid_t a, hid_t t, void *to), (a, t, to))
SET(H5Awrite, (hid_t a, hid_t t, const void *from), (a, t, from))
SET(H5DSattach_scale, (hid_t set, hid_t scale, unsigned dim), (set, scale, dim))
SET(H5DSset_label, (hid_t set, unsigned dim, const char *label), (set, dim, label))
SET(H5DSset_scale, (hid_t set, const char *name), (set, name))
SET(H5Dread, (hid_t set, hid_t t, hid_t m, hid_t f, hid_t how, void *to),
    (set, t, m, f, how, to))
SET(H5Dvlen_get_buf_size, (hid_t set, hid_t t, hid_t s, hsize_t *size), (set, t, s, size))
SET(H5Dwrite, (hid_t set, hid_t t, hid_t m, hid_t f, hid_t how, const void *from),
    (set, t, m, f, how, from))
SET(H5Dwrite_chunk,
    (hid_t set, hid_t how, uint32_t filters, const hsize_t *at, size_t n, const void *from),
    (set, how, filters, at, n, from))
SET(H5Gget_info, (hid_t group, H5G_info_t *info), (group, info))
SET(H5Oget_info2, (hid_t at, H5O_info_t *info, unsigned fields), (at, info, fields))
SET(H5Pget_mdc_config, (hid_t how, H5AC_cache_config_t *config), (how, config))
SET(H5Pset_char_encoding, (hid_t how, H5T_cset_t set), (how, set))
SET(H5Pset_chunk, (hid_t how, int rank, const hsize_t *dims), (how, rank, dims))
SET(H5Pset_fapl_core, (hid_t how, size_t step, hbool_t store), (how, step, store))
SET(H5Pset_fclose_degree, (hid_t how, H5F_close_degree_t degree), (how, degree))
SET(H5Pset_file_image, (hid_t how, void *bytes, size_t n), (how, bytes, n))
SET(H5Pset_file_image_callbacks, (hid_t how, H5FD_file_image_callbacks_t *calls), (how, calls))
SET(H5Pset_fletcher32, (hid_t how), (how))
SET(H5Pset_libver_bounds, (hid_t how, H5F_libver_t low, H5F_libver_t high), (how, low, high))
SET(H5Pset_mdc_config, (hid_t how, H5AC_cache_config_t *config), (how, config))
SET(H5Pset_obj_track_times, (hid_t how, hbool_t on), (how, on))
SET(H5Pset_userblock, (hid_t how, hsize_t n), (how, n))
SET(H5Tset_cset, (hid_t t, H5T_cset_t set), (t, set))
SET(H5Tset_ebias, (hid_t t, size_t bias), (t, bias))
SET(H5Tset_fields, (hid_t t, size_t s, size_t e, size_t es, size_t m, size_t ms),
    (t, s, e, es, m, ms))
SET(H5Tset_size, (hid_t t, size_t n), (t, n))

WRAP(json_t *, NULL, json_array, (void), ())
WRAP(json_t *, NULL, json_integer, (json_int_t value), (value))
WRAP(json_t *, NULL, json_object, (void), ())
WRAP(json_t *, NULL, json_string, (const char *text), (text))
WRAP(char *, NULL, json_dumps, (const json_t *root, size_t flags), (root, flags))
WRAP(json_t *, __real_json_loadb("", 0, flags, err), json_loadb,
     (const char *text, size_t n, size_t flags, json_error_t *err), (text, n, flags, err))
WRAP(int, __real_json_array_append_new(NULL, value), json_array_append_new,
     (json_t * to, json_t *value), (to, value))
WRAP(int, __real_json_object_set_new(NULL, key, value), json_object_set_new,
     (json_t * to, const char *key, json_t *value), (to, key, value))
