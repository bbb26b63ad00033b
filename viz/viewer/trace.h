/* viz/viewer/trace.h -- the state in words: one JSON object a line. For viz/viewer, viz/cli and
 * the tests.
 *
 * Every field of the view under its own name, and the numbers on the screen: drift of the image
 * by layer, means, splits, masks, the pinned patch, how many images are listed. It is what
 * tests assert on and what a screen reader can speak; floats are printed to read back exactly
 * as floats do, and what is not a number is null. */
#ifndef DS_VIZ_VIEWER_TRACE_H
#define DS_VIZ_VIEWER_TRACE_H

#include <stdio.h>
#include "viz/viewer/viewer.h"

void ds_trace_line(FILE *out, struct ds_viewer *v);

/* One field as text, as it stands in the line but without quotes; false: no such field. Lists
 * take an index from 1: "drift.6". */
bool ds_trace_value(struct ds_viewer *v, const char *key, char *to, size_t size);

/* The widgets, one line each: id, role, place, label, value. */
void ds_trace_widgets(FILE *out, const struct ds_viewer *v);

#endif
