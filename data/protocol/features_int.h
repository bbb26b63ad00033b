/* data/protocol/features_int.h -- between features.c and features_kept.c. */
#ifndef DS_DATA_PROTOCOL_FEATURES_INT_H
#define DS_DATA_PROTOCOL_FEATURES_INT_H

#include "data/protocol/session_int.h"

/* With a folder: hashes of image[n] (picture; 0 where one cannot be read), and features of
 * those that the folder knows, which come first then, in image, picture and feature [n][C].
 * Their number. Without: 0, and nothing is done. */
int ds_features_recall(struct ds_session *s, const struct ds_source *source, int *image,
                       uint64_t *picture, int n, float *feature);

#endif
