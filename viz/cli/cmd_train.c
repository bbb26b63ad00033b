/* viz/cli/cmd_train.c -- driftscope train: learn task after task, and leave a run behind. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/protocol/session.h"
#include "data/store/file.h"
#include "data/store/record.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_train_plan.h"
#include "viz/cli/preset.h"

/* The training options first: rows of the two tables share one struct. */
struct train_opt {
    struct ds_train_opt train;
    char preset[64], config[1024], like[1024], out[1024], resume[1024];
    bool dry_run;
};

#define AT(field) DS_OPT_AT(train_opt, field)
static const struct ds_opt own_rows[] = {
    {"out", "", "RUN", "folder the run is written to", AT(out), .letter = 'o', .group = "Source"},
    {"preset", "", "NAME", "options of a preset, or of several: cifar100-tiny,slca", AT(preset)},
    {"config", "", "FILE", "options from an INI file", AT(config)},
    {"like", "", "RUN", "options of another run", AT(like)},
    {"resume", "", "RUN", "go on with a run, bit-identically", AT(resume)},
    {"dry-run", "no", NULL, "print the options and what the run would take, and stop", AT(dry_run)},
};
#undef AT

enum { OWN = sizeof own_rows / sizeof *own_rows, ROWS = 256 };
static struct ds_opt rows[ROWS]; /* filled once by the constructor below */

/* One table for main.c: our rows, then the training rows. */
__attribute__((constructor)) static void join_tables(void)
{
    int n = 0;

    memcpy(rows, own_rows, sizeof own_rows);
    for (n = OWN; ds_train_table[n - OWN].key && n < ROWS - 1; n++)
        rows[n] = ds_train_table[n - OWN];
}

static atomic_int stop; /* the signal that came */

/* The first signal finishes the step; a second one does not wait. */
static void on_signal(int number)
{
    if (stop)
        _exit(128 + number);
    stop = number;
}

static bool stopped(void)
{
    return stop != 0;
}

/* Once there is something to save. Under nohup the end of the terminal stays ignored. */
static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}, before;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
}

static int interrupted(const char *path, struct ds_err *err)
{
    return ds_fail(err, (enum ds_code)(128 + stop),
                   "interrupted; go on with: driftscope train --resume %s", path);
}

static int read_config(struct ds_train_opt *o, const char *path, struct ds_err *err)
{
    unsigned char *bytes;
    size_t size;
    char *text;
    int code;

    if (ds_file_read(&bytes, &size, path, 1 << 20, err))
        return err->code;
    text = strndup((char *)bytes, size);
    free(bytes);
    if (!text)
        return ds_fail(err, DS_NOMEM, "out of memory");
    code = ds_train_opt_read(o, text, path, err);
    free(text);
    return code;
}

static int read_like(struct ds_train_opt *o, const char *run, struct ds_err *err)
{
    struct ds_record r = {0};
    char path[2048];
    int code;

    snprintf(path, sizeof path, "%s/run.h5", run);
    if (ds_record_load(&r, path, err))
        return err->code;
    code = ds_train_opt_read(o, r.config, path, err);
    ds_record_clear(&r);
    return code;
}

/* Options that bring other options are read before the flags: a run's, a preset's, a file's. */
static int before(void *opt, int argc, char **argv, struct ds_err *err)
{
    static const struct {
        const char *key;
        int (*read)(struct ds_train_opt *o, const char *value, struct ds_err *err);
    } sources[] = {{"like", read_like}, {"preset", ds_preset_read}, {"config", read_config}};
    struct train_opt *o = opt;

    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++) {
        const char *value = ds_opt_peek(rows, argc, argv, sources[k].key);

        if (value && sources[k].read(&o->train, value, err))
            return err->code;
    }
    return 0;
}

/* The state of a progress display between events. */
struct show {
    const struct ds_tone *tone;
    struct ds_progress bar;
    int task; /* whose bar is open, -1: none, -2: the warm start's */
};

enum { WARM = -2 };

static void show_step(struct show *s, const struct ds_event *e)
{
    char text[64];
    const int task = e->kind == DS_EVENT_WARM ? WARM : e->task;

    if (s->task != task) {
        if (task == WARM)
            snprintf(text, sizeof text, "warm start");
        else
            snprintf(text, sizeof text, "task %d/%d", e->task + 1, e->tasks);
        ds_progress_begin(&s->bar, s->tone, e->steps, text);
        s->task = task;
    }
    if (task == WARM)
        snprintf(text, sizeof text, "loss %.4f, rotation %.2f", e->loss, e->accuracy);
    else
        snprintf(text, sizeof text, "loss %.4f", e->loss);
    ds_progress_at(&s->bar, e->step, text);
    if (e->step == e->steps)
        ds_progress_end(&s->bar);
}

static void show_event(struct show *s, const struct ds_event *e)
{
    if (e->note[0])
        ds_tty_note(s->tone, "%s", e->note);
    if (e->kind == DS_EVENT_STEP || e->kind == DS_EVENT_WARM)
        show_step(s, e);
    else if (e->kind == DS_EVENT_TASK)
        ds_tty_note(s->tone,
                    "after task %d: accuracy %.4f class-incremental, %.4f task-incremental "
                    "(mean over %d tasks)",
                    e->task + 1, e->class_accuracy, e->task_accuracy, e->task + 1);
}

static int drive(struct ds_session *s, const char *path, const struct ds_tone *tone,
                 struct ds_err *err)
{
    struct show show = {.tone = tone, .task = -1};
    struct ds_event e = {.kind = DS_EVENT_START};

    while (e.kind != DS_EVENT_DONE) {
        if (stop) {
            if (ds_session_pause(s, err))
                return err->code;
            return interrupted(path, err);
        }
        if (ds_session_next(s, &e, err))
            return err->code == DS_INTERRUPTED ? interrupted(path, err) : (int)err->code;
        show_event(&show, &e);
    }
    return 0;
}

/* One line that a script can read: where the run is, and how it ended. */
static void print_result(const struct ds_session *s, const char *path)
{
    const struct ds_record *r = ds_session_record(s);
    const int last = r->done - 2;
    double own = 0, any = 0;

    for (int j = 0; j <= last; j++) {
        any += (double)r->correct_class[last * r->tasks + j] / r->total[j] / (last + 1);
        own += (double)r->correct_task[last * r->tasks + j] / r->total[j] / (last + 1);
    }
    printf("%s: %s, %d tasks, seed %ld: last accuracy %.4f class-incremental, %.4f "
           "task-incremental; %.1f s, %.1f %% of it saving\n",
           path, r->method, last + 1, (long)r->seed, any, own, r->seconds[r->done - 1],
           100 * r->saving[r->done - 1] / r->seconds[r->done - 1]);
}

static void join_command(char *to, size_t size, const struct train_opt *o)
{
    snprintf(to, size, "driftscope train --out %s (every option is in the configuration)",
             o->out);
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct train_opt *o = opt;
    const char *path = o->resume[0] ? o->resume : o->out;
    struct ds_session *s = NULL;
    char command[1200], note[512] = "";
    int code;

    (void)n;
    (void)operand;
    if (o->dry_run)
        return ds_train_dry_run(&o->train, err);
    if (!path[0])
        return ds_fail(err, DS_USAGE, "train wants --out RUN (a new folder) or --resume RUN");
    join_command(command, sizeof command, o);
    code = o->resume[0] ? ds_session_resume(&s, path, o->train.threads ? o->train.threads : -1,
                                            o->train.feature_folder, note, sizeof note, err)
                        : ds_session_create(&s, &o->train, path, command, err);
    if (note[0])
        ds_tty_note(tone, "%s", note);
    for (int i = 0; !code && ds_session_note(s, i); i++)
        ds_tty_note(tone, "%s", ds_session_note(s, i));
    if (!code) {
        catch_signals();
        ds_session_heed(s, stopped);
        code = drive(s, path, tone, err);
    }
    if (!code)
        print_result(s, path);
    ds_session_close(s);
    return code;
}

const struct ds_cmd ds_cmd_train = {
    .name = "train",
    .operands = "",
    .about = "train over all tasks, or go on with a run",
    .examples = "driftscope train --preset fashion5 --method arcl --out runs/arcl\n"
                "driftscope train --preset fashion5 --method finetune --seed 7 --out runs/ft7\n"
                "driftscope train --resume runs/arcl",
    .table = rows,
    .size = sizeof(struct train_opt),
    .before = before,
    .run = run,
};
