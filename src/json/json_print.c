/* SPDX-License-Identifier: Apache-2.0 */
/* JSON values as text: valid UTF-8, shortest numbers, lists of plain values on one line. */
#include "json/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "json/json_value.h"

struct printer {
    struct oz_buf *out;
    int indent;
    struct oz_err *err;
};

static bool print_value(struct printer *printer, const struct oz_json *value, int level);

static bool add(struct printer *printer, const char *text)
{
    return oz_buf_append(printer->out, text, strlen(text), printer->err);
}

static bool new_line(struct printer *printer, int level)
{
    if (printer->indent == 0)
        return true;
    return oz_buf_printf(printer->out, printer->err, "\n%*s", level * printer->indent, "");
}

/* Bytes of the UTF-8 character at `p`, 0 where there is no valid one. */
static size_t character_size(const uint8_t *p, size_t room)
{
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (size == 0 || size > room || p[0] > 0xF4)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    /* Too long for its value, surrogates, beyond the last character. */
    bool wrong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
                 (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F);
    return wrong ? 0 : size;
}

static bool print_control(struct printer *printer, uint8_t c)
{
    static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    for (const char *pair = letters; *pair != '\0'; pair += 2)
        if (c == (uint8_t)*pair)
            return oz_buf_printf(printer->out, printer->err, "\\%c", pair[1]);
    return oz_buf_printf(printer->out, printer->err, "\\u%04x", c);
}

/* File names become names of layers and need not be UTF-8; what is not is replaced. */
static bool print_string(struct printer *printer, const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text;
    if (!add(printer, "\""))
        return false;
    while (size > 0) {
        size_t n = character_size(p, size);
        bool plain = n > 1 || (n == 1 && *p >= 0x20 && *p != '"' && *p != '\\');
        bool ok = plain    ? oz_buf_append(printer->out, p, n, printer->err)
                  : n == 0 ? add(printer, "\xEF\xBF\xBD")
                           : print_control(printer, *p);
        if (!ok)
            return false;
        n = n == 0 ? 1 : n;
        p += n;
        size -= n;
    }
    return add(printer, "\"");
}

static bool is_plain(const struct oz_json *value)
{
    return oz_json_type(value) != OZ_JSON_ARRAY && oz_json_type(value) != OZ_JSON_OBJECT;
}

static bool all_plain(const struct oz_json *array)
{
    size_t length = oz_json_length(array);
    for (size_t i = 0; i < length; i++)
        if (!is_plain(oz_json_at(array, i)))
            return false;
    return true;
}

static bool print_array(struct printer *printer, const struct oz_json *array, int level)
{
    size_t length = oz_json_length(array);
    bool one_line = printer->indent == 0 || all_plain(array);
    const char *comma = one_line && printer->indent > 0 ? ", " : ",";
    if (!add(printer, "["))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((i > 0 && !add(printer, comma)) || (!one_line && !new_line(printer, level + 1)) ||
            !print_value(printer, oz_json_at(array, i), level + 1))
            return false;
    return (one_line || new_line(printer, level)) && add(printer, "]");
}

static bool print_object(struct printer *printer, const struct oz_json *object, int level)
{
    if (oz_json_length(object) == 0)
        return add(printer, "{}");
    const char *before = "{";
    for (struct oz_json_walk walk = {0}; oz_json_next(object, &walk); before = ",")
        if (!add(printer, before) || !new_line(printer, level + 1) ||
            !print_string(printer, walk.key, strlen(walk.key)) ||
            !add(printer, printer->indent == 0 ? ":" : ": ") ||
            !print_value(printer, walk.value, level + 1))
            return false;
    return new_line(printer, level) && add(printer, "}");
}

static bool print_int(struct printer *printer, const struct oz_json *value)
{
    int64_t number = 0;
    uint64_t large = 0;
    if (oz_json_to_i64(value, &number))
        return oz_buf_printf(printer->out, printer->err, "%" PRId64, number);
    return oz_json_to_u64(value, &large) &&
           oz_buf_printf(printer->out, printer->err, "%" PRIu64, large);
}

static bool print_double(struct printer *printer, const struct oz_json *value)
{
    double number = 0;
    char text[32];
    if (!oz_json_to_double(value, &number))
        return false;
    oz_text_from_double(number, text);
    return add(printer, text);
}

static bool print_value(struct printer *printer, const struct oz_json *value, int level)
{
    size_t size = 0;
    bool truth = false;
    const char *text = oz_json_bytes(value, &size);
    switch (oz_json_type(value)) {
    case OZ_JSON_BOOL:
        return add(printer, oz_json_to_bool(value, &truth) && truth ? "true" : "false");
    case OZ_JSON_INT:
        return print_int(printer, value);
    case OZ_JSON_DOUBLE:
        return print_double(printer, value);
    case OZ_JSON_STRING:
        return print_string(printer, text, size);
    case OZ_JSON_ARRAY:
        return print_array(printer, value, level);
    case OZ_JSON_OBJECT:
        return print_object(printer, value, level);
    case OZ_JSON_NULL:
        break;
    }
    return add(printer, "null");
}

bool oz_json_print(const struct oz_json *value, int indent, struct oz_buf *out, struct oz_err *err)
{
    struct printer printer = {out, indent, err};
    return print_value(&printer, value, 0);
}
