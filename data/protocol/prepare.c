/* data/protocol/prepare.c -- from options to data, network, learner, and an empty record. */
#define _GNU_SOURCE
#include "data/protocol/session_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "core/base/version.h"
#include "core/learn/method.h"
#include "core/ops/gemm.h"
#include "data/protocol/plan.h"

/* Pictures that decide mean and deviation where the options say auto: the first of each task. */
enum { STATISTICS = 2000 };

static int open_part(struct ds_source **out, const struct ds_session *s, enum ds_part part,
                     struct ds_err *err)
{
    const struct ds_train_opt *o = &s->opt;
    const struct ds_source_want want = {.spec = o->data, .part = part, .size = o->image_size,
                                        .transform = o->eval_transform, .domain = o->domain,
                                        .skip_broken = o->skip_broken};

    return ds_source_open_want(out, &want, err);
}

/* The training recipe; `size` in it is the side that evaluation has. */
static int read_recipe(struct ds_session *s, struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(s->train);
    const int size = info->height == info->width ? info->height : 0;

    s->has_recipe = s->opt.transform[0] != 0;
    return s->has_recipe ? ds_recipe_parse(&s->recipe, s->opt.transform, size, err) : 0;
}

static int open_data(struct ds_session *s, struct ds_err *err)
{
    const struct ds_train_opt *o = &s->opt;
    const struct ds_stream_want want = ds_train_opt_stream(o);
    const struct ds_source_info *a, *b, *mixed;

    if (open_part(&s->train, s, DS_TRAIN, err) || open_part(&s->test, s, DS_TEST, err))
        return err->code;
    a = ds_source_info(s->train);
    b = ds_source_info(s->test);
    mixed = !a->height ? a : !b->height ? b : NULL;
    if (mixed)
        return ds_fail(err, DS_USAGE,
                       "%s: pictures of %d x %d to %d x %d pixels; choose one size for all with "
                       "--image-size N, as 224",
                       o->data, mixed->low_width, mixed->low_height, mixed->high_width,
                       mixed->high_height);
    if (a->channels != b->channels || a->height != b->height || a->width != b->width)
        return ds_fail(err, DS_DATA,
                       "%s: training pictures are %d x %d x %d, test pictures %d x %d x %d; "
                       "choose one size for all with --image-size N, as 224",
                       o->data, a->channels, a->height, a->width, b->channels, b->height,
                       b->width);
    return read_recipe(s, err) ? (int)err->code
                               : ds_stream_open(&s->stream, s->train, s->test, &want, err);
}

/* Per channel over the first training pictures of every task, in 0..1. */
static int measure(struct ds_session *s, struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(s->train);
    const size_t area = (size_t)info->height * (size_t)info->width;
    const size_t pixels = area * (size_t)info->channels;
    double sum[4] = {0}, square[4] = {0}, count = 0;
    uint8_t *bytes = malloc(pixels);
    int code = bytes ? 0 : ds_fail(err, DS_NOMEM, "out of memory for a picture");

    for (int t = 0; t < s->stream.tasks && !code; t++)
        for (int i = 0; i < s->stream.n_train[t] && i < STATISTICS / s->stream.tasks && !code; i++) {
            code = ds_source_read(s->train, s->stream.train[t][i], bytes, err);
            for (size_t p = 0; p < pixels && !code; p++) {
                const double v = bytes[p] / 255.0;

                sum[p / area] += v;
                square[p / area] += v * v;
            }
            count += (double)area;
        }
    for (int c = 0; c < info->channels && !code; c++) {
        const double spread = square[c] / count - pow(sum[c] / count, 2);

        s->mean[c] = round(sum[c] / count * 1e4) / 1e4;
        s->std[c] = fmax(1e-3, round(sqrt(fmax(0, spread)) * 1e4) / 1e4);
    }
    free(bytes);
    return code;
}

/* "0.5" or "0.49,0.48,0.45": one number for all channels, or one each. */
static int read_list(double *to, const char *text, const char *key, int channels,
                     struct ds_err *err)
{
    int n = 0;

    for (const char *at = text; *at && n < 4; n++) {
        char *end;

        to[n] = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !isfinite(to[n]))
            break;
        at = *end ? end + 1 : end;
        if (!*at) {
            n++;
            break;
        }
    }
    for (int c = n; n == 1 && c < channels; c++)
        to[c] = to[0];
    if (n != 1 && n != channels)
        return ds_fail(err, DS_USAGE, "%s is '%s', expected auto, one number, or %d numbers", key,
                       text, channels);
    return 0;
}

/* What was measured goes into the configuration, so that the run says it. */
static void write_list(char *to, size_t size, const double *value, int channels)
{
    size_t n = 0;

    for (int c = 0; c < channels && n < size; c++)
        n += (size_t)snprintf(to + n, size - n, "%s%.9g", c ? "," : "", value[c]);
}

static int normalisation(struct ds_session *s, struct ds_err *err)
{
    const int channels = ds_source_info(s->train)->channels;
    const bool auto_mean = !strcmp(s->opt.mean, "auto"), auto_std = !strcmp(s->opt.std, "auto");

    if ((auto_mean || auto_std) && measure(s, err))
        return err->code;
    if (!auto_mean && read_list(s->mean, s->opt.mean, "mean", channels, err))
        return err->code;
    if (!auto_std && read_list(s->std, s->opt.std, "std", channels, err))
        return err->code;
    for (int c = 0; c < channels; c++)
        if (!(s->std[c] > 0))
            return ds_fail(err, DS_USAGE, "std is %g for channel %d, expected more than 0",
                           s->std[c], c);
    if (auto_mean)
        write_list(s->opt.mean, sizeof s->opt.mean, s->mean, channels);
    if (auto_std)
        write_list(s->opt.std, sizeof s->opt.std, s->std, channels);
    ds_scale_init(&s->scale, channels, s->mean, s->std);
    return 0;
}

int ds_session_data(struct ds_session *s, struct ds_err *err)
{
    if (open_data(s, err))
        return err->code;
    s->opt.tasks = s->stream.tasks; /* there are as many as domains, where those are the tasks */
    return normalisation(s, err);
}

int ds_session_prepare(struct ds_session *s, struct ds_err *err)
{
    const struct ds_source_info *info;
    struct ds_learner_opt want;
    struct ds_vit_shape shape;

    ds_blas_begin();
    if (ds_train_opt_learner(&want, &s->opt, err) || ds_session_data(s, err))
        return err->code;
    want.tasks = s->stream.tasks;
    info = ds_source_info(s->train);
    if (ds_train_opt_shape(&shape, &s->opt, info->channels, info->height, info->width,
                           s->stream.classes, err) ||
        ds_pool_new(&s->pool, s->opt.threads, err))
        return err->code;
    want.class_task = s->stream.class_task;
    return ds_learner_open(&s->learner, &shape, &want, s->pool, err) || ds_rows_check(s, err) ||
                   ds_features_open(s, err)
               ? (int)err->code
               : 0;
}

static int describe_stream(struct ds_session *s, struct ds_err *err)
{
    struct ds_record *r = &s->record;
    const struct ds_source_info *info = ds_source_info(s->train);

    for (int k = 0; k < r->classes; k++) {
        r->class_label[k] = s->stream.label[k];
        r->class_task[k] = s->stream.class_task[k];
        free(r->class_name[k]);
        r->class_name[k] = strdup(info->class_name[s->stream.label[k]]);
        if (!r->class_name[k])
            return ds_fail(err, DS_NOMEM, "out of memory for class names");
    }
    for (int t = 0; t < r->tasks; t++)
        r->total[t] = s->stream.n_test[t];
    if (s->stream.kind == DS_STREAM_CLASS)
        return 0;
    r->domain_name = calloc((size_t)r->tasks, sizeof *r->domain_name);
    for (int t = 0; t < r->tasks && r->domain_name; t++)
        if (!(r->domain_name[t] = strdup(info->domain_name[s->stream.domain[t]])))
            return ds_fail(err, DS_NOMEM, "out of memory for domain names");
    return r->domain_name ? 0 : ds_fail(err, DS_NOMEM, "out of memory for domain names");
}

int ds_session_choose(const struct ds_session *s, int most, int *index)
{
    int n = 0;

    for (int t = 0; t < s->stream.tasks; t++) {
        const int classes = s->stream.end[t] - s->stream.first[t];
        int kept = 0;

        for (int k = 0; k < classes; k++) {
            const int quota = (int)((long)most * (k + 1) / classes - (long)most * k / classes);
            int of_class = 0;

            for (int i = 0; i < s->stream.n_test[t] && of_class < quota; i++) {
                const int at = s->stream.test[t][i];

                if (s->stream.position[ds_source_label(s->test, at)] !=
                    s->stream.first[t] + k)
                    continue;
                if (index)
                    index[n + kept] = at;
                kept++;
                of_class++;
            }
        }
        n += kept;
    }
    return n;
}

static int copy_pictures(struct ds_session *s, struct ds_err *err)
{
    struct ds_record *r = &s->record;
    const size_t area = (size_t)r->height * (size_t)r->width;
    uint8_t *bytes = malloc(area * (size_t)r->channels);
    int code = bytes ? 0 : ds_fail(err, DS_NOMEM, "out of memory for a picture");

    for (int i = 0; i < r->images && !code; i++) {
        uint8_t *to = r->pixels + (size_t)i * area * 3;

        code = ds_source_read(s->test, s->eval_index[i], bytes, err);
        for (size_t p = 0; p < area && !code; p++)
            for (size_t c = 0; c < 3; c++)
                to[p * 3 + c] = bytes[(r->channels == 3 ? c : 0) * area + p];
        r->label[i] = s->stream.position[ds_source_label(s->test, s->eval_index[i])];
        r->task[i] = ds_stream_task(&s->stream, s->test, s->eval_index[i]);
        r->id[i] = s->eval_index[i];
    }
    free(bytes);
    return code;
}

/* Random, because two runs started alike in the same second are still two runs. */
static void name_run(struct ds_record *r)
{
    unsigned char b[16] = {0};
    FILE *random = fopen("/dev/urandom", "rb");
    const time_t now = time(NULL);
    struct tm utc;

    if (random) {
        if (fread(b, 1, sizeof b, random) != sizeof b)
            memcpy(b, &now, sizeof now);
        fclose(random);
    }
    snprintf(r->uuid, sizeof r->uuid,
             "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6] & 15, b[7], b[8] & 15, b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
    gmtime_r(&now, &utc);
    strftime(r->created, sizeof r->created, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

int ds_session_describe(struct ds_session *s, const char *command, struct ds_err *err)
{
    const struct ds_vit_shape *shape = &s->learner->vit.shape;
    struct ds_record *r = &s->record;

    *r = (struct ds_record){
        .seed = s->opt.seed, .tasks = s->stream.tasks, .classes = s->stream.classes,
        .layers = shape->depth, .heads = shape->heads, .tokens = ds_tokens(shape),
        .prefix = ds_prefix(shape), .patches = ds_patches(shape), .grid_h = ds_grid_h(shape),
        .grid_w = ds_grid_w(shape), .patch = shape->patch, .channels = shape->channels,
        .height = shape->height, .width = shape->width};
    snprintf(r->method, sizeof r->method, "%s", s->opt.method);
    ds_budget_text(r->budget, sizeof r->budget, &s->opt, s->learner, &s->stream);
    snprintf(r->version, sizeof r->version, "%s", DS_VERSION);
    snprintf(r->command, sizeof r->command, "%s", command);
    name_run(r);
    r->images = ds_session_choose(s, s->opt.eval_images, NULL);
    r->probe = s->opt.probe_images < r->images ? s->opt.probe_images : r->images;
    r->config = strdup(s->config);
    s->eval_index = malloc(((size_t)r->images + 1) * sizeof *s->eval_index);
    if (!s->eval_index || !r->config)
        return ds_fail(err, DS_NOMEM, "out of memory for the evaluation images");
    ds_session_choose(s, s->opt.eval_images, s->eval_index);
    if (ds_record_alloc(r, err) ||
        (s->learner->opt.method->retains && ds_record_retain(r, err)) || describe_stream(s, err))
        return err->code;
    return copy_pictures(s, err);
}
