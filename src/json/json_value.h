/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this floor know of a value beyond its public getters. */
#ifndef OZ_JSON_JSON_VALUE_H
#define OZ_JSON_JSON_VALUE_H

#include "json/json.h"

/* The bytes of a string, which may hold a NUL; NULL if it is no string. */
const char *oz_json_bytes(const struct oz_json *value, size_t *size);

#endif
