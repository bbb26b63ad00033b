/* analysis/look/look_keep.c -- a look without its broken pictures, and as a file. See look.h.
 *
 * The file is a run.h5 of one checkpoint (share/doc/run-file.md), so that figures, the viewer
 * and h5py read it as they read a run, with what only a look has in a group of its own:
 *
 *     attend/path [N], attend/top_class [N][top], attend/top_share [N][top],
 *     attend/logits [N][K], attend/map [N][L][P], attend/map_split [N][L],
 *     attend/head [N][L][H][P], attend/head_split [N][L][H], attend/feature [N][C],
 *     attend/class_name [K] */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/look/look_int.h"
#include "data/store/h5.h"

void ds_look_clear(struct ds_look *l)
{
    for (int i = 0; l->path && i < l->record.images; i++)
        free(l->path[i]);
    for (int i = 0; l->broken_why && i < l->broken; i++)
        free(l->broken_why[i]);
    free(l->path);
    free(l->broken_why);
    free(l->best);
    free(l->share);
    free(l->logits);
    free(l->map);
    free(l->split);
    free(l->head);
    free(l->head_split);
    free(l->feature);
    ds_record_clear(&l->record);
    *l = (struct ds_look){0};
}

/* Row `from` of an array takes the place of row `to`. */
static void move(void *array, size_t row, int to, int from)
{
    char *bytes = array;

    if (array && to != from)
        memcpy(bytes + (size_t)to * row, bytes + (size_t)from * row, row);
}

static void move_image(struct ds_look *l, int to, int from)
{
    struct ds_record *r = &l->record;
    const size_t layers = (size_t)r->layers, cells = layers * (size_t)r->patches;
    const size_t square = (size_t)r->tokens * (size_t)r->tokens;

    move(r->pixels, (size_t)r->height * (size_t)r->width * 3, to, from);
    move(r->label, sizeof *r->label, to, from);
    move(r->margin, sizeof *r->margin, to, from);
    move(r->predicted, sizeof *r->predicted, to, from);
    move(l->feature, (size_t)l->width * sizeof *l->feature, to, from);
    move(r->id, sizeof *r->id, to, from);
    move(r->rollout, cells * sizeof(float), to, from);
    move(r->split, layers * sizeof(float), to, from);
    if (from < r->probe)
        move(r->attention, layers * square * sizeof(float), to, from);
    move(l->best, (size_t)l->top * sizeof *l->best, to, from);
    move(l->share, (size_t)l->top * sizeof *l->share, to, from);
    move(l->logits, (size_t)l->classes * sizeof *l->logits, to, from);
    move(l->map, cells * sizeof(float), to, from);
    move(l->split, layers * sizeof(float), to, from);
    move(l->head, cells * (size_t)r->heads * sizeof(float), to, from);
    move(l->head_split, layers * (size_t)r->heads * sizeof(float), to, from);
}

void ds_look_keep(struct ds_look *l, const bool *keep)
{
    struct ds_record *r = &l->record;
    int kept = 0, probe = 0;

    for (int i = 0; i < r->images; i++) {
        if (!keep[i]) {
            free(l->path[i]);
            l->path[i] = NULL;
            continue;
        }
        if (kept != i) {
            l->path[kept] = l->path[i];
            l->path[i] = NULL;
        }
        move_image(l, kept, i);
        probe += i < r->probe;
        kept++;
    }
    r->images = kept;
    r->probe = probe;
    r->total[0] = kept;
}

int ds_look_drop_broken(struct ds_look *l, const struct ds_err *broken, struct ds_err *err)
{
    const int images = l->record.images;
    bool *keep = malloc((size_t)images + 1);

    l->broken_why = calloc((size_t)images + 1, sizeof *l->broken_why);
    if (!keep || !l->broken_why) {
        free(keep);
        return ds_fail(err, DS_NOMEM, "out of memory for %d sentences", images);
    }
    for (int i = 0; i < images; i++) {
        keep[i] = !broken[i].code;
        if (keep[i])
            continue;
        l->broken_why[l->broken] = strdup(broken[i].text);
        if (!l->broken_why[l->broken++]) {
            free(keep);
            return ds_fail(err, DS_NOMEM, "out of memory for %d sentences", images);
        }
    }
    ds_look_keep(l, keep);
    free(keep);
    if (!l->record.images)
        return ds_fail(err, DS_DATA, "none of %d pictures can be read; the first: %s", images,
                       l->broken_why[0]);
    return 0;
}

static int add(struct ds_bundle *b, const char *name, enum ds_type type, const void *data,
               int rank, const int64_t *dims, const char *labels, struct ds_err *err)
{
    struct ds_array *a = data ? ds_bundle_add(b, name, type, rank, dims, data, err) : NULL;

    if (!data)
        return 0;
    return !a || ds_array_label(a, labels, err) ? (int)err->code : 0;
}

int ds_look_pack(struct ds_bundle *b, const struct ds_look *l, struct ds_err *err)
{
    const struct ds_record *r = &l->record;
    const int64_t n = r->images, layers = r->layers, patches = r->patches, heads = r->heads;
    int code = ds_record_pack(b, r, err);

    if (!code &&
        !ds_bundle_strings(b, "attend/path", (const char *const *)l->path, n, "image", err))
        code = (int)err->code;
    if (!code && l->top)
        code = add(b, "attend/top_class", DS_I32, l->best, 2, (const int64_t[]){n, l->top},
                   "image rank", err) ||
               add(b, "attend/top_share", DS_F32, l->share, 2, (const int64_t[]){n, l->top},
                   "image rank", err) ||
               add(b, "attend/logits", DS_F32, l->logits, 2, (const int64_t[]){n, l->classes},
                   "image class", err);
    code = code ||
           add(b, "attend/map", DS_F32, l->map, 3, (const int64_t[]){n, layers, patches},
               "image layer patch", err) ||
           add(b, "attend/map_split", DS_F32, l->split, 2, (const int64_t[]){n, layers},
               "image layer", err) ||
           add(b, "attend/head", DS_F32, l->head, 4,
               (const int64_t[]){n, layers, heads, patches}, "image layer head patch", err) ||
           add(b, "attend/head_split", DS_F32, l->head_split, 3,
               (const int64_t[]){n, layers, heads}, "image layer head", err) ||
           add(b, "attend/feature", DS_F32, l->feature, 2, (const int64_t[]){n, l->width},
               "image channel", err);
    return code ? (int)err->code : 0;
}

int ds_look_save(const struct ds_look *l, const struct ds_model *m, const char *path,
                 struct ds_err *err)
{
    struct ds_bundle b = {0};
    int code = ds_look_pack(&b, l, err);

    if (!code && m->class_name &&
        !ds_bundle_strings(&b, "attend/class_name", (const char *const *)m->class_name,
                           l->classes, "class", err))
        code = (int)err->code;
    code = code || ds_bundle_save(&b, path, err);
    ds_bundle_clear(&b);
    return code ? (int)err->code : 0;
}
