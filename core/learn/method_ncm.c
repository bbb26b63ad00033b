/* core/learn/method_ncm.c -- nearest class mean by cosine (SimpleCIL, arXiv 2303.07338).
 *
 *     mu_c = 1/n_c sum f,   score_c = (mu_c / |mu_c|) . f = |f| cos(mu_c, f)
 *
 * The trunk is frozen and no step is taken. The scores differ from the published cosine by |f|,
 * which is the same for all classes: the answers agree, and the head stays linear (its bias is
 * 0), so that refinement and export work as for every method. Where tasks share their classes,
 * mu_c is the mean over the images of all tasks so far. State, there only: sums and counts. */
#include "core/learn/method_rows_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/learn/survey_int.h"

/* What a class had in the tasks before. */
struct ncm {
    double *sum; /* [K][C] */
    int *count;  /* [K] */
};

static int open_ncm(struct ds_learner *l, struct ds_err *err)
{
    const size_t c = (size_t)l->vit.shape.dim, k = (size_t)l->vit.shape.classes;
    struct ncm *n;

    if (!l->opt.shared_head)
        return 0;
    l->state = n = calloc(1, sizeof *n);
    if (!n || !(n->sum = calloc(k * c, sizeof *n->sum)) ||
        !(n->count = calloc(k, sizeof *n->count)))
        return ds_fail(err, DS_NOMEM, "out of memory for the means of %zu classes", k);
    return 0;
}

static void close_ncm(struct ds_learner *l)
{
    struct ncm *n = l->state;

    if (n) {
        free(n->sum);
        free(n->count);
    }
    free(n);
    l->state = NULL;
}

/* past (may be NULL) [C] is what the class summed up to before, over `before` images. */
static void mean_row(float *row, const struct ds_survey *s, int k, size_t c, double *past,
                     int before)
{
    const int from = s->start[k], to = s->start[k + 1];
    double square = 0;

    for (size_t i = 0; i < c; i++) {
        double sum = past ? past[i] : 0;

        for (int at = from; at < to; at++)
            sum += (double)s->feature[(size_t)s->of[at] * c + i];
        if (past)
            past[i] = sum;
        sum /= before + to - from;
        square += sum * sum;
        row[i] = (float)sum;
    }
    for (size_t i = 0; i < c && square > 0; i++)
        row[i] = (float)((double)row[i] / sqrt(square));
}

static int end_ncm(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    const size_t c = (size_t)l->vit.shape.dim;
    const struct ncm *n = l->state;
    struct ds_survey s;

    if (ds_survey_take(&s, l, feed, err))
        return err->code;
    for (int k = 0; k < l->count; k++) {
        if (s.start[k] == s.start[k + 1])
            continue; /* no image of it: its row stays as it was */
        mean_row(l->view.outside[DS_HEAD_W] + (size_t)(l->first + k) * c, &s, k, c,
                 n ? n->sum + (size_t)(l->first + k) * c : NULL, n ? n->count[l->first + k] : 0);
        if (n)
            n->count[l->first + k] += s.start[k + 1] - s.start[k];
        l->view.outside[DS_HEAD_B][l->first + k] = 0;
    }
    ds_survey_clear(&s);
    return 0;
}

static int arrays_ncm(struct ds_learner *l, ds_state_visit *visit, void *with,
                      struct ds_err *err)
{
    const size_t c = (size_t)l->vit.shape.dim, k = (size_t)l->vit.shape.classes;
    struct ncm *n = l->state;

    return n && (visit(with, "method/ncm/sum", DS_STATE_F64, n->sum, k * c, err) ||
                 visit(with, "method/ncm/count", DS_STATE_I32, n->count, k, err))
               ? (int)err->code
               : 0;
}

const struct ds_method ds_method_ncm = {
    .name = "ncm",
    .about = "nearest class mean of frozen features, no training (SimpleCIL)",
    .trainable = "head",
    .untrained = true,
    .plain_head = true,
    .open = open_ncm,
    .close = close_ncm,
    .task_end = end_ncm,
    .arrays = arrays_ncm,
};
