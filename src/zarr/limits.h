/* SPDX-License-Identifier: Apache-2.0 */
/* What hostile metadata may make us allocate. */
#ifndef OZ_ZARR_LIMITS_H
#define OZ_ZARR_LIMITS_H

#include <stdint.h>

#include "base/checked.h"

#define OZ_LIMIT_DOCUMENT OZ_MIB(64)       /* a metadata document */
#define OZ_LIMIT_CHUNK OZ_GIB(4)           /* a decoded chunk */
#define OZ_LIMIT_SHARD_CHUNKS (OZ_MIB(64)) /* chunks in a shard */

#endif
