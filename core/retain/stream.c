/* core/retain/stream.c -- rollout while the forward pass runs. See the header. */
#include "core/base/size.h"
#include "core/retain/stream.h"

int ds_rollout_opt_check(const struct ds_rollout_opt *opt, const struct ds_vit_shape *s,
                         struct ds_err *err)
{
    if (opt->start < 0 || opt->start >= s->depth)
        return ds_fail(err, DS_USAGE, "start layer is %d, expected 0 to %d", opt->start,
                       s->depth - 1);
    if (opt->row != DS_ALL_ROWS && (opt->row < 0 || opt->row >= ds_tokens(s)))
        return ds_fail(err, DS_USAGE, "token is %d, expected 0 to %d", opt->row,
                       ds_tokens(s) - 1);
    if (!(opt->rule.discard >= 0 && opt->rule.discard < 1))
        return ds_fail(err, DS_USAGE, "discard is %g, expected 0 to below 1",
                       opt->rule.discard);
    return 0;
}

static bool needs_order(const struct ds_rollout_rule *rule)
{
    return rule->discard > 0 || rule->norm == DS_NORM_VIT_EXPLAIN;
}

unsigned ds_rollout_want(const struct ds_rollout_opt *opt)
{
    return opt->row != 0 || needs_order(&opt->rule) ? DS_WANT_FULL : 0;
}

void ds_rollout_stream_take(struct ds_rollout_stream *t, const struct ds_vit *v, int room,
                            unsigned want, const struct ds_rollout_opt *opt,
                            struct ds_arena *arena)
{
    const struct ds_vit_shape *s = &v->shape;
    const size_t n = (size_t)ds_tokens(s), square = n * n, layers = (size_t)s->depth;
    const size_t images = (size_t)room, rolled = layers - (size_t)opt->start;

    *t = (struct ds_rollout_stream){.vit = v, .opt = *opt, .narrow = ds_vit_narrow(s, want)};
    t->b = ds_arena_floats(arena, ds_sizes(images, rolled, square, 1));
    t->rows = ds_arena_floats(arena, images * layers * n);
    t->order = needs_order(&opt->rule) ? ds_arena_floats(arena, square) : NULL;
    t->work = ds_arena_floats(arena, 2 * layers * n);
}

void ds_rollout_tap(void *with, int layer, int image, int head, float *tile)
{
    const struct ds_rollout_stream *t = with;
    const struct ds_vit_shape *s = &t->vit->shape;
    const int n = ds_tokens(s), last = s->depth - 1, start = t->opt.start;
    const int rows = t->narrow && layer == last ? 1 : n;
    const size_t square = (size_t)n * (size_t)n, rolled = (size_t)(s->depth - start);
    float *all = t->b + (size_t)image * rolled * square, *b;
    float *out = t->rows + (size_t)image * (size_t)s->depth * (size_t)n;

    if (layer < start)
        return;
    b = all + (size_t)(layer - start) * square;
    ds_rollout_take_head(b, tile, head, s->heads, rows, n, &t->opt.rule, t->order);
    if (layer < last || head + 1 < s->heads)
        return;
    ds_rollout_identity(out, start, n, t->opt.row);
    ds_rollout_row(out + (size_t)start * (size_t)n, t->work, all, (int)rolled, n, t->opt.row);
}
