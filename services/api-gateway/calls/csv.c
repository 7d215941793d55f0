#include "calls/csv.h"

#include <string.h>

static bool is_formula(struct cm_str text)
{
    return text.len > 0 && text.at[0] && strchr("=+-@\t\r", text.at[0]);
}

static bool needs_quotes(struct cm_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] && strchr(",\"\r\n", text.at[i]))
            return true;
    return false;
}

void csv_field(struct csv *csv, struct cm_str text)
{
    bool quoted = needs_quotes(text);
    struct cm_str part;

    if (csv->within)
        cm_buf_char(csv->to, ',');
    csv->within = true;
    if (quoted)
        cm_buf_char(csv->to, '"');
    if (is_formula(text))
        cm_buf_char(csv->to, '\'');
    for (bool first = true; cm_str_split(&text, '"', &part); first = false) {
        if (!first)
            cm_buf_text(csv->to, "\"\"");
        cm_buf_str(csv->to, part);
    }
    if (quoted)
        cm_buf_char(csv->to, '"');
}

void csv_end_line(struct csv *csv)
{
    cm_buf_text(csv->to, "\r\n");
    csv->within = false;
}
