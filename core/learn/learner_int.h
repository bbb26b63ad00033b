/* core/learn/learner_int.h -- what the files of the learner share. For core/learn only. */
#ifndef DS_CORE_LEARN_LEARNER_INT_H
#define DS_CORE_LEARN_LEARNER_INT_H

#include "core/learn/learner.h"
#include "core/learn/method.h"

/* A stretch of one slot, small enough to stay in cache; third is 0 q, 1 k, 2 v for qkv. */
struct ds_piece {
    int slot, third;
    size_t from, count;
    double g2, masked2, factor, negative, clamped;
    double extra; /* a method's */
};

enum { DS_PIECE_FLOATS = 16384 };

/* lane.c */
typedef double ds_lane_loss(struct ds_lane *lane);
void ds_lanes_run(struct ds_learner *l, const float *images, const int *label, const int *id,
                  int n, const struct ds_work *aside);
/* How many lanes a batch of n images has: none is empty. */
int ds_lanes_count(const struct ds_learner *l, int n);
/* At most DS_LANES images, one a lane, each lane's gradient that of its image's loss (apart). */
void ds_lanes_each(struct ds_learner *l, const float *images, const int *label, const int *id,
                   int n, ds_lane_loss *loss);
/* Runs the lanes again, looking for the first value that is not finite. */
int ds_lanes_diagnose(struct ds_learner *l, const float *images, const int *label,
                      const int *id, int n, struct ds_err *err);

/* update.c */
void ds_pieces_cut(struct ds_learner *l);
/* Squares and audit; DS_INTERNAL when a tensor's gradient is not finite. */
int ds_gradients_look(struct ds_learner *l, struct ds_err *err);
void ds_weights_update(struct ds_learner *l, double rate);

/* state.c: one array per slot, laid out like the moments */
int ds_state_slots(struct ds_learner *l, ds_state_visit *visit, void *with, const char *group,
                   float *base, struct ds_err *err);

/* retention.c */
int ds_retention_begin(struct ds_learner *l, int images, struct ds_err *err);
int ds_retention_end(struct ds_learner *l, const float *maps, const int *label, int images,
                     struct ds_err *err);
void ds_retention_harvest(struct ds_lane *lane, int at);
bool ds_retention_harvests(const struct ds_learner *l);

#endif
