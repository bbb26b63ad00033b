/* viz/page/raster.c -- resampling and blending of small pictures. See the header. */
#include "viz/page/raster.h"

#include <math.h>
#include <stdlib.h>

#include "data/image/write_jpeg.h"

/* Below this many pixels across an image is a picture of pixels and keeps them. */
enum { PHOTO = 96, SIDE = 8192 };

int ds_raster_side(double points, double dpi)
{
    return (int)fmin(SIDE, fmax(1, rint(points * dpi / 72)));
}

int ds_raster_init(struct ds_raster *r, int w, int h, struct ds_err *err)
{
    *r = (struct ds_raster){0};
    if (w < 1 || h < 1 || w > SIDE || h > SIDE)
        return ds_fail(err, DS_USAGE,
                       "a picture of %d x %d pixels cannot be drawn; lower --dpi", w, h);
    r->rgb = calloc((size_t)w * (size_t)h * 3, sizeof *r->rgb);
    if (!r->rgb)
        return ds_fail(err, DS_NOMEM, "no memory for a picture of %d x %d pixels", w, h);
    r->w = w;
    r->h = h;
    return 0;
}

void ds_raster_clear(struct ds_raster *r)
{
    free(r->rgb);
    *r = (struct ds_raster){0};
}

static int clamp(int i, int n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

static int nearest(int i, int to, int from)
{
    return clamp((int)floor((i + 0.5) * from / to), from);
}

/* One output pixel under a triangle as wide as the larger of the two pixel sizes. */
static void filtered(float *out, const uint8_t *pixels, int width, int height, double x,
                     double y, double rx, double ry)
{
    double sum[3] = {0}, weight = 0;

    for (int j = (int)ceil(y - ry); j <= (int)floor(y + ry); j++)
        for (int i = (int)ceil(x - rx); i <= (int)floor(x + rx); i++) {
            const double w = (1 - fabs(i - x) / rx) * (1 - fabs(j - y) / ry);
            const uint8_t *p =
                pixels +
                ((size_t)clamp(j, height) * (size_t)width + (size_t)clamp(i, width)) * 3;

            for (int k = 0; k < 3; k++)
                sum[k] += w * p[k];
            weight += w;
        }
    for (int k = 0; k < 3; k++)
        out[k] = weight > 0 ? (float)(sum[k] / weight / 255) : 0;
}

void ds_raster_image(struct ds_raster *r, const uint8_t *pixels, int width, int height)
{
    const bool keep = width < PHOTO && height < PHOTO && r->w >= width && r->h >= height;
    const double sx = (double)width / r->w, sy = (double)height / r->h;

    for (int j = 0; j < r->h; j++)
        for (int i = 0; i < r->w; i++) {
            float *out = r->rgb + ((size_t)j * (size_t)r->w + (size_t)i) * 3;
            const uint8_t *p = pixels + ((size_t)nearest(j, r->h, height) * (size_t)width +
                                         (size_t)nearest(i, r->w, width)) * 3;

            if (keep)
                for (int k = 0; k < 3; k++)
                    out[k] = (float)p[k] / 255;
            else
                filtered(out, pixels, width, height, (i + 0.5) * sx - 0.5, (j + 0.5) * sy - 0.5,
                         fmax(1, sx), fmax(1, sy));
        }
}

/* Catmull-Rom weights for the four neighbours at fraction u behind the second. */
static void cubic(double w[4], double u)
{
    const double u2 = u * u, u3 = u2 * u;

    w[0] = -0.5 * u + u2 - 0.5 * u3;
    w[1] = 1 - 2.5 * u2 + 1.5 * u3;
    w[2] = 0.5 * u + 2 * u2 - 1.5 * u3;
    w[3] = -0.5 * u2 + 0.5 * u3;
}

static double bicubic(const float *map, int gh, int gw, double y, double x)
{
    const int i = (int)floor(x), j = (int)floor(y);
    double wx[4], wy[4], sum = 0;

    cubic(wx, x - i);
    cubic(wy, y - j);
    for (int b = 0; b < 4; b++)
        for (int a = 0; a < 4; a++)
            sum += wy[b] * wx[a] *
                   (double)map[(size_t)clamp(j + b - 1, gh) * (size_t)gw +
                               (size_t)clamp(i + a - 1, gw)];
    return sum;
}

static void range_of(const float *map, int n, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int i = 0; i < n; i++) {
        *lo = fmin(*lo, (double)map[i]);
        *hi = fmax(*hi, (double)map[i]);
    }
}

static void blend(float *out, const struct ds_paint *p, double value, int i, int j)
{
    const double v = fmin(1, fmax(0, p->hi > p->lo ? (value - p->lo) / (p->hi - p->lo) : 0));
    const struct ds_rgb c = ds_cmap_at(p->cmap, v);
    /* A root keeps the middle of the range visible. */
    const double alpha = p->strength >= 1 ? 1 : p->strength * sqrt(v);

    if (!isfinite(value)) {
        for (int k = 0; k < 3; k++)
            out[k] = (i / 6 + j / 6) % 2 ? 0.35f : 0.75f;
        return;
    }
    out[0] = (float)((1 - alpha) * (double)out[0] + alpha * c.r);
    out[1] = (float)((1 - alpha) * (double)out[1] + alpha * c.g);
    out[2] = (float)((1 - alpha) * (double)out[2] + alpha * c.b);
}

void ds_raster_overlay(struct ds_raster *r, const float *map, int grid_h, int grid_w,
                       const struct ds_paint *paint)
{
    double lo, hi;

    range_of(map, grid_h * grid_w, &lo, &hi);
    for (int j = 0; j < r->h; j++)
        for (int i = 0; i < r->w; i++) {
            const int cell = nearest(j, r->h, grid_h) * grid_w + nearest(i, r->w, grid_w);
            double value = (double)map[cell];

            if (paint->smooth && isfinite(value))
                value = fmin(hi, fmax(lo, bicubic(map, grid_h, grid_w,
                                                  (j + 0.5) * grid_h / r->h - 0.5,
                                                  (i + 0.5) * grid_w / r->w - 0.5)));
            blend(r->rgb + ((size_t)j * (size_t)r->w + (size_t)i) * 3, paint, value, i, j);
        }
}

/* Gives the surface its pixels as JPEG too: vector pages then hold that. */
static int attach_jpeg(cairo_surface_t *surface, const struct ds_raster *r, int quality,
                       struct ds_err *err)
{
    const size_t values = (size_t)r->w * (size_t)r->h * 3;
    uint8_t *rgb = malloc(values);
    unsigned char *bytes = NULL;
    size_t n = 0;
    int code;

    if (!rgb)
        return ds_fail(err, DS_NOMEM, "no memory for a picture of %d x %d pixels", r->w, r->h);
    for (size_t i = 0; i < values; i++)
        rgb[i] = (uint8_t)lrintf(r->rgb[i] * 255);
    code = ds_jpeg_encode(&bytes, &n, rgb, r->w, r->h, quality, err);
    free(rgb);
    if (code)
        return code;
    if (cairo_surface_set_mime_data(surface, CAIRO_MIME_TYPE_JPEG, bytes, n, free, bytes)) {
        free(bytes);
        return ds_fail(err, DS_NOMEM, "no memory for a picture of %d x %d pixels", r->w, r->h);
    }
    return 0;
}

int ds_raster_draw(struct ds_canvas *c, struct ds_box box, const struct ds_raster *r,
                   struct ds_err *err)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, r->w, r->h);
    unsigned char *bytes = cairo_image_surface_get_data(surface);
    const size_t stride = (size_t)cairo_image_surface_get_stride(surface);

    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(surface);
        return ds_fail(err, DS_NOMEM, "no memory for a picture of %d x %d pixels", r->w, r->h);
    }
    for (int j = 0; j < r->h; j++) {
        uint32_t *row = (uint32_t *)(void *)(bytes + (size_t)j * stride);
        const float *in = r->rgb + (size_t)j * (size_t)r->w * 3;

        for (int i = 0; i < r->w; i++, in += 3)
            row[i] = (uint32_t)lrintf(in[0] * 255) << 16 | (uint32_t)lrintf(in[1] * 255) << 8 |
                     (uint32_t)lrintf(in[2] * 255);
    }
    cairo_surface_mark_dirty(surface);
    if (c->jpeg > 0 && attach_jpeg(surface, r, c->jpeg, err)) {
        cairo_surface_destroy(surface);
        return err->code;
    }
    cairo_save(c->cr);
    cairo_translate(c->cr, box.x, box.y);
    cairo_scale(c->cr, box.w / r->w, box.h / r->h);
    cairo_set_source_surface(c->cr, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(c->cr), CAIRO_FILTER_NEAREST);
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, 0, 0, r->w, r->h);
    cairo_fill(c->cr);
    cairo_restore(c->cr);
    cairo_surface_destroy(surface);
    return 0;
}

static bool above(const float *map, int gh, int gw, int j, int i, double split)
{
    return j >= 0 && i >= 0 && j < gh && i < gw && (double)map[j * gw + i] > split;
}

void ds_outline_path(struct ds_canvas *c, struct ds_box box, const float *map, int grid_h,
                     int grid_w, double split)
{
    const double w = box.w / grid_w, h = box.h / grid_h;

    cairo_new_path(c->cr);
    for (int j = 0; j <= grid_h; j++)
        for (int i = 0; i <= grid_w; i++) {
            const bool here = above(map, grid_h, grid_w, j, i, split);

            if (here != above(map, grid_h, grid_w, j - 1, i, split) && i < grid_w) {
                cairo_move_to(c->cr, box.x + i * w, box.y + j * h);
                cairo_line_to(c->cr, box.x + (i + 1) * w, box.y + j * h);
            }
            if (here != above(map, grid_h, grid_w, j, i - 1, split) && j < grid_h) {
                cairo_move_to(c->cr, box.x + i * w, box.y + j * h);
                cairo_line_to(c->cr, box.x + i * w, box.y + (j + 1) * h);
            }
        }
}

void ds_outline_draw(struct ds_canvas *c, struct ds_box box, const float *map, int grid_h,
                     int grid_w, double split, struct ds_rgb color)
{
    ds_canvas_color(c, color, 1);
    cairo_set_dash(c->cr, NULL, 0, 0);
    cairo_set_line_width(c->cr, 0.8);
    cairo_set_line_cap(c->cr, CAIRO_LINE_CAP_SQUARE);
    cairo_save(c->cr);
    cairo_new_path(c->cr);
    cairo_rectangle(c->cr, box.x, box.y, box.w, box.h);
    cairo_clip(c->cr);
    ds_outline_path(c, box, map, grid_h, grid_w, split);
    cairo_stroke(c->cr);
    cairo_restore(c->cr);
}
