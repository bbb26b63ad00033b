/* data/store/h5_heap.c -- are HDF5's global heaps sound? See h5_int.h.
 *
 * Texts and lists of references lie in global heaps, the one part of the latest format that
 * has no checksum, and libhdf5 1.10 believes the lengths it finds there. A heap is
 *
 *     "GCOL" 1 0 0 0, length of the heap 8, objects: index 2, uses 2, zeros 4, length 8, data
 *
 * with data padded to 8 bytes, up to an object of index 0 that is the free rest (its length
 * counts its header). Eight such bytes in the middle of numbers are next to impossible. */
#define _GNU_SOURCE
#include <string.h>

#include "data/store/h5_int.h"

enum { HEAD = 16, OBJECT = 16, HEAP_LEAST = 4096 };

static const unsigned char mark[8] = {'G', 'C', 'O', 'L', 1, 0, 0, 0};

static uint64_t take(const unsigned char *from, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

/* One heap in room bytes from its mark. Its texts end within their objects. */
static bool heap_is_sound(const unsigned char *heap, size_t room)
{
    uint64_t size, at = HEAD;

    if (room < HEAD || (size = take(heap + 8, 8)) < HEAP_LEAST || size > room)
        return false;
    while (size - at >= OBJECT) {
        const uint64_t index = take(heap + at, 2), length = take(heap + at + 8, 8);

        if (index == 0)
            return length == size - at;
        if (length > size - at - OBJECT)
            return false;
        at += OBJECT + (length + 7) / 8 * 8;
        if (at > size)
            return false;
    }
    return true;
}

bool ds_h5_heaps_sound(const unsigned char *bytes, size_t n)
{
    const unsigned char *end = bytes + n, *heap = bytes;

    while ((heap = memmem(heap, (size_t)(end - heap), mark, sizeof mark))) {
        if (!heap_is_sound(heap, (size_t)(end - heap)))
            return false;
        heap += sizeof mark;
    }
    return true;
}
