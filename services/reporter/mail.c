#include "mail.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mail_address.h"

enum {
    LINE_MAX_LETTERS = 76,
    WORD_MAX_BYTES = 30, /* of an encoded word: 40 letters of base64 and its frame */
};

/* ---- addresses ---- */

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

bool mail_address(struct cm_str text, struct cm_str *address)
{
    struct cm_str found = cm_str_trim(text);
    size_t open;

    for (size_t i = 0; i < found.len; i++) {
        if (is_control(found.at[i]))
            return false;
    }
    if (found.len > 0 && found.at[found.len - 1] == '>' && cm_str_find(found, "<", &open)) {
        found.at += open + 1;
        found.len -= open + 2;
    }
    if (!cm_is_mail_address(found))
        return false;

    *address = found;
    return true;
}

struct cm_str mail_message_id(struct cm_arena *arena, struct cm_uuid call_id, const char *domain)
{
    return cm_arena_printf(arena, "<%s.report@%s>", cm_uuid_text(call_id).at, domain);
}

/* ---- headers ---- */

static char visible(char c)
{
    return (char)(is_control(c) ? ' ' : c);
}

/* Can it stand as it is? Not when it could be taken for an encoded word, and not when a word in it
 * is too long for a line. */
static bool is_plain(struct cm_str text)
{
    size_t word = 0, ignored;

    for (size_t i = 0; i < text.len; i++) {
        word = text.at[i] == ' ' ? 0 : word + 1;
        if ((unsigned char)text.at[i] >= 0x80 || word > LINE_MAX_LETTERS - 10)
            return false;
    }
    return !cm_str_find(text, "=?", &ignored);
}

/* How many bytes of `text` go into one encoded word: whole letters only. */
static size_t word_len(struct cm_str text)
{
    size_t len = text.len < WORD_MAX_BYTES ? text.len : WORD_MAX_BYTES;

    while (len > 0 && len < text.len && ((unsigned char)text.at[len] & 0xc0) == 0x80)
        len--;
    return len ? len : 1;
}

static void put_encoded(struct cm_buf *out, struct cm_str text)
{
    bool first = true;

    while (text.len > 0) {
        size_t len = word_len(text);
        char clean[WORD_MAX_BYTES];

        for (size_t i = 0; i < len; i++)
            clean[i] = visible(text.at[i]);
        cm_buf_printf(out, "%s=?UTF-8?B?%s?=", first ? "" : "\r\n ", cm_base64(clean, len).at);
        text.at += len;
        text.len -= len;
        first = false;
    }
}

/* Folds at spaces. `column` is where the line stands. */
static void put_folded(struct cm_buf *out, struct cm_str text, size_t column)
{
    struct cm_str word;
    bool first = true;

    while (cm_str_split(&text, ' ', &word)) {
        if (!first && column + 1 + word.len > LINE_MAX_LETTERS && word.len > 0) {
            cm_buf_text(out, "\r\n ");
            column = 1;
        } else if (!first) {
            cm_buf_char(out, ' ');
            column++;
        }
        for (size_t i = 0; i < word.len; i++)
            cm_buf_char(out, visible(word.at[i]));
        column += word.len;
        first = false;
    }
}

static void put_unstructured(struct cm_buf *out, const char *name, struct cm_str value)
{
    cm_buf_printf(out, "%s: ", name);
    if (is_plain(value))
        put_folded(out, value, strlen(name) + 2);
    else
        put_encoded(out, value);
    cm_buf_text(out, "\r\n");
}

static void put_quoted(struct cm_buf *out, struct cm_str name)
{
    cm_buf_char(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '"' || name.at[i] == '\\')
            cm_buf_char(out, '\\');
        cm_buf_char(out, visible(name.at[i]));
    }
    cm_buf_char(out, '"');
}

static void put_from(struct cm_buf *out, const char *from)
{
    struct cm_str whole = cm_str_trim(cm_str_of(from)), address = whole, name;

    mail_address(whole, &address);
    name = cm_str_trim((struct cm_str){ whole.at, (size_t)(address.at - whole.at) });
    if (name.len > 0 && name.at[name.len - 1] == '<')
        name = cm_str_trim((struct cm_str){ name.at, name.len - 1 });
    if (name.len > 1 && name.at[0] == '"' && name.at[name.len - 1] == '"')
        name = (struct cm_str){ name.at + 1, name.len - 2 };

    cm_buf_text(out, "From: ");
    if (name.len > 0 && is_plain(name))
        put_quoted(out, name);
    else
        put_encoded(out, name);
    cm_buf_text(out, name.len > 0 ? "\r\n <" : "<");
    cm_buf_str(out, address);
    cm_buf_text(out, ">\r\n");
}

static void put_to(struct cm_buf *out, const char *const *to)
{
    cm_buf_text(out, "To: ");
    for (size_t i = 0; to[i]; i++)
        cm_buf_printf(out, "%s%s", i ? ",\r\n " : "", to[i]);
    cm_buf_text(out, "\r\n");
}

/* ---- bodies ---- */

static bool stands_for_itself(struct cm_str text, size_t i)
{
    unsigned char c = (unsigned char)text.at[i];
    bool at_line_end = i + 1 == text.len || text.at[i + 1] == '\n' || text.at[i + 1] == '\r';

    if (c == ' ' || c == '\t')
        return !at_line_end;
    return c > ' ' && c < 0x7f && c != '=';
}

/* Quoted-printable (RFC 2045, 6.7). A dot that begins a line is encoded too: some mail servers
 * still get the one of a lone dot wrong. */
static void put_quoted_printable(struct cm_buf *out, struct cm_str text)
{
    size_t column = 0;

    for (size_t i = 0; i < text.len; i++) {
        bool plain = stands_for_itself(text, i) && !(text.at[i] == '.' && column == 0);

        if (text.at[i] == '\r' && i + 1 < text.len && text.at[i + 1] == '\n')
            continue;
        if (text.at[i] == '\n') {
            cm_buf_text(out, "\r\n");
            column = 0;
            continue;
        }
        if (column + (plain ? 1 : 3) >= LINE_MAX_LETTERS) {
            cm_buf_text(out, "=\r\n");
            column = 0;
            plain = plain && text.at[i] != '.';
        }
        if (plain)
            cm_buf_char(out, text.at[i]);
        else
            cm_buf_printf(out, "=%02X", (unsigned)(unsigned char)text.at[i]);
        column += plain ? 1 : 3;
    }
    cm_buf_text(out, "\r\n");
}

static void put_part(struct cm_buf *out, const char *boundary, const char *type, struct cm_str body)
{
    cm_buf_printf(out,
                  "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                  boundary, type);
    put_quoted_printable(out, body);
}

void mail_write(const struct mail *mail, struct cm_buf *out)
{
    struct cm_sha256 digest = cm_sha256(mail->message_id);
    struct cm_hex hex = cm_hex(digest.at, 12);
    char boundary[40];

    /* "=_" never stands in quoted-printable text, so no body can hold the boundary. */
    snprintf(boundary, sizeof boundary, "=_%.24s", hex.at);
    cm_buf_printf(out, "Date: %s\r\n", cm_time_rfc5322(mail->date_us).at);
    put_from(out, mail->from);
    put_to(out, mail->to);
    put_unstructured(out, "Subject", mail->subject);
    cm_buf_printf(out, "Message-ID: %.*s\r\n", CM_STR_FMT(mail->message_id));
    cm_buf_text(out, "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n");
    cm_buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n",
                  boundary);
    put_part(out, boundary, "text/plain", mail->text);
    put_part(out, boundary, "text/html", mail->html);
    cm_buf_printf(out, "--%s--\r\n", boundary);
}
