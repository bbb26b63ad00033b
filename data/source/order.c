/* data/source/order.c -- in which order the classes are learned. See the header. */
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
static int lookup(const struct ds_source_info *info, const char *word)
{
    char *end;
    long label;

    for (int k = 0; k < info->classes; k++)
        if (!strcmp(info->class_name[k], word))
            return k;
    if (strspn(word, "0123456789") != strlen(word))
        return -1;
    label = strtol(word, &end, 10);
    return label < info->classes ? (int)label : -1;
}

/* line_of[K] begins zeroed and tells at which line a class was named. */
static int take_lines(int *label, int *line_of, const struct ds_source_info *info,
                      const struct ds_lines *lines, const char *path, struct ds_err *err)
{
    for (int i = 0; i < lines->count; i++) {
        const int k = lookup(info, lines->line[i]), at = lines->number[i];

        if (k < 0)
            return ds_fail(err, DS_DATA,
                           "%s:%d: '%.80s' is not a class of %s; expected a class "
                           "name ('%.80s', ...) or a label from 0 to %d",
                           path, at, lines->line[i], info->name, info->class_name[0],
                           info->classes - 1);
        if (line_of[k])
            return ds_fail(err, DS_DATA,
                           "%s:%d: class '%.80s' was named in line %d already; name "
                           "each class once",
                           path, at, info->class_name[k], line_of[k]);
        line_of[k] = at;
        label[i] = k; /* i < K: every class before was another one */
    }
    for (int k = 0; k < info->classes; k++)
        if (!line_of[k])
            return ds_fail(err, DS_DATA,
                           "%s: names %d of the %d classes of %s, '%.80s' is "
                           "missing; name each class once",
                           path, lines->count, info->classes, info->name, info->class_name[k]);
    return 0;
}

static int read_order(int *label, const struct ds_source_info *info, const char *path,
                      struct ds_err *err)
{
    struct ds_lines lines = {0};
    int *line_of = calloc((size_t)info->classes, sizeof *line_of);
    int code;

    if (!line_of)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d classes", path, info->classes);
    code = ds_lines_load(&lines, path, err);
    if (code == DS_NOINPUT)
        code = ds_fail(err, DS_NOINPUT,
                       "%s: this file cannot be read; a class order is shuffle, "
                       "natural, or a file with one class name or label a line",
                       path);
    if (!code)
        code = take_lines(label, line_of, info, &lines, path, err);
    ds_lines_clear(&lines);
    free(line_of);
    return code;
}

int ds_order_find(int *label, const struct ds_source_info *info,
                  const struct ds_stream_want *want, struct ds_err *err)
{
    if (!strcmp(want->order, "shuffle")) {
        ds_class_order(label, info->classes, want->seed);
        return 0;
    }
    if (strcmp(want->order, "natural") != 0)
        return read_order(label, info, want->order, err);
    for (int k = 0; k < info->classes; k++)
        label[k] = k;
    return 0;
}
