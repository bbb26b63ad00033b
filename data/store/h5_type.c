/* data/store/h5_type.c -- the few HDF5 types in use, and special attribute names. See h5_int.h.
 */
#include <string.h>

#include "data/store/h5_int.h"

/* IEEE binary16: HDF5 1.10 has no name for it, but h5py and h5dump know it by its fields. */
static hid_t half_type(void)
{
    const hid_t type = H5Tcopy(H5T_IEEE_F32LE);

    if (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 ||
        H5Tset_ebias(type, 15) < 0) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

hid_t ds_h5_text_type(size_t size)
{
    const hid_t type = H5Tcopy(H5T_C_S1);

    if (H5Tset_size(type, size ? size : H5T_VARIABLE) < 0 ||
        H5Tset_cset(type, size ? H5T_CSET_ASCII : H5T_CSET_UTF8) < 0) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}

hid_t ds_h5_type(enum ds_type type)
{
    switch (type) {
    case DS_U8:
        return H5Tcopy(H5T_STD_U8LE);
    case DS_I32:
        return H5Tcopy(H5T_STD_I32LE);
    case DS_I64:
        return H5Tcopy(H5T_STD_I64LE);
    case DS_F16:
        return half_type();
    case DS_F32:
        return H5Tcopy(H5T_IEEE_F32LE);
    case DS_F64:
        return H5Tcopy(H5T_IEEE_F64LE);
    case DS_STRING:
        return ds_h5_text_type(0);
    default: /* DS_BF16, DS_I8, DS_I16 */
        return H5I_INVALID_HID;
    }
}

bool ds_h5_fixed_key(const char *key)
{
    return !strcmp(key, "CLASS") || !strncmp(key, "IMAGE_", 6) ||
           !strcmp(key, "INTERLACE_MODE");
}

bool ds_h5_reserved_key(const char *key)
{
    return !strcmp(key, "DIMENSION_LIST") || !strcmp(key, "REFERENCE_LIST") ||
           !strcmp(key, "DIMENSION_LABELS") || !strcmp(key, "NAME");
}
