/* data/archive/heap.c -- many small pieces of memory that go together. See the header. */
#include "data/archive/heap_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 16, ALIGN = 16 };

struct ds_heap_block {
    _Alignas(ALIGN) struct ds_heap_block *before;
    size_t size, used;
};

_Static_assert(sizeof(struct ds_heap_block) % ALIGN == 0, "pieces follow the block's head");

static struct ds_heap_block *more(struct ds_heap *h, size_t n)
{
    const size_t size = n > BLOCK / 4 ? n : BLOCK;
    struct ds_heap_block *block = malloc(sizeof *block + size);

    if (!block)
        return NULL;
    *block = (struct ds_heap_block){.before = h->last, .size = size};
    /* A large piece gets a block of its own, behind the one that still has room. */
    if (h->last && size != BLOCK) {
        block->before = h->last->before;
        h->last->before = block;
    } else {
        h->last = block;
    }
    return block;
}

int ds_heap_charge(struct ds_heap *h, size_t n, struct ds_err *err)
{
    if (h->limit && n > h->limit - h->used)
        return ds_fail(err, DS_DATA,
                       "needs more than %zu kB for its structure alone, which is all it gets "
                       "(48 MiB are some 42000 tensors); save it as safetensors",
                       h->limit >> 10);
    h->used += n;
    return 0;
}

void *ds_heap_take(struct ds_heap *h, size_t n, struct ds_err *err)
{
    struct ds_heap_block *block = h->last;
    const size_t whole = (n + ALIGN - 1) / ALIGN * ALIGN;

    assert(whole >= n); /* no file promises that much: zip_int.h, pickle_int.h */
    if (ds_heap_charge(h, whole, err))
        return NULL;
    if (!block || block->size - block->used < whole)
        block = more(h, whole);
    if (!block) {
        ds_fail(err, DS_NOMEM, "out of memory: %.1f MB are needed", (double)whole / 1e6);
        return NULL;
    }
    block->used += whole;
    return (unsigned char *)(block + 1) + block->used - whole;
}

char *ds_heap_text(struct ds_heap *h, const void *text, size_t n, struct ds_err *err)
{
    char *copy = ds_heap_take(h, n + 1, err);

    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

void ds_heap_clear(struct ds_heap *h)
{
    while (h->last) {
        struct ds_heap_block *before = h->last->before;

        free(h->last);
        h->last = before;
    }
    *h = (struct ds_heap){0};
}
