/* data/image/orient.c -- pictures that say which side is up. See the header. */
#include "data/image/orient.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "data/image/view_int.h"

enum { TAG = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4, ENTRY = 12 };

/* TIFF in either byte order: "II" is little-endian, "MM" is big-endian. */
static uint32_t number(const unsigned char *p, int bytes, bool big)
{
    uint32_t v = 0;

    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[big ? i : bytes - 1 - i];
    return v;
}

/* The value of one directory entry when it is a sound orientation, 1 otherwise. */
static int value_of(const unsigned char *entry, bool big)
{
    const uint32_t type = number(entry + 2, 2, big), count = number(entry + 4, 4, big);
    uint32_t v = 1;

    if (count == 1 && type == TYPE_SHORT)
        v = number(entry + 8, 2, big);
    else if (count == 1 && type == TYPE_LONG)
        v = number(entry + 8, 4, big);
    return v >= 1 && v <= 8 ? (int)v : 1;
}

int ds_orientation(struct ds_view *v, size_t offset, size_t n)
{
    const unsigned char *p = n < 8 ? NULL : ds_view_at(v, offset, 8);
    uint32_t at, entries;
    int orientation = 1;
    bool big;

    if (!p || (memcmp(p, "II*\0", 4) != 0 && memcmp(p, "MM\0*", 4) != 0))
        return 1;
    big = p[0] == 'M';
    at = number(p + 4, 4, big);
    if (at > n || n - at < 2 || !(p = ds_view_at(v, offset + at, 2)))
        return 1;
    entries = number(p, 2, big);
    for (size_t next = (size_t)at + 2; entries-- && n - next >= ENTRY; next += ENTRY) {
        p = ds_view_at(v, offset + next, ENTRY);
        if (!p)
            break;
        if (number(p, 2, big) == TAG)
            orientation = value_of(p, big);
    }
    return orientation;
}

void ds_orient_shape(struct ds_picture *shape, int orientation)
{
    if (orientation >= 5) {
        const int height = shape->height;

        shape->height = shape->width;
        shape->width = height;
    }
}

/* out[y][x] comes from in[sy][sx]: mirrored up-down, mirrored left-right, transposed. */
struct turn {
    bool up_down, left_right, transposed;
};

static const struct turn turns[9] = {
    [2] = {false, true, false}, [3] = {true, true, false}, [4] = {true, false, false},
    [5] = {false, false, true}, [6] = {true, false, true}, [7] = {true, true, true},
    [8] = {false, true, true},
};

static void turn_plane(uint8_t *out, const uint8_t *in, int height, int width,
                       const struct turn *t)
{
    const int rows = t->transposed ? width : height, columns = t->transposed ? height : width;

    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const int down = t->transposed ? x : y, right = t->transposed ? y : x;
            const int sy = t->up_down ? height - 1 - down : down;
            const int sx = t->left_right ? width - 1 - right : right;

            *out++ = in[(size_t)sy * (size_t)width + (size_t)sx];
        }
}

int ds_orient(struct ds_picture *p, int orientation, const char *name, struct ds_err *err)
{
    const size_t area = (size_t)p->height * (size_t)p->width;
    uint8_t *turned;

    if (orientation < 2 || orientation > 8)
        return 0;
    turned = malloc(area * (size_t)p->channels);
    if (!turned)
        return ds_fail(err, DS_NOMEM, "%s: out of memory for turning %d x %d pixels", name,
                       p->width, p->height);
    for (int c = 0; c < p->channels; c++)
        turn_plane(turned + (size_t)c * area, p->pixels + (size_t)c * area, p->height, p->width,
                   &turns[orientation]);
    free(p->pixels);
    p->pixels = turned;
    ds_orient_shape(p, orientation);
    return 0;
}
