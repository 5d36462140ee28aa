/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the part of a command's help that its table of options gives. */
#include "cli/opt.h"

#include <string.h>

enum { COLUMN = 30, WIDTH = 92 };

/* Where the help text is being written: `used` columns of the line are full. */
struct page {
    struct oz_buf *out;
    size_t used;
};

/* Append words, broken so that all lines begin at COLUMN and end before WIDTH. */
static bool append_words(struct page *page, const char *text, struct oz_err *err)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        if (page->used + 1 + length > WIDTH) {
            if (!oz_buf_printf(page->out, err, "\n"))
                return false;
            page->used = 0;
        }
        size_t blanks = page->used < COLUMN ? COLUMN - page->used : 1;
        if (!oz_buf_printf(page->out, err, "%*s%.*s", (int)blanks, "", (int)length, text))
            return false;
        page->used += blanks + length;
        text += length;
        text += strspn(text, " ");
    }
    return true;
}

static bool append_list(struct oz_buf *buf, const char *const *words, struct oz_err *err)
{
    for (const char *const *word = words; word && *word; word++) {
        if (!oz_buf_printf(buf, err, "%s%s", word == words ? "" : ", ", *word))
            return false;
    }
    return true;
}

/* "[a, b; default: a; environment: NAME]" behind the text, or nothing. */
static bool describe_values(const struct oz_opt *opt, struct oz_buf *notes, struct oz_err *err)
{
    const char *standard = opt->standard ? opt->standard : opt->otherwise;
    if (opt->kind == OZ_OPT_FLAG && !standard)
        standard = "off";
    const char *open = "[";
    if (opt->choices) {
        if (!oz_buf_printf(notes, err, "%s", open) || !append_list(notes, opt->choices, err))
            return false;
        open = "; ";
    }
    if (standard) {
        if (!oz_buf_printf(notes, err, "%sdefault: %s", open, standard))
            return false;
        open = "; ";
    }
    if (opt->environment) {
        if (!oz_buf_printf(notes, err, "%sor the environment's %s", open, opt->environment))
            return false;
        open = "; ";
    }
    return (*open == '[' || oz_buf_append(notes, "]", 1, err)) && oz_buf_append(notes, "", 1, err);
}

static bool explain_name(const struct oz_opt *opt, struct page *page, struct oz_err *err)
{
    size_t begin = page->out->size;
    bool negatable = opt->kind == OZ_OPT_FLAG || (opt->kind == OZ_OPT_REFUSED && !opt->value);
    bool written;
    if (opt->kind == OZ_OPT_ARG)
        written = oz_buf_printf(page->out, err, "  %s", opt->name);
    else if (negatable)
        written = oz_buf_printf(page->out, err, "  --%s/--no-%s", opt->name, opt->name);
    else
        written = oz_buf_printf(page->out, err, "  --%s%s%s", opt->name, opt->value ? " " : "",
                                opt->value ? opt->value : "");
    if (!written)
        return false;
    page->used = page->out->size - begin;
    if (page->used + 2 <= COLUMN)
        return true;
    page->used = 0;
    return oz_buf_printf(page->out, err, "\n");
}

static bool explain(const struct oz_opt *opt, struct oz_buf *out, struct oz_err *err)
{
    struct page page = {.out = out};
    OZ_AUTO(oz_buf) notes = {0};
    if (opt->group && !oz_buf_printf(out, err, "\n%s:\n", opt->group))
        return false;
    return describe_values(opt, &notes, err) && explain_name(opt, &page, err) &&
           append_words(&page, opt->text, err) &&
           append_words(&page, (const char *)notes.data, err) && oz_buf_printf(out, err, "\n");
}

bool oz_opts_explain(const struct oz_opt *opts, struct oz_buf *out, struct oz_err *err)
{
    for (; opts->name; opts++) {
        if (!explain(opts, out, err))
            return false;
    }
    return true;
}
