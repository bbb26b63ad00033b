/* tests/crash/log.h -- what the program asked of the disk, as the shim wrote it down, and the
 * disk it leaves.
 *
 * A line a call, then the bytes of a write; names are relative to the run:
 *     mkdir NAME    create NAME [excl] [nofollow]    write NAME BYTES    fsync NAME    close
 * NAME rename NAME NAME    unlink NAME    syncdir NAME
 *
 * The disk after a crash: a name is there once its folder was synced after the call that made
 * it, bytes once their file was. Everything else is there or not, as it happens. */
#ifndef DS_TESTS_CRASH_LOG_H
#define DS_TESTS_CRASH_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call_kind {
    CALL_MKDIR,
    CALL_CREATE,
    CALL_WRITE,
    CALL_FSYNC,
    CALL_CLOSE,
    CALL_RENAME,
    CALL_UNLINK,
    CALL_SYNCDIR
};

struct call {
    enum call_kind kind;
    char name[64], to[64]; /* to: of a rename */
    bool excl, nofollow;
    unsigned char *bytes; /* of a write */
    size_t n;
};

struct log {
    struct call *call;
    int count;
};

void log_read(struct log *l, const char *path);
void log_clear(struct log *l);

/* The folder part of a name: "checkpoints", or "." */
const char *log_folder(const char *name);

/* Makes `run` as it is on disk when the machine stops after the first `calls` calls and `extra`
 * bytes of the next (a write). lose NULL: a killed process, everything asked for is there.
 * Otherwise the state of trial_random: of what was not synced, any part is lost: folder
 * entries, and blocks of 4096 bytes. Returns whether run.h5 is there. */
bool disk_make(const struct log *l, int calls, size_t extra, uint64_t *lose, const char *run);

#endif
