/* viz/viewer/pane.c -- one picture with its overlay, outline and pinned patch. See scene.h.
 *
 * Pixels are made at the size of the screen and painted one to one; outlines and the pinned
 * patch are drawn over them with the same code as on paper. */
#include "viz/viewer/scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ds_box ds_pane_fit(const struct ds_viewer *v, struct ds_box room)
{
    const struct ds_record *r = &v->run[0]->record;
    const double aspect = (double)r->width / r->height;
    const double w = floor(fmax(0, fmin(room.w, room.h * aspect))), h = floor(w / aspect);

    return (struct ds_box){floor(room.x + (room.w - w) / 2), floor(room.y + (room.h - h) / 2),
                           w, h};
}

static struct ds_lens lens_of(const struct ds_viewer *v)
{
    const double half = 0.5 / v->view.zoom;

    return (struct ds_lens){v->view.pan_x - half, v->view.pan_y - half, v->view.pan_x + half,
                            v->view.pan_y + half};
}

static bool room_for(uint32_t **pixels, size_t *room, size_t n)
{
    uint32_t *grown;

    if (n <= *room)
        return true;
    grown = realloc(*pixels, n * sizeof **pixels);
    if (!grown)
        return false;
    *pixels = grown;
    *room = n;
    return true;
}

/* The image under the lens at w x h pixels, kept until something changes. */
static bool photo(struct ds_scene *s, int w, int h)
{
    const struct ds_subject *run = s->v->run[0];
    const struct ds_record *r = &run->record;
    const struct ds_lens lens = lens_of(s->v);
    const int numbers[] = {w, h, s->v->view.image};
    struct ds_err err = {0};
    uint64_t key = ds_mix(0, numbers, sizeof numbers);

    key = ds_mix(key, &lens, sizeof lens);
    key = ds_mix(key, &run, sizeof run);
    if (key == s->store->photo_key)
        return true;
    if (!room_for(&s->store->photo, &s->store->photo_room, (size_t)w * (size_t)h) ||
        ds_blend_image(s->store->photo, w, w, h,
                       r->pixels + (size_t)(s->v->view.image - 1) * (size_t)r->height *
                                       (size_t)r->width * 3,
                       r->width, r->height, lens, &err))
        return false;
    s->store->photo_key = key;
    return true;
}

static void paint(struct ds_scene *s, struct ds_box box, const uint32_t *pixels, int stride,
                  int w, int h, double alpha)
{
    cairo_surface_t *surface = cairo_image_surface_create_for_data(
        (unsigned char *)(uintptr_t)pixels, CAIRO_FORMAT_RGB24, w, h, 4 * stride);

    cairo_save(s->c->cr);
    cairo_new_path(s->c->cr);
    cairo_rectangle(s->c->cr, box.x, box.y, box.w, box.h);
    cairo_clip(s->c->cr);
    cairo_translate(s->c->cr, box.x, box.y);
    cairo_scale(s->c->cr, box.w / w, box.h / h);
    cairo_set_source_surface(s->c->cr, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(s->c->cr), CAIRO_FILTER_NEAREST);
    if (alpha < 1)
        cairo_paint_with_alpha(s->c->cr, alpha);
    else
        cairo_paint(s->c->cr);
    cairo_restore(s->c->cr);
    cairo_surface_finish(surface);
    cairo_surface_destroy(surface);
}

void ds_picture(struct ds_scene *s, struct ds_box box, const uint32_t *pixels, int w, int h)
{
    paint(s, box, pixels, w, w, h, 1);
}

/* Where the whole image would be, seen through the lens. */
static struct ds_box whole(const struct ds_viewer *v, struct ds_box box)
{
    const double z = v->view.zoom;

    return (struct ds_box){box.x + box.w * (0.5 - v->view.pan_x * z),
                           box.y + box.h * (0.5 - v->view.pan_y * z), box.w * z, box.h * z};
}

/* Where a level is crossed between two centres. */
static double crossing(double a, double b, double level)
{
    return a == b ? 0.5 : fmin(1, fmax(0, (level - a) / (b - a)));
}

/* Marching squares over the centres of the patches: the smooth outline. */
static void iso_path(cairo_t *cr, struct ds_box box, const float *map, int gh, int gw,
                     double level)
{
    const double w = box.w / gw, h = box.h / gh;

    cairo_new_path(cr);
    for (int j = -1; j < gh; j++)
        for (int i = -1; i < gw; i++) {
            double v[4], px[4], py[4];
            int n = 0;

            for (int k = 0; k < 4; k++) { /* corners, clockwise */
                const int y = j + (k >> 1), x = i + (k == 1 || k == 2);
                const bool in = y >= 0 && x >= 0 && y < gh && x < gw;

                v[k] = in ? (double)map[y * gw + x] : level - 1e-12;
            }
            for (int k = 0; k < 4; k++) {
                const int m = (k + 1) & 3;
                const double t = crossing(v[k], v[m], level);
                const double x0 = k == 1 || k == 2, y0 = k >> 1;
                const double x1 = m == 1 || m == 2, y1 = m >> 1;

                if ((v[k] > level) == (v[m] > level))
                    continue;
                px[n] = box.x + (i + 0.5 + x0 + t * (x1 - x0)) * w;
                py[n++] = box.y + (j + 0.5 + y0 + t * (y1 - y0)) * h;
            }
            for (int k = 0; k + 1 < n; k += 2) {
                cairo_move_to(cr, px[k], py[k]);
                cairo_line_to(cr, px[k + 1], py[k + 1]);
            }
        }
}

static void outline(struct ds_scene *s, struct ds_box image, const struct ds_pane *p,
                    double alpha)
{
    const struct ds_record *r = &s->v->run[0]->record;
    const double dash[2] = {5, 4};
    cairo_t *cr = s->c->cr;

    if (!p->map || p->signed_ || !p->outline || !isfinite(p->split))
        return;
    for (int pass = 0; pass < 2; pass++) { /* dark under light: seen on any picture */
        if (s->v->view.contour == DS_CONTOUR_SMOOTH)
            iso_path(cr, image, p->map, r->grid_h, r->grid_w, p->split);
        else
            ds_outline_path(s->c, image, p->map, r->grid_h, r->grid_w, p->split);
        ds_canvas_color(s->c, pass ? ds_skin.a : ds_skin.back, alpha * (pass ? 1 : 0.75));
        cairo_set_line_width(cr, pass ? 1.4 : 3.2);
        cairo_set_line_cap(cr, pass && p->dashed ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_SQUARE);
        cairo_set_dash(cr, dash, pass && p->dashed ? 2 : 0, 0);
        cairo_stroke(cr);
    }
    cairo_set_dash(cr, NULL, 0, 0);
}

static void pinned(struct ds_scene *s, struct ds_box image)
{
    const struct ds_record *r = &s->v->run[0]->record;
    const double w = image.w / r->grid_w, h = image.h / r->grid_h;
    const int at = s->v->view.pick - 1;

    if (at < 0)
        return;
    for (int pass = 0; pass < 2; pass++) {
        cairo_new_path(s->c->cr);
        cairo_rectangle(s->c->cr, image.x + at % r->grid_w * w, image.y + at / r->grid_w * h, w,
                        h);
        ds_canvas_color(s->c, pass ? ds_skin.b : ds_skin.back, 1);
        cairo_set_line_width(s->c->cr, pass ? 2 : 4);
        cairo_stroke(s->c->cr);
    }
}

/* Columns i0 .. i1 of a pane of w x h pixels: the image, and the map over it. */
static void fill_pane(struct ds_scene *s, const struct ds_pane *p, int w, int h, int i0, int i1)
{
    const struct ds_record *r = &s->v->run[0]->record;
    const struct ds_cmap map = p->signed_ ? ds_diverging() : ds_viewer_cmap(s->v);
    const struct ds_paint paint_as = {&map, p->lo, p->hi, s->v->view.opacity,
                                      s->v->view.smooth};
    const struct ds_lens all = lens_of(s->v);
    const double unit = (all.x1 - all.x0) / w;
    const struct ds_lens part = {all.x0 + i0 * unit, all.y0, all.x0 + i1 * unit, all.y1};
    struct ds_err err = {0};

    for (int j = 0; j < h; j++)
        memcpy(s->store->pane + (size_t)j * (size_t)w + i0,
               s->store->photo + (size_t)j * (size_t)w + i0,
               (size_t)(i1 - i0) * sizeof(uint32_t));
    if (p->map)
        ds_blend_map(s->store->pane + i0, w, i1 - i0, h, p->map, r->grid_h, r->grid_w, part,
                     &paint_as, &err);
}

static void add_pane(struct ds_scene *s, struct ds_box box, const struct ds_pane *p)
{
    struct ds_widget w = {.box = box,
                          .role = DS_ROLE_PICTURE,
                          .arg = p->command ? p->arg : p->side,
                          .command = p->command ? p->command : "pick-patch",
                          .wheel = p->command ? NULL : "zoom",
                          .chosen = p->chosen};

    snprintf(w.id, sizeof w.id, "%s", p->id);
    snprintf(w.label, sizeof w.label, "%s",
             p->signed_ ? "difference"
             : !p->map  ? "image"
             : p->side  ? "map at B"
                        : "map at A");
    ds_part(s, &w);
}

/* Room and photo for a pane of that box; false: nothing can be drawn. */
static bool ready(struct ds_scene *s, struct ds_box box, int *w, int *h)
{
    *w = (int)rint(box.w * s->scale);
    *h = (int)rint(box.h * s->scale);
    return *w > 0 && *h > 0 && photo(s, *w, *h) &&
           room_for(&s->store->pane, &s->store->pane_room, (size_t)*w * (size_t)*h);
}

void ds_pane_draw(struct ds_scene *s, struct ds_box box, const struct ds_pane *p)
{
    const double part1 = p->part1 > 0 ? p->part1 : 1;
    const struct ds_box image = whole(s->v, box);
    struct ds_box shown;
    int w, h, i0, i1;

    if (!ready(s, box, &w, &h))
        return;
    i0 = (int)floor(p->part0 * w);
    i1 = (int)ceil(part1 * w);
    shown = (struct ds_box){box.x + i0 / s->scale, box.y, (i1 - i0) / s->scale, box.h};
    if (i1 > i0) {
        fill_pane(s, p, w, h, i0, i1);
        paint(s, shown, s->store->pane + i0, w, i1 - i0, h, 1);
        cairo_save(s->c->cr);
        cairo_new_path(s->c->cr);
        cairo_rectangle(s->c->cr, shown.x, shown.y, shown.w, shown.h);
        cairo_clip(s->c->cr);
        outline(s, image, p, 1);
        if (!p->bare)
            pinned(s, image);
        cairo_restore(s->c->cr);
    }
    if (p->chosen)
        ds_canvas_frame(s->c, (struct ds_box){box.x - 1.5, box.y - 1.5, box.w + 3, box.h + 3},
                        2, ds_skin.b);
    add_pane(s, box, p);
}

void ds_pane_other(struct ds_scene *s, struct ds_box box, const struct ds_pane *a,
                   const struct ds_pane *b, double share)
{
    const struct ds_box image = whole(s->v, box);
    int w, h;

    ds_pane_draw(s, box, a);
    if (!ready(s, box, &w, &h) || share <= 0)
        return;
    fill_pane(s, b, w, h, 0, w);
    paint(s, box, s->store->pane, w, w, h, share);
    cairo_save(s->c->cr);
    cairo_new_path(s->c->cr);
    cairo_rectangle(s->c->cr, box.x, box.y, box.w, box.h);
    cairo_clip(s->c->cr);
    outline(s, image, b, share);
    pinned(s, image);
    cairo_restore(s->c->cr);
}

cairo_surface_t *ds_thumb_of(struct ds_scene *s, int image, double side)
{
    const struct ds_record *r = &s->v->run[0]->record;
    const int px = (int)fmax(1, rint(side * s->scale));
    struct ds_thumb *t = &s->store->thumb[image % DS_THUMBS];
    struct ds_err err = {0};

    if (t->surface && t->image == image && t->side == px && t->run == s->v->run[0])
        return t->surface;
    if (t->surface)
        cairo_surface_destroy(t->surface);
    t->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, px, px);
    if (cairo_surface_status(t->surface) != CAIRO_STATUS_SUCCESS ||
        ds_blend_image((uint32_t *)(void *)cairo_image_surface_get_data(t->surface),
                       cairo_image_surface_get_stride(t->surface) / 4, px, px,
                       r->pixels + (size_t)image * (size_t)r->height * (size_t)r->width * 3,
                       r->width, r->height, (struct ds_lens){0, 0, 1, 1}, &err)) {
        cairo_surface_destroy(t->surface);
        t->surface = NULL;
        return NULL;
    }
    cairo_surface_mark_dirty(t->surface);
    *t = (struct ds_thumb){image, px, s->v->run[0], t->surface};
    return t->surface;
}
