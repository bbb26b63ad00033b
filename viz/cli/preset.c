/* viz/cli/preset.c -- presets by name. See the header. */
#include "viz/cli/preset.h"

#include <stdio.h>
#include <string.h>

static int read_one(struct ds_train_opt *o, const char *name, struct ds_err *err)
{
    const char *names[64];
    const char *near;
    int n = 0;

    for (const struct ds_baked *p = ds_presets; p->name; p++) {
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

int ds_preset_read(struct ds_train_opt *o, const char *names, struct ds_err *err)
{
    char name[64];

    for (const char *at = names;; at++) {
        const size_t n = strcspn(at, ",");

        snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name - 1), at);
        if (read_one(o, name, err))
            return err->code;
        at += n;
        if (!*at)
            return 0;
    }
}
