/* core/base/opt_near.c -- "did you mean": the nearest word by edit distance.
 *
 * Insertions, deletions, replacements and swaps of neighbours cost one each (optimal string
 * alignment, Damerau 1964): a swap is the commonest slip of a hand on a keyboard. */
#include "core/base/opt.h"

#include <stddef.h>
#include <string.h>

enum { WORD_MAX = 48, FARTHEST = 3 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    int d[3][WORD_MAX + 1]; /* rows i-2, i-1 and i of the table, in turn */

    if (n > WORD_MAX || m > WORD_MAX)
        return FARTHEST + 1;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int *now = d[i % 3], *up = d[(i + 2) % 3], *upper = d[(i + 1) % 3];

        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = least(least(up[j], now[j - 1]) + 1, up[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], upper[j - 2] + 1);
        }
    }
    return d[n % 3][m];
}

/* A short word is near to everything; what is suggested must share most of it. */
static int farthest(const char *word)
{
    return least(FARTHEST, 1 + (int)(strlen(word) / 3));
}

const char *ds_opt_nearest(const char *word, const char *const *words)
{
    const char *best = NULL;
    int far = strlen(word) > WORD_MAX ? 0 : farthest(word) + 1;

    for (; *words; words++) {
        const int d = distance(word, *words);

        if (d < far) {
            best = *words;
            far = d;
        }
    }
    return best;
}

const char *ds_opt_nearest_key(const struct ds_opt *t, const char *key)
{
    const char *best = NULL;
    int far = strlen(key) > WORD_MAX ? 0 : farthest(key) + 1;

    for (; t->key; t++) {
        const int d = distance(key, t->key);

        if (d < far) {
            best = t->key;
            far = d;
        }
    }
    return best;
}
