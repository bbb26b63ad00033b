/* data/source/order.c -- in which order classes or domains are learned. See the header. */
#include "data/source/order_int.h"

#include <stdlib.h>
#include <string.h>
#include "data/source/lines_int.h"
#include "data/source/pcg64_int.h"

void ds_class_order(int *out, int n, uint64_t seed)
{
    struct ds_pcg64 g;

    ds_pcg64_init(&g, seed);
    for (int i = 0; i < n; i++)
        out[i] = i;
    for (int i = n - 1; i > 0; i--) {
        const int j = (int)ds_pcg64_upto(&g, (uint32_t)i);
        const int swap = out[i];

        out[i] = out[j];
        out[j] = swap;
    }
}

/* A class by its name, else by its label; -1 when there is none. Names go first: a folder
 * may be called "7" without being the eighth. */
static int lookup(const struct ds_ordered *of, const char *word)
{
    char *end;
    long number;

    for (int k = 0; k < of->count; k++)
        if (!strcmp(of->name[k], word))
            return k;
    if (strspn(word, "0123456789") != strlen(word))
        return -1;
    number = strtol(word, &end, 10);
    return number < of->count ? (int)number : -1;
}

/* line_of[count] begins zeroed and tells at which line a name was given. */
static int take_lines(int *number, int *line_of, const struct ds_ordered *of,
                      const struct ds_lines *lines, const char *path, struct ds_err *err)
{
    for (int i = 0; i < lines->count; i++) {
        const int k = lookup(of, lines->line[i]), at = lines->number[i];

        if (k < 0)
            return ds_fail(err, DS_DATA,
                           "%s:%d: '%.80s' is not a %s of %s; expected a %s name ('%.80s', "
                           "...) or a %s from 0 to %d",
                           path, at, lines->line[i], of->word, of->set, of->word, of->name[0],
                           strcmp(of->word, "class") ? "number" : "label", of->count - 1);
        if (line_of[k])
            return ds_fail(err, DS_DATA,
                           "%s:%d: %s '%.80s' was named in line %d already; name each %s once",
                           path, at, of->word, of->name[k], line_of[k], of->word);
        line_of[k] = at;
        number[i] = k; /* i < count: every name before was another one */
    }
    for (int k = 0; k < of->count; k++)
        if (!line_of[k])
            return ds_fail(err, DS_DATA,
                           "%s: names %d of the %d %s of %s, '%.80s' is missing; name each %s "
                           "once",
                           path, lines->count, of->count, of->words, of->set, of->name[k],
                           of->word);
    return 0;
}

static int read_order(int *number, const struct ds_ordered *of, const char *path,
                      struct ds_err *err)
{
    struct ds_lines lines = {0};
    int *line_of = calloc((size_t)of->count, sizeof *line_of);
    int code;

    if (!line_of)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d %s", path, of->count,
                       of->words);
    code = ds_lines_load(&lines, path, err);
    if (code == DS_NOINPUT)
        code =
            ds_fail(err, DS_NOINPUT,
                    "%s: this file cannot be read; a %s order is shuffle, natural, or a "
                    "file with one %s name or %s a line",
                    path, of->word, of->word, strcmp(of->word, "class") ? "number" : "label");
    if (!code)
        code = take_lines(number, line_of, of, &lines, path, err);
    ds_lines_clear(&lines);
    free(line_of);
    return code;
}

int ds_order_find(int *number, const struct ds_ordered *of, const struct ds_stream_want *want,
                  struct ds_err *err)
{
    if (!strcmp(want->order, "shuffle")) {
        ds_class_order(number, of->count, want->seed);
        return 0;
    }
    if (strcmp(want->order, "natural") != 0)
        return read_order(number, of, want->order, err);
    for (int k = 0; k < of->count; k++)
        number[k] = k;
    return 0;
}
