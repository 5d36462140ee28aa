/* SPDX-License-Identifier: Apache-2.0 */
/* The compiler extensions the project uses, each behind one name. */
#ifndef OZ_BASE_ATTR_H
#define OZ_BASE_ATTR_H

#define OZ_MUST_USE __attribute__((warn_unused_result))
#define OZ_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/*
 * Scoped cleanup. `OZ_AUTO(oz_buf) b = {0};` calls oz_buf_release(&b) at the end of the scope,
 * `OZ_AUTO_PTR(oz_json) j = NULL;` calls oz_json_free(j). Always with an initialiser; a function
 * that uses either has no `goto`. A pointer type joins in with OZ_DEFINE_AUTO_PTR in its header.
 */
#define OZ_AUTO(noun) __attribute__((cleanup(noun##_release))) struct noun
#define OZ_AUTO_PTR(noun) __attribute__((cleanup(noun##_auto_free))) struct noun *
#define OZ_DEFINE_AUTO_PTR(noun, free_function)                                                    \
    static inline void noun##_auto_free(struct noun **pointer)                                     \
    {                                                                                              \
        free_function(*pointer);                                                                   \
    }                                                                                              \
    struct noun

/* Take a scoped pointer out of its scope's care. */
#define OZ_STEAL(pointer)                                                                          \
    __extension__({                                                                                \
        __typeof__(pointer) stolen_ = (pointer);                                                   \
        (pointer) = NULL;                                                                          \
        stolen_;                                                                                   \
    })

#define OZ_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
