/* viz/cli/main.c -- driftscope: the door. Start reading here.
 *
 * Finds the command, fills its options (defaults, then what `before` brings, then flags),
 * runs it, and turns a failure into one line on stderr and an exit code. A reader that
 * leaves a pipe early (`driftscope export ... | head`) never kills a training run: SIGPIPE
 * is ignored, and the program ends with 74 and without a word. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/version.h"
#include "core/ops/cpu.h"
#include "data/store/h5_worker.h"
#include "viz/cli/json.h"
#include "viz/cli/table.h"

/* A closed standard stream would hand its number to the next file opened, and a note would
 * end up inside a checkpoint. Each gets a stand-in on which its own use fails. */
static void hold_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            if (open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
                _exit(DS_IO);
}

static bool reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/* The result counts only once it has left the program. */
static int finish_stdout(const struct ds_tone *tone, int code)
{
    const bool lost = ferror(stdout) != 0, gone = reader_left();
    char text[256];

    errno = 0;
    if (!fclose(stdout) && !lost)
        return code;
    if (!gone && !code) {
        snprintf(text, sizeof text, "standard output cannot be written%s%s", errno ? ": " : "",
                 errno ? strerror(errno) : "");
        ds_tty_error(tone, text);
    }
    return code ? code : DS_IO;
}

static int check_operands(const struct ds_cmd *c, int n, char **operand, struct ds_err *err)
{
    if (n < c->least)
        return ds_fail(err, DS_USAGE, "%s wants %s; see driftscope %s --help", c->name,
                       c->operands, c->name);
    if (c->most >= 0 && n > c->most && !c->most)
        return ds_fail(err, DS_USAGE, "%s takes options only, found '%s'; see driftscope %s --help",
                       c->name, operand[0], c->name);
    if (c->most >= 0 && n > c->most)
        return ds_fail(err, DS_USAGE, "%s takes %s, found '%s' behind it; see driftscope %s --help",
                       c->name, c->operands, operand[c->most], c->name);
    return 0;
}

static int run(const struct ds_cmd *c, int argc, char **argv, struct ds_tone *tone,
               struct ds_err *err)
{
    size_t size = 0, at = 0;
    struct ds_opt *rows = ds_cmd_rows(c, &size, &at);
    char *opt = rows ? calloc(1, size) : NULL;
    const struct ds_global *global;
    const char *help;

    if (!opt) {
        ds_fail(err, DS_NOMEM, "out of memory");
        goto done;
    }
    global = (const struct ds_global *)(void *)(opt + at);
    help = ds_opt_peek(rows, argc, argv, "help");
    if (help && !strcmp(help, "yes")) {
        ds_help_one(stdout, c, err);
        goto done;
    }
    if (ds_opt_defaults(rows, opt, err) || (c->before && c->before(opt, argc, argv, err)) ||
        ds_opt_args(rows, opt, &argc, argv, err))
        goto done;
    *tone = ds_tty_tone(global->quiet, global->verbose);
    if (check_operands(c, argc, argv, err))
        goto done;
    err->code = (enum ds_code)c->run(opt, argc, argv, tone, err);

done:
    free(opt);
    free(rows);
    return (int)err->code;
}

static int dispatch(int argc, char **argv, struct ds_tone *tone, struct ds_err *err)
{
    const char *name = argc > 1 ? argv[1] : "", *best;
    const struct ds_cmd *c;

    if (argc < 2) {
        ds_help_all(stderr);
        return DS_USAGE;
    }
    if (!strcmp(name, "-h") || !strcmp(name, "--help") || (!strcmp(name, "help") && argc < 3)) {
        ds_help_all(stdout);
        return 0;
    }
    if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
        printf("driftscope %s\n", DS_VERSION);
        return 0;
    }
    if (!strcmp(name, "help"))
        name = argv[2];
    c = ds_cmd_lookup(name);
    best = c ? NULL : ds_cmd_nearest(name);
    if (!c && *name == '-')
        return ds_fail(err, DS_USAGE, "a command comes before %s; see driftscope --help", name);
    if (!c)
        return ds_fail(err, DS_USAGE, "there is no command '%s'%s%s%s; see driftscope --help", name,
                       best ? "; did you mean '" : "", best ? best : "", best ? "'" : "");
    if (name != argv[1])
        return ds_help_one(stdout, c, err);
    return run(c, argc - 2, argv + 2, tone, err);
}

int main(int argc, char **argv)
{
    static const char h5_worker[] = "h5-worker"; /* ours alone, so no command of the table */
    const char *kernels = getenv("DRIFTSCOPE_KERNELS");
    struct ds_err err = {.code = DS_OK};
    struct ds_tone tone;
    int code;

    hold_standard_streams();
    ds_json_begin();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files fails the write, as a full disk does */
    if (argc == 3 && !strcmp(argv[1], h5_worker))
        return ds_h5_worker_run(argv[2]);
    ds_h5_worker_use("/proc/self/exe", h5_worker);
    tone = ds_tty_tone(false, false);
    code = kernels && *kernels ? ds_cpu_limit(kernels, "DRIFTSCOPE_KERNELS", &err) : 0;
    if (!code)
        code = dispatch(argc, argv, &tone, &err);
    if (code && *err.text)
        ds_tty_error(&tone, err.text);
    return finish_stdout(&tone, code);
}
