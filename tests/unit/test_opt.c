/* SPDX-License-Identifier: Apache-2.0 */
/* Option tables: values, both spellings, order, defaults, what is refused, and the help they give.
 */
#include "cli/opt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/suggest.h"

struct values {
    const char *source, *target;
    bool compress, verify, plan;
    const char *name, *color, *format;
    uint64_t jobs, memory, shape[3];
    double voxel[3];
    uint32_t mag[3];
    struct oz_opt_mags mags;
};

static const char *const colors[] = {"red", "green", NULL};
static const char *const later[] = {"blue", NULL};

static const struct oz_opt table[] = {
    {.name = "SOURCE", .kind = OZ_OPT_ARG, .field = offsetof(struct values, source), .text = "In."},
    {.name = "compress",
     .kind = OZ_OPT_FLAG,
     .field = offsetof(struct values, compress),
     .text = "Smaller.",
     .standard = "on"},
    {.name = "verify",
     .kind = OZ_OPT_FLAG,
     .field = offsetof(struct values, verify),
     .text = "Check."},
    {.name = "plan",
     .kind = OZ_OPT_SWITCH,
     .field = offsetof(struct values, plan),
     .text = "Tell."},
    {.name = "name",
     .kind = OZ_OPT_TEXT,
     .field = offsetof(struct values, name),
     .value = "NAME",
     .text = "Name.",
     .otherwise = "none"},
    {.name = "color",
     .kind = OZ_OPT_TEXT,
     .field = offsetof(struct values, color),
     .value = "COLOR",
     .text = "Color.",
     .standard = "green",
     .environment = "OZ_TEST_COLOR",
     .choices = colors,
     .refused = later,
     .refusal = "is not there yet"},
    {.name = "jobs",
     .kind = OZ_OPT_COUNT,
     .field = offsetof(struct values, jobs),
     .value = "N",
     .text = "Threads."},
    {.name = "memory",
     .kind = OZ_OPT_BYTES,
     .field = offsetof(struct values, memory),
     .value = "SIZE",
     .text = "Bound."},
    {.name = "shape",
     .kind = OZ_OPT_VEC3,
     .field = offsetof(struct values, shape),
     .value = "X,Y,Z",
     .text = "Shape.",
     .standard = "64,64,32"},
    {.name = "voxel",
     .kind = OZ_OPT_VOXEL,
     .field = offsetof(struct values, voxel),
     .value = "X,Y,Z",
     .text = "Voxel."},
    {.name = "mag",
     .kind = OZ_OPT_MAG,
     .field = offsetof(struct values, mag),
     .value = "MAG",
     .text = "Mag."},
    {.name = "some-mag",
     .kind = OZ_OPT_MAGS,
     .field = offsetof(struct values, mags),
     .value = "MAG",
     .text = "Mags."},
    {.name = "upload", .kind = OZ_OPT_REFUSED, .text = "Send.", .refusal = "no server yet"},
    {.name = "token",
     .kind = OZ_OPT_REFUSED,
     .value = "TEXT",
     .text = "Key.",
     .refusal = "no server yet"},
    {.name = "TARGET",
     .kind = OZ_OPT_ARG,
     .field = offsetof(struct values, target),
     .text = "Out."},
    {0}};

/* Read a line of words between blanks. `line` is cut in place and has to outlive the values. */
static enum oz_opt_result read_line(char *line, struct values *values, struct oz_err *err)
{
    char *words[32], *rest = line;
    int count = 0;
    for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
        words[count++] = word;
    *values = (struct values){0};
    *err = (struct oz_err){0};
    return oz_opts_read(table, count, words, values, err);
}

static void assert_refused(const char *text, const char *message)
{
    char line[256];
    struct values values;
    struct oz_err err;
    snprintf(line, sizeof line, "%s", text);
    assert_int_equal(read_line(line, &values, &err), OZ_OPT_FAILED);
    assert_int_equal(err.code, OZ_EINVAL);
    if (!strstr(err.msg, message))
        fail_msg("%s: \"%s\" is not in \"%s\"", text, message, err.msg);
}

static void test_everything_at_once(void **state)
{
    (void)state;
    char line[] =
        "--no-compress --verify in --name=a=b --color RED --jobs 12 --memory 2G --shape 32 "
        "--voxel 11.24,11.24,25 out --mag 4-4-2 --some-mag 1 --some-mag=2-2-1 --plan "
        "--some-mag 4-4-4 --no-upload";
    struct values values;
    struct oz_err err;
    assert_int_equal(read_line(line, &values, &err), OZ_OPT_RUN);
    assert_string_equal(values.source, "in");
    assert_string_equal(values.target, "out");
    assert_false(values.compress);
    assert_true(values.verify);
    assert_true(values.plan);
    assert_string_equal(values.name, "a=b");
    assert_string_equal(values.color, "red");
    assert_int_equal(values.jobs, 12);
    assert_int_equal(values.memory, 2147483648);
    for (int i = 0; i < 3; i++)
        assert_int_equal(values.shape[i], 32);
    assert_true(values.voxel[0] == 11.24 && values.voxel[1] == 11.24 && values.voxel[2] == 25);
    assert_true(values.mag[0] == 4 && values.mag[1] == 4 && values.mag[2] == 2);
    assert_int_equal(values.mags.count, 3);
    assert_string_equal(values.mags.text[0], "1");
    assert_string_equal(values.mags.text[1], "2-2-1");
    assert_string_equal(values.mags.text[2], "4");
}

static void test_defaults(void **state)
{
    (void)state;
    char line[] = "in out";
    struct values values;
    struct oz_err err;
    assert_int_equal(read_line(line, &values, &err), OZ_OPT_RUN);
    assert_true(values.compress);
    assert_false(values.verify || values.plan);
    assert_null(values.name);
    assert_string_equal(values.color, "green");
    assert_true(values.jobs == 0 && values.memory == 0 && values.mag[0] == 0);
    assert_true(values.shape[0] == 64 && values.shape[1] == 64 && values.shape[2] == 32);
}

static void test_order_and_repeats(void **state)
{
    (void)state;
    struct values values;
    struct oz_err err;
    char last_wins[] = "in out --no-compress --compress --name a --name b";
    assert_int_equal(read_line(last_wins, &values, &err), OZ_OPT_RUN);
    assert_true(values.compress);
    assert_string_equal(values.name, "b");
    char end[] = "--plan -- --in --out";
    assert_int_equal(read_line(end, &values, &err), OZ_OPT_RUN);
    assert_string_equal(values.source, "--in");
    assert_string_equal(values.target, "--out");
    char dash[] = "- out --voxel 1,\0"; /* a lone dash is an argument */
    dash[5] = '\0';
    assert_int_equal(read_line(dash, &values, &err), OZ_OPT_RUN);
    assert_string_equal(values.source, "-");
}

static void test_help(void **state)
{
    (void)state;
    struct values values;
    struct oz_err err;
    char help[] = "--nonsense --jobs x --help", after[] = "in -- --help";
    assert_int_equal(read_line(help, &values, &err), OZ_OPT_HELP);
    assert_int_equal(read_line(after, &values, &err), OZ_OPT_RUN);
    assert_string_equal(values.target, "--help");
}

static void test_environment(void **state)
{
    (void)state;
    struct values values;
    struct oz_err err;
    char line[] = "in out", given[] = "in out --color=green", wrong[] = "in out";
    setenv("OZ_TEST_COLOR", "red", 1);
    assert_int_equal(read_line(line, &values, &err), OZ_OPT_RUN);
    assert_string_equal(values.color, "red");
    setenv("OZ_TEST_COLOR", "blue", 1);
    assert_int_equal(read_line(given, &values, &err), OZ_OPT_RUN);
    assert_string_equal(values.color, "green");
    assert_int_equal(read_line(wrong, &values, &err), OZ_OPT_FAILED);
    assert_non_null(strstr(err.msg, "OZ_TEST_COLOR"));
    unsetenv("OZ_TEST_COLOR");
}

static void test_wrong_usage(void **state)
{
    (void)state;
    assert_refused("in", "TARGET is missing");
    assert_refused("in out more", "'more'");
    assert_refused("in out --colour red", "did you mean --color?");
    assert_refused("in out --hlep", "did you mean --help?");
    assert_refused("in out --comp", "did you mean --compress?");
    assert_refused("in out --qqqqqqqqqq", "unknown option --qqqqqqqqqq");
    assert_refused("in out --no-plan", "unknown option --no-plan");
    assert_refused("in out -x", "-x");
    assert_refused("in out --compress=on", "takes no value");
    assert_refused("in out --no-verify=1", "--no-verify takes no value");
    assert_refused("in out --name", "--name needs a value");
    assert_refused("in out --name --plan", "--name=VALUE");
    assert_refused("in out --upload", "no server yet");
    assert_refused("in out --token x", "no server yet");
    assert_refused("s3://bucket/in out", "SOURCE: 's3://bucket/in' is a URL");
    assert_refused("in https://host/out", "TARGET");
}

static void test_wrong_values(void **state)
{
    (void)state;
    assert_refused("in out --color blue", "blue is not there yet");
    assert_refused("in out --color black", "red, green");
    assert_refused("in out --name=", "empty");
    const char *const bad[] = {
        "--jobs=0",      "--jobs=-1",         "--jobs=1.5",       "--jobs=18446744073709551616",
        "--memory=0",    "--memory=2X",       "--memory=",        "--shape=0",
        "--shape=1,2",   "--shape=1,2,3,4",   "--shape=1,,3",     "--shape=a",
        "--shape=-3",    "--voxel=1,1",       "--voxel=1,1,0",    "--voxel=1,1,-1",
        "--voxel=1,1,",  "--voxel=nan,1,1",   "--voxel=1,inf,1",  "--voxel=1,1,1,1",
        "--mag=3",       "--mag=2-2",         "--mag=0",          "--mag=2-2-1-1",
        "--mag=x",       "--mag=4294967296",  "--some-mag=5",     "--voxel=1;1;1",
        "--shape=1x2x3", "--voxel=1e999,1,1", "--shape=64,64,0x1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[128];
        snprintf(line, sizeof line, "in out %s", bad[i]);
        char option[16];
        snprintf(option, sizeof option, "%.*s: ", (int)strcspn(bad[i], "="), bad[i]);
        assert_refused(line, option);
    }
}

static void test_blanks_around_numbers(void **state)
{
    (void)state;
    char *words[] = {"in", "out", "--voxel", " 1.5, 2 ,3", "--shape", "8, 16, 32"};
    struct values values = {0};
    struct oz_err err = {0};
    assert_int_equal(oz_opts_read(table, 6, words, &values, &err), OZ_OPT_RUN);
    assert_true(values.voxel[0] == 1.5 && values.voxel[2] == 3);
    assert_true(values.shape[0] == 8 && values.shape[2] == 32);
}

static void test_explain(void **state)
{
    (void)state;
    OZ_AUTO(oz_buf) text = {0};
    struct oz_err err = {0};
    assert_true(oz_opts_explain(table, &text, &err));
    assert_true(oz_buf_append(&text, "", 1, &err));
    const char *help = (const char *)text.data;
    assert_non_null(strstr(help, "  --compress/--no-compress    Smaller. [default: on]\n"));
    assert_non_null(strstr(help, "  --verify/--no-verify        Check. [default: off]\n"));
    assert_non_null(strstr(help, "  --plan                      Tell.\n"));
    assert_non_null(strstr(help, "  --name NAME                 Name. [default: none]\n"));
    assert_non_null(strstr(help, "  --shape X,Y,Z               Shape. [default: 64,64,32]\n"));
    assert_non_null(strstr(help, "[red, green; default: green; or the environment's"));
    for (const struct oz_opt *opt = table; opt->name; opt++)
        assert_non_null(strstr(help, opt->name));
    for (const char *line = help; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 92);
}

static void test_suggest(void **state)
{
    (void)state;
    const struct {
        const char *word, *best;
    } cases[] = {{"convrt", "convert"},        {"convert", "convert"}, {"compres", "compress"},
                 {"downsmaple", "downsample"}, {"xyz", NULL},          {"", NULL},
                 {"down", "downsample"},       {"input.tif", NULL},    {"inf", "info"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct oz_suggest suggest;
        oz_suggest_begin(&suggest, cases[i].word, strlen(cases[i].word));
        oz_suggest_try(&suggest, "convert");
        oz_suggest_try(&suggest, "compress");
        oz_suggest_try(&suggest, "downsample");
        oz_suggest_try(&suggest, "info");
        if (cases[i].best)
            assert_string_equal(suggest.best, cases[i].best);
        else
            assert_null(suggest.best);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_at_once),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_order_and_repeats),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_wrong_usage),
        cmocka_unit_test(test_wrong_values),
        cmocka_unit_test(test_blanks_around_numbers),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_suggest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
