/* data/source/stream.c -- pictures in an order, cut into tasks. See the header. */
#include "data/source/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "data/source/order_int.h"

/* Task counts that would work, as "1, 2, 5 or 10": `extra` more than the divisors of n. */
static const char *divisors(char *text, size_t size, int n, int extra)
{
    size_t used = 0;
    int last = 0;

    for (int d = 1; d <= n; d++) {
        if (n % d)
            continue;
        if (last && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%d", used ? ", " : "",
                                     last + extra);
        last = d;
    }
    if (used < size)
        snprintf(text + used, size - used, "%s%d", used ? " or " : "", last + extra);
    return text;
}

/* Classes of the first task and of every later one. */
static int cut(int *base, int *increment, int classes, const struct ds_stream_want *want,
               struct ds_err *err)
{
    const int equal = want->base == 0, rest = classes - want->base, later = want->tasks - 1;
    char text[256];

    if (want->tasks < 1 || want->base < 0 || want->base > classes)
        return ds_fail(err, DS_USAGE,
                       "%d tasks with %d classes in the first; expected at least 1 "
                       "task and 0 (all equal) to %d classes",
                       want->tasks, want->base, classes);
    if (equal && classes % want->tasks)
        return ds_fail(err, DS_USAGE,
                       "%d classes do not divide into %d equal tasks; use %s tasks, "
                       "or another number of classes in the first task",
                       classes, want->tasks, divisors(text, sizeof text, classes, 0));
    if (!equal && rest == 0 && later > 0)
        return ds_fail(err, DS_USAGE,
                       "all %d classes are in the first task, none are left for %d "
                       "more; use 1 task, or fewer classes in the first",
                       classes, later);
    if (!equal && rest > 0 && (later == 0 || rest % later))
        return ds_fail(err, DS_USAGE,
                       "%d classes less %d in the first task leave %d, which do not "
                       "divide into %d more tasks; use %s tasks in all",
                       classes, want->base, rest, later, divisors(text, sizeof text, rest, 1));
    *base = equal ? classes / want->tasks : want->base;
    *increment = equal ? *base : later ? rest / later : 0;
    return 0;
}

static int agree(const struct ds_source_info *a, const struct ds_source_info *b,
                 struct ds_err *err)
{
    if (a->classes != b->classes)
        return ds_fail(err, DS_DATA,
                       "%s: %d classes to learn, but %d to test; both parts must "
                       "have the same ones",
                       a->name, a->classes, b->classes);
    for (int k = 0; k < a->classes; k++)
        if (strcmp(a->class_name[k], b->class_name[k]) != 0)
            return ds_fail(err, DS_DATA,
                           "%s: class %d is '%.80s' to learn, but '%.80s' to test; "
                           "both parts must have the same ones",
                           a->name, k, a->class_name[k], b->class_name[k]);
    if (a->channels != b->channels || a->height != b->height || a->width != b->width)
        return ds_fail(err, DS_DATA,
                       "%s: pictures of %d x %d x %d to learn, but %d x %d x %d to "
                       "test; both parts must have the same shape",
                       a->name, a->channels, a->height, a->width, b->channels, b->height,
                       b->width);
    return 0;
}

/* Where domains are tasks, both parts must have the same ones. */
static int agree_domains(const struct ds_source_info *a, const struct ds_source_info *b,
                         struct ds_err *err)
{
    if (!a->domains)
        return ds_fail(err, DS_USAGE,
                       "%s: has no domains to learn one after the other; expected an image "
                       "folder train/DOMAIN/CLASS/FILE and test/DOMAIN/CLASS/FILE",
                       a->name);
    if (a->domains != b->domains)
        return ds_fail(err, DS_DATA,
                       "%s: %d domains to learn, but %d to test; both parts must have the "
                       "same ones",
                       a->name, a->domains, b->domains);
    for (int d = 0; d < a->domains; d++)
        if (strcmp(a->domain_name[d], b->domain_name[d]) != 0)
            return ds_fail(err, DS_DATA,
                           "%s: domain %d is '%.80s' to learn, but '%.80s' to test; both "
                           "parts must have the same ones",
                           a->name, d, a->domain_name[d], b->domain_name[d]);
    return 0;
}

static int take_arrays(struct ds_stream *s, const struct ds_source_info *info,
                       struct ds_err *err)
{
    const size_t classes = (size_t)info->classes, tasks = (size_t)s->tasks;

    s->classes = info->classes;
    s->label = calloc(classes, sizeof *s->label);
    s->class_task = calloc(classes, sizeof *s->class_task);
    s->position = calloc(classes, sizeof *s->position);
    s->first = calloc(tasks, sizeof *s->first);
    s->end = calloc(tasks, sizeof *s->end);
    if (s->kind == DS_STREAM_DOMAIN) {
        s->domain = calloc(tasks, sizeof *s->domain);
        s->domain_task = calloc(tasks, sizeof *s->domain_task);
    }
    return s->label && s->class_task && s->position && s->first && s->end &&
                   (s->kind == DS_STREAM_CLASS || (s->domain && s->domain_task))
               ? 0
               : ds_fail(err, DS_NOMEM, "%s: out of memory for %d classes", info->name,
                         s->classes);
}

/* One task for each domain, all classes in each. */
static int number_domains(struct ds_stream *s, const struct ds_source_info *info,
                          const struct ds_stream_want *want, struct ds_err *err)
{
    const struct ds_ordered of = {info->name, "domain", "domains", info->domain_name,
                                  info->domains};

    if (want->base)
        return ds_fail(err, DS_USAGE,
                       "%s: %d classes in the first task, but a task that is a domain has all "
                       "%d; leave base-classes at 0",
                       info->name, want->base, info->classes);
    s->tasks = info->domains;
    if (take_arrays(s, info, err) || ds_order_find(s->domain, &of, want, err))
        return err->code;
    for (int t = 0; t < s->tasks; t++) {
        s->end[t] = s->classes;
        s->domain_task[s->domain[t]] = t;
    }
    for (int k = 0; k < s->classes; k++)
        s->label[k] = s->position[k] = k;
    return 0;
}

static int number_classes(struct ds_stream *s, const struct ds_source_info *info,
                          const struct ds_stream_want *want, struct ds_err *err)
{
    const struct ds_ordered of = {info->name, "class", "classes", info->class_name,
                                  info->classes};
    int base, increment = 0;

    if (cut(&base, &increment, info->classes, want, err))
        return ds_while(err, "%s", info->name);
    s->tasks = want->tasks;
    if (take_arrays(s, info, err) || ds_order_find(s->label, &of, want, err))
        return err->code;
    for (int t = 0; t < s->tasks; t++) {
        s->first[t] = t ? s->end[t - 1] : 0;
        s->end[t] = s->first[t] + (t ? increment : base);
        for (int p = s->first[t]; p < s->end[t]; p++)
            s->class_task[p] = t;
    }
    for (int p = 0; p < s->classes; p++)
        s->position[s->label[p]] = p;
    return 0;
}

int ds_stream_task(const struct ds_stream *s, const struct ds_source *source, int index)
{
    return s->kind == DS_STREAM_DOMAIN
               ? s->domain_task[ds_source_domain(source, index)]
               : s->class_task[s->position[ds_source_label(source, index)]];
}

const char *ds_stream_word(enum ds_stream_kind kind)
{
    return kind == DS_STREAM_DOMAIN ? "domain" : "class";
}

/* What is counted: pictures of a class, or of a class in a domain. */
static size_t places(const struct ds_stream *s)
{
    return (size_t)s->classes * (s->kind == DS_STREAM_DOMAIN ? (size_t)s->tasks : 1);
}

static size_t place(const struct ds_stream *s, int task, int label)
{
    return (size_t)label +
           (s->kind == DS_STREAM_DOMAIN ? (size_t)task * (size_t)s->classes : 0);
}

/* Deals the pictures out to the tasks. seen[places] begins zeroed. The lists lie one behind the
 * other in one block, which list[0] owns. */
static void deal(const struct ds_stream *s, int **list, int *n, int *seen,
                 const struct ds_source *source, int limit)
{
    const int count = ds_source_info(source)->count;

    for (int i = 0; i < count; i++) {
        const int t = ds_stream_task(s, source, i);
        int *of_class = &seen[place(s, t, ds_source_label(source, i))];

        if (!limit || *of_class < limit) {
            ++*of_class;
            n[t]++;
        }
    }
    for (int t = 1; t < s->tasks; t++)
        list[t] = list[t - 1] + n[t - 1];
    memset(n, 0, (size_t)s->tasks * sizeof *n);
    memset(seen, 0, places(s) * sizeof *seen);
    for (int i = 0; i < count; i++) {
        const int t = ds_stream_task(s, source, i);
        int *of_class = &seen[place(s, t, ds_source_label(source, i))];

        if (!limit || *of_class < limit) {
            ++*of_class;
            list[t][n[t]++] = i;
        }
    }
}

/* Every task has a picture of each of its classes. */
static int complete(const struct ds_stream *s, const int *seen,
                    const struct ds_source_info *info, const char *purpose, struct ds_err *err)
{
    for (int t = 0; t < s->tasks; t++)
        for (int p = s->first[t]; p < s->end[t]; p++) {
            const int k = s->label[p];

            if (seen[place(s, t, k)])
                continue;
            if (s->kind == DS_STREAM_DOMAIN)
                return ds_fail(err, DS_DATA,
                               "%s: domain '%.80s' has no pictures of class '%.80s' to %s; "
                               "every domain needs at least one of every class",
                               info->name, info->domain_name[s->domain[t]], info->class_name[k],
                               purpose);
            return ds_fail(err, DS_DATA,
                           "%s: class '%.80s' has no pictures to %s; every class needs at "
                           "least one",
                           info->name, info->class_name[k], purpose);
        }
    return 0;
}

static int fill(const struct ds_stream *s, int ***list, int **n, const struct ds_source *source,
                int limit, const char *purpose, struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(source);
    int *seen = calloc(places(s), sizeof *seen), code = 0;

    *list = calloc((size_t)s->tasks, sizeof **list);
    *n = calloc((size_t)s->tasks, sizeof **n);
    if (*list)
        (*list)[0] = calloc((size_t)info->count, sizeof ***list);
    if (!seen || !*n || !*list || !(*list)[0]) {
        code = ds_fail(err, DS_NOMEM, "%s: out of memory for %d pictures", info->name,
                       info->count);
        goto done;
    }
    deal(s, *list, *n, seen, source, limit);
    code = complete(s, seen, info, purpose, err);
done:
    free(seen);
    return code;
}

int ds_stream_open(struct ds_stream *s, const struct ds_source *train,
                   const struct ds_source *test, const struct ds_stream_want *want,
                   struct ds_err *err)
{
    const struct ds_source_info *info = ds_source_info(train);

    const bool domains = want->kind == DS_STREAM_DOMAIN;

    *s = (struct ds_stream){.kind = want->kind};
    if (want->train_limit < 0 || want->test_limit < 0)
        return ds_fail(err, DS_USAGE,
                       "limits of %d and %d pictures a class; expected 0 (all) or "
                       "more",
                       want->train_limit, want->test_limit);
    if (agree(info, ds_source_info(test), err) ||
        (domains && agree_domains(info, ds_source_info(test), err)) ||
        (domains ? number_domains : number_classes)(s, info, want, err) ||
        fill(s, &s->train, &s->n_train, train, want->train_limit, "learn", err) ||
        fill(s, &s->test, &s->n_test, test, want->test_limit, "test", err)) {
        ds_stream_clear(s);
        return err->code;
    }
    return 0;
}

void ds_stream_clear(struct ds_stream *s)
{
    if (s->train)
        free(s->train[0]);
    if (s->test)
        free(s->test[0]);
    free(s->train);
    free(s->test);
    free(s->n_train);
    free(s->n_test);
    free(s->label);
    free(s->class_task);
    free(s->position);
    free(s->first);
    free(s->end);
    free(s->domain);
    free(s->domain_task);
    *s = (struct ds_stream){0};
}
