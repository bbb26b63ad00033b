/* data/source/source_folder.c -- pictures in folders named like their class.
 *
 *     DIR/train/CLASS/NAME.png     DIR/test/CLASS/NAME.png, or DIR/val/ where there is no test/
 *
 * Classes and pictures are numbered in the byte order of their names, as torchvision's
 * ImageFolder does; both parts take the classes of train/. Every picture's header is checked
 * when the set is opened; pixels are decoded when they are read, always to three channels. */
#define _GNU_SOURCE
#include "data/source/source_int.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "data/image/picture.h"
#include "data/source/lines_int.h"

struct folder {
    char root[DS_PATH_BYTES]; /* DIR/train */
    char **file;              /* [count] CLASS/NAME.png */
    int capacity;
};

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* Not alphasort: that one follows the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void free_list(struct dirent **list, int n)
{
    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

static int list_folder(struct dirent ***list, int *n, const char *dir, struct ds_err *err)
{
    const int found = scandir(dir, list, visible, by_bytes);

    if (found < 0)
        return ds_fail(err, DS_NOINPUT, "%s: %s", dir, strerror(errno));
    *n = found;
    return 0;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool has_folder(const char *dir, const char *name)
{
    char path[DS_PATH_BYTES];
    struct ds_err ignored;

    return ds_source_path(path, dir, name, &ignored) == 0 && is_folder(path);
}

static bool probe(const char *dir)
{
    return has_folder(dir, "train");
}

/* The class names are the folders of train/. */
static int find_classes(struct ds_source *s, const char *train, struct ds_err *err)
{
    struct dirent **list;
    const char **names;
    int n = 0, found = 0, code = 0;

    if (list_folder(&list, &n, train, err))
        return err->code;
    names = calloc((size_t)n + 1, sizeof *names);
    if (!names)
        code = ds_fail(err, DS_NOMEM, "%s: out of memory for %d names", train, n);
    for (int i = 0; i < n && !code; i++) {
        if (!has_folder(train, list[i]->d_name))
            continue;
        names[found++] = list[i]->d_name;
        if (!ds_name_fits(list[i]->d_name))
            code = ds_fail(err, DS_DATA,
                           "%s: the name of class folder %d is not printable UTF-8; "
                           "rename it",
                           train, found);
    }
    if (!code && found == 0)
        code = ds_fail(err, DS_DATA,
                       "%s: no class folders, expected pictures as CLASS/NAME.png", train);
    if (!code)
        code = ds_source_set_classes(s, found, names, err);
    free(names);
    free_list(list, n);
    return code;
}

static bool ends_with(const char *name, const char *const *endings)
{
    const char *dot = strrchr(name, '.');

    for (; dot && *endings; endings++)
        if (!strcasecmp(dot, *endings))
            return true;
    return false;
}

/* Whether a file is one of the pictures; formats that are not read are named, not skipped:
 * a set with half of its pictures would look like the whole. */
static int is_picture(bool *yes, const char *path, struct ds_err *err)
{
    static const char *const ours[] = {".png", ".jpg", ".jpeg", NULL};
    static const char *const foreign[] = {".ppm",  ".pgm",  ".bmp", ".tif",
                                          ".tiff", ".webp", ".gif", NULL};

    *yes = false;
    if (is_folder(path))
        return ds_fail(err, DS_DATA,
                       "%s: a folder inside a class; put the pictures directly into "
                       "the class folder",
                       path);
    if (ends_with(path, foreign))
        return ds_fail(err, DS_DATA,
                       "%s: only PNG and JPEG pictures are read; convert to one of them", path);
    *yes = ends_with(path, ours);
    return 0;
}

static int append(struct ds_source *s, int class, const char *name, struct ds_err *err)
{
    struct folder *f = s->own;

    if (s->info.count == f->capacity) {
        const int capacity = f->capacity ? 2 * f->capacity : 1024;
        char **file;
        int *label;

        if (capacity > INT_MAX / 4)
            return ds_fail(err, DS_DATA, "%s: too many pictures", f->root);
        file = realloc(f->file, (size_t)capacity * sizeof *file);
        if (file)
            f->file = file;
        label = file ? realloc(s->label, (size_t)capacity * sizeof *label) : NULL;
        if (!label)
            return ds_fail(err, DS_NOMEM, "%s: out of memory for %d pictures", f->root,
                           capacity);
        s->label = label;
        f->capacity = capacity;
    }
    if (asprintf(&f->file[s->info.count], "%s/%s", s->class_name[class], name) < 0)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for file names", f->root);
    s->label[s->info.count++] = class;
    return 0;
}

static int find_pictures(struct ds_source *s, int class, struct ds_err *err)
{
    const struct folder *f = s->own;
    char dir[DS_PATH_BYTES], path[DS_PATH_BYTES];
    struct dirent **list;
    int n = 0, code = 0;

    if (!has_folder(f->root, s->class_name[class])) /* the stream says which class is empty */
        return 0;
    if (ds_source_path(dir, f->root, s->class_name[class], err) ||
        list_folder(&list, &n, dir, err))
        return err->code;
    for (int i = 0; i < n && !code; i++) {
        bool yes = false;

        code = ds_source_path(path, dir, list[i]->d_name, err);
        if (!code)
            code = is_picture(&yes, path, err);
        if (!code && yes)
            code = append(s, class, list[i]->d_name, err);
    }
    free_list(list, n);
    return code;
}

/* A class that is tested but never trained is a mistake in the folder. */
static int refuse_strangers(const struct ds_source *s, const char *root, const char *train,
                            struct ds_err *err)
{
    struct dirent **list;
    int n = 0, code = 0;

    if (list_folder(&list, &n, root, err))
        return err->code;
    for (int i = 0; i < n && !code; i++) {
        int class = 0;

        if (!has_folder(root, list[i]->d_name))
            continue;
        while (class < s->info.classes && strcmp(s->class_name[class], list[i]->d_name) != 0)
            class ++;
        if (class == s->info.classes)
            code = ds_fail(err, DS_DATA, "%s: class '%.255s' is not among the %d classes of %s",
                           root, list[i]->d_name, s->info.classes, train);
    }
    free_list(list, n);
    return code;
}

static int misfit(const struct ds_source *s, const struct ds_picture *p, const char *path,
                  struct ds_err *err)
{
    return ds_fail(err, DS_DATA,
                   "%s: %d x %d pixels, expected %d x %d like the rest of the set; "
                   "resize it",
                   path, p->width, p->height, s->info.width, s->info.height);
}

static int check_shapes(struct ds_source *s, int size, struct ds_err *err)
{
    const struct folder *f = s->own;
    char path[DS_PATH_BYTES];
    struct ds_picture p;

    s->info.channels = 3;
    s->info.height = s->info.width = size;
    for (int i = 0; i < s->info.count; i++) {
        if (ds_source_path(path, f->root, f->file[i], err) || ds_picture_shape(&p, path, err))
            return err->code;
        if (i == 0 && size <= 0) {
            s->info.height = p.height;
            s->info.width = p.width;
        }
        if (p.height != s->info.height || p.width != s->info.width)
            return misfit(s, &p, path, err);
    }
    return 0;
}

static int choose_part(char root[DS_PATH_BYTES], const char *dir, enum ds_part part,
                       struct ds_err *err)
{
    const char *name = part == DS_TRAIN ? "train" : has_folder(dir, "test") ? "test" : "val";

    if (!has_folder(dir, name))
        return ds_fail(err, DS_NOINPUT,
                       "%s: no folder %s in it; an image folder has train/CLASS/ "
                       "and test/CLASS/ or val/CLASS/",
                       dir, part == DS_TRAIN ? "train" : "test or val");
    return ds_source_path(root, dir, name, err);
}

static int open_folder(struct ds_source *s, const char *dir, enum ds_part part, int size,
                       struct ds_err *err)
{
    struct folder *f = calloc(1, sizeof *f);
    char train[DS_PATH_BYTES];

    if (!f)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for the list of pictures", dir);
    s->own = f;
    if (choose_part(train, dir, DS_TRAIN, err) || choose_part(f->root, dir, part, err) ||
        find_classes(s, train, err) || refuse_strangers(s, f->root, train, err))
        return err->code;
    for (int class = 0; class < s->info.classes; class ++)
        if (find_pictures(s, class, err))
            return err->code;
    if (s->info.count == 0)
        return ds_fail(err, DS_DATA, "%s: no pictures, expected CLASS/NAME.png", f->root);
    return check_shapes(s, size, err);
}

static int read_folder(const struct ds_source *s, int index, uint8_t *pixels,
                       struct ds_err *err)
{
    const struct folder *f = s->own;
    const size_t area = (size_t)s->info.height * (size_t)s->info.width;
    char path[DS_PATH_BYTES];
    struct ds_picture p;
    int code = 0;

    if (ds_source_path(path, f->root, f->file[index], err) || ds_picture_load(&p, path, err))
        return err->code;
    if (p.height != s->info.height || p.width != s->info.width)
        code = misfit(s, &p, path, err);
    else
        for (size_t c = 0; c < 3; c++)
            memcpy(pixels + c * area, p.pixels + (p.channels == 3 ? c * area : 0), area);
    ds_picture_clear(&p);
    return code;
}

static void close_folder(struct ds_source *s)
{
    struct folder *f = s->own;

    if (!f)
        return;
    for (int i = 0; i < s->info.count; i++)
        free(f->file[i]);
    free(f->file);
    free(f);
}

const struct ds_source_kind ds_kind_folder = {
    .name = "image folder",
    .about = "train/CLASS/NAME.png and test/CLASS/NAME.png",
    .probe = probe,
    .open = open_folder,
    .read = read_folder,
    .close = close_folder,
};
