/* data/protocol/sweep.c -- a study: which runs a file asks for. See the header. */
#include "data/protocol/sweep.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "data/protocol/ini_int.h"

enum { ROWS = 64, SETS = 64, VARIED = 8, VALUES = 32, SEEDS = 64, RUNS = 4096, WORD = 128 };

struct row {
    char name[64];
    struct ds_sweep_set set[SETS];
    int sets;
};

/* What the file says, before it is multiplied out. */
struct reading {
    struct ds_sweep *s;
    const char *origin;
    struct row row[ROWS];
    int rows;
    struct row common;
    struct {
        char key[48], value[VALUES][WORD];
        int values;
    } vary[VARIED];
    int varied;
    int seed[SEEDS], seeds;
    struct ds_err *err;
};

static int refuse(struct reading *r, const char *section, const char *key, const char *what)
{
    return ds_fail(r->err, DS_DATA, "%s: [%s] %s: %s", r->origin, section, key, what);
}

/* The next word of a list, without blanks around it; NULL behind the last. */
static const char *next_word(char to[WORD], const char *at)
{
    size_t n;

    at += strspn(at, " ,");
    n = strcspn(at, ",");
    if (!*at)
        return NULL;
    snprintf(to, WORD, "%.*s", (int)(n < WORD ? n : WORD - 1), at);
    for (size_t end = strlen(to); end > 0 && isspace((unsigned char)to[end - 1]); end--)
        to[end - 1] = 0;
    return at + n;
}

/* A key must exist and read; it may not be one that the study sets itself. */
static int check_pair(struct reading *r, const char *section, const char *key,
                      const char *value)
{
    struct ds_train_opt scratch;
    char where[1200];

    if (!strcmp(key, "seed") || !strcmp(key, "threads"))
        return refuse(r, section, key, "is the study's own; see seeds, and --threads");
    snprintf(where, sizeof where, "%s: [%s] %s", r->origin, section, key);
    return ds_opt_set(ds_train_table, &scratch, key, value, where, r->err);
}

static int add_pair(struct reading *r, struct row *row, const char *section, const char *key,
                    const char *value)
{
    struct ds_sweep_set *p = &row->set[row->sets];

    if (check_pair(r, section, key, value))
        return r->err->code;
    if (row->sets == SETS || strlen(key) >= sizeof p->key || strlen(value) >= sizeof p->value)
        return refuse(r, section, key, "more or longer options than a study has");
    snprintf(p->key, sizeof p->key, "%s", key);
    snprintf(p->value, sizeof p->value, "%s", value);
    row->sets++;
    return 0;
}

/* The row of that name, made when it is new. */
static struct row *find_row(struct reading *r, const char *name)
{
    for (int i = 0; i < r->rows; i++)
        if (!strcmp(r->row[i].name, name))
            return &r->row[i];
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._+-", *c)) {
            refuse(r, "run", name, "a name of letters, digits and . _ + - is expected");
            return NULL;
        }
    if (r->rows == ROWS || !*name || *name == '.' || *name == '-' ||
        strlen(name) >= sizeof r->row->name) {
        refuse(r, "run", name, "too many rows, or a name that cannot be a folder's");
        return NULL;
    }
    snprintf(r->row[r->rows].name, sizeof r->row->name, "%s", name);
    return &r->row[r->rows++];
}

static int read_methods(struct reading *r, const char *value)
{
    char word[WORD];

    for (const char *at = value; (at = next_word(word, at));) {
        struct row *row = find_row(r, word);

        if (!row || add_pair(r, row, "study", "method", word))
            return r->err->code;
    }
    return 0;
}

static int read_seeds(struct reading *r, const char *value)
{
    char word[WORD];

    for (const char *at = value; (at = next_word(word, at));) {
        char *end;
        const long seed = strtol(word, &end, 10);

        if (*end || seed < 0 || seed > 2147483647 || r->seeds == SEEDS)
            return refuse(r, "study", "seeds", "at most 64 whole numbers from 0 are expected");
        for (int i = 0; i < r->seeds; i++)
            if (r->seed[i] == (int)seed)
                return refuse(r, "study", "seeds", "a seed is there twice");
        r->seed[r->seeds++] = (int)seed;
    }
    return 0;
}

static int read_study(struct reading *r, const char *key, const char *value)
{
    if (!strcmp(key, "methods"))
        return read_methods(r, value);
    if (!strcmp(key, "seeds"))
        return read_seeds(r, value);
    if (!strcmp(key, "out") && strlen(value) < sizeof r->s->out) {
        snprintf(r->s->out, sizeof r->s->out, "%s", value);
        return 0;
    }
    if (!strcmp(key, "preset") && strlen(value) < sizeof r->s->preset) {
        snprintf(r->s->preset, sizeof r->s->preset, "%s", value);
        return 0;
    }
    return refuse(r, "study", key, "expected out, preset, methods or seeds");
}

static int read_vary(struct reading *r, const char *key, const char *value)
{
    char word[WORD];
    const int v = r->varied;

    if (v == VARIED || strlen(key) >= sizeof r->vary[v].key)
        return refuse(r, "vary", key, "at most 8 options can vary");
    snprintf(r->vary[v].key, sizeof r->vary[v].key, "%s", key);
    for (const char *at = value; (at = next_word(word, at));) {
        if (r->vary[v].values == VALUES)
            return refuse(r, "vary", key, "at most 32 values can vary");
        if (strlen(word) == WORD - 1) /* it may have been longer */
            return refuse(r, "vary", key, "a value of at most 126 bytes is expected");
        if (check_pair(r, "vary", key, word))
            return r->err->code;
        snprintf(r->vary[v].value[r->vary[v].values++], WORD, "%s", word);
    }
    r->varied += r->vary[v].values > 0;
    return 0;
}

static int one_line(void *with, const char *section, const char *key, const char *value)
{
    struct reading *r = with;
    struct row *row;

    if (!strcmp(section, "study"))
        return read_study(r, key, value);
    if (!strcmp(section, "options"))
        return add_pair(r, &r->common, section, key, value);
    if (!strcmp(section, "vary"))
        return read_vary(r, key, value);
    if (strncmp(section, "run ", 4) != 0)
        return refuse(r, section, key, "expected [study], [options], [vary] or [run NAME]");
    row = find_row(r, section + 4 + strspn(section + 4, " "));
    return row ? add_pair(r, row, section, key, value) : (int)r->err->code;
}

/* "-key=value" for every varied option; what a folder's name should not have becomes '_'. */
static int name_run(struct reading *r, struct ds_sweep_run *run, const struct row *row,
                    const int *choice)
{
    size_t used = strlen(row->name);
    int n;

    memcpy(run->name, row->name, used + 1);
    for (int v = 0; v <= r->varied; v++) {
        n = v < r->varied
                ? snprintf(run->name + used, sizeof run->name - used, "-%s=%s", r->vary[v].key,
                           r->vary[v].value[choice[v]])
                : snprintf(run->name + used, sizeof run->name - used, "-%d", run->seed);
        if (n < 0 || used + (size_t)n >= sizeof run->name)
            return refuse(r, "run", row->name,
                          "the name of a run becomes longer than 159 bytes");
        used += (size_t)n;
    }
    for (char *c = run->name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._+=-", *c))
            *c = '_';
    return 0;
}

/* "{seed}" in a value stands for the run's: runs of a seed can begin with one network. */
static int put_seed(struct reading *r, struct ds_sweep_set *p, int seed)
{
    static const char mark[] = "{seed}";
    const struct ds_sweep_set given = *p;
    const char *rest = given.value, *at;
    size_t used = 0;

    for (; used < sizeof p->value && (at = strstr(rest, mark)); rest = at + sizeof mark - 1)
        used += (size_t)snprintf(p->value + used, sizeof p->value - used, "%.*s%d",
                                 (int)(at - rest), rest, seed);
    if (used + strlen(rest) >= sizeof p->value)
        return refuse(r, "options", p->key, "too long once the seed is filled in");
    memcpy(p->value + used, rest, strlen(rest) + 1);
    return 0;
}

static int make_run(struct reading *r, const struct row *row, const int *choice, int seed)
{
    struct ds_sweep *s = r->s;
    struct ds_sweep_run *run = &s->run[s->runs];
    const size_t sets = (size_t)r->common.sets + (size_t)row->sets + (size_t)r->varied;

    run->set = calloc(sets + 1, sizeof *run->set);
    if (!run->set)
        return ds_fail(r->err, DS_NOMEM, "out of memory for %d runs", s->runs);
    s->runs++;
    run->seed = seed;
    for (int i = 0; i < r->common.sets; i++)
        run->set[run->sets++] = r->common.set[i];
    for (int i = 0; i < row->sets; i++)
        run->set[run->sets++] = row->set[i];
    for (int v = 0; v < r->varied; v++) {
        struct ds_sweep_set *p = &run->set[run->sets++];

        snprintf(p->key, sizeof p->key, "%s", r->vary[v].key);
        snprintf(p->value, sizeof p->value, "%s", r->vary[v].value[choice[v]]);
    }
    for (int i = 0; i < run->sets; i++)
        if (put_seed(r, &run->set[i], seed))
            return r->err->code;
    return name_run(r, run, row, choice);
}

static int multiply(struct reading *r)
{
    int combinations = 1, choice[VARIED] = {0};

    for (int v = 0; v < r->varied; v++)
        combinations = combinations > RUNS ? combinations : combinations * r->vary[v].values;
    if (combinations > RUNS || combinations * r->rows > RUNS ||
        combinations * r->rows * r->seeds > RUNS)
        return ds_fail(r->err, DS_DATA, "%s: more than %d runs", r->origin, RUNS);
    r->s->run = calloc((size_t)(combinations * r->rows * r->seeds) + 1, sizeof *r->s->run);
    if (!r->s->run)
        return ds_fail(r->err, DS_NOMEM, "out of memory for %d runs", combinations * r->rows);
    for (int i = 0; i < r->rows; i++)
        for (int c = 0; c < combinations; c++) {
            int rest = c;

            for (int v = r->varied - 1; v >= 0; v--) {
                choice[v] = rest % r->vary[v].values;
                rest /= r->vary[v].values;
            }
            for (int k = 0; k < r->seeds; k++)
                if (make_run(r, &r->row[i], choice, r->seed[k]))
                    return r->err->code;
        }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Values that become the same name would share a folder. */
static int names_differ(struct reading *r)
{
    const char **name = malloc((size_t)(r->s->runs + 1) * sizeof *name);
    int code = 0;

    if (!name)
        return ds_fail(r->err, DS_NOMEM, "out of memory for %d names", r->s->runs);
    for (int i = 0; i < r->s->runs; i++)
        name[i] = r->s->run[i].name;
    qsort(name, (size_t)r->s->runs, sizeof *name, by_name);
    for (int i = 1; i < r->s->runs && !code; i++)
        if (!strcmp(name[i], name[i - 1]))
            code = ds_fail(r->err, DS_DATA, "%s: two runs would be called '%s'", r->origin,
                           name[i]);
    free(name);
    return code;
}

int ds_sweep_read(struct ds_sweep *s, const char *text, const char *origin, struct ds_err *err)
{
    struct reading *r = calloc(1, sizeof *r);
    int code = 0;

    *s = (struct ds_sweep){0};
    if (!r)
        return ds_fail(err, DS_NOMEM, "out of memory");
    *r = (struct reading){.s = s, .origin = origin, .err = err};
    if (!(code = ds_ini_read(text, origin, one_line, r, err)) && !r->rows)
        code = ds_fail(err, DS_DATA,
                       "%s: names no runs; expected methods = NAME, ... in [study], "
                       "or sections [run NAME]",
                       origin);
    if (!code && !r->seeds)
        r->seed[r->seeds++] = 2025;
    code = code || multiply(r) || names_differ(r);
    free(r);
    if (code)
        ds_sweep_clear(s);
    return code ? (int)err->code : 0;
}

void ds_sweep_clear(struct ds_sweep *s)
{
    for (int i = 0; i < s->runs; i++)
        free(s->run[i].set);
    free(s->run);
    *s = (struct ds_sweep){0};
}

int ds_sweep_options(struct ds_train_opt *o, const struct ds_sweep_run *run, struct ds_err *err)
{
    struct ds_learner_opt resolved;

    for (int i = 0; i < run->sets; i++)
        if (ds_opt_set(ds_train_table, o, run->set[i].key, run->set[i].value, NULL, err))
            return ds_while(err, "%s", run->name);
    o->seed = run->seed;
    return ds_train_opt_learner(&resolved, o, err) ? ds_while(err, "%s", run->name) : 0;
}
