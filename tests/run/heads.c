/* tests/run/heads.c -- the heads of a run, averaged, are the head mean its record keeps.
 * usage: heads RUN       prints the largest difference; exit 1 beyond float16's */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/protocol/session.h"

enum { IMAGES = 2 };

/* The largest difference over layers and patches of one image's CLS rows. */
static double differ(const struct ds_record *r, const float *cls, int checkpoint, int image)
{
    const size_t square = (size_t)r->tokens * (size_t)r->tokens, heads = (size_t)r->heads;
    const size_t patches = (size_t)r->patches;
    double most = 0;

    for (size_t l = 0; l < (size_t)r->layers; l++)
        for (size_t p = 0; p < patches; p++) {
            const size_t row =
                ((size_t)checkpoint * (size_t)r->probe + (size_t)image) * (size_t)r->layers + l;
            double mean = 0;

            for (size_t h = 0; h < heads; h++)
                mean +=
                    (double)
                        cls[(((size_t)image * (size_t)r->layers + l) * heads + h) * patches +
                            p] /
                    (double)heads;
            most = fmax(
                most, fabs(mean - (double)r->attention[row * square + (size_t)r->prefix + p]));
        }
    return most;
}

int main(int argc, char **argv)
{
    static const int image[IMAGES] = {0, 1};
    struct ds_record r = {0};
    struct ds_err err;
    char path[1024];
    double most = 0;
    float *one, *two;
    size_t n;

    if (argc != 2)
        return 2;
    snprintf(path, sizeof path, "%s/run.h5", argv[1]);
    if (ds_record_load(&r, path, &err) || r.probe < IMAGES) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    n = (size_t)IMAGES * (size_t)r.layers * (size_t)r.heads * (size_t)r.patches;
    one = calloc(2 * n, sizeof *one);
    two = one ? one + n : NULL;
    for (int m = 0; one && m < r.done; m++) {
        if (ds_session_heads(one, argv[1], m, 1, image, IMAGES, &err) ||
            ds_session_heads(two, argv[1], m, 2, image, IMAGES, &err)) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        for (size_t i = 0; i < n; i++)
            if (one[i] < two[i] || one[i] > two[i]) {
                fprintf(stderr, "checkpoint %d: one thread and two differ\n", m);
                return 1;
            }
        for (int i = 0; i < IMAGES; i++)
            most = fmax(most, differ(&r, one, m, i));
    }
    printf("%d checkpoints, largest difference %.2g\n", r.done, most);
    free(one);
    ds_record_clear(&r);
    return most < 6e-4 ? 0 : 1; /* float16 keeps 11 bits of a number below 1 */
}
