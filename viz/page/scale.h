/* viz/page/scale.h -- ticks at round numbers. Public header. */
#ifndef DS_VIZ_PAGE_SCALE_H
#define DS_VIZ_PAGE_SCALE_H

enum { DS_TICKS = 24 };

struct ds_scale {
    double lo, hi;
    int ticks;
    double at[DS_TICKS];
    char text[DS_TICKS][24];
};

/* About `about` ticks at steps of 1, 2, 2.5 or 5 times a power of ten. The range grows to
 * the next tick on either side; lo == hi or a range that is not finite becomes one step. */
void ds_scale_nice(struct ds_scale *s, double lo, double hi, int about);

/* The same ticks, but the range stays [lo, hi]: for colour bars. */
void ds_scale_inside(struct ds_scale *s, double lo, double hi, int about);

/* Whole numbers first..last with `margin` at both ends, at most `most` of them labelled,
 * evenly, the first always. */
void ds_scale_count(struct ds_scale *s, int first, int last, double margin, int most);

#endif
