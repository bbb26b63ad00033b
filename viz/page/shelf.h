/* viz/page/shelf.h -- the runs that figures are drawn from, each read once. Public header.
 *
 *     struct ds_shelf *shelf = ds_shelf_new(err);
 *     ds_shelf_run(&run, shelf, "runs/a", err);      RUN, or its run.h5
 *     ds_study_init(&study, runs, n, "", err);
 *     ds_shelf_free(shelf);                          the study ends with it */
#ifndef DS_VIZ_PAGE_SHELF_H
#define DS_VIZ_PAGE_SHELF_H

#include "core/base/err.h"
#include "viz/page/study.h"

struct ds_shelf;

struct ds_shelf *ds_shelf_new(struct ds_err *err); /* NULL: DS_NOMEM */
void ds_shelf_free(struct ds_shelf *s);            /* NULL is fine */

/* Fills *run with what the shelf owns; a file named twice is read once. DS_NOINPUT, DS_DATA,
 * DS_USAGE for more than DS_RUNS, DS_NOMEM. */
int ds_shelf_run(struct ds_study_run *run, struct ds_shelf *s, const char *operand,
                 struct ds_err *err);

#endif
