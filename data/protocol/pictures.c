/* data/protocol/pictures.c -- pictures of a source by index, as a feed of normalised images. */
#include "data/protocol/session_int.h"

#include <stdlib.h>

static int fetch(void *with, int first, int count, float *images, int *label,
                 struct ds_err *err)
{
    const struct ds_pictures *p = with;
    const size_t pixels = (size_t)p->channels * (size_t)p->area;
    uint8_t *bytes = images ? malloc(pixels) : NULL;
    struct ds_room room = {0};
    int code = 0;

    if (p->stopped && p->stopped()) {
        free(bytes);
        return ds_fail(err, DS_INTERRUPTED, "interrupted");
    }
    if (images && !bytes)
        return ds_fail(err, DS_NOMEM, "out of memory for a picture");
    for (int i = 0; i < count && !code; i++) {
        const int at = p->index[first + i];

        code = images ? ds_source_read_in(p->source, at, bytes, &room, err) : 0;
        if (!code && images)
            ds_scale_apply(p->scale, images + (size_t)i * pixels, bytes, p->channels, p->area);
        if (!code && label)
            label[i] = p->position[ds_source_label(p->source, at)];
    }
    ds_room_clear(&room);
    free(bytes);
    return code;
}

struct ds_feed ds_pictures_feed(struct ds_pictures *p, const struct ds_session *s,
                                const struct ds_source *source, const int *index, int count)
{
    const struct ds_source_info *info = ds_source_info(source);

    *p = (struct ds_pictures){source,    index,          s->stream.position,
                              &s->scale, info->channels, info->height * info->width,
                              s->stopped};
    return (struct ds_feed){.count = count, .with = p, .fetch = fetch};
}
