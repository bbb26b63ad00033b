/* data/image/op_move.c -- shearing, moving and turning a picture. See augment.h.
 *
 * Every output pixel's middle is taken back through the inverse of the movement and read
 * there, bilinearly, in doubles; the result is cut to a byte, not rounded (Pillow's
 * transform(AFFINE, BILINEAR)). Matrices as torchvision and Pillow's rotate build them. */
#include "data/image/op_int.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* Output (x, y) comes from (a x + b y + c, d x + e y + f). */
struct inverse {
    double a, b, c, d, e, f;
};

static double between(double from, double to, double share)
{
    return from + (to - from) * share;
}

static int clipped(int v, int n)
{
    return v < 0 ? 0 : v < n ? v : n - 1;
}

/* floor(v) for v above -1 */
static int below(double v)
{
    const int cut = (int)v;

    return cut - (v < cut);
}

/* Where a plane is read: two pixels of an upper and of a lower row, and shares between them. */
struct place {
    size_t upper, lower; /* rows' beginnings */
    int left, right;
    double across, down;
};

/* (x, y) is inside; the middle of pixel 0 is at 1/2. */
static struct place place_of(int height, int width, double x, double y)
{
    const int left = below(x - 0.5), top = below(y - 0.5);
    const int upper = clipped(top, height), lower = top + 1 < height ? top + 1 : upper;

    return (struct place){.upper = (size_t)upper * (size_t)width,
                          .lower = (size_t)lower * (size_t)width,
                          .left = clipped(left, width),
                          .right = clipped(left + 1, width),
                          .across = x - 0.5 - left,
                          .down = y - 0.5 - top};
}

static uint8_t read_at(const uint8_t *in, const struct place *p)
{
    const uint8_t *u = in + p->upper, *l = in + p->lower;

    return (uint8_t)between(between(u[p->left], u[p->right], p->across),
                            between(l[p->left], l[p->right], p->across), p->down);
}

static void move(const struct ds_op_job *j, const struct inverse *m)
{
    const size_t channels = (size_t)j->channels, area = (size_t)j->height * (size_t)j->width;
    uint8_t *out = j->out;

    memset(out, 0, channels * area);
    for (int y = 0; y < j->height; y++)
        for (int x = 0; x < j->width; x++, out++) {
            const double px = x + 0.5, py = y + 0.5;
            const double sx = m->a * px + m->b * py + m->c;
            const double sy = m->d * px + m->e * py + m->f;
            struct place place;

            if (!(sx >= 0 && sx < j->width && sy >= 0 && sy < j->height))
                continue;
            place = place_of(j->height, j->width, sx, sy);
            for (size_t c = 0; c < channels; c++)
                out[c * area] = read_at(j->in + c * area, &place);
        }
}

/* A shear (tangents of its angles) about the corner, or a translation, undone. */
static void undo(const struct ds_op_job *j, double shear_x, double shear_y, double dx,
                 double dy)
{
    const double cx = shear_x != 0 || shear_y != 0 ? 0 : j->width * 0.5;
    const double cy = shear_x != 0 || shear_y != 0 ? 0 : j->height * 0.5;
    const double sx = atan(shear_x) * (180.0 / pi) * (pi / 180.0);
    const double sy = atan(shear_y) * (180.0 / pi) * (pi / 180.0);
    struct inverse m = {.a = sin(sy) * tan(sx) / cos(sy) + 1,
                        .b = cos(sy) * tan(sx) / cos(sy),
                        .d = sin(sy) / cos(sy),
                        .e = cos(sy) / cos(sy)};

    m.c = m.a * (-cx - dx) + m.b * (-cy - dy) + cx;
    m.f = m.d * (-cx - dx) + m.e * (-cy - dy) + cy;
    move(j, &m);
}

void ds_op_shear_x(const struct ds_op_job *j)
{
    undo(j, j->magnitude, 0, 0, 0);
}

void ds_op_shear_y(const struct ds_op_job *j)
{
    undo(j, 0, j->magnitude, 0, 0);
}

void ds_op_translate_x(const struct ds_op_job *j)
{
    undo(j, 0, 0, trunc(j->magnitude), 0);
}

void ds_op_translate_y(const struct ds_op_job *j)
{
    undo(j, 0, 0, 0, trunc(j->magnitude));
}

/* Fifteen decimals, as Pillow keeps them: a turn by 90 degrees has a cosine of 0. */
static double decimals(double v)
{
    return nearbyint(v * 1e15) / 1e15;
}

void ds_op_rotate(const struct ds_op_job *j)
{
    const double angle = fmod(fmod(j->magnitude, 360.0) + 360.0, 360.0) * (pi / 180.0);
    const double cx = j->width / 2.0, cy = j->height / 2.0;
    struct inverse m = {.a = decimals(cos(-angle)),
                        .b = decimals(sin(-angle)),
                        .d = decimals(-sin(-angle)),
                        .e = decimals(cos(-angle))};

    m.c = m.a * -cx + m.b * -cy + cx;
    m.f = m.d * -cx + m.e * -cy + cy;
    if (angle == 0)
        memcpy(j->out, j->in, (size_t)j->channels * (size_t)j->height * (size_t)j->width);
    else
        move(j, &m);
}
