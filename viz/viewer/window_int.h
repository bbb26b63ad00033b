/* viz/viewer/window_int.h -- what window*.c share. For them only. */
#ifndef DS_VIZ_VIEWER_WINDOW_INT_H
#define DS_VIZ_VIEWER_WINDOW_INT_H

#include <SDL.h>
#include <stdio.h>

#include "viz/viewer/screen.h"
#include "viz/viewer/window.h"

/* The thread beside the drawing; one task at a time. */
struct ds_beside {
    SDL_Thread *thread;
    SDL_mutex *mutex;
    SDL_cond *cond;
    struct ds_task task;
    bool given, done, quit;
    Uint32 event; /* pushed when a task is done */
};

int ds_beside_start(struct ds_beside *b, struct ds_err *err);
void ds_beside_stop(struct ds_beside *b);                    /* waits for a task at work */
void ds_beside_give(struct ds_beside *b, struct ds_task *t); /* takes its contents */
bool ds_beside_take(struct ds_beside *b, struct ds_task *t); /* true: one is done */

enum { DS_TIMES = 1 << 16 };

struct ds_window {
    struct ds_viewer *v;
    const struct ds_window_want *want;
    SDL_Window *window;
    SDL_Renderer *renderer;
    SDL_Texture *texture;
    int texture_w, texture_h;
    struct ds_screen *screen;
    struct ds_beside beside;
    double ratio;     /* pixels per unit of the window's own coordinates: Wayland */
    double scale, ui; /* pixels per point: of the display, and what the user added */
    double begun, now, checked;
    bool idle, quit; /* idle: nothing is computed and nothing is lacking */
    /* script */
    int step;
    double wait_until;
    FILE *trace;
    unsigned traced;
    /* statistics */
    double *steady, *changed;
    int n_steady, n_changed;
    double first_frame;
};

/* window_script.c: the next steps; DS_FAILED where one does not hold. */
int ds_window_step(struct ds_window *w, struct ds_err *err);
void ds_window_trace(struct ds_window *w);
/* window_keys.c: an event's key as the command table names it; "" none. */
void ds_window_key_name(char *to, size_t size, const SDL_KeyboardEvent *e);
int ds_window_push_key(const char *name);
void ds_window_push_text(const char *text);

/* window_after.c */
void ds_window_summarise(struct ds_window *w, struct ds_window_stats *s);
double ds_window_resident(void); /* megabytes; 0 where the system does not say */
void ds_window_copy_picture(struct ds_window *w);

#endif
