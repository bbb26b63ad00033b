/* viz/viewer/layout.c -- who sits where. See scene.h.
 *
 *     +----------------------------------------------------------+
 *     | top                                                      |
 *     +---------+--------------------------------+---------------+
 *     | browser | canvas                         | layers        |
 *     |         |                                | heads         |
 *     |         +--------------------------------+ threshold     |
 *     |         | bar                            | study         |
 *     |         +--------------------------------+               |
 *     |         | timeline                       |               |
 *     +---------+--------------------------------+---------------+
 *     | status                                                   |
 *     +----------------------------------------------------------+
 *
 * Narrower than 1100, or lower than three of them need, the right side becomes tabs; heads need
 * what is left over. Narrower than 800 the browser becomes a strip of film and F10 brings the
 * right side. Files of maps have no timeline: there is one network in each. */
#include <math.h>
#include <string.h>

#include "viz/viewer/scene.h"

enum { TOP = 34, STATUS = 24, BROWSER = 224, SIDE = 348, NARROW = 290, BAR = 44, LINE = 120 };

double ds_layers_height(const struct ds_viewer *v)
{
    const int n = ds_viewer_ready(v) ? v->run[0]->record.layers : 12;

    return 44 + 18 * fmin(n, 14);
}

static void right_side(struct ds_layout *l, const struct ds_viewer *v, struct ds_box side)
{
    const double layers = ds_layers_height(v), heads = ds_heads_height(v, side.w);
    const double threshold = 218, least = 290;
    double y = side.y;

    l->tabbed = l->tabbed || side.h < layers + threshold + least;
    if (l->tabbed) {
        l->box[DS_PANEL_STUDY] = side;
        return;
    }
    l->box[DS_PANEL_LAYERS] = (struct ds_box){side.x, y, side.w, layers};
    y += layers;
    if (heads > 0 && side.h >= layers + heads + threshold + least) {
        l->box[DS_PANEL_HEADS] = (struct ds_box){side.x, y, side.w, heads};
        y += heads;
    }
    l->box[DS_PANEL_THRESHOLD] = (struct ds_box){side.x, y, side.w, threshold};
    y += threshold;
    l->box[DS_PANEL_STUDY] = (struct ds_box){side.x, y, side.w, side.y + side.h - y};
}

void ds_layout_of(struct ds_layout *l, const struct ds_viewer *v, double w, double h)
{
    const bool ready = ds_viewer_ready(v);
    const double strip = 74;
    double left = 0, right = w, top = TOP, bottom = h - STATUS;
    double line = LINE + (v->runs == 2 ? 30 : 0);
    bool side = v->view.inspector;

    memset(l, 0, sizeof *l);
    l->strip = w < 800;
    l->tabbed = w < 1100;
    side = side == (w >= 800); /* small windows have it only when it is asked for */
    l->box[DS_PANEL_TOP] = (struct ds_box){0, 0, w, TOP};
    l->box[DS_PANEL_STATUS] = (struct ds_box){0, bottom, w, STATUS};
    if (!ready) {
        l->box[DS_PANEL_CANVAS] = (struct ds_box){0, TOP, w, fmax(0, bottom - TOP)};
        return;
    }
    if (side) {
        right -= l->tabbed ? NARROW : SIDE;
        right_side(l, v, (struct ds_box){right, top, w - right, bottom - top});
    }
    if (v->view.grid) {
        l->box[DS_PANEL_BROWSER] = (struct ds_box){0, top, right, bottom - top};
        l->strip = false;
        return;
    }
    if (v->view.browser && l->strip) {
        l->box[DS_PANEL_BROWSER] = (struct ds_box){0, bottom - strip, right, strip};
        bottom -= strip;
    } else if (v->view.browser) {
        left = BROWSER;
        l->box[DS_PANEL_BROWSER] = (struct ds_box){0, top, left, bottom - top};
    }
    if (h < 560)
        line -= 22;
    if (ds_viewer_is_maps(v))
        line = 0;
    l->box[DS_PANEL_TIMELINE] = (struct ds_box){left, bottom - line, right - left, line};
    bottom -= line;
    l->box[DS_PANEL_BAR] = (struct ds_box){left, bottom - BAR, right - left, BAR};
    bottom -= BAR;
    l->box[DS_PANEL_CANVAS] = (struct ds_box){left, top, right - left, bottom - top};
    for (int i = 0; i < DS_PANELS; i++)
        if (l->box[i].w < 4 || l->box[i].h < 4)
            l->box[i] = (struct ds_box){0};
}
