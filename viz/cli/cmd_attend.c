/* viz/cli/cmd_attend.c -- driftscope attend: what a network sees in any picture, and where it
 * looks. */
#define _GNU_SOURCE
#include "viz/cli/cmd_attend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sheet.h"
#include "data/store/file.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_model.h"

static const char *const sources[] = {"rollout", "raw", "gradient", "chefer", NULL};
static const char *const fusions[] = {"mean", "max", "min", NULL};
static const char *const compats[] = {"none", "vit-explain", NULL};
enum { VIT_EXPLAIN = 1 };

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
    {"source", "rollout", "NAME",
     "rollout, raw attention, gradient rollout, Chefer's relevance", AT(source),
     .choice = sources, .group = "Maps"},
    {"query", "cls", "WHO", "whose row: cls, all (mean), a token N, or a patch ROW,COLUMN",
     AT(query)},
    {"fusion", "mean", "HOW", "how heads become one", AT(fusion), .choice = fusions},
    {"all-heads", "no", "", "raw: keep every head apart in maps.h5 and JSON", AT(heads)},
    {"discard", "0", "X", "share of the smallest entries set to 0 before rollout", AT(discard),
     .lo = 0, .hi = 0.999},
    {"start", "1", "N", "layer the product begins with", AT(start), .lo = 1, .hi = 4096},
    {"class", "", "WHICH",
     "class of gradient and chefer, number or name; else the predicted one", AT(class_wanted)},
    {"compat", "none", "NAME", "vit-explain: its rollout, with its wrong normalisation",
     AT(compat), .choice = compats},
    {"skip-broken", "no", "", "leave out pictures that cannot be read, and name them",
     AT(skip_broken), .group = "Run"},
    {"threads", "0", "N", "worker threads, 0: one per processor; never changes a result",
     AT(threads), .lo = 0, .hi = 256},
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

/* "cls", "all", "17", or "7,7" -> a row of the attention. */
static int read_query(int *row, const char *text, const struct ds_vit_shape *s,
                      struct ds_err *err)
{
    int a, b, used = 0;

    *row = DS_LOOK_OWN_ROW;
    if (!strcmp(text, "cls") && s->cls)
        *row = 0;
    else if (!strcmp(text, "all"))
        *row = DS_ALL_ROWS;
    else if (sscanf(text, "%d,%d%n", &a, &b, &used) == 2 && !text[used] && a >= 0 && b >= 0 &&
             a < ds_grid_h(s) && b < ds_grid_w(s))
        *row = ds_prefix(s) + a * ds_grid_w(s) + b;
    else if (sscanf(text, "%d%n", &a, &used) == 1 && !text[used] && a >= 0 && a < ds_tokens(s))
        *row = a;
    else if (strcmp(text, "cls"))
        return ds_fail(
            err, DS_USAGE,
            "--query %s: expected cls, all, a token 0 to %d, or a patch ROW,COLUMN of %d x %d",
            text, ds_tokens(s) - 1, ds_grid_h(s), ds_grid_w(s));
    return 0;
}

static int read_class(int *target, const char *text, const struct ds_labels *labels,
                      struct ds_err *err)
{
    *target = *text ? ds_labels_lookup(labels, text) : -1;
    if (*text && !labels->classes)
        return ds_fail(err, DS_USAGE, "--class %s: the network has no classes", text);
    if (*target == DS_LABELS_SEVERAL)
        return ds_fail(err, DS_USAGE,
                       "--class %s: is the name of several classes; give its id or number",
                       text);
    if (*text && *target < 0)
        return ds_fail(err, DS_USAGE, "--class %s: expected 0 to %d, or the name of a class",
                       text, labels->classes - 1);
    return 0;
}

/* Options that the source would pass over in silence. */
static int check_source(const struct ds_attend_opt *o, struct ds_err *err)
{
    const bool gradient = o->source == DS_LOOK_GRADIENT, chefer = o->source == DS_LOOK_CHEFER,
               raw = o->source == DS_LOOK_RAW;
    const struct {
        bool wrong;
        const char *option, *with;
    } rules[] = {
        {*o->class_wanted && !gradient && !chefer, "--class", "gradient or chefer"},
        {o->fusion && (gradient || chefer), "--fusion", "rollout or raw"},
        {o->discard > 0 && (raw || chefer), "--discard", "rollout or gradient"},
        {o->start > 1 && raw, "--start", "rollout, gradient or chefer"},
        {o->heads && !raw, "--all-heads", "raw"},
        /* its gradient rollout has a second slip, which is not repeated here: import.md */
        {o->compat == VIT_EXPLAIN && o->source != DS_LOOK_ROLLOUT, "--compat vit-explain",
         "rollout"},
    };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].wrong)
            return ds_fail(err, DS_USAGE, "%s goes with --source %s, not %s", rules[i].option,
                           rules[i].with, sources[o->source]);
    return 0;
}

static int read_want(struct ds_look_want *w, const struct ds_attend_opt *o,
                     const struct ds_model *m, const struct ds_labels *labels,
                     struct ds_err *err)
{
    *w = ds_look_default();
    w->source = (enum ds_look_source)o->source;
    w->rule = (struct ds_rollout_rule){(enum ds_fusion)o->fusion, o->discard, DS_NORM_ROWS};
    w->start = o->start - 1;
    w->by_head = o->heads;
    w->top = o->top;
    w->logits = o->logits;
    w->pixels = o->pixels || (*o->out && !ends(o->out, ".h5") && !ends(o->out, ".json"));
    w->probe = o->probe;
    w->skip_broken = o->skip_broken;
    w->threads = o->threads;
    if (o->compat == VIT_EXPLAIN) {
        w->rule.norm = DS_NORM_VIT_EXPLAIN;
        w->by_largest = true;
    }
    if (w->start >= m->vit.shape.depth)
        return ds_fail(err, DS_USAGE, "--start %d: the network has %d layers", o->start,
                       m->vit.shape.depth);
    return read_query(&w->row, o->query, &m->vit.shape, err) ||
                   read_class(&w->target, o->class_wanted, labels, err)
               ? (int)err->code
               : 0;
}

static int look(struct ds_look *l, const struct ds_model *m, const struct ds_gathered *g,
                const struct ds_look_want *w, const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_progress progress;
    struct ds_looking *k;
    int done = 0, code = ds_looking_open(&k, l, m, g, w, err);

    if (code)
        return code;
    ds_progress_begin(&progress, tone, g->count, "pictures");
    while (!code && done < g->count) {
        code = ds_looking_next(k, &done, err);
        ds_progress_at(&progress, done, "");
    }
    ds_progress_end(&progress);
    if (!code)
        code = ds_looking_end(k, err);
    ds_looking_close(k);
    for (int i = 0; i < l->broken && i < 10; i++)
        ds_tty_note(tone, "left out: %s", l->broken_why[i]);
    if (l->broken > 10)
        ds_tty_note(tone, "and %d more", l->broken - 10);
    if (!code && w->logits && l->classes && !l->logits)
        ds_tty_note(tone, "logits are left out: %d pictures x %d classes are too many",
                    l->record.images, l->classes);
    return code;
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
        s, &(struct ds_column){"effective patches", "patches", DS_CELL_REAL, .digits = 1});
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

/* What the maps are, for titles and files. */
static void name_source(struct ds_attend_opt *o)
{
    static const char *const name[] = {"rollout", "raw attention", "gradient rollout",
                                       "Chefer relevance"};
    size_t n =
        (size_t)snprintf(o->source_note, sizeof o->source_note, "%s of query %s, heads by %s",
                         name[o->source], o->query, fusions[o->fusion]);

    if (o->start > 1)
        n += (size_t)snprintf(o->source_note + n, sizeof o->source_note - n, ", from layer %d",
                              o->start);
    if (o->discard > 0)
        n += (size_t)snprintf(o->source_note + n, sizeof o->source_note - n, ", %g discarded",
                              o->discard);
    if (o->compat == VIT_EXPLAIN)
        snprintf(o->source_note + n, sizeof o->source_note - n, ", as vit-explain has it");
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

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_attend_opt *o = opt;
    struct ds_gathered pictures = {0};
    struct ds_model m = {0};
    struct ds_labels labels = {0};
    struct ds_look l = {0};
    struct ds_look_want want;
    int layer, code;

    if ((code = check_out(o->out, err)) || (code = check_source(o, err)) ||
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
    name_source(o);
    if (!(code = look(&l, &m, &pictures, &want, tone, err)) &&
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
