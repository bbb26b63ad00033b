/* data/store/note.c -- notes (attributes) on arrays and groups. See bundle.h. */
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle.h"
#include "data/store/bundle_int.h"

static void value_clear(struct ds_note *note)
{
    free(note->text);
    for (char **t = note->texts; t && *t; t++)
        free(*t);
    free(note->texts);
    note->text = NULL;
    note->texts = NULL;
}

void ds_notes_clear(struct ds_notes *n)
{
    for (int i = 0; i < n->count; i++) {
        value_clear(&n->note[i]);
        free(n->note[i].key);
    }
    free(n->note);
    *n = (struct ds_notes){0};
}

const struct ds_note *ds_note_lookup(const struct ds_notes *n, const char *key)
{
    for (int i = 0; n && i < n->count; i++)
        if (!strcmp(n->note[i].key, key))
            return &n->note[i];
    return NULL;
}

/* The note of that key with its old value gone, or a new one. */
static struct ds_note *fresh(struct ds_notes *n, const char *key, struct ds_err *err)
{
    struct ds_note *note = (struct ds_note *)ds_note_lookup(n, key), *grown;
    char *copy;

    if (note) {
        value_clear(note);
        return note;
    }
    if (ds_name_check(key, err))
        return NULL;
    if (n->count >= DS_NOTES_MAX) {
        ds_fail(err, DS_DATA, "more than %d notes in one place", DS_NOTES_MAX);
        return NULL;
    }
    if (!(copy = ds_text_copy(key, err)))
        return NULL;
    if (!(grown = realloc(n->note, ((size_t)n->count + 1) * sizeof *grown))) {
        free(copy);
        ds_fail(err, DS_NOMEM, "out of memory");
        return NULL;
    }
    n->note = grown;
    note = &grown[n->count++];
    *note = (struct ds_note){.key = copy};
    return note;
}

/* A copy of valid UTF-8, made before the old value (which may be its source) goes. */
static char *checked_copy(const char *key, const char *value, struct ds_err *err)
{
    if (!ds_utf8_valid(value, strlen(value))) {
        ds_fail(err, DS_DATA, "the note '%.*s' is not valid UTF-8", DS_NAME_MAX, key);
        return NULL;
    }
    return ds_text_copy(value, err);
}

int ds_note_text(struct ds_notes *n, const char *key, const char *value, struct ds_err *err)
{
    char *copy = checked_copy(key, value, err);
    struct ds_note *note = copy ? fresh(n, key, err) : NULL;

    if (!note) {
        free(copy);
        return err->code;
    }
    note->type = DS_NOTE_TEXT;
    note->text = copy;
    return 0;
}

int ds_note_int(struct ds_notes *n, const char *key, int64_t value, struct ds_err *err)
{
    struct ds_note *note = fresh(n, key, err);

    if (!note)
        return err->code;
    note->type = DS_NOTE_INT;
    note->whole = value;
    return 0;
}

int ds_note_real(struct ds_notes *n, const char *key, double value, struct ds_err *err)
{
    struct ds_note *note = fresh(n, key, err);

    if (!note)
        return err->code;
    note->type = DS_NOTE_REAL;
    note->real = value;
    return 0;
}

int ds_note_texts(struct ds_notes *n, const char *key, const char *const *values,
                  struct ds_err *err)
{
    struct ds_note made = {0}, *note;
    size_t count = 0;

    while (values[count])
        count++;
    if (!(made.texts = calloc(count + 1, sizeof *made.texts)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (!(made.texts[i] = checked_copy(key, values[i], err)))
            goto done;
    if (!(note = fresh(n, key, err)))
        goto done;
    note->type = DS_NOTE_TEXTS;
    note->texts = made.texts;
    return 0;

done:
    value_clear(&made);
    return err->code;
}

static struct ds_notes *notes_of(const struct ds_bundle *b, const char *group)
{
    for (int i = 0; i < b->groups; i++)
        if (!strcmp(b->group[i].group, group))
            return &b->group[i].notes;
    return NULL;
}

const struct ds_notes *ds_bundle_notes_lookup(const struct ds_bundle *b, const char *group)
{
    return notes_of(b, group);
}

struct ds_notes *ds_bundle_notes(struct ds_bundle *b, const char *group, struct ds_err *err)
{
    struct ds_notes *old = notes_of(b, group);
    struct ds_group_notes *grown;
    char *copy;

    if (old)
        return old;
    if (*group && ds_name_check(group, err))
        return NULL;
    if (b->groups >= DS_NOTES_MAX) {
        ds_fail(err, DS_DATA, "more than %d groups have notes", DS_NOTES_MAX);
        return NULL;
    }
    if (!(copy = ds_text_copy(group, err)))
        return NULL;
    if (!(grown = realloc(b->group, ((size_t)b->groups + 1) * sizeof *grown))) {
        free(copy);
        ds_fail(err, DS_NOMEM, "out of memory");
        return NULL;
    }
    b->group = grown;
    grown[b->groups] = (struct ds_group_notes){.group = copy};
    return &grown[b->groups++].notes;
}

int ds_note_need_int(const struct ds_notes *n, const char *where, const char *key, int64_t lo,
                     int64_t hi, int64_t *value, struct ds_err *err)
{
    const struct ds_note *note = ds_note_lookup(n, key);

    if (!note)
        return ds_fail(err, DS_DATA, "%s has no note '%s'", where, key);
    if (note->type != DS_NOTE_INT)
        return ds_fail(err, DS_DATA, "%s: the note '%s' is not a whole number", where, key);
    if (note->whole < lo || note->whole > hi)
        return ds_fail(err, DS_DATA, "%s: the note '%s' is %lld, expected %lld to %lld", where,
                       key, (long long)note->whole, (long long)lo, (long long)hi);
    *value = note->whole;
    return 0;
}

int ds_note_need_text(const struct ds_notes *n, const char *where, const char *key,
                      const char **value, struct ds_err *err)
{
    const struct ds_note *note = ds_note_lookup(n, key);

    if (!note)
        return ds_fail(err, DS_DATA, "%s has no note '%s'", where, key);
    if (note->type != DS_NOTE_TEXT)
        return ds_fail(err, DS_DATA, "%s: the note '%s' is not text", where, key);
    *value = note->text;
    return 0;
}
