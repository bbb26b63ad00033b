/* viz/viewer/session.c -- a view kept in a file. See the header. */
#define _POSIX_C_SOURCE 200809L
#include "viz/viewer/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/store/file.h"

static const char head[] = "# driftscope session\n";
enum { SESSION_MOST = 1 << 20 };

/* Blanks as %20, so that a view is one word. */
static void put_word(FILE *out, const char *text)
{
    for (; *text; text++)
        if (*text == ' ' || *text == '%' || *text == '\n')
            fprintf(out, "%%%02x", (unsigned)(unsigned char)*text);
        else
            fputc(*text, out);
}

int ds_session_save_view(const struct ds_viewer *v, const char *path, struct ds_err *err)
{
    char *bytes = NULL, *view = ds_view_text(&v->view, "\n");
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);
    int code;

    if (!out || !view) {
        code = ds_fail(err, DS_NOMEM, "no memory for a session");
        goto done;
    }
    fputs(head, out);
    for (int i = 0; i < v->runs; i++) {
        fputs(i ? "run2=" : "run=", out);
        put_word(out, v->address[i]);
        fputc('\n', out);
    }
    for (int i = 0; i < DS_LETTERS; i++) {
        char *text = v->lettered[i] ? ds_view_text(&v->letter[i], " ") : NULL;

        if (!text)
            continue;
        fprintf(out, "letter-%c=", 'a' + i);
        put_word(out, text);
        fputc('\n', out);
        free(text);
    }
    fprintf(out, "%s\n", view);
    code = fclose(out) ? ds_fail(err, DS_NOMEM, "no memory for a session")
                       : ds_file_publish(path, bytes, n, err);
    out = NULL;

done:
    if (out)
        fclose(out);
    free(view);
    free(bytes);
    return code;
}

bool ds_session_is_one(const char *path)
{
    char first[sizeof head] = "";
    FILE *in = fopen(path, "rb");
    bool is = false;

    if (in) {
        is = fread(first, 1, sizeof head - 1, in) == sizeof head - 1 && !strcmp(first, head);
        fclose(in);
    }
    return is;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *plain_word(const char *text, size_t n)
{
    char *to = malloc(n + 1), *at = to;

    for (size_t i = 0; to && i < n; i++)
        if (text[i] == '%' && i + 2 < n && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            *at++ = (char)(16 * hex(text[i + 1]) + hex(text[i + 2]));
            i += 2;
        } else {
            *at++ = text[i];
        }
    if (to)
        *at = 0;
    return to;
}

/* Our own lines; true when this was one. What is wrong with it goes to *failed. */
static bool take_line(struct ds_session_file *s, const char *line, size_t n,
                      enum ds_code *failed)
{
    const bool second = !strncmp(line, "run2=", 5);
    char *word;

    if (!strncmp(line, "run=", 4) || second) {
        const size_t skip = second ? 5 : 4;

        word = plain_word(line + skip, n - skip);
        if (!word)
            *failed = DS_NOMEM;
        else if (strlen(word) >= sizeof s->run[0])
            *failed = DS_DATA;
        else
            memcpy(s->run[second], word, strlen(word) + 1);
        s->runs = second ? 2 : s->runs > 1 ? s->runs : 1;
        free(word);
        return true;
    }
    if (n > 9 && !strncmp(line, "letter-", 7) && line[7] >= 'a' && line[7] <= 'z' &&
        line[8] == '=') {
        word = plain_word(line + 9, n - 9);
        if (!word)
            *failed = DS_NOMEM;
        free(s->letter[line[7] - 'a']);
        s->letter[line[7] - 'a'] = word;
        return true;
    }
    return false;
}

int ds_session_load(struct ds_session_file *s, const char *path, struct ds_err *err)
{
    unsigned char *bytes = NULL;
    enum ds_code failed = DS_OK;
    size_t n, used = 0;
    char *text;
    int code;

    memset(s, 0, sizeof *s);
    if ((code = ds_file_read(&bytes, &n, path, SESSION_MOST, err)))
        return code;
    s->view = calloc(1, n + 1);
    text = realloc(bytes, n + 1);
    if (!s->view || !text) {
        free(text ? text : (char *)bytes);
        ds_session_clear(s);
        return ds_fail(err, DS_NOMEM, "no memory for a session");
    }
    text[n] = 0;
    for (const char *line = text; *line;) {
        const size_t length = strcspn(line, "\n");

        if (!take_line(s, line, length, &failed)) {
            memcpy(s->view + used, line, length);
            used += length;
            s->view[used++] = '\n';
        }
        line += length + (line[length] == '\n');
    }
    s->view[used ? used - 1 : 0] = 0;
    free(text);
    if (!failed && *s->run[0])
        return 0;
    ds_session_clear(s);
    return failed == DS_NOMEM
               ? ds_fail(err, DS_NOMEM, "out of memory for the session in %s", path)
               : ds_fail(err, DS_DATA, "%s: names no run; expected a line run=PATH", path);
}

void ds_session_clear(struct ds_session_file *s)
{
    free(s->view);
    for (int i = 0; i < DS_LETTERS; i++)
        free(s->letter[i]);
    memset(s, 0, sizeof *s);
}
