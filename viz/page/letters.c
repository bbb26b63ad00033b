/* viz/page/letters.c -- pieces of text that were shaped before. See the header. */
#include "viz/page/letters.h"

#include <pango/pango.h>
#include <stdlib.h>
#include <string.h>

#include "viz/page/canvas.h"

enum { SLOTS = 2048, MOST = 1400, CAPS = 16, LONGEST = 400 };

struct kept {
    char *text;
    double size, width;
    bool bold, italic;
    PangoLayout *layout;
};

struct ds_letters {
    struct kept slot[SLOTS];
    int used, caps;
    struct {
        double size, cap;
    } cap[CAPS];
};

struct ds_letters *ds_letters_new(void)
{
    return calloc(1, sizeof(struct ds_letters));
}

static void let_go(struct ds_letters *l)
{
    for (int i = 0; i < SLOTS; i++) {
        free(l->slot[i].text);
        if (l->slot[i].layout)
            g_object_unref(l->slot[i].layout);
    }
    memset(l->slot, 0, sizeof l->slot);
    l->used = 0;
}

void ds_letters_free(struct ds_letters *l)
{
    if (!l)
        return;
    let_go(l);
    free(l);
}

static size_t slot_of(const struct ds_letters *l, const char *text,
                      const struct ds_lettering *type)
{
    const double size = type->size, width = type->width > 0 ? type->width : 0;
    uint64_t h = 1469598103934665603u;
    size_t at;

    for (const char *c = text; *c; c++)
        h = (h ^ (unsigned char)*c) * 1099511628211u;
    h = (h ^ (uint64_t)(64 * size)) * 1099511628211u;
    h = (h ^ (uint64_t)(64 * width)) * 1099511628211u;
    h = (h ^ (uint64_t)(type->bold + 2 * type->italic)) * 1099511628211u;
    for (at = (h >> 20) % SLOTS; l->slot[at].text; at = (at + 1) % SLOTS) {
        const struct kept *k = &l->slot[at];

        if (k->size == size && k->width == width && k->bold == type->bold &&
            k->italic == type->italic && !strcmp(k->text, text))
            break;
    }
    return at;
}

void *ds_letters_find(const struct ds_letters *l, const char *text,
                      const struct ds_lettering *type)
{
    return l->slot[slot_of(l, text, type)].layout;
}

void ds_letters_keep(struct ds_letters *l, const char *text, const struct ds_lettering *type,
                     void *layout)
{
    const size_t n = strlen(text);
    struct kept *k;
    char *copy;

    if (n > LONGEST || !(copy = malloc(n + 1)))
        return;
    if (l->used == MOST)
        let_go(l);
    memcpy(copy, text, n + 1);
    k = &l->slot[slot_of(l, text, type)];
    free(k->text);
    if (k->layout)
        g_object_unref(k->layout);
    else
        l->used++;
    *k = (struct kept){copy,       type->size,   type->width > 0 ? type->width : 0,
                       type->bold, type->italic, g_object_ref(layout)};
}

double ds_letters_cap(const struct ds_letters *l, double size)
{
    for (int i = 0; i < l->caps; i++)
        if (l->cap[i].size == size)
            return l->cap[i].cap;
    return -1;
}

void ds_letters_keep_cap(struct ds_letters *l, double size, double cap)
{
    if (l->caps == CAPS)
        l->caps = 0;
    l->cap[l->caps].size = size;
    l->cap[l->caps++].cap = cap;
}
