/* data/image/gather.c -- the pictures that a command line means. See the header. */
#define _GNU_SOURCE
#include "data/image/gather.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "data/store/file.h"

static bool is_picture(const char *name)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot, endings[i]))
            return true;
    return false;
}

static int class_number(int *number, struct ds_gathered *g, const char *name, size_t length,
                        struct ds_err *err)
{
    char **more;

    for (*number = g->classes - 1; *number >= 0; --*number)
        if (strlen(g->class_name[*number]) == length &&
            !strncmp(g->class_name[*number], name, length))
            return 0;
    more = realloc(g->class_name, ((size_t)g->classes + 1) * sizeof *more);
    if (!more)
        return ds_fail(err, DS_NOMEM, "out of memory for class names");
    g->class_name = more;
    more[g->classes] = strndup(name, length);
    if (!more[g->classes])
        return ds_fail(err, DS_NOMEM, "out of memory for class names");
    *number = g->classes++;
    return 0;
}

/* `below` is the path below the operand, or "" for an operand itself. */
static int add(struct ds_gathered *g, const char *path, const char *below, struct ds_err *err)
{
    const char *slash = strchr(below, '/');
    int number = 0;

    if (g->count == DS_GATHER_MAX)
        return ds_fail(err, DS_DATA, "%s: more than %d pictures", path, DS_GATHER_MAX);
    if (!(g->count & (g->count + 1))) { /* full at 2^k - 1 */
        const size_t room = 2 * ((size_t)g->count + 1);
        char **path_more = realloc(g->path, room * sizeof *path_more);
        int *class_more;

        if (path_more)
            g->path = path_more;
        class_more = path_more ? realloc(g->class_of, room * sizeof *class_more) : NULL;
        if (!class_more)
            return ds_fail(err, DS_NOMEM, "out of memory for %zu pictures", room);
        g->class_of = class_more;
    }
    if (class_number(&number, g, slash ? below : "pictures",
                     slash ? (size_t)(slash - below) : 8, err))
        return err->code;
    g->class_of[g->count] = number;
    g->path[g->count] = strdup(path);
    if (!g->path[g->count])
        return ds_fail(err, DS_NOMEM, "out of memory for %d pictures", g->count);
    g->count++;
    return 0;
}

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* Not alphasort: that one follows the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* `from` is where the path below the operand begins. */
static int walk(struct ds_gathered *g, const char *dir, size_t from, int depth,
                struct ds_err *err)
{
    struct dirent **list;
    const int n = scandir(dir, &list, visible, by_bytes);
    int code = 0;

    if (n < 0)
        return ds_fail(err, ds_open_code(errno), "%s: %s", dir, strerror(errno));
    if (depth == DS_GATHER_DEPTH)
        code = ds_fail(err, DS_DATA, "%s: folders deeper than %d", dir, DS_GATHER_DEPTH);
    for (int i = 0; i < n && !code; i++) {
        bool folder;
        char *path;

        if (asprintf(&path, "%s/%s", dir, list[i]->d_name) < 0) {
            code = ds_fail(err, DS_NOMEM, "out of memory for file names");
            break;
        }
        if (!(code = ds_folder_there(&folder, path, err)) && folder)
            code = walk(g, path, from, depth + 1, err);
        else if (!code && is_picture(path))
            code = add(g, path, path + from, err);
        free(path);
    }
    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
    return code;
}

/* A trailing slash is not part of the name. */
static int walk_operand(struct ds_gathered *g, const char *dir, struct ds_err *err)
{
    const int before = g->count;
    size_t length = strlen(dir);
    char *name;
    int code;

    while (length > 1 && dir[length - 1] == '/')
        length--;
    name = strndup(dir, length);
    if (!name)
        return ds_fail(err, DS_NOMEM, "out of memory for file names");
    code = walk(g, name, length + 1, 0, err);
    if (!code && g->count == before)
        code =
            ds_fail(err, DS_DATA, "%s: no pictures in it, expected .png, .jpg or .jpeg", name);
    free(name);
    return code;
}

int ds_gather(struct ds_gathered *g, char *const *operand, int n, struct ds_err *err)
{
    *g = (struct ds_gathered){0};
    for (int i = 0; i < n; i++) {
        struct stat st;
        int code;

        if (stat(operand[i], &st))
            return ds_fail(err, ds_open_code(errno), "%s: %s", operand[i], strerror(errno));
        code = S_ISDIR(st.st_mode) ? walk_operand(g, operand[i], err)
                                   : add(g, operand[i], "", err);
        if (code)
            return code;
    }
    return 0;
}

void ds_gather_clear(struct ds_gathered *g)
{
    for (int i = 0; i < g->count; i++)
        free(g->path[i]);
    for (int i = 0; i < g->classes; i++)
        free(g->class_name[i]);
    free(g->path);
    free(g->class_of);
    free(g->class_name);
    *g = (struct ds_gathered){0};
}
