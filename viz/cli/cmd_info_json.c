/* viz/cli/cmd_info_json.c -- a run, and a file of arrays, as JSON. */
#include "viz/cli/cmd_info.h"

#include <stdio.h>
#include <string.h>

#include "viz/cli/json.h"

static json_t *classes(const struct ds_record *r)
{
    json_t *list = json_array();

    for (int k = 0; k < r->classes; k++)
        json_array_append_new(list, json_pack("{s:o, s:i, s:i}", "name", ds_json_text(r->class_name[k]),
                                              "task", r->class_task[k] + 1, "label",
                                              r->class_label[k]));
    return list;
}

/* null where tasks are no domains. */
static json_t *domains(const struct ds_record *r)
{
    json_t *list = r->domain_name ? json_array() : json_null();

    for (int t = 0; r->domain_name && t < r->tasks; t++)
        json_array_append_new(list, ds_json_text(r->domain_name[t]));
    return list;
}

static json_t *accuracy(const struct ds_record *r, const int *correct)
{
    json_t *list = json_array();

    for (int i = 0; i < r->done - 1; i++)
        json_array_append_new(list, ds_json_real(ds_info_accuracy(r, correct, i)));
    return list;
}

static json_t *checkpoints(const struct ds_record *r, const struct ds_run *run)
{
    json_t *list = json_array();

    for (int m = 0; m < r->done; m++) {
        const long long size = ds_info_size(run, r->checkpoint[m]);

        json_array_append_new(list, json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "after_task", m, "file",
                                              ds_json_text(r->checkpoint[m]), "bytes",
                                              size < 0 ? json_null() : json_integer(size),
                                              "seconds", ds_json_real(r->seconds[m]), "peak_bytes",
                                              r->peak[m] > 0 ? ds_json_real(r->peak[m])
                                                             : json_null(),
                                              "saving_seconds",
                                              r->saving[m] > 0 ? ds_json_real(r->saving[m])
                                                               : json_null()));
    }
    return list;
}

static json_t *configuration(const struct ds_record *r)
{
    json_t *all = json_object();
    char key[80], value[1100];

    for (const char *at = r->config; (at = ds_info_line(at, key, sizeof key, value, sizeof value));)
        json_object_set_new(all, key, ds_json_text(value));
    return all;
}

json_t *ds_info_run_json(const struct ds_record *r, const struct ds_run *run)
{
    json_t *model = json_pack("{s:i, s:i, s:i, s:i, s:[i, i], s:i}", "layers", r->layers, "heads",
                              r->heads, "tokens", r->tokens, "prefix", r->prefix, "grid", r->grid_h,
                              r->grid_w, "patch", r->patch);
    json_t *images = json_pack("{s:i, s:i, s:i, s:i, s:i}", "count", r->images, "probe", r->probe,
                               "channels", r->channels, "height", r->height, "width", r->width);
    json_t *after = json_pack("{s:o, s:o}", "class_incremental", accuracy(r, r->correct_class),
                              "task_incremental", accuracy(r, r->correct_task));

    return json_pack("{s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:o, s:o, s:o, s:o, "
                     "s:o, s:o, s:o}",
                     "kind", "run", "path", ds_json_text(run->path), "method", ds_json_text(r->method), "seed",
                     (json_int_t)r->seed, "created", ds_json_text(r->created), "version",
                     ds_json_text(r->version), "command", ds_json_text(r->command), "budget",
                     ds_json_text(r->budget), "uuid", ds_json_text(r->uuid),
                     "tasks", r->tasks, "tasks_done", r->done ? r->done - 1 : 0, "steps", r->steps,
                     "classes", classes(r), "domains", domains(r), "model", model, "images", images, "mean_accuracy",
                     after, "checkpoints", checkpoints(r, run), "config", configuration(r));
}

static json_t *note(const struct ds_note *n)
{
    json_t *list;

    switch (n->type) {
    case DS_NOTE_TEXT: return ds_json_text(n->text);
    case DS_NOTE_INT:  return json_integer(n->whole);
    case DS_NOTE_REAL: return ds_json_real(n->real);
    case DS_NOTE_TEXTS:
        list = json_array();
        for (int i = 0; n->texts[i]; i++)
            json_array_append_new(list, ds_json_text(n->texts[i]));
        return list;
    }
    return json_null();
}

static json_t *notes(const struct ds_notes *n)
{
    json_t *all = json_object();

    for (int i = 0; n && i < n->count; i++)
        json_object_set_new(all, n->note[i].key, note(&n->note[i]));
    return all;
}

json_t *ds_info_file_json(const struct ds_bundle *b, const char *file)
{
    json_t *arrays = json_array(), *groups = json_object();

    for (int i = 0; i < b->count; i++) {
        const struct ds_array *a = &b->array[i];
        json_t *dims = json_array();

        for (int d = 0; d < a->rank; d++)
            json_array_append_new(dims, json_integer(a->dims[d]));
        json_array_append_new(arrays, json_pack("{s:o, s:s, s:o, s:o}", "name", ds_json_text(a->name),
                                                "type", ds_type_name(a->type), "shape", dims,
                                                "notes", notes(&a->notes)));
    }
    for (int g = 0; g < b->groups; g++)
        json_object_set_new(groups, *b->group[g].group ? b->group[g].group : "/",
                            notes(&b->group[g].notes));
    return json_pack("{s:s, s:o, s:o, s:o}", "kind", "file", "path", ds_json_text(file), "arrays", arrays,
                     "notes", groups);
}
