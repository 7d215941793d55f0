/* render_html.c - the HTML part: tables and inline styles, which is what mail clients show alike.
 */
#include "render.h"

#define FONT "font-family:Helvetica,Arial,sans-serif;"
#define GREY "color:#5f6b7a;"

static void put(struct cm_buf *out, struct cm_str text)
{
    struct cm_str line;

    for (bool first = true; cm_str_split(&text, '\n', &line); first = false) {
        if (!first)
            cm_buf_text(out, "<br>\n");
        cm_buf_markup(out, line);
    }
}

static void put_heading(struct cm_buf *out, struct cm_str title)
{
    cm_buf_text(out, "<tr><td style=\"" FONT "padding:20px 28px 4px 28px;font-size:13px;"
                     "font-weight:bold;letter-spacing:.04em;color:#24476b;\">");
    put(out, title);
    cm_buf_text(out, "</td></tr>\n");
}

static void open_body(struct cm_buf *out)
{
    cm_buf_text(out, "<tr><td style=\"" FONT "padding:4px 28px;font-size:15px;line-height:1.5;"
                     "color:#1c2733;\">");
}

static void close_body(struct cm_buf *out)
{
    cm_buf_text(out, "</td></tr>\n");
}

/* ---- the head ---- */

static void put_field(struct cm_buf *out, const char *name, struct cm_str value)
{
    if (value.len == 0)
        return;
    cm_buf_printf(out,
                  "<tr><td style=\"" FONT GREY "padding:2px 16px 2px 0;font-size:14px;"
                  "vertical-align:top;white-space:nowrap;\">%s</td>"
                  "<td style=\"" FONT "padding:2px 0;font-size:14px;color:#1c2733;\">",
                  name);
    put(out, value);
    cm_buf_text(out, "</td></tr>\n");
}

static void put_title(struct cm_buf *out, const struct report_call *call)
{
    bool inbound = cm_str_is(call->direction, "inbound");
    struct cm_str who = render_number(inbound ? call->from_number : call->to_number);

    cm_buf_text(out, "<tr><td style=\"" FONT "padding:26px 28px 10px 28px;font-size:21px;"
                     "font-weight:bold;color:#1c2733;\">");
    cm_buf_text(out, inbound ? "Call from " : "Call to ");
    put(out, call->contact_name.len > 0 ? call->contact_name : who);
    cm_buf_text(out, "</td></tr>\n");
}

static void put_head(struct cm_buf *out, const struct report_call *call)
{
    open_body(out);
    cm_buf_text(out, "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\">\n");
    put_field(out, "From", render_number(call->from_number));
    put_field(out, "To", render_number(call->to_number));
    put_field(out, "When", call->started);
    if (call->duration_ms.set)
        put_field(out, "Duration", cm_str_of(render_duration(call->duration_ms.value).at));
    put_field(out, "Company", call->contact_company);
    put_field(out, "E-mail", call->contact_email);
    put_field(out, "About", call->contact_summary);
    cm_buf_text(out, "</table>");
    close_body(out);
}

static void put_link(struct cm_buf *out, const struct report_call *call, const char *ui_url)
{
    if (!ui_url)
        return;
    open_body(out);
    cm_buf_text(out, "<a href=\"");
    put(out, cm_str_of(ui_url));
    cm_buf_printf(out,
                  "/calls/%s\" style=\"" FONT "display:inline-block;margin:8px 0;padding:9px 18px;"
                  "background:#24476b;color:#ffffff;text-decoration:none;border-radius:5px;"
                  "font-size:14px;\">Open the call</a>",
                  cm_uuid_text(call->call_id).at);
    close_body(out);
}

/* ---- the sections ---- */

static void put_failures(struct cm_buf *out, const struct report_call *call)
{
    for (size_t i = 0; i < call->failure_count; i++) {
        cm_buf_text(out, "<tr><td style=\"padding:6px 28px;\"><div style=\"" FONT
                         "padding:9px 12px;background:#fdf1e3;border-left:3px solid #d08a2e;"
                         "font-size:14px;color:#5c3c0f;\">The step &ldquo;");
        put(out, call->failures[i].step);
        cm_buf_text(out, "&rdquo; failed: ");
        put(out, call->failures[i].reason);
        cm_buf_text(out, "</div></td></tr>\n");
    }
}

static void put_todo(struct cm_buf *out, const struct report_todo *todo)
{
    cm_buf_text(out, "<div style=\"margin:0 0 10px 0;\">&#9744;&nbsp;<b>");
    put(out, todo->title);
    cm_buf_printf(out, "</b> <span style=\"" GREY "\">%s", render_role(todo->owner));
    if (todo->due_date.len > 0) {
        cm_buf_text(out, ", due ");
        put(out, todo->due_date);
    }
    cm_buf_text(out, "</span>");
    if (todo->evidence.len > 0) { /* else a person added it */
        cm_buf_text(out, "<br><span style=\"" GREY "font-size:13px;\">&ldquo;");
        put(out, todo->evidence);
        cm_buf_text(out, "&rdquo;");
        if (todo->evidence_ms.set)
            cm_buf_printf(out, " at %s", render_clock(todo->evidence_ms.value).at);
        cm_buf_text(out, "</span>");
    }
    cm_buf_text(out, "</div>\n");
}

static void put_todos(struct cm_buf *out, const struct report_call *call)
{
    put_heading(out, CM_STR("To-dos"));
    open_body(out);
    if (call->todo_count == 0)
        cm_buf_text(out, "<span style=\"" GREY "\">None.</span>");
    for (size_t i = 0; i < call->todo_count; i++)
        put_todo(out, &call->todos[i]);
    close_body(out);
}

static void put_turn(struct cm_buf *out, const struct report_segment *segment)
{
    bool agent = cm_str_is(segment->role, "agent");

    cm_buf_printf(out,
                  "<tr><td style=\"" FONT GREY "padding:3px 12px 3px 0;font-size:12px;"
                  "vertical-align:top;white-space:nowrap;\">%s</td>"
                  "<td style=\"" FONT "padding:3px 12px 3px 0;font-size:14px;vertical-align:top;"
                  "font-weight:bold;color:%s;\">%s</td>"
                  "<td style=\"" FONT "padding:3px 0;font-size:14px;line-height:1.45;"
                  "color:#1c2733;\">",
                  render_clock(segment->start_ms).at, agent ? "#24476b" : "#7a4a12",
                  render_role(segment->role));
    put(out, segment->text);
    cm_buf_text(out, "</td></tr>\n");
}

static void put_transcript(struct cm_buf *out, const struct report_call *call)
{
    put_heading(out, CM_STR("Transcript"));
    open_body(out);
    if (call->segment_count == 0)
        cm_buf_text(out, "<span style=\"" GREY "\">Nothing was said.</span>");
    else
        cm_buf_text(out, "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\">\n");
    for (size_t i = 0; i < call->segment_count; i++)
        put_turn(out, &call->segments[i]);
    if (call->segment_count > 0)
        cm_buf_text(out, "</table>");
    close_body(out);
}

static void put_analyses(struct cm_buf *out, const struct report_call *call)
{
    for (size_t i = 0; i < call->analysis_count; i++) {
        put_heading(out, call->analyses[i].name);
        open_body(out);
        put(out, call->analyses[i].text);
        close_body(out);
    }
}

static void put_foot(struct cm_buf *out, const struct report_call *call)
{
    cm_buf_text(out, "<tr><td style=\"" FONT GREY "padding:22px 28px;font-size:12px;\">"
                     "Sent by callmill");
    if (call->organization.len > 0) {
        cm_buf_text(out, " for ");
        put(out, call->organization);
    }
    cm_buf_text(out, ".</td></tr>\n");
}

struct cm_str render_html(struct cm_arena *arena, const struct report_call *call,
                          const char *ui_url)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    cm_buf_text(&out,
                "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width\">"
                "<meta name=\"color-scheme\" content=\"light\"><title>Call report</title></head>\n"
                "<body style=\"margin:0;padding:24px 0;background:#eef1f5;\">\n"
                "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\">"
                "<tr><td align=\"center\">\n"
                "<table role=\"presentation\" width=\"640\" cellpadding=\"0\" cellspacing=\"0\" "
                "style=\"width:100%;max-width:640px;background:#ffffff;border:1px solid #d9dfe7;"
                "border-radius:8px;text-align:left;\">\n");
    put_title(&out, call);
    put_head(&out, call);
    put_link(&out, call, ui_url);
    put_failures(&out, call);
    put_analyses(&out, call);
    put_todos(&out, call);
    put_transcript(&out, call);
    put_foot(&out, call);
    cm_buf_text(&out, "</table>\n</td></tr></table>\n</body></html>\n");
    return cm_arena_str(arena, cm_buf_view(&out));
}
