/* viz/viewer/command.c -- the command table, and how a key finds its row. See the header. */
#include "viz/viewer/command.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "viz/viewer/command_list.h"

#define V           DS_CMD_VIEW
#define J           (DS_CMD_VIEW | DS_CMD_JUMP)
#define A           DS_CMD_ARG
#define FLAG(field) (int)offsetof(struct ds_view, field)
#define ROW(name, keys, group, help, flags, act, param)                                        \
    {name, keys, group, help, flags, act, param},
const struct ds_command ds_commands[] = {DS_COMMAND_LIST(ROW){0}};
#undef ROW
#undef FLAG
#undef A
#undef J
#undef V

const struct ds_command *ds_command_lookup(const char *name)
{
    for (const struct ds_command *c = ds_commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

/* The i-th key of a row into `to`; false behind the last. */
static bool key_at(const struct ds_command *c, int i, char *to, size_t size)
{
    const char *at = c->keys;
    size_t n;

    for (; i > 0; i--) {
        at += strcspn(at, "|");
        if (!*at++)
            return false;
    }
    n = strcspn(at, "|");
    snprintf(to, size, "%.*s", (int)n, at);
    return n > 0;
}

static bool binds(const struct ds_command *c, const char *key, char prefix)
{
    char bound[32];

    for (int i = 0; key_at(c, i, bound, sizeof bound); i++) {
        const bool two = bound[1] == ' ' && bound[2];

        if (two != (prefix != 0) || (two && bound[0] != prefix))
            continue;
        if (!strcmp(two ? bound + 2 : bound, key))
            return true;
        if (two && bound[2] == '*' && isalpha((unsigned char)key[0]) && !key[1])
            return true;
    }
    return false;
}

const struct ds_command *ds_command_of_key(const char *key, char prefix, bool picking)
{
    const struct ds_command *found = NULL;

    for (const struct ds_command *c = ds_commands; c->name; c++) {
        if (!binds(c, key, prefix) || (c->flags & DS_CMD_PICK && !picking))
            continue;
        if (!found || c->flags & DS_CMD_PICK)
            found = c;
    }
    return found;
}

bool ds_command_is_prefix(const char *key)
{
    char bound[32];

    if (!key[0] || key[1])
        return false;
    for (const struct ds_command *c = ds_commands; c->name; c++)
        for (int i = 0; key_at(c, i, bound, sizeof bound); i++)
            if (bound[0] == key[0] && bound[1] == ' ')
                return true;
    return false;
}

const char *ds_command_key(const struct ds_command *c, char *to, size_t size)
{
    if (!key_at(c, 0, to, size))
        *to = 0;
    return to;
}

void ds_command_run(struct ds_viewer *v, const struct ds_command *c, const struct ds_call *call)
{
    struct ds_call own = *call;
    struct ds_view before;

    if (!ds_viewer_ready(v) && !(c->flags & DS_CMD_ALWAYS))
        return;
    own.param = c->param;
    own.text = own.text ? own.text : "";
    before = v->view;
    c->act(v, &own);
    if (c->flags & DS_CMD_VIEW)
        ds_viewer_change(v, &before, c, (c->flags & DS_CMD_JUMP) != 0);
    else
        v->changes++;
}

/* Letters of `typed` in order within `name`: dense and early is better; -1: not there. */
static int score(const char *name, const char *typed)
{
    int at = 0, points = 0, last = -1;

    for (; *typed; typed++) {
        while (name[at] && tolower((unsigned char)name[at]) != tolower((unsigned char)*typed))
            at++;
        if (!name[at])
            return -1;
        points += at == last + 1 ? 0 : 4;
        points += at > 0 && name[at - 1] != '-' && name[at - 1] != ' ' ? 1 : 0;
        last = at++;
    }
    return points + (int)strlen(name) / 4;
}

int ds_command_match(const struct ds_command **list, int room, const char *typed)
{
    int n = 0, points[64] = {0};
    char word[DS_FIELD];

    snprintf(word, sizeof word, "%s", typed);
    word[strcspn(word, " ")] = 0;
    for (const struct ds_command *c = ds_commands; c->name; c++) {
        const int name = score(c->name, word), help = score(c->help, typed);
        const int p = name >= 0 ? name : help >= 0 ? 100 + help : -1;
        int at = n;

        if (p < 0)
            continue;
        while (at > 0 && points[at - 1] > p)
            at--;
        if (at >= room || at >= 64)
            continue;
        n += n < room && n < 64;
        for (int i = n - 1; i > at; i--) {
            list[i] = list[i - 1];
            points[i] = points[i - 1];
        }
        list[at] = c;
        points[at] = p;
    }
    return n;
}
