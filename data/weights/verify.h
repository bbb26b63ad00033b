/* data/weights/verify.h -- does a network answer as its authors' code did? Public header.
 *
 * A sidecar in any container of archive.h holds the answers of another program:
 *
 *     x        [B][channels][H][W] normalised input ("input" and "pixel_values" are read, too)
 *     logits   [B][K], or for a network without a head
 *     feature  [B][C]
 *     attn.L   [B][H][N][N] of layer L; may be missing
 *
 * Wrong heads, epsilon or activation load without an error; here they show. */
#ifndef DS_DATA_WEIGHTS_VERIFY_H
#define DS_DATA_WEIGHTS_VERIFY_H

#include "data/weights/model.h"

/* What is called equal: the largest difference of logits as a share of their range, and of
 * attention probabilities as it is. */
#define DS_VERIFY_LOGITS 1e-4
#define DS_VERIFY_ATTENTION 1e-5

struct ds_verdict {
    int images;
    const char *what; /* "logits" or "feature" */
    double answers;   /* largest difference / (largest - smallest value) */
    int layers;       /* compared */
    double attention; /* largest difference */
    bool equal;
};

/* DS_DATA for a sidecar that does not fit the network, DS_NOINPUT, DS_NOMEM. A negative result
 * is no failure: see verdict->equal. */
int ds_model_verify(struct ds_verdict *v, const struct ds_model *m, const char *path,
                    int threads, struct ds_err *err);

#endif
