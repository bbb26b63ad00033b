/* core/learn/method_rows.h -- the methods that are files of their own. For core/learn only. */
#ifndef DS_CORE_LEARN_METHOD_ROWS_H
#define DS_CORE_LEARN_METHOD_ROWS_H

#include "core/learn/method.h"

extern const struct ds_method ds_method_joint, ds_method_ncm;

#endif
