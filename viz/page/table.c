/* viz/page/table.c -- a table as cells, whoever wrote it. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "viz/page/table.h"

#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/opt.h"
#include "data/store/file.h"

enum { COLUMNS = 64, ROWS = 100000, FILE_MOST = 16 << 20 };

void ds_grid_clear(struct ds_grid *g)
{
    for (size_t i = 0; g->cell && i < (size_t)(g->rows + 1) * (size_t)g->columns; i++)
        free(g->cell[i]);
    free(g->cell);
    g->cell = NULL;
    g->rows = g->columns = g->room = 0;
}

const char *ds_grid_cell(const struct ds_grid *g, int row, int column)
{
    return g->cell[(size_t)(row + 1) * (size_t)g->columns + (size_t)column];
}

double ds_grid_number(const struct ds_grid *g, int row, int column)
{
    const char *text = ds_grid_cell(g, row, column);
    char plain[64], *point, *end;
    double v;

    if (!*text || !strchr("+-.0123456789", *text) || strlen(text) >= sizeof plain)
        return NAN;
    /* strtod reads the point of the process's locale; files have a point. */
    snprintf(plain, sizeof plain, "%s", text);
    if ((point = strchr(plain, '.')))
        *point = *localeconv()->decimal_point;
    v = strtod(plain, &end);
    return *end || !isfinite(v) ? NAN : v;
}

int ds_grid_column(const struct ds_grid *g, const char *name)
{
    for (int k = 0; k < g->columns; k++)
        if (!strcmp(ds_grid_cell(g, -1, k), name))
            return k;
    return -1;
}

bool ds_grid_numeric(const struct ds_grid *g, int column)
{
    int numbers = 0;

    for (int i = 0; i < g->rows; i++) {
        if (isfinite(ds_grid_number(g, i, column)))
            numbers++;
        else if (*ds_grid_cell(g, i, column))
            return false;
    }
    return numbers > 0;
}

int ds_grid_need(int *column, const struct ds_grid *g, const char *name, const char *flag,
                 struct ds_err *err)
{
    const char *names[COLUMNS + 1] = {NULL}, *near;

    if ((*column = ds_grid_column(g, name)) >= 0)
        return 0;
    for (int k = 0; k < g->columns; k++)
        names[k] = ds_grid_cell(g, -1, k);
    near = ds_opt_nearest(name, names);
    return ds_fail(err, DS_USAGE, "%s: %s has no column '%s'%s%s%s", flag, g->path, name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
}

/* Makes `rows` rows; their cells are NULL until they are set. */
static int grow(struct ds_grid *g, int rows, struct ds_err *err)
{
    const size_t row = (size_t)g->columns;

    if (rows > ROWS)
        return ds_fail(err, DS_DATA, "%s: more than %d rows", g->path, (int)ROWS);
    if (rows > g->room) {
        const int room = g->room ? 2 * g->room : 16;
        char **cell = realloc(g->cell, (size_t)(room + 1) * row * sizeof *cell);

        if (!cell)
            return ds_fail(err, DS_NOMEM, "no memory for %d rows", room);
        g->cell = cell;
        g->room = room;
    }
    memset(g->cell + (size_t)rows * row, 0, row * sizeof *g->cell);
    g->rows = rows;
    return 0;
}

/* ---- CSV, TSV */

struct reader {
    const char *at, *end, *path;
    char comma;
    int line;
};

/* The bytes of a field as they stand in the file, quotes included. */
static size_t field_length(const struct reader *r)
{
    const char *at = r->at;

    if (at == r->end || *at != '"') {
        while (at < r->end && *at != r->comma && *at != '\n' && *at != '\r')
            at++;
        return (size_t)(at - r->at);
    }
    for (at++; at < r->end; at++)
        if (*at == '"' && (at + 1 == r->end || at[1] != '"'))
            return (size_t)(at - r->at) + 1;
        else if (*at == '"')
            at++;
    return (size_t)(at - r->at);
}

/* Without the quotes around it, doubled ones halved. */
static char *field_text(const char *at, size_t n)
{
    const bool quoted = n > 0 && *at == '"';
    char *to = malloc(n + 1);
    size_t k = 0;

    for (size_t i = quoted; to && i < n; i++) {
        if (quoted && at[i] == '"' && (i + 1 == n || at[++i] != '"'))
            break;
        to[k++] = at[i];
    }
    if (to)
        to[k] = '\0';
    return to;
}

/* One field into fresh memory; *last: a line ends behind it. */
static int field(char **out, bool *last, struct reader *r, struct ds_err *err)
{
    const size_t n = field_length(r);

    if (!(*out = field_text(r->at, n)))
        return ds_fail(err, DS_NOMEM, "no memory for %s", r->path);
    for (size_t i = 0; i < n; i++)
        r->line += r->at[i] == '\n';
    r->at += n;
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    *last = r->at == r->end || *r->at == '\n';
    if (!*last && *r->at != r->comma) {
        free(*out);
        *out = NULL;
        return ds_fail(err, DS_DATA, "%s:%d: text behind a quoted field", r->path, r->line);
    }
    r->line += r->at < r->end && *r->at == '\n';
    r->at += r->at < r->end;
    return 0;
}

static int names_line(struct ds_grid *g, struct reader *r, struct ds_err *err)
{
    bool last = false;

    g->cell = calloc(COLUMNS + 1, sizeof *g->cell);
    if (!g->cell)
        return ds_fail(err, DS_NOMEM, "no memory for %s", g->path);
    while (!last) {
        if (g->columns == COLUMNS)
            return ds_fail(err, DS_DATA, "%s:%d: more than %d columns", g->path, r->line,
                           (int)COLUMNS);
        if (field(&g->cell[g->columns], &last, r, err))
            return err->code;
        g->columns++;
    }
    return 0;
}

static int row_line(struct ds_grid *g, struct reader *r, struct ds_err *err)
{
    const int line = r->line;
    bool last = false;
    char **to;

    if (grow(g, g->rows + 1, err))
        return err->code;
    to = g->cell + (size_t)g->rows * (size_t)g->columns;
    for (int k = 0; k < g->columns; k++) {
        if (last)
            return ds_fail(err, DS_DATA, "%s:%d: %d fields, expected %d", g->path, line, k,
                           g->columns);
        if (field(&to[k], &last, r, err))
            return err->code;
    }
    return last
               ? 0
               : ds_fail(err, DS_DATA, "%s:%d: more than %d fields", g->path, line, g->columns);
}

static bool blank_or_note(struct reader *r)
{
    const char *end = memchr(r->at, '\n', (size_t)(r->end - r->at));

    if (*r->at != '#' && *r->at != '\n' && *r->at != '\r')
        return false;
    r->at = end ? end + 1 : r->end;
    r->line++;
    return true;
}

static int parse_csv(struct ds_grid *g, const char *text, size_t n, struct ds_err *err)
{
    struct reader r = {text, text + n, g->path, ',', 1};
    const char *end;

    while (r.at < r.end && blank_or_note(&r))
        ;
    if (r.at == r.end)
        return ds_fail(err, DS_DATA, "%s: an empty table, expected a line of names", g->path);
    end = memchr(r.at, '\n', (size_t)(r.end - r.at));
    if (memchr(r.at, '\t', (size_t)((end ? end : r.end) - r.at)))
        r.comma = '\t';
    if (names_line(g, &r, err))
        return err->code;
    while (r.at < r.end)
        if (!blank_or_note(&r) && row_line(g, &r, err))
            return err->code;
    return 0;
}

/* ---- JSON */

static char *text_of(const json_t *v)
{
    char number[40] = "";

    if (json_is_string(v))
        return strdup(json_string_value(v));
    if (json_is_integer(v))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(v));
    else if (json_is_real(v))
        return json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    else if (json_is_boolean(v))
        snprintf(number, sizeof number, "%s", json_is_true(v) ? "yes" : "no");
    return strdup(number);
}

static int json_names(struct ds_grid *g, json_t *row, struct ds_err *err)
{
    const char *key;
    json_t *value;

    if (json_object_size(row) < 1 || json_object_size(row) > COLUMNS)
        return ds_fail(err, DS_DATA, "%s: a row has %zu columns, expected 1 to %d", g->path,
                       json_object_size(row), (int)COLUMNS);
    g->cell = calloc(COLUMNS + 1, sizeof *g->cell);
    if (!g->cell)
        return ds_fail(err, DS_NOMEM, "no memory for %s", g->path);
    json_object_foreach(
        row, key, value) if (!(g->cell[g->columns++] =
                                   strdup(key))) return ds_fail(err, DS_NOMEM,
                                                                "no memory for %s", g->path);
    return 0;
}

static int json_cells(struct ds_grid *g, json_t *rows, struct ds_err *err)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (!json_is_object(row))
            return ds_fail(err, DS_DATA, "%s: row %zu is no object", g->path, i + 1);
        if ((i == 0 && json_names(g, row, err)) || grow(g, g->rows + 1, err))
            return err->code;
        for (int k = 0; k < g->columns; k++) {
            char *text = text_of(json_object_get(row, g->cell[k]));

            g->cell[(size_t)g->rows * (size_t)g->columns + (size_t)k] = text;
            if (!text)
                return ds_fail(err, DS_NOMEM, "no memory for %s", g->path);
        }
    }
    return g->columns ? 0 : ds_fail(err, DS_DATA, "%s: a table without rows", g->path);
}

static int parse_json(struct ds_grid *g, const char *text, size_t n, struct ds_err *err)
{
    json_error_t where;
    json_t *root = json_loadb(text, n, 0, &where), *rows = root;
    int code;

    if (!root)
        return ds_fail(err, DS_DATA, "%s:%d: not JSON: %s", g->path, where.line, where.text);
    if (json_is_object(root))
        rows = json_object_get(root, "rows");
    code = json_is_array(rows) ? json_cells(g, rows, err)
                               : ds_fail(err, DS_DATA,
                                         "%s: neither an array of rows nor an object with "
                                         "'rows'",
                                         g->path);
    json_decref(root);
    return code;
}

int ds_grid_parse(struct ds_grid *g, const char *path, const char *text, size_t n,
                  struct ds_err *err)
{
    size_t at = 0;
    int code;

    memset(g, 0, sizeof *g);
    snprintf(g->path, sizeof g->path, "%s", path);
    g->crc = ds_crc32c(text, n);
    if (memchr(text, '\0', n))
        return ds_fail(err, DS_DATA, "%s: not a text file, expected a CSV or JSON table", path);
    while (at < n && strchr(" \t\r\n", text[at]))
        at++;
    if (at < n && (text[at] == '[' || text[at] == '{'))
        code = parse_json(g, text, n, err);
    else
        code = parse_csv(g, text, n, err);
    if (code)
        ds_grid_clear(g);
    return code;
}

int ds_grid_load(struct ds_grid *g, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    int code;

    memset(g, 0, sizeof *g);
    if ((code = ds_file_read(&bytes, &n, path, FILE_MOST, err)))
        return code;
    code = ds_grid_parse(g, path, (const char *)bytes, n, err);
    free(bytes);
    return code;
}
