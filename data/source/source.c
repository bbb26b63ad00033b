/* data/source/source.c -- a table of data sets behind one door. See the header. */
#define _GNU_SOURCE
#include "data/source/source_int.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/base/opt.h"
#include "data/source/lines_int.h"
#include "data/store/file.h"

enum { PLACES = 4 };

/* In the order of probing; the image folder last, its signs are the weakest. */
static const struct ds_source_kind *const kinds[] = {&ds_kind_idx, &ds_kind_cifar10,
                                                     &ds_kind_cifar100, &ds_kind_folder};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Named sets. `archive` is the folder that the published archive unpacks to. */
static const struct set {
    struct ds_source_set shown;
    const char *archive, *remedy;
    const struct ds_source_kind *kind;
} sets[] = {
    {{"fashion-mnist", "70000 grey pictures, 28 x 28, of 10 kinds of clothing"},
     NULL,
     "apt-get install dataset-fashion-mnist",
     &ds_kind_idx},
    {{"mnist", "70000 grey pictures, 28 x 28, of the 10 digits"},
     NULL,
     "put the four files train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, "
     "t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz into one of them",
     &ds_kind_idx},
    {{"cifar10", "60000 colour pictures, 32 x 32, of 10 kinds of things"},
     "cifar-10-batches-bin",
     "unpack cifar-10-binary.tar.gz in ./data-sets",
     &ds_kind_cifar10},
    {{"cifar100", "60000 colour pictures, 32 x 32, of 100 kinds of things"},
     "cifar-100-binary",
     "unpack cifar-100-binary.tar.gz in ./data-sets",
     &ds_kind_cifar100},
};
enum { SETS = sizeof sets / sizeof *sets };

const struct ds_source_set *ds_source_set(int i)
{
    return i >= 0 && i < SETS ? &sets[i].shown : NULL;
}

int ds_source_path(char path[DS_PATH_BYTES], const char *dir, const char *file,
                   struct ds_err *err)
{
    if (snprintf(path, DS_PATH_BYTES, "%s/%s", dir, file) >= DS_PATH_BYTES)
        return ds_fail(err, DS_DATA, "%.200s...: the path is longer than %d bytes", dir,
                       DS_PATH_BYTES - 1);
    return 0;
}

bool ds_source_has(const char *dir, const char *file)
{
    char path[DS_PATH_BYTES];
    struct ds_err ignored;

    return ds_source_path(path, dir, file, &ignored) == 0 && !ds_file_absent(path);
}

int ds_source_record(const struct ds_source *s, int index, struct ds_picture *out,
                     struct ds_err *err)
{
    (void)err; /* what is in memory can always be read */
    *out = (struct ds_picture){.channels = s->info.channels,
                               .height = s->info.low_height,
                               .width = s->info.low_width,
                               .pixels = s->records + (size_t)index * s->stride + s->skip,
                               .lent = true};
    return 0;
}

void ds_source_free_names(char **names, int n)
{
    for (int i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
}

/* Copies of n names, or the numbers 0, 1, ...; NULL: out of memory. */
static char **copy_names(int n, const char *const *names)
{
    char **copies = calloc((size_t)n, sizeof *copies);

    for (int i = 0; copies && i < n; i++) {
        char number[16];

        snprintf(number, sizeof number, "%d", i);
        copies[i] = strdup(names ? names[i] : number);
        if (!copies[i]) {
            ds_source_free_names(copies, n);
            return NULL;
        }
    }
    return copies;
}

int ds_source_set_classes(struct ds_source *s, int classes, const char *const *names,
                          struct ds_err *err)
{
    s->class_name = copy_names(classes, names);
    if (!s->class_name)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d class names", s->info.name,
                       classes);
    s->info.classes = classes;
    s->info.class_name = (const char *const *)s->class_name;
    return 0;
}

int ds_source_set_domains(struct ds_source *s, int domains, const char *const *names,
                          struct ds_err *err)
{
    s->domain_name = copy_names(domains, names);
    if (!s->domain_name)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for %d domain names", s->info.name,
                       domains);
    s->info.domains = domains;
    s->info.domain_name = (const char *const *)s->domain_name;
    return 0;
}

int ds_source_skip(struct ds_source *s, const struct ds_err *why, struct ds_err *err)
{
    const int i = s->skipped < DS_SOURCE_NOTES ? s->skipped : DS_SOURCE_NOTES;
    char *text = NULL;
    int n;

    s->skipped++;
    if (i < DS_SOURCE_NOTES)
        n = asprintf(&text, "left out: %s", why->text);
    else
        n = asprintf(&text, "left out: and %d more", s->skipped - DS_SOURCE_NOTES);
    if (n < 0)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for notes", s->info.name);
    free(s->note[i]);
    s->note[i] = text;
    return 0;
}

/* The i-th folder that named sets are looked for in; false when the variable behind it is not
 * set. */
static bool place(char path[DS_PATH_BYTES], int i, const char *name)
{
    const char *own = getenv("DRIFTSCOPE_DATA"), *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int n = -1;

    if (i == 0 && own && *own)
        n = snprintf(path, DS_PATH_BYTES, "%s/%s", own, name);
    else if (i == 1)
        n = snprintf(path, DS_PATH_BYTES, "./data-sets/%s", name);
    else if (i == 2 && data && *data)
        n = snprintf(path, DS_PATH_BYTES, "%s/driftscope/%s", data, name);
    else if (i == 2 && home && *home)
        n = snprintf(path, DS_PATH_BYTES, "%s/.local/share/driftscope/%s", home, name);
    else if (i == 3)
        n = snprintf(path, DS_PATH_BYTES, "/usr/share/datasets/%s", name);
    return n > 0 && n < DS_PATH_BYTES;
}

static int find_set(char path[DS_PATH_BYTES], const struct set *set, struct ds_err *err)
{
    char tried[sizeof err->text / 2] = "";
    size_t used = 0;

    for (int i = 0; i < PLACES; i++) {
        int n;

        if (set->archive && place(path, i, set->archive) && set->kind->probe(path))
            return 0;
        if (!place(path, i, set->shown.name))
            continue;
        if (set->kind->probe(path))
            return 0;
        n = snprintf(tried + used, sizeof tried - used, "%s%s", used ? ", " : "", path);
        used = (size_t)n < sizeof tried - used ? used + (size_t)n : sizeof tried - 1;
    }
    return ds_fail(err, DS_NOINPUT, "data set '%s' was not found in %s; %s", set->shown.name,
                   tried, set->remedy);
}

static int unknown(const char *spec, struct ds_err *err)
{
    const char *names[SETS + 1] = {0}, *near;
    char list[256] = "";

    for (int i = 0; i < SETS; i++) {
        const size_t used = strlen(list);

        names[i] = sets[i].shown.name;
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    }
    near = strchr(spec, '/') ? NULL : ds_opt_nearest(spec, names);
    if (near)
        return ds_fail(err, DS_NOINPUT,
                       "'%s' is neither a folder nor a known data set; did you mean "
                       "'%s'?",
                       spec, near);
    return ds_fail(err, DS_NOINPUT, "'%s' is neither a folder nor a known data set (%s)", spec,
                   list);
}

/* A folder is called by its own name, or by the set's when it is an unpacked archive. */
static void name_folder(struct ds_source *s, const char *path,
                        const struct ds_source_kind *kind)
{
    char whole[PATH_MAX];
    const char *name = kind->name, *own = realpath(path, whole) ? strrchr(whole, '/') + 1 : "";

    if (ds_name_fits(own) && strlen(own) < sizeof s->info.name)
        name = own;
    for (int i = 0; i < SETS; i++)
        if (sets[i].archive && !strcmp(sets[i].archive, name))
            name = sets[i].shown.name;
    snprintf(s->info.name, sizeof s->info.name, "%s", name);
}

/* What kind of data set a folder holds. */
static int recognise(struct ds_source *s, const char *path, struct ds_err *err)
{
    struct stat st;

    if (stat(path, &st))
        return errno == ENOENT
                   ? unknown(path, err)
                   : ds_fail(err, ds_open_code(errno), "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return ds_fail(err, DS_DATA, "%s: a file, expected the folder of a data set", path);
    for (int i = 0; i < KINDS; i++)
        if (kinds[i]->probe(path)) {
            s->kind = kinds[i];
            name_folder(s, path, s->kind);
            return 0;
        }
    return ds_fail(err, DS_DATA,
                   "%s: no data set in this folder; expected %s; or %s; or %s; or %s", path,
                   kinds[0]->about, kinds[1]->about, kinds[2]->about, kinds[3]->about);
}

static int choose(struct ds_source *s, char path[DS_PATH_BYTES], const char *spec,
                  struct ds_err *err)
{
    if (!*spec)
        return ds_fail(err, DS_USAGE,
                       "no data set was named; give a folder or a name like '%s'",
                       sets[0].shown.name);
    for (int i = 0; i < SETS; i++) {
        if (strcmp(spec, sets[i].shown.name) != 0)
            continue;
        s->kind = sets[i].kind;
        snprintf(s->info.name, sizeof s->info.name, "%s", spec);
        return find_set(path, &sets[i], err);
    }
    if (snprintf(path, DS_PATH_BYTES, "%s", spec) >= DS_PATH_BYTES)
        return ds_fail(err, DS_USAGE, "the name of the data set is longer than %d bytes",
                       DS_PATH_BYTES - 1);
    return recognise(s, path, err);
}

int ds_source_open_want(struct ds_source **out, const struct ds_source_want *want,
                        struct ds_err *err)
{
    struct ds_source *s = calloc(1, sizeof *s);
    char path[DS_PATH_BYTES];

    *out = NULL;
    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory for data set '%s'", want->spec);
    if (choose(s, path, want->spec, err) || s->kind->open(s, path, want, err) ||
        ds_source_settle(s, want, err)) {
        ds_source_close(s);
        return err->code;
    }
    snprintf(s->info.place, sizeof s->info.place, "%.*s", (int)sizeof s->info.place - 1, path);
    *out = s;
    return 0;
}

int ds_source_open(struct ds_source **out, const char *spec, enum ds_part part, int size,
                   struct ds_err *err)
{
    const struct ds_source_want want = {.spec = spec, .part = part, .size = size};

    return ds_source_open_want(out, &want, err);
}

void ds_source_close(struct ds_source *s)
{
    if (!s)
        return;
    if (s->kind && s->kind->close)
        s->kind->close(s);
    ds_source_free_names(s->class_name, s->info.classes);
    ds_source_free_names(s->domain_name, s->info.domains);
    for (int i = 0; i <= DS_SOURCE_NOTES; i++)
        free(s->note[i]);
    free(s->records);
    free(s->label);
    free(s->domain);
    free(s);
}

const struct ds_source_info *ds_source_info(const struct ds_source *s)
{
    return &s->info;
}

int ds_source_label(const struct ds_source *s, int index)
{
    return s->label[index];
}

int ds_source_domain(const struct ds_source *s, int index)
{
    return s->domain ? s->domain[index] : 0;
}

const char *ds_source_note(const struct ds_source *s, int i)
{
    return i >= 0 && i <= DS_SOURCE_NOTES ? s->note[i] : NULL;
}
