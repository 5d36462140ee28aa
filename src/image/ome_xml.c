/* SPDX-License-Identifier: Apache-2.0 */
/* Parses OME-XML with expat, from text that may be hostile. */
#include "image/ome_xml.h"

#include <expat.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/text.h"
#include "image/stack.h"
#include "image/tiff_text.h"

enum {
    MAX_TEXT = 128 << 20,
    MAX_DEPTH = 64,
    MAX_IMAGES = 10000,
    MAX_CHANNELS = 1 << 16,
    MAX_RUNS = 1 << 22,
    MAX_PLANES = 1 << 24, /* of one image */
    MAX_ALL_PLANES = 1 << 26,
    MAX_UUID = 512,
};

enum element { OTHER, OME, IMAGE, PIXELS, CHANNEL, TIFF_DATA, UUID, BINARY_ONLY };

static const struct {
    const char *name;
    enum element element, parent;
} elements[] = {
    {"Image", IMAGE, OME},           {"Pixels", PIXELS, IMAGE}, {"Channel", CHANNEL, PIXELS},
    {"TiffData", TIFF_DATA, PIXELS}, {"UUID", UUID, TIFF_DATA}, {"BinaryOnly", BINARY_ONLY, OME},
};

/* Index of file names: open addressing, slots hold index + 1. */
struct name_index {
    uint32_t *slots;
    size_t slot_count;
};

struct parser {
    XML_Parser expat;
    struct oz_omexml *doc;
    struct oz_err *err;
    bool failed;
    enum element stack[MAX_DEPTH];
    size_t depth;
    size_t image_room, channel_room, run_room, file_room, run_total;
    uint64_t plane_total;
    struct name_index names;
    char uuid[MAX_UUID]; /* text of the open UUID element */
    size_t uuid_size;
};

bool oz_omexml_is(const char *text)
{
    const char *p = text + strspn(text, " \t\r\n");
    if (strncmp(p, "\xef\xbb\xbf", 3) == 0)
        p += 3;
    return *p == '<' &&
           (strstr(p, "<OME ") || strstr(p, "<OME>") || strstr(p, "<OME\n") || strstr(p, ":OME "));
}

static void release_image(struct oz_omexml_image *image)
{
    for (size_t i = 0; i < image->channel_count; i++)
        oz_free(image->channels[i].name);
    oz_free(image->channels);
    oz_free(image->runs);
    oz_free(image->name);
}

void oz_omexml_release(struct oz_omexml *doc)
{
    for (size_t i = 0; i < doc->image_count; i++)
        release_image(&doc->images[i]);
    oz_free(doc->images);
    for (size_t i = 0; i < doc->file_count; i++)
        oz_free(doc->files[i]);
    oz_free(doc->files);
    oz_free(doc->uuid);
    oz_free(doc->metadata_file);
    *doc = (struct oz_omexml){0};
}

/* ---- small helpers ---- */

/* Record the result of a step that set `err`; the parser stops at the first failure. */
static void check(struct parser *p, bool ok)
{
    if (ok || p->failed)
        return;
    p->failed = true;
    XML_StopParser(p->expat, XML_FALSE);
}

static const char *attribute(const char **atts, const char *name)
{
    for (; atts[0]; atts += 2)
        if (strcmp(atts[0], name) == 0)
            return atts[1];
    return NULL;
}

/* A whole number up to `max`, or `fallback` where the attribute is missing. */
static bool number(const char **atts, const char *name, uint64_t max, uint64_t fallback,
                   uint64_t *out, struct oz_err *err)
{
    const char *text = attribute(atts, name);
    *out = fallback;
    if (!text)
        return true;
    if (!oz_text_to_u64(text, out))
        return oz_fail(err, OZ_EFORMAT, "%s is \"%.40s\", expected a whole number", name, text);
    if (*out > max)
        return oz_fail(err, OZ_ELIMIT, "%s is %.40s, over the limit of %ju", name, text,
                       (uintmax_t)max);
    return true;
}

/* Make room for one more item behind `count`; the new item is zeroed. */
static void *grow(void *items, size_t count, size_t *room, size_t item_size, struct oz_err *err)
{
    if (count < *room)
        return items;
    size_t wanted = *room ? *room * 2 : 8;
    void *bigger = oz_realloc(items, wanted, item_size, err);
    if (bigger) {
        memset((char *)bigger + count * item_size, 0, (wanted - count) * item_size);
        *room = wanted;
    }
    return bigger;
}

/* ---- file names ---- */

static size_t name_slot(const struct parser *p, const char *name)
{
    size_t hash = 5381;
    for (const char *c = name; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    size_t slot = hash & (p->names.slot_count - 1);
    while (p->names.slots[slot] && strcmp(p->doc->files[p->names.slots[slot] - 1], name) != 0)
        slot = (slot + 1) & (p->names.slot_count - 1);
    return slot;
}

static bool grow_names(struct parser *p)
{
    struct oz_omexml *doc = p->doc;
    if (doc->file_count * 2 < p->names.slot_count)
        return true;
    size_t count = p->names.slot_count ? p->names.slot_count * 2 : 64;
    uint32_t *slots = oz_alloc(count, sizeof *slots, p->err);
    if (!slots)
        return false;
    oz_free(p->names.slots);
    p->names = (struct name_index){slots, count};
    for (size_t i = 0; i < doc->file_count; i++)
        p->names.slots[name_slot(p, doc->files[i])] = (uint32_t)i + 1;
    return true;
}

/* Folders in a name are those of the machine that wrote it: files of a set lie side by side. */
static bool intern_file(struct parser *p, const char *name, uint32_t *index)
{
    struct oz_omexml *doc = p->doc;
    for (const char *c = name; *c; c++)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return oz_fail(p->err, OZ_EFORMAT, "a TiffData has an empty file name");
    if (!grow_names(p))
        return false;
    size_t slot = name_slot(p, name);
    if (!p->names.slots[slot]) {
        char **files = grow(doc->files, doc->file_count, &p->file_room, sizeof *files, p->err);
        if (!files)
            return false;
        doc->files = files;
        if (!(files[doc->file_count] = oz_strdup(name, p->err)))
            return false;
        p->names.slots[slot] = (uint32_t)++doc->file_count;
    }
    *index = p->names.slots[slot] - 1;
    return true;
}

/* ---- elements ---- */

static struct oz_omexml_image *last_image(const struct parser *p)
{
    return &p->doc->images[p->doc->image_count - 1];
}

static bool begin_ome(struct parser *p, const char **atts)
{
    const char *uuid = attribute(atts, "UUID");
    if (!uuid || p->doc->uuid)
        return true;
    return (p->doc->uuid = oz_strdup(uuid, p->err)) != NULL;
}

static bool begin_binary_only(struct parser *p, const char **atts)
{
    const char *file = attribute(atts, "MetadataFile");
    if (!file || p->doc->metadata_file)
        return true;
    const char *slash = strrchr(file, '/');
    return (p->doc->metadata_file = oz_strdup(slash ? slash + 1 : file, p->err)) != NULL;
}

static bool begin_image(struct parser *p, const char **atts)
{
    struct oz_omexml *doc = p->doc;
    if (doc->image_count == MAX_IMAGES)
        return oz_fail(p->err, OZ_ELIMIT, "more than %d images", MAX_IMAGES);
    struct oz_omexml_image *images =
        grow(doc->images, doc->image_count, &p->image_room, sizeof *images, p->err);
    if (!images)
        return false;
    doc->images = images;
    struct oz_omexml_image *image = &images[doc->image_count++];
    *image = (struct oz_omexml_image){0};
    p->channel_room = p->run_room = 0;
    const char *name = attribute(atts, "Name");
    return !name || (image->name = oz_strdup(name, p->err)) != NULL;
}

/* "XYZCT": X and Y come first, the rest in any order. */
static bool parse_order(const char *text, uint8_t order[3], struct oz_err *err)
{
    unsigned seen = 0;
    bool ok = text && strlen(text) == 5 && strncmp(text, "XY", 2) == 0;
    for (int i = 0; ok && i < 3; i++) {
        const char *at = strchr("TCZ", text[2 + i]);
        ok = at != NULL;
        if (ok) {
            order[i] = (uint8_t)(at - "TCZ");
            seen |= 1U << order[i];
        }
    }
    return (ok && seen == 7) ||
           oz_fail(err, OZ_EFORMAT, "DimensionOrder is \"%.40s\", expected one like XYZCT",
                   text ? text : "");
}

/* A positive amount times the size of its unit; 0 where it is missing or makes no sense. */
static double amount(const char **atts, const char *name, const char *unit_name,
                     const char *fallback, double (*unit_size)(const char *))
{
    const char *text = attribute(atts, name);
    const char *unit = attribute(atts, unit_name);
    double value;
    if (!text || !oz_text_to_double(text, &value) || !(value > 0))
        return 0;
    value *= unit_size(unit ? unit : fallback);
    return isfinite(value) ? value : 0;
}

static bool begin_pixels(struct parser *p, const char **atts)
{
    static const char *const sizes[] = {"SizeT", "SizeC", "SizeZ"};
    static const char *const lengths[][2] = {{"PhysicalSizeX", "PhysicalSizeXUnit"},
                                             {"PhysicalSizeY", "PhysicalSizeYUnit"},
                                             {"PhysicalSizeZ", "PhysicalSizeZUnit"}};
    struct oz_omexml_image *image = last_image(p);
    if (image->size[0])
        return oz_fail(p->err, OZ_EFORMAT, "an Image has two Pixels");
    uint64_t planes = 1;
    for (int i = 0; i < 3; i++) {
        if (!number(atts, sizes[i], UINT32_MAX, 1, &image->size[i], p->err))
            return false;
        if (!image->size[i])
            return oz_fail(p->err, OZ_EFORMAT, "%s is 0", sizes[i]);
        if (!oz_mul(planes, image->size[i], &planes) || planes > MAX_PLANES)
            return oz_fail(p->err, OZ_ELIMIT, "more than %d planes in one image", MAX_PLANES);
    }
    p->plane_total += planes;
    if (p->plane_total > MAX_ALL_PLANES)
        return oz_fail(p->err, OZ_ELIMIT, "more than %d planes in all images", MAX_ALL_PLANES);
    for (int i = 0; i < 3; i++)
        image->voxel_nm[i] =
            amount(atts, lengths[i][0], lengths[i][1], "\xc2\xb5m", oz_length_unit_nm);
    image->t_step = amount(atts, "TimeIncrement", "TimeIncrementUnit", "s", oz_time_unit_seconds);
    return parse_order(attribute(atts, "DimensionOrder"), image->order, p->err);
}

static bool begin_channel(struct parser *p, const char **atts)
{
    struct oz_omexml_image *image = last_image(p);
    if (image->channel_count == MAX_CHANNELS)
        return oz_fail(p->err, OZ_ELIMIT, "more than %d channels", MAX_CHANNELS);
    uint64_t samples;
    if (!number(atts, "SamplesPerPixel", 1 << 16, 1, &samples, p->err))
        return false;
    struct oz_omexml_channel *channels =
        grow(image->channels, image->channel_count, &p->channel_room, sizeof *channels, p->err);
    if (!channels)
        return false;
    image->channels = channels;
    struct oz_omexml_channel *channel = &channels[image->channel_count++];
    *channel = (struct oz_omexml_channel){.color = -1, .samples = samples ? (uint32_t)samples : 1};
    /* A signed number whose four bytes are red, green, blue, alpha. */
    const char *color = attribute(atts, "Color");
    int64_t value;
    if (color && oz_text_to_i64(color, &value) && value >= INT32_MIN && value <= UINT32_MAX)
        channel->color = (int64_t)((uint32_t)value >> 8);
    const char *name = attribute(atts, "Name");
    return !name || !*name || (channel->name = oz_strdup(name, p->err)) != NULL;
}

static bool begin_tiff_data(struct parser *p, const char **atts)
{
    static const char *const firsts[] = {"FirstT", "FirstC", "FirstZ"};
    struct oz_omexml_image *image = last_image(p);
    if (p->run_total++ == MAX_RUNS)
        return oz_fail(p->err, OZ_ELIMIT, "more than %d TiffData", MAX_RUNS);
    struct oz_omexml_run *runs =
        grow(image->runs, image->run_count, &p->run_room, sizeof *runs, p->err);
    if (!runs)
        return false;
    image->runs = runs;
    struct oz_omexml_run *run = &runs[image->run_count++];
    *run = (struct oz_omexml_run){.file = OZ_OMEXML_OWN, .has_ifd = attribute(atts, "IFD") != NULL};
    uint64_t value;
    for (int i = 0; i < 3; i++) {
        if (!number(atts, firsts[i], UINT32_MAX, 0, &value, p->err))
            return false;
        run->first[i] = (uint32_t)value;
    }
    if (!number(atts, "IFD", UINT32_MAX, 0, &value, p->err))
        return false;
    run->ifd = (uint32_t)value;
    if (!number(atts, "PlaneCount", MAX_PLANES, 0, &value, p->err))
        return false;
    run->count = (uint32_t)value;
    return true;
}

static bool begin_uuid(struct parser *p, const char **atts)
{
    struct oz_omexml_image *image = last_image(p);
    const char *file = attribute(atts, "FileName");
    p->uuid_size = 0;
    return !file || intern_file(p, file, &image->runs[image->run_count - 1].file);
}

static bool end_uuid(struct parser *p)
{
    struct oz_omexml_image *image = last_image(p);
    struct oz_omexml_run *run = &image->runs[image->run_count - 1];
    size_t begin = 0, end = p->uuid_size;
    while (begin < end && strchr(" \t\r\n", p->uuid[begin]))
        begin++;
    while (end > begin && strchr(" \t\r\n", p->uuid[end - 1]))
        end--;
    const char *own = p->doc->uuid;
    run->own_uuid =
        own && strlen(own) == end - begin && memcmp(own, p->uuid + begin, end - begin) == 0;
    if (run->file == OZ_OMEXML_OWN && end > begin && own && !run->own_uuid)
        return oz_fail(p->err, OZ_EFORMAT, "a TiffData lies in another file that it does not name");
    return true;
}

/* ---- expat's callbacks ---- */

static enum element classify(const struct parser *p, const char *name)
{
    const char *colon = strrchr(name, ':');
    const char *local = colon ? colon + 1 : name;
    if (p->depth == 0)
        return strcmp(local, "OME") == 0 ? OME : OTHER;
    for (size_t i = 0; i < OZ_LENGTH(elements); i++)
        if (strcmp(elements[i].name, local) == 0 && p->stack[p->depth - 1] == elements[i].parent)
            return elements[i].element;
    return OTHER;
}

static bool begin_element(struct parser *p, enum element element, const char **atts)
{
    switch (element) {
    case OME:
        return begin_ome(p, atts);
    case BINARY_ONLY:
        return begin_binary_only(p, atts);
    case IMAGE:
        return begin_image(p, atts);
    case PIXELS:
        return begin_pixels(p, atts);
    case CHANNEL:
        return begin_channel(p, atts);
    case TIFF_DATA:
        return begin_tiff_data(p, atts);
    case UUID:
        return begin_uuid(p, atts);
    case OTHER:
        break;
    }
    return true;
}

static void on_start(void *ctx, const char *name, const char **atts)
{
    struct parser *p = ctx;
    if (p->failed)
        return;
    if (p->depth == MAX_DEPTH) {
        check(p, oz_fail(p->err, OZ_ELIMIT, "elements nested deeper than %d", MAX_DEPTH));
        return;
    }
    enum element element = classify(p, name);
    p->stack[p->depth++] = element;
    check(p, begin_element(p, element, atts));
}

static void on_end(void *ctx, const char *name)
{
    struct parser *p = ctx;
    (void)name;
    if (p->failed)
        return;
    if (p->stack[--p->depth] == UUID)
        check(p, end_uuid(p));
}

static void on_text(void *ctx, const char *text, int size)
{
    struct parser *p = ctx;
    if (p->failed || !p->depth || p->stack[p->depth - 1] != UUID)
        return;
    if (p->uuid_size + (size_t)size > MAX_UUID) {
        check(p, oz_fail(p->err, OZ_ELIMIT, "a UUID longer than %d bytes", MAX_UUID));
        return;
    }
    memcpy(p->uuid + p->uuid_size, text, (size_t)size);
    p->uuid_size += (size_t)size;
}

/* Entities are the way to make a small text explode or reach out; OME-XML has none. */
static void on_doctype(void *ctx, const char *name, const char *system, const char *public,
                       int has_declarations)
{
    struct parser *p = ctx;
    (void)name, (void)system, (void)public;
    if (has_declarations)
        check(p, oz_fail(p->err, OZ_EFORMAT, "declares a document type with entities"));
}

/* ---- the document ---- */

static bool run_expat(struct parser *p, const char *text, size_t size)
{
    XML_SetUserData(p->expat, p);
    XML_SetElementHandler(p->expat, on_start, on_end);
    XML_SetCharacterDataHandler(p->expat, on_text);
    XML_SetStartDoctypeDeclHandler(p->expat, on_doctype);
    XML_SetParamEntityParsing(p->expat, XML_PARAM_ENTITY_PARSING_NEVER);
    enum XML_Status status = XML_Parse(p->expat, text, (int)size, XML_TRUE);
    uintmax_t line = XML_GetCurrentLineNumber(p->expat);
    if (p->failed)
        return oz_err_prefix(p->err, "OME-XML: line %ju: ", line);
    if (status != XML_STATUS_OK)
        return oz_fail(p->err, OZ_EFORMAT, "OME-XML: line %ju: %s", line,
                       XML_ErrorString(XML_GetErrorCode(p->expat)));
    return true;
}

/* `retry`: the bytes are not what they claim to be encoded as. */
static bool parse_as(const char *encoding, const char *text, size_t size, struct oz_omexml *out,
                     bool *retry, struct oz_err *err)
{
    *out = (struct oz_omexml){0};
    struct parser p = {.doc = out, .err = err};
    p.expat = XML_ParserCreate(encoding);
    if (!p.expat)
        return oz_fail(err, OZ_ENOMEM, "no memory for an XML parser");
    bool ok = run_expat(&p, text, size);
    *retry = !ok && !p.failed && XML_GetErrorCode(p.expat) == XML_ERROR_INVALID_TOKEN;
    XML_ParserFree(p.expat);
    oz_free(p.names.slots);
    if (!ok)
        oz_omexml_release(out);
    return ok;
}

static bool check_images(const struct oz_omexml *doc, struct oz_err *err)
{
    if (!doc->image_count && !doc->metadata_file)
        return oz_fail(err, OZ_EFORMAT, "OME-XML: has no Image");
    for (size_t i = 0; i < doc->image_count; i++)
        if (!doc->images[i].size[0])
            return oz_fail(err, OZ_EFORMAT, "OME-XML: Image %zu has no Pixels", i);
    return true;
}

bool oz_omexml_parse(const char *text, size_t size, struct oz_omexml *out, struct oz_err *err)
{
    *out = (struct oz_omexml){0};
    if (size > MAX_TEXT)
        return oz_fail(err, OZ_ELIMIT, "OME-XML: %zu bytes, over the limit of %d", size, MAX_TEXT);
    bool retry;
    struct oz_err first = {0}, second = {0};
    /* Some writers claim UTF-8 and write the micro sign as Latin-1. */
    if (!parse_as(NULL, text, size, out, &retry, &first) &&
        !(retry && parse_as("ISO-8859-1", text, size, out, &retry, &second))) {
        *err = first;
        return false;
    }
    if (check_images(out, err))
        return true;
    oz_omexml_release(out);
    return false;
}
