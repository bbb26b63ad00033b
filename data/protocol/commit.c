/* data/protocol/commit.c -- what is written when. See session.h.
 *
 * Every save-every steps, before the exam of a task and after it: a step checkpoint. Those
 * around an exam are left out while the last one is younger than save-seconds: tasks of a
 * second would cost more in saving than a kill can cost in learning. After a task:
 * checkpoints/task_NN.h5, then run.h5. Whatever is killed in between, the step checkpoint that
 * exists agrees with a run.h5 that holds at least the tasks before it; without one the run
 * begins again. The end of the last task is always saved. */
#define _GNU_SOURCE
#include "data/protocol/session_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "data/protocol/checkpoint.h"
#include "data/store/h5.h"
#include "data/weights/shape_note.h"

double ds_session_seconds(const struct ds_session *s)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return s->spent + (double)now.tv_sec + 1e-9 * (double)now.tv_nsec - s->clock;
}

/* Not getrusage's: its peak begins with that of the process that started this one. */
double ds_session_peak(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kilobytes = 0;

    while (status && !kilobytes && fgets(line, sizeof line, status))
        if (!strncmp(line, "VmHWM:", 6))
            kilobytes = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return 1024.0 * (double)kilobytes;
}

/* What retention did in this task, and the mask in force after it. */
static void keep_retention(struct ds_session *s, int task)
{
    struct ds_record *r = &s->record;
    const struct ds_learner *l = s->learner;
    const size_t cells = (size_t)r->layers * (size_t)r->patches;

    if (r->mask)
        memcpy(r->mask + (size_t)task * cells, l->memory.soft, cells * sizeof(float));
    if (r->audit)
        ds_learner_audit(l, r->audit + (size_t)task * (size_t)r->layers * 3 * DS_AUDIT_COUNT);
}

/* What the network wants to be shown, and what its answers mean: `attend` and `eval` read the
 * checkpoint without the data set at hand (data/weights/facts.h). */
static int note_pictures(struct ds_bundle *b, const struct ds_session *s, struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(s->test);
    struct ds_notes *n = ds_bundle_notes(b, "", err);
    char text[DS_RECIPE_TEXT];

    if (!n ||
        ds_note_text(n, "driftscope.mean",
                     ds_list_text(text, sizeof text, s->mean, info->channels), err) ||
        ds_note_text(n, "driftscope.std",
                     ds_list_text(text, sizeof text, s->std, info->channels), err))
        return err->code;
    if (info->recipe.count &&
        ds_note_text(n, "driftscope.recipe", ds_recipe_print(text, &info->recipe), err))
        return err->code;
    return ds_bundle_strings(b, "classes/name", (const char *const *)s->record.class_name,
                             s->record.classes, "class", err)
               ? 0
               : (int)err->code;
}

static int save_record(struct ds_session *s, struct ds_err *err)
{
    struct ds_bundle b = {0};
    char record[DS_RUN_PATH_MAX];
    int code;

    ds_run_record_path(record, &s->run);
    code = ds_record_pack(&b, &s->record, err) || ds_run_save(&s->run, &b, record, err);
    ds_bundle_clear(&b);
    return code ? (int)err->code : 0;
}

int ds_session_commit_task(struct ds_session *s, int m, struct ds_err *err)
{
    const double begun = ds_session_seconds(s);
    struct ds_bundle b = {0};
    char task[DS_RUN_PATH_MAX];
    int code;

    ds_run_task_path(task, &s->run, m);
    if (m > 0)
        keep_retention(s, m - 1);
    snprintf(s->record.checkpoint[m], sizeof s->record.checkpoint[m], "%s",
             strrchr(task, '/') + 1);
    code = ds_checkpoint_pack(&b, s->learner, "task", s->config, false, err) ||
           note_pictures(&b, s, err) || ds_run_save(&s->run, &b, task, err);
    ds_bundle_clear(&b);
    /* That of run.h5 itself counts from the next one on. */
    s->record.saving[m] = s->saving + ds_session_seconds(s) - begun;
    code = code || save_record(s, err);
    s->saving += ds_session_seconds(s) - begun;
    return code ? (int)err->code : 0;
}

/* The curves of the task at hand are not in run.h5 yet. */
static int pack_curves(struct ds_bundle *b, const struct ds_session *s, struct ds_err *err)
{
    const struct ds_record *r = &s->record;
    const int64_t n = s->in_task ? s->learner->step : 0;
    const size_t from = (size_t)(r->steps - n);
    const int64_t where[4] = {s->task, s->in_task, r->steps, s->started};
    const int64_t four[1] = {4}, many[1] = {n};

    if (!ds_bundle_add(b, "progress/where", DS_I64, 1, four, where, err))
        return err->code;
    if (n > 0 && (!ds_bundle_add(b, "progress/loss", DS_F32, 1, many, r->loss + from, err) ||
                  !ds_bundle_add(b, "progress/rate", DS_F32, 1, many, r->rate + from, err)))
        return err->code;
    return 0;
}

int ds_session_commit_step(struct ds_session *s, struct ds_err *err)
{
    const double begun = ds_session_seconds(s);
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX];
    int code;

    if (s->saved == s->record.steps)
        return 0;
    ds_run_step_path(path, &s->run, s->record.steps);
    code = ds_checkpoint_pack(&b, s->learner, "step", s->config, s->in_task, err) ||
           pack_curves(&b, s, err) || ds_run_save(&s->run, &b, path, err) ||
           ds_run_keep_steps(&s->run, 2, err);
    ds_bundle_clear(&b);
    s->saving += ds_session_seconds(s) - begun;
    if (!code) {
        s->saved = s->record.steps;
        s->saved_at = ds_session_seconds(s);
    }
    return code ? (int)err->code : 0;
}

int ds_session_commit_boundary(struct ds_session *s, struct ds_err *err)
{
    if (s->task < s->stream.tasks &&
        ds_session_seconds(s) - s->saved_at < (double)s->opt.save_seconds)
        return 0;
    return ds_session_commit_step(s, err);
}
