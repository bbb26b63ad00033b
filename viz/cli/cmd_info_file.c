/* viz/cli/cmd_info_file.c -- a file of arrays in words. */
#include "viz/cli/cmd_info.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/cli/tty.h"

enum { PLAIN = 1024, SHAPE = 200 };

static const char *shape(char *to, size_t size, const struct ds_array *a)
{
    size_t used = 0;

    snprintf(to, size, "scalar");
    for (int d = 0; d < a->rank && used < size; d++)
        used += (size_t)snprintf(to + used, size - used, "%s%lld", d ? " x " : "",
                                 (long long)a->dims[d]);
    return to;
}

/* Norm and range in double; values that are not finite are counted, not summed. */
static int numbers(const struct ds_array *a, struct ds_err *err)
{
    const int64_t n = ds_array_count(a);
    double squares = 0, low = INFINITY, high = -INFINITY;
    long long broken = 0;
    float *value;

    if (a->type == DS_STRING || n < 1)
        return 0;
    value = malloc((size_t)n * sizeof *value);
    if (!value)
        return ds_fail(err, DS_NOMEM, "out of memory for '%s'", a->name);
    ds_array_to_float(a, value);
    for (int64_t i = 0; i < n; i++) {
        const double x = (double)value[i];

        if (!isfinite(x)) {
            broken++;
            continue;
        }
        squares += x * x;
        low = fmin(low, x);
        high = fmax(high, x);
    }
    free(value);
    printf("  norm %.6g in [%.4g, %.4g]", sqrt(squares), low, high);
    if (broken)
        printf(", %lld not finite", broken);
    return 0;
}

static void print_note(const char *where, const struct ds_note *n)
{
    char plain[PLAIN];

    printf("  %s%s%s = ", where, *where ? "/" : "", ds_tty_plain(plain, sizeof plain, n->key));
    switch (n->type) {
    case DS_NOTE_INT:  printf("%lld\n", (long long)n->whole); return;
    case DS_NOTE_REAL: printf("%.9g\n", n->real); return;
    case DS_NOTE_TEXT:
        if (strchr(n->text, '\n'))
            printf("(text of %zu bytes)\n", strlen(n->text));
        else
            puts(ds_tty_plain(plain, sizeof plain, n->text));
        return;
    case DS_NOTE_TEXTS:
        for (int i = 0; n->texts[i]; i++)
            printf("%s%s", i ? ", " : "", ds_tty_plain(plain, sizeof plain, n->texts[i]));
        putchar('\n');
    }
}

int ds_info_file_text(const struct ds_bundle *b, const char *file, bool norms,
                      struct ds_err *err)
{
    char plain[PLAIN], dims[SHAPE];
    double elements = 0, bytes = 0;

    for (int i = 0; i < b->count; i++) {
        const double n = (double)ds_array_count(&b->array[i]);

        elements += n;
        bytes += n * (double)ds_type_size(b->array[i].type);
    }
    printf("file         %s\n", ds_tty_plain(plain, sizeof plain, file));
    printf("arrays       %d, %.0f elements, %.2f MB\n", b->count, elements, bytes / 1e6);
    for (int i = 0; i < b->count; i++) {
        const struct ds_array *a = &b->array[i];

        printf("  %-40s %-8s %*s", ds_tty_plain(plain, sizeof plain, a->name),
               ds_type_name(a->type), norms ? -16 : 0, shape(dims, sizeof dims, a));
        if (norms && numbers(a, err))
            return err->code;
        putchar('\n');
    }
    puts("notes");
    for (int g = 0; g < b->groups; g++)
        for (int i = 0; i < b->group[g].notes.count; i++)
            print_note(ds_tty_plain(dims, sizeof dims, b->group[g].group),
                       &b->group[g].notes.note[i]);
    return 0;
}
