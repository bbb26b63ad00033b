/* data/store/pipe_send.c -- writing the message of pipe_int.h. */
#include <string.h>

#include "data/store/file_int.h"
#include "data/store/pipe_int.h"

struct out {
    int fd;
    size_t n;
    bool failed;
    unsigned char buffer[1 << 15];
};

static void flush(struct out *o)
{
    o->failed = o->failed || ds_fd_write(o->fd, o->buffer, o->n);
    o->n = 0;
}

static void put(struct out *o, const void *bytes, size_t n)
{
    if (n > sizeof o->buffer - o->n)
        flush(o);
    if (n > sizeof o->buffer) {
        o->failed = o->failed || ds_fd_write(o->fd, bytes, n);
    } else if (n) {
        memcpy(o->buffer + o->n, bytes, n);
        o->n += n;
    }
}

static void put_number(struct out *o, uint64_t number)
{
    put(o, &number, sizeof number);
}

static void put_text(struct out *o, const char *text)
{
    const size_t n = text ? strlen(text) : 0;

    put_number(o, n);
    put(o, text, n);
}

static void put_texts(struct out *o, char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_text(o, texts[i]);
}

static void put_notes(struct out *o, const struct ds_notes *notes)
{
    put_number(o, (uint64_t)notes->count);
    for (int i = 0; i < notes->count; i++) {
        const struct ds_note *note = &notes->note[i];
        size_t count = 0;

        put_text(o, note->key);
        put_number(o, (uint64_t)note->type);
        switch (note->type) {
        case DS_NOTE_TEXT:
            put_text(o, note->text);
            break;
        case DS_NOTE_INT:
            put_number(o, (uint64_t)note->whole);
            break;
        case DS_NOTE_REAL:
            put(o, &note->real, sizeof note->real);
            break;
        default: /* DS_NOTE_TEXTS */
            while (note->texts[count])
                count++;
            put_number(o, count);
            put_texts(o, note->texts, count);
            break;
        }
    }
}

static void put_array(struct out *o, const struct ds_array *a)
{
    const size_t count = (size_t)ds_array_count(a);

    put_text(o, a->name);
    put_number(o, (uint64_t)a->type);
    put_number(o, (uint64_t)a->rank);
    put(o, a->dims, (size_t)a->rank * sizeof *a->dims);
    if (a->type == DS_STRING)
        put_texts(o, a->data, count);
    else
        put(o, a->data, count * ds_type_size(a->type));
    for (int d = 0; d < a->rank; d++)
        put_text(o, ds_array_label_of(a, d));
    put_notes(o, &a->notes);
}

int ds_pipe_send(int fd, const struct ds_bundle *b)
{
    struct out o = {.fd = fd};

    put_number(&o, DS_PIPE_BUNDLE);
    put_number(&o, (uint64_t)b->groups);
    for (int i = 0; i < b->groups; i++) {
        put_text(&o, b->group[i].group);
        put_notes(&o, &b->group[i].notes);
    }
    put_number(&o, (uint64_t)b->count);
    for (int i = 0; i < b->count; i++)
        put_array(&o, &b->array[i]);
    for (int i = 0; i < b->count; i++)
        for (int d = 0; d < b->array[i].rank; d++)
            put_text(&o, ds_array_scale_of(&b->array[i], d));
    put_number(&o, DS_PIPE_END);
    flush(&o);
    return o.failed ? -1 : 0;
}

int ds_pipe_send_failure(int fd, const struct ds_err *err)
{
    struct out o = {.fd = fd};

    put_number(&o, DS_PIPE_FAILURE);
    put_number(&o, (uint64_t)err->code);
    put_text(&o, err->text);
    put_number(&o, DS_PIPE_END);
    flush(&o);
    return o.failed ? -1 : 0;
}
