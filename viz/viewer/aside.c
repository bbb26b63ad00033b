/* viz/viewer/aside.c -- the jobs behind the window. See the header. */
#include "viz/viewer/aside.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double mean_of(const struct ds_drift *d, double *room, int layer)
{
    const int n = ds_drift_values(room, d, (struct ds_drift_part){layer, -1, -1});
    int defined = 0;

    for (int i = 0; i < n; i++)
        if (!isnan(room[i]))
            room[defined++] = room[i];
    return ds_mean(room, defined);
}

/* The rows `driftscope drift RUN` prints: the mean over the images compared, layer by layer. */
static int timeline(struct ds_task *t)
{
    const struct ds_record *r = &t->after->record;
    double *room = malloc((size_t)r->images * sizeof *room);
    int code = 0;

    t->timeline = malloc((size_t)r->done * (size_t)r->layers * sizeof *t->timeline);
    t->compared = calloc((size_t)r->done, sizeof *t->compared);
    if (!room || !t->timeline || !t->compared)
        code = ds_fail(&t->err, DS_NOMEM, "no memory for the drift of %d checkpoints", r->done);
    for (int m = 0; m < r->done && !code; m++) {
        const struct ds_drift_want want = {t->metric, DS_REF_OWN, 0, m, false};
        struct ds_drift d;

        if ((code = ds_drift_of(&d, r, r, &want, &t->err)))
            break;
        t->compared[m] = d.compared;
        for (int l = 0; l < r->layers; l++)
            t->timeline[m * r->layers + l] = d.compared ? mean_of(&d, room, l) : NAN;
        ds_drift_clear(&d);
    }
    free(room);
    return code;
}

static int pair(struct ds_task *t)
{
    const bool own = t->kind == DS_TASK_OWN;
    const struct ds_drift_want want = {t->metric, own ? DS_REF_OWN : DS_REF_GIVEN, t->a, t->b,
                                       !own};

    return ds_drift_of(&t->drift, own ? &t->after->record : &t->before->record,
                       &t->after->record, &want, &t->err);
}

void ds_task_run(struct ds_task *t)
{
    switch (t->kind) {
    case DS_TASK_OPEN:
        t->code = ds_subject_open(&t->subject, t->address, &t->err);
        break;
    case DS_TASK_PAIR:
    case DS_TASK_OWN:
        t->code = pair(t);
        break;
    case DS_TASK_TIMELINE:
        t->code = timeline(t);
        break;
    case DS_TASK_HEADS:
        t->code = ds_heads_compute(&t->heads, t->after, t->b, t->image, &t->err);
        break;
    case DS_TASK_NONE:
        break;
    }
}

void ds_task_clear(struct ds_task *t)
{
    ds_subject_free(t->subject);
    ds_drift_clear(&t->drift);
    free(t->timeline);
    free(t->compared);
    ds_heads_clear(&t->heads);
    memset(t, 0, sizeof *t);
}

double ds_task_cost(const struct ds_task *t)
{
    const struct ds_record *r = t->after ? &t->after->record : NULL;
    const double values = r ? (double)r->images * r->layers * r->patches : 1e12;

    switch (t->kind) {
    case DS_TASK_PAIR:
    case DS_TASK_OWN:
        return 10 * values;
    case DS_TASK_TIMELINE:
        assert(r);
        return 10 * values * r->done;
    default:
        return 1e12;
    }
}
