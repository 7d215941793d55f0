/* csv.h - a table as text (RFC 4180), safe to be opened in a spreadsheet.
 *
 * What begins like a formula would be run by a spreadsheet, and names and summaries are what
 * callers say: such a field begins with ' instead, which a spreadsheet takes for "text follows".
 * That goes for numbers in E.164 too. Who reads the file by a program takes the ' off again.
 */
#pragma once
#include "base/buf.h"

struct csv {
    struct cm_buf *to;
    bool within; /* a line that has a field already */
};

void csv_field(struct csv *csv, struct cm_str text);
void csv_end_line(struct csv *csv);
