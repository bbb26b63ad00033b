/* tests/data/test_file.c -- publishing, reading, checksums; every system call failing in turn.
 *
 * The linker sends the calls of file.c through the __wrap_ functions below. */
#define _GNU_SOURCE
#include "store_help.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "data/store/file.h"
#include "data/store/file_int.h"

/* The k-th call from now fails with `error`, once or from then on; 0: none. */
static struct {
    int at, calls, error;
    int sticky, armed;
} fault;

static int fails(void)
{
    if (!fault.armed)
        return 0;
    fault.calls++;
    if (fault.calls == fault.at || (fault.sticky && fault.calls > fault.at)) {
        errno = fault.error;
        return 1;
    }
    return 0;
}

int __real_open(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t n);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);

static int open_or_fail(const char *path, int flags, va_list more)
{
    const mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;

    return fails() ? -1 : __real_open(path, flags, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list more;
    int fd;

    va_start(more, flags);
    fd = open_or_fail(path, flags, more);
    va_end(more);
    return fd;
}

/* What open is called where off_t has been made 64 bits wide. */
int __wrap_open64(const char *path, int flags, ...)
{
    va_list more;
    int fd;

    va_start(more, flags);
    fd = open_or_fail(path, flags, more);
    va_end(more);
    return fd;
}

/* Writes at most 1000 bytes a call: short writes are normal. */
ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    return fails() ? -1 : __real_write(fd, bytes, fault.armed && n > 1000 ? 1000 : n);
}

int __wrap_fsync(int fd)
{
    return fails() ? -1 : __real_fsync(fd);
}

/* Closes, also when it fails, as Linux does. */
int __wrap_close(int fd)
{
    const int bad = fails();
    const int error = errno;

    if (!bad)
        return __real_close(fd);
    __real_close(fd);
    errno = error;
    return -1;
}

int __wrap_rename(const char *from, const char *to)
{
    return fails() ? -1 : __real_rename(from, to);
}

static const char old_text[] = "the old file";
static unsigned char new_bytes[3500];

static void setup_files(const char *path)
{
    for (size_t i = 0; i < sizeof new_bytes; i++)
        new_bytes[i] = (unsigned char)(i * 7 + i / 256);
    write_file(path, old_text, sizeof old_text);
}

static int publish_with_fault(const char *path, int at, int error, int sticky,
                              struct ds_err *err)
{
    int code;

    memset(&fault, 0, sizeof fault);
    fault.at = at;
    fault.error = error;
    fault.sticky = sticky;
    fault.armed = 1;
    code = ds_file_publish(path, new_bytes, sizeof new_bytes, err);
    fault.armed = 0;
    return code;
}

static int is_new(const char *path)
{
    unsigned char found[4000];
    const size_t n = read_file(path, found, sizeof found);

    if (n == sizeof new_bytes && !memcmp(found, new_bytes, n))
        return 1;
    assert_int_equal(n, sizeof old_text);
    assert_memory_equal(found, old_text, n);
    return 0;
}

/* open temporary, 4 writes, fsync, close, rename, open folder, fsync, close: 11 calls. */
static void every_call_may_fail(void **state)
{
    static const int errors[] = {ENOSPC, EIO, EDQUOT};
    const char *path = in_folder("target");
    struct ds_err err;
    int calls;

    (void)state;
    setup_files(path);
    assert_good(publish_with_fault(path, 0, 0, 0, &err), &err);
    assert_true(is_new(path));
    calls = fault.calls;
    assert_int_equal(calls, 11);
    for (int k = 1; k <= calls; k++)
        for (int e = 0; e < 6; e++) {
            int code;

            setup_files(path);
            code = publish_with_fault(path, k, errors[e / 2], e % 2, &err);
            if (k == 11) { /* closing the folder: nothing was at stake */
                assert_int_equal(code, 0);
            } else {
                assert_int_not_equal(code, 0);
                assert_non_null(strstr(err.text, folder));
                assert_null(strchr(err.text, '\n'));
            }
            assert_int_equal(is_new(path), k > 8); /* the folder comes after the rename */
            assert_int_equal(count_entries(folder), 1);
            if (k < 9 && k > 1 && errors[e / 2] != EIO)
                assert_says(code, DS_IO, &err, "no space left");
            if (k < 9 && k > 1 && errors[e / 2] == EIO)
                assert_says(code, DS_IO, &err, "failed (Input/output error)");
        }
    unlink(path);
}

static void interrupted_writes_go_on(void **state)
{
    const char *path = in_folder("target");
    struct ds_err err;

    (void)state;
    setup_files(path);
    for (int k = 1; k <= 5; k++) {
        assert_good(publish_with_fault(path, k, EINTR, 0, &err), &err);
        assert_true(is_new(path));
    }
    unlink(path);
}

/* Past the page cache, where the file system lets us; writes of 1000 bytes make that impossible,
 * so the second time goes the usual way from there on. */
static void large_files_are_written_and_read_back(void **state)
{
    const size_t n = (1 << 21) + 3 * DS_FILE_BLOCK + 77;
    const char *path = in_folder("large");
    unsigned char *bytes = aligned_alloc(DS_FILE_BLOCK, 2 << 21), *found = NULL;
    struct ds_err err;
    size_t m;

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 4096);
    for (int k = 0; k < 3; k++) {
        fault.at = fault.calls = 0;
        fault.armed = k == 1;
        assert_good(ds_file_publish(path, bytes + (k == 2), n, &err), &err);
        fault.armed = 0;
        assert_good(ds_file_verify(path, bytes + (k == 2), n, &err), &err);
        assert_good(ds_file_read(&found, &m, path, n, &err), &err);
        assert_int_equal(m, n);
        assert_memory_equal(found, bytes + (k == 2), n);
        free(found);
    }
    for (size_t at = 0; at < n; at += n / 3) {
        bytes[1 + at] ^= 1;
        assert_says(ds_file_verify(path, bytes + 1, n, &err), DS_IO, &err, "did not give what");
        bytes[1 + at] ^= 1;
    }
    assert_int_equal(count_entries(folder), 1);
    unlink(path);
    free(bytes);
}

static void a_full_disk_is_named(void **state)
{
    const char *path = in_folder("target");
    struct rlimit old, small;
    struct ds_err err;
    int code;

    (void)state;
    setup_files(path);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 2000;
    setrlimit(RLIMIT_FSIZE, &small);
    code = ds_file_publish(path, new_bytes, sizeof new_bytes, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_says(code, DS_IO, &err, "target: writing failed (File too large)");
    assert_false(is_new(path));
    assert_int_equal(count_entries(folder), 1);
    unlink(path);
}

static void only_regular_files_are_replaced(void **state)
{
    const char *real = in_folder("real"), *link = in_folder("link"),
               *inside = in_folder("no/x");
    struct ds_err err;
    struct stat is;

    (void)state;
    setup_files(real);
    assert_int_equal(symlink(real, link), 0);
    assert_says(ds_file_publish(link, "x", 1, &err), DS_CANTCREATE, &err, "is a symbolic link");
    assert_false(is_new(real));
    unlink(link);
    assert_int_equal(symlink("nowhere", link), 0);
    assert_says(ds_file_publish(link, "x", 1, &err), DS_CANTCREATE, &err, "is a symbolic link");
    unlink(link);
    assert_says(ds_file_publish(folder, "x", 1, &err), DS_CANTCREATE, &err, "is a folder");
    assert_says(ds_file_publish("/dev/null", "x", 1, &err), DS_CANTCREATE, &err, "a device");
    assert_says(ds_file_publish(inside, "x", 1, &err), DS_CANTCREATE, &err,
                "cannot be created in");
    assert_says(ds_file_publish(in_folder("real/x"), "x", 1, &err), DS_CANTCREATE, &err,
                "cannot be written (Not a directory)");
    umask(027);
    unlink(real);
    assert_good(ds_file_publish(real, "x", 1, &err), &err);
    assert_int_equal(stat(real, &is), 0);
    assert_int_equal(is.st_mode & 0777, 0640);
    umask(022);
    unlink(real);
    assert_int_equal(count_entries(folder), 0);
}

static void unwritable_folders_are_refused(void **state)
{
    const char *locked = in_folder("locked"), *path = in_folder("locked/x");
    struct ds_err err;

    (void)state;
    if (geteuid() == 0) {
        print_message("skipped: root may write everywhere\n");
        skip();
    }
    assert_int_equal(mkdir(locked, 0500), 0);
    assert_says(ds_file_publish(path, "x", 1, &err), DS_CANTCREATE, &err, "Permission denied");
    rmdir(locked);
}

static void reading_is_whole_or_refused(void **state)
{
    const char *path = in_folder("file"), *fifo = in_folder("fifo"), *link = in_folder("link");
    unsigned char *bytes = NULL;
    struct ds_err err;
    size_t n;

    (void)state;
    assert_says(ds_file_read(&bytes, &n, path, 100, &err), DS_NOINPUT, &err,
                "file: cannot be read (No such file or directory)");
    write_file(path, "hello", 5);
    assert_good(ds_file_read(&bytes, &n, path, 5, &err), &err);
    assert_int_equal(n, 5);
    assert_memory_equal(bytes, "hello", 5);
    free(bytes);
    assert_says(ds_file_read(&bytes, &n, path, 4, &err), DS_DATA, &err,
                "has 5 bytes, at most 4 are read");
    assert_good(ds_file_verify(path, "hello", 5, &err), &err);
    assert_says(ds_file_verify(path, "hellO", 5, &err), DS_IO, &err, "did not give what was");
    assert_says(ds_file_verify(path, "hello!", 6, &err), DS_IO, &err, "did not give what was");
    assert_int_equal(symlink(path, link), 0);
    assert_good(ds_file_read(&bytes, &n, link, 5, &err), &err);
    free(bytes);
    write_file(path, "", 0);
    assert_good(ds_file_read(&bytes, &n, path, 5, &err), &err);
    assert_int_equal(n, 0);
    free(bytes);
    assert_says(ds_file_read(&bytes, &n, folder, 5, &err), DS_NOINPUT, &err, "is a folder");
    assert_says(ds_file_read(&bytes, &n, "/dev/zero", 5, &err), DS_NOINPUT, &err,
                "is a device");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_says(ds_file_read(&bytes, &n, fifo, 5, &err), DS_NOINPUT, &err, "is a device, pipe");
    assert_says(ds_file_read(&bytes, &n, "/proc/self/status", 1 << 20, &err), DS_IO, &err,
                "changed its size");
    unlink(link);
    unlink(fifo);
    unlink(path);
}

static void folders_and_temporary_names(void **state)
{
    char part[16];
    struct ds_err err;

    (void)state;
    assert_good(ds_folder_of(part, sizeof part, "a/b/c", &err), &err);
    assert_string_equal(part, "a/b");
    assert_good(ds_folder_of(part, sizeof part, "/c", &err), &err);
    assert_string_equal(part, "/");
    assert_good(ds_folder_of(part, sizeof part, "c", &err), &err);
    assert_string_equal(part, ".");
    assert_says(ds_folder_of(part, sizeof part, "0123456789abcdef/c", &err), DS_USAGE, &err,
                "too long");
    assert_true(ds_file_is_temporary(".driftscope-12-0.tmp"));
    assert_false(ds_file_is_temporary("driftscope-12-0.tmp"));
    assert_false(ds_file_is_temporary("run.h5"));
    assert_says(ds_folder_sync("/no/such", &err), DS_IO, &err, "/no/such: cannot be opened");
}

/* RFC 3720, B.4, and the check value of the CRC catalogue. */
static void checksums_agree_with_their_standard(void **state)
{
    unsigned char block[32];

    (void)state;
    assert_int_equal(ds_crc32c("123456789", 9), 0xe3069283u);
    memset(block, 0, sizeof block);
    assert_int_equal(ds_crc32c(block, 32), 0x8a9136aau);
    memset(block, 0xff, sizeof block);
    assert_int_equal(ds_crc32c(block, 32), 0x62a8ab43u);
    for (int i = 0; i < 32; i++)
        block[i] = (unsigned char)i;
    assert_int_equal(ds_crc32c(block, 32), 0x46dd794eu);
    assert_int_equal(ds_crc32c(NULL, 0), 0);
}

static void both_checksums_agree(void **state)
{
    unsigned char bytes[300];

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * i + 11 * i);
    for (size_t from = 0; from < 9; from++)
        for (size_t n = 0; from + n <= sizeof bytes; n++) {
            const uint32_t whole = ds_crc32c(bytes + from, n);

            assert_int_equal(ds_crc32c_portable(0, bytes + from, n), whole);
            assert_int_equal(ds_crc32c_more(ds_crc32c_portable(0, bytes + from, n / 3),
                                            bytes + from + n / 3, n - n / 3),
                             whole);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_may_fail),
        cmocka_unit_test(interrupted_writes_go_on),
        cmocka_unit_test(large_files_are_written_and_read_back),
        cmocka_unit_test(a_full_disk_is_named),
        cmocka_unit_test(only_regular_files_are_replaced),
        cmocka_unit_test(unwritable_folders_are_refused),
        cmocka_unit_test(reading_is_whole_or_refused),
        cmocka_unit_test(folders_and_temporary_names),
        cmocka_unit_test(checksums_agree_with_their_standard),
        cmocka_unit_test(both_checksums_agree),
    };

    return cmocka_run_group_tests_name("file", tests, make_folder, remove_folder);
}
