/* viz/viewer/keys.c -- keys of the user's own. See the header. */
#include "viz/viewer/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/store/file.h"
#include "viz/viewer/command.h"

enum { FILE_MOST = 1 << 16 };

static int unknown(const char *path, int number, const char *name, struct ds_err *err)
{
    const char *names[256];
    const char *near;
    int n = 0;

    for (const struct ds_command *c = ds_commands; c->name && n < 255; c++)
        names[n++] = c->name;
    names[n] = NULL;
    near = ds_opt_nearest(name, names);
    return ds_fail(err, DS_USAGE, "%s:%d: there is no command '%s'%s%s%s", path, number, name,
                   near ? "; did you mean '" : "; driftscope view --keys lists them",
                   near ? near : "", near ? "'" : "");
}

/* "key = command rest"; blanks around the parts do not count. The '=' key itself is "= = ...".
 */
static int read_line(struct ds_own_keys *k, char *line, const char *path, int number,
                     struct ds_err *err)
{
    char *equals = strchr(line + 1, '='), *end, name[64];
    struct ds_own_key *one = &k->at[k->n];

    if (!equals)
        return ds_fail(err, DS_USAGE, "%s:%d: expected KEY = command, found '%.60s'", path,
                       number, line);
    if (k->n == DS_OWN_KEYS)
        return ds_fail(err, DS_USAGE, "%s:%d: more than %d keys", path, number,
                       (int)DS_OWN_KEYS);
    end = equals;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    equals += 1 + strspn(equals + 1, " \t");
    snprintf(one->key, sizeof one->key, "%.*s", (int)(end - line), line);
    snprintf(one->line, sizeof one->line, "%s", equals);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(equals, " "), equals);
    if (!ds_command_lookup(name))
        return unknown(path, number, name, err);
    k->n++;
    return 0;
}

int ds_own_keys_load(struct ds_own_keys *k, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    struct stat st;
    char *text, *line;
    size_t n;
    int code, number = 1;

    k->n = 0;
    if (stat(path, &st))
        return 0;
    if ((code = ds_file_read(&bytes, &n, path, FILE_MOST, err)))
        return code;
    text = realloc(bytes, n + 1);
    if (!text) {
        free(bytes);
        return ds_fail(err, DS_NOMEM, "no memory for %s", path);
    }
    text[n] = 0;
    for (line = text; *line && !code; number++) {
        const size_t length = strcspn(line, "\r\n");
        char *after = line + length + (line[length] == '\r' && line[length + 1] == '\n');

        after += *after != 0;
        line[length] = 0;
        line += strspn(line, " \t");
        if (*line && *line != '#' && *line != ';' && *line != '[')
            code = read_line(k, line, path, number, err);
        line = after;
    }
    free(text);
    return code;
}

const char *ds_own_keys_find(const struct ds_own_keys *k, const char *key)
{
    for (int i = k->n - 1; i >= 0; i--) /* the last one counts */
        if (!strcmp(k->at[i].key, key))
            return k->at[i].line;
    return NULL;
}
