/* viz/cli/cmd_attend_json.c -- what `attend` found, as JSON.
 *
 *     {"model", "transform", "source", "grid": [h, w], "layers", "heads",
 *      "pictures": [{"path", "top": [{"class", "name", "probability"}], "logits": [K],
 *                    "maps": [[P] ...], "split": [L], "attended": [[0|1] ...], "heads": ...}]}
 *
 * Numbers have 9 significant digits, which float32 needs to come back to the same bits. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "viz/cli/cmd_attend.h"
#include "viz/cli/json.h"

static json_t *reals(const float *value, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, ds_json_real((double)value[i]));
    return list;
}

static json_t *rows(const float *value, size_t count, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, reals(value + i * n, n));
    return list;
}

static json_t *attended(const float *map, const float *split, size_t layers, size_t n)
{
    json_t *list = json_array();

    for (size_t l = 0; l < layers; l++) {
        json_t *row = json_array();

        for (size_t i = 0; i < n; i++)
            json_array_append_new(row, json_integer(map[l * n + i] > split[l]));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *answers(const struct ds_look *l, const struct ds_labels *labels, int image)
{
    json_t *list = json_array();

    for (int t = 0; t < l->top; t++) {
        const int class = l->best[image * l->top + t];
        char name[200];

        json_array_append_new(
            list, json_pack("{s:i, s:o, s:o}", "class", class, "name",
                            ds_json_text(ds_labels_text(name, sizeof name, labels, class)),
                            "probability", ds_json_real((double)l->share[image * l->top + t])));
    }
    return list;
}

static json_t *heads(const struct ds_look *l, int image)
{
    const struct ds_record *r = &l->record;
    const size_t layer = (size_t)r->heads * (size_t)r->patches;
    const float *from = l->head + (size_t)image * (size_t)r->layers * layer;
    json_t *list = json_array();

    for (int i = 0; i < r->layers; i++)
        json_array_append_new(
            list, rows(from + (size_t)i * layer, (size_t)r->heads, (size_t)r->patches));
    return list;
}

static json_t *picture(const struct ds_look *l, const struct ds_labels *labels, int image)
{
    const struct ds_record *r = &l->record;
    const size_t layers = (size_t)r->layers, p = (size_t)r->patches;
    const float *map = (l->map ? l->map : r->rollout) + (size_t)image * layers * p;
    const float *split = (l->split ? l->split : r->split) + (size_t)image * layers;
    json_t *o =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "path", ds_json_text(l->path[image]), "top",
                  answers(l, labels, image), "maps", rows(map, layers, p), "split",
                  reals(split, layers), "attended", attended(map, split, layers, p));

    if (o && l->logits)
        json_object_set_new(
            o, "logits",
            reals(l->logits + (size_t)image * (size_t)l->classes, (size_t)l->classes));
    if (o && l->head)
        json_object_set_new(o, "heads", heads(l, image));
    return o;
}

int ds_attend_json(char **text, size_t *n, const struct ds_look *l, const struct ds_model *m,
                   const struct ds_labels *labels, const struct ds_attend_opt *o,
                   struct ds_err *err)
{
    const struct ds_record *r = &l->record;
    json_t *list = json_array();
    json_t *root;
    char *dump;

    for (int i = 0; i < r->images; i++)
        json_array_append_new(list, picture(l, labels, i));
    root = json_pack("{s:o, s:s, s:s, s:[ii], s:i, s:i, s:i, s:o}", "model",
                     ds_json_text(m->file), "transform", m->recipe, "source", o->source_note,
                     "grid", r->grid_h, r->grid_w, "layers", r->layers, "heads", r->heads,
                     "left_out", l->broken, "pictures", list);
    dump = root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(root);
    *n = dump ? strlen(dump) + 1 : 0;
    *text = dump ? realloc(dump, *n + 1) : NULL;
    if (!*text) {
        free(dump);
        return ds_fail(err, DS_NOMEM, "out of memory for the result");
    }
    memcpy(*text + *n - 1, "\n", 2);
    return 0;
}
