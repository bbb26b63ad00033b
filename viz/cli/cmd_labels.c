/* viz/cli/cmd_labels.c -- names of a network's classes. See the header. */
#define _GNU_SOURCE
#include "viz/cli/cmd_labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/file.h"

enum { LABELS_MAX = 4 << 20 };

static int begin(struct ds_labels *l, int classes, struct ds_err *err)
{
    *l = (struct ds_labels){.classes = classes};
    l->name = calloc((size_t)classes + 1, sizeof *l->name);
    l->id = calloc((size_t)classes + 1, sizeof *l->id);
    return l->name && l->id ? 0 : ds_fail(err, DS_NOMEM, "out of memory for class names");
}

void ds_labels_clear(struct ds_labels *l)
{
    for (int i = 0; i < l->classes; i++) {
        if (l->name)
            free(l->name[i]);
        if (l->id)
            free(l->id[i]);
    }
    free(l->name);
    free(l->id);
    *l = (struct ds_labels){0};
}

static int keep(char **place, const char *text, struct ds_err *err)
{
    free(*place);
    *place = *text ? strdup(text) : NULL; /* an empty name is none */
    return *place || !*text ? 0 : ds_fail(err, DS_NOMEM, "out of memory for class names");
}

/* "285 TAB n02124075 TAB Egyptian cat": a number, perhaps an id, a name. */
static int read_line(struct ds_labels *l, char *line, int number, int *next, struct ds_err *err)
{
    char *tab = strchr(line, '\t'), *name = line, *end;
    long at = *next;

    if (tab) {
        *tab = '\0';
        at = strtol(line, &end, 10);
        if (end == line || *end)
            at = -1;
        name = tab + 1;
    }
    if (at < 0 || at >= l->classes)
        return ds_fail(
            err, DS_DATA,
            "line %d: expected a class from 0 to %d, as number TAB id TAB name or one "
            "name a line",
            number, l->classes - 1);
    tab = tab ? strchr(name, '\t') : NULL;
    if (tab) {
        *tab = '\0';
        if (keep(&l->id[at], name, err))
            return err->code;
        name = tab + 1;
    }
    *next = (int)at + 1;
    return keep(&l->name[at], name, err);
}

/* Lines end in LF or CR LF; empty ones are passed over. */
static int read_text(struct ds_labels *l, char *text, struct ds_err *err)
{
    int number = 0, next = 0;

    for (char *at = text, *end; *at; at = end) {
        const size_t n = strcspn(at, "\n");

        end = at + n + (at[n] == '\n');
        at[n] = '\0';
        at[n - (n && at[n - 1] == '\r')] = '\0';
        number++;
        if (*at && read_line(l, at, number, &next, err))
            return err->code;
    }
    return next || number ? 0 : ds_fail(err, DS_DATA, "the file is empty");
}

static int read_file(struct ds_labels *l, const char *path, struct ds_err *err)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors put it in front of UTF-8 */
    unsigned char *bytes;
    char *text;
    int code = 0;
    size_t n;

    if (ds_file_read(&bytes, &n, path, LABELS_MAX, err))
        return err->code;
    text = malloc(n + 1);
    if (!text)
        code = ds_fail(err, DS_NOMEM, "out of memory for class names");
    else if (memchr(bytes, 0, n))
        code = ds_fail(err, DS_DATA, "holds a byte 0, so it is no text");
    if (!code) {
        memcpy(text, bytes, n);
        text[n] = '\0';
        code = read_text(l, text + (strncmp(text, mark, 3) ? 0 : 3), err);
    }
    free(text);
    free(bytes);
    return code ? ds_while(err, "%s", path) : 0;
}

int ds_labels_load(struct ds_labels *l, const char *path, const struct ds_model *m,
                   struct ds_err *err)
{
    const int classes = m->vit.shape.classes;

    if (begin(l, classes, err))
        return err->code;
    if (*path && !classes)
        return ds_fail(err, DS_USAGE, "%s: the network has no classes to name", path);
    if (*path)
        return read_file(l, path, err);
    for (int i = 0; m->class_name && i < classes; i++)
        if (m->class_name[i] && keep(&l->name[i], m->class_name[i], err))
            return err->code;
    return 0;
}

int ds_labels_run(struct ds_labels *l, const struct ds_record *r, int classes,
                  struct ds_err *err)
{
    if (begin(l, classes, err))
        return err->code;
    for (int i = 0; i < classes && i < r->classes; i++)
        if (keep(&l->name[i], r->class_name[i], err))
            return err->code;
    return 0;
}

const char *ds_labels_text(char *to, size_t size, const struct ds_labels *l, int number)
{
    if (number < l->classes && l->name[number])
        snprintf(to, size, "%s", l->name[number]);
    else
        snprintf(to, size, "class %d", number);
    return to;
}

int ds_labels_lookup(const struct ds_labels *l, const char *word)
{
    char *end;
    long number;
    int found = -1;

    for (int i = 0; i < l->classes; i++)
        if (l->id[i] && !strcmp(l->id[i], word))
            return i;
    for (int i = 0; i < l->classes; i++)
        if (l->name[i] && !strcmp(l->name[i], word))
            found = found == -1 ? i : DS_LABELS_SEVERAL;
    if (found != -1)
        return found;
    number = strtol(word, &end, 10);
    return end != word && !*end && number >= 0 && number < l->classes ? (int)number : -1;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(**(char *const *const *)a, **(char *const *const *)b);
}

/* Folders in the order of their names are classes 0, 1 ... */
static int by_order(int *class, const struct ds_gathered *g, struct ds_err *err)
{
    char ***sorted = calloc((size_t)g->classes, sizeof *sorted);

    if (!sorted)
        return ds_fail(err, DS_NOMEM, "out of memory for %d folders", g->classes);
    for (int i = 0; i < g->classes; i++)
        sorted[i] = &g->class_name[i];
    qsort(sorted, (size_t)g->classes, sizeof *sorted, by_text);
    for (int i = 0; i < g->classes; i++)
        class[sorted[i] - g->class_name] = i;
    free(sorted);
    return 0;
}

int ds_labels_folders(int *class, const struct ds_gathered *g, const struct ds_labels *labels,
                      bool *ordered, const char *data, struct ds_err *err)
{
    int found = 0, lost = 0;

    if (ordered)
        *ordered = false;
    for (int i = 0; i < g->classes; i++) {
        class[i] = ds_labels_lookup(labels, g->class_name[i]);
        if (class[i] == DS_LABELS_SEVERAL)
            return ds_fail(err, DS_DATA,
                           "%s: folder '%.100s' is the name of several classes of the network; "
                           "call it by id or number",
                           data, g->class_name[i]);
        found += class[i] >= 0;
        lost = class[i] < 0 ? i : lost;
    }
    if (found == g->classes)
        return 0;
    if (ordered && found == 0 && g->classes == labels->classes) {
        *ordered = true;
        return by_order(class, g, err);
    }
    return ds_fail(err, DS_DATA,
                   "%s: folder '%.100s' is no class of the network (name, id or number); give "
                   "--labels FILE with lines number TAB id TAB name",
                   data, g->class_name[lost]);
}
