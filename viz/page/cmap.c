/* viz/page/cmap.c -- the colour tables. See the header; sources in share/cmap/README.md. */
#include "viz/page/cmap.h"

#include <math.h>
#include <string.h>

#include "core/base/opt.h"

static const uint8_t viridis[256][3] = {
#include "share/cmap/viridis.inc"
};
static const uint8_t magma[256][3] = {
#include "share/cmap/magma.inc"
};
static const uint8_t inferno[256][3] = {
#include "share/cmap/inferno.inc"
};
static const uint8_t cividis[256][3] = {
#include "share/cmap/cividis.inc"
};
static const uint8_t grey[256][3] = {
#include "share/cmap/grey.inc"
};
static const uint8_t rdbu[256][3] = {
#include "share/cmap/rdbu.inc"
};
static const uint8_t vlag[256][3] = {
#include "share/cmap/vlag.inc"
};

static const struct ds_cmap maps[] = {
    {"viridis", false, NULL, viridis}, {"magma", false, NULL, magma},
    {"inferno", false, NULL, inferno}, {"cividis", false, NULL, cividis},
    {"grey", false, NULL, grey},       {"rdbu", true, NULL, rdbu},
    {"vlag", true, NULL, vlag},
    {"jet", false,
     "jet draws edges where the data has none and is unreadable in grey; viridis or cividis "
     "show the same values evenly",
     NULL},
};

enum { MAPS = sizeof maps / sizeof *maps };

const char *const ds_cmap_names[] = {"viridis", "magma", "inferno", "cividis", "grey",
                                     "rdbu",    "vlag",  "jet",     NULL};

int ds_cmap_find(struct ds_cmap *out, const char *name, struct ds_err *err)
{
    const char *near = ds_opt_nearest(name, ds_cmap_names);

    for (int i = 0; i < MAPS; i++)
        if (!strcmp(maps[i].name, name)) {
            *out = maps[i];
            return 0;
        }
    return ds_fail(err, DS_USAGE, "there is no colour map '%s'; %s%s%s", name,
                   near ? "did you mean '" : "viridis magma inferno cividis grey rdbu vlag jet",
                   near ? near : "", near ? "'" : "");
}

/* Three tents of height 1.5 about 1/4, 1/2 and 3/4, cut at 0 and 1. */
static struct ds_rgb jet(double v)
{
    return (struct ds_rgb){fmin(1, fmax(0, 1.5 - fabs(4 * v - 3))),
                           fmin(1, fmax(0, 1.5 - fabs(4 * v - 2))),
                           fmin(1, fmax(0, 1.5 - fabs(4 * v - 1)))};
}

struct ds_rgb ds_cmap_at(const struct ds_cmap *m, double v)
{
    const double at = v > 0 ? fmin(v, 1) : 0;
    const uint8_t *c;

    if (!m->color)
        return jet(at);
    c = m->color[lrint(at * 255)];
    return (struct ds_rgb){c[0] / 255.0, c[1] / 255.0, c[2] / 255.0};
}
