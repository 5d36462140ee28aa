/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C by ISA-L, which picks the fastest version for the processor. */
#include "base/crc32c.h"

#include <isa-l/crc.h>

/* ISA-L counts bytes in an int and leaves the inversion before and after to its caller. */
#define PIECE ((size_t)1 << 30)

uint32_t oz_crc32c(const void *data, size_t size)
{
    unsigned char *p = (unsigned char *)data; /* ISA-L only reads, in spite of its prototype */
    unsigned crc = UINT32_MAX;
    while (size > PIECE) {
        crc = crc32_iscsi(p, (int)PIECE, crc);
        p += PIECE;
        size -= PIECE;
    }
    if (size > 0)
        crc = crc32_iscsi(p, (int)size, crc);
    return ~crc;
}
