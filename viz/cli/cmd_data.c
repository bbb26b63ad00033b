/* viz/cli/cmd_data.c -- driftscope data: what a data set holds, before hours are spent on it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/source/source.h"
#include "viz/cli/cmd.h"
#include "viz/cli/json.h"

enum { PLAIN = 1100 };

struct data_opt {
    bool json;
    int image_size;
};

#define AT(field) DS_OPT_AT(data_opt, field)
static const struct ds_opt table[] = {
    {"json", "no", "", "print JSON", AT(json)},
    {"image-size", "0", "N", "size the pictures of a folder must have, 0: that of the first",
     AT(image_size), .lo = 0, .hi = 4096},
    {0}};
#undef AT

/* Both parts, and what was counted in them. */
struct study {
    struct ds_source *part[2];
    const struct ds_source_info *info[2];
    int *count[2];           /* images per class */
    double mean[4], std[4];  /* per channel, of training pixels / 255 */
};

static void study_clear(struct study *s)
{
    for (int p = 0; p < 2; p++) {
        ds_source_close(s->part[p]);
        free(s->count[p]);
    }
}

static int count_classes(struct study *s, int p, struct ds_err *err)
{
    const struct ds_source_info *info = s->info[p];

    s->count[p] = calloc((size_t)info->classes + 1, sizeof(int));
    if (!s->count[p])
        return ds_fail(err, DS_NOMEM, "out of memory for %d classes", info->classes);
    for (int i = 0; i < info->count; i++)
        s->count[p][ds_source_label(s->part[p], i)]++;
    return 0;
}

/* Sums of whole numbers: exact, whatever the order. */
static void add_picture(const uint8_t *pixel, size_t area, int channels, uint64_t *sum,
                        uint64_t *squares)
{
    for (int c = 0; c < channels; c++, pixel += area)
        for (size_t i = 0; i < area; i++) {
            sum[c] += pixel[i];
            squares[c] += (uint64_t)pixel[i] * pixel[i];
        }
}

static int measure(struct study *s, const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_source_info *info = s->info[DS_TRAIN];
    const size_t area = (size_t)info->height * (size_t)info->width;
    const double n = (double)area * info->count;
    uint8_t *pixels = malloc(area * (size_t)info->channels);
    uint64_t sum[4] = {0}, squares[4] = {0};
    struct ds_progress progress;
    int code = 0;

    if (!pixels)
        return ds_fail(err, DS_NOMEM, "out of memory for a picture");
    ds_progress_begin(&progress, tone, info->count, "reading");
    for (int i = 0; i < info->count && !code; i++) {
        code = ds_source_read(s->part[DS_TRAIN], i, pixels, err);
        if (!code)
            add_picture(pixels, area, info->channels, sum, squares);
        if (tone->terminal)
            ds_progress_at(&progress, i + 1, "");
    }
    ds_progress_end(&progress);
    free(pixels);
    for (int c = 0; c < info->channels && !code; c++) {
        const double mean = (double)sum[c] / n;

        s->mean[c] = mean / 255;
        s->std[c] = sqrt(fmax(0, (double)squares[c] / n - mean * mean)) / 255;
    }
    return code;
}

static void print_text(const struct study *s, const char *spec)
{
    const struct ds_source_info *train = s->info[DS_TRAIN], *test = s->info[DS_TEST];
    char plain[PLAIN];

    printf("data         %s\n", ds_tty_plain(plain, sizeof plain, spec));
    printf("pictures     %d to learn from, %d to test with\n", train->count, test->count);
    printf("found in     %s\n", ds_tty_plain(plain, sizeof plain, train->place));
    printf("size         %d x %d, %d channel%s\n", train->height, train->width, train->channels,
           train->channels > 1 ? "s" : "");
    printf("mean, std   ");
    for (int c = 0; c < train->channels; c++)
        printf(" %.4f", s->mean[c]);
    putchar(',');
    for (int c = 0; c < train->channels; c++)
        printf(" %.4f", s->std[c]);
    printf("  (training pixels, 0 to 1)\nclasses      %d\n  %5s %-24s %8s %8s\n", train->classes,
           "label", "name", "train", "test");
    for (int k = 0; k < train->classes; k++)
        printf("  %5d %-24s %8d %8d\n", k, ds_tty_plain(plain, sizeof plain, train->class_name[k]),
               s->count[DS_TRAIN][k], s->count[DS_TEST][k]);
}

static json_t *reals(const double *value, int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++)
        json_array_append_new(list, ds_json_real(value[i]));
    return list;
}

static int print_json(const struct study *s, const char *spec, struct ds_err *err)
{
    const struct ds_source_info *train = s->info[DS_TRAIN], *test = s->info[DS_TEST];
    json_t *classes = json_array();

    for (int k = 0; k < train->classes; k++)
        json_array_append_new(classes, json_pack("{s:i, s:o, s:i, s:i}", "label", k, "name",
                                                 ds_json_text(train->class_name[k]), "train",
                                                 s->count[DS_TRAIN][k], "test",
                                                 s->count[DS_TEST][k]));
    return ds_json_print(
        json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o}", "data", ds_json_text(spec),
                  "place", ds_json_text(train->place), "train", train->count, "test", test->count,
                  "channels", train->channels, "height", train->height, "width", train->width,
                  "mean", reals(s->mean, train->channels), "std", reals(s->std, train->channels),
                  "classes", classes),
        err);
}

static int list_sets(void)
{
    const struct ds_source_set *set;

    for (int i = 0; (set = ds_source_set(i)); i++)
        printf("%-16s %s\n", set->name, set->about);
    return 0;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct data_opt *o = opt;
    struct study s = {0};
    int code = 0;

    if (!n)
        return list_sets();
    for (int p = 0; p < 2 && !code; p++) {
        code = ds_source_open(&s.part[p], operand[0], p ? DS_TEST : DS_TRAIN, o->image_size, err);
        if (!code) {
            s.info[p] = ds_source_info(s.part[p]);
            code = count_classes(&s, p, err);
        }
    }
    if (!code && s.info[0]->classes != s.info[1]->classes)
        code = ds_fail(err, DS_DATA, "%s: %d classes to learn, %d classes to test, expected the same",
                       operand[0], s.info[0]->classes, s.info[1]->classes);
    code = code ? code : measure(&s, tone, err);
    if (!code && o->json)
        code = print_json(&s, operand[0], err);
    else if (!code)
        print_text(&s, operand[0]);
    study_clear(&s);
    return code;
}

const struct ds_cmd ds_cmd_data = {
    .name = "data",
    .operands = "[NAME|DIR]",
    .about = "what a data set holds: sizes, classes, mean and deviation",
    .examples = "driftscope data\n"
                "driftscope data fashion-mnist\n"
                "driftscope data pictures/ --json",
    .table = table,
    .size = sizeof(struct data_opt),
    .least = 0,
    .most = 1,
    .run = run,
};
