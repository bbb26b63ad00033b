/* data/archive/stored.c -- one tensor of a file as numbers to compute with. See archive.h. */
#include <string.h>

#include "data/store/floats.h"
#include "data/archive/archive.h"

enum { PIECE = 512 };

int64_t ds_stored_count(const struct ds_stored *t)
{
    int64_t count = 1;

    for (int i = 0; i < t->rank; i++)
        count *= t->dims[i];
    return count;
}

/* n numbers that lie `step` elements apart: gathered as bytes, then converted in one go. */
static void gather(float *out, const unsigned char *from, enum ds_type type, int64_t n,
                   int64_t step)
{
    const int64_t each = (int64_t)ds_type_size(type);
    unsigned char near[PIECE * 8];

    for (int64_t done = 0; done < n; done += PIECE) {
        const int64_t some = n - done < PIECE ? n - done : PIECE;

        for (int64_t i = 0; i < some; i++)
            memcpy(near + i * each, from + (done + i) * step * each, (size_t)each);
        ds_floats_from(out + done, near, type, (size_t)some);
    }
}

void ds_stored_floats(float *out, const struct ds_stored *t)
{
    const int64_t count = ds_stored_count(t), each = (int64_t)ds_type_size(t->type);
    int64_t index[DS_RANK_MAX] = {0}, run = 1, step = 1, at = 0;
    int outer = t->rank;

    if (!count)
        return;
    /* The last dimensions that lie row-major are one run; without any, the last one is. */
    while (outer && (t->stride[outer - 1] == run || t->dims[outer - 1] == 1))
        run *= t->dims[--outer];
    if (run == 1 && outer) {
        run = t->dims[--outer];
        step = t->stride[outer];
    }
    for (int64_t done = 0; done < count; done += run) {
        if (step == 1)
            ds_floats_from(out + done, t->data + at * each, t->type, (size_t)run);
        else
            gather(out + done, t->data + at * each, t->type, run, step);
        for (int i = outer - 1; i >= 0; i--) {
            at += t->stride[i];
            if (++index[i] < t->dims[i])
                break;
            at -= t->dims[i] * t->stride[i];
            index[i] = 0;
        }
    }
}
