/* data/protocol/exam.h -- the test images of a run, as its own evaluations see them. Public
 * header.
 *
 *     ds_exam_open(&e, "runs/a", 100, err)      at most 100 images of each task
 *     about = ds_exam_about(e);      how many, of which class and task
 *     ds_exam_read(e, i, bytes, &room, err);
 *     ds_exam_close(e);
 *
 * The configuration in run.h5 says which data set, order of classes, resizing and
 * normalisation; no network is opened. Reading pictures is thread-safe. */
#ifndef DS_DATA_PROTOCOL_EXAM_H
#define DS_DATA_PROTOCOL_EXAM_H

#include "data/image/recipe.h"
#include "data/image/transform.h"
#include "data/store/record.h"

struct ds_exam_about {
    int count;
    const int *class_of; /* [count] position of the class in the run's order */
    const int *task_of;  /* [count] 0-based */
    int channels, height, width;
    const struct ds_pixel_scale *scale; /* the run's normalisation */
    const struct ds_record *record;     /* the whole of run.h5 */
};

struct ds_exam;

/* limit: images of a task, the first of every class in turn; 0: all; below 2^15. DS_NOINPUT (no
 * run, no data set), DS_DATA (not the data set this run began with), DS_NOMEM. */
int ds_exam_open(struct ds_exam **out, const char *run, int limit, struct ds_err *err);
void ds_exam_close(struct ds_exam *e);

struct ds_exam_about ds_exam_about(const struct ds_exam *e);

/* bytes [C][H][W] of image i. DS_DATA, DS_NOMEM. */
int ds_exam_read(const struct ds_exam *e, int i, uint8_t *bytes, struct ds_room *room,
                 struct ds_err *err);

#endif
