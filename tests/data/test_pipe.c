/* tests/data/test_pipe.c -- the message between a process and its child that reads HDF5: words
 * that no child of ours says, and calls that end oddly. */
#define _GNU_SOURCE
#include "store_help.h"

#include <errno.h>
#include <poll.h>

#include "data/store/pipe_int.h"

/* What poll (behind the first call) and read say once, before they say what is so. */
static struct {
    int poll, poll_error, read_error;
} odd;

int __real_poll(struct pollfd *of, nfds_t n, int milliseconds);
int __wrap_poll(struct pollfd *of, nfds_t n, int milliseconds);
int __wrap_poll(struct pollfd *of, nfds_t n, int milliseconds)
{
    const int says = odd.poll;

    errno = odd.poll_error;
    odd.poll = 1;
    return says > 0 ? __real_poll(of, n, milliseconds) : says;
}

ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n)
{
    errno = odd.read_error;
    odd.read_error = 0;
    return errno ? -1 : __real_read(fd, to, n);
}

#define WORDS(...) (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__})

/* A message of words, received by one who may take `most` bytes for it until then. */
static int receive(const uint64_t *words, size_t size, size_t most, int64_t until,
                   enum ds_pipe_end *how, struct ds_err *err)
{
    const struct ds_pipe_limits limits = {most, until};
    struct ds_bundle b = {0};
    int end[2], code;

    assert_int_equal(pipe(end), 0);
    assert_int_equal(write(end[1], words, size), size);
    close(end[1]);
    code = ds_pipe_receive(&b, end[0], &limits, "f", how, err);
    close(end[0]);
    ds_bundle_clear(&b);
    return code;
}

static void what_nobody_says_is_refused(void **state)
{
    static const uint64_t failure[] = {DS_PIPE_FAILURE, DS_NOINPUT, 8, 0x6167206c6c612020};
    enum ds_pipe_end how;
    struct ds_err err = {0};

    (void)state;
    assert_says(receive(failure, sizeof failure, 1 << 20, INT64_MAX, &how, &err), DS_NOINPUT,
                &err, "all ga");
    /* One group, whose name is as long as what may be taken, and costs more. */
    assert_says(receive(WORDS(DS_PIPE_BUNDLE, 1, 100), 120, INT64_MAX, &how, &err), DS_DATA,
                &err, "f: there is more than the file can hold");
}

static void odd_ends_of_calls_are_met(void **state)
{
    static const uint64_t nothing[] = {DS_PIPE_BUNDLE, 0, 0, DS_PIPE_END};
    static const struct {
        int poll, poll_error, read_error;
        int64_t until;
        enum ds_code code;
        enum ds_pipe_end how;
    } row[] = {
        {1, 0, 0, INT64_MAX, DS_OK, DS_PIPE_WHOLE},
        {0, 0, 0, INT64_MAX, DS_OK, DS_PIPE_WHOLE}, /* 24 days are over, and there are more */
        {0, 0, 0, 0, DS_DATA, DS_PIPE_LATE},
        {-1, EINTR, 0, INT64_MAX, DS_OK, DS_PIPE_WHOLE},
        {-1, EIO, 0, INT64_MAX, DS_DATA, DS_PIPE_CUT},
        {1, 0, EINTR, INT64_MAX, DS_OK, DS_PIPE_WHOLE},
        {1, 0, EIO, INT64_MAX, DS_DATA, DS_PIPE_CUT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        enum ds_pipe_end how;
        struct ds_err err = {0};
        int code;

        odd.poll = row[i].poll;
        odd.poll_error = row[i].poll_error;
        odd.read_error = row[i].read_error;
        code = receive(nothing, sizeof nothing, 1 << 20, row[i].until, &how, &err);
        assert_int_equal(how, row[i].how);
        if (row[i].code)
            assert_says(code, row[i].code, &err, "f: there is an early end");
        else
            assert_good(code, &err);
    }
}

/* A scale that has two dimensions, or another length. */
static void scales_must_fit(void **state)
{
    static const int64_t shape[2][2] = {{2, 1}, {3, 1}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct ds_pipe_limits limits = {1 << 20, INT64_MAX};
        struct ds_bundle b = {0}, back = {0};
        enum ds_pipe_end how;
        struct ds_array *a;
        struct ds_err err = {0};
        int end[2];

        assert_non_null(ds_bundle_add(&b, "s", DS_U8, 2 - i, shape[i], NULL, &err));
        assert_non_null(a = ds_bundle_add(&b, "a", DS_U8, 1, shape[0], NULL, &err));
        assert_good(ds_array_scale(a, 0, "s", &err), &err);
        assert_int_equal(pipe(end), 0);
        assert_int_equal(ds_pipe_send(end[1], &b), 0);
        assert_int_equal(ds_pipe_send(end[0], &b), -1); /* the wrong way */
        assert_int_equal(ds_pipe_send_failure(end[0], &err), -1);
        close(end[1]);
        assert_says(ds_pipe_receive(&back, end[0], &limits, "f", &how, &err), DS_DATA, &err,
                    "f: there is a scale that does not fit");
        close(end[0]);
        ds_bundle_clear(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_says_is_refused),
        cmocka_unit_test(odd_ends_of_calls_are_met),
        cmocka_unit_test(scales_must_fit),
    };

    odd.poll = 1;
    return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}
