/* viz/viewer/spill.h -- large arrays on the disk instead of in memory. For viz/viewer and its
 * tests.
 *
 * Pixels and attention matrices of a record are read one image at a time and by far its largest
 * arrays. They move to an unnamed temporary file and are mapped from there: what was looked at
 * may be let go by the system at any time and comes back when it is looked at again. */
#ifndef DS_VIZ_VIEWER_SPILL_H
#define DS_VIZ_VIEWER_SPILL_H

#include <stddef.h>

struct ds_spill {
    void *at; /* NULL: nothing is mapped */
    size_t bytes;
};

/* Moves `bytes` of malloc'ed memory to a file in $TMPDIR, or /var/tmp (which lies on a disk
 * more often than /tmp does) and frees them; returns where they are now. Less than `least`
 * bytes stay, and so does everything when there is no room on the disk: then it returns
 * `memory`. */
void *ds_spill(struct ds_spill *s, void *memory, size_t bytes, size_t least);
void ds_spill_clear(struct ds_spill *s); /* unmaps */

#endif
