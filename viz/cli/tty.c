/* viz/cli/tty.c -- talking to a person. See the header. */
#define _DEFAULT_SOURCE
#include "viz/cli/tty.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048, BAR = 24 };

struct ds_tone ds_tty_tone(bool quiet, bool verbose)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    const bool able = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;

    return (struct ds_tone){.quiet = quiet,
                            .verbose = verbose && !quiet,
                            .terminal = able,
                            .color = able && !(no_color && *no_color)};
}

/* Bytes of the well-formed UTF-8 character at `s` that a terminal may be shown, or 0. C1
 * controls (U+0080..U+009F) steer a terminal as ESC does. */
static size_t printable(const unsigned char *s)
{
    size_t n;

    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return n == 2 && s[0] == 0xc2 && s[1] < 0xa0 ? 0 : n;
}

const char *ds_tty_plain(char *to, size_t size, const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;

    while (*s) {
        const size_t n = printable(s);

        if (used + (n ? n : 4) >= size)
            break;
        if (n)
            memcpy(to + used, s, n);
        else
            snprintf(to + used, 5, "\\x%02x", *s);
        used += n ? n : 4;
        s += n ? n : 1;
    }
    to[used] = '\0';
    return to;
}

/* A note that comes while a bar is shown takes the bar's line. */
static void say(const struct ds_tone *t, const char *format, va_list args)
{
    char text[LINE_MAX_BYTES], plain[LINE_MAX_BYTES];

    vsnprintf(text, sizeof text, format, args);
    fprintf(stderr, "%s%s\n", t->terminal ? "\r\033[K" : "",
            ds_tty_plain(plain, sizeof plain, text));
}

void ds_tty_note(const struct ds_tone *t, const char *format, ...)
{
    va_list args;

    if (t->quiet)
        return;
    va_start(args, format);
    say(t, format, args);
    va_end(args);
}

void ds_tty_detail(const struct ds_tone *t, const char *format, ...)
{
    va_list args;

    if (!t->verbose)
        return;
    va_start(args, format);
    say(t, format, args);
    va_end(args);
}

void ds_tty_error(const struct ds_tone *t, const char *text)
{
    char plain[LINE_MAX_BYTES];

    fprintf(stderr, "%s%serror:%s %s\n", t->terminal ? "\r\033[K" : "",
            t->color ? "\033[1;31m" : "", t->color ? "\033[0m" : "",
            ds_tty_plain(plain, sizeof plain, text));
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* "42 s", "3:07", "1:02:09" */
static const char *span(char *to, size_t size, double s)
{
    const long whole = lround(s < 0 ? 0 : s > 359999 ? 359999 : s);

    if (whole < 60)
        snprintf(to, size, "%ld s", whole);
    else if (whole < 3600)
        snprintf(to, size, "%ld:%02ld", whole / 60, whole % 60);
    else
        snprintf(to, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return to;
}

void ds_progress_begin(struct ds_progress *p, const struct ds_tone *tone, long total,
                       const char *label)
{
    *p = (struct ds_progress){.tone = tone, .total = total > 0 ? total : 1, .first = -1};
    ds_tty_plain(p->label, sizeof p->label, label);
    p->begun = seconds();
    p->shown = p->begun; /* nothing in the first moments: most work is over by then */
}

static size_t columns(void)
{
    struct winsize w;

    return !ioctl(STDERR_FILENO, TIOCGWINSZ, &w) && w.ws_col > 1 ? w.ws_col - 1u : 79;
}

static void bar(struct ds_progress *p, long done, const char *extra, double now)
{
    const double spent = now - p->begun;
    const double rate = spent > 0 ? (double)(done - p->first) / spent : 0;
    const int full = (int)(BAR * done / p->total);
    char left[32] = "?", text[256];
    size_t room = columns();

    if (rate > 0)
        span(left, sizeof left, (double)(p->total - done) / rate);
    snprintf(text, sizeof text, "%s [%.*s%*s] %3ld %%  %.3g/s  %s left%s%s", p->label, full,
             "########################", BAR - full, "", 100 * done / p->total, rate, left,
             *extra ? "  " : "", extra);
    if (room > sizeof text)
        room = sizeof text;
    fprintf(stderr, "\r\033[K%.*s", (int)room, text); /* a wrapped line cannot be taken back */
    fflush(stderr);
    p->shown = now;
}

static void line(struct ds_progress *p, long done, const char *extra, double now)
{
    const int tenth = (int)(10 * done / p->total);
    char spent[32];

    if (tenth <= p->tenth)
        return;
    p->tenth = tenth;
    fprintf(stderr, "%s: %d %%, %s%s%s\n", p->label, 10 * tenth,
            span(spent, sizeof spent, now - p->begun), *extra ? ", " : "", extra);
}

void ds_progress_at(struct ds_progress *p, long done, const char *extra)
{
    double now;

    if (p->tone->quiet)
        return;
    done = done < 0 ? 0 : done > p->total ? p->total : done;
    if (p->first < 0)
        p->first = done; /* a resumed run begins in the middle */
    now = seconds();
    if (!p->tone->terminal)
        line(p, done, extra, now);
    else if (now - p->shown >= 0.1)
        bar(p, done, extra, now);
}

void ds_progress_end(struct ds_progress *p)
{
    if (!p->tone->quiet && p->tone->terminal && p->shown > p->begun)
        fputs("\r\033[K", stderr);
}
