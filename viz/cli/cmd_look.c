/* viz/cli/cmd_look.c -- which maps of which pictures: what attend and drift ask alike. */
#include "viz/cli/cmd_look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMED_MOST = 10 }; /* broken pictures named one by one */

const char *const ds_look_sources[] = {"rollout", "raw", "gradient", "chefer", NULL};
const char *const ds_look_fusions[] = {"mean", "max", "min", NULL};
const char *const ds_look_compats[] = {"none", "vit-explain", NULL};

/* A number below `limit` at *text, which moves behind it; -1 where there is none. */
static int number_below(const char **text, int limit)
{
    char *end;
    const long value = **text >= '0' && **text <= '9' ? strtol(*text, &end, 10) : limit;

    if (value >= limit)
        return -1;
    *text = end;
    return (int)value;
}

/* "cls", "all", "17", or "7,7" -> a row of the attention. */
static int read_query(int *row, const char *text, const struct ds_vit_shape *s,
                      struct ds_err *err)
{
    const char *patch = text, *token = text;
    const int a = number_below(&patch, ds_grid_h(s));
    const int b = a >= 0 && *patch++ == ',' ? number_below(&patch, ds_grid_w(s)) : -1;
    const int number = number_below(&token, ds_tokens(s));

    *row = DS_LOOK_OWN_ROW;
    if (!strcmp(text, "cls") && s->cls)
        *row = 0;
    else if (!strcmp(text, "all"))
        *row = DS_ALL_ROWS;
    else if (b >= 0 && !*patch)
        *row = ds_prefix(s) + a * ds_grid_w(s) + b;
    else if (number >= 0 && !*token)
        *row = number;
    else if (strcmp(text, "cls"))
        return ds_fail(
            err, DS_USAGE,
            "--query %s: expected cls, all, a token 0 to %d, or a patch ROW,COLUMN of %d x %d",
            text, ds_tokens(s) - 1, ds_grid_h(s), ds_grid_w(s));
    return 0;
}

static int read_class(int *target, const char *text, const struct ds_labels *labels,
                      struct ds_err *err)
{
    *target = *text ? ds_labels_lookup(labels, text) : -1;
    if (*text && !labels->classes)
        return ds_fail(err, DS_USAGE, "--class %s: the network has no classes", text);
    if (*target == DS_LABELS_SEVERAL)
        return ds_fail(err, DS_USAGE,
                       "--class %s: is the name of several classes; give its id or number",
                       text);
    if (*text && *target < 0)
        return ds_fail(err, DS_USAGE, "--class %s: expected 0 to %d, or the name of a class",
                       text, labels->classes - 1);
    return 0;
}

const char *ds_look_opt_odd(const struct ds_look_opt *o)
{
    return o->source                      ? "--source"
           : strcmp(o->query, "cls") != 0 ? "--query"
           : o->fusion                    ? "--fusion"
           : o->discard > 0               ? "--discard"
           : o->start > 1                 ? "--start"
           : *o->class_wanted             ? "--class"
           : o->compat                    ? "--compat"
                                          : NULL;
}

int ds_look_opt_check(const struct ds_look_opt *o, struct ds_err *err)
{
    const bool gradient = o->source == DS_LOOK_GRADIENT, chefer = o->source == DS_LOOK_CHEFER,
               raw = o->source == DS_LOOK_RAW;
    const struct {
        bool wrong;
        const char *option, *with;
    } rules[] = {
        {*o->class_wanted && !gradient && !chefer, "--class", "gradient or chefer"},
        {o->fusion && (gradient || chefer), "--fusion", "rollout or raw"},
        {o->discard > 0 && (raw || chefer), "--discard", "rollout or gradient"},
        {o->start > 1 && raw, "--start", "rollout, gradient or chefer"},
        /* its gradient rollout has a second slip, which is not repeated here: import.md */
        {o->compat == DS_COMPAT_VIT_EXPLAIN && o->source != DS_LOOK_ROLLOUT,
         "--compat vit-explain", "rollout"},
    };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].wrong)
            return ds_fail(err, DS_USAGE, "%s goes with --source %s, not %s", rules[i].option,
                           rules[i].with, ds_look_sources[o->source]);
    return 0;
}

int ds_look_opt_read(struct ds_look_want *w, const struct ds_look_opt *o,
                     const struct ds_model *m, const struct ds_labels *labels,
                     struct ds_err *err)
{
    if (ds_look_opt_check(o, err))
        return err->code;
    *w = ds_look_default();
    w->source = (enum ds_look_source)o->source;
    w->rule = (struct ds_rollout_rule){(enum ds_fusion)o->fusion, o->discard, DS_NORM_ROWS};
    w->start = o->start - 1;
    w->skip_broken = o->skip_broken;
    w->threads = o->threads;
    if (o->compat == DS_COMPAT_VIT_EXPLAIN) {
        w->rule.norm = DS_NORM_VIT_EXPLAIN;
        w->by_largest = true;
    }
    if (w->start >= m->vit.shape.depth)
        return ds_fail(err, DS_USAGE, "--start %d: the network has %d layers", o->start,
                       m->vit.shape.depth);
    return read_query(&w->row, o->query, &m->vit.shape, err) ||
                   read_class(&w->target, o->class_wanted, labels, err)
               ? (int)err->code
               : 0;
}

void ds_look_opt_text(char *text, size_t size, const struct ds_look_opt *o)
{
    static const char *const name[] = {"rollout", "raw attention", "gradient rollout",
                                       "Chefer relevance"};
    size_t n = (size_t)snprintf(text, size, "%s of query %s, heads by %s", name[o->source],
                                o->query, ds_look_fusions[o->fusion]);

    if (o->start > 1)
        n += (size_t)snprintf(text + n, size - n, ", from layer %d", o->start);
    if (o->discard > 0)
        n += (size_t)snprintf(text + n, size - n, ", %g discarded", o->discard);
    if (o->compat == DS_COMPAT_VIT_EXPLAIN)
        snprintf(text + n, size - n, ", as vit-explain has it");
}

int ds_look_watched(struct ds_look *l, const struct ds_model *m, const struct ds_gathered *g,
                    const struct ds_look_want *w, const struct ds_tone *tone, const char *label,
                    struct ds_err *err)
{
    struct ds_progress progress;
    struct ds_looking *k;
    int done = 0, code = ds_looking_open(&k, l, m, g, w, err);

    if (code)
        return code;
    ds_progress_begin(&progress, tone, g->count, label);
    while (!code && done < g->count) {
        code = ds_looking_next(k, &done, err);
        ds_progress_at(&progress, done, "");
    }
    ds_progress_end(&progress);
    if (!code)
        code = ds_looking_end(k, err);
    ds_looking_close(k);
    ds_look_left_out(l, tone);
    if (!code && w->logits && l->classes && !l->logits)
        ds_tty_note(tone, "logits are left out: %d pictures x %d classes are too many",
                    l->record.images, l->classes);
    return code;
}

void ds_look_left_out(const struct ds_look *l, const struct ds_tone *tone)
{
    for (int i = 0; i < l->broken && i < NAMED_MOST; i++)
        ds_tty_note(tone, "left out: %s", l->broken_why[i]);
    if (l->broken > NAMED_MOST)
        ds_tty_note(tone, "and %d more", l->broken - NAMED_MOST);
}
