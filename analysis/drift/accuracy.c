/* analysis/drift/accuracy.c -- from counts to every published convention.
 *
 * Indices in the code are 0-based, in the formulas 1-based. A sum over no task is no number:
 * it is NAN here and n/a on paper. */
#include "analysis/drift/accuracy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double at(const struct ds_accuracy *acc, int i, int j)
{
    return acc->a[(size_t)i * (size_t)acc->tasks + (size_t)j];
}

static double task_mean(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int j = 0; j < k; j++)
        sum += at(acc, k - 1, j);
    return k > 0 ? sum / k : NAN;
}

static double sample_mean(const struct ds_accuracy *acc, int k)
{
    double correct = 0, total = 0;

    for (int j = 0; j < k; j++) {
        correct += acc->n[j] * at(acc, k - 1, j);
        total += acc->n[j];
    }
    return total > 0 ? correct / total : NAN;
}

static double average_task_mean(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int i = 1; i <= k; i++)
        sum += task_mean(acc, i);
    return k > 0 ? sum / k : NAN;
}

static double average_sample_mean(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int i = 1; i <= k; i++)
        sum += sample_mean(acc, i);
    return k > 0 ? sum / k : NAN;
}

static double learning(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int j = 0; j < k; j++)
        sum += at(acc, j, j);
    return k > 0 ? sum / k : NAN;
}

/* The best accuracy on task j in rows j .. end-1. */
static double best(const struct ds_accuracy *acc, int j, int end)
{
    double most = at(acc, j, j);

    for (int i = j + 1; i < end; i++)
        most = fmax(most, at(acc, i, j));
    return most;
}

static double forgetting_until(const struct ds_accuracy *acc, int k, int end)
{
    double sum = 0;

    for (int j = 0; j + 1 < k; j++)
        sum += best(acc, j, end) - at(acc, k - 1, j);
    return k > 1 ? sum / (k - 1) : NAN;
}

static double forgetting_clipped(const struct ds_accuracy *acc, int k)
{
    return forgetting_until(acc, k, k);
}

static double forgetting_chaudhry(const struct ds_accuracy *acc, int k)
{
    return forgetting_until(acc, k, k - 1);
}

/* R[i][j] - R[j][j] summed over j < end. */
static double gain(const struct ds_accuracy *acc, int i, int end)
{
    double sum = 0;

    for (int j = 0; j < end; j++)
        sum += at(acc, i, j) - at(acc, j, j);
    return sum;
}

static double bwt_gem(const struct ds_accuracy *acc, int k)
{
    return k > 1 ? gain(acc, k - 1, k - 1) / (k - 1) : NAN;
}

static double forgetting_first(const struct ds_accuracy *acc, int k)
{
    return -bwt_gem(acc, k);
}

static double forgetting_libcontinual(const struct ds_accuracy *acc, int k)
{
    return k > 2 ? -gain(acc, k - 1, k - 2) / (k - 1) : NAN;
}

static double bwt_diaz(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int i = 1; i < k; i++)
        sum += gain(acc, i, i);
    return k > 1 ? sum / (k * (k - 1) / 2.0) : NAN;
}

static double bwt_libcontinual(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int i = 2; i < k; i++)
        sum += gain(acc, i, i - 1);
    return k > 2 ? sum / (k * (k - 1) / 2.0) : NAN;
}

static double remembering(const struct ds_accuracy *acc, int k)
{
    const double b = bwt_diaz(acc, k);

    return isnan(b) ? NAN : 1 - fabs(fmin(b, 0));
}

static double bwt_positive(const struct ds_accuracy *acc, int k)
{
    const double b = bwt_diaz(acc, k);

    return isnan(b) ? NAN : fmax(b, 0);
}

static double triangle(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int i = 0; i < k; i++)
        for (int j = 0; j <= i; j++)
            sum += at(acc, i, j);
    return k > 0 ? sum / (k * (k + 1) / 2.0) : NAN;
}

/* Accuracy on the next task before learning it. With a head that grows by task this is a guess
 * of untrained weights: records have none. */
static double fwt_continuum(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int i = 1; i < k; i++)
        sum += at(acc, i - 1, i);
    return k > 1 ? sum / (k - 1) : NAN;
}

static double fwt_gem(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    if (!acc->untrained || k < 2)
        return NAN;
    for (int i = 1; i < k; i++)
        sum += at(acc, i - 1, i) - acc->untrained[i];
    return sum / (k - 1);
}

static double fwt_diaz(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    for (int i = 0; i < k; i++)
        for (int j = i + 1; j < k; j++)
            sum += at(acc, i, j);
    return k > 1 ? sum / (k * (k - 1) / 2.0) : NAN;
}

static double intransigence(const struct ds_accuracy *acc, int k)
{
    return acc->joint && k > 0 ? acc->joint[k - 1] - at(acc, k - 1, k - 1) : NAN;
}

const struct ds_convention ds_conventions[] = {
    {"last", "accuracy", "last accuracy, task mean", "(1/T) sum_j R[T][j]",
     "GEM, mammoth, Avalanche, LibContinual", true, 1, DS_FROM_TRIANGLE, task_mean},
    {"last_weighted", "accuracy", "last accuracy, sample weighted",
     "sum_j n_j R[T][j] / sum_j n_j", "ARCL, PILOT/PyCIL", true, 1, DS_FROM_TRIANGLE,
     sample_mean},
    {"average", "accuracy", "average incremental accuracy, task mean",
     "(1/T) sum_k A_k, A_k task mean", "LibContinual", true, 1, DS_FROM_TRIANGLE,
     average_task_mean},
    {"average_weighted", "accuracy", "average incremental accuracy, sample weighted",
     "(1/T) sum_k A_k, A_k sample weighted", "iCaRL, PILOT/PyCIL", true, 1, DS_FROM_TRIANGLE,
     average_sample_mean},
    {"triangle", "accuracy", "accuracy over the whole timeline",
     "2/(T(T+1)) sum_i sum_{j<=i} R[i][j]", "Diaz-Rodriguez 2018", true, 1, DS_FROM_TRIANGLE,
     triangle},
    {"learning", "accuracy", "learning accuracy", "(1/T) sum_k R[k][k]", "ARCL (diagonal)",
     true, 1, DS_FROM_TRIANGLE, learning},
    {"intransigence", "accuracy", "intransigence",
     "a_T - R[T][T], a_T joint training on tasks 1..T", "Chaudhry 2018", false, 1,
     DS_FROM_JOINT, intransigence},
    {"forgetting_clipped", "forgetting", "forgetting, clipped",
     "1/(T-1) sum_{j<T} (max_{l=j..T} R[l][j] - R[T][j])", "ARCL, mammoth, PILOT/PyCIL", false,
     2, DS_FROM_TRIANGLE, forgetting_clipped},
    {"forgetting_chaudhry", "forgetting", "forgetting, Chaudhry",
     "1/(T-1) sum_{j<T} (max_{l=j..T-1} R[l][j] - R[T][j])", "Chaudhry 2018, Continuum, FACIL",
     false, 2, DS_FROM_TRIANGLE, forgetting_chaudhry},
    {"forgetting_first", "forgetting", "forgetting, first minus last",
     "1/(T-1) sum_{j<T} (R[j][j] - R[T][j])", "Avalanche", false, 2, DS_FROM_TRIANGLE,
     forgetting_first},
    {"forgetting_libcontinual", "forgetting", "forgetting, LibContinual",
     "1/(T-1) sum_{j<=T-2} (R[j][j] - R[T][j])", "LibContinual", false, 3, DS_FROM_TRIANGLE,
     forgetting_libcontinual},
    {"bwt", "backward transfer", "backward transfer, GEM",
     "1/(T-1) sum_{j<T} (R[T][j] - R[j][j])", "GEM, mammoth", true, 2, DS_FROM_TRIANGLE,
     bwt_gem},
    {"bwt_diaz", "backward transfer", "backward transfer, Diaz-Rodriguez",
     "2/(T(T-1)) sum_{i>1} sum_{j<i} (R[i][j] - R[j][j])", "Diaz-Rodriguez 2018, Continuum",
     true, 2, DS_FROM_TRIANGLE, bwt_diaz},
    {"bwt_libcontinual", "backward transfer", "backward transfer, LibContinual",
     "2/(T(T-1)) sum_{i>2} sum_{j<=i-2} (R[i][j] - R[j][j])", "LibContinual", true, 3,
     DS_FROM_TRIANGLE, bwt_libcontinual},
    {"bwt_positive", "backward transfer", "positive backward transfer",
     "max(B, 0), B as bwt_diaz", "Diaz-Rodriguez 2018", true, 2, DS_FROM_TRIANGLE,
     bwt_positive},
    {"remembering", "backward transfer", "remembering", "1 - |min(B, 0)|, B as bwt_diaz",
     "Diaz-Rodriguez 2018", true, 2, DS_FROM_TRIANGLE, remembering},
    {"fwt", "forward transfer", "forward transfer, GEM",
     "1/(T-1) sum_{i>1} (R[i-1][i] - b_i), b untrained", "GEM, mammoth", true, 2,
     DS_FROM_UNTRAINED, fwt_gem},
    {"fwt_continuum", "forward transfer", "forward transfer, Continuum",
     "1/(T-1) sum_{i>1} R[i-1][i]", "Continuum", true, 2, DS_FROM_FUTURE, fwt_continuum},
    {"fwt_diaz", "forward transfer", "forward transfer, Diaz-Rodriguez",
     "2/(T(T-1)) sum_i sum_{j>i} R[i][j]", "Diaz-Rodriguez 2018", true, 2, DS_FROM_FUTURE,
     fwt_diaz},
    {0}};

_Static_assert(sizeof ds_conventions / sizeof *ds_conventions == DS_CONVENTION_COUNT + 1,
               "DS_CONVENTION_COUNT counts the rows");

const struct ds_convention *ds_convention_lookup(const char *key)
{
    for (const struct ds_convention *c = ds_conventions; c->key; c++)
        if (!strcmp(c->key, key))
            return c;
    return NULL;
}

const char *ds_protocol_text(enum ds_protocol p)
{
    return p == DS_CLASS_INCREMENTAL ? "class-incremental" : "task-incremental";
}

const char *ds_head_text(enum ds_head h)
{
    return h == DS_REFINED ? "refined" : "raw";
}

static const int *counts(const struct ds_record *r, enum ds_protocol protocol,
                         enum ds_head head)
{
    if (protocol == DS_CLASS_INCREMENTAL)
        return head == DS_REFINED ? r->correct_class : r->correct_class_raw;
    return head == DS_REFINED ? r->correct_task : r->correct_task_raw;
}

int ds_accuracy_counts(struct ds_accuracy *acc, const int *correct, const int *total, int tasks,
                       int learned, bool future, struct ds_err *err)
{
    const size_t t = (size_t)tasks;

    *acc = (struct ds_accuracy){.tasks = tasks, .learned = learned};
    acc->a = malloc((t * t + 1) * sizeof *acc->a);
    acc->n = malloc((t + 1) * sizeof *acc->n);
    if (!acc->a || !acc->n) {
        ds_accuracy_clear(acc);
        return ds_fail(err, DS_NOMEM, "no memory for %d x %d accuracies", tasks, tasks);
    }
    for (size_t j = 0; j < t; j++)
        acc->n[j] = total[j];
    for (size_t i = 0; i < t; i++)
        for (size_t j = 0; j < t; j++) {
            const int c = correct[i * t + j], n = total[j];
            const bool tested = (j <= i || future) && (int)i < acc->learned && n > 0;

            if (tested && (c < 0 || c > n)) {
                ds_accuracy_clear(acc);
                return ds_fail(err, DS_DATA, "task %zu after task %zu: %d of %d images correct",
                               j + 1, i + 1, c, n);
            }
            acc->a[i * t + j] = tested ? (double)c / n : NAN;
        }
    return 0;
}

int ds_accuracy_of(struct ds_accuracy *acc, const struct ds_record *r,
                   enum ds_protocol protocol, enum ds_head head, struct ds_err *err)
{
    const int learned = r->done > 0 ? r->done - 1 : 0;

    *acc = (struct ds_accuracy){0};
    if (learned > r->tasks)
        return ds_fail(err, DS_DATA, "%d checkpoints of %d tasks, expected at most %d", r->done,
                       r->tasks, r->tasks + 1);
    return ds_accuracy_counts(acc, counts(r, protocol, head), r->total, r->tasks, learned,
                              false, err);
}

void ds_accuracy_clear(struct ds_accuracy *acc)
{
    free(acc->a);
    free(acc->n);
    *acc = (struct ds_accuracy){0};
}
