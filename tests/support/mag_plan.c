/* SPDX-License-Identifier: Apache-2.0 */
/* Answers one plan of mags a line, for the webknossos package to compare with. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "dataset/mag.h"

enum { MOST_OTHERS = 64 };

/* FROM COARSEST|default SAMPLING VOXEL_X VOXEL_Y VOXEL_Z SIZE_X SIZE_Y SIZE_Z OTHER... */
static bool parse(char *line, struct oz_mag_request *request, struct oz_mag *others)
{
    char *next = NULL;
    const char *words[9];
    for (int i = 0; i < 9; i++) {
        words[i] = strtok_r(i == 0 ? line : NULL, " \n", &next);
        if (words[i] == NULL)
            return false;
    }
    bool good = oz_mag_parse(words[0], &request->from) &&
                oz_sampling_from_name(words[2], &request->sampling);
    if (strcmp(words[1], "default") != 0)
        good = good && oz_mag_parse(words[1], &request->coarsest);
    for (int a = 0; a < 3; a++) {
        good = good && oz_text_to_double(words[3 + a], &request->voxel[a]) &&
               oz_text_to_u64(words[6 + a], &request->size[a]);
    }
    request->others = others;
    const char *word;
    while ((word = strtok_r(NULL, " \n", &next)) != NULL && request->other_count < MOST_OTHERS)
        good = good && oz_mag_parse(word, &others[request->other_count++]);
    return good;
}

static void answer(const struct oz_mag_request *request)
{
    struct oz_err err = {0};
    OZ_AUTO_FREE struct oz_mag *mags = NULL;
    size_t count = 0;
    if (!oz_mags_plan(request, &mags, &count, &err)) {
        printf("error: %s\n", err.msg);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char name[OZ_MAG_TEXT];
        oz_mag_name(mags[i], name);
        printf("%s%s", i > 0 ? " " : "", name);
    }
    printf("\n");
}

int main(void)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct oz_mag others[MOST_OTHERS];
        struct oz_mag_request request = {0};
        if (!parse(line, &request, others)) {
            fprintf(stderr, "not a request: %s\n", line);
            return 2;
        }
        answer(&request);
    }
    return 0;
}
