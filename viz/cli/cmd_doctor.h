/* viz/cli/cmd_doctor.h -- the checks of driftscope doctor. For viz/cli only. */
#ifndef DS_VIZ_CLI_CMD_DOCTOR_H
#define DS_VIZ_CLI_CMD_DOCTOR_H

enum ds_health { DS_WELL, DS_WARN, DS_MISSING }; /* missing: nothing works without it */

struct ds_finding {
    enum ds_health health;
    char what[200];
    char remedy[200]; /* "" when well */
};

/* What to look at: one line of the report. `folder` is where runs would be written. */
struct ds_check {
    const char *name;
    void (*look)(struct ds_finding *f, const char *folder);
};

void ds_found(struct ds_finding *f, enum ds_health health, const char *remedy,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

extern const struct ds_check ds_machine_checks[]; /* processors, memory, folder */
extern const struct ds_check ds_install_checks[]; /* libraries, data sets, fonts, display */

#endif
