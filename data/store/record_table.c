/* data/store/record_table.c -- the arrays of a record, described once. See record_int.h. */
#include "data/store/record_int.h"

#include <assert.h>
#include <string.h>

static const struct ds_axis axes[] = {
    {'m', "checkpoint", "timeline/checkpoint"},
    {'t', "after_task", "accuracy/after_task"},
    {'T', "on_task", "accuracy/on_task"},
    {'K', "class", NULL},
    {'N', "image", "images/id"},
    {'B', "image", NULL},
    {'H', "y", NULL},
    {'W', "x", NULL},
    {'c', "rgb", NULL},
    {'L', "layer", "attention/layer"},
    {'P', "patch", NULL},
    {'q', "query", NULL},
    {'k', "key", NULL},
    {'x', "matrix", NULL},
    {'a', "quantity", NULL},
    {'s', "step", "curves/step"},
    {0, NULL, NULL},
};

#define AT(field) offsetof(struct ds_record, field)
const struct ds_field ds_fields[] = {
    {"classes/task", AT(class_task), DS_I32, DS_I32, "K", DS_ALWAYS, "1", "task",
     "0-based task that first teaches the class at this position", 0, 'T'},
    {"classes/label", AT(class_label), DS_I32, DS_I32, "K", DS_ALWAYS, "1", "label",
     "number of the class in the data set", 0, 0},
    {"images/pixels", AT(pixels), DS_U8, DS_U8, "NHWc", DS_ALWAYS, "1", "evaluation images",
     "the evaluation images, 0..255, grey repeated", 0, 0},
    {"images/label", AT(label), DS_I32, DS_I32, "N", DS_ALWAYS, "1", "class",
     "position of the true class in /classes", 0, 'K'},
    {"images/task", AT(task), DS_I32, DS_I32, "N", DS_ALWAYS, "1", "task",
     "0-based task whose test set the image is from", 0, 'T'},
    {"images/id", AT(id), DS_I64, DS_I64, "N", DS_ALWAYS, "1", "image",
     "index in the test set", 0, 0},
    {"images/predicted", AT(predicted), DS_I32, DS_I32, "mN", DS_ALWAYS, "1", "predicted class",
     "class-incremental prediction, -1 before anything was learned", -1, 'K'},
    {"images/margin", AT(margin), DS_F32, DS_F32, "mN", DS_ALWAYS, "logit", "margin",
     "logit of the true class minus the best other seen class, NaN before it is learned", 0, 0},
    {"attention/rollout", AT(rollout), DS_F32, DS_F32, "mNLP", DS_ALWAYS, "1",
     "attention rollout of the class token",
     "CLS row of R_l = N(mean_h A_l + I) R_(l-1), columns of prefix tokens dropped",
     0, 0},
    {"attention/split", AT(split), DS_F32, DS_F32, "mNL", DS_ALWAYS, "1", "adaptive split point",
     "value of the rollout row above which a patch counts as attended (eps 0)", 0, 0},
    {"attention/head_mean", AT(attention), DS_F32, DS_F16, "mBLqk", DS_ALWAYS, "1",
     "head-mean attention", "softmax attention, mean over heads, of the first images", 0, 0},
    {"accuracy/correct_class", AT(correct_class), DS_I32, DS_I32, "tT", DS_ALWAYS, "images",
     "correct, class-incremental", "images of task j right among all seen classes, after task i",
     0, 0},
    {"accuracy/correct_task", AT(correct_task), DS_I32, DS_I32, "tT", DS_ALWAYS, "images",
     "correct, task-incremental", "images of task j right among its own classes, after task i",
     0, 0},
    {"accuracy/correct_class_raw", AT(correct_class_raw), DS_I32, DS_I32, "tT", DS_ALWAYS, "images",
     "correct, class-incremental, before refinement", "as correct_class before head refinement",
     0, 0},
    {"accuracy/correct_task_raw", AT(correct_task_raw), DS_I32, DS_I32, "tT", DS_ALWAYS, "images",
     "correct, task-incremental, before refinement", "as correct_task before head refinement",
     0, 0},
    {"accuracy/total", AT(total), DS_I32, DS_I32, "T", DS_ALWAYS, "images", "test images",
     "test images of task j", 0, 0},
    {"curves/loss", AT(loss), DS_F32, DS_F32, "s", DS_ALWAYS, "nat", "loss",
     "mean loss of the batch, before the step", 0, 0},
    {"curves/rate", AT(rate), DS_F32, DS_F32, "s", DS_ALWAYS, "1", "learning rate",
     "learning rate of the head", 0, 0},
    {"curves/task", AT(step_task), DS_I32, DS_I32, "s", DS_ALWAYS, "1", "task",
     "0-based task of the step", 0, 'T'},
    {"curves/epoch", AT(step_epoch), DS_I32, DS_I32, "s", DS_ALWAYS, "1", "epoch",
     "0-based epoch of the step within its task", 0, 0},
    {"retention/mask", AT(mask), DS_F32, DS_F32, "tLP", DS_OPTIONAL, "1", "soft mask",
     "mask in force after the task: 1 is free to change, 0 protected", 0, 0},
    {"retention/audit", AT(audit), DS_F32, DS_F32, "tLxa", DS_OPTIONAL, "1", "audit of the masking",
     "mean over the task's steps; rows /retention/matrix, columns /retention/quantity", 0, 0},
    {"timeline/seconds", AT(seconds), DS_F64, DS_F64, "m", DS_ALWAYS, "s", "wall time",
     "wall time from the start of the run, resumed parts added up", 0, 0},
    {"timeline/peak", AT(peak), DS_F64, DS_F64, "m", DS_LATER, "byte", "peak memory",
     "most resident memory of the process until then, the largest of resumed parts; 0: unknown",
     0, 0},
    {"timeline/saving", AT(saving), DS_F64, DS_F64, "m", DS_LATER, "s", "time spent saving",
     "part of the wall time that went into checkpoints and run.h5 until then; 0: unknown", 0, 0},
    {.name = NULL},
};
#undef AT

const struct ds_axis *ds_axis_lookup(char letter)
{
    const struct ds_axis *a = axes;

    while (a->letter != letter) {
        assert(a->letter);
        a++;
    }
    return a;
}

int64_t ds_record_size(const struct ds_record *r, char letter, bool stored)
{
    switch (letter) {
    case 'm':
        return stored ? r->done : r->tasks + 1;
    case 't':
        return !stored ? r->tasks : r->done > 0 ? r->done - 1 : 0;
    case 'T':
        return r->tasks;
    case 'K':
        return r->classes;
    case 'N':
        return r->images;
    case 'B':
        return r->probe;
    case 'H':
        return r->height;
    case 'W':
        return r->width;
    case 'L':
        return r->layers;
    case 'P':
        return r->patches;
    case 'q':
    case 'k':
        return r->tokens;
    case 'a':
        return DS_AUDIT_COUNT;
    case 's':
        return r->steps;
    default: /* c, x */
        return 3;
    }
}

int ds_field_dims(const struct ds_record *r, const struct ds_field *f, bool stored,
                  int64_t dims[DS_RANK_MAX])
{
    int rank = 0;

    for (const char *letter = f->shape; *letter; letter++)
        dims[rank++] = ds_record_size(r, *letter, stored);
    return rank;
}

void *ds_field_data(const struct ds_record *r, const struct ds_field *f)
{
    void *data;

    memcpy(&data, (const char *)r + f->at, sizeof data);
    return data;
}
