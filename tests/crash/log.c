/* tests/crash/log.c -- what the program asked of the disk, and the disk it leaves. See the
 * header. */
#define _GNU_SOURCE
#include "tests/crash/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/crash/trial.h"

enum { BLOCK = 4096, NAMES = 256 };

static const char *const kind_name[] = {"mkdir", "create", "write",  "fsync",
                                        "close", "rename", "unlink", "syncdir"};

static bool parse(struct call *c, const char *line)
{
    char kind[16], a[64], b[64] = "", d[64] = "";
    const int words = sscanf(line, "%15s %63s %63s %63s", kind, a, b, d);

    *c = (struct call){0};
    for (int k = 0; k <= CALL_SYNCDIR; k++)
        if (words >= 2 && !strcmp(kind, kind_name[k])) {
            c->kind = (enum call_kind)k;
            snprintf(c->name, sizeof c->name, "%s", a);
            snprintf(c->to, sizeof c->to, "%s", k == CALL_RENAME ? b : "");
            c->excl = !strcmp(b, "excl");
            c->nofollow = !strcmp(b, "nofollow") || !strcmp(d, "nofollow");
            c->n = k == CALL_WRITE ? strtoull(b, NULL, 10) : 0;
            return true;
        }
    return false;
}

void log_read(struct log *l, const char *path)
{
    FILE *f = fopen(path, "rb");
    char line[512];
    struct call c;

    *l = (struct log){0};
    while (f && fgets(line, sizeof line, f)) {
        if (!parse(&c, line) ||
            !(l->call = realloc(l->call, ((size_t)l->count + 1) * sizeof c)))
            trial_fail("%s: call %d is '%.40s'", path, l->count + 1, line);
        if (c.n && (!(c.bytes = malloc(c.n)) || fread(c.bytes, 1, c.n, f) != c.n))
            trial_fail("%s: call %d has no bytes", path, l->count + 1);
        l->call[l->count++] = c;
    }
    if (!f)
        trial_fail("%s: there is no log", path);
    fclose(f);
}

void log_clear(struct log *l)
{
    for (int i = 0; i < l->count; i++)
        free(l->call[i].bytes);
    free(l->call);
    *l = (struct log){0};
}

const char *log_folder(const char *name)
{
    return strncmp(name, "checkpoints/", 12) ? "." : "checkpoints";
}

/* A file while the calls are played: its bytes are those of one write. */
struct file {
    const unsigned char *bytes;
    size_t n;
    bool synced;
};

struct disk {
    struct file file[NAMES];
    int files;
    struct {
        char name[64];
        int file;
    } entry[NAMES]; /* names that are there */
    int entries;
};

static int look(const struct disk *d, const char *name)
{
    for (int i = 0; i < d->entries; i++)
        if (!strcmp(d->entry[i].name, name))
            return i;
    return -1;
}

static void set(struct disk *d, const char *name, int file)
{
    int i = look(d, name);

    if (i < 0)
        i = d->entries++;
    if (d->entries > NAMES || d->files >= NAMES)
        trial_fail("more than %d files", NAMES);
    snprintf(d->entry[i].name, sizeof d->entry[i].name, "%s", name);
    d->entry[i].file = file;
}

static void drop(struct disk *d, const char *name)
{
    const int i = look(d, name);

    if (i >= 0)
        d->entry[i] = d->entry[--d->entries];
}

/* The file that a call is about: the newest of that name. */
static int file_at(const struct log *l, int call, const char *name)
{
    int file = -1;

    for (int i = 0, n = 0; i <= call; i++)
        if (l->call[i].kind == CALL_CREATE) {
            file = strcmp(l->call[i].name, name) ? file : n;
            n++;
        }
    return file;
}

/* Whether the folder was synced between this call and the crash. */
static bool is_durable(const struct log *l, int call, int calls)
{
    const char *folder = log_folder(l->call[call].name);

    for (int i = call + 1; i < calls; i++)
        if (l->call[i].kind == CALL_SYNCDIR && !strcmp(l->call[i].name, folder))
            return true;
    return false;
}

static void play(struct disk *d, const struct log *l, int calls, size_t extra, uint64_t *lose)
{
    for (int i = 0; i < l->count && i <= calls; i++) {
        const struct call *c = &l->call[i];
        const bool entry =
            c->kind == CALL_CREATE || c->kind == CALL_RENAME || c->kind == CALL_UNLINK;
        const int file = file_at(l, i, c->name);
        const bool lost = entry && lose && !is_durable(l, i, calls) && trial_random(lose, 2);

        if (i == calls && (c->kind != CALL_WRITE || !extra))
            break;
        if (c->kind == CALL_CREATE)
            d->file[d->files++] = (struct file){0};
        if (c->kind == CALL_CREATE && !lost)
            set(d, c->name, file);
        else if (c->kind == CALL_WRITE && file >= 0)
            d->file[file] = (struct file){c->bytes, i == calls ? extra : c->n, false};
        else if (c->kind == CALL_FSYNC && file >= 0)
            d->file[file].synced = true;
        else if (c->kind == CALL_RENAME && !lost) {
            drop(d, c->name);
            set(d, c->to, file);
        } else if (c->kind == CALL_UNLINK && !lost)
            drop(d, c->name);
    }
}

static void put_file(const struct file *f, const char *path, uint64_t *lose)
{
    static const unsigned char zeros[BLOCK];
    const bool torn = lose && !f->synced;
    size_t n = f->n;
    FILE *out = fopen(path, "wb");

    if (torn && trial_random(lose, 2))
        n = trial_random(lose, (uint32_t)(n / BLOCK) + 1) * (size_t)BLOCK;
    for (size_t at = 0; out && at < n; at += BLOCK) {
        const size_t some = n - at < BLOCK ? n - at : BLOCK;
        const bool lost = torn && trial_random(lose, 3) == 0;

        if (fwrite(lost ? zeros : f->bytes + at, 1, some, out) != some)
            n = 0;
    }
    if (!out || fclose(out))
        trial_fail("%s: cannot be written", path);
}

bool disk_make(const struct log *l, int calls, size_t extra, uint64_t *lose, const char *run)
{
    struct disk d = {0};
    char path[TRIAL_PATH];

    trial_remove(run);
    snprintf(path, sizeof path, "%s/checkpoints", run);
    if (mkdir(run, 0777) || mkdir(path, 0777))
        trial_fail("%s: cannot be made", run);
    play(&d, l, calls, extra, lose);
    for (int i = 0; i < d.entries; i++) {
        snprintf(path, sizeof path, "%s/%s", run, d.entry[i].name);
        put_file(&d.file[d.entry[i].file], path, lose);
    }
    return look(&d, "run.h5") >= 0;
}
