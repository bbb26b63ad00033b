/* viz/viewer/window.c -- SDL's side: a window, its events, one texture. See the header.
 *
 * The renderer is SDL's software one: frames are made by the processor anyway, and are the same
 * bytes on every driver. On X11 SDL would push them through OpenGL, which takes 18 ms where a
 * copy takes 2; the hint that prevents it makes Wayland fail, so it is given on X11 only. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "viz/viewer/window_int.h"

static const double SMALL_TASK = 4e6; /* multiplications: run between two frames */
static const double LOOK_EVERY = 1;   /* seconds between looks at run.h5 */

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int no_display(struct ds_err *err)
{
    return ds_fail(err, DS_UNAVAILABLE,
                   "no display; draw with driftscope figure, or run a script with --headless");
}

static int begin_video(struct ds_window *w, struct ds_err *err)
{
    const char *asked = getenv("SDL_VIDEODRIVER"), *driver;

    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    if (w->want->headless && !asked)
        SDL_SetHint(SDL_HINT_VIDEODRIVER, "dummy");
    if (SDL_Init(SDL_INIT_VIDEO))
        return no_display(err);
    driver = SDL_GetCurrentVideoDriver();
    if (!asked && !w->want->headless &&
        (!strcmp(driver, "offscreen") || !strcmp(driver, "dummy")))
        return no_display(err); /* SDL falls back to these without a word */
    if (!strcmp(driver, "x11"))
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_EventState(SDL_DROPFILE, SDL_ENABLE);
    return 0;
}

/* Points to pixels: X11 says it in dots per inch only, and not every server tells the truth. */
static double display_scale(const struct ds_window *w)
{
    float dpi = 0;
    double scale = 1;

    if (w->want->scale > 0)
        return w->want->scale;
    if (!strcmp(SDL_GetCurrentVideoDriver(), "x11") && !SDL_GetDisplayDPI(0, NULL, &dpi, NULL))
        scale = rint(4 * (double)dpi / 96) / 4;
    return scale >= 1 && scale <= 4 ? scale : 1;
}

static int open_window(struct ds_window *w, struct ds_err *err)
{
    w->scale = display_scale(w);
    w->ui = 1;
    w->window = SDL_CreateWindow("driftscope", SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED,
                                 (int)(w->want->w * w->scale), (int)(w->want->h * w->scale),
                                 SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!w->window)
        return no_display(err);
    w->renderer = SDL_CreateRenderer(w->window, -1, SDL_RENDERER_SOFTWARE);
    if (!w->renderer)
        return ds_fail(err, DS_UNAVAILABLE, "the display gives no renderer: %s",
                       SDL_GetError());
    SDL_StartTextInput();
    return ds_screen_new(&w->screen, w->want->font, err);
}

static bool shift_held(const SDL_MouseButtonEvent *e)
{
    return e->which == 1 || SDL_GetModState() & KMOD_SHIFT;
}

/* Events count in the window's units; the viewer's are points. */
static void pointer(struct ds_window *w, const SDL_Event *e)
{
    const double unit = w->want->script ? 1 : w->scale * w->ui;
    int x, y;

    switch (e->type) {
    case SDL_MOUSEMOTION:
        ds_viewer_move(w->v, e->motion.x / unit, e->motion.y / unit);
        break;
    case SDL_MOUSEBUTTONDOWN:
        if (e->button.button == SDL_BUTTON_LEFT)
            ds_viewer_press(w->v, e->button.x / unit, e->button.y / unit,
                            shift_held(&e->button), e->button.clicks);
        break;
    case SDL_MOUSEBUTTONUP:
        if (e->button.button == SDL_BUTTON_LEFT)
            ds_viewer_release(w->v, e->button.x / unit, e->button.y / unit);
        break;
    default:
        SDL_GetMouseState(&x, &y);
        if (w->want->script)
            ds_viewer_wheel(w->v, w->v->mouse_x, w->v->mouse_y, e->wheel.y);
        else
            ds_viewer_wheel(w->v, x / unit, y / unit, e->wheel.y);
    }
}

static void event(struct ds_window *w, const SDL_Event *e)
{
    char name[64];

    switch (e->type) {
    case SDL_QUIT:
        w->quit = true;
        break;
    case SDL_KEYDOWN:
        ds_window_key_name(name, sizeof name, &e->key);
        if (*name)
            ds_viewer_key(w->v, name);
        break;
    case SDL_TEXTINPUT:
        if (!(SDL_GetModState() & (KMOD_CTRL | KMOD_LALT)))
            ds_viewer_text(w->v, w->v->typing == DS_TYPE_NONE && !strcmp(e->text.text, " ")
                                     ? "Space"
                                     : e->text.text);
        break;
    case SDL_MOUSEMOTION:
    case SDL_MOUSEBUTTONDOWN:
    case SDL_MOUSEBUTTONUP:
    case SDL_MOUSEWHEEL:
        pointer(w, e);
        break;
    case SDL_DROPFILE:
        snprintf(w->v->dropped, sizeof w->v->dropped, "%s", e->drop.file);
        SDL_free(e->drop.file);
        break;
    case SDL_WINDOWEVENT:
        if (e->window.event == SDL_WINDOWEVENT_EXPOSED && w->texture) {
            SDL_RenderCopy(w->renderer, w->texture, NULL, NULL);
            SDL_RenderPresent(w->renderer);
        }
        break;
    }
}

/* Results in, the next task out; small ones are done at once. */
static void tasks(struct ds_window *w)
{
    struct ds_task t;

    if (w->v->busy && ds_beside_take(&w->beside, &t)) {
        const bool opened = t.kind == DS_TASK_OPEN;

        w->v->busy = false;
        ds_viewer_take(w->v, &t);
        if (opened)
            ds_screen_forget(w->screen);
    }
    while (!w->v->busy && ds_viewer_next(w->v, &t)) {
        if (ds_task_cost(&t) < SMALL_TASK) {
            ds_task_run(&t);
            ds_viewer_take(w->v, &t);
        } else {
            w->v->busy = true;
            ds_beside_give(&w->beside, &t);
        }
    }
    w->idle = !w->v->busy;
}

static void wishes(struct ds_window *w)
{
    struct ds_wish *wish = &w->v->wish;

    if (wish->quit)
        w->quit = true;
    if (wish->copy)
        SDL_SetClipboardText(w->v->clip);
    if (wish->picture)
        ds_window_copy_picture(w);
    if (wish->fullscreen) {
        const bool full = SDL_GetWindowFlags(w->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;

        SDL_SetWindowFullscreen(w->window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
    }
    if (wish->scale > 0) /* always the same few sizes: Pango keeps the fonts of every one */
        w->ui = fmin(3, fmax(0.6, pow(1.1, rint(log(w->ui * wish->scale) / log(1.1)))));
    *wish = (struct ds_wish){0};
}

/* A live run is one whose run.h5 is replaced: look at it once a second. */
static void look_at_files(struct ds_window *w)
{
    if (!w->want->script && w->now - w->checked < LOOK_EVERY)
        return;
    w->checked = w->now;
    for (int i = 0; i < w->v->runs; i++) {
        const struct ds_subject *s = w->v->run[i];
        struct ds_stamp stamp;

        if (!s)
            continue;
        stamp = ds_stamp_of(s->path);
        if (!w->want->script)
            w->v->age[i] = (double)time(NULL) - (double)s->stamp.seconds;
        if (!stamp.there && w->v->view.follow && !w->v->gone[i])
            ds_viewer_say(w->v, DS_SAY_BAD, "%s is gone; showing what was read", s->path);
        w->v->gone[i] = !stamp.there;
        if (w->v->view.follow && stamp.there && !ds_stamp_same(&stamp, &s->stamp) &&
            !ds_stamp_same(&stamp, &w->v->seen[i])) {
            w->v->seen[i] = stamp; /* tried once: a file that does not open is not tried on */
            w->v->stale[i] = true;
        }
    }
}

static int fit(struct ds_window *w, struct ds_err *err)
{
    int pw, ph, ww, wh;

    SDL_GetRendererOutputSize(w->renderer, &pw, &ph);
    SDL_GetWindowSize(w->window, &ww, &wh);
    w->ratio = ww > 0 && pw > 0 ? (double)pw / ww : 1;
    if (w->want->script) { /* sizes of a script are points */
        pw = (int)(ww * w->ui);
        ph = (int)(wh * w->ui);
        w->ratio = 1;
    }
    if (ds_screen_size(w->screen, pw, ph, w->want->script ? w->ui : w->ratio * w->scale * w->ui,
                       err))
        return err->code;
    if (w->texture && w->texture_w == pw && w->texture_h == ph)
        return 0;
    if (w->texture)
        SDL_DestroyTexture(w->texture);
    w->texture_w = w->screen->w;
    w->texture_h = w->screen->h;
    w->texture = SDL_CreateTexture(w->renderer, SDL_PIXELFORMAT_ARGB8888,
                                   SDL_TEXTUREACCESS_STREAMING, w->texture_w, w->texture_h);
    return w->texture
               ? 0
               : ds_fail(err, DS_NOMEM, "no memory for a window of %d x %d pixels", pw, ph);
}

static void present(struct ds_window *w)
{
    int stride;
    const unsigned char *pixels = ds_screen_pixels(w->screen, &stride);

    for (int i = 0; i < w->screen->dirties; i++) {
        const struct ds_rect *r = &w->screen->dirty[i];

        const SDL_Rect at = {r->x, r->y, r->w, r->h};

        SDL_UpdateTexture(w->texture, &at,
                          pixels + (size_t)r->y * (size_t)stride + 4 * (size_t)r->x, stride);
        /* The software renderer draws on the window's own surface, which keeps the rest. */
        SDL_RenderCopy(w->renderer, w->texture, &at, &at);
    }
    SDL_RenderPresent(w->renderer);
}

static int frame(struct ds_window *w, struct ds_err *err)
{
    const double begun = seconds(CLOCK_THREAD_CPUTIME_ID);
    double took;
    bool drew;

    if (fit(w, err))
        return err->code;
    drew = ds_screen_frame(w->screen, w->v);
    if (drew)
        present(w);
    took = 1000 * (seconds(CLOCK_THREAD_CPUTIME_ID) - begun);
    if (w->first_frame < 0) {
        w->first_frame = 1000 * (seconds(CLOCK_MONOTONIC) - w->begun);
        return 0;
    }
    if (drew && w->n_changed < DS_TIMES)
        w->changed[w->n_changed++] = took;
    if (!drew && w->n_steady < DS_TIMES)
        w->steady[w->n_steady++] = took;
    return 0;
}

static int loop(struct ds_window *w, struct ds_err *err)
{
    const bool scripted = w->want->script != NULL;
    SDL_Event e;
    int code = 0;

    while (!w->quit && !code) {
        double next;

        w->now = scripted ? w->now + 1.0 / 60 : seconds(CLOCK_MONOTONIC) - w->begun;
        next = ds_viewer_tick(w->v, w->now);
        look_at_files(w);
        tasks(w);
        wishes(w);
        if ((code = frame(w, err)))
            break;
        ds_window_trace(w);
        if (scripted && (code = ds_window_step(w, err)))
            break;
        if (scripted && w->idle) {
            SDL_PumpEvents();
        } else {
            const double most = next > 0 ? fmin(next, LOOK_EVERY) : LOOK_EVERY;

            if (SDL_WaitEventTimeout(&e, (int)ceil(1000 * most)))
                event(w, &e);
        }
        while (SDL_PollEvent(&e)) /* all of them: motions melt into one frame */
            event(w, &e);
    }
    return code;
}

/* SDL wakes its own waiting through a second connection to the X server. Such a message may
 * still be on its way when the window goes, and X ends the program over that: so ask the
 * server something, and with the answer the message has arrived. */
static void let_arrive(const struct ds_window *w)
{
    int x, y;

    for (int i = 0; w->window && !w->want->script && i < 3; i++) {
        SDL_GetGlobalMouseState(&x, &y);
        SDL_Delay(5);
    }
}

static void close_all(struct ds_window *w)
{
    let_arrive(w);
    ds_beside_stop(&w->beside);
    if (w->trace)
        fclose(w->trace);
    ds_screen_free(w->screen);
    if (w->texture)
        SDL_DestroyTexture(w->texture);
    if (w->renderer)
        SDL_DestroyRenderer(w->renderer);
    if (w->window)
        SDL_DestroyWindow(w->window);
    SDL_Quit();
    free(w->steady);
    free(w->changed);
}

/* Pictures, records and weights go back to the system when they are let go. Left alone, glibc
 * keeps blocks of up to 32 MB for later once one of that size was freed. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}

int ds_window_run(struct ds_viewer *v, const struct ds_window_want *want,
                  struct ds_window_stats *stats, struct ds_err *err)
{
    struct ds_window w = {.v = v, .want = want, .first_frame = -1};
    int code;

    give_memory_back();
    w.begun = seconds(CLOCK_MONOTONIC);
    w.steady = calloc(DS_TIMES, sizeof *w.steady);
    w.changed = calloc(DS_TIMES, sizeof *w.changed);
    if (!w.steady || !w.changed)
        code = ds_fail(err, DS_NOMEM, "out of memory for a window");
    else if (!(code = begin_video(&w, err)) && !(code = open_window(&w, err)) &&
             !(code = ds_beside_start(&w.beside, err)))
        code = loop(&w, err);
    ds_window_summarise(&w, stats);
    close_all(&w);
    return code;
}
