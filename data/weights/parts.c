/* data/weights/parts.c -- which tensor of a file is which part of a ViT. See the header. */
#include "data/weights/parts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 8191 }; /* 400 blocks; names are compared pair by pair */

/* Where several networks are in one file, the first of these words in a prefix wins, as timm
 * prefers them; a momentum copy is never what people mean. */
static const char *const preferred[] = {"state_dict_ema", "model_ema", "ema",     "state_dict",
                                        "model",          "teacher",   "student", NULL};
static const char *const avoided[] = {"momentum", "predictor", "text_model", "decoder", NULL};

static int rank_of(const char *prefix)
{
    int rank = 0;

    for (int i = 0; avoided[i]; i++)
        if (strstr(prefix, avoided[i]))
            return 1000;
    for (; preferred[rank]; rank++) {
        const size_t n = strlen(preferred[rank]);

        for (const char *at = strstr(prefix, preferred[rank]); at;
             at = strstr(at + 1, preferred[rank]))
            if ((at == prefix || at[-1] == '.') && (at[n] == '.' || !at[n]))
                return rank;
    }
    return rank;
}

/* Whether name ends in anchor at a boundary; the rest is the prefix. */
static bool split_name(char *prefix, size_t room, const char *name, const char *anchor)
{
    const size_t n = strlen(name), m = strlen(anchor);

    if (n < m || strcmp(name + n - m, anchor) || n - m >= room)
        return false;
    if (n > m && name[n - m - 1] != '.' && name[n - m - 1] != '/')
        return false;
    snprintf(prefix, room, "%.*s", (int)(n - m), name);
    return true;
}

static bool has(const struct ds_archive *a, const char *prefix, const char *name)
{
    char full[512];

    return snprintf(full, sizeof full, "%s%s", prefix, name) < (int)sizeof full &&
           ds_archive_lookup(a, full);
}

/* All pairs of naming and prefix that fit; keeps the best, and remembers a second one. */
static void choose(struct ds_parts *p, const struct ds_archive *a, const char *wanted)
{
    int best = 1 << 20;

    for (const struct ds_naming *n = ds_namings; n->name; n++)
        for (int i = 0; i < a->count; i++) {
            char prefix[sizeof p->prefix];
            int rank;

            if (!split_name(prefix, sizeof prefix, a->tensor[i].name, n->anchor) ||
                (n->sibling && !has(a, prefix, n->sibling)) ||
                (wanted && strcmp(prefix, wanted)))
                continue;
            rank = rank_of(prefix);
            if (p->naming)
                snprintf(p->others, sizeof p->others, "%s", rank < best ? p->prefix : prefix);
            if (rank >= best)
                continue;
            best = rank;
            p->naming = n;
            snprintf(p->prefix, sizeof p->prefix, "%s", prefix);
        }
}

static int refuse_foreign(const struct ds_archive *a, const char *path, const char *wanted,
                          struct ds_err *err)
{
    for (int i = 0; i < a->count; i++) {
        const char *why = ds_naming_refusal(a->tensor[i].name);

        if (why)
            return ds_fail(err, DS_DATA, "%s: %s ('%.100s')", path, why, a->tensor[i].name);
    }
    if (wanted)
        return ds_fail(err, DS_DATA, "%s: no network under the prefix '%s'", path, wanted);
    if (!a->count)
        return ds_fail(err, DS_DATA, "%s: holds no tensors", path);
    return ds_fail(
        err, DS_DATA,
        "%s: no ViT that driftscope knows among its %d tensors (the first is '%.100s'); "
        "expected a patch embedding called like timm's, Hugging Face's, torchvision's, "
        "CLIP's or Google's",
        path, a->count, a->tensor[0].name);
}

/* DINOv2's files cut their blocks into chunks: blocks.0.3.norm1 is block 3. */
static const char *without_chunk(char *to, size_t room, const char *name)
{
    static const char lead[] = "blocks.", digits[] = "0123456789";
    const char *chunk = name + sizeof lead - 1, *block, *end;

    if (strncmp(name, lead, sizeof lead - 1) != 0)
        return name;
    block = chunk + strspn(chunk, digits);
    if (block == chunk || *block++ != '.')
        return name;
    end = block + strspn(block, digits);
    if (end == block || *end != '.')
        return name;
    snprintf(to, room, "%s%s", lead, block);
    return to;
}

static struct ds_part_of *grow(struct ds_parts *p, struct ds_err *err)
{
    if (!(p->count & (p->count + 1)) || !p->part) { /* full at 2^k - 1 */
        struct ds_part_of *more = realloc(p->part, 2 * ((size_t)p->count + 1) * sizeof *more);

        if (!more) {
            ds_fail(err, DS_NOMEM, "out of memory for the names of %d tensors", p->count);
            return NULL;
        }
        p->part = more;
    }
    return &p->part[p->count];
}

/* dims in our order: order[i] names the dimension of the file. */
static void reorder(struct ds_stored *to, const struct ds_stored *from, const char *order)
{
    *to = *from;
    for (int i = 0; order && order[i]; i++) {
        to->dims[i] = from->dims[order[i] - '0'];
        to->stride[i] = from->stride[order[i] - '0'];
    }
}

static int add(struct ds_parts *p, const struct ds_stored *t, const struct ds_naming_rule *rule,
               int block, const char *path, struct ds_err *err)
{
    struct ds_part_of *part;
    const char *mark = rule->to ? strchr(rule->to, '#') : NULL;

    if (!rule->to) {
        p->dropped++;
        p->before_head |= strstr(t->name, "pre_logits") != NULL;
        p->decoder |= strstr(t->name, "decoder") != NULL;
        if (!*p->dropped_why)
            snprintf(p->dropped_why, sizeof p->dropped_why, "%s: %s", t->name, rule->why);
        return 0;
    }
    if (rule->order && t->rank != (int)strlen(rule->order))
        return ds_fail(err, DS_DATA, "%s: '%s' has %d dimensions, expected %zu", path, t->name,
                       t->rank, strlen(rule->order));
    if (p->count == PARTS_MAX)
        return ds_fail(err, DS_DATA, "%s: has more than %d tensors of a ViT", path, PARTS_MAX);
    if (!(part = grow(p, err)))
        return err->code;
    *part = (struct ds_part_of){
        .original = t->name, .third = rule->third, .block = mark ? block : -1};
    reorder(&part->stored, t, rule->order);
    if (mark)
        snprintf(part->name, sizeof part->name, "%.*s%d%s", (int)(mark - rule->to), rule->to,
                 block, mark + 1);
    else
        snprintf(part->name, sizeof part->name, "%s", rule->to);
    if (ds_parts_lookup(p, part->name, part->third))
        return ds_fail(err, DS_DATA,
                       "%s: '%s' is there twice under different names, again as '%s'", path,
                       part->name, t->name);
    p->blocks = part->block >= p->blocks ? part->block + 1 : p->blocks;
    p->count++;
    return 0;
}

/* JAX files may stack all blocks: Transformer/encoderblock/... with a leading dimension L. */
static int add_stacked(struct ds_parts *p, const struct ds_stored *t, const char *name,
                       const char *path, struct ds_err *err)
{
    static const char stack[] = "Transformer/encoderblock/";
    const int64_t layers = t->rank > 0 ? t->dims[0] : 0;

    if (layers < 1 || layers > 1024)
        return ds_fail(err, DS_DATA, "%s: '%s' stacks %lld blocks, expected 1 to 1024", path,
                       t->name, (long long)layers);
    for (int l = 0; l < layers; l++) {
        struct ds_stored slice = *t;
        const struct ds_naming_rule *rule;
        char one[300];
        int block;

        slice.rank--;
        memmove(slice.dims, t->dims + 1, (size_t)slice.rank * sizeof *slice.dims);
        memmove(slice.stride, t->stride + 1, (size_t)slice.rank * sizeof *slice.stride);
        slice.data += (size_t)l * (size_t)t->stride[0] * ds_type_size(t->type);
        snprintf(one, sizeof one, "Transformer/encoderblock_%d/%s", l, name + strlen(stack));
        rule = ds_naming_lookup(p->naming->rules, one, &block);
        if (!rule)
            return ds_fail(err, DS_DATA, "%s: '%s' is no part of a ViT that driftscope knows",
                           path, t->name);
        if (add(p, &slice, rule, block, path, err))
            return err->code;
    }
    return 0;
}

/* The prefix with its last part removed: names beside the network begin there. */
static size_t root_length(const char *prefix)
{
    size_t n = strlen(prefix);

    while (n > 0 && prefix[n - 1] == '.')
        n--;
    while (n > 0 && prefix[n - 1] != '.')
        n--;
    return n;
}

static int place(struct ds_parts *p, const struct ds_stored *t, const char *path,
                 struct ds_err *err)
{
    const size_t n = strlen(p->prefix), root = root_length(p->prefix);
    const struct ds_naming_rule *rule = NULL;
    char buffer[300];
    int block = -1;

    if (!strncmp(t->name, p->prefix, n)) {
        const char *name = without_chunk(buffer, sizeof buffer, t->name + n);
        const char *why = ds_naming_refusal(name);

        rule = ds_naming_lookup(p->naming->rules, name, &block);
        if (!rule && !strncmp(name, "Transformer/encoderblock/", 25))
            return add_stacked(p, t, name, path, err);
        if (rule)
            return add(p, t, rule, block, path, err);
        if (why)
            return ds_fail(err, DS_DATA, "%s: %s ('%.100s')", path, why, t->name);
        rule = n == root ? ds_naming_lookup(p->naming->root, name, &block) : NULL;
        if (!rule)
            return ds_fail(err, DS_DATA,
                           "%s: '%.100s' is no part of a ViT that driftscope knows", path,
                           t->name);
    } else if (!strncmp(t->name, p->prefix, root))
        rule = ds_naming_lookup(p->naming->root, t->name + root, &block);
    if (rule)
        return add(p, t, rule, block, path, err);
    p->outside++;
    if (!*p->outside_name)
        snprintf(p->outside_name, sizeof p->outside_name, "%s", t->name);
    return 0;
}

/* A head that reads a layer which is left behind has no meaning: it stays behind, too. */
static void drop_head(struct ds_parts *p)
{
    int kept = 0;

    assert(!p->count || p->part);
    for (int i = 0; i < p->count; i++)
        if (strncmp(p->part[i].name, "head.", 5))
            p->part[kept++] = p->part[i];
    p->dropped += p->count - kept;
    p->count = kept;
}

int ds_parts_find(struct ds_parts *p, const struct ds_archive *a, const char *path,
                  const char *prefix, struct ds_err *err)
{
    *p = (struct ds_parts){0};
    choose(p, a, prefix);
    if (!p->naming)
        return refuse_foreign(a, path, prefix, err);
    for (int i = 0; i < a->count; i++)
        if (place(p, &a->tensor[i], path, err)) {
            ds_parts_clear(p);
            return err->code;
        }
    if (p->before_head)
        drop_head(p);
    return 0;
}

void ds_parts_clear(struct ds_parts *p)
{
    free(p->part);
    *p = (struct ds_parts){0};
}

const struct ds_part_of *ds_parts_lookup(const struct ds_parts *p, const char *name, char third)
{
    for (int i = 0; i < p->count; i++)
        if (p->part[i].third == third && !strcmp(p->part[i].name, name))
            return &p->part[i];
    return NULL;
}
