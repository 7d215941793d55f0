#include <strings.h>

#include "engine/text.h"

static const struct {
    enum cm_ask_kind kind;
    const char *part; /* of a word, any case */
} understood[] = {
    { CM_ASK_SENTIMENT, "sentiment" },
    { CM_ASK_SENTIMENT, "mood" },
    { CM_ASK_SENTIMENT, "emotion" },
    { CM_ASK_SENTIMENT, "satisf" },
    { CM_ASK_SENTIMENT, "tone" },
    { CM_ASK_COMPLIANCE, "complian" },
    { CM_ASK_COMPLIANCE, "regulat" },
    { CM_ASK_COMPLIANCE, "violation" },
    { CM_ASK_COMPLIANCE, "misconduct" },
    { CM_ASK_SUMMARY, "summar" },
    { CM_ASK_SUMMARY, "recap" },
    { CM_ASK_SUMMARY, "overview" },
    { CM_ASK_SUMMARY, "gist" },
    { CM_ASK_TALK_RATIO, "talk ratio" },
    { CM_ASK_TALK_RATIO, "talk-ratio" },
    { CM_ASK_TALK_RATIO, "talk time" },
    { CM_ASK_TALK_RATIO, "speaking time" },
    { CM_ASK_TALK_RATIO, "talk-to-listen" },
    { CM_ASK_TALK_RATIO, "monologue" },
    { CM_ASK_TALK_RATIO, "interrupt" },
    { CM_ASK_TALK_RATIO, "words per minute" },
};

/* Where `part` first begins a word in `text`, any case; text.len: nowhere. */
static size_t find_part(struct cm_str text, const char *part)
{
    size_t len = cm_str_of(part).len;

    for (size_t i = 0; i + len <= text.len; i++)
        if ((i == 0 || !((text.at[i - 1] | 32) >= 'a' && (text.at[i - 1] | 32) <= 'z')) &&
            strncasecmp(text.at + i, part, len) == 0)
            return i;
    return text.len;
}

static enum cm_ask_kind first_understood(struct cm_str text)
{
    enum cm_ask_kind kind = CM_ASK_OTHER;
    size_t best = text.len;

    for (size_t i = 0; i < sizeof understood / sizeof *understood; i++) {
        size_t at = find_part(text, understood[i].part);

        if (at < best) {
            best = at;
            kind = understood[i].kind;
        }
    }
    return kind;
}

enum cm_ask_kind cm_ask_kind(const struct cm_analysis_ask *ask)
{
    enum cm_ask_kind kind = first_understood(ask->analyzer_name);

    return kind == CM_ASK_OTHER ? first_understood(ask->prompt) : kind;
}
