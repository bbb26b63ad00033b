/* viz/page/scale.c -- ticks at round numbers. See the header. */
#include "viz/page/scale.h"

#include <math.h>
#include <stdbool.h>

#include "viz/page/canvas.h"

/* The smallest round step that is no finer than `raw`. */
static double round_step(double raw)
{
    static const double fit[] = {1, 2, 2.5, 5, 10};
    const double power = pow(10, floor(log10(raw)));

    for (int i = 0; i < 5; i++)
        if (raw <= fit[i] * power * (1 + 1e-9))
            return fit[i] * power;
    return 10 * power;
}

/* Digits behind the point that tell multiples of `step` apart. */
static int decimals_of(double step)
{
    int n = 0;

    while (n < 9 && fabs(step - rint(step)) > 1e-6 * fabs(step)) {
        step *= 10;
        n++;
    }
    return n;
}

static void fill(struct ds_scale *s, double first, double step, double end)
{
    const int decimals = decimals_of(step);
    s->ticks = 0;
    for (int i = 0; s->ticks < DS_TICKS; i++) {
        const double at = first + i * step;

        if (at > end + step * 1e-6)
            break;
        s->at[s->ticks] = fabs(at) < step * 1e-6 ? 0 : at;
        ds_number(s->text[s->ticks], sizeof s->text[0], s->at[s->ticks], decimals);
        s->ticks++;
    }
}

static bool usable(double lo, double hi)
{
    return isfinite(lo) && isfinite(hi) && hi > lo && isfinite(hi - lo) &&
           hi - lo > 1e-12 * fmax(fabs(lo), fabs(hi));
}

void ds_scale_nice(struct ds_scale *s, double lo, double hi, int about)
{
    double step;

    if (!usable(lo, hi)) {
        lo = isfinite(lo) ? lo : 0;
        hi = lo + (lo == 0 ? 1 : fabs(lo));
    }
    step = round_step((hi - lo) / (about > 1 ? about : 1));
    s->lo = floor(lo / step + 1e-9) * step;
    s->hi = ceil(hi / step - 1e-9) * step;
    fill(s, s->lo, step, s->hi);
}

void ds_scale_inside(struct ds_scale *s, double lo, double hi, int about)
{
    double step;

    if (!usable(lo, hi)) {
        lo = isfinite(lo) ? lo : 0;
        hi = lo + (lo == 0 ? 1 : fabs(lo));
    }
    step = round_step((hi - lo) / (about > 1 ? about : 1));
    s->lo = lo;
    s->hi = hi;
    fill(s, ceil(lo / step - 1e-9) * step, step, hi);
}

void ds_scale_count(struct ds_scale *s, int first, int last, double margin, int most)
{
    const int span = last - first;
    int step = 1;

    if (most > DS_TICKS)
        most = DS_TICKS;
    while (span / step + 1 > (most > 1 ? most : 2))
        step += step == 1 ? 1 : step == 2 ? 3 : step;
    s->lo = first - margin;
    s->hi = last + margin;
    if (s->hi <= s->lo)
        s->hi = s->lo + 1;
    s->ticks = 0;
    for (int v = first; v <= last && s->ticks < DS_TICKS; v += step) {
        s->at[s->ticks] = v;
        ds_number(s->text[s->ticks], sizeof s->text[0], v, 0);
        s->ticks++;
    }
}
