/* SPDX-License-Identifier: Apache-2.0 */
/* How loops over pixels are compiled for more than one kind of processor. */
#ifndef OZ_IMAGE_SIMD_H
#define OZ_IMAGE_SIMD_H

/*
 * A function marked so is compiled twice on x86-64, for AVX2 and for every processor; the loader
 * picks one. Elsewhere (arm64 has its vectors always), with other compilers, and where a sanitizer
 * must see each call, it is a plain function.
 */
#if defined(__x86_64__) && defined(__linux__) && !defined(__clang__) &&                            \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define OZ_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define OZ_CLONES
#endif

/* Small functions that must become part of such loops. */
#define OZ_INLINE inline __attribute__((always_inline))

#endif
