/* viz/cli/preset.c -- a preset by name. See the header. */
#include "viz/cli/preset.h"

#include <string.h>

int ds_preset_read(struct ds_train_opt *o, const char *name, struct ds_err *err)
{
    const char *names[64];
    const char *near;
    int n = 0;

    for (const struct ds_preset *p = ds_presets; p->name; p++) {
        if (!strcmp(p->name, name))
            return ds_train_opt_read(o, p->text, p->name, err);
        if (n < 63)
            names[n++] = p->name;
    }
    names[n] = NULL;
    near = ds_opt_nearest(name, names);
    return ds_fail(err, DS_USAGE, "--preset: there is no preset '%s'%s%s%s", name,
                   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}
