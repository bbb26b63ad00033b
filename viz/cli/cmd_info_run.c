/* viz/cli/cmd_info_run.c -- a run in words. */
#include "viz/cli/cmd_info.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/protocol/options.h"
#include "viz/cli/tty.h"

enum { PLAIN = 2304 };

long long ds_info_size(const struct ds_run *run, const char *name)
{
    char path[DS_RUN_PATH_MAX + 80];
    struct stat st;

    snprintf(path, sizeof path, "%s/checkpoints/%s", run->path, name);
    return stat(path, &st) ? -1 : (long long)st.st_size;
}

double ds_info_accuracy(const struct ds_record *r, const int *correct, int after)
{
    const int *row = correct + (size_t)after * (size_t)r->tasks;
    double sum = 0;

    for (int j = 0; j <= after; j++)
        sum += r->total[j] ? (double)row[j] / r->total[j] : NAN;
    return sum / (after + 1);
}

const char *ds_info_line(const char *text, char *key, size_t key_size, char *value,
                         size_t value_size)
{
    while (text && *text) {
        const char *line = text, *equal;
        const int n = (int)strcspn(line, "\n");

        text += n + (text[n] == '\n');
        equal = memchr(line, '=', (size_t)n);
        if (!equal || strchr("[;#", *line) || equal - line < 2)
            continue;
        snprintf(key, key_size, "%.*s", (int)strcspn(line, " ="), line);
        equal += 1 + strspn(equal + 1, " ");
        snprintf(value, value_size, "%.*s", (int)(line + n - equal), equal);
        return text;
    }
    return NULL;
}

/* Those of a task, to the end of the line. */
static void class_names(const struct ds_record *r, int task)
{
    const char *join = "";
    char plain[PLAIN];

    for (int k = 0; k < r->classes; k++)
        if (r->class_task[k] == task) {
            printf("%s%s", join, ds_tty_plain(plain, sizeof plain, r->class_name[k]));
            join = ", ";
        }
    putchar('\n');
}

static void classes(const struct ds_record *r)
{
    char plain[PLAIN];

    if (r->domain_name)
        printf("stream       %d domains of the same %d classes, one shared head: class- and "
               "task-incremental coincide\n",
               r->tasks, r->classes);
    else
        printf("stream       %d tasks, %d classes\n", r->tasks, r->classes);
    for (int t = 0; t < r->tasks; t++) {
        printf("  task %-5d ", t + 1);
        if (r->domain_name)
            printf("%s\n", ds_tty_plain(plain, sizeof plain, r->domain_name[t]));
        else
            class_names(r, t);
    }
    if (r->domain_name) {
        printf("  classes    ");
        class_names(r, 0);
    }
}

static void accuracy(const struct ds_record *r)
{
    if (r->done < 2)
        return;
    printf("accuracy, mean over the tasks learned so far\n  after task");
    for (int i = 0; i < r->done - 1; i++)
        printf(" %7d", i + 1);
    printf("\n  class-inc.");
    for (int i = 0; i < r->done - 1; i++)
        printf(" %7.4f", ds_info_accuracy(r, r->correct_class, i));
    printf("\n  task-inc. ");
    for (int i = 0; i < r->done - 1; i++)
        printf(" %7.4f", ds_info_accuracy(r, r->correct_task, i));
    putchar('\n');
}

static void file_line(const struct ds_run *run, const char *name, const char *what)
{
    const long long size = ds_info_size(run, name);

    if (size < 0)
        printf("  %-22s %10s  %s\n", name, "missing", what);
    else
        printf("  %-22s %7.2f MB  %s\n", name, (double)size / 1e6, what);
}

static void checkpoints(const struct ds_record *r, const struct ds_run *run)
{
    struct ds_err ignored; /* a run without step checkpoints is finished, not broken */
    long *steps = NULL;
    int count = 0;

    puts("checkpoints");
    for (int m = 0; m < r->done; m++) {
        char what[80];

        snprintf(what, sizeof what, m ? "after task %d, %.0f s" : "the initial model", m,
                 r->seconds[m]);
        file_line(run, r->checkpoint[m], what);
    }
    if (!ds_run_steps(run, &steps, &count, &ignored))
        for (int i = 0; i < count; i++) {
            char path[DS_RUN_PATH_MAX];

            ds_run_step_path(path, run, steps[i]);
            if (ds_info_size(run, strrchr(path, '/') + 1) >= 0) /* else a writer replaced it */
                file_line(run, strrchr(path, '/') + 1, "for --resume");
        }
    free(steps);
}

/* As values, not as texts: 1e-06 is 1e-6. */
static bool is_default(const char *key, const char *value)
{
    const struct ds_opt *row = ds_opt_lookup(ds_train_table, key);
    struct ds_train_opt o, standard;
    struct ds_err ignored; /* what does not read is no default */
    char a[1100], b[1100];

    return row && !ds_opt_set(ds_train_table, &o, key, value, NULL, &ignored) &&
           !ds_opt_set(ds_train_table, &standard, key, row->fallback, NULL, &ignored) &&
           !strcmp(ds_opt_print(row, &o, a, sizeof a), ds_opt_print(row, &standard, b, sizeof b));
}

static void configuration(const struct ds_record *r, bool all)
{
    char key[80], value[1100], plain[PLAIN];

    puts(all ? "configuration" : "configuration, where it is not the default (-v: all)");
    for (const char *at = r->config; (at = ds_info_line(at, key, sizeof key, value, sizeof value));)
        if (all || !is_default(key, value)) {
            printf("  %-18s ", ds_tty_plain(plain, sizeof plain, key));
            puts(ds_tty_plain(plain, sizeof plain, value));
        }
}

void ds_info_run_text(const struct ds_record *r, const struct ds_run *run, bool all)
{
    char plain[PLAIN];

    printf("run          %s\n", ds_tty_plain(plain, sizeof plain, run->path));
    printf("method       %s, seed %lld\n", ds_tty_plain(plain, sizeof plain, r->method),
           (long long)r->seed);
    if (r->budget[0])
        printf("budget       %s\n", ds_tty_plain(plain, sizeof plain, r->budget));
    printf("made         %s by driftscope ", ds_tty_plain(plain, sizeof plain, r->created));
    puts(ds_tty_plain(plain, sizeof plain, r->version));
    printf("command      %s\n", ds_tty_plain(plain, sizeof plain, r->command));
    printf("model        %d layers, %d heads, %d tokens (%d prefix), %d x %d patches of %d\n",
           r->layers, r->heads, r->tokens, r->prefix, r->grid_h, r->grid_w, r->patch);
    printf("images       %d for attention maps (%d of them with every head-mean row), "
           "%d x %d x %d\n",
           r->images, r->probe, r->height, r->width, r->channels);
    printf("reached      %d of %d tasks, %d steps, %.0f s", r->done ? r->done - 1 : 0, r->tasks,
           r->steps, r->done ? r->seconds[r->done - 1] : 0.0);
    if (r->done && r->peak[r->done - 1] > 0)
        printf(", %.0f MB at most", r->peak[r->done - 1] / 1e6);
    if (r->done && r->saving[r->done - 1] > 0 && r->seconds[r->done - 1] > 0)
        printf(", %.1f %% of the time saving", 100 * r->saving[r->done - 1] / r->seconds[r->done - 1]);
    putchar('\n');
    classes(r);
    accuracy(r);
    checkpoints(r, run);
    configuration(r, all);
}
