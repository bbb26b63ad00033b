/* data/protocol/exam.h -- the test images of a run, as its own evaluations see them. Public header.
 *
 *     ds_exam_open(&e, "runs/a", &(struct ds_exam_want){.tasks = 3, .limit = 100}, err)
 *     about = ds_exam_about(e);      how many, of which class and task
 *     ds_exam_read(e, i, bytes, &room, err);
 *     ds_exam_close(e);
 *
 * The configuration in run.h5 says which data set, order of classes, resizing and normalisation;
 * no network is opened. Reading pictures is thread-safe. */
#ifndef DS_DATA_PROTOCOL_EXAM_H
#define DS_DATA_PROTOCOL_EXAM_H

#include "data/image/recipe.h"
#include "data/image/transform.h"
#include "data/store/record.h"

struct ds_exam_want {
    int tasks; /* test images of the first tasks; 0: of all */
    int limit; /* images of a task, the first of every class in turn; 0: all; below 2^15 */
};

struct ds_exam_about {
    int count;
    const int *class_of; /* [count] position of the class in the run's order */
    const int *task_of;  /* [count] 0-based */
    int channels, height, width;
    const struct ds_pixel_scale *scale; /* the run's normalisation */
    const struct ds_record *record;     /* the whole of run.h5 */
};

struct ds_exam;

/* DS_NOINPUT (no run, no data set), DS_DATA (not the data set this run began with), DS_USAGE
 * (more tasks than the run has), DS_NOMEM. */
int ds_exam_open(struct ds_exam **out, const char *run, const struct ds_exam_want *want,
                 struct ds_err *err);
void ds_exam_close(struct ds_exam *e);

struct ds_exam_about ds_exam_about(const struct ds_exam *e);

/* bytes [C][H][W] of image i. DS_DATA, DS_NOMEM. */
int ds_exam_read(const struct ds_exam *e, int i, uint8_t *bytes, struct ds_room *room,
                 struct ds_err *err);

#endif
