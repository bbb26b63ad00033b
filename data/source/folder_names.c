/* data/source/folder_names.c -- what is in a folder, in byte order. See folder_int.h. */
#define _GNU_SOURCE
#include "data/source/folder_int.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "data/source/lines_int.h"
#include "data/store/file.h"

bool ds_is_folder(const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return ds_open_code(errno) != DS_NOINPUT;
    return S_ISDIR(st.st_mode);
}

bool ds_has_folder(const char *dir, const char *name)
{
    char path[DS_PATH_BYTES];
    struct ds_err ignored;

    return ds_source_path(path, dir, name, &ignored) == 0 && ds_is_folder(path);
}

static bool ends_with(const char *name, const char *const *endings)
{
    const char *dot = strrchr(name, '.');

    for (; dot && *endings; endings++)
        if (!strcasecmp(dot, *endings))
            return true;
    return false;
}

bool ds_is_picture(const char *name)
{
    static const char *const ours[] = {".png", ".jpg", ".jpeg", NULL};

    return ends_with(name, ours);
}

bool ds_is_foreign(const char *name)
{
    static const char *const foreign[] = {".ppm",  ".pgm",  ".bmp", ".tif",
                                          ".tiff", ".webp", ".gif", NULL};

    return ends_with(name, foreign);
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

int ds_names_list(struct ds_names *l, const char *dir, struct ds_err *err)
{
    struct dirent **entry;
    const int n = scandir(dir, &entry, visible, by_bytes);
    int code = 0;

    *l = (struct ds_names){0};
    if (n < 0)
        return ds_fail(err, ds_open_code(errno), "%s: %s", dir, strerror(errno));
    l->name = calloc((size_t)n + 1, sizeof *l->name);
    for (int i = 0; i < n; i++) {
        char *copy = l->name ? strdup(entry[i]->d_name) : NULL;

        if (!copy)
            code = ds_fail(err, DS_NOMEM, "%s: out of memory for %d names", dir, n);
        else
            l->name[l->count++] = copy;
        free(entry[i]);
    }
    free(entry);
    if (code)
        ds_names_clear(l);
    return code;
}

int ds_names_folders(struct ds_names *l, const char *dir, const char *what, struct ds_err *err)
{
    int kept = 0;

    if (ds_names_list(l, dir, err))
        return err->code;
    for (int i = 0; i < l->count; i++) {
        char *name = l->name[i];

        if (!ds_has_folder(dir, name)) {
            free(name);
            continue;
        }
        l->name[kept++] = name;
        if (ds_name_fits(name))
            continue;
        for (int rest = i + 1; rest < l->count; rest++)
            free(l->name[rest]);
        l->count = kept;
        ds_names_clear(l);
        return ds_fail(err, DS_DATA,
                       "%s: the name of %s folder %d is not printable UTF-8; rename it", dir,
                       what, kept);
    }
    l->count = kept;
    l->name[kept] = NULL;
    return 0;
}

void ds_names_clear(struct ds_names *l)
{
    ds_source_free_names(l->name, l->count);
    *l = (struct ds_names){0};
}

bool ds_names_have(const struct ds_names *l, const char *name)
{
    for (int i = 0; i < l->count; i++)
        if (!strcmp(l->name[i], name))
            return true;
    return false;
}
