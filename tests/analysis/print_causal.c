/* tests/analysis/print_causal.c -- two small networks, pictures, and what transplants and
 * decompositions of them say, for check_causal.py: one JSON document on standard output. */
#include "tests/analysis/twin.h"
#include "analysis/causal/decompose.h"
#include "analysis/causal/transplant.h"

static struct ds_err err;

static void die(void)
{
    fprintf(stderr, "%s\n", err.text);
    exit(1);
}

static void floats(const char *name, const float *x, size_t n, const char *end)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < n; i++)
        printf("%s%.9g", i ? ", " : "", (double)x[i]);
    printf("]%s", end);
}

static void doubles(const char *name, const double *x, size_t n, const char *end)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < n; i++)
        printf("%s%.17g", i ? ", " : "", x[i]);
    printf("]%s", end);
}

static void network(const char *name, const struct ds_model *m)
{
    printf("\"%s\": {", name);
    for (int i = 0; i < m->vit.tensors.count; i++) {
        const struct ds_tensor *t = &m->vit.tensors.row[i];

        printf("%s\"%s\": {\"dims\": [", i ? ", " : "", t->name);
        for (int k = 0; k < t->rank; k++)
            printf("%s%d", k ? ", " : "", t->dims[k]);
        printf("], ");
        floats("value", m->params + t->at, t->count, "}");
    }
    printf("},\n");
}

static void pictures(const struct twin *t)
{
    const size_t n = (size_t)(t->shown.channels * t->shown.height * t->shown.width);

    printf("\"pictures\": [");
    for (size_t i = 0; i < n * TWIN_PICTURES; i++)
        printf("%s%d", i ? ", " : "", t->bytes[i]);
    printf("], \"labels\": [");
    for (int i = 0; i < TWIN_PICTURES; i++)
        printf("%s%d", i ? ", " : "", t->class_of[i]);
    printf("],\n");
}

static void transplant(const struct twin *t)
{
    bool all[8];
    struct ds_graft *list;
    struct ds_transplant_want want = {.direction = {true, true}, .threads = 2};
    struct ds_transplanting *k;
    struct ds_transplant r;
    int done = 0;

    memset(all, true, sizeof all);
    if (ds_graft_list(&list, &want.grafts, DS_GRAFT_HEAD, all, t->m[0].vit.shape.depth, all,
                      t->m[0].vit.shape.heads, &err))
        die();
    want.graft = list;
    if (ds_transplanting_open(&k, &r, &t->m[0], &t->m[1], &t->shown, &want, &err))
        die();
    while (done < TWIN_PICTURES)
        if (ds_transplanting_next(k, &done, &err))
            die();
    ds_transplanting_close(k);
    printf("\"transplant\": {");
    floats("S", r.base[0].margin[0], TWIN_PICTURES, ", ");
    floats("T", r.base[1].margin[0], TWIN_PICTURES, ", \"mixed\": [\n");
    for (int d = 0; d < 2; d++)
        for (int g = 0; g < want.grafts; g++) {
            printf("%s{\"direction\": %d, \"label\": \"%s\", ", d + g ? ",\n" : "", d,
                   list[g].label);
            floats("margin", r.mixed[d][g].margin[0], TWIN_PICTURES, "}");
        }
    printf("]},\n");
    ds_transplant_clear(&r);
    ds_graft_free(list, want.grafts);
}

static void decompose(const struct twin *t, enum ds_row_distance d, bool all)
{
    static const char *const name[] = {"tv", "js", "relfro"};
    const struct ds_decompose_want want = {d, all, 2};
    struct ds_decomposing *k;
    struct ds_decomposition r;
    size_t cells;
    int done = 0;

    if (ds_decomposing_open(&k, &r, &t->m[0], &t->m[1], &t->shown, &want, &err))
        die();
    while (done < TWIN_PICTURES)
        if (ds_decomposing_next(k, &done, &err))
            die();
    ds_decomposing_close(k);
    cells = (size_t)r.count * (size_t)r.layers * (size_t)r.heads;
    printf("%s{\"metric\": \"%s\", \"all\": %d, ", d || all ? ",\n" : "", name[d], all);
    doubles("share", r.share, 3 * cells, ", ");
    doubles("total", r.total, cells, "}");
    ds_decomposition_clear(&r);
}

/* The draws are the bootstrap's own, so that NumPy resamples the same pairs. */
static void ratio(enum ds_interval kind)
{
    enum { N = 40, B = 500 };
    const struct ds_stat_want want = {kind, B, 0.9, 11, 3};
    const uint64_t draws = ds_rng_sub(ds_rng_stream(want.seed, "bootstrap"), want.index);
    const uint64_t stream = ds_rng_stream(4, "ratio");
    struct ds_ratio r;
    double a[N], b[N];

    for (int i = 0; i < N; i++) {
        b[i] = -log(1 - ds_rng_unit(stream, (uint64_t)i));
        a[i] = 0.3 * b[i] + 0.2 * ds_rng_normal(stream, (uint64_t)(N + i));
    }
    if (ds_ratio_of(&r, a, b, N, &want, &err))
        die();
    printf("%s{\"bca\": %d, ", kind == DS_BCA ? "" : ",\n", kind == DS_BCA);
    doubles("a", a, N, ", ");
    doubles("b", b, N, ", \"draw\": [");
    for (int i = 0; i < N * B; i++)
        printf("%s%u", i ? ", " : "", ds_rng_below(draws, (uint64_t)i, N));
    printf("], \"value\": %.17g, \"lo\": %.17g, \"hi\": %.17g}", r.value, r.lo, r.hi);
}

int main(void)
{
    const struct ds_vit_shape s = toy_shape();
    struct twin t;

    ds_blas_begin();
    twin_open(&t, &s, &s);
    twin_show(&t, true);
    printf(
        "{\"shape\": {\"patch\": %d, \"heads\": %d, \"depth\": %d, \"eps\": %g, \"channels\": "
        "%d, \"height\": %d, \"width\": %d},\n",
        s.patch, s.heads, s.depth, s.eps, s.channels, s.height, s.width);
    network("S", &t.m[0]);
    network("T", &t.m[1]);
    pictures(&t);
    transplant(&t);
    printf("\"decompose\": [");
    for (int d = 0; d < 3; d++)
        for (int all = 0; all < 2; all++)
            decompose(&t, (enum ds_row_distance)d, all);
    printf("],\n\"ratio\": [");
    ratio(DS_BCA);
    ratio(DS_PERCENTILE);
    printf("]}\n");
    twin_close(&t);
    return 0;
}
