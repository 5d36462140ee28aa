/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that carry words: what went wrong, where, and what was expected. */
#ifndef OMEZARR_ERR_H
#define OMEZARR_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/* What a program decides on. The words for a person are in `msg`. */
enum oz_code {
    OZ_OK = 0,
    OZ_EINVAL,       /* an argument or option value that cannot be */
    OZ_EFORMAT,      /* stored data or a picture that breaks its format */
    OZ_EUNSUPPORTED, /* valid, but not something this build can do */
    OZ_EIO,          /* the disk or the network failed */
    OZ_EDENIED,      /* no permission */
    OZ_ENOTFOUND,    /* something that had to be there is not */
    OZ_EEXIST,       /* something that must not be there is */
    OZ_ENOSPC,       /* no room left to write */
    OZ_ENOMEM,       /* out of memory, or over the memory bound */
    OZ_ELIMIT,       /* a size in metadata is over a limit of `struct oz_limits` */
    OZ_ECANCELLED    /* the caller asked to stop */
};

/*
 * The caller owns it and starts it with `= {0}`; it allocates nothing, so an out-of-memory error
 * can be told. A function that fails sets `code` and `msg`; one that succeeds leaves it alone.
 */
struct oz_err {
    enum oz_code code;
    int sys; /* errno or HTTP status, 0 if none */
    char msg[1024];
};

#ifdef __cplusplus
}
#endif
#endif
