/* viz/page/libraries.c -- versions of the libraries that draw. See the header. */
#include "viz/page/libraries.h"

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <pango/pango.h>
#include <stdio.h>

static struct ds_library named(const char *name, const char *built, const char *running)
{
    struct ds_library l = {.name = name};

    snprintf(l.built, sizeof l.built, "%s", built);
    snprintf(l.running, sizeof l.running, "%s", running);
    return l;
}

static struct ds_library fontconfig(void)
{
    const int running = FcGetVersion(); /* 21400 for 2.14.0 */
    struct ds_library l = {.name = "Fontconfig"};

    snprintf(l.built, sizeof l.built, "%d.%d.%d", FC_MAJOR, FC_MINOR, FC_REVISION);
    snprintf(l.running, sizeof l.running, "%d.%d.%d", running / 10000, running / 100 % 100,
             running % 100);
    return l;
}

struct ds_library ds_page_library(int i)
{
    switch (i) {
    case 0:  return named("Cairo", CAIRO_VERSION_STRING, cairo_version_string());
    case 1:  return named("Pango", PANGO_VERSION_STRING, pango_version_string());
    case 2:  return fontconfig();
    default: return (struct ds_library){.name = NULL};
    }
}
