/* viz/cli/cmd_study_jobs.c -- processes side by side, and an orderly end. See the header.
 *
 * Signals are blocked and waited for, so that none is lost between looking and waiting. Each
 * process is a group of its own: Ctrl-C at the terminal reaches it through us, once, so that it
 * saves what it has (a second signal would end it at once). If we are killed, the kernel tells
 * them to end. */
#define _GNU_SOURCE
#include "viz/cli/cmd_study.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct running {
    struct ds_job_row *job;
    int jobs, active, ended, total;
    bool stopping;
    const struct ds_tone *tone;
};

/* In the new process: nothing but what is safe between fork and exec. */
static void become(const struct ds_job_row *j, const char *program, const sigset_t *mask,
                   pid_t parent)
{
    const int log = open(j->log, O_WRONLY | O_CREAT | O_APPEND, 0666);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
        getppid() != parent)
        _exit(DS_CANTCREATE);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execv(program, j->argv);
    _exit(DS_UNAVAILABLE);
}

static int launch(struct running *r, struct ds_job_row *j, const char *program,
                  const sigset_t *mask, struct ds_err *err)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();

    if (pid < 0)
        return ds_fail(err, DS_UNAVAILABLE, "no process for %s: %s", j->name, strerror(errno));
    if (pid == 0)
        become(j, program, mask, parent);
    setpgid(pid, pid); /* both sides set it: whoever comes first */
    j->pid = pid;
    j->begun = now();
    r->active++;
    ds_tty_detail(r->tone, "%s: begun", j->name);
    return 0;
}

/* The last line that a process wrote. */
static void last_line(char *to, size_t size, const char *log)
{
    char line[1024];
    FILE *in = fopen(log, "r");

    snprintf(to, size, "it said nothing");
    while (in && fgets(line, sizeof line, in)) {
        line[strcspn(line, "\n")] = 0;
        if (*line)
            snprintf(to, size, "%s", line);
    }
    if (in)
        fclose(in);
}

static void account(struct running *r, struct ds_job_row *j, int status)
{
    char said[512];
    const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

    j->pid = 0;
    r->active--;
    if (good) {
        j->state = DS_JOB_DONE;
        ds_tty_note(r->tone, "%s: finished in %.0f s (%d of %d)", j->name, now() - j->begun,
                    ++r->ended, r->total);
        return;
    }
    if (r->stopping) {
        j->state = DS_JOB_BEGUN;
        return;
    }
    j->state = DS_JOB_FAILED;
    last_line(said, sizeof said, j->log);
    ds_tty_note(r->tone, "%s: failed (%d of %d): %s; all of it in %s", j->name, ++r->ended,
                r->total, said, j->log);
}

static void reap(struct running *r)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < r->jobs; i++)
            if (r->job[i].pid == pid)
                account(r, &r->job[i], status);
}

static void pass_on(struct running *r, int number)
{
    r->stopping = true;
    for (int i = 0; i < r->jobs; i++)
        if (r->job[i].pid > 0)
            kill(r->job[i].pid, number);
}

static int start_some(struct running *r, int *next, int slots, const char *program,
                      const sigset_t *mask, struct ds_err *err)
{
    while (!r->stopping && r->active < slots && *next < r->jobs) {
        struct ds_job_row *j = &r->job[(*next)++];

        if (j->state != DS_JOB_DONE && launch(r, j, program, mask, err))
            return err->code;
    }
    return 0;
}

int ds_jobs_run(struct ds_job_row *job, int jobs, int slots, const char *program,
                const struct ds_tone *tone, struct ds_err *err)
{
    struct running r = {.job = job, .jobs = jobs, .tone = tone};
    const struct timespec second = {1, 0};
    static const int numbers[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP};
    sigset_t ours, before;
    int next = 0, code = 0;

    for (int i = 0; i < jobs; i++)
        r.total += job[i].state != DS_JOB_DONE;
    sigemptyset(&ours);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        signal(numbers[i], SIG_DFL); /* a shell may have had us ignore some */
        sigaddset(&ours, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &ours, &before);
    for (;;) {
        int number;

        reap(&r);
        if (!code && start_some(&r, &next, slots, program, &before, err)) {
            code = err->code;
            pass_on(&r, SIGTERM); /* what runs is saved before we give up */
        }
        if (!r.active)
            break;
        number = sigtimedwait(&ours, NULL, &second);
        if (number > 0 && number != SIGCHLD)
            pass_on(&r, number);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (code)
        return code;
    return r.stopping && r.ended < r.total
               ? ds_fail(err, DS_INTERRUPTED,
                         "interrupted after %d of %d runs; the same command goes "
                         "on",
                         r.ended, r.total)
               : 0;
}
