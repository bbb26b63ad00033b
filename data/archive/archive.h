/* data/archive/archive.h -- the tensors of a file of weights, where they are. Public header.
 *
 * What the file is, is told by its first bytes, never by its name:
 *
 *     safetensors            tensors as they are
 *     model.safetensors.index.json, pytorch_model.bin.index.json
 *                            "weight_map": {name: file beside it}; tensors of all these files
 *     a folder               looked through for model.safetensors.index.json,
 *                            model.safetensors, pytorch_model.bin.index.json and
 *                            pytorch_model.bin, in this order
 *     npz                    NumPy's zip of .npy, stored or deflated; Fortran order as strides;
 *                            two-byte void ("|V2") is bfloat16, as JAX saves it
 *     .pt .pth .bin          PyTorch's zip (since 1.6), and the pickles before it
 *     driftscope HDF5        checkpoints and run.h5, through ds_bundle_load
 *
 * TorchScript, GGUF, ONNX, msgpack (Flax), Keras, plain pickles and packed files are refused
 * with what they are and what to do instead.
 *
 * A pickle is a program. Here it is read by a machine that knows lists, dictionaries, numbers,
 * texts and names, calls nothing, imports nothing, and refuses names that only an attack needs
 * (share/doc/weights.md). Objects of other names are opaque: they hold no tensor for us, and
 * are counted in the note "opaque objects".
 *
 * Files are read whole, not mapped: whoever cuts a mapped file short takes pages from under us,
 * and the kernel answers reading them with SIGBUS. A file that changes while it is read is
 * refused; what happens to it afterwards does not concern us. Copied once more are only
 * deflated entries, numbers of the other byte order, and HDF5.
 *
 * Limits: 65536 tensors, 8 dimensions, names of 255 bytes, headers of 16 MiB, 1024 files,
 * pickles of 64 MiB and of 48 MiB in memory, dictionaries 128 deep; unpacked at most 8 GiB, and
 * 1100 times what is packed (deflate cannot do more than 1032). A tensor lies inside what is
 * stored for it; one that repeats numbers (stride 0) has at most 2^30. */
#ifndef DS_DATA_ARCHIVE_ARCHIVE_H
#define DS_DATA_ARCHIVE_ARCHIVE_H

#include <stdint.h>
#include "core/base/err.h"
#include "data/store/bundle.h"

/* One tensor as the file has it. */
struct ds_stored {
    const char *name;  /* "model.blocks.0.norm1.weight": keys and list positions, joined by '.';
                          npz, safetensors and HDF5 names as they are */
    enum ds_type type; /* booleans are DS_U8; never DS_STRING */
    int rank;
    int64_t dims[DS_RANK_MAX], stride[DS_RANK_MAX]; /* in elements; 0 and any order are legal,
                                                       row-major where dims is 1 */
    const unsigned char *data;                      /* the first element, maybe unaligned */
};

struct ds_archive {
    struct ds_stored *tensor; /* in the order of the file; names are unique */
    int count;
    const char *container; /* "safetensors", "sharded safetensors", "npz", "PyTorch zip",
                              "sharded PyTorch zip", "PyTorch legacy pickle",
                              "driftscope hdf5" */
    /* Metadata of safetensors; of PyTorch files the numbers and texts at the top ("epoch") and
     * one level below ("args.arch"), the first 1024. "opaque objects" counts what was not
     * understood, "opaque names" lists up to 16 kinds of it, "skipped" up to 64 arrays whose
     * type has no place here; all three are missing where there is nothing to say. */
    struct ds_notes meta;
    struct ds_archive_own *own;
};

/* Fills *a; zeroed on failure. DS_NOINPUT, DS_DATA, DS_NOMEM, DS_IO. */
int ds_archive_open(struct ds_archive *a, const char *path, struct ds_err *err);
void ds_archive_close(struct ds_archive *a); /* a zeroed or closed one is fine */

/* Borrowed, or NULL. */
const struct ds_stored *ds_archive_lookup(const struct ds_archive *a, const char *name);

int64_t ds_stored_count(const struct ds_stored *t); /* elements */

/* out[count], row-major; each number rounded once (data/store/floats.h). */
void ds_stored_floats(float *out, const struct ds_stored *t);

/* The tensor was read for the last time: its memory may go, so that reading a file into
 * parameters takes their size and not twice that. It may read as zeros from now on. */
void ds_archive_rest(const struct ds_archive *a, const struct ds_stored *t);

#endif
