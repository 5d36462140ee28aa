/* SPDX-License-Identifier: Apache-2.0 */
/* What this process may use of the machine: processors and memory, control groups included. */
#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/text.h"

/* The beginning of a small file as text, cut at the room there is; false where it is not there. */
static bool read_text(const char *path, char *text, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, room - 1);
    close(fd);
    if (n < 0)
        return false;
    text[n] = '\0';
    return true;
}

/*
 * The path of our control group: the line "0::/path" of version 2, or the one of version 1 that
 * names `controller` ("5:cpu,memory:/path").
 */
static bool find_group(const char *controller, char *path, size_t room)
{
    char text[4096];
    if (!read_text("/proc/self/cgroup", text, sizeof text))
        return false;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *names = strchr(line, ':');
        char *group = names == NULL ? NULL : strchr(names + 1, ':');
        if (group == NULL)
            continue;
        *group++ = '\0';
        bool ours = *controller == '\0' ? names[1] == '\0' : strstr(names + 1, controller) != NULL;
        if (ours && strlen(group) < room) {
            memcpy(path, group, strlen(group) + 1);
            return true;
        }
    }
    return false;
}

/* Call `look` on the file of the group and of all groups above it: the tightest limit counts. */
static void for_groups(const char *mount, const char *controller, const char *file,
                       void (*look)(char *text, uint64_t *limit), uint64_t *limit)
{
    char group[1024];
    if (!find_group(controller, group, sizeof group))
        return;
    for (;;) {
        char path[1200], text[128];
        int n = snprintf(path, sizeof path, "%s%s/%s", mount, group, file);
        if (n > 0 && (size_t)n < sizeof path && read_text(path, text, sizeof text))
            look(text, limit);
        char *slash = strrchr(group, '/');
        if (slash == NULL)
            return;
        *slash = '\0';
    }
}

/* "max" or a number of bytes. */
static void look_at_bytes(char *text, uint64_t *limit)
{
    uint64_t bytes = 0;
    text[strcspn(text, "\n")] = '\0';
    if (oz_text_to_u64(text, &bytes) && bytes > 0)
        *limit = oz_min_u64(*limit, bytes);
}

/* "max 100000" or the microseconds that may be used of each period. */
static void look_at_quota(char *text, uint64_t *limit)
{
    uint64_t quota = 0, period = 0;
    text[strcspn(text, "\n")] = '\0';
    char *space = strchr(text, ' ');
    if (space == NULL)
        return;
    *space = '\0';
    if (oz_text_to_u64(text, &quota) && oz_text_to_u64(space + 1, &period) && period > 0)
        *limit = oz_min_u64(*limit, oz_max_u64(oz_ceil_div(quota, period), 1));
}

/* Processors of the affinity mask, 0 where it cannot be read. */
static unsigned count_affinity(void)
{
    for (int room = 1024; room <= 1 << 16; room *= 2) {
        cpu_set_t *set = CPU_ALLOC(room);
        if (set == NULL)
            return 0;
        size_t size = CPU_ALLOC_SIZE(room);
        int failed = sched_getaffinity(0, size, set) != 0 ? errno : 0;
        int count = failed ? 0 : CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (failed != EINVAL) /* the mask of a larger machine did not fit */
            return (unsigned)count;
    }
    return 0;
}

unsigned oz_processors(void)
{
    uint64_t count = count_affinity();
    if (count == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        count = online > 0 ? (uint64_t)online : 1;
    }
    for_groups("/sys/fs/cgroup", "", "cpu.max", look_at_quota, &count);
    return (unsigned)count;
}

uint64_t oz_machine_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : OZ_GIB(1);
    for_groups("/sys/fs/cgroup", "", "memory.max", look_at_bytes, &bytes);
    for_groups("/sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes", look_at_bytes, &bytes);
    return bytes;
}
