/* tests/golden/conformance.c -- checks any folder of reference vectors.
 *
 *     conformance [--bf16] [--write OUT.safetensors] DIR...
 *
 * Prints per quantity: name max_abs_err tol ok|FAIL. Exits 1 after the first folder with a
 * FAIL, 65 when a folder cannot be read. --write keeps the engine's own values under the same
 * names, for somebody else to compare. --bf16 runs networks in that precision and asks less of
 * them (rounded.c); DRIFTSCOPE_KERNELS limits the kernels, 77: this machine cannot. */
#include "tests/golden/conformance.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "data/store/safetensors.h"
#include "tests/kernels.h"

void conf_report(struct conformance *c, const char *name, double error, double tolerance)
{
    const int ok = error <= tolerance;

    c->checks++;
    c->failures += !ok;
    printf("%-44s %10.3g %10.3g %s\n", name, error, tolerance, ok ? "ok" : "FAIL");
}

int conf_read(struct conformance *c, const char *file, struct ds_err *err)
{
    struct ds_bundle part = {0};
    char path[4096];
    int code = 0;

    snprintf(path, sizeof path, "%s/%s", c->folder, file);
    if (ds_safetensors_load(&part, path, err))
        return err->code;
    for (int i = 0; i < part.count && !code; i++) {
        const struct ds_array *a = &part.array[i];

        if (!ds_bundle_add(&c->want, a->name, a->type, a->rank, a->dims, a->data, err))
            code = err->code;
    }
    ds_bundle_clear(&part);
    return code;
}

json_t *conf_json(const struct conformance *c, const char *file, struct ds_err *err)
{
    json_error_t where;
    char path[4096];
    json_t *root;

    snprintf(path, sizeof path, "%s/%s", c->folder, file);
    root = json_load_file(path, 0, &where);
    if (!root)
        ds_fail(err, DS_DATA, "%s: line %d: %s", path, where.line, where.text);
    return root;
}

const struct ds_array *conf_want(const struct conformance *c, const char *format, ...)
{
    char name[256];
    va_list args;

    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return ds_bundle_lookup(&c->want, name);
}

float *conf_mine(struct conformance *c, const char *format, ...)
{
    const struct ds_array *want;
    struct ds_array *mine;
    struct ds_err err;
    char name[256];
    va_list args;

    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    want = ds_bundle_lookup(&c->want, name);
    if (!want)
        return NULL;
    mine = ds_bundle_lookup(&c->got, name);
    if (!mine)
        mine = ds_bundle_add(&c->got, name, DS_F32, want->rank, want->dims, NULL, &err);
    return mine ? mine->data : NULL;
}

static const struct {
    const char *file; /* that tells the kind */
    int (*check)(struct conformance *c, struct ds_err *err);
} kinds[] = {
    {"weights.safetensors", conf_model},
    {"cases.json", conf_thresholds},
    {"metrics.json", conf_metrics},
    {"refine.safetensors", conf_refine},
    {"bad_short.safetensors", conf_safetensors},
};

static int check_folder(struct conformance *c, struct ds_err *err)
{
    char path[4096];

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "%s/%s", c->folder, kinds[i].file);
        if (!access(path, R_OK))
            return kinds[i].check(c, err);
    }
    return ds_fail(err, DS_NOINPUT,
                   "%s: no folder of reference vectors: none of weights.safetensors, cases.json, "
                   "metrics.json, refine.safetensors is in it",
                   c->folder);
}

int main(int argc, char **argv)
{
    enum ds_precision precision = DS_PRECISION_FP32;
    const char *write = NULL;
    struct ds_err err = {0};
    int folders = 0, first = 1;

    if (argc > first && !strcmp(argv[first], "--bf16")) {
        precision = DS_PRECISION_BF16;
        first++;
    }
    if (argc > first + 1 && !strcmp(argv[first], "--write")) {
        write = argv[first + 1];
        first += 2;
    }
    if (argc <= first) {
        fprintf(stderr, "usage: conformance [--bf16] [--write OUT.safetensors] DIR...\n");
        return DS_USAGE;
    }
    begin_with_kernels();
    if (ds_precision_check(precision, &err)) {
        printf("skipped: %s\n", err.text);
        return 77;
    }
    for (int i = first; i < argc; i++, folders++) {
        struct conformance c = {.folder = argv[i], .precision = precision};
        int code;

        printf("== %s\n", argv[i]);
        code = check_folder(&c, &err);
        if (!code && write)
            code = ds_safetensors_save(&c.got, write, &err);
        ds_bundle_clear(&c.want);
        ds_bundle_clear(&c.got);
        json_decref(c.manifest);
        if (code) {
            fprintf(stderr, "error: %s\n", err.text);
            return code;
        }
        printf("%s: %d of %d quantities within tolerance\n", argv[i], c.checks - c.failures,
               c.checks);
        if (c.failures || !c.checks)
            return DS_FAILED;
    }
    printf("%d passed, 0 failed\n", folders);
    return 0;
}
