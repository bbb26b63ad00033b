/* tests/fault/fail_memory.c -- the wrapped calls for memory, and the malloc family itself,
 * which libraries use. See fail.h. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/fail_int.h"

#define HERE          __builtin_return_address(0)
#define STRIKES(name) fault_strikes(FAULT_ALLOCATES, name, "", HERE)

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer has its own malloc; libraries are left alone. */
#define PLAIN(name) __real_##name
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
#else
#define PLAIN(name) __libc_##name
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);

static bool strikes_library(const char *call, void *from)
{
    return fault_mode() == FAULT_LIBRARY && fault_of_library(from) &&
           fault_strikes(FAULT_FOREIGN, call, "", from);
}

void *malloc(size_t n)
{
    return strikes_library("malloc", HERE) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return strikes_library("calloc", HERE) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    return strikes_library("realloc", HERE) ? NULL : __libc_realloc(old, n);
}
#endif

void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
    return STRIKES("malloc") ? NULL : PLAIN(malloc)(n);
}

void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
    return STRIKES("calloc") ? NULL : PLAIN(calloc)(n, size);
}

void *__wrap_realloc(void *old, size_t n);
void *__wrap_realloc(void *old, size_t n)
{
    return STRIKES("realloc") ? NULL : PLAIN(realloc)(old, n);
}

void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n)
{
    return STRIKES("aligned_alloc") ? NULL : __real_aligned_alloc(align, n);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return STRIKES("strdup") ? NULL : __real_strdup(text);
}

char *__real_strndup(const char *text, size_t n);
char *__wrap_strndup(const char *text, size_t n);
char *__wrap_strndup(const char *text, size_t n)
{
    return STRIKES("strndup") ? NULL : __real_strndup(text, n);
}

FILE *__real_open_memstream(char **text, size_t *size);
FILE *__wrap_open_memstream(char **text, size_t *size);
FILE *__wrap_open_memstream(char **text, size_t *size)
{
    return STRIKES("open_memstream") ? NULL : __real_open_memstream(text, size);
}

/* A failing one leaves *text as it was, or anything: POSIX promises nothing. */
static int print(char **text, const char *format, va_list args, bool fails)
{
    if (!fails)
        return vasprintf(text, format, args);
    *text = (char *)(uintptr_t)0x5a5a5a5a5a5a5a5au;
    return -1;
}

int __wrap_asprintf(char **text, const char *format, ...);
int __wrap_asprintf(char **text, const char *format, ...)
{
    const bool fails = STRIKES("asprintf");
    va_list args;
    int n;

    va_start(args, format);
    n = print(text, format, args, fails);
    va_end(args);
    return n;
}

int __wrap___asprintf_chk(char **text, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
    const bool fails = STRIKES("asprintf");
    va_list args;
    int n;

    (void)flag;
    va_start(args, format);
    n = print(text, format, args, fails);
    va_end(args);
    return n;
}

int __real_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*main)(void *),
                          void *with);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*main)(void *),
                          void *with);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*main)(void *),
                          void *with)
{
    return STRIKES("pthread_create") ? 11 /* EAGAIN */
                                     : __real_pthread_create(t, a, main, with);
}
