/* tests/core/write_bases.c -- the bases of InfLoRA over a stream of second moments, for
 * check_bases.py to compute again with NumPy.
 * usage: write_bases      prints per task: C, threshold, A, then rank, kind and M M^T per block
 */
#include "core/learn/gpm_int.h"
#include "tests/core/toy.h"

enum { TASKS = 6, RANK = 3 };

static void print(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        printf(" %.17g", a[i]);
    putchar('\n');
}

/* Inputs that prefer other directions in every task, with a tail of small ones. */
static void moments(double *second, int layers, int c, int task)
{
    const int samples = 40;
    char name[32];

    for (int l = 0; l < layers; l++) {
        double *to = second + (size_t)(l * c * c);
        float *x;

        snprintf(name, sizeof name, "task %d layer %d", task, l);
        x = toy_new((size_t)(samples * c), 1, name);
        memset(to, 0, (size_t)(c * c) * sizeof *to);
        for (int i = 0; i < samples; i++)
            for (int a = 0; a < c; a++)
                x[i * c + a] *= (float)exp(-0.9 * ((a + 3 * task + l) % c));
        for (int i = 0; i < samples; i++)
            for (int a = 0; a < c; a++)
                for (int b = 0; b < c; b++)
                    to[a * c + b] += (double)x[i * c + a] * (double)x[i * c + b] / samples;
        free(x);
    }
}

static void outer(double *to, const double *basis, int rank, int c)
{
    memset(to, 0, (size_t)(c * c) * sizeof *to);
    for (int k = 0; k < rank; k++)
        for (int a = 0; a < c; a++)
            for (int b = 0; b < c; b++)
                to[a * c + b] += basis[k * c + a] * basis[k * c + b];
}

int main(void)
{
    const struct ds_vit_shape shape = toy_shape();
    const struct ds_learner_opt o = toy_options("finetune");
    const int c = shape.dim, layers = shape.depth;
    struct ds_learner *l = NULL;
    struct ds_gpm g;
    struct ds_err err = {0};

    ds_blas_begin();
    if (ds_learner_open(&l, &shape, &o, NULL, &err) || ds_gpm_open(&g, l, &err))
        return 1;
    printf("%d %d %d %d\n", TASKS, layers, c, RANK);
    for (int t = 0; t < TASKS; t++) {
        const double threshold = 0.95 + 0.05 * t / TASKS;
        float rows[RANK * 30];
        double a[RANK * 30], square[100];

        moments(g.second, layers, c, t);
        print(g.second, (size_t)(layers * c * c));
        print(&threshold, 1);
        if (ds_gpm_start(rows, RANK, &g, l, t == 0, &err) ||
            ds_gpm_update(&g, l, t == 0, threshold, &err))
            return 1;
        for (int i = 0; i < RANK * layers * c; i++)
            a[i] = (double)rows[i];
        print(a, (size_t)(RANK * layers * c));
        for (int b = 0; b < layers; b++) {
            printf("%d %d\n", g.rank[b], g.retain[b]);
            outer(square, g.basis + b * c * c, g.rank[b], c);
            print(square, (size_t)(c * c));
        }
    }
    ds_gpm_close(&g);
    ds_learner_close(l);
    return 0;
}
