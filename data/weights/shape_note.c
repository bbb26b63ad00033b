/* data/weights/shape_note.c -- the shape of a network as notes of a file. See the header. */
#include "data/weights/shape_note.h"

#include <stdio.h>

/* The shape's numbers as notes, one row each. */
static const struct {
    const char *key;
    size_t at;
    bool flag;
    bool rare; /* written where it is not 0, and 0 where it is missing */
} shape_note[] = {
#define NUMBER(field)                                                                          \
    {                                                                                          \
#field, offsetof(struct ds_vit_shape, field), false, false                             \
    }
#define FLAG(field)                                                                            \
    {                                                                                          \
#field, offsetof(struct ds_vit_shape, field), true, false                              \
    }
#define RARE_NUMBER(field)                                                                     \
    {                                                                                          \
#field, offsetof(struct ds_vit_shape, field), false, true                              \
    }
#define RARE(field)                                                                            \
    {                                                                                          \
#field, offsetof(struct ds_vit_shape, field), true, true                               \
    }
    NUMBER(height),      NUMBER(width),      NUMBER(channels),  NUMBER(patch),
    NUMBER(dim),         NUMBER(depth),      NUMBER(heads),     NUMBER(hidden),
    NUMBER(classes),     NUMBER(registers),  FLAG(cls),         FLAG(qkv_bias),
    FLAG(layer_scale),   FLAG(embed_prefix), FLAG(pool_mean),   FLAG(fc_norm),
    RARE(dist),          RARE(head_dist),    RARE(head_concat), RARE(pre_norm),
    RARE(no_patch_bias), RARE(swiglu),       RARE_NUMBER(act),
#undef NUMBER
#undef FLAG
#undef RARE_NUMBER
#undef RARE
};

_Static_assert(sizeof(enum ds_act) == sizeof(int), "notes read and write numbers as int");

enum { NOTES = sizeof shape_note / sizeof *shape_note };

int ds_shape_notes_write(struct ds_notes *n, const struct ds_vit_shape *s, struct ds_err *err)
{
    for (int i = 0; i < NOTES; i++) {
        const char *at = (const char *)s + shape_note[i].at;
        const int value = shape_note[i].flag ? *(const bool *)at : *(const int *)at;

        if (shape_note[i].rare && !value)
            continue;
        if (ds_note_int(n, shape_note[i].key, value, err))
            return err->code;
    }
    return ds_note_real(n, "norm_eps", s->eps, err);
}

int ds_shape_notes_read(struct ds_vit_shape *s, const struct ds_notes *n, const char *file,
                        struct ds_err *err)
{
    const struct ds_note *eps = n ? ds_note_lookup(n, "norm_eps") : NULL;

    *s = (struct ds_vit_shape){0};
    for (int i = 0; i < NOTES; i++) {
        const struct ds_note *note = n ? ds_note_lookup(n, shape_note[i].key) : NULL;
        char *at = (char *)s + shape_note[i].at;

        if (!note && n && shape_note[i].rare)
            continue;
        if (!note || note->type != DS_NOTE_INT || note->whole < 0 || note->whole > 65535)
            return ds_fail(err, DS_DATA, "%s: is not a checkpoint of ours: no number '%s'",
                           file, shape_note[i].key);
        if (shape_note[i].flag)
            *(bool *)at = note->whole != 0;
        else
            *(int *)at = (int)note->whole;
    }
    if ((int)s->act >= DS_ACTS)
        return ds_fail(err, DS_DATA, "%s: activation is %d, expected 0 to %d", file,
                       (int)s->act, DS_ACTS - 1);
    if (!eps || eps->type != DS_NOTE_REAL)
        return ds_fail(err, DS_DATA, "%s: is not a checkpoint of ours: no 'norm_eps'", file);
    s->eps = eps->real;
    if (ds_vit_shape_check(s, err)) {
        err->code = DS_DATA;
        return ds_while(err, "%s", file);
    }
    return 0;
}

const char *ds_list_text(char *to, size_t size, const double *value, int n)
{
    size_t at = 0;

    *to = '\0';
    for (int i = 0; i < n && at < size; i++)
        at += (size_t)snprintf(to + at, size - at, "%s%.17g", i ? "," : "", value[i]);
    return to;
}
