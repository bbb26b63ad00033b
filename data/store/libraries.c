/* data/store/libraries.c -- versions of the libraries behind the doors. See the header. */
#include "data/store/libraries.h"

#include <hdf5.h>
#include <jansson.h>
#include <png.h>
#include <stdio.h>
#include <zlib.h>

static struct ds_library named(const char *name, const char *built, const char *running)
{
    struct ds_library l = {.name = name};

    snprintf(l.built, sizeof l.built, "%s", built);
    snprintf(l.running, sizeof l.running, "%s", running);
    return l;
}

static struct ds_library hdf5(void)
{
    struct ds_library l = {.name = "HDF5"};
    unsigned major = 0, minor = 0, patch = 0;

    H5get_libversion(&major, &minor, &patch);
    snprintf(l.built, sizeof l.built, "%d.%d.%d", H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE);
    snprintf(l.running, sizeof l.running, "%u.%u.%u", major, minor, patch);
    return l;
}

struct ds_library ds_data_library(int i)
{
    switch (i) {
    case 0:  return hdf5();
    case 1:  return named("libpng", PNG_LIBPNG_VER_STRING, png_get_libpng_ver(NULL));
    case 2:  return named("zlib", ZLIB_VERSION, zlibVersion());
    case 3:  return named("jansson", JANSSON_VERSION, jansson_version_str());
    default: return (struct ds_library){.name = NULL};
    }
}
