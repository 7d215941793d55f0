#include "engine/rules/words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { ADDRESS_MAX = 254 };

uint32_t word_hash(struct cm_str low)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < low.len; i++)
        hash = (hash ^ (unsigned char)low.at[i]) * 16777619u;
    return hash;
}

bool word_is(const struct word *word, const char *low)
{
    return cm_str_is(word->low, low);
}

bool word_in(const struct word *word, const char *choices)
{
    struct cm_str rest = cm_str_of(choices), choice;

    while (cm_str_split(&rest, '|', &choice))
        if (cm_str_eq(choice, word->low))
            return true;
    return false;
}

/* ---- characters ---- */

bool is_word_byte(unsigned char c)
{
    return isalnum(c) || c >= 0x80;
}

char typographic(const char *at, size_t left)
{
    unsigned char last;

    if (left < 3 || (unsigned char)at[0] != 0xE2 || (unsigned char)at[1] != 0x80)
        return 0;

    last = (unsigned char)at[2];
    if (last == 0x98 || last == 0x99)
        return '\'';
    if (last >= 0x90 && last <= 0x95)
        return '-';
    if (last == 0xA6)
        return ',';
    return last >= 0x98 && last <= 0xBA ? '"' : 0;
}

/* Is the first letter a capital? ASCII, Latin-1 and Latin Extended-A, which is what names are
 * written in. */
static bool is_capital(struct cm_str raw)
{
    unsigned char first = (unsigned char)raw.at[0];
    unsigned letter;

    if (first < 0x80)
        return isupper(first);
    if (first < 0xC3 || first > 0xC5 || raw.len < 2)
        return false;

    letter = (first & 0x1Fu) << 6 | ((unsigned char)raw.at[1] & 0x3Fu);
    if (letter < 0x100)
        return letter >= 0xC0 && letter <= 0xDE;
    if ((letter >= 0x139 && letter <= 0x148) || letter >= 0x179)
        return letter % 2 == 1;
    return letter % 2 == 0;
}

/* ---- words ---- */

static struct word make(struct cm_str low, struct cm_str raw)
{
    return (struct word){
        .low = low, .raw = raw, .hash = word_hash(low), .capital = raw.len && is_capital(raw)
    };
}

static size_t put_opened(struct word out[2], struct cm_str first, const char *second,
                         struct cm_str raw)
{
    out[0] = make(first, raw);
    if (second)
        out[1] = make(cm_str_of(second), (struct cm_str){ 0 });
    return second ? 2 : 1;
}

/* Words that stand for several, and spellings that stand for others. */
static const struct {
    const char *written, *first, *second;
} opened_words[] = {
    { "won't", "will", "not" },  { "wont", "will", "not" },     { "can't", "can", "not" },
    { "cant", "can", "not" },    { "cannot", "can", "not" },    { "shan't", "shall", "not" },
    { "ain't", "is", "not" },    { "dont", "do", "not" },       { "didnt", "did", "not" },
    { "doesnt", "does", "not" }, { "isnt", "is", "not" },       { "wasnt", "was", "not" },
    { "havent", "have", "not" }, { "couldnt", "could", "not" }, { "wouldnt", "would", "not" },
    { "im", "i", "am" },         { "ive", "i", "have" },        { "let's", "let", "us" },
    { "lets", "let", "us" },     { "gonna", "going", "to" },    { "wanna", "want", "to" },
    { "gotta", "have", "to" },   { "lemme", "let", "me" },      { "gimme", "give", "me" },
    { "ok", "okay", NULL },      { "o'kay", "okay", NULL },     { "yep", "yes", NULL },
    { "yup", "yes", NULL },      { "mails", "mail", NULL },     { "tonite", "tonight", NULL },
    { "thats", "that", "is" },   { "whats", "what", "is" },
};

static const struct {
    const char *ending, *opened;
} endings[] = {
    { "'ll", "will" }, { "'re", "are" }, { "'ve", "have" }, { "'m", "am" }, { "'d", "would" },
};

static bool ends_with(struct cm_str low, const char *ending)
{
    size_t len = strlen(ending);

    return low.len > len && memcmp(low.at + low.len - len, ending, len) == 0;
}

static bool is_said_is(struct cm_str low) /* "it's" is "it is", but "Anna's" is hers */
{
    static const char *const words[] = { "it's",   "that's",  "this's",    "there's",
                                         "here's", "he's",    "she's",     "what's",
                                         "who's",  "where's", "how's",     "name's",
                                         "when's", "email's", "address's", "number's" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cm_str_is(low, words[i]))
            return true;
    return false;
}

/* One written word becomes one or two. */
static size_t put_written(struct word out[2], struct cm_str low, struct cm_str raw)
{
    for (size_t i = 0; i < sizeof opened_words / sizeof *opened_words; i++)
        if (opened_words[i].written[0] == low.at[0] && cm_str_is(low, opened_words[i].written))
            return put_opened(out, cm_str_of(opened_words[i].first), opened_words[i].second, raw);
    if (!memchr(low.at, '\'', low.len))
        return put_opened(out, low, NULL, raw);
    if (ends_with(low, "n't"))
        return put_opened(out, (struct cm_str){ low.at, low.len - 3 }, "not", raw);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends_with(low, endings[i].ending))
            return put_opened(out, (struct cm_str){ low.at, low.len - strlen(endings[i].ending) },
                              endings[i].opened, raw);
    if (is_said_is(low))
        return put_opened(out, (struct cm_str){ low.at, low.len - 2 }, "is", raw);
    return put_opened(out, low, NULL, raw);
}

/* The lower-case copy, with typographic apostrophes made plain. */
static struct cm_str lower(struct cm_arena *arena, struct cm_str raw)
{
    char *low = cm_arena_alloc(arena, raw.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < raw.len; i++) {
        if (typographic(raw.at + i, raw.len - i) == '\'') {
            low[len++] = '\'';
            i += 2;
        } else {
            low[len++] = (char)tolower((unsigned char)raw.at[i]);
        }
    }
    return (struct cm_str){ low, len };
}

/* How long the word at `at` is: letters and digits, with apostrophes, dots, @ and _ between them.
 */
static size_t word_len(struct cm_str at, bool hyphens)
{
    size_t len = 0;

    while (len < at.len) {
        unsigned char c = (unsigned char)at.at[len];
        char mark = typographic(at.at + len, at.len - len);
        size_t step = mark ? 3 : 1;
        bool inside = len && len + step < at.len &&
                      is_word_byte((unsigned char)at.at[len + step]) &&
                      (mark == '\'' || !typographic(at.at + len + step, at.len - len - step));
        bool digits = inside && isdigit((unsigned char)at.at[len - 1]) &&
                      isdigit((unsigned char)at.at[len + 1]);

        if (mark ? mark == '\'' && inside
                 : is_word_byte(c) || (inside && (c == '\'' || c == '.' || c == '@' || c == '_')) ||
                       (inside && c == '-' && hyphens) || (digits && c == ','))
            len += step;
        else
            break;
    }
    return len;
}

/* An address or a name of a host keeps its hyphens and plus signs; elsewhere they part words. */
static size_t address_len(struct cm_str at)
{
    size_t len = 0, dots = 0, ats = 0;

    while (len < at.len && len <= ADDRESS_MAX && at.at[len] &&
           (isalnum((unsigned char)at.at[len]) || strchr("@._-+", at.at[len]))) {
        ats += at.at[len] == '@';
        dots += at.at[len] == '.' && len + 1 < at.len && isalpha((unsigned char)at.at[len + 1]);
        len++;
    }
    if (len > ADDRESS_MAX)
        return 0;
    while (len && strchr("@._-+", at.at[len - 1]))
        len--;
    return len && (ats == 1 || (dots && memchr(at.at, '-', len))) ? len : 0;
}

size_t word_take(struct cm_str rest, struct cm_arena *arena, struct word out[2], size_t *count)
{
    size_t prefix = rest.at[0] == '$' || rest.at[0] == '#', len = address_len(rest);
    struct cm_str body, raw;

    if (!len)
        len = word_len((struct cm_str){ rest.at + prefix, rest.len - prefix }, false);
    else
        prefix = 0;
    body = (struct cm_str){ rest.at + prefix, len };
    if (cm_str_ieq(body, "e") && rest.len >= 6 && strncasecmp(rest.at, "e-mail", 6) == 0) {
        len = word_len(rest, true);
        *count = put_opened(out, CM_STR("email"), NULL, (struct cm_str){ rest.at, len });
        return len;
    }
    raw = (struct cm_str){ rest.at, prefix + len };
    if (raw.len < rest.len && rest.at[raw.len] == '%')
        raw.len++;
    *count = put_written(out, lower(arena, body), raw);
    return raw.len;
}
