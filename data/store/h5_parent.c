/* data/store/h5_parent.c -- starting the child that reads an HDF5 file, and listening to it.
 * See h5_worker.h.
 *
 * posix_spawn, not fork: windows, pools and their locks live in this process. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "data/store/file_int.h"
#include "data/store/h5_worker.h"
#include "data/store/h5_worker_int.h"
#include "data/store/pipe_int.h"

enum { PIPE_SIZE = 1 << 20, PATIENCE = 60 };

static const char *reader, *reader_command;
static int patience = PATIENCE;

void ds_h5_worker_use(const char *program, const char *command)
{
    reader = program;
    reader_command = command;
}

void ds_h5_worker_patience(int seconds)
{
    patience = seconds;
}

bool ds_h5_worker_used(void)
{
    return reader != NULL;
}

/* What a stranger's file may meet of the user's environment: where libraries are, and what
 * sanitizers should do. Nothing that has libraries load others. OpenBLAS must not start
 * threads: they would come to ask for memory when there is no more to be had. */
static void clean_environment(char *kept[], size_t room)
{
    static const char *const pass[] = {"LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "UBSAN_OPTIONS=",
                                       "LSAN_OPTIONS=", "TSAN_OPTIONS="};
    static char one_thread[] = "OPENBLAS_NUM_THREADS=1";
    size_t n = 0;

    kept[n++] = one_thread;
    for (char **e = environ; *e && n + 1 < room; e++)
        for (size_t i = 0; i < sizeof pass / sizeof *pass; i++)
            if (!strncmp(*e, pass[i], strlen(pass[i])))
                kept[n++] = *e;
    kept[n] = NULL;
}

/* With the file as its fd 0, the pipe as its fd 1, and nothing else. Ctrl-C is for us. */
static int start(pid_t *child, int file, int pipe_end, const char *path)
{
    char *const argv[] = {(char *)reader, (char *)reader_command, (char *)path, NULL};
    char *environment[8];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t ours;
    int error;

    clean_environment(environment, sizeof environment / sizeof *environment);
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGHUP);
    sigaddset(&ours, SIGQUIT);
    if ((error = posix_spawn_file_actions_init(&files)))
        return error;
    if ((error = posix_spawnattr_init(&how))) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    if (!(error = posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK)) &&
        !(error = posix_spawnattr_setsigmask(&how, &ours)) &&
        !(error = posix_spawn_file_actions_adddup2(&files, file, STDIN_FILENO)) &&
        !(error = posix_spawn_file_actions_adddup2(&files, pipe_end, STDOUT_FILENO)) &&
        !(error = posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1)))
        error = posix_spawn(child, reader, &files, &how, argv, environment);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Why the message ended early. */
static int blame(int status, const char *path, struct ds_err *err)
{
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (signal == SIGXCPU)
        return ds_fail(err, DS_DATA,
                       "%s: reading it takes too long for its size; the file is damaged or "
                       "hostile, use another copy",
                       path);
    if (signal)
        return ds_fail(err, DS_DATA,
                       "%s: libhdf5 fell over it (signal %d, %s); the file is damaged or "
                       "hostile, use another copy",
                       path, signal, strsignal(signal));
    return ds_fail(err, DS_IO, "%s: the process that reads it ended with code %d and no word",
                   path, WEXITSTATUS(status));
}

/* Its end, however it comes: who says nothing more may still not be gone. */
static int wait_for(pid_t child, int64_t until)
{
    const struct timespec moment = {0, 1000000};
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(child, &status, WNOHANG)) != child) {
        if (ended < 0) /* somebody else has it, as where SIGCHLD is ignored */
            return 0;
        if (ds_pipe_clock() >= until)
            kill(child, SIGKILL);
        nanosleep(&moment, NULL);
    }
    return status;
}

static int too_late(const char *path, long seconds, struct ds_err *err)
{
    return ds_fail(err, DS_IO,
                   "%s: the process that reads it did not end within %ld s and was ended; the "
                   "machine or the disk is too busy, or the file hostile",
                   path, seconds);
}

static int hear(struct ds_bundle *b, int file, size_t size, const char *path,
                struct ds_err *err)
{
    const int64_t seconds = patience + (int64_t)(size >> 20);
    const struct ds_pipe_limits limits = {DS_H5_SPACE(size), ds_pipe_clock() + 1000 * seconds};
    enum ds_pipe_end how = DS_PIPE_WHOLE;
    int end[2], error, code, status;
    pid_t child;

    if (pipe2(end, O_CLOEXEC))
        return ds_fail(err, DS_IO, "%s: cannot be read: no pipe (%s)", path, strerror(errno));
    fcntl(end[0], F_SETPIPE_SZ, PIPE_SIZE); /* only makes it faster */
    error = start(&child, file, end[1], path);
    close(end[1]);
    if (error) {
        close(end[0]);
        return ds_fail(err, DS_IO,
                       "%s: cannot be read: the process that reads HDF5 files does not start "
                       "(%s)",
                       path, strerror(error));
    }
    code = ds_pipe_receive(b, end[0], &limits, path, &how, err);
    close(end[0]); /* a child that still talks is told to stop */
    status = wait_for(child, limits.until);
    if (how == DS_PIPE_LATE || (how == DS_PIPE_CUT && ds_pipe_clock() >= limits.until))
        return too_late(path, (long)seconds, err);
    return how == DS_PIPE_CUT ? blame(status, path, err) : code;
}

int ds_h5_worker_load(struct ds_bundle *b, const char *path, struct ds_err *err)
{
    size_t size;
    const int file = ds_file_open(path, &size, err);
    int code;

    if (file < 0)
        return err->code;
    if (size > (size_t)DS_H5_FILE_GIB << 30)
        code = ds_fail(err, DS_DATA, "%s: has %zu bytes, at most %zu are read", path, size,
                       (size_t)DS_H5_FILE_GIB << 30);
    else
        code = hear(b, file, size, path, err);
    close(file);
    return code;
}
