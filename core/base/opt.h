/* core/base/opt.h -- one option table, many readers. Public header.
 *
 * A row says everything about an option: defaults, flags, config keys, --help, the man page,
 * completions and the attributes stored in a run are all read off the same table.
 *
 *     #define AT(field) DS_OPT_AT(train_opt, field)
 *     const struct ds_opt table[] = {
 *         {"epochs", "5", "N", "passes over each task", AT(epochs), .lo = 1, .hi = 1e4},
 *         {"data", "", "NAME", "images to learn from", AT(data)},
 *         {0}
 *     };
 *
 * Fields are bool, int, double, or char[N] (text). A row with `choice` is an int spoken as a
 * word; without `arg` it is a flag with more words than yes and no (--refine, --no-refine,
 * --refine=align). On the command line: --key value, --key=value, --flag, --no-flag, -x value. */
#ifndef DS_CORE_BASE_OPT_H
#define DS_CORE_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include "core/base/err.h"

enum ds_opt_type { DS_OPT_BOOL, DS_OPT_INT, DS_OPT_REAL, DS_OPT_TEXT };

struct ds_opt {
    const char *key, *fallback, *arg, *help;
    size_t at, size; /* where in the options struct */
    enum ds_opt_type type;
    double lo, hi;             /* equal: no range */
    const char *const *choice; /* an int spoken as a word; NULL-terminated */
    char letter;               /* -x, or 0 */
    const char *group;         /* heading in --help; NULL: same as the row before */
};

/* May be given without a value, and as --no-key. */
static inline bool ds_opt_is_flag(const struct ds_opt *row)
{
    return row->type == DS_OPT_BOOL || (row->choice && !row->arg);
}

/* The compiler finds type, place and size: a row cannot lie about them. */
#define DS_OPT_AT(S, field)                                                                   \
    .at = offsetof(struct S, field), .size = sizeof((struct S *)0)->field,                    \
    .type = _Generic(((struct S *)0)->field,                                                  \
        bool: DS_OPT_BOOL, int: DS_OPT_INT, double: DS_OPT_REAL, char *: DS_OPT_TEXT)

/* Fills every field from the rows' fallbacks. A bad fallback is a bug and is reported. */
int ds_opt_defaults(const struct ds_opt *t, void *into, struct ds_err *err);

/* Sets one option from text. `origin` ("--epochs", "fashion5.ini:12") begins the sentence.
 * DS_USAGE for unknown keys (with "did you mean"), wrong types, ranges, too long text. */
int ds_opt_set(const struct ds_opt *t, void *into, const char *key, const char *value,
               const char *origin, struct ds_err *err);

/* Takes the options out of argv[0..*argc), leaves the operands in order. "--" ends options. */
int ds_opt_args(const struct ds_opt *t, void *into, int *argc, char **argv, struct ds_err *err);

/* What the arguments give for one option (the last time), unchecked, or NULL: for options that
 * bring values of others (--preset). Stores nothing, moves nothing, skips what it cannot read. */
const char *ds_opt_peek(const struct ds_opt *t, int argc, char **argv, const char *key);

/* The value as text that ds_opt_set reads back to the same bits; returns `buffer`. */
const char *ds_opt_print(const struct ds_opt *row, const void *from, char *buffer, size_t size);

/* The row of that key, or NULL. */
const struct ds_opt *ds_opt_lookup(const struct ds_opt *t, const char *key);

/* The nearest of `words` (NULL-terminated), or of the table's keys, to `word` within an edit
 * distance of 3 (less for short words), or NULL. */
const char *ds_opt_nearest(const char *word, const char *const *words);
const char *ds_opt_nearest_key(const struct ds_opt *t, const char *word);

#endif
