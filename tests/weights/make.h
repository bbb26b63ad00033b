/* tests/weights/make.h -- files of weights, written byte by byte: for tests and fuzz seeds. */
#ifndef DS_TESTS_WEIGHTS_MAKE_H
#define DS_TESTS_WEIGHTS_MAKE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Bytes that grow; a full block is a mistake of the test. */
struct made {
    uint8_t *out;
    size_t room, n;
    struct {
        char name[256];
        size_t head, packed, size;
        uint32_t sum;
        int method;
    } row[8];
    int rows;
};

static inline void put(struct made *m, const void *bytes, size_t n)
{
    if (n > m->room - m->n)
        abort();
    if (n)
        memcpy(m->out + m->n, bytes, n);
    m->n += n;
}

static inline void put_number(struct made *m, uint64_t value, int bytes)
{
    uint8_t little[16] = {0}; /* longer ones are zeros behind */

    for (int i = 0; i < 8; i++)
        little[i] = (uint8_t)(value >> (8 * i));
    put(m, little, (size_t)bytes);
}

static inline void put_text(struct made *m, const char *text)
{
    put(m, text, strlen(text));
}

/* Writes at a place that is there already. */
static inline void patch(struct made *m, size_t at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        m->out[at + (size_t)i] = (uint8_t)(value >> (8 * i));
}

/* An entry as PyTorch writes it: sizes of zero in front, the true ones behind the data. */
static inline void zip_entry(struct made *m, const char *name, const void *data, size_t n,
                             int method)
{
    const size_t head = m->n;
    uint8_t packed[8192];
    z_stream z = {0};

    m->row[m->rows].head = head;
    m->row[m->rows].method = method;
    m->row[m->rows].size = m->row[m->rows].packed = n;
    m->row[m->rows].sum = (uint32_t)crc32(0, data, (unsigned)n);
    snprintf(m->row[m->rows].name, sizeof m->row[0].name, "%s", name);
    if (method == 8) {
        if (deflateInit2(&z, 9, 8, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            abort();
        z.next_in = (uint8_t *)(uintptr_t)data;
        z.avail_in = (unsigned)n;
        z.next_out = packed;
        z.avail_out = sizeof packed;
        if (deflate(&z, Z_FINISH) != Z_STREAM_END)
            abort();
        m->row[m->rows].packed = z.total_out;
        deflateEnd(&z);
        data = packed;
    }
    put(m, "PK\3\4\24\0\10\10", 8);
    put_number(m, (uint64_t)method, 2);
    put_number(m, 0, 16);
    put_number(m, strlen(name), 2);
    put_number(m, 4 + 3, 2);
    put_text(m, name);
    put(m, "FB\3\0ZZZ", 7);
    put(m, data, m->row[m->rows].packed);
    put(m, "PK\7\10", 4);
    put_number(m, m->row[m->rows].sum, 4);
    put_number(m, m->row[m->rows].packed, 4);
    put_number(m, n, 4);
    m->rows++;
}

/* The directory; `large` writes every size in the 64-bit form. Returns where it begins. */
static inline size_t zip_end(struct made *m, int large)
{
    const size_t at = m->n;
    size_t end;

    for (int i = 0; i < m->rows; i++) {
        put(m, "PK\1\2\24\0\24\0\0\0", 10);
        put_number(m, (uint64_t)m->row[i].method, 2);
        put_number(m, 0, 4);
        put_number(m, m->row[i].sum, 4);
        put_number(m, large ? UINT32_MAX : m->row[i].packed, 4);
        put_number(m, large ? UINT32_MAX : m->row[i].size, 4);
        put_number(m, strlen(m->row[i].name), 2);
        put_number(m, large ? 5 + 28 : 0, 2);
        put_number(m, 0, 10);
        put_number(m, large ? UINT32_MAX : m->row[i].head, 4);
        put_text(m, m->row[i].name);
        if (large) {
            put(m, "zz\1\0Z\1\0\30\0", 9);
            put_number(m, m->row[i].size, 8);
            put_number(m, m->row[i].packed, 8);
            put_number(m, m->row[i].head, 8);
        }
    }
    end = m->n;
    if (large) {
        put(m, "PK\6\6\54\0\0\0\0\0\0\0\55\0\55\0", 16);
        put_number(m, 0, 8);
        put_number(m, (uint64_t)m->rows, 8);
        put_number(m, (uint64_t)m->rows, 8);
        put_number(m, end - at, 8);
        put_number(m, at, 8);
        put(m, "PK\6\7\0\0\0\0", 8);
        put_number(m, end, 8);
        put_number(m, 1, 4);
    }
    put(m, "PK\5\6\0\0\0\0", 8);
    put_number(m, large ? UINT16_MAX : (uint64_t)m->rows, 2);
    put_number(m, large ? UINT16_MAX : (uint64_t)m->rows, 2);
    put_number(m, large ? UINT32_MAX : end - at, 4);
    put_number(m, large ? UINT32_MAX : at, 4);
    put_number(m, 0, 2);
    return at;
}

/* One array as np.save writes it. */
static inline size_t npy(uint8_t *out, size_t room, const char *header, const void *data,
                         size_t n)
{
    struct made m = {.out = out, .room = room};

    put(&m, "\x93NUMPY\1\0", 8);
    put_number(&m, strlen(header) + 1, 2);
    put_text(&m, header);
    put_text(&m, "\n");
    put(&m, data, n);
    return m.n;
}

/* Pieces of pickles. */
static inline void pickle_text(struct made *m, const char *text)
{
    put_text(m, "X");
    put_number(m, strlen(text), 4);
    put_text(m, text);
}

static inline void pickle_int(struct made *m, int64_t value)
{
    const int large = value != (int32_t)value;

    put_text(m, large ? "\x8a\10" : "J");
    put_number(m, (uint64_t)value, large ? 8 : 4);
}

/* (storage, offset, size, stride, False, OrderedDict()) of a 2-d tensor; `legacy` ids have a
 * sixth part. */
static inline void pickle_tensor(struct made *m, const char *type, const char *key,
                                 int64_t count, const int64_t numbers[5], int legacy)
{
    put_text(m, "ctorch._utils\n_rebuild_tensor_v2\n((");
    pickle_text(m, "storage");
    put_text(m, "ctorch\n");
    put_text(m, type);
    put_text(m, "\n");
    pickle_text(m, key);
    pickle_text(m, "cpu");
    pickle_int(m, count);
    put_text(m, legacy ? "NtQ" : "tQ");
    pickle_int(m, numbers[0]);
    for (int i = 1; i < 5; i += 2) {
        pickle_int(m, numbers[i]);
        pickle_int(m, numbers[i + 1]);
        put_text(m, "\x86");
    }
    put_text(m, "\x89"
                "ccollections\nOrderedDict\n)RtR");
}

/* {"model": {"w": 2 x 3, "t": its transpose}, "half": 1 x 2, "epoch": 3, ...}; two storages. */
static inline void pickle_object(struct made *m, int legacy)
{
    static const int64_t w[5] = {0, 2, 3, 3, 1}, t[5] = {0, 3, 2, 1, 3},
                         half[5] = {1, 1, 2, 2, 1};

    put_text(m, "\x80\2}q");
    put(m, "\0", 1);
    put_text(m, "(");
    pickle_text(m, "model");
    put_text(m, "ccollections\nOrderedDict\n)Rq\1(");
    pickle_text(m, "w");
    pickle_tensor(m, "FloatStorage", "0", 6, w, legacy);
    pickle_text(m, "t");
    pickle_tensor(m, "FloatStorage", "0", 6, t, legacy);
    put_text(m, "u}");
    pickle_text(m, "_metadata");
    put_text(m, "}sb");
    pickle_text(m, "half");
    pickle_tensor(m, "HalfStorage", "1", 3, half, legacy);
    pickle_text(m, "epoch");
    put_text(m, "K\3");
    pickle_text(m, "args");
    put_text(m, "cargparse\nNamespace\n)\x81}(");
    pickle_text(m, "arch");
    pickle_text(m, "vit");
    pickle_text(m, "lr");
    put(m, "G?\xe0\0\0\0\0\0\0", 9);
    put_text(m, "ub");
    pickle_text(m, "list");
    put_text(m, "](K\1\x88N\x8a\1\xff"
                "e");
    put_text(m, "u.");
}

static const float made_floats[6] = {1, 2, 3, 4, 5, 6};
static const uint16_t made_halves[3] = {0x3c00, 0xc000, 0x0001};

static inline void make_torch_zip(struct made *m, int large)
{
    uint8_t bytes[4096];
    struct made pickle = {.out = bytes, .room = sizeof bytes};

    pickle_object(&pickle, 0);
    zip_entry(m, "net/data.pkl", bytes, pickle.n, 0);
    zip_entry(m, "net/byteorder", "little", 6, 0);
    zip_entry(m, "net/data/0", made_floats, sizeof made_floats, 0);
    zip_entry(m, "net/data/1", made_halves, sizeof made_halves, 8);
    zip_entry(m, "net/version", "3\n", 2, 0);
    zip_end(m, large);
}

static inline void make_legacy_head(struct made *m, int little)
{
    put(m, "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\2M\xe9\3.\x80\2}", 24);
    pickle_text(m, "little_endian");
    put_text(m, little ? "\x88s." : "\x89s.");
}

static inline void make_legacy(struct made *m)
{
    make_legacy_head(m, 1);
    pickle_object(m, 1);
    put_text(m, "\x80\2](");
    pickle_text(m, "0");
    pickle_text(m, "1");
    put_text(m, "e.");
    put_number(m, 6, 8);
    put(m, made_floats, sizeof made_floats);
    put_number(m, 3, 8);
    put(m, made_halves, sizeof made_halves);
}

static inline void make_npz(struct made *m, int method, int large)
{
    uint8_t bytes[512];

    zip_entry(m, "Transformer/scale.npy", bytes,
              npy(bytes, sizeof bytes,
                  "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", made_floats,
                  sizeof made_floats),
              method);
    zip_entry(m, "order.npy", bytes,
              npy(bytes, sizeof bytes,
                  "{'descr': '>i2', 'fortran_order': True, 'shape': (3, 1), }", made_halves,
                  sizeof made_halves),
              method);
    zip_end(m, large);
}

static inline void make_safetensors(struct made *m)
{
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[6,30]},"
        "\"half\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
        "\"none\":{\"dtype\":\"BF16\",\"shape\":[0,4],\"data_offsets\":[30,30]}}";

    put_number(m, strlen(header), 8);
    put_text(m, header);
    put(m, made_halves, sizeof made_halves);
    put(m, made_floats, sizeof made_floats);
}

#endif
