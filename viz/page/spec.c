/* viz/page/spec.c -- reading a figure of several panels. See the header. */
#include "viz/page/spec.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/file.h"
#include "viz/page/shelf.h"

enum { FILE_MOST = 1 << 20 };

/* A key and its value; a line that begins with a blank goes on with the value before. */
struct entry {
    char section[32], key[32], value[4096];
    int line;
};

typedef int entry_sink(void *with, const struct entry *e, struct ds_err *err);

static void trim(char *text)
{
    size_t n = strlen(text), skip = strspn(text, " \t\r");

    while (n > skip && isspace((unsigned char)text[n - 1]))
        n--;
    memmove(text, text + skip, n - skip);
    text[n - skip] = '\0';
}

static int flush(struct entry *e, entry_sink *sink, void *with, struct ds_err *err)
{
    int code = 0;

    if (*e->key)
        code = sink(with, e, err);
    e->key[0] = e->value[0] = '\0';
    return code;
}

/* From a '#' or ';' that begins the line or stands behind a blank. */
static void cut_comment(char *line)
{
    for (char *at = line; *at; at++)
        if ((*at == '#' || *at == ';') && (at == line || at[-1] == ' ' || at[-1] == '\t')) {
            *at = '\0';
            return;
        }
}

/* One line without its end. */
static int read_line(struct entry *e, char *line, int number, const char *path,
                     entry_sink *sink, void *with, struct ds_err *err)
{
    const bool more = *line == ' ' || *line == '\t';
    char *equals;
    int code;

    cut_comment(line);
    trim(line);
    if (!*line)
        return 0;
    /* An indented 'key = value' is one, not more of the line before. */
    if (more && *e->key && !strchr(line, '=')) {
        const size_t n = strlen(e->value);

        if (n + strlen(line) + 2 > sizeof e->value)
            return ds_fail(err, DS_USAGE, "%s:%d: the value is too long", path, number);
        snprintf(e->value + n, sizeof e->value - n, " %s", line);
        return 0;
    }
    if ((code = flush(e, sink, with, err)))
        return code;
    e->line = number;
    if (*line == '[') {
        const size_t n = strcspn(line + 1, "]");

        if (line[n + 1] != ']' || n == 0 || n >= sizeof e->section)
            return ds_fail(err, DS_USAGE, "%s:%d: not a section [name]", path, number);
        snprintf(e->section, sizeof e->section, "%.*s", (int)n, line + 1);
        return 0;
    }
    equals = strchr(line, '=');
    if (!equals || !*e->section)
        return ds_fail(err, DS_USAGE, "%s:%d: not a line of the form 'key = value'%s", path,
                       number, *e->section ? "" : " in a section");
    *equals = '\0';
    trim(line);
    trim(equals + 1);
    if (strlen(line) >= sizeof e->key || strlen(equals + 1) >= sizeof e->value)
        return ds_fail(err, DS_USAGE, "%s:%d: the line is too long", path, number);
    snprintf(e->key, sizeof e->key, "%s", line);
    snprintf(e->value, sizeof e->value, "%s", equals + 1);
    return 0;
}

static int read_file(const char *path, uint32_t *crc, entry_sink *sink, void *with,
                     struct ds_err *err)
{
    struct entry e = {.line = 0};
    unsigned char *bytes = NULL;
    size_t n = 0, at = 0;
    int number = 0, code;

    if ((code = ds_file_read(&bytes, &n, path, FILE_MOST, err)))
        return code;
    if (crc)
        *crc = ds_crc32c(bytes, n);
    while (at < n && !code) {
        const unsigned char *end = memchr(bytes + at, '\n', n - at);
        const size_t length = end ? (size_t)(end - bytes) - at : n - at;
        char line[4400];

        number++;
        if (length >= sizeof line || memchr(bytes + at, '\0', length))
            code = ds_fail(err, DS_USAGE, "%s:%d: not a line of text", path, number);
        if (!code) {
            memcpy(line, bytes + at, length);
            line[length] = '\0';
            code = read_line(&e, line, number, path, sink, with, err);
        }
        at += length + 1;
    }
    if (!code)
        code = flush(&e, sink, with, err);
    free(bytes);
    return code;
}

static int set(struct ds_figure_opt *opt, const struct entry *e, const char *path,
               struct ds_err *err)
{
    static const char *const never[] = {"output", "spec", "list", "check", "frames"};
    char origin[1200];

    snprintf(origin, sizeof origin, "%s:%d: %s", path, e->line, e->key);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (!strcmp(e->key, never[i]))
            return ds_fail(err, DS_USAGE, "%s belongs on the command line", origin);
    return ds_opt_set(ds_figure_table, opt, e->key, e->value, origin, err);
}

/* ---- [page] alone */

struct page_read {
    struct ds_figure_opt *opt;
    const char *path;
};

static int page_entry(void *with, const struct entry *e, struct ds_err *err)
{
    struct page_read *r = with;

    if (strcmp(e->section, "page") || !strcmp(e->key, "columns"))
        return 0;
    return set(r->opt, e, r->path, err);
}

int ds_spec_page(struct ds_figure_opt *opt, const char *path, struct ds_err *err)
{
    struct page_read r = {opt, path};

    return read_file(path, NULL, page_entry, &r, err);
}

/* ---- panels */

struct spec_read {
    struct ds_spec *s;
    const struct ds_figure_opt *page;
};

/* "2, 1" -> numbers; how many, or -1. */
static int numbers(double *to, int room, const char *text)
{
    int n = 0;

    while (*text) {
        char *end;
        const double v = strtod(text, &end);

        if (end == text || n == room)
            return -1;
        to[n++] = v;
        text = end + strspn(end, ", \t");
        if (end == text && *text)
            return -1;
    }
    return n;
}

static int set_columns(struct ds_spec *s, const struct entry *e, struct ds_err *err)
{
    double sum = 0;

    s->columns = numbers(s->weight, DS_SPEC_COLUMNS, e->value);
    for (int i = 0; i < s->columns; i++) {
        sum += s->weight[i];
        if (!(s->weight[i] > 0 && s->weight[i] < 1000))
            s->columns = -1;
    }
    if (s->columns < 1)
        return ds_fail(err, DS_USAGE,
                       "%s:%d: columns wants 1 to %d relative widths like 2, 1, not '%s'",
                       s->path, e->line, (int)DS_SPEC_COLUMNS, e->value);
    for (int i = 0; i < s->columns; i++)
        s->weight[i] /= sum;
    return 0;
}

static int set_cell(struct ds_spec_panel *p, const struct entry *e, const char *path,
                    struct ds_err *err)
{
    double v[4] = {0, 0, 1, 1};
    const int n = numbers(v, 4, e->value);

    for (int i = 0; i < 4; i++)
        if ((n != 2 && n != 4) || !(v[i] >= 1 && v[i] <= DS_SPEC_PANELS) || v[i] != (int)v[i])
            return ds_fail(err, DS_USAGE,
                           "%s:%d: cell wants a row and a column like 1, 2, and perhaps how "
                           "many of each it spans, not '%s'",
                           path, e->line, e->value);
    p->row = (int)v[0] - 1;
    p->column = (int)v[1] - 1;
    p->down = (int)v[2];
    p->across = (int)v[3];
    return 0;
}

static int set_type(struct ds_spec_panel *p, const struct entry *e, const char *path,
                    struct ds_err *err)
{
    const char *near = ds_figure_nearest(e->value);

    p->figure = ds_figure_lookup(e->value);
    if (p->figure && !(ds_figure_needs(p->figure) & DS_NEED_SPEC))
        return 0;
    return ds_fail(err, DS_USAGE, "%s:%d: there is no figure '%s' to put into a panel%s%s%s",
                   path, e->line, e->value, near && !p->figure ? "; did you mean '" : "",
                   near && !p->figure ? near : "", near && !p->figure ? "'" : "");
}

static int panel_of(struct ds_spec_panel **p, struct ds_spec *s, const struct entry *e,
                    const struct ds_figure_opt *page, struct ds_err *err)
{
    for (int i = 0; i < s->panels; i++)
        if (!strcmp(s->panel[i]->name, e->section)) {
            *p = s->panel[i];
            return 0;
        }
    if (s->panels == DS_SPEC_PANELS)
        return ds_fail(err, DS_USAGE, "%s:%d: more than %d panels", s->path, e->line,
                       (int)DS_SPEC_PANELS);
    if (!(*p = calloc(1, sizeof **p)))
        return ds_fail(err, DS_NOMEM, "no memory for a panel");
    snprintf((*p)->name, sizeof(*p)->name, "%s", e->section);
    (*p)->opt = *page;
    (*p)->opt.title[0] = '\0';
    (*p)->row = (*p)->column = -1;
    (*p)->down = (*p)->across = 1;
    (*p)->line = e->line;
    s->panel[s->panels++] = *p;
    return 0;
}

static int spec_entry(void *with, const struct entry *e, struct ds_err *err)
{
    struct spec_read *r = with;
    struct ds_spec *s = r->s;
    struct ds_spec_panel *p;

    if (!strcmp(e->section, "page"))
        return strcmp(e->key, "columns") ? 0 : set_columns(s, e, err);
    if (panel_of(&p, s, e, r->page, err))
        return err->code;
    if (!strcmp(e->key, "type"))
        return set_type(p, e, s->path, err);
    if (!strcmp(e->key, "cell"))
        return set_cell(p, e, s->path, err);
    if (!strcmp(e->key, "source") || !strcmp(e->key, "title") || !strcmp(e->key, "share")) {
        char *to = *e->key == 't' ? p->title : strcmp(e->key, "source") ? p->share : p->source;
        const size_t room = *e->key == 't'             ? sizeof p->title
                            : strcmp(e->key, "source") ? sizeof p->share
                                                       : sizeof p->source;

        if (strlen(e->value) >= room)
            return ds_fail(err, DS_USAGE, "%s:%d: %s is longer than %zu bytes", s->path,
                           e->line, e->key, room - 1);
        snprintf(to, room, "%s", e->value);
        return 0;
    }
    return set(&p->opt, e, s->path, err);
}

/* Runs that are not yet in the study of all. */
static void gather(struct ds_spec *s, const struct ds_study_run *run)
{
    for (int i = 0; i < s->all.runs; i++)
        if (s->all.run[i].record == run->record)
            return;
    s->all.run[s->all.runs++] = *run; /* the shelf has DS_RUNS at most */
}

static int load_runs(struct ds_spec *s, struct ds_spec_panel *p, struct ds_err *err)
{
    struct ds_study_run run[DS_RUNS];
    char *at = p->source;
    int n = 0;

    while (*(at += strspn(at, " \t"))) {
        const size_t length = strcspn(at, " \t");
        char operand[1024];

        if (length >= sizeof operand || n == DS_RUNS)
            return ds_fail(err, DS_USAGE, "%s:%d: source names too much", s->path, p->line);
        snprintf(operand, sizeof operand, "%.*s", (int)length, at);
        if (ds_shelf_run(&run[n], s->shelf, operand, err))
            return err->code;
        gather(s, &run[n++]);
        at += length;
    }
    return ds_study_init(&p->study, run, n, p->opt.labels, err);
}

static int load_panel(struct ds_spec *s, struct ds_spec_panel *p, struct ds_err *err)
{
    if (!p->figure || !*p->source)
        return ds_fail(err, DS_USAGE, "%s:%d: panel [%s] wants %s", s->path, p->line, p->name,
                       p->figure ? "source = RUN ..." : "type = NAME");
    if (ds_figure_needs(p->figure) & DS_NEED_TABLE) {
        if (ds_grid_load(&p->table, p->source, err))
            return err->code;
        p->study.table = &p->table;
        return 0;
    }
    return load_runs(s, p, err);
}

static bool overlap(const struct ds_spec_panel *a, const struct ds_spec_panel *b)
{
    return a->row < b->row + b->down && b->row < a->row + a->down &&
           a->column < b->column + b->across && b->column < a->column + a->across;
}

/* Panels without a cell follow in reading order; then the grid must be free of collisions. */
static int place(struct ds_spec *s, struct ds_err *err)
{
    int next = 0;

    if (s->columns == 0) {
        for (int i = 0; i < s->panels; i++) {
            const int end = s->panel[i]->column + s->panel[i]->across;

            s->columns = s->panel[i]->column >= 0 && end > s->columns ? end : s->columns;
        }
        s->columns = s->columns ? s->columns : s->panels < 3 ? s->panels : 2;
        s->columns = s->columns < DS_SPEC_COLUMNS ? s->columns : DS_SPEC_COLUMNS;
        for (int k = 0; k < s->columns; k++)
            s->weight[k] = 1.0 / s->columns;
    }
    for (int i = 0; i < s->panels; i++) {
        struct ds_spec_panel *p = s->panel[i];

        if (p->row < 0) {
            p->row = next / s->columns;
            p->column = next % s->columns;
        }
        next = p->row * s->columns + p->column + p->across;
        if (p->column + p->across > s->columns)
            return ds_fail(err, DS_USAGE, "%s:%d: panel [%s] reaches column %d of %d", s->path,
                           p->line, p->name, p->column + p->across, s->columns);
        s->rows = p->row + p->down > s->rows ? p->row + p->down : s->rows;
        for (int k = 0; k < i; k++)
            if (overlap(p, s->panel[k]))
                return ds_fail(err, DS_USAGE, "%s:%d: panels [%s] and [%s] overlap", s->path,
                               p->line, s->panel[k]->name, p->name);
    }
    return 0;
}

int ds_spec_load(struct ds_spec *s, const char *path, const struct ds_figure_opt *page,
                 struct ds_err *err)
{
    struct spec_read r = {s, page};

    memset(s, 0, sizeof *s);
    snprintf(s->path, sizeof s->path, "%s", path);
    if (!(s->shelf = ds_shelf_new(err)) || read_file(path, &s->crc, spec_entry, &r, err))
        return err->code;
    if (s->panels < 1)
        return ds_fail(err, DS_USAGE, "%s: no panel; a section like [a] makes one", path);
    if (place(s, err))
        return err->code;
    for (int i = 0; i < s->panels; i++)
        if (load_panel(s, s->panel[i], err))
            return err->code;
    return 0;
}

void ds_spec_clear(struct ds_spec *s)
{
    for (int i = 0; i < s->panels; i++) {
        ds_grid_clear(&s->panel[i]->table);
        free(s->panel[i]);
    }
    ds_shelf_free(s->shelf);
    memset(s, 0, sizeof *s);
}
