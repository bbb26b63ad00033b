/* core/learn/replay.h -- a reservoir of remembered pictures, and three losses over it.
 * Public header.
 *
 * The buffer names pictures of the training source by their number, un-augmented; who feeds the
 * learner fetches them (data/protocol) and appends them to the batch. After m offers every
 * one of them is in the buffer with the same probability (reservoir sampling, Vitter 1985):
 *
 *     offer m (from 0):  slot m where m < B, else j = below(m + 1), kept in slot j if j < B
 *
 * With n new rows, r replayed ones and z the logits divided by the temperature:
 *
 *     er       1/(n+r) sum CE_seen over new and replayed rows           (Chaudhry et al. 2019)
 *     derpp    1/n sum CE_seen(new) + alpha/(r w) sum |z - z_stored|^2 over a first draw
 *              + beta/r sum CE_seen over a second                       (Buzzega et al. 2020)
 *     er-ace   1/n sum CE_task(new) + 1/r sum CE_seen(replayed)         (Caccia et al. 2022)
 *
 * w is the number of classes seen when a picture was remembered: younger classes had no logit.
 * Pictures are offered at every step, as the released code of DER does; what is drawn at a step
 * is a function of (seed, task, step). Draws are without replacement (uniform), or a class
 * first, then one of its pictures (balanced). */
#ifndef DS_CORE_LEARN_REPLAY_H
#define DS_CORE_LEARN_REPLAY_H

#include "core/learn/learner.h"

struct ds_replay {
    struct ds_replay_opt opt;
    int classes;
    int filled;
    int *id, *label, *width; /* [B] number in the source, class, logits that were known */
    float *logits;           /* [B][K] divided by the temperature, DER++ only */
    double offered;
    uint64_t seed;
    int *order, *start;      /* [B], [K + 1] scratch of a draw: slots by class */
    struct ds_arena arena;
};

/* *out is NULL where no replay is wanted. */
int ds_replay_open(struct ds_replay **out, const struct ds_replay_opt *opt, int classes,
                   uint64_t seed, struct ds_err *err);
void ds_replay_close(struct ds_replay *r);

/* Rows a batch gets from the buffer at most. */
int ds_replay_rows(const struct ds_replay_opt *opt);

/* The slots replayed at this step: slot [ds_replay_rows]; returns how many per draw (DER++
 * has two draws, one behind the other), 0 while the buffer is empty. */
int ds_replay_draw(struct ds_replay *r, int task, long step, int *slot);

/* Offers the new rows of a step; logits [n][classes] may be NULL without DER++. */
void ds_replay_offer(struct ds_replay *r, const int *id, const int *label, const float *logits,
                     int n, int seen, double temperature);

/* The loss of a micro-batch; see above. */
double ds_replay_loss(struct ds_lane *lane);

int ds_replay_arrays(struct ds_replay *r, ds_state_visit *visit, void *with,
                     struct ds_err *err);

#endif
