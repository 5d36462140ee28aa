/* SPDX-License-Identifier: Apache-2.0 */
/* Lines up columns of text. */
#include "cli/table.h"

#include <string.h>

enum { MOST_COLUMNS = 16 };

void oz_table_release(struct oz_table *table)
{
    oz_buf_release(&table->cells);
}

bool oz_table_cell(struct oz_table *table, const char *text, struct oz_err *err)
{
    return oz_buf_append(&table->cells, text, strlen(text) + 1, err);
}

/* Columns a text takes on a terminal: the bytes that begin a character of UTF-8. */
static size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static const char *next_cell(const struct oz_table *table, size_t *at)
{
    const char *cell = (const char *)table->cells.data + *at;
    *at += strlen(cell) + 1;
    return cell;
}

static void measure(const struct oz_table *table, size_t columns, size_t widths[MOST_COLUMNS])
{
    size_t below[MOST_COLUMNS] = {0};
    size_t column = 0, row = 0;
    for (size_t at = 0; at < table->cells.size;) {
        size_t width = text_width(next_cell(table, &at));
        if (width > widths[column])
            widths[column] = width;
        if (row && width > below[column])
            below[column] = width;
        column = (column + 1) % columns;
        row += column == 0;
    }
    for (column = 0; column < columns; column++) {
        if (below[column] == 0)
            widths[column] = 0;
    }
}

bool oz_table_print(const struct oz_table *table, unsigned indent, struct oz_buf *out,
                    struct oz_err *err)
{
    size_t columns = strlen(table->columns), widths[MOST_COLUMNS] = {0}, column = 0;
    measure(table, columns, widths);
    size_t blanks = indent; /* owed before the next text, so that no line ends with them */
    for (size_t at = 0; at < table->cells.size;) {
        const char *cell = next_cell(table, &at);
        size_t width = text_width(cell);
        if (widths[column]) {
            size_t pad = widths[column] - width;
            bool right = table->columns[column] == 'r';
            blanks += right ? pad : 0;
            if (width && !oz_buf_printf(out, err, "%*s%s", (int)blanks, "", cell))
                return false;
            blanks = (width ? 0 : blanks + width) + (right ? 0 : pad) + 2;
        }
        column = (column + 1) % columns;
        if (column == 0) {
            if (!oz_buf_append(out, "\n", 1, err))
                return false;
            blanks = indent;
        }
    }
    return true;
}
