/* data/source/source_folder.c -- pictures in folders named like their class. See source.h.
 *
 * Classes, domains and pictures are numbered in the byte order of their names, as torchvision's
 * ImageFolder does; both parts take the classes of train/. Every picture's header is checked
 * when the set is opened; pixels are decoded when they are read. */
#define _GNU_SOURCE
#include "data/source/folder_int.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "data/store/file.h"

struct folder {
    struct ds_layout layout;
    char **file; /* [count] from layout.root: CLASS/NAME or DOMAIN/CLASS/NAME */
    int capacity;
};

static int grow(struct ds_source *s, struct folder *f, struct ds_err *err)
{
    const int capacity = f->capacity ? 2 * f->capacity : 1024;
    char **file;
    int *label, *domain;

    if (capacity > INT_MAX / 4)
        return ds_fail(err, DS_DATA, "%s: too many pictures", f->layout.root);
    file = realloc(f->file, (size_t)capacity * sizeof *file);
    if (file)
        f->file = file;
    label = file ? realloc(s->label, (size_t)capacity * sizeof *label) : NULL;
    if (label)
        s->label = label;
    domain = label ? realloc(s->domain, (size_t)capacity * sizeof *domain) : NULL;
    if (!domain)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d pictures", f->layout.root,
                       capacity);
    s->domain = domain;
    f->capacity = capacity;
    return 0;
}

static int append(struct ds_source *s, int domain, int class, const char *name,
                  struct ds_err *err)
{
    struct folder *f = s->own;
    const char *above = s->info.domains ? s->domain_name[domain] : "";
    const int i = s->info.count;

    if (i == f->capacity && grow(s, f, err))
        return err->code;
    if (asprintf(&f->file[i], "%s%s%s/%s", above, *above ? "/" : "", s->class_name[class],
                 name) < 0)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for file names", f->layout.root);
    s->label[i] = class;
    s->domain[i] = domain;
    s->info.count++;
    return 0;
}

/* Formats that are not read are named, not skipped: a set with half of its pictures would
 * look like the whole. */
static int refuse_others(const char *path, struct ds_err *err)
{
    bool folder;

    if (ds_folder_there(&folder, path, err))
        return err->code;
    if (folder)
        return ds_fail(err, DS_DATA,
                       "%s: a folder inside a class; put the pictures directly into "
                       "the class folder",
                       path);
    if (ds_is_foreign(path))
        return ds_fail(err, DS_DATA,
                       "%s: only PNG and JPEG pictures are read; convert to one of them", path);
    return 0;
}

/* The pictures of one class in `dir`, which holds class folders. */
static int find_pictures(struct ds_source *s, const char *dir, int domain, int class,
                         struct ds_err *err)
{
    char inner[DS_PATH_BYTES], path[DS_PATH_BYTES];
    struct ds_names list;
    int code = 0;

    if (!ds_has_folder(dir, s->class_name[class])) {
        if (s->info.domains)
            return ds_fail(err, DS_DATA,
                           "%s: no class '%.200s', which another domain has; every domain needs "
                           "every class, or choose others with --domain",
                           dir, s->class_name[class]);
        return 0; /* the stream says which class is empty */
    }
    snprintf(inner, sizeof inner, "%s/%s", dir, s->class_name[class]);
    if (ds_names_list(&list, inner, err))
        return err->code;
    for (int i = 0; i < list.count && !code; i++) {
        code = ds_source_path(path, inner, list.name[i], err);
        if (!code)
            code = refuse_others(path, err);
        if (!code && ds_is_picture(path))
            code = append(s, domain, class, list.name[i], err);
    }
    ds_names_clear(&list);
    return code;
}

/* A class that is tested but never trained is a mistake in the folder. */
static int refuse_strangers(const struct ds_source *s, const char *dir, const char *names,
                            struct ds_err *err)
{
    const struct ds_names known = {s->info.classes, s->class_name};
    struct ds_names list;
    int code = 0;

    if (ds_names_list(&list, dir, err))
        return err->code;
    for (int i = 0; i < list.count && !code; i++)
        if (ds_has_folder(dir, list.name[i]) && !ds_names_have(&known, list.name[i]))
            code = ds_fail(err, DS_DATA, "%s: class '%.255s' is not among the %d classes of %s",
                           dir, list.name[i], s->info.classes, names);
    ds_names_clear(&list);
    return code;
}

static int find_classes(struct ds_source *s, const char *dir, int domain, struct ds_err *err)
{
    const struct folder *f = s->own;

    if (refuse_strangers(s, dir, f->layout.names, err))
        return err->code;
    for (int class = 0; class < s->info.classes; class ++)
        if (find_pictures(s, dir, domain, class, err))
            return err->code;
    return 0;
}

static int find_all(struct ds_source *s, struct ds_err *err)
{
    const struct folder *f = s->own;
    char dir[DS_PATH_BYTES];

    if (!s->info.domains)
        return find_classes(s, f->layout.root, 0, err);
    for (int d = 0; d < s->info.domains; d++) {
        if (!ds_has_folder(f->layout.root, s->domain_name[d]))
            return ds_fail(err, DS_DATA, "%s: no folder of domain '%.200s', which %s has",
                           f->layout.root, s->domain_name[d], f->layout.names);
        snprintf(dir, sizeof dir, "%s/%s", f->layout.root, s->domain_name[d]);
        if (find_classes(s, dir, d, err))
            return err->code;
    }
    return 0;
}

/* It fits: it was found by that path. */
static void file_of(const struct ds_source *s, int index, char path[DS_PATH_BYTES])
{
    const struct folder *f = s->own;

    snprintf(path, DS_PATH_BYTES, "%s/%s", f->layout.root, f->file[index]);
}

static int picture(const struct ds_source *s, int index, struct ds_picture *out,
                   struct ds_err *err)
{
    char path[DS_PATH_BYTES];

    file_of(s, index, path);
    return ds_picture_load(out, path, err);
}

/* The shape of a picture, and whether it can be decoded where that is asked for. */
static int look(const struct ds_source *s, int index, bool decode, struct ds_picture *shape,
                struct ds_err *err)
{
    char path[DS_PATH_BYTES];
    struct ds_picture whole;

    file_of(s, index, path);
    if (ds_picture_shape(shape, path, err))
        return err->code;
    if (decode && ds_picture_load(&whole, path, err))
        return err->code;
    if (decode)
        ds_picture_clear(&whole);
    return 0;
}

static void widen(struct ds_source_info *i, const struct ds_picture *p)
{
    if (!i->high_height || p->height < i->low_height)
        i->low_height = p->height;
    if (!i->high_width || p->width < i->low_width)
        i->low_width = p->width;
    i->high_height = p->height > i->high_height ? p->height : i->high_height;
    i->high_width = p->width > i->high_width ? p->width : i->high_width;
}

/* Goes over all pictures, and leaves out broken ones where that is wanted. */
static int check(struct ds_source *s, bool skip, struct ds_err *err)
{
    struct folder *f = s->own;
    const int found = s->info.count;
    int kept = 0, code = 0;

    for (int i = 0; i < found; i++) {
        struct ds_picture shape = {0};
        char *file = f->file[i];

        if (!code && look(s, i, skip, &shape, err)) {
            code = err->code;
            if (skip && (code == DS_DATA || code == DS_NOINPUT)) {
                const struct ds_err why = *err;

                code = ds_source_skip(s, &why, err);
                free(file);
                continue;
            }
        } else if (!code) {
            widen(&s->info, &shape);
        }
        f->file[kept] = file;
        s->label[kept] = s->label[i];
        s->domain[kept++] = s->domain[i];
    }
    s->info.count = kept;
    return code;
}

static int open_folder(struct ds_source *s, const char *dir, const struct ds_source_want *want,
                       struct ds_err *err)
{
    struct folder *f = calloc(1, sizeof *f);

    if (!f)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for the list of pictures", dir);
    s->own = f;
    s->info.channels = 3;
    if (ds_layout_find(&f->layout, dir, want->part, err) ||
        ds_layout_name(s, &f->layout, want->domain, err) || find_all(s, err))
        return err->code;
    s->info.test_only = f->layout.test_only;
    if (s->info.count == 0)
        return ds_fail(err, DS_DATA, "%s: no pictures, expected CLASS/NAME.png", f->layout.root);
    if (check(s, want->skip_broken, err))
        return err->code;
    if (s->info.count == 0)
        return ds_fail(err, DS_DATA, "%s: none of its %d pictures can be read", f->layout.root,
                       s->skipped);
    return 0;
}

static void close_folder(struct ds_source *s)
{
    struct folder *f = s->own;

    if (!f)
        return;
    ds_source_free_names(f->file, s->info.count);
    free(f);
}

const struct ds_source_kind ds_kind_folder = {
    .name = "image folder",
    .about = "train/CLASS/NAME.png and test/CLASS/NAME.png (or .jpg), to test with only "
             "CLASS/NAME.png, each also below folders of domains",
    .probe = ds_layout_probe,
    .open = open_folder,
    .picture = picture,
    .file = file_of,
    .close = close_folder,
};
