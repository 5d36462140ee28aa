/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses shards and codecs where the user does not. */
#include <math.h>

#include "base/checked.h"
#include "ops/layer_job.h"

#define SHARD_MOST OZ_GIB(1)
#define SHARD_WANTED OZ_MIB(256)

static uint64_t next_power_of_two(uint64_t n)
{
    uint64_t p = 1;
    while (p < n)
        p *= 2;
    return p;
}

/*
 * Wide in x and y first, because slabs are written one after the other and a wide shard is done
 * soon; deeper only where the level is narrow. Counts of chunks are powers of two, as WEBKNOSSOS
 * wants them.
 */
void oz_choose_shard(const uint64_t size[3], const uint64_t chunk[3], size_t voxel_bytes,
                     uint64_t shard[3])
{
    uint64_t n[3], bytes = chunk[0] * chunk[1] * chunk[2] * voxel_bytes;
    for (int a = 0; a < 3; a++)
        n[a] = next_power_of_two(oz_ceil_div(size[a], chunk[a]));
    uint64_t depth = n[0];
    n[0] = 1;
    while (n[1] * n[2] > 1 && n[1] * n[2] * bytes > SHARD_MOST) {
        int larger = n[1] * chunk[1] > n[2] * chunk[2] ? 1 : 2;
        if (n[larger] == 1)
            larger = 3 - larger;
        n[larger] /= 2;
    }
    while (n[0] < depth && 2 * n[0] * n[1] * n[2] * bytes <= SHARD_WANTED)
        n[0] *= 2;
    for (int a = 0; a < 3; a++)
        shard[a] = n[a] * chunk[a];
}

/* Measured: zstd above level 1 gains nothing on 8-bit EM; wider intensities gain from byte shuffle;
 * labels are best without. */
const char *oz_choose_codec(enum oz_dtype dtype, bool segmentation)
{
    return segmentation || oz_dtype_size(dtype) == 1 ? "zstd:1" : "blosc:zstd:1:shuffle";
}
