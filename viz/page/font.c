/* viz/page/font.c -- which fonts are installed. See the header. */
#include "viz/page/font.h"

#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/opt.h"

/* Family names in a NULL-terminated list that g_free ends; the names belong to Pango. */
static const char **family_names(void)
{
    PangoFontFamily **family = NULL;
    const char **name;
    int n = 0;

    pango_font_map_list_families(pango_cairo_font_map_get_default(), &family, &n);
    name = g_new0(const char *, (gsize)n + 1);
    for (int i = 0; i < n; i++)
        name[i] = pango_font_family_get_name(family[i]);
    g_free(family);
    return name;
}

static const char *installed(const char *const *names, const char *family)
{
    for (; *names; names++)
        if (!strcasecmp(*names, family))
            return *names;
    return NULL;
}

const char *ds_font_first(const char *const *families)
{
    const char **names = family_names();

    while (*families && !installed(names, *families))
        families++;
    g_free(names);
    return *families;
}

double ds_font_digit(const char *family)
{
    PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
    PangoLayout *layout = pango_layout_new(context);
    PangoFontDescription *font = pango_font_description_new();
    cairo_font_options_t *options = cairo_font_options_create();
    PangoRectangle logical;

    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(context, options);
    pango_font_description_set_family(font, family);
    pango_font_description_set_absolute_size(font, 100 * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_text(layout, "0000000000", -1);
    pango_layout_get_extents(layout, NULL, &logical);
    cairo_font_options_destroy(options);
    pango_font_description_free(font);
    g_object_unref(layout);
    g_object_unref(context);
    return (double)logical.width / PANGO_SCALE / 1000;
}

int ds_font_need(const char *family, struct ds_err *err)
{
    const char **names = family_names();
    const char *near = NULL;
    int code = 0;

    if (!installed(names, family)) {
        near = ds_opt_nearest(family, names);
        code = ds_fail(err, DS_USAGE, "the font '%s' is not installed%s%s%s", family,
                       near ? "; did you mean '" : "; fc-list : family shows what is",
                       near ? near : "", near ? "'" : "");
    }
    g_free(names);
    return code;
}
