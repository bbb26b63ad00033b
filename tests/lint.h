/* tests/lint.h -- what clang-tidy cannot see, because it reads one file at a time: a failure
 * that was recorded is returned, and is not 0. lint.sh puts this in front of every file. */
#ifndef DS_TESTS_LINT_H
#define DS_TESTS_LINT_H

#include "core/base/err.h"

#define ds_fail(err, which, ...)                                                               \
    (ds_fail(err, which, __VA_ARGS__),                                                         \
     (int)((err)->code = __extension__((which) ?: DS_FAILED))) /* a code that is computed, too */
#define ds_while(err, ...)      (ds_while(err, __VA_ARGS__), DS_FAILED)

#endif
