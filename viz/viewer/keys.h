/* viz/viewer/keys.h -- keys of the user's own. For viz/viewer and viz/cli.
 *
 *     # $XDG_CONFIG_HOME/driftscope/keys.ini
 *     F5 = reload
 *     w = layer 3
 *     Ctrl+e = export-again
 *
 * A key, and what it runs: a command by name, with its number or text. They come before the
 * keys of the command table. */
#ifndef DS_VIZ_VIEWER_KEYS_H
#define DS_VIZ_VIEWER_KEYS_H

#include "core/base/err.h"

enum { DS_OWN_KEYS = 96 };

struct ds_own_key {
    char key[32], line[96];
};

struct ds_own_keys {
    struct ds_own_key at[DS_OWN_KEYS];
    int n;
};

/* A file that is not there leaves them empty. DS_USAGE names the line: no command of that name
 * (did you mean), no key, too many. */
int ds_own_keys_load(struct ds_own_keys *k, const char *path, struct ds_err *err);

/* What a key runs, or NULL. */
const char *ds_own_keys_find(const struct ds_own_keys *k, const char *key);

#endif
