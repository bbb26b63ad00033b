/* data/source/lines.c -- a small text file as a list of its lines. See the header. */
#include "data/source/lines_int.h"

#include <stdlib.h>
#include <string.h>
#include "data/store/file.h"
#include "data/store/name.h"

bool ds_name_fits(const char *name)
{
    const size_t n = strlen(name);

    return n > 0 && n <= DS_NAME_BYTES && ds_utf8_unprintable(name, n) < 0;
}

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (end > s && strchr(" \t\r", end[-1]))
        *--end = '\0';
    return s + strspn(s, " \t");
}

static int split(struct ds_lines *l, const char *path, struct ds_err *err)
{
    char *next = l->text;

    for (int number = 1; next; number++) {
        char *line = next;

        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line = trim(line);
        if (!*line)
            continue;
        if (!ds_name_fits(line))
            return ds_fail(err, DS_DATA,
                           "%s:%d: not a line of at most %d bytes of printable "
                           "UTF-8",
                           path, number, DS_NAME_BYTES);
        l->line[l->count] = line;
        l->number[l->count++] = number;
    }
    return 0;
}

int ds_lines_load(struct ds_lines *l, const char *path, struct ds_err *err)
{
    unsigned char *bytes;
    size_t n, lines = 1;

    *l = (struct ds_lines){0};
    if (ds_file_read(&bytes, &n, path, DS_LINES_BYTES, err))
        return err->code;
    for (size_t i = 0; i < n; i++)
        lines += bytes[i] == '\n';
    l->text = malloc(n + 1);
    l->line = calloc(lines, sizeof *l->line);
    l->number = calloc(lines, sizeof *l->number);
    if (!l->text || !l->line || !l->number) {
        ds_fail(err, DS_NOMEM, "%s: out of memory for %zu lines", path, lines);
        goto done;
    }
    memcpy(l->text, bytes, n);
    l->text[n] = '\0';
    if (memchr(bytes, '\0', n)) {
        ds_fail(err, DS_DATA, "%s: holds zero bytes, expected a text file", path);
        goto done;
    }
    if (split(l, path, err))
        goto done;
    free(bytes);
    return 0;
done:
    free(bytes);
    ds_lines_clear(l);
    return err->code;
}

void ds_lines_clear(struct ds_lines *l)
{
    free(l->text);
    free(l->line);
    free(l->number);
    *l = (struct ds_lines){0};
}
