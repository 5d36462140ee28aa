/* SPDX-License-Identifier: Apache-2.0 */
/* Fill values: their spellings in JSON to the bytes of an item and back. */
#include "zarr/dtype.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "zarr/half.h"

/* The bits that "NaN" stands for, by size of the float. */
static uint64_t quiet_nan(size_t size)
{
    return size == 2 ? 0x7e00u : size == 4 ? 0x7fc00000u : 0x7ff8000000000000u;
}

static void store_bits(uint64_t bits, size_t size, void *out)
{
    uint16_t b16 = (uint16_t)bits;
    uint32_t b32 = (uint32_t)bits;
    memcpy(out, size == 2 ? (void *)&b16 : size == 4 ? (void *)&b32 : (void *)&bits, size);
}

static uint64_t load_bits(const void *item, size_t size)
{
    uint16_t b16;
    uint32_t b32;
    uint64_t b64;
    if (size == 2)
        return memcpy(&b16, item, size), b16;
    if (size == 4)
        return memcpy(&b32, item, size), b32;
    return memcpy(&b64, item, sizeof b64), b64;
}

/* "0x7fc00000" -> the bits. At most `digits` digits. */
static bool read_hex(const char *text, size_t digits, uint64_t *bits)
{
    static const char alphabet[] = "0123456789abcdef";
    size_t length = strlen(text);
    if (length < 3 || length > digits + 2 || text[0] != '0' || text[1] != 'x')
        return false;
    *bits = 0;
    for (const char *c = text + 2; *c; c++) {
        char lower = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
        const char *found = strchr(alphabet, lower);
        if (!found)
            return false;
        *bits = *bits << 4 | (uint64_t)(found - alphabet);
    }
    return true;
}

/* False where a finite number does not stay one. */
static bool store_float(double value, size_t size, void *out)
{
    if (isnan(value)) {
        store_bits(quiet_nan(size), size, out);
        return true;
    }
    double stored = value;
    if (size == 2) {
        uint16_t half = oz_half_from_double(value);
        stored = oz_half_to_double(half);
        memcpy(out, &half, size);
    } else if (size == 4) {
        float single = (float)value;
        stored = (double)single;
        memcpy(out, &single, size);
    } else {
        memcpy(out, &value, size);
    }
    return isinf(stored) == isinf(value);
}

static bool parse_float(const struct oz_json *value, size_t size, void *out)
{
    const char *text = oz_json_to_text(value);
    double number;
    uint64_t bits;
    if (!text)
        return oz_json_to_double(value, &number) && store_float(number, size, out);
    if (strcmp(text, "NaN") == 0)
        return store_float((double)NAN, size, out);
    if (strcmp(text, "Infinity") == 0)
        return store_float((double)INFINITY, size, out);
    if (strcmp(text, "-Infinity") == 0)
        return store_float(-(double)INFINITY, size, out);
    if (read_hex(text, size * 2, &bits)) {
        store_bits(bits, size, out);
        return true;
    }
    return oz_text_to_double(text, &number) && store_float(number, size, out);
}

/* Two parts, or a number alone for a real one. */
static bool parse_complex(const struct oz_json *value, size_t part, void *out)
{
    uint8_t *bytes = out;
    if (oz_json_type(value) != OZ_JSON_ARRAY)
        return parse_float(value, part, bytes);
    return oz_json_length(value) == 2 && parse_float(oz_json_at(value, 0), part, bytes) &&
           parse_float(oz_json_at(value, 1), part, bytes + part);
}

/* Some writers put integers in quotes. */
static bool parse_unsigned(const struct oz_json *value, size_t size, void *out)
{
    const char *text = oz_json_to_text(value);
    uint64_t number;
    if (text ? !oz_text_to_u64(text, &number) : !oz_json_to_u64(value, &number))
        return false;
    if (size < 8 && number >> (8 * size) != 0)
        return false;
    if (size == 1)
        *(uint8_t *)out = (uint8_t)number;
    else
        store_bits(number, size, out);
    return true;
}

static bool parse_signed(const struct oz_json *value, size_t size, void *out)
{
    const char *text = oz_json_to_text(value);
    int64_t number;
    if (text ? !oz_text_to_i64(text, &number) : !oz_json_to_i64(value, &number))
        return false;
    int64_t limit = size < 8 ? (int64_t)1 << (8 * size - 1) : 0;
    if (size < 8 && (number < -limit || number >= limit))
        return false;
    if (size == 1)
        *(uint8_t *)out = (uint8_t)number;
    else
        store_bits((uint64_t)number, size, out);
    return true;
}

static bool parse_bool(const struct oz_json *value, void *out)
{
    bool truth;
    uint64_t number;
    if (oz_json_to_bool(value, &truth))
        number = truth;
    else if (!oz_json_to_u64(value, &number) || number > 1)
        return false;
    *(uint8_t *)out = (uint8_t)number;
    return true;
}

static bool parse_item(enum oz_dtype dtype, const struct oz_json *value, void *out)
{
    size_t size = oz_dtype_size(dtype);
    switch (dtype) {
    case OZ_BOOL:
        return parse_bool(value, out);
    case OZ_U8:
    case OZ_U16:
    case OZ_U32:
    case OZ_U64:
        return parse_unsigned(value, size, out);
    case OZ_I8:
    case OZ_I16:
    case OZ_I32:
    case OZ_I64:
        return parse_signed(value, size, out);
    case OZ_F16:
    case OZ_F32:
    case OZ_F64:
        return parse_float(value, size, out);
    case OZ_C64:
    case OZ_C128:
        return parse_complex(value, size / 2, out);
    case OZ_DTYPES:
        break;
    }
    return false;
}

bool oz_fill_parse(enum oz_dtype dtype, const struct oz_json *value, void *out, struct oz_err *err)
{
    uint8_t item[16] = {0};
    if (oz_json_type(value) != OZ_JSON_NULL && !parse_item(dtype, value, item)) {
        OZ_AUTO(oz_buf) text = {0};
        if (!oz_json_print(value, 0, &text, err))
            return false;
        return oz_fail(err, OZ_EFORMAT, "fill_value: %.*s is no %s",
                       (int)(text.size < 60 ? text.size : 60), (const char *)text.data,
                       oz_dtype_name(dtype));
    }
    memcpy(out, item, oz_dtype_size(dtype));
    return true;
}

/* Only a NaN with other bits than the usual ones needs the bits. */
static struct oz_json *print_float(const void *item, size_t size, struct oz_err *err)
{
    uint64_t bits = load_bits(item, size);
    enum oz_dtype type = size == 2 ? OZ_F16 : size == 4 ? OZ_F32 : OZ_F64;
    double value = oz_dtype_to_double(type, item);
    if (isinf(value))
        return oz_json_text(value > 0 ? "Infinity" : "-Infinity");
    if (!isnan(value))
        return oz_json_double(value);
    if (bits == quiet_nan(size))
        return oz_json_text("NaN");
    OZ_AUTO_FREE char *text = oz_format(err, "0x%0*" PRIx64, (int)size * 2, bits);
    return text ? oz_json_text(text) : NULL;
}

static struct oz_json *print_complex(const void *fill, size_t part, struct oz_err *err)
{
    struct oz_json_maker maker = {0};
    struct oz_json *pair = oz_make_root_array(&maker);
    oz_make_value(&maker, pair, NULL, print_float(fill, part, err));
    oz_make_value(&maker, pair, NULL, print_float((const uint8_t *)fill + part, part, err));
    return oz_make_finish(&maker, pair, err);
}

static int64_t load_signed(const void *fill, size_t size)
{
    if (size == 1)
        return *(const int8_t *)fill;
    uint64_t bits = load_bits(fill, size);
    return size == 2 ? (int16_t)bits : size == 4 ? (int32_t)bits : (int64_t)bits;
}

struct oz_json *oz_fill_print(enum oz_dtype dtype, const void *fill, struct oz_err *err)
{
    size_t size = oz_dtype_size(dtype);
    struct oz_json *made;
    if (dtype == OZ_BOOL)
        made = oz_json_bool(*(const uint8_t *)fill != 0);
    else if (dtype <= OZ_U64)
        made = oz_json_u64(size == 1 ? *(const uint8_t *)fill : load_bits(fill, size));
    else if (oz_dtype_is_integer(dtype))
        made = oz_json_i64(load_signed(fill, size));
    else if (dtype == OZ_C64 || dtype == OZ_C128)
        made = print_complex(fill, size / 2, err);
    else
        made = print_float(fill, size, err);
    if (!made)
        oz_fail(err, OZ_ENOMEM, "out of memory for a fill value");
    return made;
}
