/* tests/fault/judge.c -- whether a run with a failing call kept the promises. See the header.
 */
#define _GNU_SOURCE
#include "tests/fault/judge.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "data/store/file_int.h"
#include "data/store/h5.h"

struct trial {
    const struct scenario *s;
    const struct fault_order *order;
    const struct fault_answer *answer;
    const struct said *said;
    const struct folder *begin, *end, *now;
};

static char reference[sizeof((struct said *)0)->out];

void judge_reference(const struct said *said)
{
    memcpy(reference, said->out, sizeof reference);
}

static bool is_memory(enum fault_mode mode)
{
    return mode == FAULT_PLACE || mode == FAULT_MEMORY || mode == FAULT_EMPTY;
}

/* The codes that a failure of this kind is documented with. */
static bool code_fits(const struct trial *t, int code)
{
    switch (t->order->mode) {
    case FAULT_SHORT:
        return false;
    case FAULT_PLACE:
    case FAULT_MEMORY:
    case FAULT_EMPTY:
        return code == DS_NOMEM;
    case FAULT_END:
        return code == DS_DATA || code == DS_IO;
    case FAULT_LIBRARY:
        return true;
    default:
        return code == DS_NOINPUT || code == DS_CANTCREATE || code == DS_IO;
    }
}

/* The file or its folder; of a temporary file that is where it would have been. */
static bool names_it(const struct trial *t)
{
    char place[300];
    const char *slash;

    if (!strcmp(t->answer->call, "fread") || !strcmp(t->answer->call, "readdir64") ||
        !strcmp(t->answer->path, "pipe"))
        return true;
    snprintf(place, sizeof place, "%s", t->answer->path);
    if (strstr(place, ".driftscope-") || !strcmp(t->answer->call, "opendir")) {
        if (!(slash = strrchr(place, '/')))
            return true;
        place[slash - place] = '\0';
    }
    return strstr(t->said->error, place) || !strcmp(place, ".");
}

static const char *sentence(const struct trial *t)
{
    const char *text = t->said->error, *end = strchr(text, '\n');

    if (strncmp(text, "error: ", 7) != 0 || !end || end[1])
        return "not one line 'error: ...'";
    if (is_memory(t->order->mode))
        return strstr(text, "memory") ? NULL : "the sentence does not speak of memory";
    return t->order->mode == FAULT_LIBRARY || t->order->mode == FAULT_FULL || names_it(t)
               ? NULL
               : "the sentence does not name the file";
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);

    return n >= m && !strcmp(text + n - m, end);
}

static bool is_run(const char *path)
{
    return ends_with(path, "run.h5") || ends_with(path, "lock");
}

/* Holds what its digest says, or comes to its end. */
static bool whole(const struct file *f)
{
    struct ds_err ignored;

    if (ends_with(f->path, ".h5"))
        return !ds_h5_verify(f->bytes, f->n, f->path, &ignored);
    if (ends_with(f->path, ".png"))
        return f->n > 12 && !memcmp(f->bytes + f->n - 8, "IEND", 4);
    /* A lock holds nothing of worth; a trace is written line by line while the viewer runs. */
    return ends_with(f->path, "/lock") || ends_with(f->path, ".jsonl");
}

/* Or holds some, as the page of a report does. */
static bool is_drawing(const char *path)
{
    return ends_with(path, ".pdf") || ends_with(path, ".svg") || ends_with(path, ".png") ||
           ends_with(path, ".html");
}

/* Where Cairo, Pango or fontconfig have no memory for a glyph or a font, they draw without a word
 * without it, or with another, which the JSON beside the drawing names. */
static bool draws_otherwise(const struct trial *t, const char *path)
{
    return t->order->mode == FAULT_LIBRARY && (is_drawing(path) || ends_with(path, "out.json"));
}

static bool same_array(const struct ds_array *x, const struct ds_array *y)
{
    const size_t bytes = (size_t)ds_array_count(x) * ds_type_size(x->type);

    if (!y || x->type != y->type || x->rank != y->rank ||
        memcmp(x->dims, y->dims, (size_t)x->rank * sizeof *x->dims) != 0)
        return false;
    for (int64_t i = 0; x->type == DS_STRING && i < ds_array_count(x); i++)
        if (strcmp(((char **)x->data)[i], ((char **)y->data)[i]) != 0)
            return false;
    return !bytes || !memcmp(x->data, y->data, bytes);
}

/* Where libhdf5 has no memory for what it plans, it lays a file out otherwise: the arrays are the
 * same, at other places. */
static bool lays_out_otherwise(const struct trial *t, const struct file *f,
                               const struct file *mine)
{
    struct ds_bundle a = {0}, b = {0};
    struct ds_err ignored;
    bool same;

    if (t->order->mode != FAULT_LIBRARY || !ends_with(f->path, ".h5"))
        return false;
    same = !ds_h5_decode(&a, f->bytes, f->n, f->path, &ignored) &&
           !ds_h5_decode(&b, mine->bytes, mine->n, f->path, &ignored) && a.count == b.count;
    for (int i = 0; same && i < a.count; i++)
        same = same_array(&a.array[i], ds_bundle_lookup(&b, a.array[i].name));
    ds_bundle_clear(&a);
    ds_bundle_clear(&b);
    return same;
}

/* The two newest step checkpoints of a run are never given away. */
static bool may_vanish(const struct trial *t, const struct file *f)
{
    int newer = 0;

    if (!strstr(f->path, "/step_"))
        return false;
    for (int i = 0; i < t->now->count; i++)
        newer +=
            strstr(t->now->file[i].path, "/step_") && strcmp(t->now->file[i].path, f->path) > 0;
    return newer >= 2;
}

static const char *look_at(const struct trial *t, const struct file *f)
{
    const char *name = strrchr(f->path, '/') ? strrchr(f->path, '/') + 1 : f->path;
    const struct file *before = folder_lookup(t->begin, f->path),
                      *after = folder_lookup(t->end, f->path);

    if (!f->bytes)
        return NULL;
    if (ds_file_is_temporary(name))
        return t->order->mode == FAULT_LIBRARY && WIFSIGNALED(t->answer->status)
                   ? NULL
                   : "a temporary file is left";
    if (file_same(f, before) || file_same(f, after))
        return NULL;
    if (after && lays_out_otherwise(t, after, f))
        return NULL;
    if (draws_otherwise(t, f->path) && (!before || !t->answer->status))
        return NULL;
    if (before && !is_run(f->path))
        return "a file from before was changed";
    return whole(f) ? NULL : "a file is not whole";
}

static const char *files(const struct trial *t, const char **path)
{
    for (int i = 0; i < t->now->count; i++) {
        const char *why = look_at(t, &t->now->file[i]);

        *path = t->now->file[i].path;
        if (why)
            return why;
    }
    for (int i = 0; i < t->begin->count; i++) {
        *path = t->begin->file[i].path;
        if (!folder_lookup(t->now, *path) && !may_vanish(t, &t->begin->file[i]))
            return "a file from before is gone";
    }
    *path = "run";
    if (folder_lookup(t->now, "run") && !folder_lookup(t->now, "run/run.h5"))
        return "a run that could not begin left its folder";
    return NULL;
}

/* All of the reference, and nothing else. */
static const char *as_ever(const struct trial *t, const char **path)
{
    bool otherwise = false;

    for (int i = 0; i < t->end->count; i++) {
        const struct file *f = &t->end->file[i], *mine = folder_lookup(t->now, *path = f->path);

        if (!mine && strstr(f->path, "/cache/"))
            continue; /* what is not kept is computed again */
        if (!mine)
            return "ended well without a file it should have written";
        if (file_same(f, mine) || (is_run(f->path) && whole(mine)) || (t->s->how & TIMES) ||
            lays_out_otherwise(t, f, mine))
            continue;
        otherwise = true; /* of another size, which is printed */
        if (!draws_otherwise(t, f->path))
            return "ended well with other bytes in a file";
    }
    for (int i = 0; i < t->now->count;
         i++) { /* a checkpoint that seemed damaged: one more is kept */
        const struct file *f = &t->now->file[i];

        if (!folder_lookup(t->end, *path = f->path) && !(strstr(*path, "/step_") && whole(f)))
            return "ended well and left another file";
    }
    *path = "standard output";
    return (t->s->how & TIMES) || otherwise || !strcmp(reference, t->said->out)
               ? NULL
               : "ended well, printing something else";
}

/* fontconfig 2.14 keeps its own lock when it finds no memory behind it, and Pango waits for it. */
static bool waits_for_fonts(const struct trial *t)
{
    static const char *const draws[] = {".pdf", ".png", ".svg", "report", "view"};
    bool fonts = false;

    for (size_t i = 0; i < sizeof draws / sizeof *draws; i++)
        fonts |= strstr(t->s->words, draws[i]) != NULL;
    return fonts && t->order->mode == FAULT_LIBRARY;
}

static const char *ending(const struct trial *t, const char **path)
{
    const int status = t->answer->status;

    *path = "";
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM && waits_for_fonts(t))
        return NULL;
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGXCPU ? "hangs"
               : t->order->mode == FAULT_LIBRARY                          ? NULL
                                                                          : "died by a signal";
    if (!WEXITSTATUS(status))
        return as_ever(t, path);
    if (!code_fits(t, WEXITSTATUS(status)))
        return "not the exit code of such a failure";
    return t->order->mode == FAULT_LIBRARY ? NULL : sentence(t);
}

bool judge(char *why, size_t size, const struct scenario *s, const struct fault_order *order,
           const struct fault_answer *answer, const struct said *said,
           const struct folder *begin, const struct folder *end)
{
    struct folder now = folder_take();
    const struct trial t = {s, order, answer, said, begin, end, &now};
    const char *path, *found = ending(&t, &path);

    if (!found)
        found = files(&t, &path);
    if (found)
        snprintf(why, size, "%s%s%s%s", found, *path ? " (" : "", path, *path ? ")" : "");
    folder_clear(&now);
    return !found;
}

bool judge_again(char *why, size_t size, const struct fault_answer *answer,
                 const struct said *said, const struct folder *end)
{
    struct folder now = folder_take();
    bool good = !answer->status;

    if (!good)
        snprintf(why, size, "cannot go on: %s", said->error);
    for (int i = 0; i < end->count && good; i++) {
        const struct file *f = &end->file[i];

        good = !strstr(f->path, "/task_") || file_same(f, folder_lookup(&now, f->path));
        if (!good)
            snprintf(why, size, "went on to another %s", f->path);
    }
    folder_clear(&now);
    return good;
}
