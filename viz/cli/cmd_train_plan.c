/* viz/cli/cmd_train_plan.c -- train --dry-run: what a run would take. See the header.
 *
 * stdout is a configuration that --config reads back: the plan stands in its comments. */
#include "viz/cli/cmd_train_plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/protocol/plan.h"
#include "viz/cli/tty.h"

static void print_plan(const struct ds_plan *p, const struct ds_train_opt *o)
{
    printf("# data       %ld training images, %d classes in %d tasks, %d x %d x %d%s\n",
           p->images, p->classes, p->tasks, p->height, p->width, p->channels,
           p->published ? " (published counts: the data set is not here)" : "");
    printf("# seen       %ld images (%d epochs x %d)", p->passes, p->steps ? o->epochs : 0,
           o->expand_times);
    if (p->replayed)
        printf(", at most %ld replayed", p->replayed);
    printf("; %ld forward only\n", p->clean);
    printf(
        "# steps      %ld in the first task, %ld in the run; learning rate in the last epoch: "
        "%g of the first\n",
        p->first_steps, p->steps, p->slow);
    printf(
        "# network    %zu parameters, %zu learn; %.3g GFLOP forward, %.3g GFLOP per training "
        "image\n",
        p->parameters, p->learning, 1e-9 * p->forward, 1e-9 * p->training);
    printf("# operations %.3g TFLOP in the run\n", 1e-12 * p->flops);
    printf("# memory     %.3g GB for the network, its gradients and activations\n",
           1e-9 * (double)p->bytes);
    if (p->seconds > 0)
        printf("# time       %.3g s per step, about %.2g %s on this machine (a step was "
               "measured)\n\n",
               p->seconds, p->hours < 1 ? 60 * p->hours : p->hours,
               p->hours < 1 ? "minutes" : "hours");
    else
        puts("# time       no training steps\n");
}

int ds_train_dry_run(const struct ds_train_opt *o, struct ds_err *err)
{
    struct ds_plan plan;
    char plain[1200], *text;
    const int code = ds_plan_make(&plan, o, true, err);

    if (code && code != DS_NOINPUT)
        return code;
    text = ds_train_opt_write(o);
    if (!text)
        return ds_fail(err, DS_NOMEM, "out of memory for the configuration");
    if (code) { /* the options are still what was asked for */
        printf("# no plan    %s\n\n", ds_tty_plain(plain, sizeof plain, err->text));
        *err = (struct ds_err){.code = DS_OK};
    } else {
        print_plan(&plan, o);
    }
    fputs(text, stdout);
    free(text);
    return 0;
}
