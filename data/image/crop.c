/* data/image/crop.c -- windows on pictures, and where they are put. See the header. */
#include "data/image/crop.h"

#include <math.h>
#include <string.h>
#include "core/base/rng.h"

enum { TRIES = 10 };

struct ds_planes ds_planes_of(const uint8_t *pixels, int channels, int height, int width)
{
    return (struct ds_planes){pixels, channels,      height,
                              width,  (size_t)width, (size_t)height * (size_t)width};
}

struct ds_planes ds_crop(const struct ds_planes *p, const struct ds_window *w)
{
    struct ds_planes cut = *p;

    cut.pixels += (size_t)w->top * p->row + (size_t)w->left;
    cut.height = w->height;
    cut.width = w->width;
    return cut;
}

/* The first of `want` places among `have`; below 0 where there are fewer, with the odd one of
 * the padding behind. */
static int middle(int have, int want)
{
    return want > have ? -((want - have) / 2) : (int)rint((have - want) / 2.0);
}

struct ds_window ds_crop_centre(int height, int width, int want_height, int want_width)
{
    return (struct ds_window){middle(height, want_height), middle(width, want_width),
                              want_height, want_width};
}

void ds_crop_copy(uint8_t *out, const struct ds_planes *p, const struct ds_window *w)
{
    const size_t width = (size_t)w->width;
    const int left = w->left < 0 ? -w->left : 0, from = w->left < 0 ? 0 : w->left;
    const int most = p->width - from, room = w->width - left;
    const int kept = most < room ? most : room; /* columns that both have */

    for (int c = 0; c < p->channels; c++)
        for (int y = 0; y < w->height; y++, out += width) {
            const int sy = w->top + y;

            if (sy < 0 || sy >= p->height || kept < room || left)
                memset(out, 0, width);
            if (sy >= 0 && sy < p->height && kept > 0)
                memcpy(out + left,
                       p->pixels + (size_t)c * p->plane + (size_t)sy * p->row + (size_t)from,
                       (size_t)kept);
        }
}

static struct ds_window at_random(int height, int width, int h, int w, uint64_t stream,
                                  uint64_t draw)
{
    return (struct ds_window){(int)ds_rng_below(stream, draw, (uint32_t)(height - h + 1)),
                              (int)ds_rng_below(stream, draw + 1, (uint32_t)(width - w + 1)), h,
                              w};
}

struct ds_window ds_crop_random(int height, int width, double least, uint64_t stream)
{
    const double area = (double)height * width, lowest = log(3.0 / 4), highest = log(4.0 / 3);
    const double shape = (double)width / height;
    struct ds_window w = {.height = height, .width = width};

    for (uint64_t try = 0; try < TRIES; try++) {
        const double some = area * (least + (1 - least) * ds_rng_unit(stream, 4 * try));
        const double ratio =
            exp(lowest + (highest - lowest) * ds_rng_unit(stream, 4 * try + 1));
        const double wide = rint(sqrt(some * ratio)), high = rint(sqrt(some / ratio));

        if (wide >= 1 && wide <= width && high >= 1 && high <= height)
            return at_random(height, width, (int)high, (int)wide, stream, 4 * try + 2);
    }
    if (shape < 3.0 / 4)
        w.height = (int)rint(width / (3.0 / 4));
    else if (shape > 4.0 / 3)
        w.width = (int)rint(height * (4.0 / 3));
    w.top = (height - w.height) / 2;
    w.left = (width - w.width) / 2;
    return w;
}

void ds_short_side(int *out_height, int *out_width, int height, int width, int side)
{
    const int64_t shorter = height < width ? height : width;
    const int64_t longer = height < width ? width : height;
    const int other = (int)(side * longer / shorter);

    *out_height = height < width ? side : other;
    *out_width = height < width ? other : side;
}
