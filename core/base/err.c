/* core/base/err.c -- how a failure travels. See the header. */
#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One line, whatever names and words of files are in it. */
static void join_lines(char *text)
{
    for (; (text = strpbrk(text, "\r\n")); text++)
        *text = ' ';
}

int ds_fail(struct ds_err *err, enum ds_code code, const char *format, ...)
{
    va_list args;

    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    join_lines(err->text);
    return code;
}

int ds_while(struct ds_err *err, const char *format, ...)
{
    char context[256];
    va_list args;
    size_t used, rest;

    va_start(args, format);
    vsnprintf(context, sizeof context - 2, format, args);
    va_end(args);
    join_lines(context);
    strcat(context, ": ");
    used = strlen(context);
    rest = strlen(err->text) + 1;
    if (rest > sizeof err->text - used)
        rest = sizeof err->text - used;
    memmove(err->text + used, err->text, rest);
    memcpy(err->text, context, used);
    err->text[sizeof err->text - 1] = 0;
    return err->code;
}
