/* viz/cli/cmd_view.c -- driftscope view: see attention drift happen. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "viz/cli/cmd.h"
#include "viz/cli/table.h"

#ifdef DRIFTSCOPE_VIEWER
#include "data/store/run.h"
#include "viz/viewer/session.h"
#include "viz/viewer/window.h"
#endif

struct view_opt {
    char at[2048], script[512], font[64], size[24];
    double scale;
    bool headless, stats, keys;
};

#define AT(field) DS_OPT_AT(view_opt, field)
static const struct ds_opt table[] = {
    {"at", "", "WORDS",
     "begin with this view, e.g. 'image=3 a=1 b=5 layer=6 mode=swipe'; Y copies "
     "them",
     AT(at)},
    {"size", "1600x1000", "WxH", "of the window, points", AT(size)},
    {"ui-scale", "0", "X", "pixels per point; 0: as the display says", AT(scale), .lo = 0,
     .hi = 4},
    {"font", "", "NAME", "of the window; empty: Inter, DejaVu Sans ...", AT(font)},
    {"keys", "no", "", "list all commands and keys, and stop", AT(keys)},
    {"script", "", "FILE", "do what FILE says, step by step, and stop; see share/doc/viewer.md",
     AT(script), .group = "without a person"},
    {"headless", "no", "", "without a display", AT(headless)},
    {"stats", "no", "", "print frame times and memory at the end", AT(stats)},
    {0}};
#undef AT

static const char examples[] =
    "driftscope view runs/arcl                         scrub through the tasks: [ and ]\n"
    "driftscope view runs/finetune runs/arcl           two runs, image by image\n"
    "driftscope view runs/arcl@3 --at 'image=12 mode=film'\n"
    "driftscope view a.h5 b.h5                         two files of driftscope attend\n"
    "driftscope view arcl.view                         a session that Ctrl+s saved\n"
    "driftscope view runs/arcl --script tour.txt --headless --stats\n"
    "driftscope view --keys";

#ifdef DRIFTSCOPE_VIEWER
#include "viz/viewer/command.h"

static int list_keys(void)
{
    const char *group = "";

    for (const struct ds_command *c = ds_commands; c->name; c++) {
        if (strcmp(group, c->group) != 0)
            printf("%s%s\n", *group ? "\n" : "", c->group);
        group = c->group;
        printf("  %-16s %-22s %s\n", c->name, c->keys, c->help);
    }
    return 0;
}

static int read_size(int *w, int *h, const char *text, struct ds_err *err)
{
    char *end;

    *w = (int)strtol(text, &end, 10);
    *h = *end == 'x' ? (int)strtol(end + 1, &end, 10) : 0;
    if (*end || *w < 1 || *h < 1 || *w > 8192 || *h > 8192)
        return ds_fail(err, DS_USAGE, "--size %s: expected WxH, 1x1 to 8192x8192", text);
    return 0;
}

/* What is not there at all is said at once, on the terminal; the rest in the window. */
static int check_there(const char *address, struct ds_err *err)
{
    struct ds_address a;
    struct stat st;
    char path[DS_PATH_MAX + 16];
    int code;

    if (!stat(address, &st) && S_ISREG(st.st_mode))
        return 0;
    if ((code = ds_address_parse(&a, address, err)))
        return code;
    snprintf(path, sizeof path, "%s/run.h5", a.run);
    if (stat(path, &st))
        return ds_fail(err, ds_open_code(errno),
                       "%s: %s; expected a run made by driftscope train, or a saved session",
                       path, strerror(errno));
    return 0;
}

static void print_stats(const struct ds_window_stats *s)
{
    printf("driver            %s\n"
           "first frame       %.1f ms\n"
           "steady frames     %d: median %.3f ms, most %.3f ms\n"
           "changed frames    %d: median %.2f ms, 99 %% %.2f ms, most %.2f ms\n"
           "memory            %.1f MB\n",
           s->driver, s->first_frame, s->steady, s->steady_median, s->steady_most, s->changed,
           s->changed_median, s->changed_p99, s->changed_most, s->memory);
}

/* $XDG_NAME/driftscope/FILE, or its usual place under $HOME; false when neither is set. */
static bool own_file(char *to, size_t size, const char *variable, const char *under_home,
                     const char *file)
{
    const char *base = getenv(variable), *home = getenv("HOME");

    if (base && *base == '/')
        snprintf(to, size, "%s/driftscope/%s", base, file);
    else if (home && *home)
        snprintf(to, size, "%s/%s/driftscope/%s", home, under_home, file);
    else
        return false;
    return true;
}

/* Runs below ./runs, one or two folders deep, for the start page. */
static void find_runs(struct ds_viewer *v)
{
    static const char *const patterns[] = {"runs/*/run.h5", "runs/*/*/run.h5"};

    for (int p = 0; p < 2; p++) {
        glob_t g;

        if (glob(patterns[p], 0, NULL, &g) == 0)
            for (size_t i = 0; i < g.gl_pathc && v->founds < 8; i++)
                snprintf(v->found[v->founds++], sizeof v->found[0], "%.*s",
                         (int)(strlen(g.gl_pathv[i]) - strlen("/run.h5")), g.gl_pathv[i]);
        globfree(&g);
    }
}

/* Where the last view is kept when the window closes. */
static void keep_last(const struct ds_viewer *v)
{
    char path[1300];
    struct ds_err err = {0};

    if (!ds_viewer_ready(v) ||
        !own_file(path, sizeof path, "XDG_STATE_HOME", ".local/state", "last.view"))
        return;
    for (char *c = path + 1; *c; c++)
        if (*c == '/') {
            *c = 0;
            mkdir(path, 0700); /* there already, or the save below fails */
            *c = '/';
        }
    ds_session_save_view(v, path, &err); /* a convenience: no word when it fails */
}

static void take_letters(struct ds_viewer *v, const struct ds_session_file *s)
{
    struct ds_err err = {0};

    for (int i = 0; i < DS_LETTERS; i++) {
        ds_view_defaults(&v->letter[i]);
        v->lettered[i] =
            s->letter[i] && !ds_view_read(&v->letter[i], s->letter[i], "letter", &err);
    }
}

/* A run that never opened decides the exit code, whatever was done in its window. */
static int trouble(const struct ds_viewer *v, struct ds_err *err)
{
    for (int i = 0; i < v->runs; i++)
        if (*v->trouble[i])
            return ds_fail(err, (enum ds_code)v->trouble_code[i], "%s", v->trouble[i]);
    return 0;
}

static int show(const struct view_opt *o, const struct ds_viewer_want *want,
                const struct ds_session_file *session, struct ds_err *err)
{
    struct ds_window_want window = {
        .scale = o->scale, .headless = o->headless, .font = o->font};
    struct ds_window_stats stats;
    struct ds_script script = {0};
    struct ds_viewer *v = NULL;
    char keys[1300];
    int code;

    if ((code = read_size(&window.w, &window.h, o->size, err)) ||
        (*o->script && (code = ds_script_load(&script, o->script, err))) ||
        (code = ds_viewer_new(&v, want, err)))
        goto done;
    if (session)
        take_letters(v, session);
    if (!want->runs)
        find_runs(v);
    if (own_file(keys, sizeof keys, "XDG_CONFIG_HOME", ".config", "keys.ini") &&
        (code = ds_own_keys_load(&v->keys, keys, err)))
        goto done;
    window.script = *o->script ? &script : NULL;
    code = ds_window_run(v, &window, &stats, err);
    if (!code && o->stats)
        print_stats(&stats);
    if (!code && !window.script)
        keep_last(v);
    if (!code)
        code = trouble(v, err);

done:
    ds_viewer_free(v);
    ds_script_clear(&script);
    return code;
}

static int run_view(void *opt, int n, char **operand, const struct ds_tone *tone,
                    struct ds_err *err)
{
    const struct view_opt *o = opt;
    struct ds_viewer_want want = {.runs = n, .at = o->at, .session = ""};
    struct ds_session_file session = {0};
    int code = 0;

    (void)tone;
    if (o->keys)
        return list_keys();
    if (o->headless && !*o->script)
        return ds_fail(err, DS_USAGE,
                       "--headless wants a --script FILE: nobody could press a key");
    if (n == 1 && ds_session_is_one(operand[0])) {
        if ((code = ds_session_load(&session, operand[0], err)))
            return code;
        want.runs = session.runs;
        want.session = operand[0];
        want.at = *o->at ? o->at : session.view;
        want.address[0] = session.run[0];
        want.address[1] = session.run[1];
    } else {
        for (int i = 0; i < n; i++)
            want.address[i] = operand[i];
    }
    for (int i = 0; i < want.runs && !code; i++)
        code = check_there(want.address[i], err);
    if (!code)
        code = show(o, &want, &session, err);
    ds_session_clear(&session);
    return code;
}

#else

static int run_view(void *opt, int n, char **operand, const struct ds_tone *tone,
                    struct ds_err *err)
{
    (void)opt;
    (void)n;
    (void)operand;
    (void)tone;
    return ds_fail(err, DS_UNAVAILABLE,
                   "this driftscope was built without the viewer; build it with "
                   "-DDRIFTSCOPE_VIEWER=ON and -DDRIFTSCOPE_FIGURES=ON (needs libsdl2-dev, "
                   "libcairo2-dev and libpango1.0-dev)");
}

#endif

const struct ds_cmd ds_cmd_view = {.name = "view",
                                   .operands = "[RUN [RUN2]]",
                                   .about = "look at attention, checkpoint by checkpoint",
                                   .examples = examples,
                                   .table = table,
                                   .size = sizeof(struct view_opt),
                                   .least = 0,
                                   .most = 2,
                                   .run = run_view};
