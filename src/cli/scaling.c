/* SPDX-License-Identifier: Apache-2.0 */
/* The names of sampling and interpolation modes. */
#include "cli/scaling.h"

#include <stddef.h>

const char *const oz_sampling_modes[] = {"anisotropic", "isotropic", "constant_z", NULL};
const char *const oz_interpolation_modes[] = {"default", "median",  "mode",     "mean",    "min",
                                              "max",     "nearest", "bilinear", "bicubic", NULL};
