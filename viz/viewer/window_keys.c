/* viz/viewer/window_keys.c -- keys of SDL as the command table names them, and back.
 *
 * Characters come as text, whatever the layout of the keyboard; named keys and chords with
 * Ctrl or Alt come as key events. See window_int.h. */
#include <ctype.h>
#include <string.h>

#include "viz/viewer/window_int.h"

static const struct {
    SDL_Keycode key;
    const char *name;
} named[] = {
    {SDLK_LEFT, "Left"},
    {SDLK_RIGHT, "Right"},
    {SDLK_UP, "Up"},
    {SDLK_DOWN, "Down"},
    {SDLK_PAGEUP, "PageUp"},
    {SDLK_PAGEDOWN, "PageDown"},
    {SDLK_HOME, "Home"},
    {SDLK_END, "End"},
    {SDLK_RETURN, "Return"},
    {SDLK_KP_ENTER, "Return"},
    {SDLK_TAB, "Tab"},
    {SDLK_ESCAPE, "Esc"},
    {SDLK_BACKSPACE, "Backspace"},
    {SDLK_F1, "F1"},
    {SDLK_F2, "F2"},
    {SDLK_F5, "F5"},
    {SDLK_F6, "F6"},
    {SDLK_F9, "F9"},
    {SDLK_F10, "F10"},
    {SDLK_F11, "F11"},
};
enum { NAMED = sizeof named / sizeof *named };

void ds_window_key_name(char *to, size_t size, const SDL_KeyboardEvent *e)
{
    const Uint16 mod = e->keysym.mod;
    const bool chord = mod & (KMOD_CTRL | KMOD_ALT | KMOD_GUI);
    const char *name = NULL;
    char letter[2] = "";

    *to = 0;
    for (int i = 0; i < NAMED; i++)
        if (named[i].key == e->keysym.sym)
            name = named[i].name;
    if (!name && chord && e->keysym.sym >= 33 && e->keysym.sym < 127) {
        letter[0] = (char)tolower((int)e->keysym.sym);
        name = letter;
    }
    if (!name || mod & KMOD_MODE) /* AltGr makes characters */
        return;
    snprintf(to, size, "%s%s%s%s", mod & KMOD_CTRL ? "Ctrl+" : "", mod & KMOD_ALT ? "Alt+" : "",
             mod & KMOD_SHIFT ? "Shift+" : "", name);
}

void ds_window_push_text(const char *text)
{
    while (*text) { /* one character, whole */
        SDL_Event e = {.type = SDL_TEXTINPUT};
        size_t n = 1;

        while (n < 4 && (text[n] & 0xc0) == 0x80)
            n++;
        memcpy(e.text.text, text, n);
        SDL_PushEvent(&e);
        text += n;
    }
}

int ds_window_push_key(const char *name)
{
    SDL_Event e = {.type = SDL_KEYDOWN};
    const char *rest = name;
    Uint16 mod = 0;

    for (bool more = true; more;) {
        more = false;
        if (!strncmp(rest, "Ctrl+", 5) && rest[5])
            mod |= KMOD_LCTRL, rest += 5, more = true;
        else if (!strncmp(rest, "Alt+", 4) && rest[4])
            mod |= KMOD_LALT, rest += 4, more = true;
        else if (!strncmp(rest, "Shift+", 6) && rest[6])
            mod |= KMOD_LSHIFT, rest += 6, more = true;
    }
    if (!strcmp(rest, "Space"))
        rest = " ";
    if (!(mod & (KMOD_CTRL | KMOD_ALT)) && (!rest[1] || (rest[0] & 0x80))) {
        ds_window_push_text(rest);
        return 0;
    }
    e.key.keysym.mod = mod;
    for (int i = 0; i < NAMED; i++)
        if (!strcmp(named[i].name, rest))
            e.key.keysym.sym = named[i].key;
    if (!e.key.keysym.sym && !rest[1])
        e.key.keysym.sym = tolower((unsigned char)rest[0]);
    if (!e.key.keysym.sym)
        return -1;
    SDL_PushEvent(&e);
    return 0;
}
