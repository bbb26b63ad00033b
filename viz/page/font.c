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
