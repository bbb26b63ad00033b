/* viz/page/shelf.c -- runs read once. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "viz/page/shelf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/store/file.h"

enum { FILE_MOST = 1 << 30, PATH_MOST = 1100 };

struct volume {
    struct ds_record record;
    char path[PATH_MOST];
    uint32_t crc;
};

struct ds_shelf {
    struct volume *volume[DS_RUNS];
    int count;
};

struct ds_shelf *ds_shelf_new(struct ds_err *err)
{
    struct ds_shelf *s = calloc(1, sizeof *s);

    if (!s)
        ds_fail(err, DS_NOMEM, "no memory for runs");
    return s;
}

static void close_volume(struct volume *v)
{
    if (v)
        ds_record_clear(&v->record);
    free(v);
}

void ds_shelf_free(struct ds_shelf *s)
{
    for (int i = 0; s && i < s->count; i++)
        close_volume(s->volume[i]);
    free(s);
}

static int load(struct volume *v, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    int code;

    if ((code = ds_file_read(&bytes, &n, v->path, FILE_MOST, err)))
        return code;
    v->crc = ds_crc32c(bytes, n);
    free(bytes);
    return ds_record_load(&v->record, v->path, err);
}

static int name(char *to, const char *operand, struct ds_err *err)
{
    struct stat st;
    const bool folder = !stat(operand, &st) && S_ISDIR(st.st_mode);
    size_t length = strlen(operand);

    while (length > 1 && operand[length - 1] == '/')
        length--;
    if (length + sizeof "/run.h5" > PATH_MOST)
        return ds_fail(err, DS_USAGE, "a path of %zu bytes is too long", length);
    snprintf(to, PATH_MOST, "%.*s%s", (int)length, operand, folder ? "/run.h5" : "");
    return 0;
}

int ds_shelf_run(struct ds_study_run *run, struct ds_shelf *s, const char *operand,
                 struct ds_err *err)
{
    struct volume *v = calloc(1, sizeof *v);
    int code, at = 0;

    if (!v)
        return ds_fail(err, DS_NOMEM, "no memory for a run");
    if ((code = name(v->path, operand, err)))
        goto failed;
    while (at < s->count && strcmp(s->volume[at]->path, v->path))
        at++;
    if (at == DS_RUNS) {
        code = ds_fail(err, DS_USAGE, "more than %d runs", (int)DS_RUNS);
        goto failed;
    }
    if (at == s->count) {
        if ((code = load(v, err)))
            goto failed;
        s->volume[s->count++] = v;
    } else {
        close_volume(v);
    }
    *run = (struct ds_study_run){&s->volume[at]->record, s->volume[at]->path,
                                 s->volume[at]->crc, 0};
    return 0;

failed:
    close_volume(v);
    return code;
}
