/* core/learn/survey.c -- clean features of a task's images. See the header. */
#include "core/learn/survey_int.h"

#include <string.h>

struct sinking {
    struct ds_survey *s;
    size_t c;
};

static void sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                 int worker)
{
    const struct sinking *k = with;

    (void)worker;
    memcpy(k->s->label + first, label, (size_t)work->images * sizeof *label);
    memcpy(k->s->feature + (size_t)first * k->c, work->feature,
           (size_t)work->images * k->c * sizeof(float));
}

static int sort(struct ds_survey *s, struct ds_err *err)
{
    for (int i = 0; i < s->images; i++) {
        if (s->label[i] < s->first || s->label[i] >= s->first + s->count)
            return ds_fail(err, DS_DATA, "an image of class %d in a task of classes %d to %d",
                           s->label[i], s->first, s->first + s->count - 1);
        s->start[s->label[i] - s->first + 1]++;
    }
    for (int k = 0; k < s->count; k++)
        s->start[k + 1] += s->start[k];
    for (int i = 0; i < s->images; i++)
        s->of[s->start[s->label[i] - s->first]++] = i;
    for (int k = s->count; k > 0; k--) /* each start has moved to the next one's place */
        s->start[k] = s->start[k - 1];
    s->start[0] = 0;
    return 0;
}

int ds_survey_take(struct ds_survey *s, struct ds_learner *l, const struct ds_feed *feed,
                   struct ds_err *err)
{
    struct sinking k = {s, (size_t)l->vit.shape.dim};
    struct ds_infer infer = {0};
    int code = 0;

    *s = (struct ds_survey){.images = feed->count, .first = l->first, .count = l->count};
    for (int pass = 0; pass < 2; pass++) {
        s->feature = ds_arena_floats(&s->arena, (size_t)s->images * k.c);
        s->label = ds_arena_ints(&s->arena, (size_t)s->images);
        s->of = ds_arena_ints(&s->arena, (size_t)s->images);
        s->start = ds_arena_ints(&s->arena, (size_t)s->count + 1);
        if (!pass && ds_arena_reserve(&s->arena, err))
            return err->code;
    }
    code = ds_infer_open(&infer, &l->vit, ds_learner_wants(l), l->pool, err) ||
           ds_infer_run(&infer, &l->view, NULL, NULL, 0, feed, sink, &k, NULL, err) ||
           sort(s, err);
    ds_infer_close(&infer);
    if (code)
        ds_survey_clear(s);
    return code ? (int)err->code : 0;
}

void ds_survey_clear(struct ds_survey *s)
{
    ds_arena_clear(&s->arena);
    *s = (struct ds_survey){0};
}
