/* tests/data/test_h5_child.c -- HDF5 files are read by a child that can do nothing else, and
 * whose word is not trusted.
 *
 * The program is its own child: `test_h5_child h5-worker PATH` reads as the product does, other
 * words misbehave as a child would that libhdf5 has lost control of. */
#define _GNU_SOURCE
#include "store_help.h"

#define H5_USE_110_API
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "data/store/h5.h"
#include "data/store/h5_worker.h"
#include "data/store/h5_worker_int.h"
#include "data/store/pipe_int.h"
#include "everything.h"
#include "tests/data/seal.h"

/* Sanitizers need memory and files at the end of a process, and so does gcov. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(DS_COUNTED)
#define LIMITED 0
#else
#define LIMITED 1
#endif

static const char self[] = "/proc/self/exe";

/* A sound file, and what is in it as bytes. */
static const char *sound_file(unsigned char **bytes, size_t *n)
{
    const char *path = in_folder("sound.h5");
    struct ds_bundle b = {0};
    struct ds_err err;

    assert_good(add_everything(&b, &err), &err);
    assert_good(ds_h5_encode(bytes, n, &b, &err), &err);
    write_file(path, *bytes, *n);
    ds_bundle_clear(&b);
    return path;
}

static void the_child_reads_what_we_read(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    unsigned char *bytes, *again;
    size_t n, m;
    const char *path = sound_file(&bytes, &n);

    (void)state;
    ds_h5_worker_use(self, "h5-worker");
    assert_good(ds_bundle_load(&b, path, &err), &err);
    assert_good(ds_h5_encode(&again, &m, &b, &err), &err);
    assert_int_equal(m, n);
    assert_memory_equal(again, bytes, n);
    ds_bundle_clear(&b);
    free(again);
    free(bytes);
}

static void its_failures_are_ours(void **state)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    unsigned char *bytes;
    size_t n;
    const char *path = sound_file(&bytes, &n);

    (void)state;
    ds_h5_worker_use(self, "h5-worker");
    bytes[n / 2] ^= 4;
    write_file(path, bytes, n);
    assert_says(ds_bundle_load(&b, path, &err), DS_DATA, &err,
                "sound.h5: is damaged: its checksum");
    write_file(path, bytes, 0);
    assert_says(ds_bundle_load(&b, path, &err), DS_DATA, &err, "sound.h5: is empty");
    assert_says(ds_bundle_load(&b, in_folder("missing"), &err), DS_NOINPUT, &err,
                "missing: cannot");
    assert_says(ds_bundle_load(&b, folder, &err), DS_NOINPUT, &err, "is a folder");
    ds_h5_worker_use("/nowhere/driftscope", "h5-worker");
    assert_says(ds_bundle_load(&b, path, &err), DS_IO, &err,
                "the process that reads HDF5 files does not start (No such file");
    assert_int_equal(b.count, 0);
    free(bytes);
}

/* What the child may be after libhdf5 ran wild: each says how it ends. */
static int abort_now(void)
{
    abort();
}

static int crash(void)
{
    signal(SIGSEGV, SIG_DFL); /* a sanitizer would catch it */
    return raise(SIGSEGV);
}

static int spin(void)
{
    struct ds_err err;

    if (ds_h5_limit(0, &err))
        return 1;
    for (volatile unsigned i = 0;; i++)
        ;
}

/* Takes memory until there is none: then says how much it was. */
static int take_memory(void)
{
    struct ds_err err;
    int64_t mib = 0;

    if (ds_h5_limit(0, &err))
        return 1;
    while (mib < 4096 && malloc(1 << 20))
        mib++;
    ds_fail(&err, DS_DATA, "%s", mib < 300 ? "little memory" : "much memory");
    return ds_pipe_send_failure(STDOUT_FILENO, &err);
}

/* Everything that reaches out of the process must fail. */
static int reach_out(void)
{
    struct ds_err err;
    int reached = 0;

    if (ds_h5_limit(0, &err))
        return 1;
    reached += open("/etc/passwd", O_RDONLY) >= 0;
    reached += socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
    reached += fork() >= 0;
    reached += kill(getppid(), 0) == 0;
    reached += unlink("/tmp/driftscope-is-not-here") == 0 || errno != EPERM;
    reached += execl("/bin/true", "true", (char *)NULL) == 0 || errno != EPERM;
    ds_fail(&err, DS_DATA, "reached %d", reached);
    return ds_pipe_send_failure(STDOUT_FILENO, &err);
}

static int stay_silent(void)
{
    return 7;
}

static int say_absurdities(void)
{
    static const uint64_t words[] = {DS_PIPE_BUNDLE, 0, 1,       8,      0x6161616161616161,
                                     DS_F32,         2, 1 << 30, 1 << 30};

    return write(STDOUT_FILENO, words, sizeof words) < 0;
}

static int talk_for_ever(void)
{
    static const uint64_t words[4096] = {DS_PIPE_BUNDLE, 1 << 12};

    while (write(STDOUT_FILENO, words, sizeof words) > 0)
        ;
    return 0;
}

/* Waits for what never comes, once it has said something; the second does not even get signals.
 */
static int sleep_for_ever(void)
{
    static const uint64_t words[] = {DS_PIPE_BUNDLE, 0, 1, 8};

    if (write(STDOUT_FILENO, words, sizeof words) < 0)
        return 1;
    for (;;)
        pause();
}

static int stop(void)
{
    close(STDOUT_FILENO); /* so the message is over, and the process is not */
    return raise(SIGSTOP);
}

static const struct {
    const char *command;
    int (*run)(void);
    enum ds_code code;
    const char *says;
    bool limited; /* by what LIMITED is about */
} misbehaving[] = {
    {"aborts", abort_now, DS_DATA, "libhdf5 fell over it (signal 6, Aborted); the file is",
     false},
    {"crashes", crash, DS_DATA, "libhdf5 fell over it (signal 11, Segmentation fault)", false},
    {"spins", spin, DS_DATA, "reading it takes too long for its size", false},
    {"takes", take_memory, DS_DATA, "little memory", true},
    {"reaches", reach_out, DS_DATA, "reached 0", true},
    {"silent", stay_silent, DS_IO, "ended with code 7 and no word", false},
    {"absurd", say_absurdities, DS_DATA,
     "sound.h5: there is more than the file can hold in what", false},
    {"sleeps", sleep_for_ever, DS_IO, "did not end within 2 s and was ended", false},
    {"stops", stop, DS_IO, "did not end within 2 s and was ended", false},
    {"endless", talk_for_ever, DS_DATA, "sound.h5: a name is empty", false},
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long peak_kb(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;
}

static void a_child_run_wild_is_survived(void **state)
{
    unsigned char *bytes;
    size_t n;
    const char *path = sound_file(&bytes, &n);
    const long before = peak_kb();

    (void)state;
    for (size_t i = 0; i < sizeof misbehaving / sizeof *misbehaving; i++) {
        struct ds_bundle b = {0};
        struct ds_err err = {0};
        const double start = seconds();

        if (misbehaving[i].limited && !LIMITED)
            continue;
        ds_h5_worker_use(self, misbehaving[i].command);
        ds_h5_worker_patience(misbehaving[i].code == DS_IO ? 2
                                                           : 600); /* busy machines are slow */
        assert_says(ds_bundle_load(&b, path, &err), misbehaving[i].code, &err,
                    misbehaving[i].says);
        assert_int_equal(b.count, 0);
        print_message("%-9s %.2f s\n", misbehaving[i].command, seconds() - start);
    }
    print_message("the parent grew by %ld kB\n", peak_kb() - before);
    if (LIMITED)
        assert_in_range(peak_kb() - before, 0, 64 << 10);
    ds_h5_worker_patience(60);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left behind */
    free(bytes);
}

/* A signal that comes while the child reads is the parent's, and loses nothing. */
static void on_alarm(int number)
{
    (void)number;
}

static void signals_do_not_disturb(void **state)
{
    const struct sigaction action = {.sa_handler = on_alarm};
    const struct itimerval often = {{0, 500}, {0, 500}}, never = {0};
    unsigned char *bytes;
    size_t n;
    const char *path = sound_file(&bytes, &n);

    (void)state;
    sigaction(SIGALRM, &action, NULL);
    ds_h5_worker_use(self, "h5-worker");
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 20; i++) {
        struct ds_bundle b = {0};
        struct ds_err err = {0};

        assert_good(ds_bundle_load(&b, path, &err), &err);
        ds_bundle_clear(&b);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    free(bytes);
}

/* A file whose filter nobody has: libhdf5 looks for a plug-in, and runs it. */
static int make_filtered(const char *path)
{
    const hsize_t dims[] = {4};
    const hid_t create = H5Pcreate(H5P_FILE_CREATE), access = H5Pcreate(H5P_FILE_ACCESS),
                how = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, dims, NULL);
    hid_t file, set;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Pset_userblock(create, 512);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    H5Pset_chunk(how, 1, dims);
    H5Pset_filter(how, 300, H5Z_FLAG_OPTIONAL, 0, NULL);
    file = H5Fcreate(path, H5F_ACC_TRUNC, create, access);
    set = H5Dcreate2(file, "packed", H5T_IEEE_F32LE, space, H5P_DEFAULT, how, H5P_DEFAULT);
    return set < 0 || H5Dclose(set) < 0 || H5Fclose(file) < 0;
}

static void no_plugin_is_loaded(void **state)
{
    const char *path = in_folder("filtered.h5"), *mark = in_folder("mark");
    static unsigned char bytes[1 << 20];
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    int status;
    pid_t child;
    size_t n;

    (void)state;
    setenv("HDF5_PLUGIN_PATH", PLUGIN_DIR, 1);
    setenv("DS_PLUGIN_MARK", mark, 1);
    child = fork();
    assert_true(child >= 0);
    if (!child)
        execl(self, self, "filtered", path, (char *)NULL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(access(mark, F_OK), 0); /* whoever is not careful runs it */
    assert_int_equal(unlink(mark), 0);
    n = read_file(path, bytes, sizeof bytes);
    seal(bytes, n);
    write_file(path, bytes, n);
    for (int child_reads = 0; child_reads < 2; child_reads++) {
        ds_h5_worker_use(child_reads ? self : NULL, "h5-worker");
        assert_says(ds_bundle_load(&b, path, &err), DS_DATA, &err,
                    "'packed' is stored with the filter 300, which is not used here");
        assert_int_not_equal(access(mark, F_OK), 0);
    }
    unsetenv("HDF5_PLUGIN_PATH");
}

/* Faults inside the child: "fail:CALL:K" reads as the product does, and its K-th CALL fails, or
 * moves one byte only ("short"); K = 0 says how many there are. */
static struct {
    const char *call;
    long calls, at;
} fault;

static bool strikes(const char *call)
{
    return fault.call && !strcmp(call, fault.call) && ++fault.calls == fault.at;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t each);
void *__wrap_calloc(size_t n, size_t each);
void *__real_realloc(void *old, size_t n);
void *__wrap_realloc(void *old, size_t n);
ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __real_write(int fd, const void *from, size_t n);
ssize_t __wrap_write(int fd, const void *from, size_t n);

void *__wrap_malloc(size_t n)
{
    return strikes("malloc") ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t each)
{
    return strikes("calloc") ? NULL : __real_calloc(n, each);
}

void *__wrap_realloc(void *old, size_t n)
{
    return strikes("realloc") ? NULL : __real_realloc(old, n);
}

ssize_t __wrap_read(int fd, void *to, size_t n)
{
    errno = EIO;
    return strikes("read") ? -1 : __real_read(fd, to, strikes("short read") && n ? 1 : n);
}

ssize_t __wrap_write(int fd, const void *from, size_t n)
{
    errno = EIO;
    return strikes("write") ? -1 : __real_write(fd, from, strikes("short write") && n ? 1 : n);
}

static int fail_at(char *order, const char *path)
{
    char *number = strrchr(order, ':');
    const int out = dup(STDOUT_FILENO);
    struct ds_err err;
    int code;

    *number = '\0';
    fault.call = strchr(order, ':') + 1;
    fault.at = strtol(number + 1, NULL, 10);
    if (!fault.at)
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    code = ds_h5_worker_run(path);
    fault.call = NULL;
    if (fault.at)
        return code;
    ds_fail(&err, DS_DATA, "%ld", fault.calls);
    return ds_pipe_send_failure(out, &err);
}

/* "space:N": a machine that has only N times 64 KiB left for it. */
static int starve(const char *order, const char *path)
{
    char text[64] = "";
    const int fd = open("/proc/self/statm", O_RDONLY);
    const ssize_t n = read(fd, text, sizeof text - 1);
    const rlim_t space = n > 0 ? strtoul(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) +
                                     strtoul(strchr(order, ':') + 1, NULL, 10) * 65536
                               : 0;

    close(fd);
    if (setrlimit(RLIMIT_AS, &(struct rlimit){space, space}))
        return 1;
    return ds_h5_worker_run(path);
}

/* One sentence with one of the codes (bits, from 64 on), or what is in the file. */
static void survives(const char *order, const char *path, unsigned codes,
                     const unsigned char *bytes, size_t n)
{
    struct ds_bundle b = {0};
    struct ds_err err = {0};
    unsigned char *again;
    size_t m;
    int code;

    ds_h5_worker_use(self, order);
    if ((code = ds_bundle_load(&b, path, &err))) {
        if (!(codes >> (code - 64) & 1) || strchr(err.text, '\n') ||
            (code != DS_NOMEM && !strstr(err.text, "large.h5")))
            fail_msg("%s: code %d: %s", order, code, err.text);
        assert_int_equal(b.count, 0);
        return;
    }
    assert_good(ds_h5_encode(&again, &m, &b, &err), &err);
    assert_int_equal(m, n);
    assert_memory_equal(again, bytes, n);
    free(again);
    ds_bundle_clear(&b);
}

static void faults_in_the_child_are_survived(void **state)
{
    enum { MEMORY = 1 << (DS_NOMEM - 64), IO = 1 << (DS_IO - 64), DATA = 1 << (DS_DATA - 64) };
    enum { MOST = 40 };
    static const struct {
        const char *call;
        unsigned codes;
    } row[] = {{"read", IO},       {"write", IO},      {"short read", 0},  {"short write", 0},
               {"malloc", MEMORY}, {"calloc", MEMORY}, {"realloc", MEMORY}};
    const int64_t dims[1] = {200000}; /* more than one write takes */
    const char *path = in_folder("large.h5");
    struct ds_bundle all = {0};
    struct ds_err bad;
    unsigned char *bytes;
    char order[64];
    size_t n;

    (void)state;
    assert_good(add_everything(&all, &bad), &bad);
    assert_non_null(ds_bundle_add(&all, "zeros", DS_U8, 1, dims, NULL, &bad));
    assert_good(ds_h5_encode(&bytes, &n, &all, &bad), &bad);
    write_file(path, bytes, n);
    ds_bundle_clear(&all);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct ds_bundle b = {0};
        struct ds_err err = {0};
        long calls, step;

        snprintf(order, sizeof order, "fail:%s:0", row[i].call);
        ds_h5_worker_use(self, order);
        assert_int_equal(ds_bundle_load(&b, path, &err), DS_DATA);
        calls = strtol(err.text, NULL, 10);
        assert_true(calls > 0);
        step = calls / MOST + 1;
        for (long k = 1; k <= calls; k += step) {
            snprintf(order, sizeof order, "fail:%s:%ld", row[i].call, k);
            survives(order, path, row[i].codes, bytes, n);
        }
        print_message("%-11s %ld calls, every %ldth failed\n", row[i].call, calls, step);
    }
    for (int room = 0; room < 96 && LIMITED; room += 3) {
        snprintf(order, sizeof order, "space:%d", room);
        survives(order, path, MEMORY | IO | DATA, bytes, n);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    free(bytes);
}

static int finish(void **state)
{
    H5close();
    return remove_folder(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_child_reads_what_we_read),
        cmocka_unit_test(its_failures_are_ours),
        cmocka_unit_test(a_child_run_wild_is_survived),
        cmocka_unit_test(faults_in_the_child_are_survived),
        cmocka_unit_test(signals_do_not_disturb),
        cmocka_unit_test(no_plugin_is_loaded),
    };

    if (argc == 3 && !strcmp(argv[1], "h5-worker"))
        return ds_h5_worker_run(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "filtered"))
        return make_filtered(argv[2]);
    if (argc == 3 && !strncmp(argv[1], "fail:", 5))
        return fail_at(argv[1], argv[2]);
    if (argc == 3 && !strncmp(argv[1], "space:", 6))
        return starve(argv[1], argv[2]);
    for (size_t i = 0; argc == 3 && i < sizeof misbehaving / sizeof *misbehaving; i++)
        if (!strcmp(argv[1], misbehaving[i].command))
            return misbehaving[i].run();
    return cmocka_run_group_tests_name("h5 child", tests, make_folder, finish);
}
