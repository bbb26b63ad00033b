/* tests/data/test_run.c -- the directory of a run: one writer, whole files, old ones pruned. */
#define _GNU_SOURCE
#include "store_help.h"

#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <sys/wait.h>

#include "data/store/h5.h"
#include "data/store/run.h"

static void save_step(const struct ds_run *run, long step)
{
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX];
    struct ds_err err;

    ds_bundle_ints(&b, "step", (const int[]){(int)step}, 0, NULL, NULL, &err);
    ds_run_step_path(path, run, step);
    assert_good(ds_bundle_save(&b, path, &err), &err);
    ds_bundle_clear(&b);
}

static void damage_step(const struct ds_run *run, long step)
{
    char path[DS_RUN_PATH_MAX];

    ds_run_step_path(path, run, step);
    assert_int_equal(truncate(path, 700), 0);
}

static void a_run_is_made_once(void **state)
{
    char path[1200], checkpoints[1300];
    struct ds_run run, other;
    struct ds_err err;
    struct stat is;

    (void)state;
    snprintf(path, sizeof path, "%s/deep/er/run///", folder);
    assert_good(ds_run_create(&run, path, &err), &err);
    snprintf(path, sizeof path, "%s/deep/er/run", folder);
    assert_string_equal(run.path, path);
    snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", path);
    assert_int_equal(stat(checkpoints, &is), 0);
    assert_says(ds_run_create(&other, path, &err), DS_BUSY, &err, "is writing to it");
    save_step(&run, 1);
    assert_says(ds_run_create(&other, path, &err), DS_CANTCREATE, &err,
                "run: exists already; choose another name or --resume it");
    ds_run_close(&run);
    ds_run_close(&run);
    assert_says(ds_run_create(&other, path, &err), DS_CANTCREATE, &err, "exists already");
    assert_says(ds_run_create(&other, "", &err), DS_USAGE, &err, "is empty");
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_says(ds_run_create(&other, path, &err), DS_USAGE, &err, "is too long");
    assert_says(ds_run_read(&other, path, &err), DS_USAGE, &err, "is too long");
    snprintf(path, sizeof path, "%s/deep/er/run", folder);
    assert_int_equal(symlink("nowhere", in_folder("dangling")), 0);
    assert_says(ds_run_create(&other, in_folder("dangling"), &err), DS_CANTCREATE, &err,
                "dangling: the folder cannot be made (File exists)");
    write_file(in_folder("file"), "x", 1);
    assert_says(ds_run_create(&other, in_folder("file/run"), &err), DS_CANTCREATE, &err,
                "cannot be made (Not a directory)");
    assert_says(ds_run_create(&other, in_folder("file"), &err), DS_CANTCREATE, &err,
                "exists already");
    assert_good(ds_run_write(&run, path, &err), &err);
    ds_run_close(&run);
}

static void other_folders_are_no_runs(void **state)
{
    struct ds_run run;
    struct ds_err err;

    (void)state;
    assert_says(ds_run_read(&run, in_folder("none"), &err), DS_NOINPUT, &err,
                "none: there is no such run");
    assert_says(ds_run_read(&run, folder, &err), DS_DATA, &err, "is not a run");
    write_file(in_folder("file"), "x", 1);
    assert_says(ds_run_write(&run, in_folder("file"), &err), DS_DATA, &err, "is a file");
    assert_int_equal(mkdir(in_folder("odd"), 0777), 0);
    write_file(in_folder("odd/checkpoints"), "x", 1);
    assert_says(ds_run_read(&run, in_folder("odd"), &err), DS_DATA, &err, "is not a run");
    run = (struct ds_run){0};
    ds_run_close(&run); /* which has no lock, though 0 might be one */
    assert_int_not_equal(fcntl(0, F_GETFD), -1);
}

/* Its own process, because a lock belongs to an open file. */
static pid_t hold_lock(const char *path)
{
    int ready[2];
    char c = 0;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    if ((pid = fork()) == 0) {
        struct ds_run run;
        struct ds_err err;

        c = ds_run_write(&run, path, &err) == 0;
        if (write(ready[1], &c, 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(c, 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void the_second_writer_is_turned_away(void **state)
{
    const char *path = in_folder("locked");
    struct ds_run run, reader;
    struct ds_err err;
    char who[64];
    pid_t pid;

    (void)state;
    assert_good(ds_run_create(&run, path, &err), &err);
    assert_says(ds_run_write(&reader, path, &err), DS_BUSY, &err, "is writing to it");
    ds_run_close(&run);
    pid = hold_lock(path);
    snprintf(who, sizeof who, "locked: process %ld is writing to it; wait", (long)pid);
    assert_says(ds_run_write(&run, path, &err), DS_BUSY, &err, who);
    assert_good(ds_run_read(&reader, path, &err), &err); /* readers are free */
    ds_run_close(&reader);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_good(ds_run_write(&run, path, &err), &err); /* the lock went with its holder */
    ds_run_close(&run);
}

static void what_a_killed_writer_left_is_removed(void **state)
{
    const char *path = in_folder("stale");
    struct ds_run run;
    struct ds_err err;
    char name[1300];

    (void)state;
    assert_good(ds_run_create(&run, path, &err), &err);
    ds_run_close(&run);
    snprintf(name, sizeof name, "%s/.driftscope-1-0.tmp", path);
    write_file(name, "half", 4);
    snprintf(name, sizeof name, "%s/checkpoints/.driftscope-1-1.tmp", path);
    write_file(name, "half", 4);
    snprintf(name, sizeof name, "%s/notes.txt", path);
    write_file(name, "mine", 4);
    assert_good(ds_run_read(&run, path, &err), &err);
    assert_int_equal(count_entries(path), 4); /* a reader removes nothing */
    ds_run_close(&run);
    assert_good(ds_run_write(&run, path, &err), &err);
    assert_int_equal(count_entries(path), 3); /* checkpoints lock notes.txt */
    assert_int_equal(access(name, F_OK), 0);
    snprintf(name, sizeof name, "%s/checkpoints", path);
    assert_int_equal(count_entries(name), 0);
    ds_run_close(&run);
}

/* Killed before anything was stored: the same command begins again. */
static void what_was_not_begun_is_begun_again(void **state)
{
    const char *path = in_folder("unbegun");
    struct ds_run run;
    struct ds_err err;
    char name[1300];

    (void)state;
    assert_int_equal(mkdir(path, 0777), 0);
    assert_good(ds_run_create(&run, path, &err), &err);
    ds_run_close(&run);
    snprintf(name, sizeof name, "%s/.driftscope-1-0.tmp", path);
    write_file(name, "half", 4);
    assert_true(ds_run_unbegun(path));
    assert_good(ds_run_create(&run, path, &err), &err);
    assert_int_equal(count_entries(path), 2); /* checkpoints lock */
    ds_run_close(&run);
    snprintf(name, sizeof name, "%s/notes.txt", path);
    write_file(name, "mine", 4);
    assert_false(ds_run_unbegun(path));
    assert_says(ds_run_create(&run, path, &err), DS_CANTCREATE, &err, "exists already");
    assert_int_equal(access(name, F_OK), 0);
}

static void a_planted_lock_is_not_followed(void **state)
{
    const char *path = in_folder("planted");
    struct ds_run run;
    struct ds_err err;
    char lock[1300];

    (void)state;
    assert_good(ds_run_create(&run, path, &err), &err);
    ds_run_close(&run);
    snprintf(lock, sizeof lock, "%s/lock", path);
    unlink(lock);
    write_file(in_folder("victim"), "precious", 8);
    assert_int_equal(symlink(in_folder("victim"), lock), 0);
    assert_says(ds_run_write(&run, path, &err), DS_CANTCREATE, &err, "lock: cannot be opened");
}

static void paths_are_as_documented(void **state)
{
    struct ds_run run = {.path = "runs/a", .lock = -1};
    char path[DS_RUN_PATH_MAX];

    (void)state;
    ds_run_record_path(path, &run);
    assert_string_equal(path, "runs/a/run.h5");
    ds_run_task_path(path, &run, 3);
    assert_string_equal(path, "runs/a/checkpoints/task_03.h5");
    ds_run_task_path(path, &run, 100);
    assert_string_equal(path, "runs/a/checkpoints/task_100.h5");
    ds_run_step_path(path, &run, 420);
    assert_string_equal(path, "runs/a/checkpoints/step_000000420.h5");
}

static int step_is(const struct ds_bundle *b)
{
    return *(int32_t *)ds_bundle_lookup(b, "step")->data;
}

static void the_newest_whole_step_is_found(void **state)
{
    const char *path = in_folder("steps");
    char checkpoints[1300], name[1400], notes[1000];
    struct ds_bundle b = {0};
    struct ds_run run;
    struct ds_err err;
    long *steps, step;
    int count;

    (void)state;
    assert_good(ds_run_create(&run, path, &err), &err);
    assert_says(ds_run_newest_step(&run, &b, &step, notes, sizeof notes, &err), DS_NOINPUT,
                &err, "steps: there is no step checkpoint");
    save_step(&run, 90);
    save_step(&run, 1000);
    save_step(&run, 200);
    snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", path);
    snprintf(name, sizeof name, "%s/step_0000000300.h5", checkpoints); /* not as we write it */
    write_file(name, "x", 1);
    snprintf(name, sizeof name, "%s/step_00000000000000000001.h5", checkpoints);
    write_file(name, "x", 1);
    snprintf(name, sizeof name, "%s/step_-00000300.h5", checkpoints);
    write_file(name, "x", 1);
    snprintf(name, sizeof name, "%s/task_05.h5", checkpoints);
    write_file(name, "x", 1);

    assert_good(ds_run_steps(&run, &steps, &count, &err), &err);
    assert_int_equal(count, 3);
    assert_int_equal(steps[0], 1000);
    assert_int_equal(steps[1], 200);
    assert_int_equal(steps[2], 90);
    free(steps);

    assert_good(ds_run_newest_step(&run, &b, &step, notes, sizeof notes, &err), &err);
    assert_int_equal(step, 1000);
    assert_int_equal(step_is(&b), 1000);
    assert_string_equal(notes, "");
    ds_bundle_clear(&b);

    damage_step(&run, 1000);
    damage_step(&run, 200);
    assert_good(ds_run_newest_step(&run, &b, &step, notes, sizeof notes, &err), &err);
    assert_int_equal(step, 90);
    assert_int_equal(step_is(&b), 90);
    assert_non_null(strstr(notes, "passed over"));
    assert_non_null(strstr(notes, "step_000001000.h5: has 700 bytes"));
    assert_non_null(strstr(notes, "step_000000200.h5: has 700 bytes"));
    ds_bundle_clear(&b);
    assert_good(ds_run_newest_step(&run, &b, &step, notes, 20, &err), &err); /* a small place */
    assert_int_equal(strlen(notes), 19);
    ds_bundle_clear(&b);

    assert_good(ds_run_newest_step(&run, &b, &step, NULL, 0, &err), &err); /* and none */
    ds_bundle_clear(&b);

    damage_step(&run, 90);
    assert_says(ds_run_newest_step(&run, &b, &step, notes, sizeof notes, &err), DS_DATA, &err,
                "none of its 3 step checkpoints is whole");
    ds_run_step_path(name, &run, 2000);
    assert_int_equal(mkdir(name, 0777), 0);
    assert_says(ds_run_newest_step(&run, &b, &step, notes, sizeof notes, &err), DS_IO, &err,
                "none of its 4 step checkpoints is whole; ");
    assert_good(ds_run_keep_steps(&run, 1, &err), &err); /* so all of them stay */
    assert_int_equal(access(name, F_OK), 0);
    ds_run_close(&run);
}

static void old_steps_go_when_two_new_ones_are_whole(void **state)
{
    const char *path = in_folder("prune");
    struct ds_run run;
    struct ds_err err;
    long *steps;
    int count;

    (void)state;
    assert_good(ds_run_create(&run, path, &err), &err);
    for (long step = 10; step <= 50; step += 10)
        save_step(&run, step);
    damage_step(&run, 50);
    damage_step(&run, 30);
    assert_good(ds_run_keep_steps(&run, 2, &err), &err);
    assert_good(ds_run_steps(&run, &steps, &count, &err), &err);
    assert_int_equal(count, 4); /* 50 and 30 are damaged: 40 and 20 are the two to keep */
    assert_int_equal(steps[3], 20);
    free(steps);
    save_step(&run, 60);
    assert_good(ds_run_keep_steps(&run, 2, &err), &err);
    assert_good(ds_run_steps(&run, &steps, &count, &err), &err);
    assert_int_equal(count, 3);
    assert_int_equal(steps[2], 40);
    free(steps);
    assert_good(ds_run_drop_steps(&run, &err), &err);
    assert_good(ds_run_steps(&run, &steps, &count, &err), &err);
    assert_int_equal(count, 0);
    free(steps);
    ds_run_close(&run);
}

static void publish_step(struct ds_run *run, long step)
{
    struct ds_bundle b = {0};
    char path[DS_RUN_PATH_MAX];
    struct ds_err err;

    ds_bundle_ints(&b, "step", (const int[]){(int)step}, 0, NULL, NULL, &err);
    ds_run_step_path(path, run, step);
    assert_good(ds_run_save(run, &b, path, &err), &err);
    ds_bundle_clear(&b);
}

/* What was read back counts as whole until something touches it, however much it looks the same
 * afterwards. */
static void a_verified_step_that_changed_is_read_again(void **state)
{
    char path[DS_RUN_PATH_MAX];
    struct ds_run run;
    struct ds_err err;
    struct stat was;
    long *steps;
    int count, fd;

    (void)state;
    assert_good(ds_run_create(&run, in_folder("again"), &err), &err);
    for (long step = 1; step <= 3; step++)
        publish_step(&run, step);
    assert_int_equal(run.wholes, 3);
    ds_run_step_path(path, &run, 3);
    fd = open(path, O_WRONLY);
    assert_int_equal(fstat(fd, &was), 0);
    assert_int_equal(pwrite(fd, "?", 1, 600), 1);
    assert_int_equal(futimens(fd, (struct timespec[2]){was.st_atim, was.st_mtim}), 0);
    close(fd);
    assert_good(ds_run_keep_steps(&run, 2, &err), &err);
    assert_int_equal(run.wholes, 3); /* the damaged one was read, the others were known */
    assert_good(ds_run_steps(&run, &steps, &count, &err), &err);
    assert_int_equal(count, 3);
    free(steps);
    publish_step(&run, 4);
    assert_good(ds_run_keep_steps(&run, 2, &err), &err);
    assert_good(ds_run_steps(&run, &steps, &count, &err), &err);
    assert_int_equal(count, 3);
    assert_int_equal(steps[2], 2);
    free(steps);
    ds_run_close(&run);

    assert_good(ds_run_write(&run, in_folder("again"), &err), &err); /* nothing is known yet */
    assert_good(ds_run_keep_steps(&run, 2, &err), &err);
    assert_int_equal(run.wholes, 2);
    for (long step = 5; run.wholes < DS_RUN_WHOLE; step++)
        publish_step(&run, step);
    save_step(&run, 100); /* and not by this run */
    assert_good(ds_run_keep_steps(&run, 1, &err), &err);
    assert_int_equal(run.wholes, DS_RUN_WHOLE + 1);
    ds_run_close(&run);
}

static void addresses_name_files(void **state)
{
    struct ds_address a = {.checkpoint = DS_CHECKPOINT_LAST};
    char file[DS_RUN_PATH_MAX], name[64];
    struct ds_run run;
    struct ds_err err;

    (void)state;
    snprintf(a.run, sizeof a.run, "%s/addressed", folder);
    assert_says(ds_run_file(file, sizeof file, &a, &err), DS_NOINPUT, &err, "no such run");
    assert_good(ds_run_create(&run, a.run, &err), &err);
    ds_run_close(&run);
    assert_says(ds_run_file(file, sizeof file, &a, &err), DS_NOINPUT, &err,
                "addressed: holds no checkpoint yet");
    for (int t = 0; t <= 10000; t++) { /* more than any run has */
        snprintf(name, sizeof name, "addressed/checkpoints/task_%02d.h5", t);
        if (t < 4)
            write_file(in_folder(name), "x", 1);
        else if (t == 4)
            assert_good(ds_run_file(file, sizeof file, &a, &err), &err);
        if (t == 4)
            assert_non_null(strstr(file, "addressed/checkpoints/task_03.h5"));
        if (t >= 4)
            assert_int_equal(symlink("task_00.h5", in_folder(name)), 0);
    }
    assert_good(ds_run_file(file, sizeof file, &a, &err), &err);
    assert_non_null(strstr(file, "checkpoints/task_9999.h5"));
    a.checkpoint = 2; /* whether it is there is seen when it is read */
    assert_good(ds_run_file(file, sizeof file, &a, &err), &err);
    assert_non_null(strstr(file, "checkpoints/task_02.h5"));
}

static void addresses_are_parsed(void **state)
{
    static const struct {
        const char *text, *run;
        int checkpoint;
    } good[] = {
        {"runs/a", "runs/a", DS_CHECKPOINT_NONE},
        {"runs/a@3", "runs/a", 3},
        {"a@0", "a", 0},
        {"a@last", "a", DS_CHECKPOINT_LAST},
        {"me@host/a", "me@host/a", DS_CHECKPOINT_NONE},
        {"me@host/a@12", "me@host/a", 12},
        {"a@b@1", "a@b", 1},
    };
    static const char *const wrong[] = {"a@",   "a@x",       "a@-1", "a@1.2",
                                        "a@1 ", "a@1234567", "@1",   ""};
    char text[DS_PATH_MAX + 8];
    struct ds_address a;
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_good(ds_address_parse(&a, good[i].text, &err), &err);
        assert_string_equal(a.run, good[i].run);
        assert_int_equal(a.checkpoint, good[i].checkpoint);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(ds_address_parse(&a, wrong[i], &err), DS_USAGE);
    assert_says(ds_address_parse(&a, "run@x", &err), DS_USAGE, &err,
                "'run@x': after the @ comes the number of a task");
    memset(text, 'a', sizeof text);
    text[DS_PATH_MAX] = '\0';
    assert_says(ds_address_parse(&a, text, &err), DS_USAGE, &err, "is too long");
}

static int finish(void **state)
{
    H5close();
    return remove_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_made_once),
        cmocka_unit_test(other_folders_are_no_runs),
        cmocka_unit_test(the_second_writer_is_turned_away),
        cmocka_unit_test(what_a_killed_writer_left_is_removed),
        cmocka_unit_test(what_was_not_begun_is_begun_again),
        cmocka_unit_test(a_planted_lock_is_not_followed),
        cmocka_unit_test(paths_are_as_documented),
        cmocka_unit_test(the_newest_whole_step_is_found),
        cmocka_unit_test(old_steps_go_when_two_new_ones_are_whole),
        cmocka_unit_test(a_verified_step_that_changed_is_read_again),
        cmocka_unit_test(addresses_name_files),
        cmocka_unit_test(addresses_are_parsed),
    };

    return cmocka_run_group_tests_name("run", tests, make_folder, finish);
}
