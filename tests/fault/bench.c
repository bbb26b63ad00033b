/* tests/fault/bench.c -- a command ready to be run again and again. See the header. */
#define _GNU_SOURCE
#include "tests/fault/bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 64 };

bool bench_place(char *place, int jobs)
{
    char below[64];
    bool good = mkdtemp(place) && !chdir(place);

    for (int i = 0; good && i <= jobs; i++) {
        snprintf(below, sizeof below, "%d", i);
        good = !mkdir(below, 0777);
    }
    good = good && !chdir("0");
    /* Nothing of the machine shows: no clock, no caches, one thread. */
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("MALLOC_ARENA_MAX", "1", 1);
    if (!good)
        perror(place);
    return good;
}

void bench_remove(const char *place)
{
    if (!chdir(place))
        folder_empty();
    if (chdir("/") || rmdir(place))
        perror(place);
}

static void become_program(const char *program, const char *words, const int *fd)
{
    char *argv[WORDS], *copy = strdup(words);
    int n = 0;

    argv[n++] = strdup("driftscope");
    for (char *w = strtok(copy, " "); w && n < WORDS - 1; w = strtok(NULL, " "))
        argv[n++] = w;
    argv[n] = NULL;
    for (int i = 0; i < 4; i++)
        if (dup2(fd[i], FAULT_ORDERS + i) < 0)
            _exit(98);
    setenv("DS_FAULT", "1", 1);
    execv(program, argv);
    _exit(98);
}

struct bench bench_open(const char *program, const char *words, const char *place)
{
    int orders[2], answers[2];
    struct bench b = {.out = memfd_create("out", MFD_CLOEXEC),
                      .error = memfd_create("error", MFD_CLOEXEC)};

    if ((place[0] != '0' && chdir(place)) || b.out < 0 || b.error < 0 ||
        pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC) || (b.server = fork()) < 0) {
        perror("bench");
        exit(99);
    }
    if (!b.server)
        become_program(program, words, (const int[]){orders[0], answers[1], b.out, b.error});
    close(orders[0]);
    close(answers[1]);
    b.orders = orders[1];
    b.answers = answers[0];
    return b;
}

static void listen_to(int fd, char *to, size_t size)
{
    const ssize_t n = pread(fd, to, size - 1, 0);

    to[n > 0 ? n : 0] = '\0';
}

struct fault_answer bench_run(struct bench *b, const struct fault_order *order,
                              struct said *said)
{
    struct fault_answer answer = {.status = 1 << 8};

    said->dead = write(b->orders, order, sizeof *order) != sizeof *order ||
                 read(b->answers, &answer, sizeof answer) != sizeof answer;
    listen_to(b->out, said->out, sizeof said->out);
    listen_to(b->error, said->error, sizeof said->error);
    if (said->dead) {
        fprintf(stderr, "the program under test does not answer\n");
        exit(99);
    }
    return answer;
}

void bench_close(struct bench *b)
{
    close(b->orders);
    close(b->answers);
    close(b->out);
    close(b->error);
    waitpid(b->server, NULL, 0);
}

struct folder folder_part(const struct folder *all, const char *needs)
{
    struct folder part = {.file = calloc((size_t)all->count + 1, sizeof *part.file)};

    for (int i = 0; part.file && i < all->count; i++) {
        const char *path = all->file[i].path;
        const size_t n = strcspn(path, "/");
        const char *found = needs;

        for (; *found; found += strcspn(found, " "), found += strspn(found, " "))
            if (strcspn(found, " ") == n && !strncmp(found, path, n)) {
                part.file[part.count++] = all->file[i];
                break;
            }
    }
    return part;
}
