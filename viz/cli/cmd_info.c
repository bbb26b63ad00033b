/* viz/cli/cmd_info.c -- driftscope info: what is in a run, a checkpoint, a weights file. */
#include "viz/cli/cmd_info.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "data/protocol/weights.h"
#include "viz/cli/cmd.h"
#include "viz/cli/json.h"

struct info_opt {
    bool json;
};

#define AT(field) DS_OPT_AT(info_opt, field)
static const struct ds_opt table[] = {{"json", "no", "", "print JSON", AT(json)}, {0}};
#undef AT

static int about_run(const char *path, bool json, const struct ds_tone *tone, struct ds_err *err)
{
    struct ds_run run;
    struct ds_record r = {0};
    char file[DS_RUN_PATH_MAX];
    int code;

    if (ds_run_read(&run, path, err))
        return err->code;
    ds_run_record_path(file, &run);
    code = ds_record_load(&r, file, err);
    if (!code && json)
        code = ds_json_print(ds_info_run_json(&r, &run), err);
    else if (!code)
        ds_info_run_text(&r, &run, tone->verbose);
    ds_record_clear(&r);
    ds_run_close(&run);
    return code;
}

static int about_file(const char *address, bool json, const struct ds_tone *tone,
                      struct ds_err *err)
{
    struct ds_bundle b = {0};
    char file[4096];
    int code = ds_weights_open(&b, file, sizeof file, address, err);

    if (!code && json)
        code = ds_json_print(ds_info_file_json(&b, file), err);
    else if (!code)
        code = ds_info_file_text(&b, file, tone->verbose, err);
    ds_bundle_clear(&b);
    return code;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    const struct info_opt *o = opt;
    struct stat st;

    (void)n;
    if (!stat(operand[0], &st) && S_ISDIR(st.st_mode))
        return about_run(operand[0], o->json, tone, err);
    return about_file(operand[0], o->json, tone, err);
}

const struct ds_cmd ds_cmd_info = {
    .name = "info",
    .operands = "RUN|RUN@t|FILE",
    .about = "what is in a run, a checkpoint or a weights file",
    .examples = "driftscope info runs/arcl\n"
                "driftscope info runs/arcl@2 -v\n"
                "driftscope info model.safetensors --json",
    .table = table,
    .size = sizeof(struct info_opt),
    .least = 1,
    .most = 1,
    .run = run,
};
