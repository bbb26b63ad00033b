/* tests/analysis/print_metrics.c -- random maps and what every metric says of them, for
 * check_metrics.py: one JSON document on standard output, numbers to the last bit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "analysis/metric/metric.h"
#include "core/base/rng.h"

enum { CASES = 60, MOST = 256 };

/* Every third map has ties and zeros, as real rows of attention do after rounding. */
static void map(double *p, int n, uint64_t stream, bool coarse)
{
    for (int i = 0; i < n; i++) {
        const double u = ds_rng_unit(stream, (uint64_t)i);

        p[i] = coarse ? floor(8 * u * u) / 64 : u * u / n;
    }
}

static void print_list(const char *name, const double *p, int n)
{
    printf("\"%s\": [", name);
    for (int i = 0; i < n; i++)
        printf("%s%.17g", i ? ", " : "", p[i]);
    printf("], ");
}

static void print_case(int number, void *scratch)
{
    static const int sizes[][2] = {{1, 3}, {2, 2},  {3, 3},   {2, 8},  {1, 37},
                                   {7, 7}, {9, 10}, {14, 14}, {16, 16}};
    const int *grid = sizes[number % 9];
    const uint64_t stream = ds_rng_sub(ds_rng_stream(2026, "check"), (uint64_t)number);
    const int n = grid[0] * grid[1];
    struct ds_metric_ctx ctx = {.height = grid[0], .width = grid[1], .scratch = scratch};
    double p[MOST], q[MOST];

    map(p, n, ds_rng_sub(stream, 0), number % 3 == 0);
    map(q, n, ds_rng_sub(stream, 1), number % 3 == 0);
    ctx.split_p = p[n / 2];
    ctx.split_q = q[n / 3];
    printf("%s{", number ? ",\n" : "");
    printf("\"grid\": [%d, %d], ", grid[0], grid[1]);
    print_list("p", p, n);
    print_list("q", q, n);
    printf("\"split_p\": %.17g, \"split_q\": %.17g, \"values\": {", ctx.split_p, ctx.split_q);
    for (const struct ds_metric *m = ds_metrics; m->key; m++) {
        const double v = ds_metric_value(m, p, q, n, &ctx);

        printf(isnan(v) ? "%s\"%s\": null" : "%s\"%s\": %.17g", m == ds_metrics ? "" : ", ",
               m->key, v);
    }
    printf("}}");
}

int main(void)
{
    void *scratch = malloc(ds_metric_scratch(MOST));

    if (!scratch)
        return 1;
    printf("[");
    for (int i = 0; i < CASES; i++)
        print_case(i, scratch);
    printf("]\n");
    free(scratch);
    return 0;
}
