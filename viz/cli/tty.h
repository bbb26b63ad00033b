/* viz/cli/tty.h -- talking to a person: notes and progress on stderr. For viz/cli only. */
#ifndef DS_VIZ_CLI_TTY_H
#define DS_VIZ_CLI_TTY_H

#include <stdbool.h>
#include <stddef.h>

struct ds_tone {
    bool quiet, verbose; /* -q, -v */
    bool color;          /* a terminal, and NO_COLOR is unset or empty */
    bool terminal;       /* stderr is one */
};

/* How to talk, from the flags, the terminal and the environment. */
struct ds_tone ds_tty_tone(bool quiet, bool verbose);

/* Text from outside (file names, names inside files) made harmless: whatever steers a terminal,
 * and whatever is not UTF-8, becomes \xNN. Cuts at size; returns `to`. Notes and failures go
 * through it by themselves; tables on stdout must call it. */
const char *ds_tty_plain(char *to, size_t size, const char *text);

/* "error: text", whatever the tone. */
void ds_tty_error(const struct ds_tone *t, const char *text);

/* A line on stderr, unless quiet. `ds_tty_detail` only when verbose. */
void ds_tty_note(const struct ds_tone *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ds_tty_detail(const struct ds_tone *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A bar with rate and time left on a terminal; one line per 10 % otherwise; nothing when quiet. */
struct ds_progress {
    const struct ds_tone *tone;
    char label[64];
    long total, first; /* first: where it began, not 0 when resumed */
    double begun, shown;
    int tenth;
};

void ds_progress_begin(struct ds_progress *p, const struct ds_tone *tone, long total,
                       const char *label);
/* extra is a few words shown behind the bar ("loss 0.412"), or "". */
void ds_progress_at(struct ds_progress *p, long done, const char *extra);
void ds_progress_end(struct ds_progress *p);

#endif
