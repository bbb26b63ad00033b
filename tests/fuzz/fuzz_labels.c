/* tests/fuzz/fuzz_labels.c -- a damaged list of class names, and words looked up in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"
#include "viz/cli/cmd_labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const struct ds_model m = {.vit.shape.classes = 12};
    struct ds_labels l;
    struct ds_err err = {0};
    char path[1024], name[64], word[16];

    snprintf(path, sizeof path, "%s/labels", ds_fuzz_folder());
    ds_fuzz_put("labels", bytes, n);
    if (!ds_labels_load(&l, path, &m, &err)) {
        for (int i = 0; i < 12; i++) {
            ds_labels_text(name, sizeof name, &l, i);
            if (!name[0] || (l.id[i] && ds_labels_lookup(&l, l.id[i]) < 0) ||
                (l.name[i] && ds_labels_lookup(&l, l.name[i]) == -1))
                abort();
        }
        snprintf(word, sizeof word, "%.*s", n < 15 ? (int)n : 15, (const char *)bytes);
        if (ds_labels_lookup(&l, word) >= 12)
            abort();
    } else {
        ds_fuzz_refused(&err);
    }
    ds_labels_clear(&l);
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const char *const texts[] = {
        "0\tn01440764\ttench\n1\tn01443537\tgoldfish\n11\tn02124075\tEgyptian cat\n",
        "tench\r\ngoldfish\r\n\r\ngreat white shark\r\n",
        ("\xef\xbb\xbf"
         "3\tcrane\n7\tcrane\ncat\n")};
    const size_t n = i < 3 ? strlen(texts[i]) : 0;

    if (n > room)
        abort();
    memcpy(out, i < 3 ? texts[i] : "", n);
    return n;
}
