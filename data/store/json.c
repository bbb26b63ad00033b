/* data/store/json.c -- measuring JSON without reading it. See the header. */
#include "data/store/json.h"

#include <stdbool.h>

enum { VALUE = 40, KEY = 96, LIST = 128, OBJECT = 256 };

struct measured {
    size_t memory, keys; /* keys of the outermost object */
    int deepest;
};

/* What stands in a string counts for nothing. */
static struct measured measure(const char *text, size_t n)
{
    struct measured m = {0};
    bool string = false;
    int depth = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"')
            string = !string;
        else if (string)
            i += text[i] == '\\';
        else if (text[i] == ',')
            m.memory += VALUE;
        else if (text[i] == ':') {
            m.memory += KEY;
            m.keys += depth == 1;
        } else if (text[i] == ']' || text[i] == '}')
            depth--;
        else if (text[i] == '[' || text[i] == '{') {
            m.memory += text[i] == '[' ? LIST : OBJECT;
            if (++depth > m.deepest)
                m.deepest = depth;
        }
    }
    return m;
}

int ds_json_measure(const char *text, size_t n, const char *file, struct ds_err *err)
{
    const struct measured m = measure(text, n);

    if (m.deepest > DS_JSON_DEPTH)
        return ds_fail(err, DS_DATA, "%s: its JSON is nested %d deep, at most %d are read",
                       file, m.deepest, DS_JSON_DEPTH);
    if (m.keys > DS_JSON_KEYS)
        return ds_fail(err, DS_DATA, "%s: has %zu entries, at most %d are read", file, m.keys,
                       DS_JSON_KEYS);
    if (m.memory > DS_JSON_MEMORY)
        return ds_fail(err, DS_DATA,
                       "%s: its JSON would take some %zu MB, at most %d are taken", file,
                       m.memory / 1000000, DS_JSON_MEMORY / 1000000);
    return 0;
}
