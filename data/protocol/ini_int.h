/* data/protocol/ini_int.h -- texts of "key = value" lines. For this room only.
 *
 * A line is "[section]", "key = value" or "key: value", blanks around each left out, or empty.
 * A comment is a line that begins with ';' or '#', or what follows a ';' behind a blank. */
#ifndef DS_DATA_PROTOCOL_INI_INT_H
#define DS_DATA_PROTOCOL_INI_INT_H

#include "core/base/err.h"

enum { DS_INI_LINE = 4000 }; /* bytes of a line without its end */

/* Takes one value ("" is the section before the first), or records why not and says so. */
typedef int ds_ini_take(void *with, const char *section, const char *key, const char *value);

/* Every value in turn, until one is not taken. `origin` begins the sentence. DS_DATA for a line
 * that is none, or too long. */
int ds_ini_read(const char *text, const char *origin, ds_ini_take *take, void *with,
                struct ds_err *err);

#endif
