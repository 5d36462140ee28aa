/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C (Castagnoli, RFC 3720), the checksum of Zarr's crc32c codec. */
#ifndef OZ_BASE_CRC32C_H
#define OZ_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The finished checksum of the bytes. Thread-safe. */
uint32_t oz_crc32c(const void *data, size_t size);

#endif
