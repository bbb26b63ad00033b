/* tests/fuzz/fuzz_view.c -- damaged texts of the viewer: saved views, scripts, keys.
 *
 * The first byte says which: v a view, s a script, k keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/folder.h"
#include "tests/fuzz/fuzz.h"
#include "viz/viewer/keys.h"
#include "viz/viewer/script.h"
#include "viz/viewer/session.h"
#include "viz/viewer/state.h"

static int view(const char *path, struct ds_err *err)
{
    struct ds_session_file s;
    struct ds_view state;
    struct ds_err ignored = {0};
    const int code = ds_session_load(&s, path, err);

    if (code)
        return code;
    if (s.runs < 1 || !s.run[0][0] || !s.view)
        abort();
    ds_view_defaults(&state);
    if (!ds_view_read(&state, s.view, "f", &ignored))
        free(ds_view_text(&state, " "));
    ds_session_clear(&s);
    return 0;
}

static int script(const char *path, struct ds_err *err)
{
    struct ds_script s;
    const int code = ds_script_load(&s, path, err);

    for (int i = 0; !code && i < s.n; i++)
        if (s.step[i].kind >= DS_STEPS || s.step[i].line < 1)
            abort();
    ds_script_clear(&s);
    return code;
}

static int keys(const char *path, struct ds_err *err)
{
    struct ds_own_keys k;
    const int code = ds_own_keys_load(&k, path, err);

    for (int i = 0; !code && i < k.n; i++)
        if (!ds_own_keys_find(&k, k.at[i].key))
            abort();
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct ds_err err = {0};
    char path[1024];
    int code = 0;

    if (!n)
        return 0;
    snprintf(path, sizeof path, "%s/text", ds_fuzz_folder());
    ds_fuzz_put("text", bytes + 1, n - 1);
    if (bytes[0] == 'v')
        code = view(path, &err);
    else if (bytes[0] == 's')
        code = script(path, &err);
    else if (bytes[0] == 'k')
        code = keys(path, &err);
    if (code)
        ds_fuzz_refused(&err);
    if (code && code != (int)err.code)
        abort();
    return 0;
}

size_t ds_fuzz_seed(int i, uint8_t *out, size_t room)
{
    static const char *const texts[] = {
        "v# driftscope session\nrun=runs/a%20b\nrun2=runs/c\nletter-q=image=3%20layer=2\n"
        "image=12\nlayer=6\na=1\nb=5\nmode=film\n",
        "skey Ctrl+o\nclick @layer-3\nclick 400 300 shift\ndrag 10 10 90 40\nwheel @pane-0 -2\n"
        "run layer 5\nwait idle\nwait 500\nresize 1100 700\nscale 2\nshot now.png\n"
        "expect layer=3\ntrace t.jsonl\nmemory m.txt\n# end\nquit\n",
        "k# keys\nF5 = reload\nw = layer 3\nCtrl+e = export-again\n"};
    const size_t n = i < 3 ? strlen(texts[i]) : 0;

    if (n > room)
        abort();
    memcpy(out, n ? texts[i] : "", n);
    return n;
}
