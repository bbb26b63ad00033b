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
    bool json, skip_broken;
    int image_size;
    char domain[256];
};

#define AT(field) DS_OPT_AT(data_opt, field)
static const struct ds_opt table[] = {
    {"json", "no", "", "print JSON", AT(json)},
    {"image-size", "0", "PX", "resize pictures to that side first, 0: as they are",
     AT(image_size), .lo = 0, .hi = 4096},
    {"domain", "", "LIST", "domains of an image folder to take, all when none is given",
     AT(domain)},
    {"skip-broken", "no", NULL, "leave out pictures that cannot be read, and name them",
     AT(skip_broken)},
    {0}};
#undef AT

/* Both parts, and what was counted in them. A set to test with only has no training part. */
struct study {
    struct ds_source *part[2];
    const struct ds_source_info *info[2];
    int *count[2];          /* images per class */
    int *in_domain[2];      /* images per domain */
    int main;               /* the part that is measured */
    double mean[4], std[4]; /* per channel, of its pixels / 255 */
};

static void study_clear(struct study *s)
{
    for (int p = 0; p < 2; p++) {
        ds_source_close(s->part[p]);
        free(s->count[p]);
        free(s->in_domain[p]);
    }
}

static int count_of(const struct study *s, int p)
{
    return s->info[p] ? s->info[p]->count : 0;
}

static int count_classes(struct study *s, int p, struct ds_err *err)
{
    const struct ds_source_info *info = s->info[p];

    s->count[p] = calloc((size_t)info->classes + 1, sizeof(int));
    s->in_domain[p] = calloc((size_t)info->domains + 1, sizeof(int));
    if (!s->count[p] || !s->in_domain[p])
        return ds_fail(err, DS_NOMEM, "out of memory for %d classes", info->classes);
    for (int i = 0; i < info->count; i++) {
        s->count[p][ds_source_label(s->part[p], i)]++;
        s->in_domain[p][ds_source_domain(s->part[p], i)]++;
    }
    return 0;
}

/* Sums of whole numbers: exact, whatever the order. */
struct sums {
    uint64_t sum[4], squares[4], pixels;
};

static void add_plane(struct sums *s, int channel, const uint8_t *pixel, size_t area)
{
    for (size_t i = 0; i < area; i++) {
        s->sum[channel] += pixel[i];
        s->squares[channel] += (uint64_t)pixel[i] * pixel[i];
    }
}

/* As the network would see it, or as it is where sizes differ; grey counts for all channels. */
static int add_picture(struct sums *s, const struct study *study, int i, uint8_t *bytes,
                       struct ds_room *room, struct ds_err *err)
{
    const struct ds_source *source = study->part[study->main];
    const struct ds_source_info *info = study->info[study->main];
    struct ds_picture p = {.channels = info->channels, .height = info->height,
                           .width = info->width, .pixels = bytes, .lent = true};
    size_t area;

    if (info->height ? ds_source_read_in(source, i, bytes, room, err)
                     : ds_source_picture(source, i, &p, err))
        return err->code;
    area = (size_t)p.height * (size_t)p.width;
    for (int c = 0; c < info->channels; c++)
        add_plane(s, c, p.pixels + (p.channels > c ? (size_t)c * area : 0), area);
    s->pixels += area;
    ds_picture_clear(&p);
    return 0;
}

static int measure(struct study *s, const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_source_info *info = s->info[s->main];
    const size_t area = (size_t)info->height * (size_t)info->width;
    uint8_t *bytes = malloc(area * (size_t)info->channels + 1);
    struct sums sums = {0};
    struct ds_room room = {0};
    struct ds_progress progress;
    int code = 0;

    if (!bytes)
        return ds_fail(err, DS_NOMEM, "out of memory for a picture");
    ds_progress_begin(&progress, tone, info->count, "reading");
    for (int i = 0; i < info->count && !code; i++) {
        code = add_picture(&sums, s, i, bytes, &room, err);
        if (tone->terminal)
            ds_progress_at(&progress, i + 1, "");
    }
    ds_progress_end(&progress);
    ds_room_clear(&room);
    free(bytes);
    for (int c = 0; c < info->channels && !code; c++) {
        const double n = (double)sums.pixels, mean = (double)sums.sum[c] / n;

        s->mean[c] = mean / 255;
        s->std[c] = sqrt(fmax(0, (double)sums.squares[c] / n - mean * mean)) / 255;
    }
    return code;
}

/* The range of sizes over both parts. */
struct range {
    int low_height, low_width, high_height, high_width;
};

static int lesser(int a, int b)
{
    return a < b ? a : b;
}

static struct range range_of(const struct study *s)
{
    const struct ds_source_info *a = s->info[DS_TEST], *b = s->info[s->main];

    return (struct range){lesser(a->low_height, b->low_height),
                          lesser(a->low_width, b->low_width),
                          -lesser(-a->high_height, -b->high_height),
                          -lesser(-a->high_width, -b->high_width)};
}

/* Height x width. */
static void print_size(const struct study *s)
{
    const struct ds_source_info *info = s->info[s->main];
    const struct range r = range_of(s);

    printf("size         ");
    if (info->recipe.count)
        printf("%d x %d, made of ", info->height, info->width);
    printf("%d x %d", r.low_height, r.low_width);
    if (r.low_height != r.high_height || r.low_width != r.high_width)
        printf(" to %d x %d", r.high_height, r.high_width);
    printf(", %d channel%s\n", info->channels, info->channels > 1 ? "s" : "");
}

static void print_rows(const struct study *s, int n, const char *const *name,
                       int *const count[2])
{
    char plain[PLAIN];

    for (int k = 0; k < n; k++)
        printf("  %5d %-24s %8d %8d\n", k, ds_tty_plain(plain, sizeof plain, name[k]),
               s->info[DS_TRAIN] ? count[DS_TRAIN][k] : 0, count[DS_TEST][k]);
}

static void print_text(const struct study *s, const char *spec)
{
    const struct ds_source_info *info = s->info[s->main];
    char plain[PLAIN];

    printf("data         %s\n", ds_tty_plain(plain, sizeof plain, spec));
    printf("pictures     %d to learn from, %d to test with\n", count_of(s, DS_TRAIN),
           count_of(s, DS_TEST));
    printf("found in     %s\n", ds_tty_plain(plain, sizeof plain, info->place));
    print_size(s);
    printf("mean, std   ");
    for (int c = 0; c < info->channels; c++)
        printf(" %.4f", s->mean[c]);
    putchar(',');
    for (int c = 0; c < info->channels; c++)
        printf(" %.4f", s->std[c]);
    printf("  (%s pixels, 0 to 1)\n", s->main == DS_TRAIN ? "training" : "test");
    if (info->domains) {
        printf("domains      %d\n  %5s %-24s %8s %8s\n", info->domains, "", "name", "train",
               "test");
        print_rows(s, info->domains, info->domain_name, s->in_domain);
    }
    printf("classes      %d\n  %5s %-24s %8s %8s\n", info->classes, "label", "name", "train",
           "test");
    print_rows(s, info->classes, info->class_name, s->count);
}

static json_t *reals(const double *value, int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++)
        json_array_append_new(list, ds_json_real(value[i]));
    return list;
}

static json_t *rows(const struct study *s, const char *key, int n, const char *const *name,
                    int *const count[2])
{
    json_t *list = json_array();

    for (int k = 0; k < n; k++)
        json_array_append_new(
            list, json_pack("{s:i, s:o, s:i, s:i}", key, k, "name", ds_json_text(name[k]),
                            "train", s->info[DS_TRAIN] ? count[DS_TRAIN][k] : 0, "test",
                            count[DS_TEST][k]));
    return list;
}

static int print_json(const struct study *s, const char *spec, struct ds_err *err)
{
    const struct ds_source_info *info = s->info[s->main];
    const struct range r = range_of(s);

    return ds_json_print(
        json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:[i,i], s:[i,i], s:o, s:o, s:o, s:o}",
                  "data", ds_json_text(spec), "place", ds_json_text(info->place), "train",
                  count_of(s, DS_TRAIN), "test", count_of(s, DS_TEST), "channels",
                  info->channels, "height", info->height, "width", info->width, "smallest",
                  r.low_height, r.low_width, "largest", r.high_height, r.high_width, "mean",
                  reals(s->mean, info->channels), "std", reals(s->std, info->channels), "domains",
                  rows(s, "domain", info->domains, info->domain_name, s->in_domain), "classes",
                  rows(s, "label", info->classes, info->class_name, s->count)),
        err);
}

static int list_sets(void)
{
    const struct ds_source_set *set;

    for (int i = 0; (set = ds_source_set(i)); i++)
        printf("%-16s %s\n", set->name, set->about);
    return 0;
}

static int open_part(struct study *s, int p, const char *spec, const struct data_opt *o,
                     const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_source_want want = {.spec = spec, .part = p ? DS_TEST : DS_TRAIN,
                                        .size = o->image_size, .domain = o->domain,
                                        .skip_broken = o->skip_broken};

    if (ds_source_open_want(&s->part[p], &want, err))
        return err->code;
    s->info[p] = ds_source_info(s->part[p]);
    for (int i = 0; ds_source_note(s->part[p], i); i++)
        ds_tty_note(tone, "%s", ds_source_note(s->part[p], i));
    return count_classes(s, p, err);
}

/* The test part first: every set has one. */
static int open_parts(struct study *s, const char *spec, const struct data_opt *o,
                      const struct ds_tone *tone, struct ds_err *err)
{
    if (open_part(s, DS_TEST, spec, o, tone, err))
        return err->code;
    s->main = s->info[DS_TEST]->test_only ? DS_TEST : DS_TRAIN;
    if (s->main == DS_TRAIN && open_part(s, DS_TRAIN, spec, o, tone, err))
        return err->code;
    if (s->info[s->main]->classes != s->info[DS_TEST]->classes)
        return ds_fail(err, DS_DATA,
                       "%s: %d classes to learn, %d classes to test, expected the same", spec,
                       s->info[s->main]->classes, s->info[DS_TEST]->classes);
    return 0;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct data_opt *o = opt;
    struct study s = {0};
    int code = 0;

    if (!n)
        return list_sets();
    code = open_parts(&s, operand[0], o, tone, err);
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
    .about = "what a data set holds: sizes, classes, domains, mean and deviation",
    .examples = "driftscope data\n"
                "driftscope data fashion-mnist\n"
                "driftscope data pictures/ --json\n"
                "driftscope data pictures/ --domain photo,sketch --skip-broken",
    .table = table,
    .size = sizeof(struct data_opt),
    .least = 0,
    .most = 1,
    .run = run,
};
