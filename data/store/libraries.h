/* data/store/libraries.h -- versions of the libraries behind the doors. Public header. */
#ifndef DS_DATA_STORE_LIBRARIES_H
#define DS_DATA_STORE_LIBRARIES_H

struct ds_library {
    const char *name;
    char built[32];   /* of the header it was compiled with, "" where there is none */
    char running[32]; /* of the library that is loaded */
};

/* The i-th library of this room; name NULL behind the last one. */
struct ds_library ds_data_library(int i);

#endif
