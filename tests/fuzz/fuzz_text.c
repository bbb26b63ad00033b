/* tests/fuzz/fuzz_text.c -- damaged texts: configurations, studies, figures, tables.
 *
 * The first byte says which: c configuration, s study, p page of figures, t table (CSV or
 * JSON). What is accepted must be usable, and written again as it would be read. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/protocol/options.h"
#include "data/protocol/sweep.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"
#include "viz/page/spec.h"
#include "viz/page/table.h"

static int configuration(const char *text, struct ds_err *err)
{
    struct ds_train_opt o, again;
    char *written;
    int code;

    if (ds_opt_defaults(ds_train_table, &o, err) || ds_train_opt_read(&o, text, "f", err))
        return err->code;
    if (!(written = ds_train_opt_write(&o)))
        return ds_fail(err, DS_NOMEM, "out of memory");
    if (ds_opt_defaults(ds_train_table, &again, err) ||
        ((code = ds_train_opt_read(&again, written, "again", err)) && code != DS_NOMEM))
        abort(); /* what was accepted is written as it would be read */
    free(written);
    return code;
}

static int study(const char *text, struct ds_err *err)
{
    struct ds_sweep s = {0};
    const int code = ds_sweep_read(&s, text, "f", err);

    for (int i = 0; !code && i < s.runs; i++) {
        struct ds_train_opt o;
        struct ds_err ignored = {0};

        if (!s.run[i].name[0] || strchr(s.run[i].name, '/') ||
            ds_opt_defaults(ds_train_table, &o, &ignored))
            abort();
        ds_sweep_options(&o, &s.run[i], &ignored);
    }
    ds_sweep_clear(&s);
    return code;
}

static int page(const char *path, struct ds_err *err)
{
    struct ds_figure_opt opt;
    struct ds_spec *s = ds_fuzz_take(sizeof *s);
    int code;

    memset(s, 0, sizeof *s);
    if (ds_opt_defaults(ds_figure_table, &opt, err))
        abort();
    if (!(code = ds_spec_page(&opt, path, err)))
        code = ds_spec_load(s, path, &opt, err);
    ds_spec_clear(s);
    free(s);
    return code;
}

static int table(const char *path, struct ds_err *err)
{
    struct ds_grid g;
    const int code = ds_grid_load(&g, path, err);

    for (int r = 0; !code && r < g.rows; r++)
        for (int c = 0; c < g.columns; c++)
            if (!ds_grid_cell(&g, r, c) || isinf(ds_grid_number(&g, r, c)))
                abort();
    if (!code)
        ds_grid_clear(&g);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_err err = {0};
    char path[1024], *text;
    int code = 0;

    if (!n)
        return 0;
    text = ds_fuzz_take(n);
    memcpy(text, bytes + 1, n - 1);
    text[n - 1] = '\0';
    snprintf(path, sizeof path, "%s/text", ds_fuzz_folder());
    ds_fuzz_put("text", bytes + 1, n - 1);
    switch (bytes[0]) {
    case 'c':
        code = configuration(text, &err);
        break;
    case 's':
        code = study(text, &err);
        break;
    case 'p':
        code = page(path, &err);
        break;
    case 't':
        code = table(path, &err);
        break;
    default:
        break;
    }
    if (code)
        ds_fuzz_refused(&err);
    if (code && code != (int)err.code)
        abort();
    free(text);
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const char *const texts[] = {
        "c# options\n[train]\nepochs = 3\nmethod = arcl ; like the paper\nlr = 1e-4\n"
        "retain-preset = paper\ndata = fashion-mnist\nmilestones = 3,5\nrefine = yes\n",
        "s[study]\nout = runs/x\npreset = fashion5\nmethods = finetune, ewc\nseeds = 1, 2\n"
        "[options]\nepochs = 5\nout = runs/{seed}\n[vary]\nqkv-scale = 0.01, 0.03\n"
        "[run paper]\nmethod = arcl\nretain-preset = paper\n",
        "p[page]\nvenue = neurips\ncolumns = 2, 1\n\n[a]\ntype = bars\nsource = none.csv\n"
        "cell = 1, 1, 1, 2\ntitle = one\nshare = x\n[b]\ntype = drift-heatmap\n"
        "source = runs/a\n  runs/b\n# end\n",
        "t# a note\nmethod,accuracy,\"a \"\"b\"\"\"\nft,0.5,1e300\narcl,nan,--\n",
        "t{\"rows\": [{\"a\": 1, \"b\": \"x\\u00fc\"}, {\"a\": null, \"b\": true}, {\"a\": "
        "-2.5e-3}]}",
        "t[{\"a\": 1}, {\"a\": [2]}, {\"b\": {\"c\": 3}}]"};
    const size_t count = sizeof texts / sizeof *texts,
                 n = i < (int)count ? strlen(texts[i]) : 0;

    if (n > room)
        abort();
    memcpy(out, n ? texts[i] : "", n);
    return n;
}
