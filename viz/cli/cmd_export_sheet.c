/* viz/cli/cmd_export_sheet.c -- where a table goes and how it looks. */
#include "viz/cli/cmd_export_sheet.h"

#include <stdio.h>
#include <stdlib.h>

const char *const ds_sheet_formats[] = {"auto", "text",  "csv",      "tsv",
                                        "json", "latex", "markdown", NULL};
const char *const ds_sheet_spreads[] = {"ci", "sd", NULL};
const char *const ds_sheet_intervals[] = {"bca", "percentile", NULL};

static struct ds_sheet_style style_of(const struct ds_sheet_opt *o)
{
    struct ds_sheet_style style = {ds_format_of(o->out), o->notes, o->percent, o->bold};

    if (o->format > 0)
        style.format = (enum ds_sheet_format)(o->format - 1);
    if (o->json)
        style.format = DS_JSON;
    return style;
}

int ds_sheet_deliver(const struct ds_sheet *s, const struct ds_sheet_opt *o,
                     const struct ds_tone *tone, struct ds_err *err)
{
    const struct ds_sheet_style style = style_of(o);
    char *text;
    size_t size;
    int code;

    if (o->json && o->format > 0 && o->format - 1 != DS_JSON)
        return ds_fail(err, DS_USAGE, "--json and --format %s ask for two formats",
                       ds_sheet_formats[o->format]);
    if (*o->out) {
        if (!(code = ds_sheet_save(o->out, s, &style, err)))
            ds_tty_note(tone, "%s: %d rows, %s", o->out, ds_sheet_rows(s),
                        ds_format_names[style.format]);
        return code;
    }
    if ((code = ds_sheet_print(&text, &size, s, &style, err)))
        return code;
    fwrite(text, 1, size, stdout); /* main.c sees to it that it arrived */
    free(text);
    return 0;
}

struct ds_stat_want ds_sheet_stat(const struct ds_sheet_opt *o)
{
    return (struct ds_stat_want){.kind = (enum ds_interval)o->interval,
                                 .resamples = o->bootstrap,
                                 .level = 0.95,
                                 .seed = (uint64_t)o->seed};
}
