/* analysis/causal/graft.c -- which heads of which layers change places, row by row. See
 * transplant.h.
 */
#include "analysis/causal/transplant.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct choice {
    const bool *layer, *head;
    int layers, heads;
    int highest; /* chosen layer */
};

static int chosen(const bool *on, int n)
{
    int sum = 0;

    for (int i = 0; i < n; i++)
        sum += on[i];
    return sum;
}

/* The next row: layers from .. to as far as they are chosen, one head or all chosen ones. */
static int add(struct ds_graft *list, int *count, const struct choice *c, int from, int to,
               int only, struct ds_err *err)
{
    struct ds_graft *g = &list[(*count)++];
    const char *part = only < 0 && chosen(c->head, c->heads) < c->heads ? ", chosen heads" : "";

    assert(c->layers > 0 && c->heads > 0);
    g->on = calloc((size_t)c->layers * (size_t)c->heads, sizeof *g->on);
    if (!g->on)
        return ds_fail(err, DS_NOMEM, "out of memory for grafts");
    for (int l = from; l <= to; l++)
        for (int h = 0; h < c->heads; h++)
            g->on[l * c->heads + h] = c->layer[l] && (only < 0 ? c->head[h] : only == h);
    if (only >= 0)
        snprintf(g->label, sizeof g->label, "layer %d head %d", from + 1, only + 1);
    else if (from == to)
        snprintf(g->label, sizeof g->label, "layer %d%s", from + 1, part);
    else if (to < c->highest)
        snprintf(g->label, sizeof g->label, "up to layer %d%s", to + 1, part);
    else if (chosen(c->layer, c->layers) == c->layers)
        snprintf(g->label, sizeof g->label, "all layers%s", part);
    else
        snprintf(g->label, sizeof g->label, "chosen layers%s", part);
    return 0;
}

int ds_graft_list(struct ds_graft **list, int *count, enum ds_graft_by by, const bool *layer,
                  int layers, const bool *head, int heads, struct ds_err *err)
{
    struct choice c = {layer, head, layers, heads, 0};
    int lowest = layers, code = 0;

    for (int l = layers - 1; l >= 0; l--) {
        lowest = layer[l] ? l : lowest;
        c.highest = layer[l] && !c.highest ? l : c.highest;
    }
    *count = 0;
    *list = calloc((size_t)layers * (size_t)heads + 2, sizeof **list);
    if (!*list)
        return ds_fail(err, DS_NOMEM, "out of memory for grafts");
    for (int l = 0; l < layers && !code; l++)
        for (int h = 0; layer[l] && h < heads && !code; h++) {
            if (by == DS_GRAFT_HEAD && head[h])
                code = add(*list, count, &c, l, l, h, err);
            else if (h == 0 && by == DS_GRAFT_LAYER)
                code = add(*list, count, &c, l, l, -1, err);
            else if (h == 0 && by == DS_GRAFT_CUMULATIVE && l < c.highest)
                code = add(*list, count, &c, l == lowest ? l : 0, l, -1, err);
        }
    if (!code && (by != DS_GRAFT_LAYER || chosen(layer, layers) > 1))
        code = add(*list, count, &c, lowest == c.highest ? lowest : 0, c.highest, -1, err);
    return code;
}

void ds_graft_free(struct ds_graft *list, int count)
{
    for (int i = 0; i < count; i++)
        free(list[i].on);
    free(list);
}
