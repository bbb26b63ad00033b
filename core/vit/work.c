/* core/vit/work.c -- the memory plan of one worker. See vit.h.
 *
 * Layers that keep nothing share one set of buffers, and their tokens are updated in place:
 * x, x2 and the next x are the same array. Layers that are computed again on the way back share
 * one set, too, but for x. */
#include "core/vit/vit.h"

int ds_vit_open(struct ds_vit *v, const struct ds_vit_shape *shape, struct ds_err *err)
{
    *v = (struct ds_vit){.shape = *shape};
    return ds_tensors_list(&v->tensors, shape, err);
}

void ds_vit_close(struct ds_vit *v)
{
    ds_tensors_clear(&v->tensors);
}

/* The lowest block with a wanted gradient: -1 when the embeddings want one, L when nothing. */
static int lowest_wanted(const struct ds_vit_view *grad, const struct ds_vit_shape *s)
{
    if (!grad)
        return s->depth;
    for (int part = DS_CLS; part <= DS_PRE_B; part++)
        if (grad->outside[part])
            return -1;
    for (int l = 0; l < s->depth; l++)
        for (int part = 0; part < DS_BLOCK_PARTS; part++)
            if (grad->block[l][part])
                return l;
    return s->depth;
}

struct sizes {
    size_t rows, c, hidden, mlp, images, attn; /* attn: one full layer; mlp: rows of fc1 */
};

static void take_shared(struct ds_vit_layer *k, const struct sizes *z,
                        const struct ds_vit_shape *s, struct ds_arena *arena)
{
    k->mean1 = ds_arena_floats(arena, z->rows);
    k->rstd1 = ds_arena_floats(arena, z->rows);
    k->y1 = ds_arena_floats(arena, z->rows * z->c);
    k->qkv = ds_arena_floats(arena, z->rows * 3 * z->c);
    k->attn = ds_arena_floats(arena, z->attn / z->images / (size_t)s->heads);
    k->o = ds_arena_floats(arena, z->rows * z->c);
    k->mean2 = ds_arena_floats(arena, z->rows);
    k->rstd2 = ds_arena_floats(arena, z->rows);
    k->y2 = ds_arena_floats(arena, z->rows * z->c);
    k->gelu = ds_arena_floats(arena, z->rows * z->mlp);
    k->slope = NULL; /* the activation of an inference works in place */
    k->t1 = k->t2 = s->layer_scale ? ds_arena_floats(arena, z->rows * z->c) : NULL;
}

/* What the way back needs from one layer; wanted are its gradients. */
static void take_kept(struct ds_vit_layer *k, const struct sizes *z, float *const *wanted,
                      const struct ds_vit_shape *s, struct ds_arena *arena)
{
    k->mean1 = ds_arena_floats(arena, z->rows);
    k->rstd1 = ds_arena_floats(arena, z->rows);
    if (wanted[DS_QKV_W])
        k->y1 = ds_arena_floats(arena, z->rows * z->c);
    k->qkv = ds_arena_floats(arena, z->rows * 3 * z->c);
    k->attn = ds_arena_floats(arena, z->attn);
    if (wanted[DS_PROJ_W])
        k->o = ds_arena_floats(arena, z->rows * z->c);
    k->x2 = ds_arena_floats(arena, z->rows * z->c);
    k->mean2 = ds_arena_floats(arena, z->rows);
    k->rstd2 = ds_arena_floats(arena, z->rows);
    if (wanted[DS_FC1_W])
        k->y2 = ds_arena_floats(arena, z->rows * z->c);
    k->slope = ds_arena_floats(arena, z->rows * z->mlp);
    if (wanted[DS_FC2_W])
        k->gelu = ds_arena_floats(arena, z->rows * z->hidden);
    if (s->layer_scale && wanted[DS_LS1])
        k->t1 = ds_arena_floats(arena, z->rows * z->c);
    if (s->layer_scale && wanted[DS_LS2])
        k->t2 = ds_arena_floats(arena, z->rows * z->c);
}

/* The set that layers share which are computed again: what any of them needs. */
static void take_again(struct ds_vit_layer *k, const struct sizes *z,
                       const struct ds_vit_view *grad, const struct ds_vit_shape *s,
                       struct ds_arena *arena)
{
    float *wanted[DS_BLOCK_PARTS] = {0};

    for (int l = 0; grad && l < s->depth; l++)
        for (int part = 0; part < DS_BLOCK_PARTS; part++)
            wanted[part] = grad->block[l][part] ? grad->block[l][part] : wanted[part];
    take_kept(k, z, wanted, s, arena);
}

static void take_layers(struct ds_vit_work *a, const struct ds_vit *v, const struct sizes *z,
                        const struct ds_vit_view *grad, struct ds_arena *arena)
{
    static float *const nothing[DS_BLOCK_PARTS]; /* DS_WANT_ATTENTION_GRAD alone */
    const struct ds_vit_shape *s = &v->shape;
    const bool again = a->want & DS_WANT_RECOMPUTE;
    struct ds_vit_layer shared = {0}, kept, planned, *k;
    float *x = ds_arena_floats(arena, z->rows * z->c);

    take_shared(&shared, z, s, arena);
    kept = shared;
    if (again)
        take_again(&kept, z, grad, s, arena);
    for (int l = 0; l < s->depth; l++) {
        const bool keep = l >= a->lowest;

        /* cppcheck-suppress uninitvar ; filled in the next line */
        k = a->layer ? &a->layer[l] : &planned;
        *k = keep && again ? kept : shared;
        k->x = x;
        k->x2 = keep && again ? kept.x2 : x;
        if (keep && !again)
            take_kept(k, z, grad ? grad->block[l] : nothing, s, arena);
        else if (a->want & DS_WANT_ATTENTION)
            k->attn = ds_arena_floats(arena, z->attn);
        if (keep || (a->want & DS_WANT_TOKENS))
            x = ds_arena_floats(arena, z->rows * z->c);
    }
    a->out = x;
}

static void take_back(struct ds_vit_work *a, const struct ds_vit *v, const struct sizes *z,
                      bool masked, struct ds_arena *arena)
{
    const struct ds_vit_shape *s = &v->shape;
    const struct ds_attn full = {.images = 1, .tokens = ds_tokens(s), .queries = ds_tokens(s),
                                 .heads = s->heads, .width = s->dim / s->heads};

    a->ld_dqkv = (masked ? 6 : 3) * s->dim;
    a->dlogits = ds_arena_floats(arena, z->images * (size_t)s->classes);
    a->dfeature = ds_arena_floats(arena, z->images * (size_t)ds_feature_width(s));
    a->dx = ds_arena_floats(arena, z->rows * z->c);
    a->dt = ds_arena_floats(arena, z->rows * z->c);
    a->d_o = ds_arena_floats(arena, z->rows * z->c);
    a->dqkv = ds_arena_floats(arena, z->rows * (size_t)a->ld_dqkv);
    a->dhidden = ds_arena_floats(arena, z->rows * z->mlp);
    a->scratch = ds_arena_floats(arena, ds_attn_scratch(&full));
}

void ds_vit_work_take(struct ds_vit_work *a, const struct ds_vit *v, int room, unsigned want,
                      const struct ds_vit_view *grad, bool masked, struct ds_arena *arena)
{
    const struct ds_vit_shape *s = &v->shape;
    const size_t images = (size_t)room, tokens = (size_t)ds_tokens(s), c = (size_t)s->dim;
    const struct sizes z = {.rows = images * tokens,
                            .c = c,
                            .hidden = (size_t)s->hidden,
                            .mlp = (size_t)ds_mlp_width(s),
                            .images = images,
                            .attn = images * (size_t)s->heads * tokens * tokens};

    *a = (struct ds_vit_work){.want = want, .room = room};
    a->lowest = want & DS_WANT_BACKWARD ? lowest_wanted(grad, s) : s->depth;
    if ((want & DS_WANT_ATTENTION_GRAD) && a->lowest > 0)
        a->lowest = 0;
    ds_mul_take(&a->mul, v->precision, arena);
    a->layer = ds_arena_take(arena, (size_t)s->depth * sizeof *a->layer);
    a->patches = ds_arena_floats(arena, images * (size_t)ds_patches(s) * (size_t)s->channels *
                                            (size_t)s->patch * (size_t)s->patch);
    if (s->pre_norm) {
        a->pre = ds_arena_floats(arena, z.rows * c);
        a->pre_mean = ds_arena_floats(arena, z.rows);
        a->pre_rstd = ds_arena_floats(arena, z.rows);
    }
    take_layers(a, v, &z, grad, arena);
    a->mean = ds_arena_floats(arena, z.rows);
    a->rstd = ds_arena_floats(arena, z.rows);
    if (ds_feature_pair(s) || (s->pool_mean && !s->fc_norm))
        a->normed = ds_arena_floats(arena, z.rows * c);
    a->pooled = ds_arena_floats(arena, images * c);
    a->feature = ds_arena_floats(arena, images * (size_t)ds_feature_width(s));
    a->logits = ds_arena_floats(arena, images * (size_t)s->classes);
    if (want & DS_WANT_BACKWARD)
        take_back(a, v, &z, masked, arena);
}
