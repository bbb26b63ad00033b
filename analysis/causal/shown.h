/* analysis/causal/shown.h -- pictures that two networks are both shown, and what they are of.
 * Public header.
 *
 * Side 0 (S) is the earlier or reference network, side 1 (T) the later one. Each picture is
 * read once and normalised for each side in that side's way; the grid of patches is the same
 * for both. Heads number classes in their own ways, so every picture has a class for each side.
 */
#ifndef DS_ANALYSIS_CAUSAL_SHOWN_H
#define DS_ANALYSIS_CAUSAL_SHOWN_H

#include <stdbool.h>
#include "data/image/gather.h"
#include "data/protocol/exam.h"
#include "data/weights/model.h"

enum ds_truth {
    DS_TRUTH_LABELS, /* the pictures' classes are known for both sides */
    DS_TRUTH_S       /* they are not: what S answers counts as right */
};

struct ds_shown {
    int count;
    enum ds_truth truth;
    int *at;          /* [count] picture in its source */
    int *class_of[2]; /* [count] for each side; 0 with DS_TRUTH_S */
    int *group;       /* [count] */
    int groups;       /* tasks, or folders */
    char **group_name;

    /* The classes of a task, in each side's numbers: choice[side][first_choice[g] ..
     * first_choice[g + 1]). first_choice NULL: groups are no tasks. */
    int *choice[2], *first_choice;

    int left_out; /* pictures of tasks that not both sides have learned */

    /* where pictures come from: a run's test set, folders, or memory; borrowed */
    const struct ds_exam *exam;
    const struct ds_gathered *gathered;
    const uint8_t *bytes; /* [count][C][H][W] */
    struct ds_recipe recipe;
    struct ds_pixel_scale scale[2];
    int channels, height, width;
};

/* The test images of S's run. answers: of the tasks whose classes both heads know, otherwise of
 * those that S has learned (all, where that is none). exam_t: T's run, which may be the same
 * one (classes are matched by name, T normalises as its run does); NULL: T is of no run, so S's
 * answers are the truth. DS_DATA (no such task, pictures of another shape than the networks
 * read), DS_NOMEM. */
int ds_shown_run(struct ds_shown *w, const struct ds_exam *exam, const struct ds_exam *exam_t,
                 const struct ds_model *s, const struct ds_model *t, bool answers,
                 struct ds_err *err);

/* Pictures of folders. class_s, class_t [folders]: what each head calls a folder; NULL: not
 * known, S's answers are the truth. limit: the first pictures of a folder, 0: all. DS_USAGE
 * where the networks prepare pictures in different ways, DS_DATA, DS_NOMEM. */
int ds_shown_folder(struct ds_shown *w, const struct ds_gathered *g, int limit,
                    const struct ds_model *s, const struct ds_model *t, const int *class_s,
                    const int *class_t, struct ds_err *err);

/* Pictures in memory, bytes [count][C][H][W] of the shape both networks read, each normalised
 * as its network says. class_of [count]: the same number in both heads; NULL: not known.
 * DS_DATA, DS_NOMEM. */
int ds_shown_memory(struct ds_shown *w, const uint8_t *bytes, int count, const int *class_of,
                    const struct ds_model *s, const struct ds_model *t, struct ds_err *err);

/* Whether answers among the classes of a picture's task make sense. */
static inline bool ds_shown_tasks(const struct ds_shown *w)
{
    return w->first_choice && w->truth == DS_TRUTH_LABELS;
}

/* Whether the answers of both heads can be compared. DS_DATA: a network has no head, or nothing
 * says which classes of two heads are the same. */
int ds_shown_check_heads(const struct ds_shown *w, const struct ds_model *s,
                         const struct ds_model *t, struct ds_err *err);

/* Also after a failure. */
void ds_shown_clear(struct ds_shown *w);

/* Picture i for side 0 and side 1, [C][H][W] each. bytes [C][H][W] is scratch. Thread-safe.
 * DS_DATA, DS_NOMEM. */
int ds_shown_read(const struct ds_shown *w, int i, float *const side[2], uint8_t *bytes,
                  struct ds_room *room, struct ds_err *err);

#endif
