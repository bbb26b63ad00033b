/* tests/data/test_file_odd.c -- what file systems rarely say, said once: each row is one call
 * that ends in an odd way while a large file is published, read back and read.
 *
 * The linker sends the calls of file.c through the __wrap_ functions below. No file is really
 * opened past the page cache here: which file systems can do that differs. */
#define _GNU_SOURCE
#include "store_help.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/statvfs.h>

#include "data/store/file.h"
#include "data/store/file_int.h"

struct row {
    const char
        *call; /* whose `at`-th call fails with `error`; of 0, write has written nothing */
    int at, error;
    bool always; /* and all after it */
    enum ds_code code;
    const char *says;
};

static const struct row *odd;
static int calls;

static bool strikes(const char *call)
{
    if (!odd || strcmp(call, odd->call) != 0)
        return false;
    calls++;
    errno = odd->error;
    return calls == odd->at || (odd->always && calls > odd->at);
}

#define WRAP(result, name, parameters, arguments)                                              \
    result __real_##name parameters;                                                           \
    result __wrap_##name parameters;                                                           \
    result __wrap_##name parameters                                                            \
    {                                                                                          \
        return strikes(#name) ? -1 : __real_##name arguments;                                  \
    }

WRAP(int, statvfs64, (const char *path, struct statvfs64 *is), (path, is))
WRAP(int, fsync, (int fd), (fd))
WRAP(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n))

ssize_t __real_write(int fd, const void *from, size_t n);
ssize_t __wrap_write(int fd, const void *from, size_t n);
ssize_t __wrap_write(int fd, const void *from, size_t n)
{
    return strikes("write") ? (odd->error ? -1 : 0) : __real_write(fd, from, n);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    return strikes("open64") ? -1 : __real_open64(path, flags, 0666);
}

int __wrap_fcntl64(int fd, int what, ...);
int __wrap_fcntl64(int fd, int what, ...)
{
    (void)fd;
    (void)what;
    return strikes("fcntl64") ? -1 : 0;
}

void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n)
{
    return strikes("aligned_alloc") ? NULL : __real_aligned_alloc(align, n);
}

/* "touch": somebody wrote to the file in between. */
int __real_fstat64(int fd, struct stat64 *is);
int __wrap_fstat64(int fd, struct stat64 *is);
int __wrap_fstat64(int fd, struct stat64 *is)
{
    const int code = strikes("fstat64") ? -1 : __real_fstat64(fd, is);

    if (strikes("touch"))
        is->st_mtim.tv_nsec ^= 1;
    return code;
}

static const struct row rows[] = {
    {"open64", 1, EEXIST, false, DS_OK, NULL}, /* another name is tried */
    {"open64", 1, EINTR, false, DS_OK, NULL},
    {"open64", 1, EEXIST, true, DS_CANTCREATE, "file: cannot be created in"},
    {"statvfs64", 1, ENOSYS, false, DS_OK, NULL},
    {"write", 1, EINTR, false, DS_OK, NULL},
    {"write", 2, EINTR, false, DS_OK, NULL},
    {"write", 1, EINVAL, false, DS_OK, NULL}, /* not past the page cache, then */
    {"write", 1, EIO, false, DS_IO, "file: writing failed (Input/output error)"},
    {"write", 1, 0, false, DS_IO, "file: writing failed (Input/output error)"},
    {"write", 2, 0, false, DS_IO, "file: writing failed (Input/output error)"},
    {"fcntl64", 1, EINVAL, false, DS_OK, NULL},
    {"fcntl64", 2, EIO, false, DS_IO, "file: writing failed"},
    {"fcntl64", 3, EINVAL, false, DS_OK, NULL}, /* from here on reading back */
    {"fcntl64", 4, EIO, false, DS_OK, NULL},
    {"fsync", 2, EINVAL, false, DS_OK, NULL}, /* no fsync of folders here */
    {"fsync", 2, ENOTSUP, false, DS_OK, NULL},
    {"aligned_alloc", 1, ENOMEM, false, DS_NOMEM, "file was written, but not read back"},
    {"read", 1, EINTR, false, DS_OK, NULL},
    {"read", 1, EINVAL, false, DS_OK, NULL},
    {"read", 2, EINVAL, true, DS_IO, "file: reading it back did not give what was written"},
    {"read", 1, EIO, false, DS_IO, "file: reading it back did not give what was written"},
    {"fstat64", 1, EIO, false, DS_IO, "file: cannot be examined (Input/output error)"},
    {"read", 4, EIO, false, DS_IO, "file: reading failed (Input/output error)"},
    {"fstat64", 3, EIO, false, DS_IO, "file: cannot be examined (Input/output error)"},
    {"fstat64", 4, EIO, false, DS_IO, "file: reading failed (Input/output error)"},
    {"touch", 4, 0, false, DS_IO, "file: was written to while it was read"},
};

static int publish_and_read(const char *path, const unsigned char *bytes, size_t n,
                            struct ds_err *err)
{
    unsigned char *found = NULL;
    size_t m = 0;
    int code;

    if ((code = ds_file_publish(path, bytes, n, err)) ||
        (code = ds_file_verify(path, bytes, n, err)) ||
        (code = ds_file_read(&found, &m, path, n, err)))
        return code;
    assert_int_equal(m, n);
    assert_memory_equal(found, bytes, n);
    free(found);
    return 0;
}

static void each_odd_end_is_met(void **state)
{
    const size_t n = (1 << 21) + 77; /* two pieces, and not a whole number of blocks */
    unsigned char *bytes = aligned_alloc(DS_FILE_BLOCK, 2 << 21);
    const char *path = in_folder("file");

    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 4096);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ds_err err = {0};
        int code;

        odd = &rows[i];
        calls = 0;
        code = publish_and_read(path, bytes, n, &err);
        odd = NULL;
        if (code != (int)rows[i].code || calls < rows[i].at)
            print_error("%s, call %d of %d\n", rows[i].call, rows[i].at, calls);
        assert_true(calls >= rows[i].at);
        if (rows[i].says)
            assert_says(code, rows[i].code, &err, rows[i].says);
        else
            assert_good(code, &err);
        assert_in_range(count_entries(folder), 0, 1);
    }
    unlink(path);
    free(bytes);
}

static void what_cannot_be_a_file_is_refused(void **state)
{
    char longest[PATH_MAX + 8];
    struct ds_file_state now;
    struct ds_err err = {0};

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    memcpy(longest + sizeof longest - 3, "/x", 3);
    assert_says(ds_file_publish(longest, "x", 1, &err), DS_USAGE, &err, "is too long");
    assert_says(ds_file_publish(in_folder("vast"), "x", SIZE_MAX / 2, &err), DS_IO, &err,
                "vast: no space left for it: it takes 9223372036854.8 MB");
    assert_says(ds_file_publish("/proc/driftscope", "x", 1, &err), DS_CANTCREATE, &err,
                "/proc/driftscope: cannot be created in '/proc'"); /* it has no size */
    write_file(in_folder("file"), "x", 1);
    assert_true(ds_file_absent(in_folder("file/x")));
    assert_false(ds_file_absent(longest)); /* nobody knows */
    unlink(in_folder("file"));
    assert_false(ds_file_state(&now, in_folder("vast")));
    assert_false(ds_file_is_temporary(".driftscope-12-0.h5"));
    assert_false(ds_file_is_temporary(".driftscope-.tm"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_odd_end_is_met),
        cmocka_unit_test(what_cannot_be_a_file_is_refused),
    };

    return cmocka_run_group_tests_name("file odd", tests, make_folder, remove_folder);
}
