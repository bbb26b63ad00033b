/* analysis/drift/passport.h -- one accuracy matrix, under every published convention. Public
 * header.
 *
 * "Forgetting" is four different numbers, and a number without its convention cannot be
 * compared. The passport of a run is all of them side by side: what each is, who uses it, and
 * where it does not exist, what it lacks. */
#ifndef DS_ANALYSIS_DRIFT_PASSPORT_H
#define DS_ANALYSIS_DRIFT_PASSPORT_H

#include "analysis/drift/accuracy.h"

struct ds_passport_row {
    const struct ds_convention *convention;
    double value;
    const char *why; /* why it is NAN; NULL: it is a number */
};

/* All conventions after k of the matrix's learned tasks, in the order of ds_conventions. */
void ds_passport_of(struct ds_passport_row rows[DS_CONVENTION_COUNT],
                    const struct ds_accuracy *acc, int k);

#endif
