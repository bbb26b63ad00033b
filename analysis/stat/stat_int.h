/* analysis/stat/stat_int.h -- what the bootstraps share. For this room only. */
#ifndef DS_ANALYSIS_STAT_STAT_INT_H
#define DS_ANALYSIS_STAT_STAT_INT_H

#include "analysis/stat/stat.h"

/* The ends of an interval of want's kind and level from the resampled statistics theta, which
 * it sorts. acceleration: BCa's a, NAN where the jackknife has no spread. Says why it became
 * the percentile interval where BCa does not exist; NULL: it is what was asked for. */
const char *ds_bootstrap_ends(double *lo, double *hi, double *theta, int resamples,
                              double value, double acceleration,
                              const struct ds_stat_want *want);

#endif
