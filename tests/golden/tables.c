/* tests/golden/tables.c -- split points, metrics, head refinement and broken files. */
#include "tests/golden/conformance.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/drift/accuracy.h"
#include "analysis/metric/metric.h"
#include "core/learn/gauss.h"
#include "core/learn/refine.h"
#include "core/retain/split.h"
#include "data/store/safetensors.h"

static double real(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

int conf_thresholds(struct conformance *c, struct ds_err *err)
{
    double bins = 0, thresholds = 0, bits = 0;
    const json_t *one;
    size_t i;

    c->manifest = conf_json(c, "cases.json", err);
    if (!c->manifest || conf_read(c, "cases.safetensors", err))
        return err->code;
    json_array_foreach(json_object_get(c->manifest, "cases"), i, one)
    {
        const int number = (int)real(one, "case");
        const struct ds_array *data = conf_want(c, "case%d.data", number);
        const struct ds_array *mask = conf_want(c, "case%d.mask", number);
        const int n = (int)ds_array_count(data);
        double *scratch = malloc(ds_split_scratch(n) * sizeof *scratch), thr;
        int bin;

        thr = ds_split_point(data->data, n, DS_SPLIT_ECDF, real(c->manifest, "eps"), &bin,
                             scratch);
        bins = fmax(bins, fabs(bin - real(one, "bin")));
        thresholds = fmax(thresholds, fabs(thr - real(one, "thr")) / fmax(1e-30, fabs(thr)));
        for (int p = 0; p < n; p++) {
            const int mine = (double)((const float *)data->data)[p] <= thr;
            const double theirs = mask->type == DS_U8 ? ((const uint8_t *)mask->data)[p]
                                  : mask->type == DS_I32
                                      ? ((const int32_t *)mask->data)[p]
                                      : (double)((const float *)mask->data)[p];

            bits += mine != (theirs != 0);
        }
        free(scratch);
    }
    conf_report(c, "split.bin (bins)", bins, 0);
    conf_report(c, "split.thr (relative)", thresholds, 1e-9);
    conf_report(c, "split.mask (bits)", bits, 0);
    return 0;
}

static double *doubles(const json_t *list, int *n)
{
    double *a = calloc(json_array_size(list) + 1, sizeof *a);

    *n = (int)json_array_size(list);
    for (int i = 0; i < *n; i++)
        a[i] = json_number_value(json_array_get(list, (size_t)i));
    return a;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const double *a, int n)
{
    double *sorted = malloc((size_t)n * sizeof *sorted), middle;

    memcpy(sorted, a, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    middle = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    free(sorted);
    return middle;
}

/* The folder gives similarities where ours are distances, and nats where ours are bits. */
static void check_pairs(struct conformance *c, const json_t *pairs)
{
    static const struct {
        const char *ours, *theirs;
        double sign, shift, scale;
    } same[] = {
        {"cosine", "cosine", -1, 1, 1},     {"l1", "l1", 1, 0, 1},
        {"l2", "l2", 1, 0, 1},              {"js", "js", 1, 0, 0.6931471805599453},
        {"spearman", "spearman", -1, 1, 1}, {"pearson", "pearson", -1, 1, 1},
        {"iou", "iou", 1, 0, 1},
    };

    for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
        const struct ds_metric *metric = ds_metric_lookup(same[k].ours);
        double worst = metric ? 0 : INFINITY;
        char name[64];

        for (size_t i = 0; metric && i < json_array_size(pairs); i++) {
            const json_t *pair = json_array_get(pairs, i);
            int n, m;
            double *a = doubles(json_object_get(pair, "a"), &n);
            double *b = doubles(json_object_get(pair, "b"), &m), mine;
            struct ds_metric_ctx ctx = {.split_p = median(a, n), .split_q = median(b, n),
                                        .scratch = malloc(ds_metric_scratch(n))};

            mine = ds_metric_value(metric, a, b, n, &ctx);
            mine = same[k].shift + same[k].sign * mine * same[k].scale;
            worst = fmax(worst, fabs(mine - real(pair, same[k].theirs)));
            free(ctx.scratch);
            free(a);
            free(b);
        }
        snprintf(name, sizeof name, "pairs.%s", same[k].ours);
        conf_report(c, name, worst, 1e-6);
    }
}

static void check_accuracy(struct conformance *c, const json_t *cl, const char *what)
{
    static const struct {
        const char *ours, *theirs;
    } same[] = {
        {"last", "last"},
        {"last_weighted", "last_weighted"},
        {"average", "average"},
        {"average_weighted", "average_weighted"},
        {"forgetting_clipped", "forgetting_official"},
        {"forgetting_chaudhry", "forgetting_chaudhry"},
        {"bwt", "bwt"},
        {"learning", "learning_accuracy"},
        {"fwt", "fwt"},
    };
    const json_t *rows = json_object_get(cl, "A");
    const int tasks = (int)json_array_size(rows);
    double *a = calloc((size_t)(tasks * tasks), sizeof *a), *n = calloc((size_t)tasks, sizeof *n);
    const json_t *sizes = json_object_get(cl, "n"), *base = json_object_get(cl, "baseline");
    double *untrained = calloc((size_t)tasks, sizeof *untrained);
    const struct ds_accuracy acc = {.tasks = tasks, .learned = tasks, .a = a, .n = n,
                                    .untrained = untrained};
    char name[64];

    for (int i = 0; i < tasks; i++) {
        n[i] = sizes ? json_number_value(json_array_get(sizes, (size_t)i)) : 1;
        untrained[i] = json_number_value(json_array_get(base, (size_t)i));
        for (int j = 0; j < tasks; j++)
            a[i * tasks + j] = json_number_value(
                json_array_get(json_array_get(rows, (size_t)i), (size_t)j));
    }
    for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
        const struct ds_convention *row = ds_convention_lookup(same[k].ours);

        if (!json_object_get(cl, same[k].theirs))
            continue;
        snprintf(name, sizeof name, "%s.%s", what, same[k].theirs);
        conf_report(c, name,
                    row ? fabs(row->of(&acc, tasks) - real(cl, same[k].theirs)) : INFINITY,
                    1e-12);
    }
    free(untrained);
    free(a);
    free(n);
}

int conf_metrics(struct conformance *c, struct ds_err *err)
{
    c->manifest = conf_json(c, "metrics.json", err);
    if (!c->manifest)
        return err->code;
    check_pairs(c, json_object_get(c->manifest, "pairs"));
    check_accuracy(c, json_object_get(c->manifest, "cl"), "cl");
    check_accuracy(c, json_object_get(c->manifest, "cl_gain"), "cl_gain");
    return 0;
}

static double worst(const float *a, const float *b, int64_t n)
{
    double most = 0;

    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

static void check_gauss(struct conformance *c)
{
    const struct ds_array *mean = conf_want(c, "gauss.mean"), *z = conf_want(c, "gauss.z");
    const int d = (int)mean->dims[0], n = (int)z->dims[0];
    float *x = conf_mine(c, "gauss.samples");

    ds_gauss_place(x, z->data, mean->data, conf_want(c, "gauss.chol")->data, n, d);
    conf_report(c, "gauss.samples", worst(x, conf_want(c, "gauss.samples")->data, n * d), 1e-5);
}

int conf_refine(struct conformance *c, struct ds_err *err)
{
    const struct ds_refine r = {.rate = 0.001, .momentum = 0.9, .decay = 1e-4, .temperature = 30};
    const struct ds_array *w0, *x, *y, *order;
    float *w, *b, *loss, *batch, *work, *velocity;
    int d, k, steps, size, *label;

    if (conf_read(c, "refine.safetensors", err))
        return err->code;
    w0 = conf_want(c, "W0");
    x = conf_want(c, "X");
    y = conf_want(c, "y");
    order = conf_want(c, "order");
    k = (int)w0->dims[0];
    d = (int)w0->dims[1];
    loss = conf_mine(c, "losses");
    steps = (int)conf_want(c, "losses")->dims[0];
    size = (int)order->dims[0] / steps;
    w = conf_mine(c, "W8");
    b = conf_mine(c, "b8");
    memcpy(w, w0->data, (size_t)(k * d) * sizeof *w);
    memcpy(b, conf_want(c, "b0")->data, (size_t)k * sizeof *b);
    batch = calloc((size_t)(size * d), sizeof *batch);
    work = calloc((size_t)(size * k + k * d + k), sizeof *work);
    velocity = calloc((size_t)(k * d + k), sizeof *velocity);
    label = calloc((size_t)size, sizeof *label);
    for (int s = 0; s < steps; s++) {
        for (int i = 0; i < size; i++) {
            const int at = ((const int32_t *)order->data)[s * size + i];

            memcpy(batch + i * d, (const float *)x->data + at * d, (size_t)d * sizeof *batch);
            label[i] = ((const int32_t *)y->data)[at];
        }
        loss[s] = (float)ds_refine_step(w, b, velocity, velocity + k * d, batch, label, size, d,
                                        k, &r, work);
    }
    conf_report(c, "W8", worst(w, conf_want(c, "W8")->data, k * d), 1e-6);
    conf_report(c, "b8", worst(b, conf_want(c, "b8")->data, k), 1e-6);
    conf_report(c, "losses", worst(loss, conf_want(c, "losses")->data, steps), 1e-5);
    check_gauss(c);
    free(batch);
    free(work);
    free(velocity);
    free(label);
    return 0;
}

/* Files whose names begin with bad_ must be refused, all others read. */
int conf_safetensors(struct conformance *c, struct ds_err *err)
{
    DIR *dir = opendir(c->folder);
    struct dirent *entry;

    if (!dir)
        return ds_fail(err, DS_NOINPUT, "%s: cannot be listed", c->folder);
    while ((entry = readdir(dir))) {
        struct ds_bundle b = {0};
        char path[4096];
        int code;

        if (!strstr(entry->d_name, ".safetensors"))
            continue;
        snprintf(path, sizeof path, "%s/%s", c->folder, entry->d_name);
        code = ds_safetensors_load(&b, path, err);
        conf_report(c, entry->d_name, (code != 0) != !strncmp(entry->d_name, "bad_", 4), 0);
        ds_bundle_clear(&b);
    }
    closedir(dir);
    return 0;
}
