#include "engine/rules/facts.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "engine/rules/digits.h"

enum { LOCAL_WORDS = 24, DOMAIN_WORDS = 12, EMAIL_MAX = 254 };

static const char domains[] =
    "com|org|net|edu|gov|io|co|us|uk|de|se|fr|es|it|nl|no|dk|fi|at|ch|be|ie|pt|pl|cz|eu|ca|"
    "au|nz|in|jp|cn|br|mx|biz|info|me|tv|app|dev|ai|tech|shop|store|online|health|"
    "agency|group|company|solutions|services|email|mail|example|test|pro|name|club|xyz|law";

/* Words that are about an address and no part of one. */
static const char outside[] =
    "is|it|address|email|emails|mail|to|me|at|on|my|the|your|our|a|an|and|or|by|for|"
    "send|reach|use|of|in|with|as|i|you|we|so|okay|yes|yeah|sure|uh|um|that|this|"
    "be|can|will|please|about|us|website|site|online|look|visit|find|see|check|go|"
    "write|via|would|was|name|personal|work|best|just|under|through|copy|cc|him|her|out|"
    "company|business|then|contact|are|not|but|from|if|again";

bool email_is_valid(struct cm_str email)
{
    const char *at = memchr(email.at, '@', email.len), *dot = NULL;
    size_t domain;

    if (!at || at == email.at || email.len > EMAIL_MAX || email.at[0] == '.' || at[-1] == '.')
        return false;
    domain = email.len - (size_t)(at + 1 - email.at);
    for (size_t i = 0; i < email.len; i++) {
        unsigned char c = (unsigned char)email.at[i];
        bool in_domain = email.at + i > at;

        if (!isalnum(c) && email.at + i != at && !strchr(in_domain ? ".-" : "._+-", c))
            return false;
        if (c == '.' && (i + 1 == email.len || email.at[i + 1] == '.' || email.at[i - 1] == '@'))
            return false;
        if (c == '.' && in_domain)
            dot = email.at + i;
    }
    return domain >= 3 && dot && email.at + email.len - dot > 2 && isalpha((unsigned char)dot[1]);
}

/* "dot", "underscore": as characters; 0: something else. */
static char joint(const struct word *word)
{
    static const struct {
        const char *said;
        char is;
    } joints[] = { { "dot", '.' },  { "point", '.' },  { "period", '.' }, { "underscore", '_' },
                   { "dash", '-' }, { "hyphen", '-' }, { "minus", '-' },  { "plus", '+' } };

    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++)
        if (word_is(word, joints[i].said))
            return joints[i].is;
    return 0;
}

static bool is_plain(struct cm_str low)
{
    for (size_t i = 0; i < low.len; i++)
        if (!isalnum((unsigned char)low.at[i]) && !strchr("._-+", low.at[i]))
            return false;
    return low.len > 0;
}

/* What a word adds to an address. */
static void put_part(struct cm_buf *out, const struct word *word)
{
    struct digits digits = { 0 };
    char mark = joint(word);

    if (mark)
        cm_buf_char(out, mark);
    else if (digits_add(&digits, word) && !word_in(word, "o|oh|double|triple"))
        cm_buf_put(out, digits.at, digits.len);
    else
        cm_buf_str(out, word->low);
    if (word->mark == '-' && word->low.len > 1)
        cm_buf_char(out, '-');
}

/* Where the part before "at" begins: behind the nearest word or pause that is no part of it. */
static size_t local_from(const struct sentence *sentence, size_t at)
{
    size_t from = at;

    while (from && at - from < LOCAL_WORDS) {
        const struct word *word = &sentence->words[from - 1];
        bool single = word->low.len == 1 &&
                      (from < at || (from > 1 && sentence->words[from - 2].low.len == 1));

        if (from < at && word->mark && word->mark != '-' && !(single && word->mark == ','))
            break;
        if (!is_plain(word->low) || (!joint(word) && !single && word_in(word, outside)))
            break;
        from--;
    }
    return from;
}

/* Is `i` the end of a host: "com", but not the first half of "co dot uk"? */
static bool ends_host(const struct sentence *sentence, size_t i)
{
    const struct word *word = &sentence->words[i];

    if (!word_in(word, domains))
        return false;
    return i + 2 >= sentence->count || word->mark || !joint(word + 1) ||
           !word_in(word + 2, domains);
}

/* May the word stand in a host that goes on behind it? A pause ends one, unless letters are
 * spelled. */
static bool is_of_host(const struct word *word)
{
    return is_plain(word->low) && (!word->mark || word->mark == '-' || word->low.len == 1);
}

/* Takes "example dot com" behind "at". Returns where it ends; 0: it is no host. */
static size_t put_host(struct cm_buf *out, const struct sentence *sentence, size_t at)
{
    bool after_dot = false;

    for (size_t i = at; i < sentence->count && i < at + DOMAIN_WORDS; i++) {
        const struct word *word = &sentence->words[i];
        bool is_whole = memchr(word->low.at, '.', word->low.len) != NULL; /* "example.com" */
        bool is_end = is_whole || (after_dot && ends_host(sentence, i));

        if (!is_plain(word->low) || (!is_end && !is_of_host(word)))
            return 0;
        put_part(out, word);
        if (is_end)
            return i + 1;
        after_dot = joint(word) == '.';
    }
    return 0;
}

/* The address around word `at`, which is "at" or holds an "@". */
static struct cm_str address_at(const struct reading *reading, const struct sentence *sentence,
                                size_t at)
{
    const struct word *word = &sentence->words[at];
    CM_OWN_BUF struct cm_buf out = { 0 };

    if (memchr(word->low.at, '@', word->low.len)) {
        /* "ada dot lovelace@example.com": the model wrote only the end of it as an address. */
        for (size_t i = at >= 2 && joint(&sentence->words[at - 1]) ? local_from(sentence, at) : at;
             i < at; i++)
            put_part(&out, &sentence->words[i]);
        cm_buf_str(&out, word->low);
        if (!memchr(strchr(out.at, '@'), '.', strlen(strchr(out.at, '@'))) &&
            at + 1 < sentence->count)
            put_host(&out, sentence, at + 1);
    } else if (word_is(word, "at")) {
        size_t from = local_from(sentence, at);

        for (size_t i = from; i < at; i++)
            put_part(&out, &sentence->words[i]);
        cm_buf_char(&out, '@');
        if (from == at || !put_host(&out, sentence, at + 1))
            return (struct cm_str){ 0 };
    }
    return out.len && email_is_valid(cm_buf_view(&out))
               ? cm_arena_str(reading->arena, cm_buf_view(&out))
               : (struct cm_str){ 0 };
}

/* How sure it is that the address is the contact's own; 0: it is not. */
static int trust(const struct reading *reading, const struct sentence *sentence, size_t at)
{
    bool own = sentence->side == reading->other, yours = false, other_person = false;

    for (size_t i = 0; i < at; i++) {
        const struct word *word = &sentence->words[i];

        if (word_in(word, "my|mine") && i + 1 < sentence->count)
            yours |= word_in(&sentence->words[i + 1],
                             "email|address|mail|personal|work|business|company") &&
                     own;
        if (word_is(word, "your"))
            yours |= !own;
        other_person |= word_in(word, "his|her|their|our");
    }
    if (other_person)
        return 0;
    if (yours)
        return own ? 4 : 2;
    return own ? 3 : 0;
}

struct said facts_email(const struct reading *reading)
{
    struct said best = { { 0 }, 0 };
    int best_trust = 0;

    for (size_t i = 0; i < reading->count && best_trust < 4; i++) {
        const struct sentence *sentence = &reading->sentences[i];

        for (size_t at = 0; at < sentence->count; at++) {
            const struct word *word = &sentence->words[at];
            struct cm_str email;
            int sure;

            if (!word_is(word, "at") && !memchr(word->low.at, '@', word->low.len))
                continue;
            email = address_at(reading, sentence, at);
            sure = email.len ? trust(reading, sentence, at) : 0;
            if (sure > best_trust) {
                best = (struct said){ email, word->segment };
                best_trust = sure;
            }
        }
    }
    return best;
}
