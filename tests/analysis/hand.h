/* tests/analysis/hand.h -- a record made by hand, and what the tests of this room share. */
#ifndef DS_TESTS_ANALYSIS_HAND_H
#define DS_TESTS_ANALYSIS_HAND_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "data/store/record.h"

#define NEAR(a, b, tolerance) near_at((a), (b), (tolerance), __FILE__, __LINE__)

static inline void near_at(double a, double b, double tolerance, const char *file, int line)
{
    if (!(fabs(a - b) <= tolerance)) {
        print_error("%.17g is not %.17g within %g\n", a, b, tolerance);
        _fail(file, line);
    }
}

static inline float *hand_map(struct ds_record *r, int checkpoint, int image, int layer)
{
    return r->rollout + (((size_t)checkpoint * (size_t)r->images + (size_t)image) *
                             (size_t)r->layers + (size_t)layer) * (size_t)r->patches;
}

static inline float *hand_split(struct ds_record *r, int checkpoint, int image, int layer)
{
    return r->split + ((size_t)checkpoint * (size_t)r->images + (size_t)image) *
                          (size_t)r->layers + (size_t)layer;
}

/* T tasks of 2 classes, 2 images a class, 3 layers, 2 x 3 patches, all T + 1 checkpoints. The
 * map of image i, layer l at checkpoint m is c times a base map, c = 1 + m (l + 1) / 10:
 * relative Frobenius and every scale-free metric are known in closed form. */
static inline void hand_record(struct ds_record *r, int tasks)
{
    struct ds_err err = {0};
    char name[32];

    *r = (struct ds_record){.tasks = tasks, .classes = 2 * tasks, .layers = 3, .heads = 1,
                            .tokens = 7, .prefix = 1, .patches = 6, .grid_h = 2, .grid_w = 3,
                            .patch = 2, .images = 4 * tasks, .channels = 1, .height = 4,
                            .width = 6, .probe = 1};
    assert_int_equal(ds_record_alloc(r, &err), 0);
    snprintf(r->method, sizeof r->method, "arcl");
    snprintf(r->uuid, sizeof r->uuid, "00000000-0000-4000-8000-000000000000");
    snprintf(r->version, sizeof r->version, "0");
    snprintf(r->created, sizeof r->created, "2026-01-01T00:00:00Z");
    r->done = tasks + 1;
    for (int k = 0; k < r->classes; k++) {
        snprintf(name, sizeof name, "class %d", k);
        r->class_name[k] = strdup(name);
        r->class_task[k] = k / 2;
        r->class_label[k] = k;
    }
    for (int i = 0; i < r->images; i++) {
        r->label[i] = i / 2;
        r->task[i] = i / 4;
        r->id[i] = 100 + i;
    }
    for (int m = 0; m < r->done; m++) {
        snprintf(r->checkpoint[m], sizeof r->checkpoint[m], "task_%02d.h5", m);
        r->seconds[m] = m;
        for (int i = 0; i < r->images; i++)
            for (int l = 0; l < r->layers; l++) {
                for (int p = 0; p < r->patches; p++)
                    hand_map(r, m, i, l)[p] =
                        (float)((1 + m * (l + 1) / 10.0) * (p + 1 + i % 3) / 64);
                *hand_split(r, m, i, l) = hand_map(r, m, i, l)[3];
            }
    }
}

/* Fills row `after` of all four count matrices (0-based) for a test set of 100 images a task.
 */
static inline void hand_counts(struct ds_record *r, int after, const int *correct)
{
    for (int j = 0; j < r->tasks; j++) {
        const size_t at = (size_t)after * (size_t)r->tasks + (size_t)j;

        r->total[j] = 100;
        r->correct_class[at] = correct[j];
        r->correct_class_raw[at] = correct[j] / 2;
        r->correct_task[at] = r->correct_task_raw[at] = j <= after ? 100 : 0;
    }
}

/* The text of ../shared/NAME (or $DRIFTSCOPE_SHARED/NAME), fresh; NULL after saying so. */
static inline char *hand_shared(const char *name)
{
    const char *root = getenv("DRIFTSCOPE_SHARED");
    char path[4096], *text = NULL;
    size_t room = 0;
    FILE *f;

    if (root)
        snprintf(path, sizeof path, "%s/%s", root, name);
    else
        snprintf(path, sizeof path, "%s/../shared/%s", DS_SOURCE_DIR, name);
    if (!(f = fopen(path, "rb"))) {
        print_message("skipped: %s: not found\n", name);
        return NULL;
    }
    if (getdelim(&text, &room, '\0', f) < 0) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

#endif
