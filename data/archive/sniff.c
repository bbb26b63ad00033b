/* data/archive/sniff.c -- what a file is, by its first bytes. See archive_int.h. */
#include <assert.h>
#include <string.h>

#include "data/archive/archive_int.h"

enum { TAR_AT = 257, SAFETENSORS_LEAST = 16 };

/* What is known, and not read: its mark, what it is, what to do. */
static const struct {
    const char *mark;
    size_t n;
    const char *says;
} foreign[] = {
    {"GGUF", 4,
     "is GGUF, which holds language models; take the safetensors of the vision model"},
    {"\x89HDF\r\n\x1a\n", 8,
     "is an HDF5 file that driftscope did not write (Keras keeps weights so); export the model "
     "as safetensors"},
    {"\x93NUMPY", 6, "is a single NumPy array; save all arrays with np.savez, by their names"},
    {"\x1f\x8b", 2, "is packed with gzip; unpack it first"},
    {"\xfd"
     "7zXZ",
     5, "is packed with xz; unpack it first"},
    {"\x28\xb5\x2f\xfd", 4, "is packed with zstd; unpack it first"},
    {"BZh", 3, "is packed with bzip2; unpack it first"},
    {"version https://git-lfs", 23,
     "is a pointer of Git LFS, not the file itself; fetch it with git lfs pull"},
    {"<!DOCTYPE", 9, "is a web page, not weights; download the file itself"},
    {"<!doctype", 9, "is a web page, not weights; download the file itself"},
    {"<html", 5, "is a web page, not weights; download the file itself"},
};

static bool begins(const unsigned char *bytes, size_t n, size_t at, const char *mark,
                   size_t length)
{
    return n >= at + length && !memcmp(bytes + at, mark, length);
}

/* ONNX: a protobuf whose field 1 is a small version and field 2 the producer's name. */
static bool is_onnx(const unsigned char *bytes)
{
    return bytes[0] == 0x08 && bytes[1] > 0 && bytes[1] < 32 && bytes[2] == 0x12;
}

/* msgpack: a map whose first key is a text. */
static bool is_msgpack(const unsigned char *bytes)
{
    const size_t key = bytes[0] == 0xde ? 3 : bytes[0] == 0xdf ? 5 : 1;

    if (bytes[0] != 0xde && bytes[0] != 0xdf && (bytes[0] & 0xf0) != 0x80)
        return false;
    return (bytes[key] & 0xe0) == 0xa0 || bytes[key] == 0xd9;
}

/* PyTorch before 1.6 begins with a pickle of the number 0x1950a86a20f9469cfc6c. */
static bool is_legacy(const unsigned char *bytes, size_t n)
{
    static const char number[] = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    const size_t framed = 11; /* protocols 4 and 5 may put a frame's length in front */

    return begins(bytes, n, 2, number, 12) || begins(bytes, n, framed, number, 12);
}

/* A safetensors file whose header's length is possible: some such lengths begin like gzip. */
static bool is_safetensors(const unsigned char *bytes, size_t n)
{
    return n >= SAFETENSORS_LEAST && bytes[8] == '{' && ds_little(bytes, 8) <= n - 8;
}

static const char *foreign_says(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (begins(bytes, n, 0, foreign[i].mark, foreign[i].n))
            return foreign[i].says;
    return NULL;
}

/* Files of fewer than SAFETENSORS_LEAST bytes do not come here. */
static int refuse(const unsigned char *bytes, size_t n, const char *file, struct ds_err *err)
{
    assert(n >= SAFETENSORS_LEAST);
    if (begins(bytes, n, TAR_AT, "ustar", 5))
        return ds_fail(err, DS_DATA,
                       "%s: is a tar archive (PyTorch before 0.2 wrote such); unpack it, or "
                       "load and save it again with PyTorch",
                       file);
    if (bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5)
        return ds_fail(err, DS_DATA,
                       "%s: is a plain pickle, not a file of torch.save; load it in Python and "
                       "save its tensors as safetensors",
                       file);
    if (is_msgpack(bytes))
        return ds_fail(err, DS_DATA,
                       "%s: looks like msgpack (Flax); export the model as safetensors", file);
    if (is_onnx(bytes))
        return ds_fail(err, DS_DATA,
                       "%s: looks like ONNX, a graph of operations; take the safetensors that "
                       "it was exported from",
                       file);
    return ds_fail(err, DS_DATA,
                   "%s: begins with the bytes %02x %02x %02x %02x, which no known file of "
                   "weights does; expected safetensors, npz, or a file of torch.save",
                   file, bytes[0], bytes[1], bytes[2], bytes[3]);
}

int ds_sniff(enum ds_container *is, const unsigned char *bytes, size_t n, const char *file,
             struct ds_err *err)
{
    const char *says;

    if (begins(bytes, n, 0, "PK\3\4", 4) || begins(bytes, n, 0, "PK\5\6", 4))
        *is = DS_IS_ZIP;
    else if (begins(bytes, n, 0, "driftsc\n", 8))
        *is = DS_IS_HDF5;
    else if (bytes[0] == 0x80 && is_legacy(bytes, n))
        *is = DS_IS_LEGACY;
    else if (is_safetensors(bytes, n))
        *is = DS_IS_SAFETENSORS;
    else if (bytes[0] == '{' && (n < 8 || bytes[7])) /* 123 may also be a header's length */
        *is = DS_IS_INDEX;
    else if (n < SAFETENSORS_LEAST)
        *is = DS_IS_SAFETENSORS;
    else if ((says = foreign_says(bytes, n)))
        return ds_fail(err, DS_DATA, "%s: %s", file, says);
    else if (bytes[8] == '{')
        *is = DS_IS_SAFETENSORS; /* cut off: its reader says where */
    else
        return refuse(bytes, n, file, err);
    return 0;
}
