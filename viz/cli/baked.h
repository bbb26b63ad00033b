/* viz/cli/baked.h -- files of share/ inside the program. For viz/cli only.
 *
 * Baked, so that they are there in the build folder, in an installation, and for a binary
 * copied to a cluster node. viz/cli/bake.cmake writes the tables at build time. */
#ifndef DS_VIZ_CLI_BAKED_H
#define DS_VIZ_CLI_BAKED_H

#include <stddef.h>

struct ds_baked {
    const char *name; /* of the file, without its ending */
    const char *text; /* ends with 0 */
    size_t size;      /* bytes before that 0 */
};

/* NULL name at the end. */
extern const struct ds_baked ds_presets[]; /* share/presets */
extern const struct ds_baked ds_scripts[]; /* share/bench */

/* The text of that name, or NULL. */
const char *ds_baked_text(const struct ds_baked *table, const char *name);

#endif
