/* data/weights/facts.c -- what tensors cannot tell, and who told it. See the header. */
#include "data/weights/facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/vit/shape.h"

void ds_facts_clear(struct ds_facts *f)
{
    for (int i = 0; i < f->classes; i++)
        free(f->class_name[i]);
    free(f->class_name);
    *f = (struct ds_facts){0};
}

void ds_facts_list(struct ds_facts *f, enum ds_fact_key key, const double *value, int n,
                   const char *from)
{
    struct ds_fact *fact = &f->fact[key];

    if (fact->n)
        return;
    fact->n = n;
    memcpy(fact->value, value, (size_t)n * sizeof *value);
    snprintf(fact->from, sizeof fact->from, "%s", from);
}

void ds_facts_number(struct ds_facts *f, enum ds_fact_key key, double value, const char *from)
{
    ds_facts_list(f, key, &value, 1, from);
}

void ds_facts_text(struct ds_facts *f, enum ds_fact_key key, const char *text, const char *from)
{
    struct ds_fact *fact = &f->fact[key];

    if (fact->n)
        return;
    fact->n = 1;
    snprintf(fact->text, sizeof fact->text, "%s", text);
    snprintf(fact->from, sizeof fact->from, "%s", from);
}

int ds_facts_act(const char *word)
{
    static const struct {
        const char *word;
        enum ds_act act;
    } words[] = {{"gelu", DS_ACT_GELU},
                 {"quick_gelu", DS_ACT_QUICK_GELU},
                 {"gelu_tanh", DS_ACT_GELU_TANH},
                 {"gelu_new", DS_ACT_GELU_TANH},
                 {"gelu_pytorch_tanh", DS_ACT_GELU_TANH},
                 {"gelu_fast", DS_ACT_GELU_TANH}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(word, words[i].word))
            return (int)words[i].act;
    return -1;
}

int ds_facts_numbers(double *to, int most, const char *text)
{
    int n = 0;

    while (n < most) {
        char *end;

        to[n] = strtod(text, &end);
        if (end == text || !isfinite(to[n]))
            return 0;
        n++;
        if (!*end)
            return n;
        if (*end != ',')
            return 0;
        text = end + 1;
    }
    return 0;
}

int ds_facts_metadata(struct ds_facts *f, const struct ds_notes *meta, const char *file,
                      struct ds_err *err)
{
    static const struct {
        const char *key;
        enum ds_fact_key fact;
        int least, most;
    } rows[] = {
        {"driftscope.heads", DS_FACT_HEADS, 1, 1}, {"driftscope.eps", DS_FACT_EPS, 1, 1},
        {"driftscope.act", DS_FACT_ACT, 1, 1},     {"driftscope.size", DS_FACT_SIZE, 2, 2},
        {"driftscope.pool", DS_FACT_POOL, 1, 1},   {"driftscope.mean", DS_FACT_MEAN, 1, 4},
        {"driftscope.std", DS_FACT_STD, 1, 4},     {"driftscope.recipe", DS_FACT_RECIPE, 0, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct ds_note *note = ds_note_lookup(meta, rows[i].key);
        double value[4];
        char from[80];
        int n = 0;

        if (!note || note->type != DS_NOTE_TEXT)
            continue;
        snprintf(from, sizeof from, "the file's metadata: %s", rows[i].key);
        if (rows[i].fact == DS_FACT_RECIPE) {
            if (strlen(note->text) >= sizeof f->fact->text)
                return ds_fail(err, DS_DATA,
                               "%s: its metadata say %s in %zu bytes, expected %zu", file,
                               rows[i].key, strlen(note->text), sizeof f->fact->text - 1);
            ds_facts_text(f, DS_FACT_RECIPE, note->text, from);
            continue;
        }
        if (rows[i].fact == DS_FACT_ACT && ds_facts_act(note->text) >= 0) {
            value[0] = ds_facts_act(note->text);
            n = 1;
        } else if (rows[i].fact != DS_FACT_ACT)
            n = ds_facts_numbers(value, rows[i].most, note->text);
        if (n < rows[i].least)
            return ds_fail(err, DS_DATA, "%s: its metadata say %s = '%.40s', which is no %s",
                           file, rows[i].key, note->text,
                           rows[i].fact == DS_FACT_ACT ? "activation" : "list of numbers");
        ds_facts_list(f, rows[i].fact, value, n, from);
    }
    return 0;
}
