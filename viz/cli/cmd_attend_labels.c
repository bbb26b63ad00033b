/* viz/cli/cmd_attend_labels.c -- names of classes from a text file. See cmd_attend.h. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/file.h"
#include "viz/cli/cmd_attend.h"

enum { LABELS_MAX = 64 << 20 };

/* "281 TAB n02123045 TAB tabby" gives 281 and "tabby"; a plain line is the next class. */
static const char *split_line(long *number, char *line, long next)
{
    char *tab = strchr(line, '\t'), *end, *last;

    *number = next;
    if (!tab)
        return line;
    *tab = '\0';
    *number = strtol(line, &end, 10);
    if (end == line || *end)
        *number = -1;
    last = strrchr(tab + 1, '\t');
    return last ? last + 1 : tab + 1;
}

static int keep(struct ds_model *m, long number, const char *name, const char *path, int line,
                struct ds_err *err)
{
    if (number < 0 || number >= m->vit.shape.classes)
        return ds_fail(err, DS_DATA,
                       "%s:%d: expected a class from 0 to %d, as number TAB id TAB name or one name a line",
                       path, line, m->vit.shape.classes - 1);
    free(m->class_name[number]);
    m->class_name[number] = strdup(name);
    return m->class_name[number] ? 0 : ds_fail(err, DS_NOMEM, "out of memory for class names");
}

int ds_attend_labels(struct ds_model *m, const char *path, struct ds_err *err)
{
    unsigned char *bytes;
    size_t n;
    char *text, *save = NULL;
    int line = 0, code;
    long next = 0;

    if (!m->vit.shape.classes)
        return ds_fail(err, DS_USAGE, "%s: the network has no classes to name", path);
    if (ds_file_read(&bytes, &n, path, LABELS_MAX, err))
        return err->code;
    text = strndup((const char *)bytes, n);
    free(bytes);
    if (!m->class_name)
        m->class_name = calloc((size_t)m->vit.shape.classes, sizeof *m->class_name);
    code = text && m->class_name ? 0 : ds_fail(err, DS_NOMEM, "out of memory for class names");
    for (char *at = text ? strtok_r(text, "\r\n", &save) : NULL; at && !code;
         at = strtok_r(NULL, "\r\n", &save)) {
        const char *name;
        long number;

        line++;
        name = split_line(&number, at, next);
        code = keep(m, number, name, path, line, err);
        next = number + 1;
    }
    free(text);
    return code;
}
