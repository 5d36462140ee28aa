/* SPDX-License-Identifier: Apache-2.0 */
/* Adds compression to the metadata of an array. */
#include "ops/compression.h"

#include "codec/codec.h"

bool oz_meta_add_compression(struct oz_meta *meta, const char *text, struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) extra = oz_codecs_from_text(text, oz_dtype_size(meta->dtype), err);
    OZ_AUTO_PTR(oz_json) codecs = extra ? oz_json_copy(meta->codecs, err) : NULL;
    if (!codecs)
        return false;
    /* The first of the new ones is `bytes`, which the array's own list has already. */
    if (oz_json_length(extra) < 2)
        return oz_fail(err, OZ_EINVAL, "the codec \"%s\" does not compress", text);
    for (size_t i = 1; i < oz_json_length(extra); i++) {
        if (!oz_json_push(codecs, oz_json_ref(oz_json_at(extra, i))))
            return oz_fail(err, OZ_ENOMEM, "out of memory for a list of codecs");
    }
    oz_json_free(meta->codecs);
    meta->codecs = OZ_STEAL(codecs);
    return true;
}
