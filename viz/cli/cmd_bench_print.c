/* viz/cli/cmd_bench_print.c -- what driftscope bench measured, as a table and as JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/cli/cmd_bench.h"

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static struct ds_bench_spread spread_of(double *value, int n)
{
    qsort(value, (size_t)n, sizeof *value, by_value);
    return (struct ds_bench_spread){true, (value[(n - 1) / 2] + value[n / 2]) / 2, value[0],
                                    value[n - 1]};
}

struct ds_bench_spread ds_bench_spread(const struct ds_bench_sheet *s, int column, double scale,
                                       int power)
{
    double value[DS_BENCH_ROUNDS] = {0};

    for (int r = 0; r < s->rounds; r++) {
        if (s->value[column][r] <= 0)
            return (struct ds_bench_spread){0};
        value[r] = scale * pow(s->value[column][r], power);
    }
    return spread_of(value, s->rounds);
}

struct ds_bench_spread ds_bench_ratio(const struct ds_bench_sheet *s, int a, int b,
                                      double scale)
{
    double value[DS_BENCH_ROUNDS] = {0};

    for (int r = 0; r < s->rounds; r++) {
        if (s->value[a][r] <= 0 || s->value[b][r] <= 0)
            return (struct ds_bench_spread){0};
        value[r] = scale * s->value[a][r] / s->value[b][r];
    }
    return spread_of(value, s->rounds);
}

/* FLOP / (seconds x peak) */
static struct ds_bench_spread share(const struct ds_bench_sheet *s, int seconds, int peak,
                                    double flop)
{
    double value[DS_BENCH_ROUNDS] = {0};

    for (int r = 0; r < s->rounds; r++) {
        if (s->value[seconds][r] <= 0 || s->value[peak][r] <= 0)
            return (struct ds_bench_spread){0};
        value[r] = flop / (s->value[seconds][r] * s->value[peak][r]);
    }
    return spread_of(value, s->rounds);
}

static void print_line(const char *what, struct ds_bench_spread v, int digits, const char *unit)
{
    if (v.seen)
        printf("%s %.*f%s (%.*f - %.*f)\n", what, digits, v.mid, unit, digits, v.low, digits,
               v.high);
}

static void print_ours(const struct ds_bench_sheet *s, const struct ds_bench_case *c, int peak)
{
    printf("%-10s %9s %-19s %9s %8s %9s\n", "", "images/s", " (min - max)", "GFLOP/s",
           "of peak", "as asked");
    for (int w = 0; w < DS_BENCH_WHATS; w++) {
        const struct ds_bench_flop flop = ds_bench_flop(c, (enum ds_bench_what)w);
        const struct ds_bench_spread v = ds_bench_spread(s, DS_BENCH_OURS + w, c->batch, -1);
        char range[48];

        if (!v.seen)
            continue;
        snprintf(range, sizeof range, "(%.1f - %.1f)", v.low, v.high);
        printf("%-10s %9.1f %-19s %9.1f %6.1f %% %7.1f %%\n", ds_bench_what_name[w], v.mid,
               range, 1e-9 * flop.done * v.mid,
               100 * share(s, DS_BENCH_OURS + w, peak, c->batch * flop.done).mid,
               100 * share(s, DS_BENCH_OURS + w, peak, c->batch * flop.asked).mid);
    }
}

static void print_torch(const struct ds_bench_sheet *s, const struct ds_bench_case *c)
{
    if (!s->torch_about[0])
        return;
    printf("\n%-10s %9s %-19s %6s\n", "PyTorch", "images/s", " (min - max)",
           "ratio, pair by pair");
    for (int column = DS_BENCH_TORCH; column <= DS_BENCH_TOOL_FP32; column++) {
        const bool tool = column >= DS_BENCH_TOOL;
        const int w = tool ? DS_BENCH_ROLLOUT : column - DS_BENCH_TORCH;
        const int ours = DS_BENCH_OURS + w;
        const struct ds_bench_spread v = ds_bench_spread(s, column, c->batch, -1);
        const struct ds_bench_spread ratio = ds_bench_ratio(s, column, ours, 1);
        char range[48];

        if (!v.seen)
            continue;
        snprintf(range, sizeof range, "(%.1f - %.1f)", v.low, v.high);
        printf("%-10s %9.1f %-19s %6.2f (%.2f - %.2f)\n",
               column == DS_BENCH_TOOL_FP32 ? "fp32 tool"
               : tool                       ? "hook tool"
                                            : ds_bench_what_name[w],
               v.mid, range, ratio.mid, ratio.low, ratio.high);
    }
    if (s->torch_memory > 0)
        printf("memory of steps: %.0f MB", 1e-6 * s->torch_memory);
    if (s->torch_memory > 0 && s->memory > 0)
        printf("; ours is %.2f of it", s->memory / s->torch_memory);
    printf("%s%s\n", s->torch_memory > 0 ? "\n" : "", s->torch_about);
}

void ds_bench_print(const struct ds_bench_sheet *s, const struct ds_bench_case *c, int threads,
                    enum ds_precision precision)
{
    printf("\n%s: %s; batch %d, %d thread%s, %s\n", c->name, c->about, c->batch, threads,
           threads == 1 ? "" : "s", ds_bench_precision_name[precision]);
    print_line("peak, fp32 multiply-adds:", ds_bench_spread(s, DS_BENCH_PEAK, 1e-9, 1), 0,
               " GFLOP/s");
    print_line("peak, bf16 tiles from L2:", ds_bench_spread(s, DS_BENCH_TILES, 1e-9, 1), 0,
               " GFLOP/s");
    print_ours(s, c, precision == DS_PRECISION_BF16 ? DS_BENCH_TILES : DS_BENCH_PEAK);
    print_line("rollout over forward:",
               ds_bench_ratio(s, DS_BENCH_OURS + DS_BENCH_ROLLOUT,
                              DS_BENCH_OURS + DS_BENCH_FORWARD, 1),
               3, "");
    print_line(
        "arcl over subset:",
        ds_bench_ratio(s, DS_BENCH_OURS + DS_BENCH_ARCL, DS_BENCH_OURS + DS_BENCH_SUBSET, 1), 3,
        "");
    print_line("split point, one thread:", ds_bench_spread(s, DS_BENCH_SPLIT, 1e3, 1), 4,
               " ms");
    if (s->memory > 0)
        printf("memory of steps: %.0f MB\n", 1e-6 * s->memory);
    print_torch(s, c);
}

void ds_bench_print_scaling(const struct ds_bench_sheet *const *s, const int *threads, int n)
{
    printf("\nefficiency over %d thread%s, 1 is linear\n%-10s", threads[0],
           threads[0] == 1 ? "" : "s", "");
    for (int i = 1; i < n; i++)
        printf(" %3d threads (min - max)", threads[i]);
    puts("");
    for (int w = 0; w < DS_BENCH_WHATS; w++) {
        if (!ds_bench_spread(s[0], DS_BENCH_OURS + w, 1, 1).seen)
            continue;
        printf("%-10s", ds_bench_what_name[w]);
        for (int i = 1; i < n; i++) {
            const double scale = (double)threads[0] / threads[i];
            struct ds_bench_sheet both = {.rounds = s[0]->rounds};
            struct ds_bench_spread v;

            memcpy(both.value[0], s[0]->value[DS_BENCH_OURS + w], sizeof both.value[0]);
            memcpy(both.value[1], s[i]->value[DS_BENCH_OURS + w], sizeof both.value[1]);
            v = ds_bench_ratio(&both, 0, 1, scale);
            printf(" %8.3f (%.3f - %.3f)", v.mid, v.low, v.high);
        }
        puts("");
    }
}

static json_t *json_spread(struct ds_bench_spread v)
{
    return v.seen ? json_pack("{s:f, s:f, s:f}", "median", v.mid, "min", v.low, "max", v.high)
                  : json_null();
}

static json_t *json_row(const struct ds_bench_sheet *s, const struct ds_bench_case *c, int w,
                        int peak)
{
    const struct ds_bench_flop flop = ds_bench_flop(c, (enum ds_bench_what)w);
    const int ours = DS_BENCH_OURS + w, torch = DS_BENCH_TORCH + w;

    return json_pack("{s:s, s:o, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "what",
                     ds_bench_what_name[w], "images_per_s",
                     json_spread(ds_bench_spread(s, ours, c->batch, -1)), "gflop_done",
                     1e-9 * flop.done, "gflop_asked", 1e-9 * flop.asked, "gflop_per_s",
                     json_spread(ds_bench_spread(s, ours, 1e-9 * flop.done * c->batch, -1)),
                     "share_of_peak", json_spread(share(s, ours, peak, flop.done * c->batch)),
                     "share_as_asked", json_spread(share(s, ours, peak, flop.asked * c->batch)),
                     "torch_images_per_s", json_spread(ds_bench_spread(s, torch, c->batch, -1)),
                     "ratio", json_spread(ds_bench_ratio(s, torch, ours, 1)));
}

static json_t *json_torch(const struct ds_bench_sheet *s, const struct ds_bench_case *c)
{
    if (!s->torch_about[0])
        return json_null();
    return json_pack(
        "{s:s, s:f, s:o, s:o, s:o, s:o, s:o}", "about", s->torch_about, "memory",
        s->torch_memory, "memory_ratio",
        s->torch_memory > 0 && s->memory > 0 ? json_real(s->memory / s->torch_memory)
                                             : json_null(),
        "tool_images_per_s", json_spread(ds_bench_spread(s, DS_BENCH_TOOL, c->batch, -1)),
        "tool_ratio",
        json_spread(ds_bench_ratio(s, DS_BENCH_TOOL, DS_BENCH_OURS + DS_BENCH_ROLLOUT, 1)),
        "fp32_tool_images_per_s",
        json_spread(ds_bench_spread(s, DS_BENCH_TOOL_FP32, c->batch, -1)), "fp32_tool_ratio",
        json_spread(
            ds_bench_ratio(s, DS_BENCH_TOOL_FP32, DS_BENCH_OURS + DS_BENCH_ROLLOUT, 1)));
}

json_t *ds_bench_json(const struct ds_bench_sheet *s, const struct ds_bench_case *c,
                      int threads, enum ds_precision precision)
{
    const int peak = precision == DS_PRECISION_BF16 ? DS_BENCH_TILES : DS_BENCH_PEAK;
    json_t *rows = json_array();

    for (int w = 0; w < DS_BENCH_WHATS; w++)
        if (ds_bench_spread(s, DS_BENCH_OURS + w, 1, 1).seen)
            json_array_append_new(rows, json_row(s, c, w, peak));
    return json_pack("{s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o}",
                     "case", c->name, "about", c->about, "batch", c->batch, "threads", threads,
                     "precision", ds_bench_precision_name[precision], "peak_gflop_per_s",
                     json_spread(ds_bench_spread(s, DS_BENCH_PEAK, 1e-9, 1)),
                     "tile_peak_gflop_per_s",
                     json_spread(ds_bench_spread(s, DS_BENCH_TILES, 1e-9, 1)), "results", rows,
                     "rollout_over_forward",
                     json_spread(ds_bench_ratio(s, DS_BENCH_OURS + DS_BENCH_ROLLOUT,
                                                DS_BENCH_OURS + DS_BENCH_FORWARD, 1)),
                     "arcl_over_subset",
                     json_spread(ds_bench_ratio(s, DS_BENCH_OURS + DS_BENCH_ARCL,
                                                DS_BENCH_OURS + DS_BENCH_SUBSET, 1)),
                     "split_ms", json_spread(ds_bench_spread(s, DS_BENCH_SPLIT, 1e3, 1)),
                     "memory", s->memory, "torch", json_torch(s, c));
}
