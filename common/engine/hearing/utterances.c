#include "engine/hearing/utterances.h"

#include <ctype.h>
#include <string.h>

enum {
    LOOP_WORDS = 8,   /* so few different words ... */
    LOOP_REPEATS = 5, /* ... so often each, on average */
};

void cm_utterances_add(struct cm_utterances *utterances, int64_t start_ms, int64_t end_ms,
                       struct cm_str raw)
{
    struct cm_str text = cm_spoken(utterances->arena, raw);

    if (text.len == 0)
        return;

    if (utterances->count == utterances->room) {
        size_t room = utterances->room ? 2 * utterances->room : 16;
        struct cm_utterance *more = CM_NEW_N(utterances->arena, struct cm_utterance, room);

        if (utterances->count > 0)
            memcpy(more, utterances->at, utterances->count * sizeof *more);
        utterances->at = more;
        utterances->room = room;
    }
    utterances->at[utterances->count++] = (struct cm_utterance){
        .start_ms = start_ms, .end_ms = end_ms < start_ms ? start_ms : end_ms, .text = text
    };
}

/* The length of the well-formed character at the front, 0 where there is none. */
static size_t character(struct cm_str rest)
{
    for (size_t len = 1; len <= 4 && len <= rest.len; len++)
        if (cm_str_utf8((struct cm_str){ rest.at, len }))
            return len;
    return 0;
}

/* One line: white space and control characters become single blanks, broken bytes go. */
static struct cm_str one_line(struct cm_arena *arena, struct cm_str raw)
{
    char *line = cm_arena_alloc(arena, raw.len + 1);
    size_t len = 0;

    while (raw.len > 0) {
        size_t size = character(raw);
        unsigned char c = (unsigned char)*raw.at;

        if (size == 1 && (c <= ' ' || c == 0x7F)) {
            if (len > 0 && line[len - 1] != ' ')
                line[len++] = ' ';
        } else {
            memcpy(line + len, raw.at, size);
            len += size;
        }
        raw.at += size ? size : 1;
        raw.len -= size ? size : 1;
    }
    return cm_str_trim((struct cm_str){ line, len });
}

static char closing(char opening)
{
    switch (opening) {
    case '[':
        return ']';
    case '(':
        return ')';
    case '*':
        return '*';
    default:
        return '\0';
    }
}

/* The length of a remark "[...]" at the front; 0: there is none. */
static size_t remark(struct cm_str rest)
{
    char end = closing(*rest.at);
    const char *at;

    if (!end)
        return 0;
    at = memchr(rest.at + 1, end, rest.len - 1);
    return at ? (size_t)(at - rest.at) + 1 : 0;
}

static bool is_music(struct cm_str rest)
{
    return cm_str_starts(rest, "\u266a") || cm_str_starts(rest, "\u266b");
}

/* Is there a letter or a digit outside the remarks? */
static bool tells_words(struct cm_str line)
{
    while (line.len > 0) {
        size_t skip = remark(line);

        if (!skip && is_music(line))
            skip = strlen("\u266a");
        if (!skip) {
            if (isalnum((unsigned char)*line.at) || (unsigned char)*line.at >= 0x80)
                return true;
            skip = 1;
        }
        line.at += skip;
        line.len -= skip;
    }
    return false;
}

static bool is_repeated(struct cm_str line, const struct cm_str words[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cm_str_eq(words[i], line))
            return true;
    return false;
}

/* A model that lost its way says the same few words over and over, until it is cut off. */
static bool is_loop(struct cm_str line)
{
    struct cm_str different[LOOP_WORDS], word;
    size_t words = 0, known = 0;

    while (cm_str_split(&line, ' ', &word)) {
        words++;
        if (is_repeated(word, different, known))
            continue;
        if (known == LOOP_WORDS)
            return false;
        different[known++] = word;
    }
    return words > LOOP_REPEATS * known;
}

struct cm_str cm_spoken(struct cm_arena *arena, struct cm_str raw)
{
    struct cm_str line = one_line(arena, raw);

    return tells_words(line) && !is_loop(line) ? line : (struct cm_str){ 0 };
}
