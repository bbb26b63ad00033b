/* viz/cli/cmd_bench_child.c -- other processes of driftscope bench: PyTorch, and itself again.
 *
 * PyTorch takes its environment once, when it is loaded, and keeps its memory; so it lives in a
 * process of its own, which stays, is asked one thing at a time, and sleeps in between. Its
 * script (share/bench/torch_side.py) is baked into the program. Where the parent dies, the
 * child reads an end of file and ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "viz/cli/baked.h"
#include "viz/cli/cmd_bench.h"

extern char **environ;

struct ds_bench_child {
    pid_t pid;
    int line; /* socket: its standard input and output */
    FILE *answers;
    char about[512];
};

/* argv[0] is looked for along PATH. */
static int launch(struct ds_bench_child **out, const char *const *argv, struct ds_err *err)
{
    struct ds_bench_child *c = *out = calloc(1, sizeof *c);
    posix_spawn_file_actions_t files;
    int line[2], failed;

    if (!c || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line))
        return ds_fail(err, DS_NOMEM, "no process for %s: %s", argv[0], strerror(errno));
    c->line = line[0];
    c->answers = fdopen(line[0], "r");
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, line[1], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, line[1], STDOUT_FILENO);
    failed = posix_spawnp(&c->pid, argv[0], &files, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    close(line[1]);
    if (failed || !c->answers) {
        c->pid = failed ? 0 : c->pid;
        return ds_fail(err, DS_UNAVAILABLE, "no process for %s: %s", argv[0], strerror(failed));
    }
    return 0;
}

void ds_bench_child_close(struct ds_bench_child *c)
{
    if (!c)
        return;
    if (c->answers)
        fclose(c->answers);
    if (c->pid > 0)
        waitpid(c->pid, NULL, 0);
    free(c);
}

/* The folder of Debian's OpenMP OpenBLAS, where it is: PyTorch's own threads and those of the
 * other OpenBLAS wait for each other. TORCH_BLAS names another library. */
static void find_blas(char *folder, size_t size)
{
    const char *named = getenv("TORCH_BLAS");
    glob_t found = {0};

    if (!named && !glob("/usr/lib/*/openblas-openmp/libblas.so.3", 0, NULL, &found))
        named = found.gl_pathv[0];
    snprintf(folder, size, "%s", named ? named : "");
    if (strrchr(folder, '/'))
        *strrchr(folder, '/') = 0;
    globfree(&found);
}

static int try_python(struct ds_bench_child **out, const char *python,
                      const struct ds_bench_case *c, int threads, enum ds_precision precision,
                      struct ds_err *err)
{
    const int number[] = {c->side, c->patch, c->channels, c->dim, c->depth, c->heads, c->batch};
    enum { NUMBERS = sizeof number / sizeof *number };
    char folder[1024], omp[64], path[1200], text[NUMBERS][16];
    const char *argv[16] = {"env",  omp,  path,
                            python, "-c", ds_baked_text(ds_scripts, "torch_side")};
    int n = 6;

    find_blas(folder, sizeof folder);
    snprintf(omp, sizeof omp, "OMP_NUM_THREADS=%d", threads);
    snprintf(path, sizeof path, "LD_LIBRARY_PATH=%s%s%s", folder, *folder ? ":" : "",
             getenv("LD_LIBRARY_PATH") ? getenv("LD_LIBRARY_PATH") : "");
    for (int i = 0; i < NUMBERS; i++) {
        snprintf(text[i], sizeof text[i], "%d", number[i]);
        argv[n++] = text[i];
    }
    argv[n++] = ds_bench_precision_name[precision];
    if (launch(out, argv, err))
        return err->code;
    if (!fgets((*out)->about, sizeof(*out)->about, (*out)->answers))
        return ds_fail(err, DS_UNAVAILABLE,
                       "PyTorch is missing: apt install python3-torch libopenblas0-openmp");
    (*out)->about[strcspn((*out)->about, "\n")] = 0;
    return 0;
}

int ds_bench_torch_open(struct ds_bench_child **out, const struct ds_bench_case *c, int threads,
                        enum ds_precision precision, struct ds_err *err)
{
    const char *const python[] = {getenv("DRIFTSCOPE_PYTHON"), "python3", "/usr/bin/python3"};
    const int n = python[0] ? 1 : 3;

    for (int i = !python[0]; i < n; i++) {
        err->code = DS_OK;
        if (!try_python(out, python[i], c, threads, precision, err))
            return 0;
        ds_bench_child_close(*out);
        *out = NULL;
    }
    return err->code;
}

const char *ds_bench_torch_about(const struct ds_bench_child *c)
{
    return c->about;
}

int ds_bench_torch_ask(double *answer, struct ds_bench_child *c, const char *what,
                       struct ds_err *err)
{
    char line[64];
    const int n = snprintf(line, sizeof line, "%s\n", what);

    if (send(c->line, line, (size_t)n, MSG_NOSIGNAL) != n ||
        !fgets(line, sizeof line, c->answers) || (*answer = strtod(line, NULL)) <= 0)
        return ds_fail(err, DS_FAILED, "PyTorch ended instead of measuring '%s'", what);
    return 0;
}

int ds_bench_again(char **text, const char *const *argv, struct ds_err *err)
{
    struct ds_bench_child *c;
    size_t room = 0;
    int code = launch(&c, argv, err);

    *text = NULL;
    if (!code && getdelim(text, &room, 0, c->answers) < 0)
        code = ds_fail(err, DS_FAILED, "the process that measures memory said nothing");
    ds_bench_child_close(c);
    return code;
}
