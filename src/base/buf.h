/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed bytes (span) and owned, growing bytes (buf). */
#ifndef OZ_BASE_BUF_H
#define OZ_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct oz_span {
    const uint8_t *data;
    size_t size;
};

/* Start with `= {0}`. Its memory is kept when it is cleared, so that it can be used again. */
struct oz_buf {
    uint8_t *data;
    size_t size;
    size_t room;
};

void oz_buf_release(struct oz_buf *buf);

/* Make room for `extra` more bytes behind `size`. Geometric growth. */
bool oz_buf_reserve(struct oz_buf *buf, size_t extra, struct oz_err *err) OZ_MUST_USE;

/* Set the size exactly; new bytes are not initialised. */
bool oz_buf_resize(struct oz_buf *buf, size_t size, struct oz_err *err) OZ_MUST_USE;

bool oz_buf_append(struct oz_buf *buf, const void *data, size_t size,
                   struct oz_err *err) OZ_MUST_USE;
bool oz_buf_printf(struct oz_buf *buf, struct oz_err *err, const char *format, ...)
    OZ_PRINTF(3, 4) OZ_MUST_USE;

static inline void oz_buf_clear(struct oz_buf *buf)
{
    buf->size = 0;
}

static inline struct oz_span oz_buf_view(const struct oz_buf *buf)
{
    return (struct oz_span){buf->data, buf->size};
}

#endif
