/* viz/cli/cmd_doctor.c -- driftscope doctor: is this machine ready, and what would help. */
#include "viz/cli/cmd_doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/version.h"
#include "viz/cli/cmd.h"
#include "viz/cli/json.h"

enum { PLAIN = 512 };

struct doctor_opt {
    bool json;
};

#define AT(field) DS_OPT_AT(doctor_opt, field)
static const struct ds_opt table[] = {{"json", "no", "", "print JSON", AT(json)}, {0}};
#undef AT

static const char *const word[] = {"ok", "warn", "MISSING"};

void ds_found(struct ds_finding *f, enum ds_health health, const char *remedy,
              const char *format, ...)
{
    va_list args;

    f->health = health;
    snprintf(f->remedy, sizeof f->remedy, "%s", remedy);
    va_start(args, format);
    vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
}

static void print_line(const char *name, const struct ds_finding *f)
{
    char plain[PLAIN];

    printf("%-8s %-12s %s\n", word[f->health], name, ds_tty_plain(plain, sizeof plain, f->what));
    if (*f->remedy)
        printf("%-8s %-12s -> %s\n", "", "", ds_tty_plain(plain, sizeof plain, f->remedy));
}

static void add_line(json_t *list, const char *name, const struct ds_finding *f)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s}", "check", name, "health",
                                          word[f->health], "what", ds_json_text(f->what),
                                          "remedy", f->remedy));
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    static const struct ds_check *const lists[] = {ds_install_checks, ds_machine_checks};
    const struct doctor_opt *o = opt;
    json_t *list = json_array();
    int missing = 0;

    (void)tone;
    for (int k = 0; k < 2; k++)
        for (const struct ds_check *c = lists[k]; c->name; c++) {
            struct ds_finding f = {.health = DS_WELL};

            c->look(&f, n ? operand[0] : ".");
            if (!*f.what) /* nothing to say in this build */
                continue;
            missing += f.health == DS_MISSING;
            if (o->json)
                add_line(list, c->name, &f);
            else
                print_line(c->name, &f);
        }
    if (!o->json)
        json_decref(list);
    else if (ds_json_print(json_pack("{s:s, s:o}", "version", DS_VERSION_FULL, "checks", list), err))
        return err->code;
    if (missing)
        return ds_fail(err, DS_FAILED, "%d thing%s needed %s missing", missing,
                       missing > 1 ? "s" : "", missing > 1 ? "are" : "is");
    return 0;
}

const struct ds_cmd ds_cmd_doctor = {
    .name = "doctor",
    .operands = "[FOLDER]",
    .about = "is this machine ready: libraries, data sets, processors, memory, the folder",
    .examples = "driftscope doctor\n"
                "driftscope doctor /scratch/runs",
    .table = table,
    .size = sizeof(struct doctor_opt),
    .least = 0,
    .most = 1,
    .run = run,
};
