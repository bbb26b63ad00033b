/* analysis/drift/accuracy.h -- from counts to every published convention. Public header.
 *
 * R[i][j] is the accuracy on the test set of task j after learning task i. Papers mean
 * different numbers by "forgetting" or "average accuracy"; here each is a row of a table with
 * its formula and who computes it so, and a result names its row.
 *
 * Class-incremental: argmax over all classes seen so far. Task-incremental: argmax over the
 * classes of the true task; where every task has all classes (domains), the two coincide. Both
 * exist after head refinement and before it (raw). */
#ifndef DS_ANALYSIS_DRIFT_ACCURACY_H
#define DS_ANALYSIS_DRIFT_ACCURACY_H

#include <stdbool.h>
#include "core/base/err.h"
#include "data/store/record.h"

/* The matrix after `learned` of `tasks` tasks. Rows beyond learned-1 are not filled. */
struct ds_accuracy {
    int tasks, learned;
    double *a; /* [T][T] R; NAN where nothing was tested, as records are above the diagonal */
    double *n; /* [T] test images of task j */
    const double *untrained; /* [T] accuracy of the untrained model, or NULL; borrowed */
    const double *joint; /* [T] of task k by a model of tasks 1..k at once, or NULL; borrowed */
};

enum ds_protocol { DS_CLASS_INCREMENTAL, DS_TASK_INCREMENTAL };
enum ds_head { DS_REFINED, DS_RAW_HEAD };

const char *ds_protocol_text(enum ds_protocol p); /* "class-incremental" ... */
const char *ds_head_text(enum ds_head h);         /* "refined", "raw" */

/* From the record's counts; clear it with ds_accuracy_clear. A record of an initial model
 * alone has learned 0. DS_DATA for impossible counts, DS_NOMEM. */
int ds_accuracy_of(struct ds_accuracy *acc, const struct ds_record *r,
                   enum ds_protocol protocol, enum ds_head head, struct ds_err *err);

/* From counts of one's own: correct[T][T] of total[T], row i after task i. Above the diagonal
 * is read only where `future` says that tasks not learned yet were tested too. DS_DATA,
 * DS_NOMEM. */
int ds_accuracy_counts(struct ds_accuracy *acc, const int *correct, const int *total, int tasks,
                       int learned, bool future, struct ds_err *err);
void ds_accuracy_clear(struct ds_accuracy *acc);

/* What a convention is computed from: the lower triangle, and what beside it. */
enum ds_evidence { DS_FROM_TRIANGLE, DS_FROM_FUTURE, DS_FROM_UNTRAINED, DS_FROM_JOINT };

struct ds_convention {
    const char *key, *family, *name, *formula, *users;
    bool higher; /* is better */
    int least;   /* tasks */
    enum ds_evidence from;
    /* After k tasks, 1 <= k <= learned; NAN where it does not exist (forgetting for k = 1). */
    double (*of)(const struct ds_accuracy *acc, int k);
};

extern const struct ds_convention ds_conventions[]; /* ends with a row whose key is NULL */
enum { DS_CONVENTION_COUNT = 19 };

const struct ds_convention *ds_convention_lookup(const char *key); /* or NULL */

#endif
