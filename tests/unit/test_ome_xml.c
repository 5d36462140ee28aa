/* SPDX-License-Identifier: Apache-2.0 */
/* Checks OME-XML: what is read, and that hostile text is stopped. */
#include "image/ome_xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "image/stack.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?><OME xmlns=\"x\" UUID=\"urn:uuid:a\">"
#define PIXELS "<Pixels DimensionOrder=\"XYZCT\" SizeX=\"4\" SizeY=\"3\" SizeC=\"2\" SizeT=\"5\" "

static bool parse(const char *text, struct oz_omexml *doc, struct oz_err *err)
{
    return oz_omexml_parse(text, strlen(text), doc, err);
}

static void reads_what_a_writer_says(void **state)
{
    (void)state;
    OZ_AUTO(oz_omexml) doc = {0};
    struct oz_err err = {0};
    assert_true(parse(
        HEAD "<!-- a comment --><Instrument ID=\"i\"><Channel Name=\"not one\"/></Instrument>"
             "<Image Name=\"first\"><Description>text</Description>" PIXELS
             "SizeZ=\"7\" PhysicalSizeX=\"0.5\" PhysicalSizeY=\"250\" PhysicalSizeYUnit=\"nm\" "
             "PhysicalSizeZ=\"0.002\" PhysicalSizeZUnit=\"mm\" TimeIncrement=\"250\" "
             "TimeIncrementUnit=\"ms\">"
             "<Channel Name=\"DAPI\" Color=\"-16776961\"/>"
             "<Channel Color=\"16711935\" SamplesPerPixel=\"3\"><LightPath/></Channel>"
             "<TiffData IFD=\"3\" FirstT=\"1\" FirstC=\"1\" FirstZ=\"2\" PlaneCount=\"4\">"
             "<UUID FileName=\"C:\\data\\one.ome.tif\"> urn:uuid:a\n</UUID></TiffData>"
             "<TiffData><UUID FileName=\"folder/two.ome.tif\">urn:uuid:b</UUID></TiffData>"
             "<TiffData IFD=\"1\"><UUID FileName=\"one.ome.tif\">urn:uuid:a</UUID></TiffData>"
             "</Pixels></Image><Image>" PIXELS "SizeZ=\"1\"/></Image></OME>",
        &doc, &err));
    assert_int_equal(doc.image_count, 2);
    assert_string_equal(doc.uuid, "urn:uuid:a");
    assert_int_equal(doc.file_count, 2);
    assert_string_equal(doc.files[0], "one.ome.tif");
    assert_string_equal(doc.files[1], "two.ome.tif");

    const struct oz_omexml_image *image = &doc.images[0];
    assert_string_equal(image->name, "first");
    assert_int_equal(image->size[OZ_T], 5);
    assert_int_equal(image->size[OZ_C], 2);
    assert_int_equal(image->size[OZ_Z], 7);
    assert_int_equal(image->order[0], OZ_Z);
    assert_int_equal(image->order[1], OZ_C);
    assert_int_equal(image->order[2], OZ_T);
    assert_float_equal(image->voxel_nm[0], 500, 1e-9);
    assert_float_equal(image->voxel_nm[1], 250, 1e-9);
    assert_float_equal(image->voxel_nm[2], 2000, 1e-9);
    assert_float_equal(image->t_step, 0.25, 1e-12);

    assert_int_equal(image->channel_count, 2);
    assert_string_equal(image->channels[0].name, "DAPI");
    assert_int_equal(image->channels[0].color, 0xff0000);
    assert_null(image->channels[1].name);
    assert_int_equal(image->channels[1].color, 0x00ff00);
    assert_int_equal(image->channels[1].samples, 3);

    assert_int_equal(image->run_count, 3);
    const struct oz_omexml_run *run = &image->runs[0];
    assert_int_equal(run->ifd, 3);
    assert_true(run->has_ifd && run->own_uuid);
    assert_int_equal(run->first[OZ_T], 1);
    assert_int_equal(run->first[OZ_C], 1);
    assert_int_equal(run->first[OZ_Z], 2);
    assert_int_equal(run->count, 4);
    assert_int_equal(run->file, 0);
    assert_int_equal(image->runs[1].file, 1);
    assert_false(image->runs[1].has_ifd || image->runs[1].own_uuid);
    assert_int_equal(image->runs[2].file, 0);

    assert_null(doc.images[1].name);
    assert_int_equal(doc.images[1].run_count, 0);
}

static void knows_every_dimension_order(void **state)
{
    (void)state;
    static const char *const orders[] = {"XYZCT", "XYZTC", "XYCTZ", "XYCZT", "XYTCZ", "XYTZC"};
    for (size_t i = 0; i < OZ_LENGTH(orders); i++) {
        OZ_AUTO(oz_omexml) doc = {0};
        struct oz_err err = {0};
        OZ_AUTO_FREE char *text = oz_format(
            &err,
            "<OME:OME xmlns:OME=\"x\"><OME:Image><OME:Pixels DimensionOrder=\"%s\" SizeZ=\"2\"/>"
            "</OME:Image></OME:OME>",
            orders[i]);
        assert_true(parse(text, &doc, &err));
        for (size_t k = 0; k < 3; k++)
            assert_int_equal("TCZ"[doc.images[0].order[k]], orders[i][2 + k]);
    }
}

static void reads_a_pointer_to_the_metadata(void **state)
{
    (void)state;
    OZ_AUTO(oz_omexml) doc = {0};
    struct oz_err err = {0};
    assert_true(parse(HEAD "<BinaryOnly MetadataFile=\"../x/set.companion.ome\" UUID=\"u\"/></OME>",
                      &doc, &err));
    assert_int_equal(doc.image_count, 0);
    assert_string_equal(doc.metadata_file, "set.companion.ome");
}

static void takes_latin_1_that_claims_utf_8(void **state)
{
    (void)state;
    OZ_AUTO(oz_omexml) doc = {0};
    struct oz_err err = {0};
    assert_true(parse(HEAD "<Image>" PIXELS "PhysicalSizeX=\"2\" PhysicalSizeXUnit=\"\xb5m\"/>"
                           "</Image></OME>",
                      &doc, &err));
    assert_float_equal(doc.images[0].voxel_nm[0], 2000, 1e-9);
    assert_int_equal(err.code, OZ_OK);
}

static void fails(const char *text, const char *word)
{
    OZ_AUTO(oz_omexml) doc = {0};
    struct oz_err err = {0};
    assert_false(parse(text, &doc, &err));
    assert_int_not_equal(err.code, OZ_OK);
    if (!strstr(err.msg, word) || strncmp(err.msg, "OME-XML: ", 9) != 0)
        fail_msg("\"%s\" is not in \"%s\"", word, err.msg);
    assert_null(doc.images);
}

static void refuses_what_cannot_be(void **state)
{
    (void)state;
    fails("", "no element");
    fails("<OME>", "no element");
    fails("<OME><Image></OME>", "mismatched");
    fails("<OME></OME>", "no Image");
    fails("<html><Image/></html>", "no Image");
    fails("<OME><Image/></OME>", "no Pixels");
    fails("<OME><Image><Pixels SizeX=\"1\"/></Image></OME>", "DimensionOrder");
    fails("<OME><Image><Pixels DimensionOrder=\"XYZZT\"/></Image></OME>", "XYZZT");
    fails("<OME><Image>" PIXELS "SizeZ=\"0\"/></Image></OME>", "SizeZ is 0");
    fails("<OME><Image>" PIXELS "SizeZ=\"-1\"/></Image></OME>", "-1");
    fails("<OME><Image>" PIXELS "SizeZ=\"99999999999999999999\"/></Image></OME>", "SizeZ");
    fails("<OME><Image>" PIXELS "SizeZ=\"4000000000\"/></Image></OME>", "planes");
    fails("<OME><Image>" PIXELS "/>" PIXELS "/></Image></OME>", "two Pixels");
    fails("<OME><Image>" PIXELS "><TiffData IFD=\"x\"/></Pixels></Image></OME>", "IFD");
    fails(HEAD "<Image>" PIXELS "><TiffData><UUID FileName=\"a/..\">u</UUID></TiffData>"
               "</Pixels></Image></OME>",
          "empty file name");
    fails(HEAD "<Image>" PIXELS "><TiffData><UUID>urn:uuid:z</UUID></TiffData></Pixels></Image>"
               "</OME>",
          "another file");
}

static void stops_entities(void **state)
{
    (void)state;
    fails("<!DOCTYPE OME [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
          "<OME><Image Name=\"&b;\"/></OME>",
          "entities");
    fails("<!DOCTYPE OME [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><OME>&f;</OME>", "entities");
    fails("<OME>&nothing;</OME>", "undefined entity");
}

static void stops_depth(void **state)
{
    (void)state;
    OZ_AUTO(oz_buf) text = {0};
    struct oz_err err = {0};
    assert_true(oz_buf_printf(&text, &err, "<OME>"));
    for (int i = 0; i < 100000; i++)
        assert_true(oz_buf_append(&text, "<a>", 3, &err));
    assert_true(oz_buf_append(&text, "", 1, &err));
    fails((const char *)text.data, "deeper");
}

static void keeps_many_file_names_apart(void **state)
{
    (void)state;
    OZ_AUTO(oz_buf) text = {0};
    struct oz_err err = {0};
    assert_true(oz_buf_printf(&text, &err, "<OME><Image>" PIXELS ">"));
    for (int i = 0; i < 3000; i++)
        assert_true(oz_buf_printf(
            &text, &err, "<TiffData><UUID FileName=\"f%d.tif\">u</UUID></TiffData>", i % 1000));
    assert_true(oz_buf_printf(&text, &err, "</Pixels></Image></OME>"));
    OZ_AUTO(oz_omexml) doc = {0};
    assert_true(oz_omexml_parse((const char *)text.data, text.size, &doc, &err));
    assert_int_equal(doc.file_count, 1000);
    for (uint32_t i = 0; i < 3000; i++)
        assert_int_equal(doc.images[0].runs[i].file, i % 1000);
}

static void tells_ome_xml_from_other_text(void **state)
{
    (void)state;
    assert_true(oz_omexml_is("<?xml version=\"1.0\"?><OME xmlns=\"x\"/>"));
    assert_true(oz_omexml_is(" <ome:OME xmlns:ome=\"x\"/>"));
    assert_false(oz_omexml_is("ImageJ=1.5 <OME>"));
    assert_false(oz_omexml_is("<xml>GENOME </xml>"));
    assert_false(oz_omexml_is(""));
}

static void survives_lack_of_memory(void **state)
{
    (void)state;
    static const char text[] =
        HEAD "<Image Name=\"n\">" PIXELS "><Channel Name=\"c\"/><TiffData><UUID FileName=\"f\">u"
             "</UUID></TiffData></Pixels></Image></OME>";
    for (unsigned long n = 1; n < 100; n++) {
        OZ_AUTO(oz_omexml) doc = {0};
        struct oz_err err = {0};
        oz_alloc_fail_at(n);
        bool ok = parse(text, &doc, &err);
        oz_alloc_fail_at(0);
        if (ok)
            return;
        assert_int_equal(err.code, OZ_ENOMEM);
    }
    fail_msg("never succeeds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_writer_says),
        cmocka_unit_test(knows_every_dimension_order),
        cmocka_unit_test(reads_a_pointer_to_the_metadata),
        cmocka_unit_test(takes_latin_1_that_claims_utf_8),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(stops_entities),
        cmocka_unit_test(stops_depth),
        cmocka_unit_test(keeps_many_file_names_apart),
        cmocka_unit_test(tells_ome_xml_from_other_text),
        cmocka_unit_test(survives_lack_of_memory),
    };
    return cmocka_run_group_tests_name("ome_xml", tests, NULL, NULL);
}
