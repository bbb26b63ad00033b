/* data/store/run.c -- the directory of a run. See the header. */
#define _GNU_SOURCE
#include "data/store/run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "data/store/file.h"
#include "data/store/file_int.h"
#include "data/store/h5.h"
#include "data/store/run_int.h"

static void inside(char to[DS_RUN_PATH_MAX], const struct ds_run *run, const char *name)
{
    snprintf(to, DS_RUN_PATH_MAX, "%s/%s", run->path, name);
}

void ds_run_record_path(char to[DS_RUN_PATH_MAX], const struct ds_run *run)
{
    inside(to, run, "run.h5");
}

void ds_run_task_path(char to[DS_RUN_PATH_MAX], const struct ds_run *run, int task)
{
    char name[48];

    snprintf(name, sizeof name, "checkpoints/task_%02d.h5", task);
    inside(to, run, name);
}

void ds_run_step_path(char to[DS_RUN_PATH_MAX], const struct ds_run *run, long step)
{
    char name[48];

    snprintf(name, sizeof name, "checkpoints/step_%09ld.h5", step);
    inside(to, run, name);
}

/* The path without slashes at its end. */
static int set_path(struct ds_run *run, const char *path, struct ds_err *err)
{
    size_t n = strlen(path);

    *run = (struct ds_run){.lock = -1};
    while (n > 1 && path[n - 1] == '/')
        n--;
    if (n == 0)
        return ds_fail(err, DS_USAGE, "the name of the run is empty");
    if (n >= sizeof run->path)
        return ds_fail(err, DS_USAGE, "the path '%.100s...' is too long", path);
    memcpy(run->path, path, n);
    run->path[n] = '\0';
    return 0;
}

/* mkdir -p of the folder that the path is in. */
static int make_parents(const char *path, struct ds_err *err)
{
    char part[DS_PATH_MAX];

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = '\0';
        if (mkdir(part, 0777) && errno != EEXIST)
            return ds_fail(err, DS_CANTCREATE, "%s: the folder '%s' cannot be made (%s)", path,
                           part, strerror(errno));
    }
    return 0;
}

/* Who holds the lock, as its file says; 0 when it says nothing. */
static long holder(int fd)
{
    char text[32] = "";

    return pread(fd, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

/* A reader that asks whether anybody writes has the lock for an instant, so a refusal counts
 * only after a fifth of a second. */
enum { LOCK_TRIES = 10, LOCK_PAUSE = 20000000 };

static int take_lock(struct ds_run *run, struct ds_err *err)
{
    char path[DS_RUN_PATH_MAX], text[32];
    int code = 0, tries = 0, fd;

    inside(path, run, "lock");
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return ds_fail(err, DS_CANTCREATE, "%s: cannot be opened (%s)", path, strerror(errno));
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        const int why = errno;
        const long pid = holder(fd);

        if (why == EINTR)
            continue;
        if (why == EWOULDBLOCK && tries++ < LOCK_TRIES) {
            nanosleep(&(struct timespec){0, LOCK_PAUSE}, NULL);
            continue;
        }
        if (why != EWOULDBLOCK)
            code = ds_fail(err, DS_IO, "%s: cannot be locked (%s)", path, strerror(why));
        else if (pid > 0)
            code = ds_fail(err, DS_BUSY, "%s: process %ld is writing to it; wait for its end",
                           run->path, pid);
        else
            code = ds_fail(err, DS_BUSY,
                           "%s: another process is writing to it; wait for its end", run->path);
        close(fd);
        return code;
    }
    snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) || ds_fd_write(fd, text, strlen(text))) {
        code = ds_fail(err, DS_IO, "%s: cannot be written (%s)", path, strerror(errno));
        close(fd);
        return code;
    }
    run->lock = fd;
    return 0;
}

struct dirent *ds_folder_next(DIR *dir)
{
    errno = 0;
    return readdir(dir);
}

int ds_folder_unlisted(const char *folder, struct ds_err *err)
{
    return ds_fail(err, DS_IO, "%s: cannot be listed (%s)", folder, strerror(errno));
}

static int remove_temporaries(const char *folder, struct ds_err *err)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int code = 0;

    if (!dir)
        return ds_folder_unlisted(folder, err);
    while (!code && (entry = ds_folder_next(dir)))
        if (ds_file_is_temporary(entry->d_name) && unlinkat(dirfd(dir), entry->d_name, 0) &&
            errno != ENOENT)
            code = ds_fail(err, DS_IO, "%s/%s: cannot be removed (%s)", folder, entry->d_name,
                           strerror(errno));
    if (!code && errno)
        code = ds_folder_unlisted(folder, err);
    closedir(dir);
    return code;
}

bool ds_run_unbegun(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool unbegun = dir != NULL;

    while (unbegun && (entry = ds_folder_next(dir))) {
        const char *name = entry->d_name;
        char below[2 * DS_RUN_PATH_MAX];

        if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "lock") ||
            ds_file_is_temporary(name))
            continue;
        snprintf(below, sizeof below, "%s/%s", folder, name);
        unbegun = !strcmp(name, "checkpoints") && ds_run_unbegun(below);
    }
    unbegun = unbegun && !errno; /* of what cannot be listed nothing is known */
    if (dir)
        closedir(dir);
    return unbegun;
}

static int exists_already(const struct ds_run *run, struct ds_err *err)
{
    return ds_fail(err, DS_CANTCREATE, "%s: exists already; choose another name or --resume it",
                   run->path);
}

static int make_folder(const char *path, bool may_exist, struct ds_err *err)
{
    if (!mkdir(path, 0777) || (errno == EEXIST && may_exist))
        return 0;
    return ds_fail(err, DS_CANTCREATE, "%s: the folder cannot be made (%s)", path,
                   strerror(errno));
}

/* What was made is taken back; anything of others stays. */
static void take_back(struct ds_run *run, const char *checkpoints)
{
    char lock[DS_RUN_PATH_MAX];

    inside(lock, run, "lock");
    unlink(lock);
    ds_run_close(run);
    rmdir(checkpoints);
    rmdir(run->path);
}

int ds_run_create(struct ds_run *run, const char *path, struct ds_err *err)
{
    char checkpoints[DS_RUN_PATH_MAX], above[DS_PATH_MAX];
    bool left;
    int code;

    if ((code = set_path(run, path, err)) || (code = make_parents(run->path, err)))
        return code;
    ds_folder_of(above, sizeof above, run->path, err); /* where the path fits, it fits */
    left = ds_run_unbegun(run->path);
    if (!left && !access(run->path, F_OK))
        return exists_already(run, err);
    inside(checkpoints, run, "checkpoints");
    if ((code = make_folder(run->path, left, err)))
        return code;
    /* Whoever else begins here has the lock, or finds it taken; then all is the other's. */
    if ((code = make_folder(checkpoints, true, err)) || (code = take_lock(run, err))) {
        if (!left && code != DS_BUSY)
            take_back(run, checkpoints);
        return code;
    }
    if (!ds_run_unbegun(run->path)) {
        const int why = errno;

        code = why ? ds_folder_unlisted(run->path, err) : exists_already(run, err);
        if (why && !left)
            take_back(run, checkpoints);
        ds_run_close(run);
        return code;
    }
    if ((code = remove_temporaries(run->path, err)) ||
        (code = remove_temporaries(checkpoints, err)) ||
        (code = ds_folder_sync(run->path, err)) || (code = ds_folder_sync(above, err)))
        take_back(run, checkpoints);
    return code;
}

int ds_run_read(struct ds_run *run, const char *path, struct ds_err *err)
{
    char checkpoints[DS_RUN_PATH_MAX];
    struct stat is;
    bool there;
    int code;

    if ((code = set_path(run, path, err)))
        return code;
    if (stat(run->path, &is))
        return ds_fail(err, ds_open_code(errno), "%s: there is no such run (%s)", run->path,
                       strerror(errno));
    if (!S_ISDIR(is.st_mode))
        return ds_fail(err, DS_DATA, "%s: is a file, expected the folder of a run", run->path);
    inside(checkpoints, run, "checkpoints");
    there = !stat(checkpoints, &is);
    if (!there && errno != ENOENT)
        return ds_fail(err, DS_IO, "%s: cannot be examined (%s)", checkpoints, strerror(errno));
    if (!there || !S_ISDIR(is.st_mode))
        return ds_fail(err, DS_DATA, "%s: is not a run, it has no folder 'checkpoints'",
                       run->path);
    return 0;
}

int ds_run_write(struct ds_run *run, const char *path, struct ds_err *err)
{
    char checkpoints[DS_RUN_PATH_MAX];
    int code;

    if ((code = ds_run_read(run, path, err)) || (code = take_lock(run, err)))
        return code;
    inside(checkpoints, run, "checkpoints");
    if ((code = remove_temporaries(run->path, err)) ||
        (code = remove_temporaries(checkpoints, err)))
        ds_run_close(run);
    return code;
}

static int check_place(const struct ds_run *run, struct ds_err *err)
{
    char path[DS_RUN_PATH_MAX];
    struct stat here = {0}, held;

    inside(path, run, "lock");
    if (fstat(run->lock, &held) || (stat(path, &here) && errno != ENOENT && errno != ENOTDIR))
        return ds_fail(err, DS_IO, "%s: cannot be examined (%s)", path, strerror(errno));
    if (here.st_dev == held.st_dev && here.st_ino == held.st_ino)
        return 0;
    return ds_fail(
        err, DS_IO,
        "%s: was moved, removed or replaced while it was written; resume it where it "
        "is now",
        run->path);
}

int ds_run_save(struct ds_run *run, const struct ds_bundle *b, const char *path,
                struct ds_err *err)
{
    struct ds_file_state state;
    unsigned char *bytes = NULL;
    bool seen = false;
    size_t n;
    int code;

    if (ds_h5_encode(&bytes, &n, b, err))
        return ds_while(err, "%s", path);
    if (!(code = check_place(run, err)) && !(code = ds_file_publish(path, bytes, n, err))) {
        seen = ds_file_state(&state, path); /* before: whatever changes it later shows */
        code = ds_file_verify(path, bytes, n, err);
    }
    if (!code && seen)
        ds_run_note_whole(run, &state);
    free(bytes);
    /* A folder that went away in the middle explains a failure better than the file in it. */
    return code && check_place(run, err) ? (int)err->code : code;
}

void ds_run_close(struct ds_run *run)
{
    if (*run->path && run->lock >= 0)
        close(run->lock); /* the file stays: removing it would race with the next writer */
    run->lock = -1;
}

/* Digits up to the end as a checkpoint number, or -1. */
static int number_of(const char *text)
{
    char *end;
    long value;

    if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 6)
        return -1;
    value = strtol(text, &end, 10);
    return (int)value;
}

int ds_address_parse(struct ds_address *a, const char *text, struct ds_err *err)
{
    const char *at = strrchr(text, '@');
    const size_t n = at && !strchr(at, '/') ? (size_t)(at - text) : strlen(text);

    if (n == 0)
        return ds_fail(err, DS_USAGE, "'%s' names no run", text);
    if (n >= sizeof a->run)
        return ds_fail(err, DS_USAGE, "the path '%.100s...' is too long", text);
    a->checkpoint = DS_CHECKPOINT_NONE;
    if (at && text[n]) {
        a->checkpoint = !strcmp(at + 1, "last") ? DS_CHECKPOINT_LAST : number_of(at + 1);
        if (a->checkpoint == -1)
            return ds_fail(
                err, DS_USAGE,
                "'%s': after the @ comes the number of a task (0: the initial model) "
                "or 'last', not '%s'",
                text, at + 1);
    }
    memcpy(a->run, text, n);
    a->run[n] = '\0';
    return 0;
}

/* The number of the newest task checkpoint. */
static int newest(int *number, const struct ds_run *run, struct ds_err *err)
{
    char path[DS_RUN_PATH_MAX];
    int t = 0;

    for (; t < 10000; t++) {
        ds_run_task_path(path, run, t);
        if (ds_file_absent(path))
            break;
    }
    if (!t)
        return ds_fail(err, DS_NOINPUT, "%s: holds no checkpoint yet", run->path);
    *number = t - 1;
    return 0;
}

int ds_run_file(char *file, size_t size, const struct ds_address *a, struct ds_err *err)
{
    struct ds_run run;
    char name[DS_RUN_PATH_MAX];
    int number = a->checkpoint, code;

    if (ds_run_read(&run, a->run, err))
        return err->code;
    code = number < 0 ? newest(&number, &run, err) : 0;
    if (!code) {
        ds_run_task_path(name, &run, number);
        snprintf(file, size, "%s", name);
    }
    ds_run_close(&run);
    return code;
}
