/* data/store/pipe_receive.c -- reading the message of pipe_int.h.
 *
 * The sender had a file of a stranger in its hands and may be in the stranger's. So every
 * number is looked at before it is used, and every name and text goes through the same checks
 * as one that is read from a file. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "data/store/bundle_int.h"
#include "data/store/file_int.h"
#include "data/store/pipe_int.h"

enum { TEXT_COST = 64 }; /* what a text takes besides its bytes, as a note or a name */

struct in {
    int fd;
    size_t at, n; /* in the buffer */
    size_t left;  /* bytes of memory that may still be taken */
    int64_t until;
    enum ds_pipe_end end;
    bool told; /* the sentence is the sender's, and names the file */
    struct ds_err *err;
    unsigned char buffer[1 << 15];
};

static int refuse(struct in *in, const char *what)
{
    return ds_fail(in->err, DS_DATA,
                   "%s in what the process that reads it says; the file is damaged or hostile, "
                   "use another copy",
                   what);
}

int64_t ds_pipe_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether something can be read, the end included, before it is too late. */
static bool comes(struct in *in)
{
    struct pollfd from = {.fd = in->fd, .events = POLLIN};

    for (;;) {
        const int64_t left = in->until - ds_pipe_clock();
        const int found = poll(&from, 1, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);

        if (found > 0)
            return true;
        if (!found && left <= INT_MAX)
            in->end = DS_PIPE_LATE;
        if ((!found && left <= INT_MAX) || (found < 0 && errno != EINTR))
            return false;
    }
}

/* n bytes, fewer only when no more come. */
static size_t hear(struct in *in, unsigned char *to, size_t n)
{
    size_t done = 0;

    while (done < n && comes(in)) {
        const ssize_t got = read(in->fd, to + done, n - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}

static void refill(struct in *in)
{
    const size_t ready = in->n - in->at;

    memmove(in->buffer, in->buffer + in->at, ready);
    in->at = 0;
    in->n = ready + hear(in, in->buffer + ready, sizeof in->buffer - ready);
}

/* Large things go past the buffer. */
static int get(struct in *in, void *to, size_t n)
{
    size_t ready;

    if (n > in->n - in->at && n <= sizeof in->buffer)
        refill(in);
    ready = in->n - in->at < n ? in->n - in->at : n;
    if (ready)
        memcpy(to, in->buffer + in->at, ready);
    in->at += ready;
    if (n > sizeof in->buffer)
        ready += hear(in, (unsigned char *)to + ready, n - ready);
    if (ready == n)
        return 0;
    if (in->end != DS_PIPE_LATE)
        in->end = DS_PIPE_CUT;
    return refuse(in, "there is an early end");
}

/* A number of at most `most`. */
static int get_number(struct in *in, uint64_t *number, uint64_t most, const char *what)
{
    const int code = get(in, number, sizeof *number);

    return code || *number <= most ? code : refuse(in, what);
}

static int reserve(struct in *in, size_t n)
{
    if (n > in->left)
        return refuse(in, "there is more than the file can hold");
    in->left -= n;
    return 0;
}

/* A text of its own, NUL behind it; NULL after recording why not. */
static char *get_text(struct in *in)
{
    uint64_t n;
    char *text;

    if (get_number(in, &n, in->left, "there is a text of absurd length") ||
        reserve(in, (size_t)n + TEXT_COST))
        return NULL;
    if (!(text = malloc((size_t)n + 1))) {
        ds_fail(in->err, DS_NOMEM, "out of memory");
        return NULL;
    }
    text[n] = '\0';
    if (!get(in, text, (size_t)n) &&
        (!memchr(text, '\0', (size_t)n) || refuse(in, "there is a NUL")))
        return text;
    free(text);
    return NULL;
}

static void free_texts(char **texts)
{
    for (char **t = texts; t && *t; t++)
        free(*t);
    free(texts);
}

/* NULL-terminated. */
static char **get_texts(struct in *in, uint64_t count)
{
    char **texts;

    if (count > in->left / sizeof *texts) {
        refuse(in, "there are absurdly many texts");
        return NULL;
    }
    if (!(texts = calloc((size_t)count + 1, sizeof *texts))) {
        ds_fail(in->err, DS_NOMEM, "out of memory");
        return NULL;
    }
    for (uint64_t i = 0; i < count; i++)
        if (!(texts[i] = get_text(in))) {
            free_texts(texts);
            return NULL;
        }
    return texts;
}

static int get_value(struct in *in, struct ds_notes *notes, const char *key)
{
    uint64_t type, number;
    double real;
    char *text, **texts;
    int code;

    if ((code = get_number(in, &type, DS_NOTE_TEXTS, "there is a note of no kind")))
        return code;
    switch ((enum ds_note_type)type) {
    case DS_NOTE_INT:
        code = get(in, &number, sizeof number);
        return code ? code : ds_note_int(notes, key, (int64_t)number, in->err);
    case DS_NOTE_REAL:
        code = get(in, &real, sizeof real);
        return code ? code : ds_note_real(notes, key, real, in->err);
    case DS_NOTE_TEXT:
        text = get_text(in);
        code = text ? ds_note_text(notes, key, text, in->err) : (int)in->err->code;
        free(text);
        return code;
    case DS_NOTE_TEXTS:
        break;
    }
    if ((code = get(in, &number, sizeof number)))
        return code;
    if (!(texts = get_texts(in, number)))
        return in->err->code;
    code = ds_note_texts(notes, key, (const char *const *)texts, in->err);
    free_texts(texts);
    return code;
}

static int get_notes(struct in *in, struct ds_notes *notes)
{
    uint64_t count;
    int code = get_number(in, &count, DS_NOTES_MAX, "there are too many notes");

    for (uint64_t i = 0; i < count && !code; i++) {
        char *key = get_text(in);

        code = key ? get_value(in, notes, key) : (int)in->err->code;
        free(key);
    }
    return code;
}

static int get_groups(struct in *in, struct ds_bundle *b)
{
    uint64_t count = 0;
    int code = get_number(in, &count, DS_NOTES_MAX, "there are too many groups");

    for (uint64_t i = 0; i < count && !code; i++) {
        char *name = get_text(in);
        struct ds_notes *notes = name ? ds_bundle_notes(b, name, in->err) : NULL;

        code = notes ? get_notes(in, notes) : (int)in->err->code;
        free(name);
    }
    return code;
}

/* Labels as the walk takes them: printable. */
static int get_labels(struct in *in, struct ds_array *a)
{
    int code = 0;

    for (int d = 0; d < a->rank && !code; d++) {
        char *text = get_text(in);

        if (!text)
            return in->err->code;
        if (ds_utf8_unprintable(text, strlen(text)) >= 0)
            code = refuse(in, "there is a label that is not printable");
        else if (*text)
            code = ds_array_label_one(a, d, text, strlen(text), in->err);
        free(text);
    }
    return code;
}

static struct ds_array *get_data(struct in *in, struct ds_bundle *b, const char *name,
                                 enum ds_type type, int rank, const int64_t *dims)
{
    const size_t each = type == DS_STRING ? sizeof(char *) : ds_type_size(type);
    size_t bytes = each;
    struct ds_array *a = NULL;
    char **texts = NULL;

    for (int d = 0; d < rank; d++)
        if (dims[d] < 0 || __builtin_mul_overflow(bytes, (size_t)dims[d], &bytes))
            bytes = SIZE_MAX;
    if (reserve(in, bytes) || (type == DS_STRING && !(texts = get_texts(in, bytes / each))))
        return NULL;
    a = ds_bundle_add(b, name, type, rank, dims, texts, in->err);
    free_texts(texts);
    return a && type != DS_STRING && get(in, a->data, bytes) ? NULL : a;
}

static int get_array(struct in *in, struct ds_bundle *b)
{
    int64_t dims[DS_RANK_MAX] = {0};
    uint64_t type, rank;
    struct ds_array *a;
    char *name = get_text(in);

    if (!name)
        return in->err->code;
    a = get_number(in, &type, DS_I16, "there is an array of no type") ||
                get_number(in, &rank, DS_RANK_MAX,
                           "there is an array of too many dimensions") ||
                get(in, dims, (size_t)rank * sizeof *dims)
            ? NULL
            : get_data(in, b, name, (enum ds_type)type, (int)rank, dims);
    free(name);
    return !a || get_labels(in, a) || get_notes(in, &a->notes) ? (int)in->err->code : 0;
}

/* A scale is another array of the bundle, 1-d and as long as the dimension. */
static int get_scale(struct in *in, struct ds_bundle *b, struct ds_array *a, int dim)
{
    char *name = get_text(in);
    const struct ds_array *scale;
    int code;

    if (!name)
        return in->err->code;
    scale = ds_bundle_lookup(b, name);
    if (!*name)
        code = 0;
    else if (!scale || scale == a || scale->rank != 1 || scale->dims[0] != a->dims[dim])
        code = refuse(in, "there is a scale that does not fit");
    else
        code = ds_array_scale(a, dim, name, in->err);
    free(name);
    return code;
}

static int get_bundle(struct in *in, struct ds_bundle *b)
{
    uint64_t count;
    int code = get_groups(in, b);

    if (code || (code = get_number(in, &count, DS_ARRAYS_MAX, "there are too many arrays")))
        return code;
    for (uint64_t i = 0; i < count && !code; i++)
        code = get_array(in, b);
    for (int i = 0; i < b->count && !code; i++)
        for (int d = 0; d < b->array[i].rank && !code; d++)
            code = get_scale(in, b, &b->array[i], d);
    return code;
}

/* The sender's sentence, if it is one. */
static int get_failure(struct in *in)
{
    uint64_t which;
    char *text;
    enum ds_code code;

    if (get_number(in, &which, DS_INTERRUPTED, "there is a failure of no kind") ||
        !(text = get_text(in)))
        return in->err->code;
    code = which == DS_NOMEM || which == DS_IO || which == DS_NOINPUT ? (enum ds_code)which
                                                                      : DS_DATA;
    for (char *c = text; *c; c++) /* one line, whatever the sender is by now */
        if ((unsigned char)*c < ' ')
            *c = '?';
    in->told = *text != '\0';
    if (in->told)
        ds_fail(in->err, code, "%s", text);
    else
        refuse(in, "there is no sentence");
    free(text);
    return in->err->code;
}

int ds_pipe_receive(struct ds_bundle *b, int fd, const struct ds_pipe_limits *limits,
                    const char *file, enum ds_pipe_end *end_of, struct ds_err *err)
{
    struct in in = {.fd = fd, .left = limits->most, .until = limits->until, .err = err};
    uint64_t kind, end;
    int code = get_number(&in, &kind, DS_PIPE_BUNDLE, "there is a message of no kind");

    if (!code && kind == DS_PIPE_FAILURE)
        code = get_failure(&in);
    else if (!code && !(code = get_bundle(&in, b)) && !(code = get(&in, &end, sizeof end)) &&
             end != DS_PIPE_END)
        code = refuse(&in, "there is no end");
    if (code && !in.told)
        ds_while(err, "%s", file);
    if (code)
        ds_bundle_clear(b);
    *end_of = in.end;
    return code;
}
