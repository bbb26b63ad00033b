/* viz/page/pdf_check.h -- are all fonts of a PDF embedded, and none Type 3? Public header. */
#ifndef DS_VIZ_PAGE_PDF_CHECK_H
#define DS_VIZ_PAGE_PDF_CHECK_H

#include <stddef.h>
#include "core/base/err.h"

/* The promise about fonts, read back from a PDF's own objects (object streams included): no
 * Type 3, every font with an embedded file. DS_FAILED with the font's name; DS_DATA when it is
 * not a PDF. */
int ds_pdf_check(const unsigned char *bytes, size_t n, struct ds_err *err);

#endif
