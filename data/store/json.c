/* data/store/json.c -- measuring JSON without reading it, and reading it by entries. See the
 * header. */
#include "data/store/json.h"

#include <jansson.h>
#include <stdbool.h>

enum { VALUE = 40, TEXT = 64, KEY = 32, LIST = 128, OBJECT = 256 };

struct measured {
    size_t memory, largest; /* of all, of the largest entry of the outermost object */
    size_t keys;            /* of the outermost object */
    int deepest;
};

static struct measured measure(const char *text, size_t n)
{
    struct measured m = {0};
    size_t before = 0; /* the entry we are in */
    bool string = false;
    int depth = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"') {
            string = !string;
            m.memory += string ? TEXT : 0;
        } else if (string) {
            m.memory++;
            i += text[i] == '\\';
        } else if (text[i] == ',') {
            m.memory += VALUE;
            before = depth == 1 ? m.memory : before;
        } else if (text[i] == ':') {
            m.memory += KEY;
            m.keys += depth == 1;
        } else if (text[i] == ']' || text[i] == '}') {
            depth--;
        } else if (text[i] == '[' || text[i] == '{') {
            m.memory += text[i] == '[' ? LIST : OBJECT;
            if (++depth > m.deepest)
                m.deepest = depth;
        }
        if (m.memory - before > m.largest)
            m.largest = m.memory - before;
    }
    return m;
}

static int judge(const struct measured *m, size_t memory, const char *file, struct ds_err *err)
{
    if (m->deepest > DS_JSON_DEPTH)
        return ds_fail(err, DS_DATA, "%s: its JSON is nested %d deep, at most %d are read",
                       file, m->deepest, DS_JSON_DEPTH);
    if (m->keys > DS_JSON_KEYS)
        return ds_fail(err, DS_DATA, "%s: has %zu entries, at most %d are read", file, m->keys,
                       DS_JSON_KEYS);
    if (memory > DS_JSON_MEMORY)
        return ds_fail(err, DS_DATA,
                       "%s: its JSON would take some %zu MB, at most %d are taken", file,
                       memory / 1000000, DS_JSON_MEMORY / 1000000);
    return 0;
}

int ds_json_measure(const char *text, size_t n, const char *file, struct ds_err *err)
{
    const struct measured m = measure(text, n);

    return judge(&m, m.memory, file, err);
}

struct reader {
    const char *text, *file;
    size_t n, at;
    struct ds_err *err;
};

static int refuse(const struct reader *r, const char *what, size_t at)
{
    return ds_fail(r->err, DS_DATA, "%s: its JSON has %s at byte %zu", r->file, what, at);
}

/* The next byte that is no blank, or a blank at the end. */
static char peek(struct reader *r)
{
    for (; r->at < r->n; r->at++) {
        const char c = r->text[r->at];

        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return c;
    }
    return ' ';
}

/* The value that comes next, the caller's; NULL after recording why not. */
static json_t *next(struct reader *r)
{
    json_error_t bad;
    json_t *value =
        json_loadb(r->text + r->at, r->n - r->at,
                   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &bad);

    if (value)
        r->at += (size_t)bad.position; /* bytes that were read */
    else if (json_error_code(&bad) == json_error_duplicate_key)
        refuse(r, "a key twice", r->at + (size_t)bad.position);
    else
        refuse(r, "a mistake", r->at + (size_t)bad.position);
    return value;
}

static int entry(struct reader *r, ds_json_take *take, void *with)
{
    json_t *key = next(r), *value = NULL;
    int code;

    if (!key)
        return r->err->code;
    if (!json_is_string(key) || peek(r) != ':')
        code = refuse(r, "a mistake", r->at);
    else if (r->at++, !(value = next(r)))
        code = r->err->code;
    else
        code = take(with, json_string_value(key), value);
    json_decref(key);
    json_decref(value);
    return code;
}

int ds_json_entries(const char *text, size_t n, const char *file, ds_json_take *take,
                    void *with, struct ds_err *err)
{
    const struct measured m = measure(text, n);
    struct reader r = {.text = text, .file = file, .n = n, .err = err};
    int code = judge(&m, m.largest, file, err);
    bool more;

    if (code)
        return code;
    if (peek(&r) != '{')
        return ds_fail(err, DS_DATA, "%s: its JSON is not an object", file);
    r.at++;
    more = peek(&r) != '}';
    while (more && !(code = entry(&r, take, with)))
        if ((more = peek(&r) == ','))
            r.at++;
    if (code)
        return code;
    if (peek(&r) != '}')
        return refuse(&r, "a mistake", r.at);
    r.at++;
    peek(&r);
    return r.at < n ? refuse(&r, "a mistake", r.at) : 0;
}
