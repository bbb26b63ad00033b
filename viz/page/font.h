/* viz/page/font.h -- which fonts are installed. Public header.
 *
 * Only families that Fontconfig really has count: its aliases would put another face in place
 * of the one asked for without saying so. */
#ifndef DS_VIZ_PAGE_FONT_H
#define DS_VIZ_PAGE_FONT_H

#include "core/base/err.h"

/* The first of `families` (NULL-terminated) that is installed, or NULL. */
const char *ds_font_first(const char *const *families);

/* Width of a digit as a share of the size. */
double ds_font_digit(const char *family);

/* DS_USAGE when `family` is not installed, with the nearest name. */
int ds_font_need(const char *family, struct ds_err *err);

#endif
