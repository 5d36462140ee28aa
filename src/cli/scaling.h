/* SPDX-License-Identifier: Apache-2.0 */
/* What convert and downsample say alike of how coarser mags are made. */
#ifndef OZ_CLI_SCALING_H
#define OZ_CLI_SCALING_H

extern const char *const oz_sampling_modes[];
extern const char *const oz_interpolation_modes[];

#define OZ_SAMPLING_TEXT                                                                           \
    "Which mags are made: anisotropic keeps voxels as cubic as it can, isotropic doubles all "     \
    "three axes, constant_z leaves z alone."
#define OZ_INTERPOLATION_TEXT                                                                      \
    "How voxels become one: default is median for color and mode for segmentation."

#endif
