/* tests/data/test_h5_start.c -- starting the child that reads HDF5 files, and its giving up
 * what it does not need: each call for that fails once.
 *
 * The program is its own child: `test_h5_start ORDER PATH` reads as the product does, with the
 * call of an order "CALL:K" failing. */
#define _GNU_SOURCE
#include "store_help.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "data/store/h5.h"
#include "data/store/h5_worker.h"
#include "everything.h"

static const char self[] = "/proc/self/exe";

static const char *failing; /* "CALL:K": its K-th call fails */
static int calls;

static bool strikes(const char *call)
{
    const size_t n = strlen(call);

    if (!failing || strncmp(failing, call, n) != 0 || failing[n] != ':')
        return false;
    errno = EPERM;
    return ++calls == atoi(failing + n + 1);
}

#define WRAP(name, failed, parameters, arguments)                                              \
    int __real_##name parameters;                                                              \
    int __wrap_##name parameters;                                                              \
    int __wrap_##name parameters                                                               \
    {                                                                                          \
        return strikes(#name) ? (failed) : __real_##name arguments;                            \
    }

WRAP(pipe2, -1, (int end[2], int flags), (end, flags))
WRAP(posix_spawn_file_actions_init, ENOMEM, (posix_spawn_file_actions_t * f), (f))
WRAP(posix_spawn_file_actions_adddup2, ENOMEM, (posix_spawn_file_actions_t * f, int a, int b),
     (f, a, b))
WRAP(posix_spawn_file_actions_addclosefrom_np, ENOMEM, (posix_spawn_file_actions_t * f, int a),
     (f, a))
WRAP(posix_spawnattr_init, ENOMEM, (posix_spawnattr_t * how), (how))
WRAP(posix_spawnattr_setflags, ENOMEM, (posix_spawnattr_t * how, short flags), (how, flags))
WRAP(posix_spawnattr_setsigmask, ENOMEM, (posix_spawnattr_t * how, const sigset_t *mask),
     (how, mask))
WRAP(getrlimit64, -1, (int what, struct rlimit64 *now), (what, now))
WRAP(setrlimit64, -1, (int what, const struct rlimit64 *to), (what, to))

ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n)
{
    return strikes("read") ? -1 : __real_read(fd, to, n);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    return strikes("open64") ? -1 : __real_open64(path, flags, 0666);
}

static const char *sound_file(void)
{
    const char *path = in_folder("sound.h5");
    struct ds_bundle b = {0};
    struct ds_err err;

    assert_good(add_everything(&b, &err), &err);
    assert_good(ds_bundle_save(&b, path, &err), &err);
    ds_bundle_clear(&b);
    return path;
}

static int load(const char *path, const char *order, struct ds_err *err)
{
    struct ds_bundle b = {0};
    int code;

    ds_h5_worker_use(self, order);
    code = ds_bundle_load(&b, path, err);
    assert_int_equal(b.count > 0, !code);
    ds_bundle_clear(&b);
    return code;
}

static void every_call_of_the_start_may_fail(void **state)
{
    static const char *const row[] = {"pipe2:1",
                                      "posix_spawn_file_actions_init:1",
                                      "posix_spawn_file_actions_adddup2:1",
                                      "posix_spawn_file_actions_adddup2:2",
                                      "posix_spawn_file_actions_addclosefrom_np:1",
                                      "posix_spawnattr_init:1",
                                      "posix_spawnattr_setflags:1",
                                      "posix_spawnattr_setsigmask:1"};
    const char *path = sound_file();

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_err err = {0};
        int code;

        calls = 0;
        failing = row[i];
        code = load(path, "whole", &err);
        failing = NULL;
        assert_int_equal(calls, row[i][strlen(row[i]) - 1] - '0');
        assert_says(code, DS_IO, &err,
                    i ? "the process that reads HDF5 files does not start (Cannot allocate"
                      : "sound.h5: cannot be read: no pipe (Operation not permitted)");
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none was left */
}

/* Without limits nothing of a stranger is read. What it takes of memory now is not known
 * everywhere; then a GiB is supposed. */
static void every_limit_may_be_refused(void **state)
{
    static const struct {
        const char *order;
        bool may; /* be read all the same */
    } row[] = {{"getrlimit64:1", false}, {"getrlimit64:2", false}, {"setrlimit64:1", false},
               {"setrlimit64:2", false}, {"setrlimit64:3", true}, /* sanitizers have fewer */
               {"setrlimit64:4", true},  {"setrlimit64:5", true},  {"open64:1", true},
               {"read:3", true},         {"whole", true}};
    const char *path = sound_file();

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_err err = {0};
        const int code = load(path, row[i].order, &err);

        if (code || !row[i].may)
            assert_says(code, DS_IO, &err,
                        "the process that reads HDF5 files cannot be limited");
    }
}

/* It may have been given fewer than it would keep. */
static void smaller_limits_stay(void **state)
{
    const struct rlimit second = {1, 1};
    const char *path = sound_file();
    struct ds_err err;
    int status;

    (void)state;
    if (!fork()) /* a limit cannot be raised again */
        _exit(setrlimit(RLIMIT_CPU, &second) || load(path, "whole", &err));
    wait(&status);
    assert_int_equal(status, 0);
}

static void an_odd_parent_is_served(void **state)
{
    static char library[] = "LD_LIBRARY_PATH=", other[] = "HDF5_PLUGIN_PATH=/nowhere";
    char *many[] = {other,   library, library, library, library,
                    library, library, library, library, NULL};
    char **const was = environ;
    const char *path = sound_file(), *vast = in_folder("vast.h5");
    struct ds_err err;

    (void)state;
    environ = many; /* more than are passed on */
    assert_good(load(path, "whole", &err), &err);
    environ = was;
    signal(SIGCHLD, SIG_IGN); /* how it ended cannot be learned */
    assert_good(load(path, "whole", &err), &err);
    signal(SIGCHLD, SIG_DFL);
    write_file(vast, "x", 1);
    assert_int_equal(truncate(vast, (8LL << 30) + 1), 0);
    assert_says(load(vast, "whole", &err), DS_DATA, &err,
                "vast.h5: has 8589934593 bytes, at most 8589934592 are read");
}

static int finish(void **state)
{
    H5close();
    return remove_folder(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_of_the_start_may_fail),
        cmocka_unit_test(every_limit_may_be_refused),
        cmocka_unit_test(smaller_limits_stay),
        cmocka_unit_test(an_odd_parent_is_served),
    };

    if (argc == 3) {
        failing = argv[1];
        return ds_h5_worker_run(argv[2]);
    }
    return cmocka_run_group_tests_name("h5 start", tests, make_folder, finish);
}
