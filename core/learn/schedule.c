/* core/learn/schedule.c -- the learning rate over a task. See the header. */
#include "core/learn/schedule.h"

#include <math.h>
#include <stdlib.h>

double ds_schedule_at(const struct ds_schedule *s, int epoch, long step, long steps)
{
    double rate = 1;
    int passed = 0;

    switch (s->kind) {
    case DS_SCHEDULE_CONSTANT:
        break;
    case DS_SCHEDULE_STEP:
        if (s->milestones && s->milestone[0] > 0)
            passed = epoch / s->milestone[0];
        rate = pow(s->gamma, passed);
        break;
    case DS_SCHEDULE_MULTISTEP:
        for (int i = 0; i < s->milestones; i++)
            passed += s->milestone[i] <= epoch + 1;
        rate = pow(s->gamma, passed);
        break;
    case DS_SCHEDULE_COSINE:
        rate = steps > 0 ? (1 + cos(3.14159265358979323846 * (double)step / (double)steps)) / 2
                         : 1;
        break;
    }
    if (step < s->warmup)
        rate *= (double)(step + 1) / (double)s->warmup;
    return rate;
}

int ds_schedule_milestones(struct ds_schedule *s, const char *text)
{
    s->milestones = 0;
    while (*text) {
        char *end;
        const long epoch = strtol(text, &end, 10);

        if (end == text || epoch < 1 || epoch > 1000000 || s->milestones == DS_MILESTONES ||
            (s->milestones && epoch <= s->milestone[s->milestones - 1]) ||
            (*end && *end != ','))
            return -1;
        s->milestone[s->milestones++] = (int)epoch;
        text = *end ? end + 1 : end;
    }
    return s->milestones;
}
