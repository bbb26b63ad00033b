/* core/vit/init.c -- initial values. See vit.h. */
#include "core/vit/vit.h"

#include <math.h>
#include "core/base/rng.h"

/* N(0, 0.02); timm truncates at +-2, a hundred deviations away: never reached. */
static void fill_normal(float *p, size_t count, uint64_t stream)
{
    for (size_t i = 0; i < count; i++)
        p[i] = (float)(0.02 * ds_rng_normal(stream, i));
}

static void fill_constant(float *p, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        p[i] = value;
}

void ds_vit_init(const struct ds_vit *v, float *params, uint64_t seed)
{
    const uint64_t stream = ds_rng_stream(seed, "init");

    for (int i = 0; i < v->tensors.count; i++) {
        const struct ds_tensor *t = &v->tensors.row[i];
        float *p = params + t->at;

        switch (t->part) {
        case DS_NORM1_W: case DS_NORM2_W: case DS_NORM_W: case DS_PRE_W:
            fill_constant(p, t->count, 1);
            break;
        case DS_LS1: case DS_LS2:
            fill_constant(p, t->count, 1e-5f);
            break;
        case DS_QKV_W: case DS_PROJ_W: case DS_FC1_W: case DS_FC2_W: case DS_CLS: case DS_DIST:
        case DS_REG: case DS_POS: case DS_PATCH_W: case DS_HEAD_W: case DS_HEAD_DIST_W:
            fill_normal(p, t->count, ds_rng_stream(stream, t->name));
            break;
        default:
            fill_constant(p, t->count, 0);
        }
    }
}
