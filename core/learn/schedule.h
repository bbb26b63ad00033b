/* core/learn/schedule.h -- the learning rate over a task. Public header.
 *
 *     constant     1
 *     step         gamma ^ (epoch / period)            period = first milestone
 *     multistep    gamma ^ (milestones <= epoch + 1)   timm counts epochs from 1: milestone 5 of 5
 *                                                      epochs makes the last one slow
 *     cosine       (1 + cos(pi progress)) / 2          progress by step over the whole task
 *
 * times a linear warm-up over the first `warmup` steps. Epochs count from 0. */
#ifndef DS_CORE_LEARN_SCHEDULE_H
#define DS_CORE_LEARN_SCHEDULE_H

enum ds_schedule_kind {
    DS_SCHEDULE_CONSTANT,
    DS_SCHEDULE_STEP,
    DS_SCHEDULE_MULTISTEP,
    DS_SCHEDULE_COSINE
};

enum { DS_MILESTONES = 8 };

struct ds_schedule {
    enum ds_schedule_kind kind;
    int milestone[DS_MILESTONES], milestones; /* epochs, ascending */
    double gamma;
    int warmup; /* steps */
};

/* The multiplier of the base rate at `step` of `steps` in epoch `epoch`. */
double ds_schedule_at(const struct ds_schedule *s, int epoch, long step, long steps);

/* "5,8" -> milestones; returns how many, -1 when it is not a list of ascending numbers. */
int ds_schedule_milestones(struct ds_schedule *s, const char *text);

#endif
