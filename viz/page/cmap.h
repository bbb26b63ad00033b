/* viz/page/cmap.h -- colour maps by name. Public header.
 *
 * Tables of 256 colours from share/cmap, baked in. Diverging maps run from blue (low) to red
 * (high) and belong on ranges symmetric about zero. `jet` exists because people ask for it;
 * `note` says what is wrong with it, and callers print that. */
#ifndef DS_VIZ_PAGE_CMAP_H
#define DS_VIZ_PAGE_CMAP_H

#include <stdbool.h>
#include <stdint.h>
#include "core/base/err.h"
#include "viz/page/theme.h"

struct ds_cmap {
    const char *name;
    bool diverging;
    const char *note; /* NULL, or a warning to print */
    const uint8_t (*color)[3]; /* [256]; NULL: from a formula */
};

/* The shipped names, NULL-terminated, for help and for "did you mean". */
extern const char *const ds_cmap_names[];

/* DS_USAGE with the nearest name. */
int ds_cmap_find(struct ds_cmap *out, const char *name, struct ds_err *err);

/* v in 0..1 is clamped; the nearest of the 256 entries. NaN is for the caller to mark. */
struct ds_rgb ds_cmap_at(const struct ds_cmap *m, double v);

#endif
