/* analysis/drift/moment.c -- a run's record and the checkpoint meant: RUN@3, opened. */
#include "analysis/drift/moment.h"

#include <stdio.h>
#include "data/store/run.h"

static int find(struct ds_moment *m, const struct ds_address *a, struct ds_err *err)
{
    const int last = m->record.done - 1;

    if (last < 0)
        return ds_fail(err, DS_DATA, "%s: no checkpoint has been reached yet", a->run);
    m->named = a->checkpoint != DS_CHECKPOINT_NONE;
    m->checkpoint = a->checkpoint >= 0 ? a->checkpoint : last;
    if (m->checkpoint > last)
        return ds_fail(err, DS_USAGE, "%s: there is no checkpoint %d; 0 to %d are stored",
                       a->run, m->checkpoint, last);
    return 0;
}

int ds_moment_open(struct ds_moment *m, const char *address, struct ds_err *err)
{
    char path[DS_PATH_MAX + 16];
    struct ds_address a;
    int code;

    *m = (struct ds_moment){.name = address};
    if ((code = ds_address_parse(&a, address, err)))
        return code;
    snprintf(path, sizeof path, "%s/run.h5", a.run);
    if ((code = ds_record_load(&m->record, path, err)))
        return code;
    if ((code = find(m, &a, err)))
        ds_moment_close(m);
    return code;
}

void ds_moment_close(struct ds_moment *m)
{
    ds_record_clear(&m->record);
    *m = (struct ds_moment){0};
}
