/* tests/golden/conformance.h -- comparing the engine with folders of reference vectors.
 *
 * Every kind of folder is read into `want`; the engine's own values are put into `got` under
 * the same names; then the two are compared, name by name. */
#ifndef DS_TESTS_GOLDEN_CONFORMANCE_H
#define DS_TESTS_GOLDEN_CONFORMANCE_H

#include <jansson.h>
#include "core/ops/mul.h"
#include "data/store/bundle.h"

struct conformance {
    const char *folder;
    struct ds_bundle want, got;
    json_t *manifest; /* name -> {tol ...}, borrowed parts of the files read */
    int checks, failures;
    enum ds_precision precision; /* of the networks of model folders */
};

/* Whether the folder is of this kind, and the engine's values for it. */
int conf_model(struct conformance *c, struct ds_err *err);
int conf_thresholds(struct conformance *c, struct ds_err *err);
int conf_metrics(struct conformance *c, struct ds_err *err);
int conf_refine(struct conformance *c, struct ds_err *err);
int conf_safetensors(struct conformance *c, struct ds_err *err);

/* One line "name max_abs_err tol ok|FAIL". */
void conf_report(struct conformance *c, const char *name, double error, double tolerance);

/* The engine's values of one name against the folder's, as bf16 asks (rounded.c). */
void conf_compare_rounded(struct conformance *c, const struct ds_array *mine);

/* Reads folder/file into c->want (added) or refuses. */
int conf_read(struct conformance *c, const char *file, struct ds_err *err);
json_t *conf_json(const struct conformance *c, const char *file, struct ds_err *err);

/* A zeroed float array of the engine's own, under the name of a wanted one and with its
 * shape; NULL when that is not stored in the folder. */
float *conf_mine(struct conformance *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The wanted values as floats / the array itself; NULL when absent. */
const struct ds_array *conf_want(const struct conformance *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
