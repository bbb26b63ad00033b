/* analysis/accuracy.c -- from counts to every published convention.
 *
 * Indices in the code are 0-based, in the formulas 1-based. A sum over no task is no number:
 * it is NAN here and n/a on paper. */
#include "analysis/accuracy.h"

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

/* Needs tests on tasks not learned yet and the untrained model's accuracy. With a head that
 * grows by task both would be guesses of untrained weights: a record has neither. */
static double fwt_gem(const struct ds_accuracy *acc, int k)
{
    double sum = 0;

    if (!acc->untrained || k < 2)
        return NAN;
    for (int i = 1; i < k; i++)
        sum += at(acc, i - 1, i) - acc->untrained[i];
    return sum / (k - 1);
}

const struct ds_convention ds_conventions[] = {
    {"last", "last accuracy, task mean", "(1/T) sum_j R[T][j]",
     "GEM, mammoth, Avalanche, LibContinual", true, task_mean},
    {"last_weighted", "last accuracy, sample weighted", "sum_j n_j R[T][j] / sum_j n_j",
     "ARCL, PILOT/PyCIL", true, sample_mean},
    {"average", "average incremental accuracy, task mean", "(1/T) sum_k A_k, A_k task mean",
     "LibContinual", true, average_task_mean},
    {"average_weighted", "average incremental accuracy, sample weighted",
     "(1/T) sum_k A_k, A_k sample weighted", "iCaRL, PILOT/PyCIL", true, average_sample_mean},
    {"learning", "learning accuracy", "(1/T) sum_k R[k][k]", "ARCL (diagonal)", true, learning},
    {"forgetting_clipped", "forgetting, clipped",
     "1/(T-1) sum_{j<T} (max_{l=j..T} R[l][j] - R[T][j])", "ARCL, mammoth, PILOT/PyCIL", false,
     forgetting_clipped},
    {"forgetting_chaudhry", "forgetting, Chaudhry",
     "1/(T-1) sum_{j<T} (max_{l=j..T-1} R[l][j] - R[T][j])", "Chaudhry 2018, Continuum, FACIL",
     false, forgetting_chaudhry},
    {"forgetting_first", "forgetting, first minus last",
     "1/(T-1) sum_{j<T} (R[j][j] - R[T][j])", "Avalanche", false, forgetting_first},
    {"forgetting_libcontinual", "forgetting, LibContinual",
     "1/(T-1) sum_{j<=T-2} (R[j][j] - R[T][j])", "LibContinual", false,
     forgetting_libcontinual},
    {"bwt", "backward transfer, GEM", "1/(T-1) sum_{j<T} (R[T][j] - R[j][j])", "GEM, mammoth",
     true, bwt_gem},
    {"bwt_diaz", "backward transfer, Diaz-Rodriguez",
     "2/(T(T-1)) sum_{i>1} sum_{j<i} (R[i][j] - R[j][j])", "Diaz-Rodriguez 2018, Continuum",
     true, bwt_diaz},
    {"bwt_libcontinual", "backward transfer, LibContinual",
     "2/(T(T-1)) sum_{i>2} sum_{j<=i-2} (R[i][j] - R[j][j])", "LibContinual", true,
     bwt_libcontinual},
    {"fwt", "forward transfer, GEM", "1/(T-1) sum_{i>1} (R[i-1][i] - b_i), b untrained",
     "GEM, mammoth", true, fwt_gem},
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

int ds_accuracy_of(struct ds_accuracy *acc, const struct ds_record *r,
                   enum ds_protocol protocol, enum ds_head head, struct ds_err *err)
{
    const size_t t = (size_t)r->tasks;
    const int *correct = counts(r, protocol, head);

    *acc = (struct ds_accuracy){.tasks = r->tasks, .learned = r->done > 0 ? r->done - 1 : 0};
    if (acc->learned > acc->tasks)
        return ds_fail(err, DS_DATA, "%d checkpoints of %d tasks, expected at most %d", r->done,
                       r->tasks, r->tasks + 1);
    acc->a = malloc((t * t + 1) * sizeof *acc->a);
    acc->n = malloc((t + 1) * sizeof *acc->n);
    if (!acc->a || !acc->n) {
        ds_accuracy_clear(acc);
        return ds_fail(err, DS_NOMEM, "no memory for %d x %d accuracies", r->tasks, r->tasks);
    }
    for (size_t j = 0; j < t; j++)
        acc->n[j] = r->total[j];
    for (size_t i = 0; i < t; i++)
        for (size_t j = 0; j < t; j++) {
            const int c = correct[i * t + j], n = r->total[j];
            const bool tested = j <= i && (int)i < acc->learned && n > 0;

            if (tested && (c < 0 || c > n)) {
                ds_accuracy_clear(acc);
                return ds_fail(err, DS_DATA, "task %zu after task %zu: %d of %d images correct",
                               j + 1, i + 1, c, n);
            }
            acc->a[i * t + j] = tested ? (double)c / n : NAN;
        }
    return 0;
}

void ds_accuracy_clear(struct ds_accuracy *acc)
{
    free(acc->a);
    free(acc->n);
    *acc = (struct ds_accuracy){0};
}
