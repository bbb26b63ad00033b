/* viz/cli/preset.h -- options of training by name (`--preset fashion5`). For viz/cli only.
 *
 * The files of share/presets, baked into the program; the same files are installed as examples
 * for --config. */
#ifndef DS_VIZ_CLI_PRESET_H
#define DS_VIZ_CLI_PRESET_H

#include "data/protocol/options.h"
#include "viz/cli/baked.h"

/* The options of presets into o, "cifar100-tiny,slca": later ones win. DS_USAGE, with the nearest
 * name, when there is none. */
int ds_preset_read(struct ds_train_opt *o, const char *names, struct ds_err *err);

#endif
