/* SPDX-License-Identifier: Apache-2.0 */
/* Owned bytes that grow geometrically and keep their memory for the next use. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

void oz_buf_release(struct oz_buf *buf)
{
    oz_free(buf->data);
    *buf = (struct oz_buf){0};
}

static bool set_room(struct oz_buf *buf, size_t room, struct oz_err *err)
{
    uint8_t *data = oz_realloc(buf->data, room, 1, err);
    if (data == NULL)
        return false;
    buf->data = data;
    buf->room = room;
    return true;
}

bool oz_buf_reserve(struct oz_buf *buf, size_t extra, struct oz_err *err)
{
    uint64_t wanted = 0;
    if (!oz_add(buf->size, extra, &wanted))
        return oz_fail(err, OZ_ENOMEM, "out of memory: a buffer would be larger than memory");
    if (wanted <= buf->room && buf->data != NULL)
        return true;
    return set_room(buf, (size_t)oz_max_u64(oz_max_u64(wanted, buf->room + buf->room / 2), 64),
                    err);
}

bool oz_buf_resize(struct oz_buf *buf, size_t size, struct oz_err *err)
{
    if ((size > buf->room || buf->data == NULL) && !set_room(buf, size, err))
        return false;
    buf->size = size;
    return true;
}

bool oz_buf_append(struct oz_buf *buf, const void *data, size_t size, struct oz_err *err)
{
    if (!oz_buf_reserve(buf, size, err))
        return false;
    if (size > 0)
        memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    return true;
}

bool oz_buf_printf(struct oz_buf *buf, struct oz_err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return oz_fail(err, OZ_EINVAL, "text could not be formatted");
    if (!oz_buf_reserve(buf, (size_t)length + 1, err))
        return false;
    va_start(args, format);
    vsnprintf((char *)buf->data + buf->size, (size_t)length + 1, format, args);
    va_end(args);
    buf->size += (size_t)length;
    return true;
}
