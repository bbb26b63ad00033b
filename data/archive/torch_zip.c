/* data/archive/torch_zip.c -- what torch.save writes since PyTorch 1.6. See torch_int.h.
 *
 *     ROOT/data.pkl    the pickle          ROOT/byteorder    "little", in newer files
 *     ROOT/data/KEY    numbers of a storage
 *
 * A ROOT/constants.pkl or ROOT/code/ makes it TorchScript: a program with its weights. */
#include <stdio.h>
#include <string.h>

#include "data/archive/torch_int.h"

static const char pickle_name[] = "/data.pkl";

bool ds_torch_root(char *root, size_t size, const struct ds_zip *z)
{
    for (int i = 0; i < z->count; i++) {
        const char *name = z->entry[i].name, *slash = strchr(name, '/');

        if (slash && !strcmp(slash, pickle_name)) {
            snprintf(root, size, "%.*s", (int)(slash - name), name);
            return true;
        }
    }
    return false;
}

static bool is_script(const struct ds_zip *z, const char *root)
{
    const size_t n = strlen(root);

    for (int i = 0; i < z->count; i++) {
        const char *name = z->entry[i].name;

        if (strncmp(name, root, n) || name[n] != '/')
            continue;
        if (!strcmp(name + n, "/constants.pkl") || !strncmp(name + n, "/code/", 6))
            return true;
    }
    return false;
}

/* The entry ROOT/name, or NULL. */
static struct ds_zip_entry *part(const struct ds_torch *t, const char *name)
{
    char path[DS_ZIP_NAME_MAX + 32];

    snprintf(path, sizeof path, "%s%s", t->root, name);
    return ds_zip_lookup(t->zip, path);
}

static int check_byte_order(const struct ds_torch *t)
{
    static const char little[] = "little";
    struct ds_zip_entry *e = part(t, "/byteorder");
    bool good = !e;

    if (e && e->size == strlen(little)) {
        if (ds_zip_read(t->zip, e, &t->a->own->heap, t->err))
            return t->err->code;
        good = !memcmp(e->data, little, strlen(little));
    }
    if (!good)
        return ds_fail(t->err, DS_DATA,
                       "%s: its numbers are big-endian; load it and save it again on the "
                       "machine that most people have",
                       t->file);
    return 0;
}

int ds_torch_zip(struct ds_archive *a, const struct ds_zip *z, const char *root,
                 struct ds_err *err)
{
    struct ds_pickle pickle = {0};
    struct ds_torch t = {
        .a = a, .file = z->file, .zip = z, .root = root, .pickle = &pickle, .err = err};
    struct ds_zip_entry *e;
    int code;

    a->container = "PyTorch zip";
    if (is_script(z, root))
        return ds_fail(err, DS_DATA,
                       "%s: is TorchScript, a program with its weights; take the model's "
                       "safetensors, or save state_dict() of what torch.jit.load gives",
                       z->file);
    if ((code = check_byte_order(&t)))
        return code;
    e = part(&t, pickle_name); /* found before: it gave the root its name */
    if (e->size > DS_PICKLE_MAX)
        return ds_fail(err, DS_DATA, "%s: its pickle is longer than 64 MiB", z->file);
    if ((code = ds_zip_read(z, e, &a->own->heap, err)) ||
        (code = ds_pickle_read(&pickle, e->data, (size_t)e->size, z->file, err)))
        return code;
    code = ds_torch_walk(&t);
    ds_pickle_clear(&pickle);
    return code;
}
