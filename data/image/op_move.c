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

/* (x, y) is inside; the middle of pixel 0 is at 1/2. */
static uint8_t read_at(const uint8_t *in, int height, int width, double x, double y)
{
    const double left = floor(x - 0.5), top = floor(y - 0.5);
    const double right = x - 0.5 - left, down = y - 0.5 - top;
    const int x0 = clipped((int)left, width), x1 = clipped((int)left + 1, width);
    const int y0 = clipped((int)top, height), y1 = (int)top + 1;
    const uint8_t *row = in + (size_t)y0 * (size_t)width;
    const double upper = between(row[x0], row[x1], right);
    double lower = upper;

    if (y1 < height) {
        row = in + (size_t)y1 * (size_t)width;
        lower = between(row[x0], row[x1], right);
    }
    return (uint8_t)between(upper, lower, down);
}

static void move(const struct ds_op_job *j, const struct inverse *m)
{
    const size_t area = (size_t)j->height * (size_t)j->width;
    size_t at = 0;

    for (int y = 0; y < j->height; y++)
        for (int x = 0; x < j->width; x++, at++) {
            const double px = x + 0.5, py = y + 0.5;
            const double sx = m->a * px + m->b * py + m->c;
            const double sy = m->d * px + m->e * py + m->f;
            const int inside = sx >= 0 && sx < j->width && sy >= 0 && sy < j->height;

            for (size_t c = 0; c < (size_t)j->channels; c++)
                j->out[c * area + at] =
                    inside ? read_at(j->in + c * area, j->height, j->width, sx, sy) : 0;
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
