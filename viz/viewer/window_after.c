/* viz/viewer/window_after.c -- what a window leaves: its statistics, and a picture in the
 * clipboard. See window_int.h.
 *
 * SDL2's clipboard takes text only; wl-copy or xclip take a picture where one is installed.
 * Otherwise it becomes a file, and the last line says which. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "viz/viewer/window_int.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(double *x, int n, double q)
{
    if (!n)
        return 0;
    qsort(x, (size_t)n, sizeof *x, ascending);
    return x[(int)(q * (n - 1))];
}

double ds_window_resident(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    char line[128] = "";
    long pages = 0;

    if (in && fgets(line, sizeof line, in))
        pages = strtol(line + strcspn(line, " "), NULL, 10); /* the second number */
    if (in)
        fclose(in);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

void ds_window_summarise(struct ds_window *w, struct ds_window_stats *s)
{
    const char *driver = SDL_GetCurrentVideoDriver();

    *s = (struct ds_window_stats){.steady = w->n_steady,
                                  .changed = w->n_changed,
                                  .first_frame = w->first_frame,
                                  .memory = ds_window_resident()};
    snprintf(s->driver, sizeof s->driver, "%s", driver ? driver : "");
    s->steady_median = quantile(w->steady, w->n_steady, 0.5);
    s->steady_most = quantile(w->steady, w->n_steady, 1);
    s->changed_median = quantile(w->changed, w->n_changed, 0.5);
    s->changed_p99 = quantile(w->changed, w->n_changed, 0.99);
    s->changed_most = quantile(w->changed, w->n_changed, 1);
}

/* Whether a program is on the PATH. */
static bool installed(const char *name)
{
    const char *path = getenv("PATH");
    char file[1024];

    for (; path && *path; path += *path == ':') {
        const int n = (int)strcspn(path, ":");

        snprintf(file, sizeof file, "%.*s/%s", n, path, name);
        if (!access(file, X_OK))
            return true;
        path += n;
    }
    return false;
}

static const char *taker(void)
{
    const char *driver = SDL_GetCurrentVideoDriver();

    if (driver && !strcmp(driver, "wayland") && installed("wl-copy"))
        return "wl-copy --type image/png";
    if (driver && !strcmp(driver, "x11") && installed("xclip"))
        return "xclip -selection clipboard -t image/png";
    return NULL;
}

void ds_window_copy_picture(struct ds_window *w)
{
    const char *command = taker();
    struct ds_err err = {0};
    char path[200], line[300];

    snprintf(path, sizeof path, "%.64s-view.png",
             w->v->run[0] ? w->v->run[0]->name : "driftscope");
    if (ds_screen_save(w->screen, path, &err)) {
        ds_viewer_say(w->v, DS_SAY_BAD, "%s", err.text);
        return;
    }
    /* The name is the run's: only plain ones are handed to a shell. */
    if (command &&
        strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
            strlen(path)) {
        snprintf(line, sizeof line, "%s < ./%s", command, path);
        // NOLINTNEXTLINE(cert-env33-c): our words and a plain name are all that it is given
        if (!system(line)) {
            unlink(path);
            ds_viewer_say(w->v, DS_SAY_GOOD, "the window's picture is copied");
            return;
        }
    }
    ds_viewer_say(w->v, DS_SAY_GOOD,
                  "written to %s (xclip or wl-copy would put it into the clipboard)", path);
}
