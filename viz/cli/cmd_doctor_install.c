/* viz/cli/cmd_doctor_install.c -- what is installed: libraries, data sets, fonts, display. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "core/ops/gemm.h"
#include "data/source/source.h"
#include "data/store/libraries.h"
#include "viz/cli/cmd_doctor.h"
#ifdef DRIFTSCOPE_FIGURES
#include "viz/page/font.h"
#include "viz/page/libraries.h"
#endif

static void look_at_program(struct ds_finding *f, const char *folder)
{
    (void)folder;
    ds_found(f, DS_WELL, "", "driftscope %s, compiled by %s %s", DS_VERSION_FULL,
#if defined(__clang__)
             "clang", __clang_version__
#else
             "gcc", __VERSION__
#endif
    );
}

/* "HDF5 1.10.8, libpng 1.6.39 (built with 1.6.37)". libhdf5 stops a program that was built
 * with another version; to the others a difference matters little. */
static void list(struct ds_finding *f, struct ds_library (*library)(int i))
{
    char text[sizeof f->what] = "";
    enum ds_health health = DS_WELL;

    for (int i = 0;; i++) {
        const struct ds_library l = library(i);
        const size_t used = strlen(text);
        const int same = !strcmp(l.name ? l.built : "", l.name ? l.running : "");

        if (!l.name)
            break;
        snprintf(text + used, sizeof text - used, "%s%s %s%s%s%s", i ? ", " : "", l.name,
                 l.running, same ? "" : " (built with ", same ? "" : l.built, same ? "" : ")");
        if (!same && health < DS_MISSING)
            health = strcmp(l.name, "HDF5") ? DS_WARN : DS_MISSING;
    }
    ds_found(f, health, health ? "build again with what is installed now" : "", "%s", text);
}

static void look_at_libraries(struct ds_finding *f, const char *folder)
{
    (void)folder;
    list(f, ds_data_library);
}

static void look_at_blas(struct ds_finding *f, const char *folder)
{
    const char *about = ds_blas_about();

    (void)folder;
    if (strstr(about, "OpenBLAS") || strstr(about, "oneDNN"))
        ds_found(f, DS_WELL, "", "%s", about);
    else
        ds_found(f, DS_WARN, "apt-get install libopenblas0-pthread", "%s: not OpenBLAS, slow",
                 about);
}

static void look_at_page(struct ds_finding *f, const char *folder)
{
    (void)folder;
#ifdef DRIFTSCOPE_FIGURES
    list(f, ds_page_library);
#else
    ds_found(f, DS_WARN, "build with -DDRIFTSCOPE_FIGURES=ON to draw", "built without figures");
#endif
}

static void look_at_fonts(struct ds_finding *f, const char *folder)
{
    (void)folder;
#ifdef DRIFTSCOPE_FIGURES
    static const char *const times[] = {"TeX Gyre Termes", "Nimbus Roman", "Liberation Serif",
                                        "Times New Roman", NULL};
    static const char *const any[] = {"DejaVu Serif", "DejaVu Sans", NULL};
    const char *font = ds_font_first(times), *other = ds_font_first(any);

    if (font)
        ds_found(f, DS_WELL, "", "%s, as papers are set", font);
    else if (other)
        ds_found(f, DS_WARN, "apt-get install fonts-texgyre", "%s; no Times-like face", other);
    else
        ds_found(f, DS_WARN, "apt-get install fonts-texgyre fonts-dejavu-core",
                 "none that figures would use");
#else
    (void)f;
#endif
}

static void look_at_data(struct ds_finding *f, const char *folder)
{
    const struct ds_source_set *set;
    char found[160] = "";

    (void)folder;
    for (int i = 0; (set = ds_source_set(i)); i++) {
        const size_t used = strlen(found);
        struct ds_source *s = NULL;
        struct ds_err ignored; /* not to be found is an answer here */

        if (!ds_source_open(&s, set->name, DS_TEST, 0, &ignored))
            snprintf(found + used, sizeof found - used, "%s%s", used ? ", " : "", set->name);
        ds_source_close(s);
    }
    if (*found)
        ds_found(f, DS_WELL, "", "%s", found);
    else
        ds_found(f, DS_WARN, "apt-get install dataset-fashion-mnist, or set DRIFTSCOPE_DATA",
                 "none found; folders of pictures work without");
}

static void look_at_display(struct ds_finding *f, const char *folder)
{
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

    (void)folder;
    if ((x && *x) || (wayland && *wayland))
        ds_found(f, DS_WELL, "", "%s", wayland && *wayland ? wayland : x);
    else
        ds_found(f, DS_WELL, "", "none; figures need none");
}

const struct ds_check ds_install_checks[] = {
    {"program", look_at_program}, {"libraries", look_at_libraries}, {"matrices", look_at_blas},
    {"page", look_at_page},       {"fonts", look_at_fonts},         {"data sets", look_at_data},
    {"display", look_at_display}, {NULL, NULL},
};
