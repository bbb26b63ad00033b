/* viz/cli/cmd_bench_loader.c -- what reading, decoding and augmenting cost a training step. See
 * the header.
 *
 * The loader has no threads of its own: its pieces stand behind the lanes of the step in the
 * same pool, so that a worker without a lane decodes. What training waits for the loader is
 * therefore how much longer a step takes than with a batch that is ready. */
#include "viz/cli/cmd_bench_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/learn/learner.h"
#include "data/source/loader.h"

enum { READY, FED, ALONE }; /* columns of the sheet: seconds */

struct feeding {
    struct ds_source *source;
    struct ds_loader *loader;
    struct ds_recipe recipe;
    struct ds_learner *learner;
    struct ds_pool *pool;
    int *index, *position;
};

static int list_pictures(struct feeding *f, struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(f->source);

    f->index = malloc((size_t)info->count * sizeof *f->index);
    f->position = malloc((size_t)info->classes * sizeof *f->position);
    if (!f->index || !f->position)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for a list", info->name);
    for (int i = 0; i < info->count; i++)
        f->index[i] = i;
    for (int k = 0; k < info->classes; k++)
        f->position[k] = k % DS_BENCH_CLASSES;
    return 0;
}

static int open_data(struct feeding *f, const struct ds_bench_loader_opt *o,
                     const struct ds_bench_case *c, struct ds_err *err)
{
    const struct ds_source_want want = {.spec = o->data, .size = c->side};
    struct ds_loader_want load = {.recipe = &f->recipe,
                                  .batch = c->batch,
                                  .shuffle = true,
                                  .mean = {0.5, 0.5, 0.5, 0.5},
                                  .std = {0.5, 0.5, 0.5, 0.5},
                                  .seed = 1};

    if (ds_recipe_parse(&f->recipe, o->transform, c->side, err))
        return ds_while(err, "--transform");
    if (ds_source_open_want(&f->source, &want, err) || list_pictures(f, err))
        return err->code;
    if (ds_source_info(f->source)->channels != c->channels)
        return ds_fail(err, DS_USAGE, "%s has %d channels, --case %s has %d",
                       ds_source_info(f->source)->name, ds_source_info(f->source)->channels,
                       c->name, c->channels);
    if (ds_source_info(f->source)->count < c->batch)
        return ds_fail(err, DS_USAGE, "%s has %d pictures, --case %s trains on %d at a time",
                       ds_source_info(f->source)->name, ds_source_info(f->source)->count,
                       c->name, c->batch);
    load.source = f->source;
    load.indices = f->index;
    load.n_indices = ds_source_info(f->source)->count / c->batch * c->batch;
    load.position = f->position;
    return ds_loader_open(&f->loader, &load, err);
}

static void close_data(struct feeding *f)
{
    ds_loader_close(f->loader);
    ds_source_close(f->source);
    free(f->index);
    free(f->position);
}

/* What training does: the batch at hand, and the next one beside it. */
static int once(struct feeding *f, int column, struct ds_err *err)
{
    const struct ds_batch *batch = ds_loader_batch(f->loader);
    struct ds_report report;

    if (column == ALONE)
        ds_pool_run(f->pool, ds_loader_work(f->loader), 1);
    else if (ds_learner_step(f->learner, batch->images, batch->label, NULL, batch->count,
                             column == FED ? ds_loader_work(f->loader) : NULL, &report, err))
        return err->code;
    return ds_loader_failed(f->loader, err);
}

static int measure(double *seconds, struct feeding *f, int column, struct ds_err *err)
{
    const double begun = ds_bench_now();
    int passes = 0;

    do {
        if (once(f, column, err))
            return err->code;
        *seconds = (ds_bench_now() - begun) / ++passes;
    } while (*seconds * passes < DS_BENCH_LEAST);
    return 0;
}

static int run_rounds(struct ds_bench_sheet *s, struct feeding *f, struct ds_err *err)
{
    double seconds = 0;

    for (int round = -1; round < s->rounds; round++)
        for (int i = 0; i < 3; i++) {
            const int column = (i + 2) % 3; /* the loader first: the others need a batch */

            if (measure(&seconds, f, column, err))
                return err->code;
            if (round >= 0)
                s->value[column][round] = seconds;
        }
    return 0;
}

static void print_text(const struct ds_bench_sheet *s, const struct feeding *f,
                       const struct ds_bench_case *c, enum ds_bench_what what, int threads)
{
    const struct ds_bench_spread alone = ds_bench_spread(s, ALONE, c->batch, -1);
    const struct ds_bench_spread ready = ds_bench_spread(s, READY, c->batch, -1);
    const struct ds_bench_spread more = ds_bench_ratio(s, FED, READY, 1);
    const struct ds_bench_spread cost = ds_bench_ratio(s, ALONE, READY, 100);

    printf("%s, %d pictures, through %s, %s, %d thread%s\n", ds_source_info(f->source)->name,
           ds_source_info(f->source)->count, c->name, ds_bench_what_name[what], threads,
           threads == 1 ? "" : "s");
    printf("  reading, decoding, augmenting alone  %9.1f pictures/s (%.1f - %.1f)\n", alone.mid,
           alone.low, alone.high);
    printf("  a step whose batch is ready          %9.1f pictures/s (%.1f - %.1f)\n", ready.mid,
           ready.low, ready.high);
    printf("  time alone, of a step                %9.2f %% (%.2f - %.2f)\n", cost.mid,
           cost.low, cost.high);
    printf("  wait: a step that reads meanwhile    %+9.2f %% (%+.2f - %+.2f)\n",
           100 * (more.mid - 1), 100 * (more.low - 1), 100 * (more.high - 1));
}

static json_t *json_spread(struct ds_bench_spread v)
{
    return json_pack("{s:f, s:f, s:f}", "median", v.mid, "min", v.low, "max", v.high);
}

static json_t *json_of(const struct ds_bench_sheet *s, const struct feeding *f,
                       const struct ds_bench_case *c, enum ds_bench_what what, int threads)
{
    return json_pack(
        "{s:s, s:i, s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:o}", "data",
        ds_source_info(f->source)->name, "pictures", ds_source_info(f->source)->count, "case",
        c->name, "what", ds_bench_what_name[what], "batch", c->batch, "threads", threads,
        "loader_images_per_s", json_spread(ds_bench_spread(s, ALONE, c->batch, -1)),
        "step_images_per_s", json_spread(ds_bench_spread(s, READY, c->batch, -1)),
        "alone_over_step", json_spread(ds_bench_ratio(s, ALONE, READY, 1)),
        "step_reading_over_ready", json_spread(ds_bench_ratio(s, FED, READY, 1)));
}

int ds_bench_loader(const struct ds_bench_loader_opt *o, const struct ds_bench_case *c,
                    enum ds_bench_what what, int threads, int rounds,
                    enum ds_precision precision, json_t *list, struct ds_err *err)
{
    struct ds_bench_sheet *s = calloc(1, sizeof *s);
    struct ds_bench_subject *subject = NULL;
    struct feeding f = {0};
    int code;

    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory");
    s->rounds = rounds;
    code = open_data(&f, o, c, err) ||
           ds_bench_open(&subject, c, threads, (int)what, precision, err);
    if (!code) {
        f.learner = ds_bench_learner(subject, what);
        f.pool = ds_bench_pool(subject);
        code = run_rounds(s, &f, err);
    }
    if (!code && list)
        json_array_append_new(list, json_of(s, &f, c, what, threads));
    else if (!code)
        print_text(s, &f, c, what, threads);
    close_data(&f);
    ds_bench_close(subject);
    free(s);
    return code ? (int)err->code : 0;
}
