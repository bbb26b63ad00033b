/* core/base/opt_args.c -- options out of an argument list. See opt.h.
 *
 * One walk understands the list; ds_opt_args stores what it meets, ds_opt_peek only looks.
 * A valued option takes the next argument even when that begins with one dash (-1 is a
 * number, - is standard input), but not with two: `--out --json` is a forgotten value. */
#include "core/base/opt.h"

#include <stdio.h>
#include <string.h>

enum { TYPED_MAX = 120 };

enum kind { OPERAND, OPTION, UNKNOWN, NO_VALUE };

struct step {
    enum kind kind;
    const struct ds_opt *row;
    const char *value;
    char name[TYPED_MAX]; /* as typed, without a value: "--epochs", "-b" */
};

struct walk {
    const struct ds_opt *table;
    int argc, at;
    char **argv;
    const char *letters; /* rest of a cluster like -qv, or NULL */
    bool plain;          /* "--" was seen: only operands follow */
};

static const struct ds_opt *by_letter(const struct ds_opt *t, char letter)
{
    for (; t->key; t++)
        if (t->letter && t->letter == letter)
            return t;
    return NULL;
}

/* The value that follows as an argument of its own. */
static void take_next(struct walk *w, struct step *s)
{
    if (w->at >= w->argc || (w->argv[w->at][0] == '-' && w->argv[w->at][1] == '-'))
        s->kind = NO_VALUE;
    else
        s->value = w->argv[w->at++];
}

static void long_option(struct walk *w, struct step *s, const char *arg)
{
    const char *equal = strchr(arg, '=');
    const size_t n = equal ? (size_t)(equal - arg) : strlen(arg);

    snprintf(s->name, sizeof s->name, "%.*s", (int)n, arg);
    s->kind = OPTION;
    s->row = ds_opt_lookup(w->table, s->name + 2);
    s->value = equal ? equal + 1 : "yes";
    if (!s->row && !equal && !strncmp(arg, "--no-", 5)) {
        s->row = ds_opt_lookup(w->table, s->name + 5);
        s->value = "no";
        if (s->row && !ds_opt_is_flag(s->row))
            s->row = NULL;
    }
    if (!s->row)
        s->kind = UNKNOWN;
    else if (!equal && !ds_opt_is_flag(s->row))
        take_next(w, s);
}

static void letter_option(struct walk *w, struct step *s)
{
    const char letter = *w->letters++;

    if (!*w->letters)
        w->letters = NULL;
    snprintf(s->name, sizeof s->name, "-%c", letter);
    s->row = by_letter(w->table, letter);
    s->kind = s->row ? OPTION : UNKNOWN;
    if (!s->row)
        return;
    s->value = "yes";
    if (ds_opt_is_flag(s->row))
        return;
    s->value = w->letters; /* -ofile */
    w->letters = NULL;
    if (!s->value)
        take_next(w, s);
}

/* The next operand or option; false at the end. */
static bool next(struct walk *w, struct step *s)
{
    const char *arg;

    *s = (struct step){.kind = OPERAND};
    if (w->letters) {
        letter_option(w, s);
        return true;
    }
    if (w->at < w->argc && !w->plain && !strcmp(w->argv[w->at], "--")) {
        w->plain = true;
        w->at++;
    }
    if (w->at >= w->argc)
        return false;
    arg = w->argv[w->at++];
    if (w->plain || arg[0] != '-' || !arg[1]) {
        s->value = arg;
    } else if (arg[1] == '-') {
        long_option(w, s, arg);
    } else {
        w->letters = arg + 1;
        letter_option(w, s);
    }
    return true;
}

static int refuse(const struct walk *w, const struct step *s, struct ds_err *err)
{
    const char *best = s->name[1] == '-' ? ds_opt_nearest_key(w->table, s->name + 2) : NULL;

    if (s->kind == UNKNOWN)
        return ds_fail(err, DS_USAGE, "there is no option %s%s%s", s->name,
                       best ? "; did you mean --" : "", best ? best : "");
    if (w->at < w->argc)
        return ds_fail(err, DS_USAGE, "%s wants %s, found '%s'; write --%s=... if that is meant",
                       s->name, s->row->arg, w->argv[w->at], s->row->key);
    return ds_fail(err, DS_USAGE, "%s wants %s after it", s->name, s->row->arg);
}

int ds_opt_args(const struct ds_opt *t, void *into, int *argc, char **argv, struct ds_err *err)
{
    struct walk w = {.table = t, .argc = *argc, .argv = argv};
    struct step s;
    int kept = 0;

    while (next(&w, &s)) {
        if (s.kind == OPERAND)
            argv[kept++] = argv[w.at - 1]; /* never ahead of the walk */
        else if (s.kind != OPTION)
            return refuse(&w, &s, err);
        else if (ds_opt_set(t, into, s.row->key, s.value, s.name, err))
            return err->code;
    }
    *argc = kept;
    return 0;
}

const char *ds_opt_peek(const struct ds_opt *t, int argc, char **argv, const char *key)
{
    struct walk w = {.table = t, .argc = argc, .argv = argv};
    const char *value = NULL;
    struct step s;

    while (next(&w, &s))
        if (s.kind == OPTION && !strcmp(s.row->key, key))
            value = s.value;
    return value;
}
