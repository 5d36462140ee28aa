/* SPDX-License-Identifier: Apache-2.0 */
/* Data types: one row each, names in Zarr v2 and v3, fill values in all their spellings. */
#ifndef OZ_ZARR_DTYPE_H
#define OZ_ZARR_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "json/json.h"

enum oz_dtype {
    OZ_U8,
    OZ_U16,
    OZ_U32,
    OZ_U64,
    OZ_I8,
    OZ_I16,
    OZ_I32,
    OZ_I64,
    OZ_F32,
    OZ_F64,
    OZ_BOOL,
    OZ_F16,
    OZ_C64,
    OZ_C128,
    OZ_DTYPES /* their number */
};

size_t oz_dtype_size(enum oz_dtype dtype);
size_t oz_dtype_swap_size(enum oz_dtype dtype); /* half the size for complex */
const char *oz_dtype_name(enum oz_dtype dtype); /* "uint8", as Zarr v3 and numpy */
bool oz_dtype_is_integer(enum oz_dtype dtype);
bool oz_dtype_is_pixel(enum oz_dtype dtype); /* OZ_U8 ... OZ_F64: what pictures hold */

/* "uint8" -> OZ_U8. False if unknown, no message. */
bool oz_dtype_from_name(const char *name, enum oz_dtype *out) OZ_MUST_USE;

/* "<u2", "|u1", ">f4" ... -> type and byte order. False if unknown, no message. */
bool oz_dtype_from_v2(const char *text, enum oz_dtype *out, bool *big_endian) OZ_MUST_USE;
void oz_dtype_to_v2(enum oz_dtype dtype, bool big_endian, char out[8]);

/* A fill value to the `oz_dtype_size` native bytes at `out` and back: numbers, true/false, "NaN",
 * "Infinity", "-Infinity", "0x...", [re, im], null (= 0). OZ_EFORMAT for what does not fit. */
bool oz_fill_parse(enum oz_dtype dtype, const struct oz_json *value, void *out,
                   struct oz_err *err) OZ_MUST_USE;
struct oz_json *oz_fill_print(enum oz_dtype dtype, const void *fill,
                              struct oz_err *err) OZ_MUST_USE;

/* One item as a double (real part of complex ones). */
double oz_dtype_to_double(enum oz_dtype dtype, const void *item);

#endif
