/* viz/page/libraries.h -- versions of the libraries that draw. Public header. */
#ifndef DS_VIZ_PAGE_LIBRARIES_H
#define DS_VIZ_PAGE_LIBRARIES_H

#include "data/store/libraries.h"

/* The i-th library of this room; name NULL behind the last one. */
struct ds_library ds_page_library(int i);

#endif
