/* viz/viewer/window_script.c -- a script's steps as events of the window. See script.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "viz/viewer/command.h"
#include "viz/viewer/trace.h"
#include "viz/viewer/window_int.h"

static void push_motion(const struct ds_window *w, double x, double y)
{
    SDL_Event e = {.type = SDL_MOUSEMOTION};

    (void)w;
    e.motion.x = (Sint32)lrint(x);
    e.motion.y = (Sint32)lrint(y);
    SDL_PushEvent(&e);
}

static void push_button(double x, double y, bool down, bool shift)
{
    SDL_Event e = {.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP};

    e.button.button = SDL_BUTTON_LEFT;
    e.button.clicks = 1;
    e.button.x = (Sint32)lrint(x);
    e.button.y = (Sint32)lrint(y);
    e.button.which = shift ? 1 : 0; /* a scripted Shift; real ones are asked of the keyboard */
    SDL_PushEvent(&e);
}

static int place_of(struct ds_window *w, const struct ds_step *p, double *x, double *y,
                    struct ds_err *err)
{
    const struct ds_widget *part;

    *x = p->at[0];
    *y = p->at[1];
    if (!*p->text)
        return 0;
    part = ds_widgets_find(&w->v->widgets, p->text);
    if (!part)
        return ds_fail(err, DS_FAILED, "%s:%d: there is no '%s' on the screen",
                       w->want->script->path, p->line, p->text);
    *x = part->box.x + part->box.w / 2;
    *y = part->box.y + part->box.h / 2;
    return 0;
}

static int click(struct ds_window *w, const struct ds_step *p, struct ds_err *err)
{
    double x, y;

    if (place_of(w, p, &x, &y, err))
        return err->code;
    push_motion(w, x, y);
    push_button(x, y, true, p->shift);
    push_button(x, y, false, p->shift);
    return 0;
}

/* @widget DX DY drags from its middle by that much. */
static int drag(struct ds_window *w, const struct ds_step *p, struct ds_err *err)
{
    double x0, y0, x1 = p->at[2], y1 = p->at[3];

    if (place_of(w, p, &x0, &y0, err))
        return err->code;
    if (*p->text) {
        x1 += x0;
        y1 += y0;
    }
    push_motion(w, x0, y0);
    push_button(x0, y0, true, p->shift);
    for (int i = 1; i <= 8; i++)
        push_motion(w, x0 + (x1 - x0) * i / 8, y0 + (y1 - y0) * i / 8);
    push_button(x1, y1, false, p->shift);
    return 0;
}

static int wheel(struct ds_window *w, const struct ds_step *p, struct ds_err *err)
{
    SDL_Event e = {.type = SDL_MOUSEWHEEL};
    double x, y;

    if (place_of(w, p, &x, &y, err))
        return err->code;
    push_motion(w, x, y);
    e.wheel.y = (Sint32)p->at[2];
    SDL_PushEvent(&e);
    return 0;
}

static int run(struct ds_window *w, const struct ds_step *p, struct ds_err *err)
{
    if (ds_viewer_line(w->v, p->text))
        return 0;
    return ds_fail(err, DS_USAGE, "%s:%d: there is no command '%.*s'", w->want->script->path,
                   p->line, (int)strcspn(p->text, " "), p->text);
}

/* Words alike, or numbers equal to a millionth. */
static bool holds(const char *is, const char *wanted)
{
    char *end1, *end2;
    const double x = strtod(is, &end1), y = strtod(wanted, &end2);

    if (!strcmp(is, wanted))
        return true;
    if (wanted[0] == '~' && wanted[1]) /* ~part: holds this somewhere */
        return strstr(is, wanted + 1) != NULL;
    return end1 != is && !*end1 && end2 != wanted && !*end2 &&
           fabs(x - y) <= 1e-6 * fmax(fabs(x), fabs(y));
}

static int expect(struct ds_window *w, const struct ds_step *p, struct ds_err *err)
{
    const char *equals = strchr(p->text, '=');
    char key[240], is[4300];

    snprintf(key, sizeof key, "%.*s", (int)(equals - p->text), p->text);
    if (!ds_trace_value(w->v, key, is, sizeof is))
        return ds_fail(err, DS_USAGE, "%s:%d: there is no field '%s' in the trace",
                       w->want->script->path, p->line, key);
    if (!holds(is, equals + 1))
        return ds_fail(err, DS_FAILED, "%s:%d: %s is '%s', expected '%s'",
                       w->want->script->path, p->line, key, is, equals + 1);
    return 0;
}

static int open_out(FILE **out, const struct ds_window *w, const struct ds_step *p,
                    struct ds_err *err)
{
    *out = fopen(p->text, p->kind == DS_STEP_MEMORY ? "a" : "w");
    if (*out)
        return 0;
    return ds_fail(err, DS_CANTCREATE, "%s:%d: %s cannot be written", w->want->script->path,
                   p->line, p->text);
}

void ds_window_trace(struct ds_window *w)
{
    if (!w->trace || w->traced == w->v->changes)
        return;
    w->traced = w->v->changes;
    ds_trace_line(w->trace, w->v);
}

/* What can be pressed, or how much memory is held, into a file. */
static int note(struct ds_window *w, const struct ds_step *p, struct ds_err *err)
{
    FILE *out;

    if (open_out(&out, w, p, err))
        return err->code;
    if (p->kind == DS_STEP_WIDGETS)
        ds_trace_widgets(out, w->v);
    else
        fprintf(out, "%.1f MB at line %d\n", ds_window_resident(), p->line);
    fclose(out);
    return 0;
}

static int act(struct ds_window *w, const struct ds_step *p, struct ds_err *err)
{
    switch (p->kind) {
    case DS_STEP_KEY:
        if (ds_window_push_key(p->text))
            return ds_fail(err, DS_USAGE, "%s:%d: there is no key '%s'", w->want->script->path,
                           p->line, p->text);
        return 0;
    case DS_STEP_TEXT:
        ds_window_push_text(p->text);
        return 0;
    case DS_STEP_CLICK:
        return click(w, p, err);
    case DS_STEP_DRAG:
        return drag(w, p, err);
    case DS_STEP_WHEEL:
        return wheel(w, p, err);
    case DS_STEP_MOVE: {
        double x, y;

        if (place_of(w, p, &x, &y, err))
            return err->code;
        push_motion(w, x, y);
        return 0;
    }
    case DS_STEP_RUN:
        return run(w, p, err);
    case DS_STEP_WAIT:
        w->wait_until = p->idle ? -1 : w->now + p->at[0] / 1000;
        return 0;
    case DS_STEP_RESIZE:
        SDL_SetWindowSize(w->window, (int)p->at[0], (int)p->at[1]);
        return 0;
    case DS_STEP_SCALE:
        w->ui = p->at[0];
        return 0;
    case DS_STEP_SHOT:
        return ds_screen_save(w->screen, p->text, err);
    case DS_STEP_EXPECT:
        return expect(w, p, err);
    case DS_STEP_TRACE:
        if (w->trace)
            fclose(w->trace);
        w->trace = NULL;
        w->traced = w->v->changes - 1;
        return open_out(&w->trace, w, p, err);
    case DS_STEP_WIDGETS:
    case DS_STEP_MEMORY:
        return note(w, p, err);
    default:
        w->quit = true;
        return 0;
    }
}

/* A step waits until everything before it is seen: events are read, tasks done, the frame
 * drawn; `wait` with a time until that time, too. */
int ds_window_step(struct ds_window *w, struct ds_err *err)
{
    const struct ds_script *s = w->want->script;

    if (!w->idle || (w->wait_until > w->now))
        return 0;
    if (w->step == s->n) {
        w->quit = true;
        return 0;
    }
    return act(w, &s->step[w->step++], err);
}
