/* core/base/err.h -- how a failure travels. Public header.
 *
 * A function that can fail returns int (0 is good) and takes `struct ds_err *err` last,
 * never NULL. The one who meets the problem writes the sentence:
 *
 *     return ds_fail(err, DS_DATA, "%s: %d bytes, expected %d; download it again", path, n, m);
 *
 * One line, lower case, no full stop: what file, what was found, what was expected, the
 * remedy if there is one. Callers may put context in front with ds_while(); nobody below
 * viz/cli prints or exits. */
#ifndef DS_CORE_BASE_ERR_H
#define DS_CORE_BASE_ERR_H

/* The numbers are the program's exit codes (sysexits.h where it has one). */
enum ds_code {
    DS_OK = 0,
    DS_FAILED = 1,       /* a comparison or a check came out negative */
    DS_USAGE = 2,        /* asked wrongly: unknown option, impossible value */
    DS_DATA = 65,        /* a file is damaged, foreign, or does not fit */
    DS_NOINPUT = 66,     /* a file is missing or cannot be read */
    DS_UNAVAILABLE = 69, /* built without it, or no display */
    DS_INTERNAL = 70,    /* not finite, or a broken promise of ours */
    DS_NOMEM = 71,
    DS_CANTCREATE = 73, /* the target exists or its folder cannot be written */
    DS_IO = 74,         /* reading or writing failed half-way */
    DS_BUSY = 75,       /* somebody else holds the run */
    DS_INTERRUPTED = 130, /* by SIGINT, and 128 + its number by another signal: */
    DS_HUNG_UP = 129,
    DS_TERMINATED = 143
};

struct ds_err {
    enum ds_code code;
    char text[1024];
};

/* Records the failure and returns its code. Line ends become blanks: a failure is one line,
 * whatever it quotes. */
int ds_fail(struct ds_err *err, enum ds_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of a recorded failure and returns its code. */
int ds_while(struct ds_err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
