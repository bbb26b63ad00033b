/* viz/cli/preset.h -- the presets of share/presets, baked into the program. For viz/cli only.
 *
 * Baked, so that `--preset fashion5` works from the build folder, from an installation, and
 * from a binary copied to a cluster node. The same files are installed as examples for
 * --config. viz/cli/bake.cmake writes the table at build time. */
#ifndef DS_VIZ_CLI_PRESET_H
#define DS_VIZ_CLI_PRESET_H

#include <stddef.h>
#include "data/protocol/options.h"

struct ds_preset {
    const char *name; /* file name without .ini */
    const char *text; /* INI, ends with 0 */
    size_t size;      /* bytes before that 0 */
};

extern const struct ds_preset ds_presets[]; /* NULL name at the end */

/* The options of presets into o, "cifar100-tiny,slca": later ones win. DS_USAGE, with the nearest
 * name, when there is none. */
int ds_preset_read(struct ds_train_opt *o, const char *names, struct ds_err *err);

#endif
