/* core/learn/survey_int.h -- clean features of a task's images, class by class. For core/learn
 * only.
 *
 * One pass of the network as it is over a feed; the features come back in the feed's order with
 * their labels, and an index that sorts them by class (stable). Owns its memory. */
#ifndef DS_CORE_LEARN_SURVEY_INT_H
#define DS_CORE_LEARN_SURVEY_INT_H

#include "core/learn/learner.h"

struct ds_survey {
    int images, first, count; /* classes first .. first + count */
    float *feature;           /* [images][C] */
    int *label;               /* [images] class */
    int *of;                  /* images of class first + k: of[start[k] .. start[k+1]) */
    int *start;               /* [count + 1] */
    struct ds_arena arena;
};

/* DS_DATA for a label outside the classes. */
int ds_survey_take(struct ds_survey *s, struct ds_learner *l, const struct ds_feed *feed,
                   struct ds_err *err);
void ds_survey_clear(struct ds_survey *s);

#endif
