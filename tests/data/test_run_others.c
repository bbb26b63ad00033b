/* tests/data/test_run_others.c -- the directory of a run while somebody else is in it: begins
 * it, too, moves it away, removes what was to be removed. */
#define _GNU_SOURCE
#include "store_help.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/file.h>

#include "data/store/h5.h"
#include "data/store/run.h"

/* Somebody else, just after a folder was made, just before a file is renamed or removed. */
static void (*meanwhile)(const char *path);

static void somebody(const char *path)
{
    void (*does)(const char *path) = meanwhile;

    meanwhile = NULL;
    if (does)
        does(path);
}

int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode)
{
    const int code = __real_mkdir(path, mode);

    if (strstr(path, "checkpoints"))
        somebody(path);
    return code;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    somebody(to);
    return __real_rename(from, to);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
    somebody(path);
    return __real_unlink(path);
}

int __real_unlinkat(int fd, const char *name, int how);
int __wrap_unlinkat(int fd, const char *name, int how);
int __wrap_unlinkat(int fd, const char *name, int how)
{
    if (meanwhile)
        __real_unlinkat(fd, name, how);
    meanwhile = NULL;
    return __real_unlinkat(fd, name, how);
}

static void removes(const char *path)
{
    __real_unlink(path);
}

static int lock_of_others = -1;

/* Of a run whose folder of checkpoints is at that path. */
static void locks(const char *path)
{
    char lock[1400];

    snprintf(lock, sizeof lock, "%s/../lock", path);
    lock_of_others = open(lock, O_RDWR | O_CREAT, 0666);
    assert_int_equal(flock(lock_of_others, LOCK_EX | LOCK_NB), 0);
}

static void writes_notes(const char *path)
{
    char notes[1400];

    snprintf(notes, sizeof notes, "%s/notes.txt", path);
    write_file(notes, "mine", 4);
}

static void moves_run(const char *path)
{
    const char *run = in_folder("moving"), *there = in_folder("moved");

    assert_non_null(strstr(path, "moving/"));
    assert_int_equal(__real_rename(run, there), 0);
}

static void others_may_begin_it_at_the_same_time(void **state)
{
    const char *path = in_folder("contended");
    struct ds_run run;
    struct ds_err err;

    (void)state;
    meanwhile = locks;
    assert_says(ds_run_create(&run, path, &err), DS_BUSY, &err,
                "contended: another process is writing to it; wait for its end");
    close(lock_of_others);
    assert_good(ds_run_write(&run, path, &err), &err); /* nothing was taken back */
    ds_run_close(&run);
    meanwhile = writes_notes;
    assert_says(ds_run_create(&run, in_folder("theirs"), &err), DS_CANTCREATE, &err,
                "theirs: exists already");
    assert_int_equal(access(in_folder("theirs/checkpoints/notes.txt"), F_OK), 0);
}

static void moving_it_away_is_noticed(void **state)
{
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX];
    struct ds_run run, other;
    struct ds_err err;

    (void)state;
    assert_good(ds_run_create(&run, in_folder("moving"), &err), &err);
    ds_run_record_path(path, &run);
    meanwhile = moves_run; /* in the middle of it */
    assert_says(ds_run_save(&run, &b, path, &err), DS_IO, &err,
                "moving: was moved, removed or replaced while it was written");
    assert_says(ds_run_save(&run, &b, path, &err), DS_IO, &err, "was moved, removed or");
    write_file(in_folder("moving"), "x", 1);
    assert_says(ds_run_save(&run, &b, path, &err), DS_IO, &err, "was moved, removed or");
    unlink(in_folder("moving"));
    assert_good(ds_run_create(&other, in_folder("moving"), &err), &err);
    assert_says(ds_run_save(&run, &b, path, &err), DS_IO, &err, "was moved, removed or");
    ds_run_close(&other);
    ds_run_close(&run);
}

static void what_is_gone_need_not_be_removed(void **state)
{
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX];
    struct ds_run run;
    struct ds_err err;
    long *steps;
    int count;

    (void)state;
    assert_good(ds_run_create(&run, in_folder("shared"), &err), &err);
    ds_run_step_path(path, &run, 7);
    assert_good(ds_run_save(&run, &b, path, &err), &err);
    meanwhile = removes;
    assert_good(ds_run_drop_steps(&run, &err), &err);
    assert_good(ds_run_steps(&run, &steps, &count, &err), &err);
    assert_int_equal(count, 0);
    free(steps);
    ds_run_close(&run);
    write_file(in_folder("shared/.driftscope-1-0.tmp"), "half", 4);
    meanwhile = removes;
    assert_good(ds_run_write(&run, in_folder("shared"), &err), &err);
    assert_int_equal(count_entries(in_folder("shared")), 2); /* checkpoints lock */
    ds_run_close(&run);
}

static int finish(void **state)
{
    H5close();
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_may_begin_it_at_the_same_time),
        cmocka_unit_test(moving_it_away_is_noticed),
        cmocka_unit_test(what_is_gone_need_not_be_removed),
    };

    return cmocka_run_group_tests_name("run others", tests, make_folder, finish);
}
