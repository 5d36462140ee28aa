/* SPDX-License-Identifier: Apache-2.0 */
/* The table of data types. */
#include "zarr/dtype.h"

#include <string.h>

#include "base/endian.h"
#include "zarr/half.h"

struct row {
    const char *name;
    char kind; /* as in Zarr v2 */
    uint8_t size;
    uint8_t swap_size;
};

static const struct row rows[OZ_DTYPES] = {
    [OZ_U8] = {"uint8", 'u', 1, 1},      [OZ_U16] = {"uint16", 'u', 2, 2},
    [OZ_U32] = {"uint32", 'u', 4, 4},    [OZ_U64] = {"uint64", 'u', 8, 8},
    [OZ_I8] = {"int8", 'i', 1, 1},       [OZ_I16] = {"int16", 'i', 2, 2},
    [OZ_I32] = {"int32", 'i', 4, 4},     [OZ_I64] = {"int64", 'i', 8, 8},
    [OZ_F32] = {"float32", 'f', 4, 4},   [OZ_F64] = {"float64", 'f', 8, 8},
    [OZ_BOOL] = {"bool", 'b', 1, 1},     [OZ_F16] = {"float16", 'f', 2, 2},
    [OZ_C64] = {"complex64", 'c', 8, 4}, [OZ_C128] = {"complex128", 'c', 16, 8},
};

size_t oz_dtype_size(enum oz_dtype dtype)
{
    return rows[dtype].size;
}

size_t oz_dtype_swap_size(enum oz_dtype dtype)
{
    return rows[dtype].swap_size;
}

const char *oz_dtype_name(enum oz_dtype dtype)
{
    return rows[dtype].name;
}

bool oz_dtype_is_integer(enum oz_dtype dtype)
{
    return rows[dtype].kind == 'u' || rows[dtype].kind == 'i';
}

bool oz_dtype_is_pixel(enum oz_dtype dtype)
{
    return dtype <= OZ_F64;
}

bool oz_dtype_from_name(const char *name, enum oz_dtype *out)
{
    for (unsigned i = 0; i < OZ_DTYPES; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *out = (enum oz_dtype)i;
            return true;
        }
    }
    return false;
}

/* The size is one or two digits without a leading zero. */
static unsigned read_size(const char *digits)
{
    if (strcmp(digits, "16") == 0)
        return 16;
    return digits[0] >= '1' && digits[0] <= '9' && digits[1] == '\0' ? digits[0] - '0' : 0;
}

bool oz_dtype_from_v2(const char *text, enum oz_dtype *out, bool *big_endian)
{
    if (!text[0] || !strchr("<>|", text[0]) || !text[1])
        return false;
    unsigned size = read_size(text + 2);
    for (unsigned i = 0; i < OZ_DTYPES; i++) {
        if (rows[i].kind != text[1] || rows[i].size != size)
            continue;
        if (text[0] == '|' && size > 1) /* no byte order is given, and one is needed */
            return false;
        *big_endian = text[0] == '>' && size > 1;
        *out = (enum oz_dtype)i;
        return true;
    }
    return false;
}

void oz_dtype_to_v2(enum oz_dtype dtype, bool big_endian, char out[8])
{
    const struct row *row = &rows[dtype];
    size_t at = 0;
    out[at++] = row->size == 1 ? '|' : big_endian ? '>' : '<';
    out[at++] = row->kind;
    if (row->size > 9)
        out[at++] = (char)('0' + row->size / 10);
    out[at++] = (char)('0' + row->size % 10);
    out[at] = '\0';
}

#define AS_DOUBLE(type)                                                                            \
    {                                                                                              \
        type value;                                                                                \
        memcpy(&value, item, sizeof value);                                                        \
        return (double)value;                                                                      \
    }

double oz_dtype_to_double(enum oz_dtype dtype, const void *item)
{
    uint16_t half;
    switch (dtype) {
    case OZ_U8:
    case OZ_BOOL:
        AS_DOUBLE(uint8_t)
    case OZ_U16:
        AS_DOUBLE(uint16_t)
    case OZ_U32:
        AS_DOUBLE(uint32_t)
    case OZ_U64:
        AS_DOUBLE(uint64_t)
    case OZ_I8:
        AS_DOUBLE(int8_t)
    case OZ_I16:
        AS_DOUBLE(int16_t)
    case OZ_I32:
        AS_DOUBLE(int32_t)
    case OZ_I64:
        AS_DOUBLE(int64_t)
    case OZ_F16:
        memcpy(&half, item, sizeof half);
        return oz_half_to_double(half);
    case OZ_F32:
    case OZ_C64:
        AS_DOUBLE(float)
    case OZ_F64:
    case OZ_C128:
        AS_DOUBLE(double)
    case OZ_DTYPES:
        break;
    }
    return 0;
}
