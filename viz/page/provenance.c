/* viz/page/provenance.c -- where a figure comes from, as JSON. See figure.h. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "viz/page/figure_int.h"
#include "viz/page/report_int.h"
#include "viz/page/spec.h"

/* Options that are not part of the picture. */
static bool aside(const struct ds_opt *row)
{
    return !strcmp(row->key, "list") || !strcmp(row->key, "output") ||
           !strcmp(row->key, "check");
}

static void append(char *to, size_t size, const char *text)
{
    const size_t n = strlen(to);

    snprintf(to + n, size - n, "%s", text);
}

/* A word as a POSIX shell would read it back: quoted only where it has to be. */
static void append_word(char *to, size_t size, const char *word)
{
    const bool plain = *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
                                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                                   "_-./,:=@%+")];

    if (plain) {
        append(to, size, word);
        return;
    }
    append(to, size, "'");
    for (; *word; word++)
        append(to, size, *word == '\'' ? "'\\''" : (const char[]){*word, '\0'});
    append(to, size, "'");
}

void ds_figure_command(char *to, size_t size, const struct ds_figure *f,
                       const struct ds_study *study, const struct ds_figure_opt *opt)
{
    struct ds_figure_opt plain;
    struct ds_err ignored;
    char value[1100], usual[1100];

    memset(&plain, 0, sizeof plain);
    ds_opt_defaults(ds_figure_table, &plain, &ignored);
    snprintf(to, size, "driftscope figure %s", f->key);
    for (int i = 0; i < study->runs && !study->spec; i++) {
        append(to, size, " ");
        append_word(to, size, study->run[i].path);
    }
    if (study->table) {
        append(to, size, " ");
        append_word(to, size, study->table->path);
    }
    append(to, size, " -o ");
    append_word(to, size, opt->output);
    for (const struct ds_opt *row = ds_figure_table; row->key; row++) {
        ds_opt_print(row, opt, value, sizeof value);
        if (aside(row) || !strcmp(value, ds_opt_print(row, &plain, usual, sizeof usual)))
            continue;
        append(to, size, row->type == DS_OPT_BOOL && !strcmp(value, "no") ? " --no-" : " --");
        append(to, size, row->key);
        if (row->type == DS_OPT_BOOL)
            continue;
        append(to, size, " ");
        append_word(to, size, value);
    }
}

/* Text of unknown origin: null where it is not UTF-8. */
static json_t *text_of(const char *text)
{
    json_t *string = json_string(text);

    return string ? string : json_null();
}

static json_t *runs_of(const struct ds_study *s)
{
    json_t *list = json_array();

    for (int i = 0; i < s->runs; i++) {
        const struct ds_study_run *run = &s->run[i];
        char crc[16];
        json_t *one = json_object();

        snprintf(crc, sizeof crc, "%08x", (unsigned)run->crc);
        json_object_set_new(one, "path", text_of(run->path));
        if (!s->spec) /* a composite's panels have groups of their own */
            json_object_set_new(one, "label", text_of(s->label[run->group]));
        json_object_set_new(one, "uuid", text_of(run->record->uuid));
        json_object_set_new(one, "method", text_of(run->record->method));
        json_object_set_new(one, "seed", json_integer(run->record->seed));
        json_object_set_new(one, "version", text_of(run->record->version));
        json_object_set_new(one, "created", text_of(run->record->created));
        json_object_set_new(one, "command", text_of(run->record->command));
        json_object_set_new(one, "crc32c", run->crc ? json_string(crc) : json_null());
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *options_of(const struct ds_figure_opt *opt)
{
    json_t *all = json_object();
    char value[1100];

    for (const struct ds_opt *row = ds_figure_table; row->key; row++)
        if (!aside(row))
            json_object_set_new(all, row->key,
                                text_of(ds_opt_print(row, opt, value, sizeof value)));
    return all;
}

/* A file that is no run: its path and checksum. */
static json_t *file_of(const char *path, uint32_t crc)
{
    json_t *file = json_object();
    char text[16];

    snprintf(text, sizeof text, "%08x", (unsigned)crc);
    json_object_set_new(file, "path", text_of(path));
    json_object_set_new(file, "crc32c", json_string(text));
    return file;
}

static json_t *panels_of(const struct ds_spec *spec)
{
    json_t *list = json_array();

    for (int i = 0; i < spec->panels; i++) {
        const struct ds_spec_panel *p = spec->panel[i];
        json_t *one = json_object();

        json_object_set_new(one, "panel", text_of(p->name));
        json_object_set_new(one, "figure", json_string(p->figure->key));
        json_object_set_new(one, "source", text_of(p->source));
        json_object_set_new(one, "options", options_of(&p->opt));
        if (p->study.table)
            json_object_set_new(one, "table", file_of(p->table.path, p->table.crc));
        json_array_append_new(list, one);
    }
    return list;
}

/* The text of root, which is given up. */
static int publish(char **json, size_t *n, json_t *root, const char *of, struct ds_err *err)
{
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));

    json_decref(root);
    *json = NULL;
    *n = text ? strlen(text) + 1 : 0;
    if (!text || !(*json = malloc(*n + 1))) {
        free(text);
        return ds_fail(err, DS_NOMEM, "no memory for the provenance of %s", of);
    }
    snprintf(*json, *n + 1, "%s\n", text);
    free(text);
    return 0;
}

int ds_figure_provenance(char **json, size_t *n, const struct ds_figure_report *report,
                         const struct ds_figure *f, const struct ds_study *study,
                         const struct ds_figure_opt *opt, struct ds_err *err)
{
    json_t *root = json_object();
    char command[16384];

    ds_figure_command(command, sizeof command, f, study, opt);
    json_object_set_new(root, "figure", json_string(f->key));
    json_object_set_new(root, "file", text_of(opt->output));
    json_object_set_new(root, "program", json_string("driftscope " DS_VERSION_FULL));
    json_object_set_new(root, "command", text_of(command));
    json_object_set_new(root, "convention", text_of(report->note));
    json_object_set_new(root, "width_inches", json_real(rint(report->width * 1e4) / 1e4));
    json_object_set_new(root, "height_inches", json_real(rint(report->height * 1e4) / 1e4));
    json_object_set_new(root, "font", json_string(report->font));
    json_object_set_new(root, "font_wanted", json_string(report->wanted));
    json_object_set_new(root, "options", options_of(opt));
    json_object_set_new(root, "runs", runs_of(study));
    if (study->table)
        json_object_set_new(root, "table", file_of(study->table->path, study->table->crc));
    if (study->spec) {
        json_object_set_new(root, "spec", file_of(study->spec->path, study->spec->crc));
        json_object_set_new(root, "panels", panels_of(study->spec));
    }
    return publish(json, n, root, opt->output, err);
}

/* A figure or a table of a report. */
static json_t *item_of(const struct ds_report_item *item)
{
    json_t *one = json_object();
    char number[32];
    char *caption = ds_report_caption(item);

    ds_report_number(number, sizeof number, item);
    number[strcspn(number, ".")] = '\0';
    json_object_set_new(one, "number", json_string(number));
    json_object_set_new(one, item->figure ? "figure" : "table",
                        json_string(item->figure ? item->figure->key : item->sheet.name));
    json_object_set_new(one, "convention", text_of(caption ? caption : ""));
    free(caption);
    return one;
}

int ds_report_provenance(char **json, size_t *n, const struct ds_study_report *r,
                         struct ds_err *err)
{
    json_t *root = json_object(), *items = json_array(), *left = json_array();

    for (int i = 0; i < r->items; i++)
        json_array_append_new(items, item_of(&r->item[i]));
    for (int i = 0; i < r->lefts; i++)
        json_array_append_new(left, text_of(r->left[i]));
    json_object_set_new(root, "title", text_of(r->title));
    json_object_set_new(root, "program", json_string("driftscope " DS_VERSION_FULL));
    json_object_set_new(root, "options", options_of(r->opt));
    json_object_set_new(root, "runs", runs_of(r->study));
    json_object_set_new(root, "items", items);
    json_object_set_new(root, "left_out", left);
    return publish(json, n, root, "the report", err);
}
