/* data/store/record_save.c -- a record into run.h5. share/doc/run-file.md has the layout. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/h5.h"
#include "data/store/half.h"
#include "data/store/record_int.h"

struct saver {
    const struct ds_record *r;
    struct ds_bundle *b;
    struct ds_err *err;
};

static int note(struct saver *s, const char *group, const char *key, const char *text)
{
    struct ds_notes *notes = ds_bundle_notes(s->b, group, s->err);

    return notes ? ds_note_text(notes, key, text, s->err) : (int)s->err->code;
}

static int note_int(struct saver *s, const char *group, const char *key, int64_t value)
{
    struct ds_notes *notes = ds_bundle_notes(s->b, group, s->err);

    return notes ? ds_note_int(notes, key, value, s->err) : (int)s->err->code;
}

/* A unit of NULL: words have none. */
static int describe(struct saver *s, struct ds_array *a, const char *unit,
                    const char *long_name, const char *about)
{
    int code;

    if (!a)
        return s->err->code;
    if ((unit && (code = ds_note_text(&a->notes, "units", unit, s->err))) ||
        (code = ds_note_text(&a->notes, "long_name", long_name, s->err)))
        return code;
    return ds_note_text(&a->notes, "description", about, s->err);
}

/* Labels and scales, as the letters of the shape say. An array is not its own scale. */
static int add_axes(struct saver *s, struct ds_array *a, const char *shape)
{
    char labels[256] = "";
    size_t used = 0;
    int code;

    for (int i = 0; shape[i]; i++)
        used += (size_t)snprintf(labels + used, sizeof labels - used, "%s ",
                                 ds_axis_lookup(shape[i])->label);
    if ((code = ds_array_label(a, labels, s->err)))
        return code;
    for (int i = 0; shape[i] && !code; i++) {
        const char *scale = ds_axis_lookup(shape[i])->scale;

        if (scale && strcmp(scale, a->name))
            code = ds_array_scale(a, i, scale, s->err);
    }
    return code;
}

static int add_field(struct saver *s, const struct ds_field *f)
{
    const void *data = ds_field_data(s->r, f);
    const bool halve = f->kept != f->type;
    int64_t dims[DS_RANK_MAX];
    const int rank = ds_field_dims(s->r, f, true, dims);
    struct ds_array *a;
    int code;

    if (!data) /* one of those that a run may lack */
        return 0;
    a = ds_bundle_add(s->b, f->name, f->kept, rank, dims, halve ? NULL : data, s->err);
    if ((code = describe(s, a, f->unit, f->long_name, f->about)))
        return code;
    for (int64_t i = 0, n = halve ? ds_array_count(a) : 0; i < n; i++)
        ((uint16_t *)a->data)[i] = ds_half_from_float(((const float *)data)[i]);
    return add_axes(s, a, f->shape);
}

/* from, from + 1 ... along one axis. */
static int add_scale(struct saver *s, char letter, int from, const char *about)
{
    const struct ds_axis *axis = ds_axis_lookup(letter);
    const int64_t n = ds_record_size(s->r, letter, true);
    struct ds_array *a = ds_bundle_add(s->b, axis->scale, DS_I32, 1, &n, NULL, s->err);
    int code = describe(s, a, "1", axis->label, about);

    if (code)
        return code;
    for (int64_t i = 0; i < n; i++)
        ((int32_t *)a->data)[i] = from + (int32_t)i;
    return ds_array_label(a, axis->label, s->err);
}

/* What people look at first; the counts are what is read back. NaN: not learned yet. */
static int add_accuracy(struct saver *s, const char *name, const int *correct,
                        const char *long_name)
{
    const int64_t rows = ds_record_size(s->r, 't', true), n = s->r->tasks;
    const int64_t dims[2] = {rows, n};
    struct ds_array *a = ds_bundle_floats(s->b, name, NULL, 2, dims, NULL, s->err);
    int code = describe(s, a, "1", long_name, "correct / total, NaN for tasks not yet learned");

    if (code)
        return code;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++)
            ((float *)a->data)[i * n + j] =
                j <= i && s->r->total[j] > 0 ? (float)correct[i * n + j] / (float)s->r->total[j]
                                             : NAN;
    return add_axes(s, a, "tT");
}

static int add_words(struct saver *s, const char *name, const char *const *words, int64_t count,
                     const char *label, const char *long_name, const char *about)
{
    return describe(s, ds_bundle_strings(s->b, name, words, count, label, s->err), NULL,
                    long_name, about);
}

static int add_derived(struct saver *s)
{
    static const char *const matrix[] = {"q", "k", "v"};
    static const char *const quantity[DS_AUDIT_COUNT] = {
        [DS_AUDIT_REMOVED] = "removed",     [DS_AUDIT_FACTOR] = "factor",
        [DS_AUDIT_NEGATIVE] = "negative",   [DS_AUDIT_CLAMPED] = "clamped",
        [DS_AUDIT_PROTECTED] = "protected",
    };
    int code;

    if ((code = add_scale(s, 'm', 0, "tasks learned at this checkpoint")) ||
        (code = add_scale(s, 't', 1, "after this task, counted from 1")) ||
        (code = add_scale(s, 'T', 1, "on this task, counted from 1")) ||
        (code = add_scale(s, 'L', 1, "transformer block, counted from 1")) ||
        (code = add_scale(s, 's', 1, "optimiser step of the whole run, counted from 1")) ||
        (code = add_accuracy(s, "accuracy/class_incremental", s->r->correct_class,
                             "accuracy, class-incremental")) ||
        (code = add_accuracy(s, "accuracy/task_incremental", s->r->correct_task,
                             "accuracy, task-incremental")))
        return code;
    if (!s->r->audit)
        return 0;
    if ((code = add_words(s, "retention/matrix", matrix, 3, "matrix", "which matrix",
                          "third dimension of audit")))
        return code;
    return add_words(
        s, "retention/quantity", quantity, DS_AUDIT_COUNT, "quantity", "what was measured",
        "removed: share of gradient norm; factor: mean |f|; negative: share f < 0; "
        "clamped: share at the clamp; protected: 1 - mean soft mask");
}

/* Names and texts: what is not an array of numbers. */
static int add_texts(struct saver *s)
{
    const struct ds_record *r = s->r;
    const char *config = r->config ? r->config : "";
    const char **text;
    int code = 0;

    if (!(text = calloc((size_t)r->classes + (size_t)r->tasks + 1, sizeof *text)))
        return ds_fail(s->err, DS_NOMEM, "out of memory");
    for (int i = 0; i < r->classes; i++)
        text[i] = r->class_name[i] ? r->class_name[i] : "";
    code = add_words(s, "classes/name", text, r->classes, "class", "class name",
                     "names of the classes in the order they are learned");
    for (int t = 0; r->domain_name && t < r->tasks; t++)
        text[t] = r->domain_name[t] ? r->domain_name[t] : "";
    if (!code && r->domain_name)
        code = add_words(s, "domains/name", text, r->tasks, "task", "domain name",
                         "domains in the order they are learned: every task has all classes");
    for (int i = 0; i < r->done; i++)
        text[i] = r->checkpoint[i];
    if (!code)
        code = add_words(s, "timeline/file", text, r->done, "checkpoint", "file",
                         "file of the checkpoint under checkpoints/");
    free(text);
    return code
               ? code
               : describe(
                     s, ds_bundle_add(s->b, "config/text", DS_STRING, 0, NULL, &config, s->err),
                     NULL, "configuration", "every option of the run, as INI text");
}

/* An option as a note: a number where it reads as one. */
static int add_option(struct saver *s, const char *key, const char *value)
{
    struct ds_notes *notes = ds_bundle_notes(s->b, "config", s->err);
    const bool number = strspn(value, "+-.0123456789") > 0;
    char *end_whole, *end_real;
    const long long whole = strtoll(value, &end_whole, 10);
    const double real = strtod(value, &end_real);

    if (!notes)
        return s->err->code;
    if (number && !*end_whole)
        return ds_note_int(notes, key, whole, s->err);
    if (number && !*end_real)
        return ds_note_real(notes, key, real, s->err);
    return ds_note_text(notes, key, value, s->err);
}

static char *trim(char *text)
{
    size_t n;

    text += strspn(text, " \t\r");
    n = strlen(text);
    while (n && strchr(" \t\r", text[n - 1]))
        n--;
    text[n] = '\0';
    return text;
}

/* The options once more as attributes of /config, for those who read with h5py; the INI text
 * beside them is what counts. Its sections are headings: keys are unique without them. */
static int add_options(struct saver *s)
{
    char *copy = strdup(s->r->config ? s->r->config : ""), *line, *rest = copy;
    int code = 0;

    if (!copy)
        return ds_fail(s->err, DS_NOMEM, "out of memory");
    while (!code && (line = strsep(&rest, "\n"))) {
        char *equals;

        line = trim(line);
        if (!*line || strchr("[;#", *line) || !(equals = strchr(line, '=')))
            continue;
        *equals = '\0';
        code = add_option(s, trim(line), trim(equals + 1));
    }
    free(copy);
    return code;
}

static int add_provenance(struct saver *s)
{
    const struct ds_record *r = s->r;
    const struct {
        const char *key, *text;
    } root[] = {
        {"format", "driftscope-run"},
        {"creator", "driftscope"},
        {"creator_version", r->version},
        {"created", r->created},
        {"uuid", r->uuid},
        {"command", r->command},
        {"budget", r->budget},
        {"method", r->method},
        {"NX_class", "NXroot"},
        {"default", "accuracy"},
    };
    const struct {
        const char *group, *key;
        int64_t value;
    } number[] = {
        {"", "format_major", DS_RUN_MAJOR},
        {"", "format_minor", DS_RUN_MINOR},
        {"", "seed", r->seed},
        {"classes", "tasks", r->tasks},
        {"model", "layers", r->layers},
        {"model", "heads", r->heads},
        {"model", "tokens", r->tokens},
        {"model", "prefix", r->prefix},
        {"model", "patches", r->patches},
        {"model", "grid_h", r->grid_h},
        {"model", "grid_w", r->grid_w},
        {"model", "patch", r->patch},
        {"images", "channels", r->channels},
    };
    int code = 0;

    for (size_t i = 0; i < sizeof root / sizeof *root && !code; i++)
        code = note(s, "", root[i].key, root[i].text);
    for (size_t i = 0; i < sizeof number / sizeof *number && !code; i++)
        code = note_int(s, number[i].group, number[i].key, number[i].value);
    return code;
}

/* NeXus: which array of a group to plot, and over which arrays of the group ("." none). */
static int add_nexus(struct saver *s)
{
    static const struct {
        const char *group, *signal, *axes[5];
    } plot[] = {
        {"accuracy", "class_incremental", {"after_task", "on_task"}},
        {"attention", "rollout", {".", ".", "layer", "."}},
        {"curves", "loss", {"step"}},
        {"images", "pixels", {".", ".", ".", "."}},
        {"retention", "mask", {".", ".", "."}},
        {"timeline", "seconds", {"checkpoint"}},
    };
    int code = 0;

    for (size_t i = 0; i < sizeof plot / sizeof *plot && !code; i++) {
        struct ds_notes *notes;

        if (!strcmp(plot[i].signal, "mask") && !s->r->mask)
            continue;
        if (!(notes = ds_bundle_notes(s->b, plot[i].group, s->err)))
            return s->err->code;
        if (!(code = ds_note_text(notes, "NX_class", "NXdata", s->err)) &&
            !(code = ds_note_text(notes, "signal", plot[i].signal, s->err)))
            code = ds_note_texts(notes, "axes", plot[i].axes, s->err);
    }
    return code;
}

/* What the HDF5 Image specification (1.2) and NeXus want to see on true-colour pictures. */
static int mark_pixels(struct saver *s)
{
    static const char *const mark[][2] = {
        {"CLASS", "IMAGE"},
        {"IMAGE_VERSION", "1.2"},
        {"IMAGE_SUBCLASS", "IMAGE_TRUECOLOR"},
        {"INTERLACE_MODE", "INTERLACE_PIXEL"},
        {"interpretation", "rgb-image"},
    };
    struct ds_array *a = ds_bundle_lookup(s->b, "images/pixels");
    int code = 0;

    for (size_t i = 0; i < sizeof mark / sizeof *mark && !code; i++)
        code = ds_note_text(&a->notes, mark[i][0], mark[i][1], s->err);
    return code;
}

int ds_record_pack(struct ds_bundle *b, const struct ds_record *r, struct ds_err *err)
{
    struct saver s = {.r = r, .b = b, .err = err};
    int code = ds_record_check_sizes(r, "the record", err);

    for (const struct ds_field *f = ds_fields; f->name && !code; f++)
        code = add_field(&s, f);
    if (!code && !(code = add_derived(&s)) && !(code = add_texts(&s)) &&
        !(code = add_options(&s)) && !(code = add_provenance(&s)) && !(code = add_nexus(&s)))
        code = mark_pixels(&s);
    return code;
}

int ds_record_save(const struct ds_record *r, const char *path, struct ds_err *err)
{
    struct ds_bundle b = {0};
    int code = ds_record_pack(&b, r, err);

    if (code)
        ds_while(err, "%s", path);
    else
        code = ds_bundle_save(&b, path, err);
    ds_bundle_clear(&b);
    return code;
}
