/* SPDX-License-Identifier: Apache-2.0 */
/* Shrinks a box of raw voxels from standard input to standard output, for numpy to compare with. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/text.h"
#include "image/shrink.h"

/* "z,y,x" */
static bool parse_three(char *text, uint64_t out[3])
{
    char *next = NULL;
    for (int a = 0; a < 3; a++) {
        const char *word = strtok_r(a == 0 ? text : NULL, ",", &next);
        if (word == NULL || !oz_text_to_u64(word, &out[a]) || out[a] == 0)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct oz_err err = {0};
    enum oz_shrink kind;
    enum oz_dtype dtype;
    uint64_t factor[3], size[3], small[3];
    if (argc != 5 || !oz_shrink_from_name(argv[1], &kind) || !oz_dtype_from_name(argv[2], &dtype) ||
        !parse_three(argv[3], factor) || !parse_three(argv[4], size)) {
        fprintf(stderr, "use: shrink_raw KIND DTYPE FZ,FY,FX Z,Y,X < IN > OUT\n");
        return 2;
    }
    const uint32_t factors[3] = {(uint32_t)factor[0], (uint32_t)factor[1], (uint32_t)factor[2]};
    for (int a = 0; a < 3; a++)
        small[a] = oz_ceil_div(size[a], factor[a]);
    const size_t item = oz_dtype_size(dtype);
    const size_t in_size = size[0] * size[1] * size[2] * item;
    const size_t out_size = small[0] * small[1] * small[2] * item;
    OZ_AUTO_FREE uint8_t *in = oz_alloc_pixels(in_size, &err);
    OZ_AUTO_FREE uint8_t *out = oz_alloc_pixels(out_size, &err);
    if (in == NULL || out == NULL || fread(in, 1, in_size, stdin) != in_size) {
        fprintf(stderr, "cannot read %zu bytes\n", in_size);
        return 1;
    }
    const ptrdiff_t in_strides[2] = {(ptrdiff_t)(size[1] * size[2] * item),
                                     (ptrdiff_t)(size[2] * item)};
    const ptrdiff_t out_strides[2] = {(ptrdiff_t)(small[1] * small[2] * item),
                                      (ptrdiff_t)(small[2] * item)};
    oz_shrink_box(kind, dtype, factors, size, in, in_strides, out, out_strides);
    return fwrite(out, 1, out_size, stdout) == out_size ? 0 : 1;
}
