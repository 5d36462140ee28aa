/* SPDX-License-Identifier: Apache-2.0 */
/* Removes consolidated metadata from the groups above an array that is about to change. */
#include "ops/consolidated.h"

#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "zarr/group.h"

static void say_dropped(struct oz_progress *progress, const char *group)
{
    oz_progress_say(progress, OZ_EVENT_NOTE,
                    "%s%sthe consolidated metadata would be out of date and is removed", group,
                    *group ? ": " : "");
}

static bool drop_v3(struct oz_store *store, const char *group, struct oz_progress *progress,
                    struct oz_err *err)
{
    OZ_AUTO_PTR(oz_json) document = NULL;
    enum oz_found found = oz_node_read_document(store, group, "zarr.json", &document, err);
    if (found != OZ_FOUND)
        return found == OZ_MISSING;
    if (oz_json_type(oz_json_get(document, "consolidated_metadata")) != OZ_JSON_OBJECT)
        return true;
    OZ_AUTO_PTR(oz_json) without = oz_json_copy(document, err);
    if (!without)
        return false;
    oz_json_remove(without, "consolidated_metadata");
    if (!oz_node_write_document(store, group, "zarr.json", without, err))
        return false;
    say_dropped(progress, group);
    return true;
}

static bool drop_v2(struct oz_store *store, const char *group, struct oz_progress *progress,
                    struct oz_err *err)
{
    OZ_AUTO_FREE char *key = oz_path_join(group, ".zmetadata", err);
    uint64_t size;
    if (!key)
        return false;
    enum oz_found found = oz_store_size(store, key, &size, err);
    if (found != OZ_FOUND)
        return found == OZ_MISSING;
    if (!oz_store_erase(store, key, err))
        return false;
    say_dropped(progress, group);
    return true;
}

bool oz_consolidated_drop(struct oz_store *store, const char *path, struct oz_progress *progress,
                          struct oz_err *err)
{
    OZ_AUTO_FREE char *group = oz_strdup(path, err);
    if (!group)
        return false;
    while (*group) {
        char *slash = strrchr(group, '/');
        *(slash ? slash : group) = '\0';
        if (!drop_v3(store, group, progress, err) || !drop_v2(store, group, progress, err))
            return false;
    }
    return true;
}
