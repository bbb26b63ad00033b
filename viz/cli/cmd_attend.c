/* viz/cli/cmd_attend.c -- driftscope attend: what a network sees in any picture, and where it
 * looks. */
#define _GNU_SOURCE
#include "viz/cli/cmd_attend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sheet/sheet.h"
#include "data/store/file.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_model.h"

static const char *const precision_word[] = {"fp32", "bf16", NULL};

#define AT(field) DS_OPT_AT(ds_attend_opt, field)
static const struct ds_opt table[] = {
    {"out", "", "FILE", "maps.h5 (everything), .json, or a figure: .png .pdf .svg", AT(out),
     .letter = 'o', .group = "Output"},
    {"json", "no", "", "print JSON instead of tables", AT(json)},
    {"top", "5", "N", "most likely classes", AT(top), .lo = 0, .hi = 1000},
    {"labels", "", "FILE", "class names: number TAB id TAB name, or one name a line",
     AT(labels)},
    {"logits", "yes", "", "keep all logits in the file", AT(logits)},
    {"pixels", "yes", "", "keep the pictures in maps.h5, as the network saw them", AT(pixels)},
    {"probe-images", "4", "N", "first pictures whose head-mean attention is kept whole",
     AT(probe), .lo = 0, .hi = 1e5},
    {"layer", "auto", "N", "layer of the printed table and the figure: 1 .. L or last",
     AT(layer)},
    {"clip", "1", "X", "percent cut off at both ends of a drawn map's range", AT(clip), .lo = 0,
     .hi = 40},
    {"all-heads", "no", "", "raw: keep every head apart in maps.h5 and JSON", AT(heads)},
    DS_LOOK_ROWS(ds_attend_opt),
    {"precision", "fp32", "HOW", "of matrix products: fp32, or bf16 (needs AMX)", AT(precision),
     .choice = precision_word},
    DS_MODEL_ROWS(ds_attend_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope attend vit_tiny.safetensors cat.jpg --labels imagenet.tsv\n"
    "driftscope attend vit.h5 photos/ -o maps.h5\n"
    "driftscope attend vit.h5 cat.jpg -o cat.png --layer last\n"
    "driftscope attend runs/arcl@3 photos/ --source chefer --class 2 -o relevance.json\n"
    "driftscope attend vit.h5 cat.jpg --source raw --query 7,7 --all-heads -o heads.h5\n"
    "driftscope attend vit.h5 cat.jpg --compat vit-explain --fusion max --discard 0.9 -o "
    "old.png";

static bool ends(const char *name, const char *ending)
{
    const size_t n = strlen(name), m = strlen(ending);

    return n > m && !strcmp(name + n - m, ending);
}

static int read_want(struct ds_look_want *w, const struct ds_attend_opt *o,
                     const struct ds_model *m, const struct ds_labels *labels,
                     struct ds_err *err)
{
    if (ds_look_opt_read(w, &o->look, m, labels, err))
        return err->code;
    w->by_head = o->heads;
    w->top = o->top;
    w->logits = o->logits;
    w->pixels = o->pixels || (*o->out && !ends(o->out, ".h5") && !ends(o->out, ".json"));
    w->probe = o->probe;
    return 0;
}

static int read_layer(int *layer, const char *text, int layers, struct ds_err *err)
{
    char *end;
    const long n = strtol(text, &end, 10);

    *layer = layers - 1;
    if (!strcmp(text, "auto") || !strcmp(text, "last"))
        return 0;
    if (end == text || *end || n < 1 || n > layers)
        return ds_fail(err, DS_USAGE, "--layer %s: expected 1 to %d, or last", text, layers);
    *layer = (int)n - 1;
    return 0;
}

static void answer_sheet(struct ds_sheet *s, const struct ds_look *l,
                         const struct ds_labels *labels)
{
    ds_sheet_begin(s, "answers", "most likely classes");
    ds_sheet_add(s, "picture", DS_CELL_TEXT);
    ds_sheet_add(s, "rank", DS_CELL_INT);
    ds_sheet_add(s, "number", DS_CELL_INT);
    ds_sheet_add(s, "class", DS_CELL_TEXT);
    ds_sheet_add(s, "probability", DS_CELL_REAL);
    for (int i = 0; i < l->record.images; i++)
        for (int t = 0; t < l->top; t++) {
            const int class = l->best[i * l->top + t];
            char name[200];

            ds_sheet_text(s, l->path[i]);
            ds_sheet_int(s, t + 1);
            ds_sheet_int(s, class);
            ds_sheet_text(s, ds_labels_text(name, sizeof name, labels, class));
            ds_sheet_real(s, (double)l->share[i * l->top + t]);
        }
}

/* One row a picture: how concentrated the map is, and where. */
static void map_row(struct ds_sheet *s, const struct ds_look *l, int image, int layer)
{
    const struct ds_record *r = &l->record;
    const size_t p = (size_t)r->patches, at = (size_t)image * (size_t)r->layers + (size_t)layer;
    const float *map = (l->map ? l->map : r->rollout) + at * p;
    const double split = (double)(l->split ? l->split : r->split)[at];
    double sum = 0, entropy = 0;
    int attended = 0, peak = 0;

    for (size_t i = 0; i < p; i++) {
        sum += (double)map[i];
        attended += (double)map[i] > split;
        peak = map[i] > map[peak] ? (int)i : peak;
    }
    for (size_t i = 0; i < p; i++)
        if (map[i] > 0 && sum > 0)
            entropy -= (double)map[i] / sum * log((double)map[i] / sum);
    ds_sheet_text(s, l->path[image]);
    ds_sheet_real(s, sum);
    ds_sheet_real(s, exp(entropy));
    ds_sheet_real(s, split);
    ds_sheet_real(s, (double)attended / (double)p);
    ds_sheet_int(s, peak / r->grid_w);
    ds_sheet_int(s, peak % r->grid_w);
}

static void map_sheet(struct ds_sheet *s, const struct ds_look *l, int layer,
                      const struct ds_attend_opt *o)
{
    char title[160];

    snprintf(title, sizeof title, "%s, layer %d of %d", o->source_note, layer + 1,
             l->record.layers);
    ds_sheet_begin(s, "maps", title);
    ds_sheet_add(s, "picture", DS_CELL_TEXT);
    ds_sheet_add(s, "mass on patches", DS_CELL_REAL);
    ds_sheet_column(
        s, &(struct ds_column){"effective patches", "", DS_CELL_REAL, .digits = 1});
    ds_sheet_column(s, &(struct ds_column){"split point", "", DS_CELL_REAL, .digits = 6});
    ds_sheet_add(s, "attended share", DS_CELL_REAL);
    ds_sheet_add(s, "peak row", DS_CELL_INT);
    ds_sheet_add(s, "peak column", DS_CELL_INT);
    ds_sheet_note(
        s, "attended: patches above the adaptive split point of their map; effective "
           "patches: exp of the entropy of the map over patches; rows and columns from 0");
    for (int i = 0; i < l->record.images; i++)
        map_row(s, l, i, layer);
}

static int print_sheet(const struct ds_sheet *s, struct ds_err *err)
{
    const struct ds_sheet_style style = {.format = DS_TEXT};
    char *text;
    size_t size;

    if (ds_sheet_print(&text, &size, s, &style, err))
        return err->code;
    fwrite(text, 1, size, stdout);
    free(text);
    return 0;
}

static int print_tables(const struct ds_look *l, const struct ds_labels *labels,
                        const struct ds_attend_opt *o, struct ds_err *err)
{
    struct ds_sheet s = {0};
    int layer, code = read_layer(&layer, o->layer, l->record.layers, err);

    if (!code && l->top) {
        answer_sheet(&s, l, labels);
        code = print_sheet(&s, err);
        ds_sheet_clear(&s);
        putchar('\n');
    }
    if (!code) {
        map_sheet(&s, l, layer, o);
        code = print_sheet(&s, err);
        ds_sheet_clear(&s);
    }
    return code;
}

static int deliver(const struct ds_look *l, const struct ds_model *m,
                   const struct ds_labels *labels, const struct ds_attend_opt *o,
                   const char *model, const struct ds_tone *tone, struct ds_err *err)
{
    char *text = NULL;
    size_t n = 0;
    int code = 0;

    if (o->json || ends(o->out, ".json"))
        code = ds_attend_json(&text, &n, l, m, labels, o, err);
    if (!code && o->json)
        fwrite(text, 1, n, stdout);
    else if (!code && (!*o->out || tone->verbose))
        code = print_tables(l, labels, o, err);
    if (!code && ends(o->out, ".json"))
        code = ds_file_publish(o->out, text, n, err);
    else if (!code && ends(o->out, ".h5"))
        code = ds_look_save(l, m, o->out, err);
    else if (!code && *o->out)
        code = ds_attend_draw(l, labels, o, model, tone, err);
    free(text);
    if (!code && *o->out && (ends(o->out, ".json") || ends(o->out, ".h5")))
        ds_tty_note(tone, "%s: %d pictures, %d layers, %.1f pictures/s", o->out,
                    l->record.images, l->record.layers,
                    l->record.images / fmax(l->seconds, 1e-9));
    return code;
}

static int check_out(const char *out, struct ds_err *err)
{
    static const char *const endings[] = {".h5", ".json", ".png", ".pdf", ".svg"};

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (!*out || ends(out, endings[i]))
            return 0;
    return ds_fail(err, DS_USAGE,
                   "-o %s: expected a name ending in .h5, .json, .png, .pdf or .svg", out);
}

/* The record says how it was made, as a run's does. */
static int describe(struct ds_look *l, const struct ds_model *m, const struct ds_attend_opt *o,
                    struct ds_err *err)
{
    char *config = NULL;

    if (asprintf(&config, "[attend]\nmodel = %s\ntransform = %s\nsource = %s\n", m->file,
                 m->recipe, o->source_note) < 0)
        return ds_fail(err, DS_NOMEM, "out of memory");
    free(l->record.config);
    l->record.config = config;
    return 0;
}

static int check_maps(const struct ds_attend_opt *o, struct ds_err *err)
{
    if (o->heads && o->look.source != DS_LOOK_RAW)
        return ds_fail(err, DS_USAGE, "--all-heads goes with --source raw, not %s",
                       ds_look_sources[o->look.source]);
    return ds_look_opt_check(&o->look, err);
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_attend_opt *o = opt;
    struct ds_gathered pictures = {0};
    struct ds_model m = {0};
    struct ds_labels labels = {0};
    struct ds_look l = {0};
    struct ds_look_want want;
    int layer, code;

    if ((code = check_out(o->out, err)) || (code = check_maps(o, err)) ||
        (code = ds_gather(&pictures, operand + 1, n - 1, err)) ||
        (code = ds_model_open(&m, operand[0], &o->model, err)) ||
        (code = ds_labels_load(&labels, o->labels, &m, err)) ||
        (code = read_want(&want, o, &m, &labels, err)) ||
        (code = read_layer(&layer, o->layer, m.vit.shape.depth, err)))
        goto done;
    for (int i = 0; i < m.card.rows; i++)
        if (m.card.row[i].assumed)
            ds_tty_detail(tone, "%s: %s (%s)", m.card.row[i].key, m.card.row[i].value,
                          m.card.row[i].source);
    m.vit.precision = (enum ds_precision)o->precision;
    ds_look_opt_text(o->source_note, sizeof o->source_note, &o->look);
    if (!(code = ds_look_watched(&l, &m, &pictures, &want, tone, "pictures", err)) &&
        !(code = describe(&l, &m, o, err)))
        code = deliver(&l, &m, &labels, o, operand[0], tone, err);

done:
    ds_look_clear(&l);
    ds_labels_clear(&labels);
    ds_model_close(&m);
    ds_gather_clear(&pictures);
    return code;
}

const struct ds_cmd ds_cmd_attend = {
    .name = "attend",
    .operands = "MODEL PICTURE|FOLDER...",
    .about = "classify any pictures, and show where the network looks",
    .examples = examples,
    .table = table,
    .size = sizeof(struct ds_attend_opt),
    .least = 2,
    .most = -1,
    .run = run};
