/* core/vit/pack.c -- weights rounded and packed once. See the header. */
#include "core/vit/pack.h"

static const enum ds_role matrices[] = {DS_QKV_W, DS_PROJ_W, DS_FC1_W, DS_FC2_W};
enum { MATRICES = sizeof matrices / sizeof *matrices };

static void dims(int *rows, int *columns, const struct ds_vit_shape *s, enum ds_role part)
{
    *rows = part == DS_QKV_W ? 3 * s->dim : part == DS_FC1_W ? ds_mlp_width(s) : s->dim;
    *columns = part == DS_FC2_W     ? s->hidden
               : part == DS_PATCH_W ? s->channels * s->patch * s->patch
                                    : s->dim;
}

static uint16_t *take(const struct ds_vit_shape *s, enum ds_role part, struct ds_arena *arena)
{
    int rows, columns;

    dims(&rows, &columns, s, part);
    return ds_arena_take(arena, ds_pack_size(rows, columns) * sizeof(uint16_t));
}

void ds_vit_pack_take(struct ds_vit_pack *p, const struct ds_vit *v, bool back,
                      struct ds_arena *arena)
{
    const struct ds_vit_shape *s = &v->shape;

    *p = (struct ds_vit_pack){.depth = s->depth, .back = back};
    if (v->precision == DS_PRECISION_FP32)
        return;
    p->patch = take(s, DS_PATCH_W, arena);
    p->block = ds_arena_take(arena, (size_t)s->depth * sizeof *p->block);
    for (int i = 0; i < s->depth * MATRICES; i++)
        for (int kind = DS_PACK_NT; kind <= (back ? DS_PACK_NN : DS_PACK_NT); kind++) {
            const enum ds_role part = matrices[i % MATRICES];
            uint16_t *room = take(s, part, arena);

            if (arena->base)
                p->block[i / MATRICES][part][kind] = room;
        }
}

struct packing {
    const struct ds_vit_pack *p;
    const struct ds_vit_shape *s;
    const struct ds_vit_view *w;
    int kinds;
};

/* The last piece is the patch embedding. */
static void pack(void *with, int piece, int worker)
{
    const struct packing *k = with;
    const int at = piece / k->kinds, kind = piece % k->kinds, layer = at / MATRICES;
    const bool inside = layer < k->p->depth;
    const enum ds_role part = inside ? matrices[at % MATRICES] : DS_PATCH_W;
    const float *from = inside ? k->w->block[layer][part] : k->w->outside[part];
    int rows, columns;

    (void)worker;
    dims(&rows, &columns, k->s, part);
    ds_pack_weight(inside ? k->p->block[layer][part][kind] : k->p->patch, (enum ds_pack)kind,
                   from, rows, columns);
}

void ds_vit_pack(struct ds_vit_pack *p, const struct ds_vit *v, struct ds_vit_view *w,
                 struct ds_pool *pool)
{
    struct packing k = {p, &v->shape, w, p->back ? 2 : 1};

    w->pack = NULL;
    if (!p->patch)
        return;
    ds_pool_run(pool, &(struct ds_work){pack, &k, p->depth * MATRICES * k.kinds + 1}, 1);
    w->pack = p;
}

struct ds_weight ds_vit_weight(const struct ds_vit_view *w, int layer, enum ds_role part,
                               int ld)
{
    struct ds_weight r = {.w = layer < 0 ? w->outside[part] : w->block[layer][part], .ld = ld};

    if (w->pack && layer < 0) {
        r.nt = w->pack->patch;
    } else if (w->pack) {
        r.nt = w->pack->block[layer][part][DS_PACK_NT];
        r.nn = w->pack->block[layer][part][DS_PACK_NN];
    }
    return r;
}
