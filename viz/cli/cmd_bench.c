/* viz/cli/cmd_bench.c -- driftscope bench: what this machine does with the engine.
 *
 * Random images and weights; everything is measured in rounds, see cmd_bench.h. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/ops/cpu.h"
#include "core/ops/gemm.h"
#include "core/ops/mul.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_bench.h"
#include "viz/cli/cmd_bench_loader.h"
#include "viz/cli/json.h"

struct bench_opt {
    bool json, against_torch;
    int rounds, precision, only;
    char cases[128], threads[64];
    struct ds_bench_loader_opt loader;
};

static const char *const whats[] = {"forward", "rollout", "step", "subset",
                                    "arcl",    "all",     NULL};

#define AT(field) DS_OPT_AT(bench_opt, field)
static const struct ds_opt table[] = {
    {"case", "mini,tiny,small,base", "LIST",
     "networks: mini28, mini, tiny, small, base, or all of them", AT(cases)},
    {"only", "all", "WHAT", "measure this alone", AT(only), .choice = whats},
    {"rounds", "7", "N", "rounds of everything, interleaved; medians count", AT(rounds),
     .lo = 1, .hi = DS_BENCH_ROUNDS},
    {"threads", "0", "LIST",
     "worker threads, 0: one per processor; several, as 1,2,4, print the efficiency",
     AT(threads)},
    {"precision", "fp32", "TYPE", "of the matrix products", AT(precision),
     .choice = ds_bench_precision_name},
    {"against-torch", "no", NULL, "take turns with PyTorch in its best environment",
     AT(against_torch)},
    {"loader", "", "DATA",
     "instead: what reading these pictures costs a training step; a folder or a named set",
     AT(loader.data), .group = "Loader"},
    {"transform", "imagenet-train", "RECIPE", "how they are prepared for training",
     AT(loader.transform)},
    {"json", "no", NULL, "print JSON", AT(json), .group = "Output"},
    {0}};
#undef AT

enum { MOST_THREADS = 8 };

/* One case, with every number of threads asked for. */
struct bout {
    const struct bench_opt *opt;
    const struct ds_bench_case *of;
    enum ds_precision precision;
    int n, threads[MOST_THREADS];
    struct ds_bench_subject *subject[MOST_THREADS];
    struct ds_bench_child *torch[MOST_THREADS];
    struct ds_bench_sheet *sheet[MOST_THREADS];
};

static bool wanted(const struct bench_opt *o, int what)
{
    return what == o->only || o->only == DS_BENCH_WHATS;
}

/* "1,2,4" */
static int read_threads(struct bout *b, const char *text, struct ds_err *err)
{
    b->n = 0;
    for (char *end = NULL; !end || *end; text = end + 1) {
        const long n = strtol(text, &end, 10);

        if (end == text || (*end && *end != ',') || n < 0 || n > 256 || b->n == MOST_THREADS)
            return ds_fail(err, DS_USAGE,
                           "--threads: '%s' is not a list of at most %d numbers up to 256, "
                           "as 1,2,4",
                           text, MOST_THREADS);
        b->threads[b->n++] = n ? (int)n : (int)sysconf(_SC_NPROCESSORS_ONLN);
    }
    return 0;
}

static bool in_list(const char *list, const char *name)
{
    const size_t n = strlen(name);

    for (const char *at = list; (at = strstr(at, name)); at++)
        if ((at == list || at[-1] == ',') && (!at[n] || at[n] == ','))
            return true;
    return false;
}

/* A word that names no case is refused before the first one runs. */
static int check_cases(const char *list, struct ds_err *err)
{
    char word[128];
    const struct ds_bench_case *c;

    for (const char *at = list;; at++) {
        const size_t n = strcspn(at, ",");

        snprintf(word, sizeof word, "%.*s", (int)n, at);
        for (c = ds_bench_cases; c->name && strcmp(c->name, word); c++)
            ;
        if (!c->name && strcmp(word, "all"))
            return ds_fail(
                err, DS_USAGE,
                "--case names '%s'; there are mini28, mini, tiny, small, base and all", word);
        at += n;
        if (!*at)
            return 0;
    }
}

/* PyTorch at the same thing, next to ours. */
static int ask_torch(struct bout *b, int i, int what, int round, struct ds_err *err)
{
    struct ds_bench_sheet *s = b->sheet[i];
    double seconds = 0;

    if (!b->torch[i] || what == DS_BENCH_ARCL)
        return 0;
    if (ds_bench_torch_ask(&seconds, b->torch[i], ds_bench_what_name[what], err))
        return err->code;
    if (round >= 0)
        s->value[DS_BENCH_TORCH + what][round] = seconds;
    if (what == DS_BENCH_STEP && round < 0)
        return ds_bench_torch_ask(&s->torch_memory, b->torch[i], "memory", err);
    if (what != DS_BENCH_ROLLOUT || round < 0)
        return 0;
    if (ds_bench_torch_ask(&s->value[DS_BENCH_TOOL][round], b->torch[i], "tool", err))
        return err->code;
    if (b->precision == DS_PRECISION_FP32)
        return 0;
    return ds_bench_torch_ask(&s->value[DS_BENCH_TOOL_FP32][round], b->torch[i], "tool-fp32",
                              err);
}

/* Round -1 warms up: what it measures is thrown away. */
static int run_round(struct bout *b, int i, int round, struct ds_err *err)
{
    struct ds_bench_sheet *s = b->sheet[i];
    double thrown[3], *peak = thrown, *tiles = thrown + 1, seconds = 0;
    int code = 0;

    if (round >= 0) {
        peak = &s->value[DS_BENCH_PEAK][round];
        tiles = &s->value[DS_BENCH_TILES][round];
    }
    if (ds_bench_peaks(peak, tiles, ds_bench_pool(b->subject[i]), err))
        return err->code;
    for (int w = 0; w < DS_BENCH_WHATS && !code; w++) {
        if (!wanted(b->opt, w))
            continue;
        code = ds_bench_pass(&seconds, b->subject[i], (enum ds_bench_what)w, err) ||
               ask_torch(b, i, w, round, err);
        if (round >= 0)
            s->value[DS_BENCH_OURS + w][round] = seconds;
        if (!code && w == DS_BENCH_ROLLOUT)
            code = ds_bench_split(round >= 0 ? &s->value[DS_BENCH_SPLIT][round] : &seconds,
                                  b->subject[i], err);
    }
    return code ? (int)err->code : 0;
}

/* Whether this process does nothing but steps of one network, as the child below. */
static bool alone(const struct bout *b)
{
    const struct bench_opt *o = b->opt;

    return o->only == DS_BENCH_STEP && b->n == 1 && !strchr(o->cases, ',') &&
           strcmp(o->cases, "all") != 0;
}

/* The most that steps take is known where nothing else was done. */
static int measure_memory(struct bout *b, int i, struct ds_err *err)
{
    char threads[16], *text = NULL;
    /* clang-format off */
    const char *argv[] = {"/proc/self/exe", "bench", "-q", "--json", "--only", "step",
                          "--rounds", "1", "--case", b->of->name, "--threads", threads,
                          "--precision", ds_bench_precision_name[b->precision], NULL};
    /* clang-format on */
    json_t *root = NULL;

    if (alone(b)) {
        b->sheet[i]->memory = ds_bench_peak_memory();
        return 0;
    }
    if (!wanted(b->opt, DS_BENCH_STEP))
        return 0;
    snprintf(threads, sizeof threads, "%d", b->threads[i]);
    if (ds_bench_again(&text, argv, err))
        return err->code;
    root = json_loads(text, 0, NULL);
    b->sheet[i]->memory = json_real_value(
        json_object_get(json_array_get(json_object_get(root, "cases"), 0), "memory"));
    json_decref(root);
    free(text);
    return 0;
}

static int open_bout(struct bout *b, struct ds_err *err)
{
    for (int i = 0; i < b->n; i++) {
        b->sheet[i] = calloc(1, sizeof *b->sheet[i]);
        if (!b->sheet[i])
            return ds_fail(err, DS_NOMEM, "out of memory");
        b->sheet[i]->rounds = b->opt->rounds;
        if (ds_bench_open(&b->subject[i], b->of, b->threads[i], b->opt->only, b->precision,
                          err))
            return err->code;
        if (!b->opt->against_torch)
            continue;
        if (ds_bench_torch_open(&b->torch[i], b->of, b->threads[i], b->precision, err))
            return err->code;
        snprintf(b->sheet[i]->torch_about, sizeof b->sheet[i]->torch_about, "PyTorch %s",
                 ds_bench_torch_about(b->torch[i]));
    }
    return 0;
}

static void close_bout(struct bout *b)
{
    for (int i = 0; i < b->n; i++) {
        ds_bench_close(b->subject[i]);
        ds_bench_child_close(b->torch[i]);
        free(b->sheet[i]);
        b->subject[i] = NULL;
        b->torch[i] = NULL;
        b->sheet[i] = NULL;
    }
}

static void show(const struct bout *b, json_t *list)
{
    for (int i = 0; i < b->n; i++) {
        if (b->opt->json)
            json_array_append_new(
                list, ds_bench_json(b->sheet[i], b->of, b->threads[i], b->precision));
        else
            ds_bench_print(b->sheet[i], b->of, b->threads[i], b->precision);
    }
    if (!b->opt->json && b->n > 1)
        ds_bench_print_scaling((const struct ds_bench_sheet *const *)b->sheet, b->threads,
                               b->n);
}

static int run_case(struct bout *b, json_t *list, const struct ds_tone *tone,
                    struct ds_err *err)
{
    struct ds_progress bar;
    int code = open_bout(b, err);

    if (!code)
        ds_progress_begin(&bar, tone, b->opt->rounds, b->of->name);
    for (int round = -1; round < b->opt->rounds && !code; round++) {
        for (int i = 0; i < b->n && !code; i++)
            code = run_round(b, i, round, err);
        ds_progress_at(&bar, round + 1, "");
    }
    if (!code)
        ds_progress_end(&bar);
    for (int i = 0; i < b->n; i++) { /* the child may need their memory */
        ds_bench_close(b->subject[i]);
        b->subject[i] = NULL;
        code = code || measure_memory(b, i, err);
    }
    if (!code)
        show(b, list);
    close_bout(b);
    return code ? (int)err->code : 0;
}

static int run_loader(struct bout *b, json_t *list, struct ds_err *err)
{
    const struct bench_opt *o = b->opt;
    const bool step = o->only >= DS_BENCH_STEP && o->only < DS_BENCH_WHATS;
    int code = 0;

    for (int i = 0; i < b->n && !code; i++)
        code = ds_bench_loader(
            &o->loader, b->of, step ? (enum ds_bench_what)o->only : DS_BENCH_STEP,
            b->threads[i], o->rounds, b->precision, o->json ? list : NULL, err);
    return code;
}

static double load_average(void)
{
    double load = 0;

    return getloadavg(&load, 1) == 1 ? load : 0;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct bench_opt *o = opt;
    struct bout bout = {.opt = o, .precision = (enum ds_precision)o->precision};
    const double load = load_average();
    json_t *list;
    int code = 0;

    (void)n;
    (void)operand;
    ds_blas_begin();
    if (read_threads(&bout, o->threads, err) || check_cases(o->cases, err))
        return err->code;
    list = json_array();
    if (!o->json)
        printf("%s; products: %s; vectors: %s; load %.1f at the beginning\n", ds_blas_about(),
               ds_mul_name(bout.precision), ds_cpu_name(ds_cpu()), load);
    for (const struct ds_bench_case *c = ds_bench_cases; c->name && !code; c++)
        if (in_list(o->cases, c->name) || in_list(o->cases, "all")) {
            bout.of = c;
            code = o->loader.data[0] ? run_loader(&bout, list, err)
                                     : run_case(&bout, list, tone, err);
        }
    if (!code && o->json)
        code = ds_json_print(json_pack("{s:s, s:s, s:s, s:i, s:i, s:[f, f], s:O}", "blas",
                                       ds_blas_about(), "products", ds_mul_name(bout.precision),
                                       "vectors", ds_cpu_name(ds_cpu()), "processors",
                                       (int)sysconf(_SC_NPROCESSORS_ONLN), "rounds", o->rounds,
                                       "load", load, load_average(),
                                       o->loader.data[0] ? "loader" : "cases", list),
                             err);
    else if (!code)
        printf("\nload %.1f at the end\n", load_average());
    json_decref(list);
    return code;
}

const struct ds_cmd ds_cmd_bench = {
    .name = "bench",
    .operands = "",
    .about = "speed of forward, training and rollout on this machine",
    .examples = "driftscope bench\n"
                "driftscope bench --case base --rounds 3 --json\n"
                "driftscope bench --against-torch        # python3-torch, libopenblas0-openmp\n"
                "driftscope bench --case mini,tiny --threads 1,2 --only step\n"
                "driftscope bench --loader photos/ --case tiny",
    .table = table,
    .size = sizeof(struct bench_opt),
    .run = run,
};
