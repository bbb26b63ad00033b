/* tests/weights/dump_archive.c -- everything in an archive, for a script to compare.
 *
 *     dump_archive FILE       container, notes and tensors to standard output, or the sentence
 *                             of the failure and its code as exit status
 *
 * Lines: "container NAME", "note KEY = VALUE", "tensor NAME TYPE DIM DIM ..."; a line of a
 * tensor is followed by its numbers as float32 bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "data/archive/archive.h"

static void print_note(const struct ds_note *n)
{
    printf("note %s = ", n->key);
    if (n->type == DS_NOTE_TEXT)
        printf("%s\n", n->text);
    else if (n->type == DS_NOTE_INT)
        printf("%lld\n", (long long)n->whole);
    else if (n->type == DS_NOTE_REAL)
        printf("%.17g\n", n->real);
    else {
        for (char **text = n->texts; *text; text++)
            printf("%s; ", *text);
        printf("\n");
    }
}

static int print_tensor(const struct ds_stored *t)
{
    const size_t count = (size_t)ds_stored_count(t);
    float *values = malloc((count + 1) * sizeof *values);

    if (!values)
        return 1;
    printf("tensor %s %s", t->name, ds_type_name(t->type));
    for (int i = 0; i < t->rank; i++)
        printf(" %lld", (long long)t->dims[i]);
    printf("\n");
    ds_stored_floats(values, t);
    fwrite(values, sizeof *values, count, stdout);
    free(values);
    return 0;
}

int main(int argc, char **argv)
{
    struct ds_archive a;
    struct ds_err err;
    int code = 0;

    if (argc != 2)
        return 2;
    if (ds_archive_open(&a, argv[1], &err)) {
        printf("%s\n", err.text);
        return (int)err.code;
    }
    printf("container %s\n", a.container);
    for (int i = 0; i < a.meta.count; i++)
        print_note(&a.meta.note[i]);
    for (int i = 0; i < a.count && !code; i++)
        code = ds_archive_lookup(&a, a.tensor[i].name) == &a.tensor[i]
                   ? print_tensor(&a.tensor[i])
                   : 1;
    ds_archive_close(&a);
    return code;
}
