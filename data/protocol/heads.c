/* data/protocol/heads.c -- the attention of every head, again from the weights of a run.
 *
 * A record keeps the mean over heads, for few images. Who wants single heads of some images
 * gets them here: one forward pass over those images. */
#include "data/protocol/session_int.h"

#include <stdlib.h>
#include <string.h>

struct heads {
    float *cls; /* [count][L][H][P] */
    int layers, heads, tokens, prefix, cls_rows;
};

/* The CLS row without its prefix columns; without a CLS token the mean of all rows. */
static void take_row(float *to, const float *attn, const struct heads *h)
{
    const size_t n = (size_t)h->tokens, skip = (size_t)h->prefix, patches = n - skip;

    if (h->cls_rows) {
        memcpy(to, attn + skip, patches * sizeof *to);
        return;
    }
    for (size_t p = 0; p < patches; p++) {
        double sum = 0;

        for (size_t row = 0; row < n; row++)
            sum += (double)attn[row * n + skip + p];
        to[p] = (float)(sum / (double)n);
    }
}

static void heads_sink(void *with, const struct ds_vit_work *work, const int *label, int first,
                       int worker)
{
    struct heads *h = with;
    const size_t square = (size_t)h->tokens * (size_t)h->tokens;
    const size_t patches = (size_t)(h->tokens - h->prefix);

    (void)label;
    (void)worker;
    for (int i = 0; i < work->images; i++)
        for (int l = 0; l < h->layers; l++)
            for (int k = 0; k < h->heads; k++) {
                const size_t map =
                    ((size_t)(first + i) * (size_t)h->layers + (size_t)l) * (size_t)h->heads +
                    (size_t)k;

                take_row(h->cls + map * patches,
                         work->layer[l].attn +
                             ((size_t)i * (size_t)h->heads + (size_t)k) * square,
                         h);
            }
}

int ds_session_heads(float *cls, const char *path, int number, int threads, const int *image,
                     int count, struct ds_err *err)
{
    const unsigned want = DS_WANT_ATTENTION | DS_WANT_FULL;
    struct ds_session *s;
    struct ds_infer infer = {0};
    struct ds_pictures pictures;
    struct ds_feed feed;
    struct heads h = {.cls = cls};
    int *index = NULL, code;

    if (ds_session_reopen(&s, path, number, threads, -1, err))
        return err->code;
    h.layers = s->record.layers;
    h.heads = s->record.heads;
    h.tokens = s->record.tokens;
    h.prefix = s->record.prefix;
    h.cls_rows = s->learner->vit.shape.cls;
    index = malloc((size_t)count * sizeof *index);
    if (!index) {
        code = ds_fail(err, DS_NOMEM, "out of memory for %d images", count);
        goto done;
    }
    for (int i = 0; i < count; i++)
        index[i] = s->eval_index[image[i]];
    feed = ds_pictures_feed(&pictures, s, s->test, index, count);
    code = ds_infer_open(&infer, &s->learner->vit, want, s->pool, err) ||
           ds_infer_run(&infer, &s->learner->view, NULL, NULL, 0, &feed, heads_sink, &h, NULL,
                        err);
done:
    ds_infer_close(&infer);
    free(index);
    ds_session_close(s);
    return code ? (int)err->code : 0;
}
