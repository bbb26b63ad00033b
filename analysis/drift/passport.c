/* analysis/drift/passport.c -- one accuracy matrix, under every published convention. */
#include "analysis/drift/passport.h"

#include <math.h>

static bool future_tested(const struct ds_accuracy *acc, int k)
{
    for (int i = 0; i < k; i++)
        for (int j = i + 1; j < k; j++)
            if (isnan(acc->a[(size_t)i * (size_t)acc->tasks + (size_t)j]))
                return false;
    return true;
}

static const char *lacking(const struct ds_convention *c, const struct ds_accuracy *acc, int k)
{
    const bool future = c->from == DS_FROM_FUTURE || c->from == DS_FROM_UNTRAINED;

    if (k < c->least)
        return c->least == 1   ? "needs a task"
               : c->least == 2 ? "needs 2 tasks"
                               : "needs 3 tasks";
    if (c->from == DS_FROM_UNTRAINED && !acc->untrained)
        return "needs the untrained model's accuracy";
    if (c->from == DS_FROM_JOINT && !acc->joint)
        return "needs a jointly trained model";
    if (future && !future_tested(acc, k))
        return "needs tests on tasks not learned yet";
    return "a task was not tested";
}

void ds_passport_of(struct ds_passport_row rows[DS_CONVENTION_COUNT],
                    const struct ds_accuracy *acc, int k)
{
    for (int i = 0; i < DS_CONVENTION_COUNT; i++) {
        const struct ds_convention *c = ds_conventions + i;
        const double value = c->of(acc, k);

        rows[i] = (struct ds_passport_row){c, value, isnan(value) ? lacking(c, acc, k) : NULL};
    }
}
