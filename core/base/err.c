/* core/base/err.c -- how a failure travels. See the header. */
#include "core/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int ds_fail(struct ds_err *err, enum ds_code code, const char *format, ...)
{
    va_list args;

    err->code = code;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return code;
}

int ds_while(struct ds_err *err, const char *format, ...)
{
    char old[sizeof err->text];
    va_list args;
    int used;

    memcpy(old, err->text, sizeof old);
    va_start(args, format);
    used = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof err->text)
        snprintf(err->text + used, sizeof err->text - (size_t)used, ": %.*s",
                 (int)(sizeof old - 1), old);
    return err->code;
}
