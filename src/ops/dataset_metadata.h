/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what a new dataset says of itself: array metadata, OME images, datasource-properties. */
#ifndef OZ_OPS_DATASET_METADATA_H
#define OZ_OPS_DATASET_METADATA_H

#include "base/err.h"
#include "ops/layer_job.h"
#include "ops/settings.h"
#include "store/store.h"

/* All metadata of a dataset whose arrays are written; the documents that make it look complete
 * come last. `name` is the dataset's. */
bool oz_describe_dataset(struct oz_store *store, const struct oz_settings *settings,
                         const struct oz_layer_jobs *jobs, const char *name,
                         struct oz_err *err) OZ_MUST_USE;

#endif
