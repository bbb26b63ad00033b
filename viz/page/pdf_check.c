/* viz/page/pdf_check.c -- are all fonts of a PDF embedded, and none Type 3? See the header.
 *
 * Journals refuse Type 3 and fonts that are not embedded. Cairo writes neither with the fonts
 * we know, but a bitmap or colour font would slip through: so we look. Objects stand in the
 * open or, from Cairo 1.18 on, in deflated object streams; both are searched. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "viz/page/pdf_check.h"

enum { STREAM_MOST = 64 << 20 };

struct span {
    const char *at;
    size_t n;
};

struct census {
    int type3, fonts, files;
};

static const char *find(struct span s, const char *word)
{
    return s.n ? memmem(s.at, s.n, word, strlen(word)) : NULL;
}

/* Words followed by a letter are other words: /Type1C is not /Type1. */
static int count(struct span s, const char *word)
{
    const size_t k = strlen(word);
    int n = 0;

    for (const char *hit; (hit = find(s, word)); n++) {
        const size_t skip = (size_t)(hit - s.at) + k;

        s.at += skip;
        s.n -= skip;
        if (s.n > 0 && ((*s.at >= 'A' && *s.at <= 'Z') || (*s.at >= 'a' && *s.at <= 'z')))
            n--;
    }
    return n;
}

/* The kinds of font that carry outlines; a Type 0 font only points to one of them. */
static void add(struct census *all, struct span s)
{
    static const char *const open[] = {"/Subtype /Type1", "/Subtype /TrueType",
                                       "/Subtype /CIDFontType0", "/Subtype /CIDFontType2"};
    static const char *const tight[] = {"/Subtype/Type1", "/Subtype/TrueType",
                                        "/Subtype/CIDFontType0", "/Subtype/CIDFontType2"};

    all->type3 += count(s, "/Type3");
    for (int i = 0; i < 4; i++)
        all->fonts += count(s, open[i]) + count(s, tight[i]);
    all->files += count(s, "/FontFile"); /* and FontFile2, FontFile3 */
}

/* The deflated stream in fresh memory, or an empty span. */
static struct span inflated(struct span in)
{
    z_stream z = {0};
    size_t room = in.n < STREAM_MOST / 8 ? 8 * in.n + 4096 : STREAM_MOST;
    char *out = malloc(room);

    if (!out || inflateInit(&z) != Z_OK) {
        free(out);
        return (struct span){0};
    }
    z.next_in = (unsigned char *)(size_t)in.at;
    z.avail_in = (unsigned)in.n;
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)room;
    while (inflate(&z, Z_NO_FLUSH) == Z_OK && z.avail_out == 0 && room < STREAM_MOST) {
        char *grown = realloc(out, 2 * room);

        if (!grown)
            break;
        out = grown;
        z.next_out = (unsigned char *)out + room;
        z.avail_out = (unsigned)room;
        room *= 2;
    }
    inflateEnd(&z);
    return (struct span){out, room - z.avail_out};
}

/* One "<< dictionary >> stream ... endstream" that begins at s; moves s behind it. */
static void take_stream(struct census *all, struct span *s, const char *stream)
{
    const struct span dictionary = {s->at, (size_t)(stream - s->at)};
    const struct span rest = {stream, s->n - dictionary.n};
    const char *close = find(rest, "endstream");
    struct span body = {stream + 6, close ? (size_t)(close - stream) - 6 : rest.n - 6};

    add(all, dictionary);
    while (body.n > 0 && (*body.at == '\r' || *body.at == '\n'))
        body.at++, body.n--;
    /* The dictionary of this stream is at the end of what came before it. */
    if (dictionary.n > 0) {
        const size_t look = dictionary.n < 400 ? dictionary.n : 400;

        if (find((struct span){stream - look, look}, "/ObjStm")) {
            const struct span plain = inflated(body);

            add(all, plain);
            free((char *)(size_t)plain.at);
        }
    }
    s->at = close ? close + 9 : s->at + s->n;
    s->n = close ? rest.n - (size_t)(close - stream) - 9 : 0;
}

int ds_pdf_check(const unsigned char *bytes, size_t n, struct ds_err *err)
{
    struct span rest = {(const char *)bytes, n};
    struct census all = {0};
    const char *stream;

    if (n < 8 || memcmp(bytes, "%PDF-1.", 7))
        return ds_fail(err, DS_DATA, "not a PDF: it does not begin with %%PDF-1.");
    while ((stream = find(rest, "stream")))
        take_stream(&all, &rest, stream);
    add(&all, rest);
    if (all.type3)
        return ds_fail(err, DS_FAILED,
                       "%d Type 3 font%s: a bitmap or colour font was used; choose an outline "
                       "font with --font",
                       all.type3, all.type3 == 1 ? "" : "s");
    if (all.files < all.fonts)
        return ds_fail(err, DS_FAILED, "%d of %d fonts are not embedded", all.fonts - all.files,
                       all.fonts);
    return 0;
}
