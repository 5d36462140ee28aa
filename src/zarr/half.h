/* SPDX-License-Identifier: Apache-2.0 */
/* Half-precision floats as their bits, without help from the compiler. */
#ifndef OZ_ZARR_HALF_H
#define OZ_ZARR_HALF_H

#include <stdint.h>

/* Rounded half to even; too large becomes infinite. */
uint16_t oz_half_from_double(double value);
double oz_half_to_double(uint16_t bits);

#endif
