/* viz/viewer/screen.c -- retained panels, and what lies above them. See the header. */
#include "viz/viewer/screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/file.h"
#include "viz/page/font.h"

static const char *const families[] = {"Inter", "DejaVu Sans", "Liberation Sans",
                                       "TeX Gyre Heros", NULL};

static int theme_of(struct ds_theme *t, const char *font, struct ds_err *err)
{
    const char *family = *font ? font : ds_font_first(families);
    const struct ds_venue *venue = ds_venue_lookup("screen");
    int code;

    if ((code = ds_theme_init(t, venue, family ? family : "", err)))
        return code;
    t->text = DS_SIZE_SMALL;
    t->tick = DS_SIZE_SMALL;
    t->small = 10;
    t->axis = t->hair = 1;
    t->pad = 4;
    t->paper = ds_skin.panel;
    t->ink = t->soft = ds_skin.soft;
    t->faint = ds_skin.raised;
    t->rule = ds_skin.line;
    t->empty = ds_skin.back;
    return 0;
}

int ds_screen_new(struct ds_screen **out, const char *font, struct ds_err *err)
{
    struct ds_screen *s = calloc(1, sizeof *s);
    int code;

    *out = NULL;
    if (!s || !(s->letters = ds_letters_new())) {
        free(s);
        return ds_fail(err, DS_NOMEM, "out of memory for a window");
    }
    if ((code = theme_of(&s->theme, font, err))) {
        ds_screen_free(s);
        return code;
    }
    *out = s;
    return 0;
}

static void drop_surfaces(struct ds_screen *s)
{
    if (!s->base)
        return;
    ds_canvas_clear(&s->canvas);
    ds_canvas_clear(&s->over);
    cairo_destroy(s->base_cr);
    cairo_destroy(s->front_cr);
    cairo_surface_destroy(s->base);
    cairo_surface_destroy(s->front);
    s->base = s->front = NULL;
}

static void drop_thumbs(struct ds_screen *s)
{
    for (int i = 0; i < DS_THUMBS; i++) {
        if (s->store.thumb[i].surface)
            cairo_surface_destroy(s->store.thumb[i].surface);
        s->store.thumb[i] = (struct ds_thumb){0};
    }
}

void ds_screen_free(struct ds_screen *s)
{
    if (!s)
        return;
    drop_surfaces(s);
    drop_thumbs(s);
    free(s->store.photo);
    free(s->store.pane);
    ds_letters_free(s->letters);
    free(s);
}

void ds_screen_forget(struct ds_screen *s)
{
    memset(s->key, 0, sizeof s->key);
    memset(s->box, 0, sizeof s->box);
    s->store.photo_key = s->over_key = 0;
    drop_thumbs(s);
}

int ds_screen_size(struct ds_screen *s, int w, int h, double scale, struct ds_err *err)
{
    w = w < 1 ? 1 : w;
    h = h < 1 ? 1 : h;
    if (s->base && w == s->w && h == s->h && scale == s->scale)
        return 0;
    drop_surfaces(s);
    free(s->store.photo); /* as large as the largest pane of the old size */
    free(s->store.pane);
    s->store.photo = s->store.pane = NULL;
    s->store.photo_room = s->store.pane_room = 0;
    s->store.photo_key = 0;
    ds_letters_free(s->letters); /* shaped for another scale */
    s->letters = ds_letters_new();
    s->base = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    s->front = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    s->base_cr = cairo_create(s->base);
    s->front_cr = cairo_create(s->front);
    cairo_scale(s->base_cr, scale, scale);
    cairo_scale(s->front_cr, scale, scale);
    ds_canvas_init(&s->canvas, s->base_cr, &s->theme);
    ds_canvas_init(&s->over, s->front_cr, &s->theme);
    ds_canvas_screen(&s->canvas, s->letters);
    ds_canvas_screen(&s->over, s->letters);
    s->w = w;
    s->h = h;
    s->scale = scale;
    s->aboves = 0;
    ds_screen_forget(s);
    if (!s->letters || cairo_status(s->base_cr) || cairo_status(s->front_cr))
        return ds_fail(err, DS_NOMEM, "no memory for a window of %d x %d pixels", w, h);
    return 0;
}

static struct ds_rect pixels_of(const struct ds_screen *s, struct ds_box b)
{
    const int x = (int)fmax(0, floor(b.x * s->scale)), y = (int)fmax(0, floor(b.y * s->scale));
    const int x1 = (int)fmin(s->w, ceil((b.x + b.w) * s->scale));
    const int y1 = (int)fmin(s->h, ceil((b.y + b.h) * s->scale));

    return (struct ds_rect){x, y, x1 > x ? x1 - x : 0, y1 > y ? y1 - y : 0};
}

static void soil(struct ds_screen *s, struct ds_rect r)
{
    if (r.w <= 0 || r.h <= 0)
        return;
    if (s->dirties == DS_DIRTY) { /* too many: all of it */
        s->dirty[0] = (struct ds_rect){0, 0, s->w, s->h};
        s->dirties = 1;
        return;
    }
    s->dirty[s->dirties++] = r;
}

static void draw_panel(struct ds_screen *s, struct ds_viewer *v, int i, struct ds_box box)
{
    struct ds_scene scene = {v, &s->canvas, &s->store, box, s->scale, i};

    ds_widgets_drop(&v->widgets, i);
    if (box.w <= 0 || box.h <= 0)
        return;
    cairo_save(s->base_cr);
    cairo_new_path(s->base_cr);
    cairo_rectangle(s->base_cr, box.x, box.y, box.w, box.h);
    cairo_clip(s->base_cr);
    ds_panels_of[i].draw(&scene);
    cairo_restore(s->base_cr);
    soil(s, pixels_of(s, box));
    s->drawn++;
}

static bool same_box(struct ds_box a, struct ds_box b)
{
    return a.x == b.x && a.y == b.y && a.w == b.w && a.h == b.h;
}

static void panels(struct ds_screen *s, struct ds_viewer *v, const struct ds_layout *l)
{
    for (int i = 0; i < DS_PANELS; i++) {
        const uint64_t key = ds_panels_of[i].key(v);

        if (key == s->key[i] && same_box(l->box[i], s->box[i]))
            continue;
        s->key[i] = key;
        s->box[i] = l->box[i];
        draw_panel(s, v, i, l->box[i]);
    }
}

/* What is dirty comes from the panels again. */
static void restore(struct ds_screen *s)
{
    const unsigned char *from;
    unsigned char *to;
    const size_t stride = (size_t)cairo_image_surface_get_stride(s->base);

    cairo_surface_flush(s->base);
    cairo_surface_flush(s->front);
    from = cairo_image_surface_get_data(s->base);
    to = cairo_image_surface_get_data(s->front);
    for (int i = 0; i < s->dirties; i++)
        for (int y = s->dirty[i].y; y < s->dirty[i].y + s->dirty[i].h; y++) {
            const size_t at = (size_t)y * stride + 4 * (size_t)s->dirty[i].x;

            memcpy(to + at, from + at, 4 * (size_t)s->dirty[i].w);
        }
    cairo_surface_mark_dirty(s->front);
}

static void lie(struct ds_screen *s, struct ds_box b)
{
    if (s->aboves < 4)
        s->above[s->aboves++] = pixels_of(s, b);
}

static void ring(struct ds_screen *s, const struct ds_viewer *v)
{
    const struct ds_widget *w = v->focus_shown ? ds_widgets_find(&v->widgets, v->focus) : NULL;
    struct ds_box b;

    if (!w)
        return;
    b = (struct ds_box){w->box.x - 1.5, w->box.y - 1.5, w->box.w + 3, w->box.h + 3};
    ds_canvas_frame(&s->over, b, 4, ds_skin.back);
    ds_canvas_frame(&s->over, b, 2, ds_skin.ink);
    lie(s, (struct ds_box){b.x - 3, b.y - 3, b.w + 6, b.h + 6});
}

/* The patch under the pointer, in every picture that is pinned together. */
static void hovered(struct ds_screen *s, const struct ds_viewer *v)
{
    const struct ds_widget *w = ds_widgets_find(&v->widgets, v->hover);
    const struct ds_record *r = v->run[0] ? &v->run[0]->record : NULL;
    struct ds_box b;
    double z, pw, ph;
    int row, column;

    if (!w || !r || v->hover_patch < 0 || v->overlay != DS_OVER_NONE)
        return;
    z = v->view.zoom;
    pw = w->box.w * z / r->grid_w;
    ph = w->box.h * z / r->grid_h;
    row = v->hover_patch / r->grid_w;
    column = v->hover_patch % r->grid_w;
    b = (struct ds_box){w->box.x + w->box.w * (0.5 - v->view.pan_x * z) + column * pw,
                        w->box.y + w->box.h * (0.5 - v->view.pan_y * z) + row * ph, pw, ph};
    cairo_save(s->front_cr);
    cairo_new_path(s->front_cr);
    cairo_rectangle(s->front_cr, w->box.x, w->box.y, w->box.w, w->box.h);
    cairo_clip(s->front_cr);
    ds_canvas_frame(&s->over, b, 1.5, ds_skin.ink);
    cairo_restore(s->front_cr);
    lie(s, (struct ds_box){b.x - 2, b.y - 2, b.w + 4, b.h + 4});
}

static void dialog(struct ds_screen *s, struct ds_viewer *v)
{
    struct ds_scene scene = {v,         &s->over,
                             &s->store, ds_overlay_box(v, s->w / s->scale, s->h / s->scale),
                             s->scale,  DS_PANEL_OVERLAYS};

    if (scene.box.w <= 0)
        return;
    cairo_save(s->front_cr);
    cairo_new_path(s->front_cr);
    cairo_rectangle(s->front_cr, scene.box.x, scene.box.y, scene.box.w, scene.box.h);
    cairo_clip(s->front_cr);
    ds_overlay_draw(&scene);
    cairo_restore(s->front_cr);
    lie(s, scene.box);
}

static uint64_t over_key_of(const struct ds_viewer *v)
{
    const int n[] = {(int)v->overlay, v->hover_patch, v->focus_shown,  v->help_scroll,
                     v->palette_at,   (int)v->typing, v->page.venue,   v->page.format,
                     v->page.width,   v->page.labels, (int)v->page.dpi};
    uint64_t h = ds_mix(0, n, sizeof n);

    h = ds_mix(h, v->field, strlen(v->field));
    h = ds_mix(h, v->page.name, strlen(v->page.name));
    h = ds_mix(h, v->page.font, strlen(v->page.font));
    h = ds_mix(h, v->hover, v->hover_patch >= 0 ? strlen(v->hover) : 0);
    return v->focus_shown ? ds_mix(h, v->focus, strlen(v->focus)) : h;
}

bool ds_screen_frame(struct ds_screen *s, struct ds_viewer *v)
{
    struct ds_layout l;
    uint64_t key;

    ds_sight_renew(v);
    ds_order_renew(v);
    s->dirties = s->drawn = 0;
    ds_layout_of(&l, v, s->w / s->scale, s->h / s->scale);
    v->strip = ds_viewer_ready(v) && ds_heads_height(v, 300) > 0 &&
               (l.box[DS_PANEL_HEADS].w > 0 ||
                (l.tabbed && l.box[DS_PANEL_STUDY].w > 0 && v->view.tab == DS_TAB_LAYERS));
    panels(s, v, &l);
    key = over_key_of(v);
    if (!s->dirties && key == s->over_key)
        return false;
    s->over_key = key;
    for (int i = 0; i < s->aboves; i++)
        soil(s, s->above[i]);
    restore(s);
    s->aboves = 0;
    ds_widgets_drop(&v->widgets, DS_PANEL_OVERLAYS);
    hovered(s, v);
    dialog(s, v);
    ring(s, v);
    for (int i = 0; i < s->aboves; i++)
        soil(s, s->above[i]);
    return true;
}

const unsigned char *ds_screen_pixels(const struct ds_screen *s, int *stride)
{
    cairo_surface_flush(s->front);
    *stride = cairo_image_surface_get_stride(s->front);
    return cairo_image_surface_get_data(s->front);
}

struct bytes {
    unsigned char *at;
    size_t n;
};

static cairo_status_t collect(void *to, const unsigned char *from, unsigned int n)
{
    struct bytes *b = to;
    unsigned char *grown = realloc(b->at, b->n + n);

    if (!grown)
        return CAIRO_STATUS_NO_MEMORY;
    memcpy(grown + b->n, from, n);
    b->at = grown;
    b->n += n;
    return CAIRO_STATUS_SUCCESS;
}

int ds_screen_save(const struct ds_screen *s, const char *path, struct ds_err *err)
{
    struct bytes b = {0};
    int code;

    if (cairo_surface_write_to_png_stream(s->front, collect, &b))
        code = ds_fail(err, DS_NOMEM, "no memory for %s", path);
    else
        code = ds_file_publish(path, b.at, b.n, err);
    free(b.at);
    return code;
}
