#include "render.h"

#include <stdio.h>

#include "base/phone.h"

struct render_duration render_duration(int64_t ms)
{
    struct render_duration text;
    long long seconds = ms / 1000;

    if (seconds >= 3600)
        snprintf(text.at, sizeof text.at, "%lld h %lld min", seconds / 3600, seconds / 60 % 60);
    else if (seconds >= 60)
        snprintf(text.at, sizeof text.at, "%lld min %lld s", seconds / 60, seconds % 60);
    else
        snprintf(text.at, sizeof text.at, "%lld s", seconds);
    return text;
}

struct render_clock render_clock(int64_t ms)
{
    struct render_clock text;
    unsigned seconds = ms > 0 ? (unsigned)(ms / 1000 % 360000) : 0;

    if (seconds >= 3600)
        snprintf(text.at, sizeof text.at, "%u:%02u:%02u", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
    else
        snprintf(text.at, sizeof text.at, "%02u:%02u", seconds / 60, seconds % 60);
    return text;
}

struct cm_str render_number(struct cm_str number)
{
    if (number.len > 0 && cm_phone_read(number).kind == PHONE_WITHHELD)
        return CM_STR("a withheld number");
    return number;
}

const char *render_role(struct cm_str role)
{
    return cm_str_is(role, "agent") ? "Agent" : "Caller";
}

struct cm_str render_subject(struct cm_arena *arena, const struct report_call *call)
{
    bool inbound = cm_str_is(call->direction, "inbound");
    struct cm_str number = render_number(inbound ? call->from_number : call->to_number);
    const char *way = inbound ? "from" : "to";

    if (call->contact_name.len > 0)
        return cm_arena_printf(arena, "Call %s %.*s (%.*s), %.*s", way,
                               CM_STR_FMT(call->contact_name), CM_STR_FMT(number),
                               CM_STR_FMT(call->started));
    return cm_arena_printf(arena, "Call %s %.*s, %.*s", way, CM_STR_FMT(number),
                           CM_STR_FMT(call->started));
}

/* ---- plain text ---- */

static void heading(struct cm_buf *out, const char *title)
{
    cm_buf_printf(out, "\n%s\n", title);
    for (size_t i = 0; title[i]; i++)
        cm_buf_char(out, '-');
    cm_buf_char(out, '\n');
}

static void field(struct cm_buf *out, const char *name, struct cm_str value)
{
    if (value.len > 0)
        cm_buf_printf(out, "%-10s %.*s\n", name, CM_STR_FMT(value));
}

static void text_head(struct cm_buf *out, const struct report_call *call, const char *ui_url)
{
    field(out, "From:", render_number(call->from_number));
    field(out, "To:", render_number(call->to_number));
    field(out, "Contact:", call->contact_name);
    field(out, "Company:", call->contact_company);
    field(out, "E-mail:", call->contact_email);
    field(out, "About:", call->contact_summary);
    field(out, "When:", call->started);
    if (call->duration_ms.set)
        field(out, "Duration:", cm_str_of(render_duration(call->duration_ms.value).at));
    if (ui_url)
        cm_buf_printf(out, "%-10s %s/calls/%s\n", "Open:", ui_url, cm_uuid_text(call->call_id).at);
}

static void text_todos(struct cm_buf *out, const struct report_call *call)
{
    heading(out, "To-dos");
    if (call->todo_count == 0)
        cm_buf_text(out, "None.\n");
    for (size_t i = 0; i < call->todo_count; i++) {
        const struct report_todo *todo = &call->todos[i];

        cm_buf_printf(out, "[ ] %.*s (%s", CM_STR_FMT(todo->title), render_role(todo->owner));
        if (todo->due_date.len > 0)
            cm_buf_printf(out, ", due %.*s", CM_STR_FMT(todo->due_date));
        cm_buf_text(out, ")\n");
        if (todo->evidence.len == 0)
            continue; /* a person added it */
        cm_buf_printf(out, "    \"%.*s\"", CM_STR_FMT(todo->evidence));
        if (todo->evidence_ms.set)
            cm_buf_printf(out, " at %s", render_clock(todo->evidence_ms.value).at);
        cm_buf_char(out, '\n');
    }
}

struct cm_str render_text(struct cm_arena *arena, const struct report_call *call,
                          const char *ui_url)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    cm_buf_text(&out, "Call report\n===========\n");
    text_head(&out, call, ui_url);
    for (size_t i = 0; i < call->failure_count; i++)
        cm_buf_printf(&out, "\nThe step \"%.*s\" failed: %.*s\n",
                      CM_STR_FMT(call->failures[i].step), CM_STR_FMT(call->failures[i].reason));
    for (size_t i = 0; i < call->analysis_count; i++) {
        heading(&out, cm_arena_text(arena, call->analyses[i].name));
        cm_buf_printf(&out, "%.*s\n", CM_STR_FMT(call->analyses[i].text));
    }
    text_todos(&out, call);
    heading(&out, "Transcript");
    if (call->segment_count == 0)
        cm_buf_text(&out, "Nothing was said.\n");
    for (size_t i = 0; i < call->segment_count; i++)
        cm_buf_printf(&out, "[%s] %s: %.*s\n", render_clock(call->segments[i].start_ms).at,
                      render_role(call->segments[i].role), CM_STR_FMT(call->segments[i].text));
    cm_buf_text(&out, "\n-- \nSent by callmill");
    if (call->organization.len > 0)
        cm_buf_printf(&out, " for %.*s", CM_STR_FMT(call->organization));
    cm_buf_text(&out, ".\n");
    return cm_arena_str(arena, cm_buf_view(&out));
}
