/* data/protocol/ini.c -- texts of "key = value" lines. See ini_int.h.
 *
 * Not inih: it reads 200 bytes of a line, and a path or a list of classes can be longer. */
#include "data/protocol/ini_int.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without the blanks around it. */
static char *trim(char *text)
{
    size_t n;

    while (is_blank(*text))
        text++;
    for (n = strlen(text); n && is_blank(text[n - 1]); n--)
        ;
    text[n] = '\0';
    return text;
}

/* From a ';' behind a blank. */
static void cut_comment(char *text)
{
    for (char *c = text; *c; c++)
        if (*c == ';' && (c == text || is_blank(c[-1])))
            *c = '\0';
}

struct ini {
    char section[DS_INI_LINE + 1], line[DS_INI_LINE + 1];
    ds_ini_take *take;
    void *with;
};

/* Whether it is a line of the form; what it says is taken. */
static bool read_line(struct ini *ini, int *code)
{
    char *line = trim(ini->line), *end;

    *code = 0;
    if (!*line || *line == ';' || *line == '#')
        return true;
    if (*line == '[') {
        if (!(end = strchr(line, ']')))
            return false;
        *end = '\0';
        memcpy(ini->section, line + 1, (size_t)(end - line));
        return true;
    }
    if (!(end = strpbrk(line, "=:")))
        return false;
    *end = '\0';
    cut_comment(end + 1);
    *code = ini->take(ini->with, ini->section, trim(line), trim(end + 1));
    return true;
}

int ds_ini_read(const char *text, const char *origin, ds_ini_take *take, void *with,
                struct ds_err *err)
{
    struct ini ini = {.take = take, .with = with};
    int code = 0, number = 1;

    if (!strncmp(text, "\xef\xbb\xbf", 3)) /* what some editors put in front of UTF-8 */
        text += 3;
    for (; *text && !code; number++) {
        const size_t n = strcspn(text, "\n");

        if (n > DS_INI_LINE)
            return ds_fail(err, DS_DATA, "%s:%d: the line has %zu bytes, at most %d are read",
                           origin, number, n, DS_INI_LINE);
        memcpy(ini.line, text, n);
        ini.line[n] = '\0';
        text += n + (text[n] == '\n');
        if (!read_line(&ini, &code))
            return ds_fail(err, DS_DATA, "%s:%d: not a line of the form 'key = value'", origin,
                           number);
    }
    return code;
}
