/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees: the progress line, durations, tables, lengths, and harmless lines. */
#include "cli/progress_show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/say.h"
#include "cli/table.h"
#include "cli/words.h"

static void test_duration(void **state)
{
    (void)state;
    const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0:00"},     {0.4, "0:00"},     {59.6, "1:00"},      {61, "1:01"},
                 {3599, "59:59"}, {3600, "1:00:00"}, {86400, "24:00:00"}, {-3, "0:00"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[24];
        oz_show_duration(cases[i].seconds, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_line(void **state)
{
    (void)state;
    char line[256];
    struct oz_phase phase = {.name = "em", .done = 250, .total = 1000, .bytes = 1000000000};
    oz_show_line(&phase, 10, 79, line, sizeof line);
    assert_string_equal(line,
                        "em  [#######.......................]   25 %  100.0 MB/s  0:10  0:30 left");
    oz_show_line(&phase, 0.4, 79, line, sizeof line); /* too early to guess */
    assert_string_equal(line, "em  [#######.......................]   25 %  2.5 GB/s  0:00");
    phase.done = 1000;
    oz_show_line(&phase, 10, 79, line, sizeof line);
    assert_string_equal(line, "em  [##############################]  100 %  100.0 MB/s  0:10");
    phase.bytes = phase.total = 0;
    oz_show_line(&phase, 10, 79, line, sizeof line);
    assert_string_equal(line, "em  0:10");
}

static void test_line_fits(void **state)
{
    (void)state;
    struct oz_phase phase = {.name = "Downsampling layer em from Mag 1 to Mag 32-32-8",
                             .done = 250,
                             .total = 1000,
                             .bytes = 1000000000};
    for (unsigned width = 1; width < 200; width++) {
        char line[256];
        oz_show_line(&phase, 10, width, line, sizeof line);
        assert_true(strlen(line) <= width);
    }
}

static void test_table(void **state)
{
    (void)state;
    static const char *const cells[] = {"mag", "empty",     "size", "unit", "1", "",
                                        "100", "\xC2\xB5m", "2-2",  "",     "5", "mm",
                                        "16",  "",          "",     ""};
    OZ_AUTO(oz_table) table = {.columns = "lrrl"};
    OZ_AUTO(oz_buf) out = {0};
    struct oz_err err = {0};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        assert_true(oz_table_cell(&table, cells[i], &err));
    assert_true(oz_table_print(&table, 2, &out, &err));
    assert_true(oz_buf_append(&out, "", 1, &err));
    assert_string_equal((char *)out.data, "  mag  size  unit\n"
                                          "  1     100  \xC2\xB5m\n"
                                          "  2-2     5  mm\n"
                                          "  16\n");
}

static void assert_lengths(const char *json, const char *unit, const char *expected)
{
    OZ_AUTO(oz_buf) out = {0};
    struct oz_err err = {0};
    OZ_AUTO_PTR(oz_json) value = oz_json_parse(json, strlen(json), &err);
    assert_non_null(value);
    assert_true(oz_words_lengths(value, unit, &out, &err));
    assert_true(oz_buf_append(&out, "", 1, &err));
    assert_string_equal((char *)out.data, expected);
}

static void test_lengths(void **state)
{
    (void)state;
    assert_lengths("{\"x\": 45300, \"y\": 45300, \"z\": 12800}", "nanometer",
                   "45.3 x 45.3 x 12.8 \xC2\xB5m");
    assert_lengths("{\"x\": 999, \"y\": 1, \"z\": 0.5}", "nanometer", "999 x 1 x 0.5 nm");
    assert_lengths("{\"x\": 2.5, \"y\": 2.5, \"z\": 1000}", "micrometer", "0.0025 x 0.0025 x 1 mm");
    assert_lengths("{\"x\": 3, \"y\": 4, \"z\": 5}", NULL, "3 x 4 x 5");
    assert_lengths("{}", "nanometer", "");
    assert_lengths("{\"x\": \"far\"}", "nanometer", "");
}

static void test_lines_are_harmless(void **state)
{
    (void)state;
    char text[128] = {0};
    FILE *file = fmemopen(text, sizeof text, "w");
    assert_non_null(file);
    oz_say_line(file, "note: ",
                "a\x1b[2Jb\nc\xC2\x9B"
                "d \xC2\xB5m\x7f");
    fclose(file);
    assert_string_equal(text, "note: a?[2Jb?c?d \xC2\xB5m?\n");
}

struct recorded {
    struct oz_show show;
    char *text;
    size_t size;
};

static void send(struct oz_show *show, enum oz_event_kind kind, const char *text, uint64_t done)
{
    struct oz_event event = {.kind = kind, .text = text, .done = done, .total = 10, .bytes = done};
    show->progress.event(show->progress.ctx, &event);
}

static void record(struct recorded *recorded, const char *mode, bool quiet)
{
    FILE *file = open_memstream(&recorded->text, &recorded->size);
    assert_non_null(file);
    oz_show_begin(&recorded->show, mode, quiet, file);
    send(&recorded->show, OZ_EVENT_NOTE, "noted", 0);
    send(&recorded->show, OZ_EVENT_BEGIN, "em", 0);
    for (uint64_t i = 0; i < 10; i++)
        send(&recorded->show, OZ_EVENT_ADVANCE, NULL, i + 1);
    send(&recorded->show, OZ_EVENT_WARNING, "odd", 0);
    send(&recorded->show, OZ_EVENT_END, NULL, 0);
    oz_show_end(&recorded->show);
    fclose(file);
}

static void test_modes(void **state)
{
    (void)state;
    struct recorded plain = {0}, none = {0}, quiet = {0}, json = {0}, automatic = {0};
    record(&plain, "plain", false);
    record(&none, "none", false);
    record(&quiet, "none", true);
    record(&json, "json", false);
    record(&automatic, "auto", false);
    assert_non_null(strstr(plain.text, "note: noted\nem: begins,   0 %"));
    assert_non_null(strstr(plain.text, "warning: odd\nem: ends, 100 %"));
    assert_string_equal(none.text, "note: noted\nwarning: odd\n");
    assert_string_equal(automatic.text, none.text);
    assert_string_equal(quiet.text, "warning: odd\n");
    size_t lines = 0;
    for (char *rest = json.text, *line = strsep(&rest, "\n"); line && *line;
         line = strsep(&rest, "\n")) {
        struct oz_err err = {0};
        OZ_AUTO_PTR(oz_json) value = oz_json_parse(line, strlen(line), &err);
        assert_non_null(oz_json_to_text(oz_json_get(value, "event")));
        lines++;
    }
    assert_int_equal(lines, 4); /* note, begin, warning, end: the rest came too fast */
    struct recorded *all[] = {&plain, &none, &quiet, &json, &automatic};
    for (size_t i = 0; i < 5; i++)
        free(all[i]->text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration),  cmocka_unit_test(test_line),
        cmocka_unit_test(test_line_fits), cmocka_unit_test(test_table),
        cmocka_unit_test(test_lengths),   cmocka_unit_test(test_lines_are_harmless),
        cmocka_unit_test(test_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
