/* viz/viewer/script.c -- reading a script. See the header. */
#include "viz/viewer/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/opt.h"
#include "data/store/file.h"

enum { SCRIPT_MOST = 1 << 20 };

static const char *const words[] = {"key",   "text",    "click",  "drag",  "wheel", "move",
                                    "run",   "wait",    "resize", "scale", "shot",  "expect",
                                    "trace", "widgets", "memory", "quit",  NULL};

/* How many numbers a step takes; what may stand instead is in text. */
static const int numbers[DS_STEPS] = {
    [DS_STEP_CLICK] = 2,  [DS_STEP_DRAG] = 4,  [DS_STEP_WHEEL] = 3, [DS_STEP_MOVE] = 2,
    [DS_STEP_RESIZE] = 2, [DS_STEP_SCALE] = 1, [DS_STEP_WAIT] = 1};

static int bad(const struct ds_script *s, const struct ds_step *p, const char *wanted,
               struct ds_err *err)
{
    return ds_fail(err, DS_USAGE, "%s:%d: '%s' wants %s", s->path, p->line, words[p->kind],
                   wanted);
}

static int read_numbers(const struct ds_script *s, struct ds_step *p, const char *rest,
                        struct ds_err *err)
{
    int want = numbers[p->kind], n = 0;
    const char *at = rest;
    char *end;

    if (p->kind == DS_STEP_WAIT && !strncmp(rest, "idle", 4)) {
        p->idle = true;
        return 0;
    }
    if (*at == '@') { /* a widget stands for its middle */
        const size_t length = strcspn(at + 1, " ");

        snprintf(p->text, sizeof p->text, "%.*s", (int)length, at + 1);
        at += 1 + length;
        n = 2;
    }
    for (; n < want; n++) {
        p->at[n] = strtod(at, &end);
        if (end == at)
            return bad(s, p,
                       p->kind == DS_STEP_WAIT ? "idle or milliseconds"
                                               : "numbers, or @widget for a place",
                       err);
        at = end;
    }
    at += strspn(at, " ");
    p->shift = !strcmp(at, "shift");
    if (*at && !p->shift)
        return bad(s, p, "nothing behind its numbers but shift", err);
    return 0;
}

static int read_step(struct ds_script *s, char *line, int number, struct ds_err *err)
{
    struct ds_step *p = &s->step[s->n];
    const char *rest = line + strcspn(line, " ");
    char word[32];
    int kind = 0;

    *p = (struct ds_step){.line = number};
    snprintf(word, sizeof word, "%.*s", (int)(rest - line), line);
    rest += strspn(rest, " ");
    while (words[kind] && strcmp(words[kind], word) != 0)
        kind++;
    if (!words[kind]) {
        const char *near = ds_opt_nearest(word, words);

        return ds_fail(err, DS_USAGE, "%s:%d: there is no step '%s'%s%s%s", s->path, number,
                       word, near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
    }
    p->kind = (enum ds_step_kind)kind;
    if (numbers[kind]) {
        if (read_numbers(s, p, rest, err))
            return err->code;
    } else {
        snprintf(p->text, sizeof p->text, "%s", rest);
        if (!*rest && p->kind != DS_STEP_QUIT)
            return bad(s, p, "a word", err);
        if (p->kind == DS_STEP_EXPECT && !strchr(rest, '='))
            return bad(s, p, "key=value", err);
    }
    s->n++;
    return 0;
}

int ds_script_load(struct ds_script *s, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    char *text, *line;
    size_t n;
    int code, lines = 1, number = 1;

    *s = (struct ds_script){0};
    snprintf(s->path, sizeof s->path, "%s", path);
    if ((code = ds_file_read(&bytes, &n, path, SCRIPT_MOST, err)))
        return code;
    text = realloc(bytes, n + 1);
    if (!text) {
        free(bytes);
        return ds_fail(err, DS_NOMEM, "no memory for %s", path);
    }
    text[n] = 0;
    for (char *c = text; *c; c++)
        lines += *c == '\n' || *c == '\r';
    s->step = calloc((size_t)lines, sizeof *s->step);
    code = s->step ? 0 : ds_fail(err, DS_NOMEM, "no memory for %s", path);
    for (line = text; !code && *line; number++) {
        const size_t length = strcspn(line, "\r\n");
        char *after = line + length + (line[length] == '\r' && line[length + 1] == '\n');

        after += *after != 0;
        line[length] = 0;
        line += strspn(line, " \t");
        for (size_t k = strlen(line); k > 0 && line[k - 1] == ' '; k--)
            line[k - 1] = 0;
        if (*line && *line != '#')
            code = read_step(s, line, number, err);
        line = after;
    }
    free(text);
    if (code)
        ds_script_clear(s);
    return code;
}

void ds_script_clear(struct ds_script *s)
{
    free(s->step);
    *s = (struct ds_script){0};
}
