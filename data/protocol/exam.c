/* data/protocol/exam.c -- the test images of a run. See the header. */
#include "data/protocol/exam.h"

#include <stdlib.h>
#include <string.h>
#include "data/protocol/session_int.h"

struct ds_exam {
    struct ds_session *session; /* its options, data and normalisation only */
    int count;
    int *index;    /* [count] in the test source */
    int *class_of; /* [count] */
    int *task_of;  /* [count] */
};

/* The data set may have changed since; a run knows how many test images each task had, and
 * which classes. */
static int check(const struct ds_session *s, struct ds_err *err)
{
    const struct ds_record *r = &s->record;
    const char *const *domain_name = ds_source_info(s->test)->domain_name;
    bool same = s->stream.tasks == r->tasks && s->stream.classes == r->classes;

    for (int t = 0; same && t < r->tasks; t++)
        same = s->stream.n_test[t] == r->total[t];
    for (int k = 0; same && k < r->classes; k++)
        same = s->stream.label[k] == r->class_label[k];
    same = same && (s->stream.kind == DS_STREAM_DOMAIN) == (r->domain_name != NULL);
    for (int t = 0; same && r->domain_name && t < r->tasks; t++)
        same = !strcmp(domain_name[s->stream.domain[t]], r->domain_name[t]);
    if (!same)
        return ds_fail(err, DS_DATA, "%s: '%s' is not the data set this run began with",
                       s->run.path, s->opt.data);
    return 0;
}

static int read_run(struct ds_session *s, const char *path, struct ds_err *err)
{
    char file[DS_RUN_PATH_MAX];

    if (ds_run_read(&s->run, path, err))
        return err->code;
    ds_run_record_path(file, &s->run);
    if (ds_record_load(&s->record, file, err) ||
        ds_opt_defaults(ds_train_table, &s->opt, err) ||
        ds_train_opt_read(&s->opt, s->record.config, file, err) || ds_session_data(s, err))
        return err->code;
    return check(s, err);
}

static int choose(struct ds_exam *e, int limit, struct ds_err *err)
{
    const struct ds_session *s = e->session;
    size_t most = 1;

    for (int t = 0; t < s->stream.tasks; t++)
        most += (size_t)s->stream.n_test[t];
    e->index = malloc(3 * most * sizeof *e->index);
    if (!e->index)
        return ds_fail(err, DS_NOMEM, "out of memory for %zu test images", most);
    e->class_of = e->index + most;
    e->task_of = e->index + 2 * most;
    if (limit)
        e->count = ds_session_choose(s, limit, e->index);
    for (int t = 0; t < s->stream.tasks && !limit; t++) {
        memcpy(e->index + e->count, s->stream.test[t],
               (size_t)s->stream.n_test[t] * sizeof *e->index);
        e->count += s->stream.n_test[t];
    }
    for (int i = 0; i < e->count; i++) {
        e->class_of[i] = s->stream.position[ds_source_label(s->test, e->index[i])];
        e->task_of[i] = ds_stream_task(&s->stream, s->test, e->index[i]);
    }
    return 0;
}

int ds_exam_open(struct ds_exam **out, const char *run, int limit, struct ds_err *err)
{
    struct ds_exam *e = calloc(1, sizeof *e);

    *out = NULL;
    if (!e || !(e->session = calloc(1, sizeof *e->session))) {
        free(e);
        return ds_fail(err, DS_NOMEM, "out of memory");
    }
    e->session->run.lock = -1;
    if (read_run(e->session, run, err) || choose(e, limit, err)) {
        ds_exam_close(e);
        return err->code;
    }
    *out = e;
    return 0;
}

void ds_exam_close(struct ds_exam *e)
{
    if (!e)
        return;
    ds_session_close(e->session);
    free(e->index);
    free(e);
}

struct ds_exam_about ds_exam_about(const struct ds_exam *e)
{
    const struct ds_source_info *info = ds_source_info(e->session->test);

    return (struct ds_exam_about){.count = e->count,
                                  .class_of = e->class_of,
                                  .task_of = e->task_of,
                                  .channels = info->channels,
                                  .height = info->height,
                                  .width = info->width,
                                  .scale = &e->session->scale,
                                  .record = &e->session->record};
}

int ds_exam_read(const struct ds_exam *e, int i, uint8_t *bytes, struct ds_room *room,
                 struct ds_err *err)
{
    return ds_source_read_in(e->session->test, e->index[i], bytes, room, err);
}
