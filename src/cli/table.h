/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of text that line up. */
#ifndef OZ_CLI_TABLE_H
#define OZ_CLI_TABLE_H

#include "base/buf.h"

/* Start with `= {.columns = "lrr"}`: one letter a column, l or r for the side it is set to. Cells
 * come row by row. End with oz_table_release. */
struct oz_table {
    const char *columns;
    struct oz_buf cells; /* texts, each with its NUL */
};
void oz_table_release(struct oz_table *table);

bool oz_table_cell(struct oz_table *table, const char *text, struct oz_err *err) OZ_MUST_USE;

/* Append all rows, each behind `indent` blanks. Columns that are empty in all rows but the first,
 * the heading, are left out. */
bool oz_table_print(const struct oz_table *table, unsigned indent, struct oz_buf *out,
                    struct oz_err *err) OZ_MUST_USE;

#endif
