/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the library. */
#ifndef OMEZARR_VERSION_H
#define OMEZARR_VERSION_H

#define OZ_VERSION "0.1.0"

#endif
