/* viz/cli/cmd_study.c -- driftscope study: many runs from one file, side by side, and a table.
 *
 * Every run is a process of this program (`train`), so that one that fails harms no other, and
 * so that a cluster can run the same command lines (--print-commands). What is finished is
 * skipped, what was begun is resumed. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/protocol/init.h"
#include "data/protocol/sweep.h"
#include "data/store/file.h"
#include "data/store/record.h"
#include "data/store/run.h"
#include "viz/cli/cmd.h"
#include "viz/cli/cmd_export_sheet.h"
#include "viz/cli/cmd_study.h"
#include "viz/cli/preset.h"

struct study_opt {
    struct ds_sheet_opt sheet;
    char runs[1024];
    int cores, threads, spread;
    bool print_commands;
};

#define AT(field) DS_OPT_AT(study_opt, field)
static const struct ds_opt table[] = {
    {"runs", "", "DIR", "folder of the runs, instead of the file's", AT(runs),
     .group = "Study"},
    {"cores", "0", "N", "processors the runs may use together, 0: all", AT(cores), .lo = 0,
     .hi = 4096},
    {"threads", "1", "N", "worker threads of each run", AT(threads), .lo = 1, .hi = 256},
    {"print-commands", "no", NULL, "one command line per unfinished run, and stop",
     AT(print_commands)},
    DS_SHEET_SPREAD(study_opt),
    DS_SHEET_ROWS(study_opt),
    {0}};
#undef AT

static const char examples[] =
    "driftscope study share/studies/fashion5-warm.ini --cores 2\n"
    "driftscope study share/studies/fashion5.ini --cores 2\n"
    "driftscope study mine.ini --cores 64 --threads 4 --format markdown -o table.md\n"
    "driftscope study mine.ini --print-commands | parallel -j 8";

/* All that a study is while it runs. */
struct studying {
    const struct study_opt *o;
    struct ds_sweep study;
    char dir[1100];
    struct ds_job_row *job;
    char program[1024];
};

static int load(struct studying *s, const char *file, struct ds_err *err)
{
    const char *slash = strrchr(file, '/'), *stem = slash ? slash + 1 : file;
    unsigned char *bytes = NULL;
    size_t size;
    char *text;
    int code;

    if (ds_file_read(&bytes, &size, file, 1 << 20, err))
        return err->code;
    text = strndup((char *)bytes, size);
    free(bytes);
    if (!text)
        return ds_fail(err, DS_NOMEM, "out of memory");
    code = ds_sweep_read(&s->study, text, file, err);
    free(text);
    if (s->o->runs[0])
        snprintf(s->dir, sizeof s->dir, "%s", s->o->runs);
    else if (s->study.out[0])
        snprintf(s->dir, sizeof s->dir, "%s", s->study.out);
    else
        snprintf(s->dir, sizeof s->dir, "runs/%.*s", (int)strcspn(stem, "."), stem);
    return code;
}

static int options_of(struct ds_train_opt *o, const struct studying *s, int i,
                      struct ds_err *err)
{
    if (ds_opt_defaults(ds_train_table, o, err) ||
        (s->study.preset[0] && ds_preset_read(o, s->study.preset, err)))
        return err->code;
    return ds_sweep_options(o, &s->study.run[i], err);
}

/* A stored configuration as this program would write it now. */
static char *written_now(const char *config, const char *path, struct ds_err *err)
{
    struct ds_train_opt o;

    if (ds_opt_defaults(ds_train_table, &o, err) || ds_train_opt_read(&o, config, path, err))
        return NULL;
    return ds_train_opt_write(&o);
}

/* What is left open is filled in by the run: "mean = auto" by what it measured (of words, auto
 * is one), the tasks by the domains there are, the network and the size of its pictures by the
 * file that init names. */
static bool filled_in(const char *stored, const char *wanted, size_t n,
                      const struct ds_train_opt *o)
{
    static const char ending[] = " = auto";
    const size_t m = sizeof ending - 1;
    const struct ds_opt *row;
    char key[64];

    snprintf(key, sizeof key, "%.*s", (int)strcspn(wanted, " "), wanted);
    row = ds_opt_lookup(ds_train_table, key);
    if (!row || strncmp(stored, wanted, strlen(key) + 3) != 0)
        return false;
    if (!strcmp(key, "tasks"))
        return o->stream == DS_STREAM_DOMAIN;
    if (!strcmp(key, "image-size"))
        return o->init[0] && !o->image_size;
    if (o->init[0] && ds_init_decides(key))
        return true;
    return row->type == DS_OPT_TEXT && n > m && !strncmp(wanted + n - m, ending, m);
}

/* The first line in which two configurations differ. */
static int same_options(const char *stored, const char *wanted, const struct ds_train_opt *o,
                        const char *path, struct ds_err *err)
{
    while (*stored && *wanted) {
        const size_t n = strcspn(stored, "\n"), m = strcspn(wanted, "\n");

        if ((n != m || strncmp(stored, wanted, n) != 0) && !filled_in(stored, wanted, m, o))
            return ds_fail(
                err, DS_USAGE,
                "%s was begun with '%.*s', the study wants '%.*s'; remove it, or name "
                "another folder with --runs",
                path, (int)n, stored, (int)m, wanted);
        stored += n + (stored[n] == '\n');
        wanted += m + (wanted[m] == '\n');
    }
    return 0;
}

/* Whether a run is there, and how far; it must be the run that the file asks for. */
static int look(struct ds_job_row *j, const struct ds_train_opt *o, struct ds_err *err)
{
    struct ds_record r = {0};
    struct stat st;
    char file[1300];
    char *stored, *wanted;
    int code = DS_NOMEM;

    if (stat(j->path, &st) || ds_run_unbegun(j->path))
        return 0;
    snprintf(file, sizeof file, "%s/run.h5", j->path);
    if (stat(file, &st))
        return ds_fail(err, DS_DATA, "%s: is there, but holds no run.h5; remove it", j->path);
    if (ds_record_load(&r, file, err))
        return err->code;
    j->state = r.done > r.tasks ? DS_JOB_DONE : DS_JOB_BEGUN;
    stored = written_now(r.config, file, err);
    wanted = ds_train_opt_write(o);
    if (stored && wanted)
        code = same_options(stored, wanted, o, j->path, err);
    else if (stored || !err->code)
        ds_fail(err, DS_NOMEM, "out of memory for a configuration");
    free(stored);
    free(wanted);
    ds_record_clear(&r);
    return code ? (int)err->code : 0;
}

static int add_arg(char **argv, int *n, const char *format, const char *a, const char *b)
{
    return asprintf(&argv[(*n)++], format, a, b) < 0;
}

/* The command line of a run: from its options, or to go on with it. */
static int command(struct ds_job_row *j, const struct studying *s, int i,
                   const struct ds_train_opt *o, struct ds_err *err)
{
    const struct ds_sweep_run *run = &s->study.run[i];
    char number[32];
    int n = 0, bad = 0;

    j->argv = calloc((size_t)run->sets + 12, sizeof *j->argv);
    if (!j->argv)
        return ds_fail(err, DS_NOMEM, "out of memory");
    bad |= add_arg(j->argv, &n, "%s%s", "driftscope", "");
    bad |= add_arg(j->argv, &n, "%s%s", "train", "");
    bad |=
        add_arg(j->argv, &n, "--%s=%s", j->state == DS_JOB_BEGUN ? "resume" : "out", j->path);
    if (j->state != DS_JOB_BEGUN) {
        if (s->study.preset[0])
            bad |= add_arg(j->argv, &n, "--%s=%s", "preset", s->study.preset);
        for (int k = 0; k < run->sets; k++)
            bad |= add_arg(j->argv, &n, "--%s=%s", run->set[k].key, run->set[k].value);
        snprintf(number, sizeof number, "%d", run->seed);
        bad |= add_arg(j->argv, &n, "--%s=%s", "seed", number);
    } else if (o->feature_folder[0]) /* no part of the run, which does not know it any more */
        bad |= add_arg(j->argv, &n, "--%s=%s", "feature-folder", o->feature_folder);
    snprintf(number, sizeof number, "%d", s->o->threads);
    bad |= add_arg(j->argv, &n, "--%s=%s", "threads", number);
    bad |= add_arg(j->argv, &n, "%s%s", "-q", "");
    return bad ? ds_fail(err, DS_NOMEM, "out of memory for a command line") : 0;
}

static int examine(struct studying *s, struct ds_err *err)
{
    s->job = calloc((size_t)s->study.runs + 1, sizeof *s->job);
    if (!s->job)
        return ds_fail(err, DS_NOMEM, "out of memory for %d runs", s->study.runs);
    for (int i = 0; i < s->study.runs; i++) {
        struct ds_job_row *j = &s->job[i];
        struct ds_train_opt o;

        j->name = s->study.run[i].name;
        snprintf(j->path, sizeof j->path, "%s/%s", s->dir, j->name);
        snprintf(j->log, sizeof j->log, "%s.log", j->path);
        if (options_of(&o, s, i, err) || look(j, &o, err) || command(j, s, i, &o, err))
            return err->code;
    }
    return 0;
}

/* Words that a shell would take apart are quoted. */
static void print_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=,:+@%";

    if (word[strspn(word, plain)] == 0) {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (; *word; word++)
        *word == '\'' ? (void)fputs("'\\''", stdout) : (void)putchar(*word);
    putchar('\'');
}

static void print_commands(const struct studying *s)
{
    for (int i = 0; i < s->study.runs; i++) {
        if (s->job[i].state == DS_JOB_DONE)
            continue;
        for (int k = 0; s->job[i].argv[k]; k++) {
            if (k)
                putchar(' ');
            print_word(s->job[i].argv[k]);
        }
        putchar('\n');
    }
}

static int make_folder(const char *path, struct ds_err *err)
{
    char part[1100];

    for (size_t n = 1; n <= strlen(path); n++)
        if (path[n] == '/' || !path[n]) {
            struct stat st;

            snprintf(part, sizeof part, "%.*s", (int)n, path);
            if (mkdir(part, 0777) && stat(part, &st))
                return ds_fail(err, DS_CANTCREATE, "%s: the folder cannot be made", part);
        }
    return 0;
}

static int find_program(struct studying *s, struct ds_err *err)
{
    const ssize_t n = readlink("/proc/self/exe", s->program, sizeof s->program - 1);

    if (n <= 0)
        return ds_fail(err, DS_UNAVAILABLE, "the program does not find itself in /proc");
    s->program[n] = 0;
    return 0;
}

/* The table of what is finished; failed runs are told of behind it. */
static int conclude(const struct studying *s, const struct ds_tone *tone, struct ds_err *err)
{
    char **run = calloc((size_t)s->study.runs + 1, sizeof *run);
    int n = 0, code = 0;

    if (!run)
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (int i = 0; i < s->study.runs; i++)
        if (s->job[i].state == DS_JOB_DONE)
            run[n++] = s->job[i].path;
    if (n)
        code = ds_export_compare(&s->o->sheet, s->o->spread, n, run, tone, err);
    free(run);
    if (!code && n < s->study.runs)
        return ds_fail(err, DS_FAILED, "%d of %d runs failed; what each said is in %s/*.log",
                       s->study.runs - n, s->study.runs, s->dir);
    return code;
}

static int go(struct studying *s, const struct ds_tone *tone, struct ds_err *err)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const int cores = s->o->cores ? s->o->cores : online > 0 ? (int)online : 1;
    const int slots = cores / s->o->threads;

    if (slots < 1)
        return ds_fail(err, DS_USAGE, "%d threads per run do not fit into %d cores",
                       s->o->threads, cores);
    if (find_program(s, err) || make_folder(s->dir, err) ||
        ds_jobs_run(s->job, s->study.runs, slots, s->program, tone, err))
        return err->code;
    return conclude(s, tone, err);
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    struct studying *s = calloc(1, sizeof *s);
    int code;

    (void)n;
    if (!s)
        return ds_fail(err, DS_NOMEM, "out of memory");
    s->o = opt;
    code = load(s, operand[0], err) || examine(s, err);
    if (!code && s->o->print_commands)
        print_commands(s);
    else if (!code)
        code = go(s, tone, err);
    for (int i = 0; s->job && i < s->study.runs; i++) {
        for (char **arg = s->job[i].argv; arg && *arg; arg++)
            free(*arg);
        free(s->job[i].argv);
    }
    free(s->job);
    ds_sweep_clear(&s->study);
    free(s);
    return code ? (int)err->code : 0;
}

const struct ds_cmd ds_cmd_study = {.name = "study",
                                    .operands = "FILE",
                                    .about = "do many runs side by side, and compare them",
                                    .examples = examples,
                                    .table = table,
                                    .size = sizeof(struct study_opt),
                                    .least = 1,
                                    .most = 1,
                                    .run = run};
