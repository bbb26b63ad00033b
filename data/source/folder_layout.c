/* data/source/folder_layout.c -- which folders are parts, domains and classes. See
 * folder_int.h.
 *
 * A folder of pictures is a class. When the folders at the top have no pictures but folders,
 * they are domains. */
#define _GNU_SOURCE
#include "data/source/folder_int.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/opt.h"

/* What a folder holds, by its first picture, or else its first folder. */
enum contents { NOTHING, PICTURES, FOLDERS };

/* `most`: how many entries are looked at, 0: all. */
static enum contents contents_of(const char *path, int most)
{
    DIR *dir = opendir(path);
    enum contents found = NOTHING;
    const struct dirent *e;
    int seen = 0;

    while (dir && found != PICTURES && (e = readdir(dir)) && (!most || seen++ < most)) {
        if (e->d_name[0] == '.')
            continue;
        if (ds_is_picture(e->d_name) || ds_is_foreign(e->d_name))
            found = PICTURES;
        else if (e->d_type == DT_DIR || ds_has_folder(path, e->d_name))
            found = FOLDERS;
    }
    if (dir)
        closedir(dir);
    return found;
}

enum { LOOK = 256 };

/* Some folder in dir holds pictures, at most `depth` folders down. Looks at few entries: dir
 * may be anything, as the root of a disk. */
static bool holds_pictures(const char *path, int depth)
{
    DIR *dir = opendir(path);
    bool found = false;
    const struct dirent *e;
    int seen = 0;

    while (dir && !found && (e = readdir(dir)) && seen++ < LOOK) {
        char inner[DS_PATH_BYTES];
        struct ds_err ignored;

        if (e->d_name[0] == '.' || ds_source_path(inner, path, e->d_name, &ignored) ||
            !ds_is_folder(inner))
            continue;
        found = contents_of(inner, LOOK) == PICTURES ||
                (depth > 1 && holds_pictures(inner, depth - 1));
    }
    if (dir)
        closedir(dir);
    return found;
}

bool ds_layout_probe(const char *dir)
{
    char path[DS_PATH_BYTES];
    struct ds_err ignored;

    if (ds_has_folder(dir, "train") || holds_pictures(dir, 2))
        return true;
    return (!ds_source_path(path, dir, "test", &ignored) && holds_pictures(path, 2)) ||
           (!ds_source_path(path, dir, "val", &ignored) && holds_pictures(path, 2));
}

/* Whether the folders in root are domains. */
static int find_depth(bool *domains, const char *root, struct ds_err *err)
{
    struct ds_names list;
    char path[DS_PATH_BYTES];
    bool pictures = false;
    int code = ds_names_list(&list, root, err);

    *domains = false;
    for (int i = 0; i < list.count && !pictures; i++) {
        enum contents found;

        if (!ds_has_folder(root, list.name[i]))
            continue;
        snprintf(path, sizeof path, "%s/%s", root, list.name[i]);
        found = contents_of(path, 0);
        pictures = found == PICTURES;
        *domains |= found == FOLDERS;
    }
    *domains &= !pictures;
    ds_names_clear(&list);
    return code;
}

/* dir/name, a folder that is there, or dir itself: paths that fit. */
static void inside(char path[DS_PATH_BYTES], const char *dir, const char *name)
{
    snprintf(path, DS_PATH_BYTES, "%s%s%s", dir, name ? "/" : "", name ? name : "");
}

int ds_layout_find(struct ds_layout *l, const char *dir, enum ds_part part, struct ds_err *err)
{
    const char *test = ds_has_folder(dir, "test")  ? "test"
                       : ds_has_folder(dir, "val") ? "val"
                                                   : NULL;
    const bool train = ds_has_folder(dir, "train");
    const char *own = part == DS_TRAIN ? "train" : test; /* NULL: the folder itself */
    const char *names = train ? "train" : own;

    l->test_only = !train;
    if (part == DS_TRAIN && !train)
        return ds_fail(err, DS_NOINPUT,
                       "%s: no folder train in it: it can be tested with, not learned from; an "
                       "image folder to learn from has train/CLASS/ and test/CLASS/ or "
                       "val/CLASS/",
                       dir);
    if (part == DS_TEST && train && !test)
        return ds_fail(err, DS_NOINPUT,
                       "%s: no folder test or val in it; an image folder has train/CLASS/ "
                       "and test/CLASS/ or val/CLASS/",
                       dir);
    inside(l->root, dir, own);
    inside(l->names, dir, names);
    return find_depth(&l->domains, l->names, err);
}

static int unknown_domain(const struct ds_names *have, const char *name, const char *root,
                          struct ds_err *err)
{
    const char *near = ds_opt_nearest(name, (const char *const *)have->name);
    char list[256] = "";

    for (int i = 0; i < have->count; i++) {
        const size_t used = strlen(list);

        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", have->name[i]);
    }
    if (near)
        return ds_fail(err, DS_USAGE, "%s: there is no domain '%s', did you mean '%s'?", root,
                       name, near);
    return ds_fail(err, DS_USAGE, "%s: there is no domain '%s' (%s)", root, name, list);
}

/* Marks the domains that "photo,sketch" names. */
static int choose(bool *wanted, const struct ds_names *have, const char *chosen,
                  const char *root, struct ds_err *err)
{
    for (const char *at = chosen; *at;) {
        const size_t n = strcspn(at, ",");
        char name[256];
        int i = 0;

        snprintf(name, sizeof name, "%.*s", (int)(n < 255 ? n : 255), at);
        while (i < have->count && strcmp(have->name[i], name) != 0)
            i++;
        if (i == have->count)
            return unknown_domain(have, name, root, err);
        wanted[i] = true;
        at += n + (at[n] == ',');
    }
    return 0;
}

static int name_domains(struct ds_source *s, const struct ds_layout *l, const char *chosen,
                        struct ds_err *err)
{
    struct ds_names have;
    bool *wanted = NULL;
    int n = 0, code = ds_names_folders(&have, l->names, "domain", err);

    if (code)
        return code;
    wanted = calloc((size_t)have.count + 1, sizeof *wanted);
    if (!wanted)
        code = ds_fail(err, DS_NOMEM, "%s: out of memory for domains", l->names);
    else if (chosen && *chosen)
        code = choose(wanted, &have, chosen, l->names, err);
    for (int i = 0; i < have.count && !code; i++) {
        char *name = have.name[i];

        if (chosen && *chosen && !wanted[i])
            continue;
        have.name[i] = have.name[n]; /* what is kept comes first */
        have.name[n++] = name;
    }
    if (!code)
        code = ds_source_set_domains(s, n, (const char *const *)have.name, err);
    free(wanted);
    ds_names_clear(&have);
    return code;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds to `all` the classes of one folder that it does not have yet. */
static int unite(struct ds_names *all, const char *dir, struct ds_err *err)
{
    struct ds_names some;
    char **room;
    int code = ds_names_folders(&some, dir, "class", err), n = all->count;

    if (code)
        return code;
    room = realloc(all->name, (size_t)(n + some.count + 1) * sizeof *room);
    if (!room)
        code = ds_fail(err, DS_NOMEM, "%s: out of memory for class names", dir);
    else
        all->name = room;
    for (int i = 0; i < some.count && !code; i++) {
        if (ds_names_have(all, some.name[i]))
            continue;
        all->name[n++] = some.name[i];
        some.name[i] = NULL;
    }
    if (!code) {
        all->count = n;
        qsort(all->name, (size_t)n, sizeof *all->name, compare_names);
    }
    ds_names_clear(&some);
    return code;
}

int ds_layout_name(struct ds_source *s, const struct ds_layout *l, const char *chosen,
                   struct ds_err *err)
{
    struct ds_names classes = {0};
    char dir[DS_PATH_BYTES];
    int code = 0;

    if (l->domains && name_domains(s, l, chosen, err))
        return err->code;
    if (!l->domains)
        code = unite(&classes, l->names, err);
    for (int d = 0; d < s->info.domains && !code; d++) {
        inside(dir, l->names, s->domain_name[d]);
        code = unite(&classes, dir, err);
    }
    if (!code && !classes.count)
        code = ds_fail(err, DS_DATA,
                       "%s: no class folders, expected pictures as CLASS/NAME.png", l->names);
    if (!code)
        code = ds_source_set_classes(s, classes.count, (const char *const *)classes.name, err);
    ds_names_clear(&classes);
    return code;
}
