/* data/store/h5_note_write.c -- notes as HDF5 attributes. See h5_int.h. */
#include <stdlib.h>
#include <string.h>

#include "data/store/bundle_int.h"
#include "data/store/h5_int.h"

/* HDF5's image specification wants some texts of fixed length. */
static bool is_fixed(const struct ds_note *note)
{
    return note->type == DS_NOTE_TEXT && ds_h5_fixed_key(note->key);
}

static hid_t note_type(const struct ds_note *note)
{
    if (note->type == DS_NOTE_INT)
        return ds_h5_type(DS_I64);
    if (note->type == DS_NOTE_REAL)
        return ds_h5_type(DS_F64);
    return ds_h5_text_type(is_fixed(note) ? strlen(note->text) + 1 : 0);
}

static hid_t note_space(const struct ds_note *note)
{
    hsize_t count = 0;

    if (note->type != DS_NOTE_TEXTS)
        return H5Screate(H5S_SCALAR);
    while (note->texts[count])
        count++;
    return H5Screate_simple(1, &count, NULL);
}

static const void *note_value(const struct ds_note *note)
{
    if (note->type == DS_NOTE_INT)
        return &note->whole;
    if (note->type == DS_NOTE_REAL)
        return &note->real;
    if (note->type == DS_NOTE_TEXTS)
        return note->texts;
    return is_fixed(note) ? (const void *)note->text : (const void *)&note->text;
}

static int check_note(const struct ds_note *note, const char *name, struct ds_err *err)
{
    int count = 0;

    if (ds_h5_reserved_key(note->key) ||
        (!strcmp(note->key, "CLASS") && note->type == DS_NOTE_TEXT &&
         !strcmp(note->text, "DIMENSION_SCALE")))
        return ds_fail(err, DS_DATA, "the note '%s' of '%s' is HDF5's own, use another key",
                       note->key, name);
    while (note->type == DS_NOTE_TEXTS && note->texts[count])
        count++;
    if (count > DS_H5_TEXTS_MAX)
        return ds_fail(err, DS_DATA,
                       "the note '%s' of '%s' has %d texts, at most %d are allowed", note->key,
                       name, count, DS_H5_TEXTS_MAX);
    return 0;
}

static int write_note(hid_t object, const struct ds_note *note, const char *name,
                      struct ds_err *err)
{
    hid_t type, space, how, attribute = H5I_INVALID_HID;
    int code = check_note(note, name, err);

    if (code)
        return code;
    type = note_type(note);
    space = note_space(note);
    how = H5Pcreate(H5P_ATTRIBUTE_CREATE);
    if (H5Pset_char_encoding(how, H5T_CSET_UTF8) < 0 ||
        (attribute = H5Acreate2(object, note->key, type, space, how, H5P_DEFAULT)) < 0 ||
        H5Awrite(attribute, type, note_value(note)) < 0)
        code = ds_fail(err, DS_INTERNAL, "HDF5 could not hold the note '%s' of '%s'", note->key,
                       name);
    if (H5Aclose(attribute) < 0)
        code = ds_fail(err, DS_INTERNAL, "HDF5 could not finish the note '%s' of '%s'",
                       note->key, name);
    H5Pclose(how);
    H5Sclose(space);
    H5Tclose(type);
    return code;
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const struct ds_note *const *)a)->key,
                  (*(const struct ds_note *const *)b)->key);
}

int ds_h5_notes_write(hid_t object, const struct ds_notes *notes, const char *name,
                      struct ds_err *err)
{
    const struct ds_note **sorted;
    int code = 0;

    if (!notes->count)
        return 0;
    if (!(sorted = malloc((size_t)notes->count * sizeof *sorted)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    for (int i = 0; i < notes->count; i++)
        sorted[i] = &notes->note[i];
    qsort(sorted, (size_t)notes->count, sizeof *sorted, by_key);
    for (int i = 0; i < notes->count && !code; i++)
        code = write_note(object, sorted[i], name, err);
    free(sorted);
    return code;
}
