/* core/learn/method_ncm.c -- nearest class mean by cosine (SimpleCIL, arXiv 2303.07338).
 *
 *     mu_c = 1/n_c sum f,   score_c = (mu_c / |mu_c|) . f = |f| cos(mu_c, f)
 *
 * The trunk is frozen and no step is taken. The scores differ from the published cosine by |f|,
 * which is the same for all classes: the answers agree, and the head stays linear (its bias is
 * 0), so that refinement and export work as for every method. */
#include "core/learn/method_rows_int.h"

#include <math.h>
#include <string.h>
#include "core/learn/survey_int.h"

static void mean_row(float *row, const struct ds_survey *s, int k, size_t c)
{
    const int from = s->start[k], to = s->start[k + 1];
    double square = 0;

    for (size_t i = 0; i < c; i++) {
        double sum = 0;

        for (int at = from; at < to; at++)
            sum += (double)s->feature[(size_t)s->of[at] * c + i];
        sum /= to - from;
        square += sum * sum;
        row[i] = (float)sum;
    }
    for (size_t i = 0; i < c && square > 0; i++)
        row[i] = (float)((double)row[i] / sqrt(square));
}

static int end_ncm(struct ds_learner *l, const struct ds_feed *feed, struct ds_err *err)
{
    const size_t c = (size_t)l->vit.shape.dim;
    struct ds_survey s;

    if (ds_survey_take(&s, l, feed, err))
        return err->code;
    for (int k = 0; k < l->count; k++) {
        if (s.start[k] == s.start[k + 1])
            continue; /* no image of it: its row stays as it was */
        mean_row(l->view.outside[DS_HEAD_W] + (size_t)(l->first + k) * c, &s, k, c);
        l->view.outside[DS_HEAD_B][l->first + k] = 0;
    }
    ds_survey_clear(&s);
    return 0;
}

const struct ds_method ds_method_ncm = {
    .name = "ncm",
    .about = "nearest class mean of frozen features, no training (SimpleCIL)",
    .trainable = "head",
    .untrained = true,
    .plain_head = true,
    .task_end = end_ncm,
};
