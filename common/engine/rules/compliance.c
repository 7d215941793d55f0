#include "engine/rules/compliance.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "engine/rules/private_numbers.h"

enum { FINDINGS_MAX = 20, QUOTE_MAX = 200, DENIAL_REACH = 4 };

enum rule {
    RULE_NONE,
    RULE_NOTICE, /* no issue: the call is said to be recorded */
    RULE_OBJECTION,
    RULE_NOT_RECORDED,
    RULE_GUARANTEE,
    RULE_RISK_FREE,
    RULE_ABUSE,
    RULE_VIOLENCE,
    RULE_LEGAL_THREAT,
    RULE_PRESSURE,
    RULE_DISCRIMINATION,
    RULE_SECRECY,
    RULE_EVASION,
    RULE_ADVICE,
    RULE_DO_NOT_CALL,
    RULE_NO_CONSENT,
    RULE_BRIBE,
    RULE_PASSWORD,
    RULE_ASKS_SECRET,
    RULE_FILLER, /* no issue: looks like one but is not */
    RULE_CARD,
    RULE_SSN,
    RULE_CARD_CODE,
    RULES,
};

enum who { ANY, HOUSE, CONTACT };

static const struct {
    const char *title;
    enum who who;  /* whose words it takes */
    bool deniable; /* "I can not guarantee a return" is none */
} about[RULES] = {
    [RULE_OBJECTION] = { "Objection to being recorded", CONTACT, false },
    [RULE_NOT_RECORDED] = { "Recorded call called unrecorded", HOUSE, false },
    [RULE_GUARANTEE] = { "Promise of guaranteed returns or results", HOUSE, true },
    [RULE_RISK_FREE] = { "Risk denied", HOUSE, true },
    [RULE_ABUSE] = { "Abusive language", ANY, false },
    [RULE_VIOLENCE] = { "Threat of violence", ANY, true },
    [RULE_LEGAL_THREAT] = { "Threat of legal action", ANY, true },
    [RULE_PRESSURE] = { "Undue pressure", HOUSE, true },
    [RULE_DISCRIMINATION] = { "Discriminating language", ANY, false },
    [RULE_SECRECY] = { "Off the record", ANY, false },
    [RULE_EVASION] = { "Evasion of records or rules", ANY, true },
    [RULE_ADVICE] = { "Advice that needs a licence", HOUSE, true },
    [RULE_DO_NOT_CALL] = { "Request not to be called again", CONTACT, false },
    [RULE_NO_CONSENT] = { "Consent denied", CONTACT, false },
    [RULE_BRIBE] = { "Bribery or inside information", ANY, true },
    [RULE_PASSWORD] = { "Password or PIN read aloud", ANY, true },
    [RULE_ASKS_SECRET] = { "Secret asked for", HOUSE, false },
    [RULE_CARD] = { "Card number read aloud", ANY, false },
    [RULE_SSN] = { "Social security number read aloud", ANY, false },
    [RULE_CARD_CODE] = { "Card security code read aloud", ANY, false },
};

#define GROUPS                                                                                     \
    "blacks|black|whites|white|asians|asian|mexicans|mexican|immigrants|immigrant|foreigners|"     \
    "foreigner|muslims|muslim|jews|jewish|christians|gays|gay|lesbians|women|men|girls|arabs|"     \
    "arab|"                                                                                        \
    "africans|african|indians|indian|chinese|hispanics|hispanic|latinos|disabled|elderly|refugees"

static const struct phrase_row phrases[] = {
    { RULE_NOTICE,
      "call|calls|conversation|line is|are|may|will|being be? being? recorded|monitored, "
      "this call is|may|will .. recorded, we|i are|am recording this|the call|line, "
      "calls are .. recorded, recorded line, recorded for quality|training" },
    { RULE_OBJECTION,
      "do not record this|me|the|my, do not want to be recorded, stop recording, "
      "do not want this .. recorded, do not consent to .. recording|recorded|recordings, "
      "not okay with .. recorded|recording, turn off the recording, "
      "turn the recording off, did not agree to be recorded" },
    { RULE_NOT_RECORDED, "call is not being? recorded, not being recorded, nobody is recording, "
                         "not recording this|the call|line, line is not being? recorded" },
    { RULE_GUARANTEE,
      "guarantee|guaranteed|guarantees .. return|returns|profit|profits|gain|gains|income|approval|"
      "results|winnings|interest|yield|success|growth|outcome, "
      "guarantee|guarantees you? that? you? will? make|earn|double|win|get, "
      "promise you? a|that? .. return|returns|profit|profits, promise you? will make|earn|double, "
      "return|returns|profit|profits|income|approval|results is|are guaranteed, "
      "guaranteed to make|earn|double|go|rise|win|grow|pay, double|triple your "
      "money|investment|savings, "
      "sure thing, one|hundred hundred? percent guaranteed, 100% guaranteed, will definitely make "
      "money, "
      "certain to make|rise|double" },
    { RULE_RISK_FREE,
      "risk free, no risk, zero risk, without any? risk, can not lose, "
      "can not go wrong with this investment|fund|stock, impossible to lose, never lose money, "
      "there is no downside" },
    { RULE_ABUSE,
      "you idiot|moron|idiots|morons|liar|bastard|bitch|asshole|jerk|loser|scumbag|scum, "
      "you are an? such? an? .. idiot|moron|liar|loser|jerk|pig, "
      "you stupid|dumb|fucking|lazy|bloody|damn|useless, shut up, shut your mouth, go to hell, "
      "screw you, fuck, fucking, fucked, bullshit, bitch, bastard, asshole, motherfucker, "
      "damn you, kiss my ass, piece of shit|crap|garbage, get lost, are you "
      "stupid|deaf|retarded|dumb, "
      "scumbag, dumbass" },
    { RULE_VIOLENCE,
      "kill|hurt|shoot|stab|beat|punch you|him|her|them|your, break your legs|face|neck|arm|bones, "
      "burn .. down, come after you, know where you live, watch your back, will regret this|it, "
      "make you pay for, send somebody|someone after, blow up your|the, come over there and, "
      "you better be scared, find you and, find out where you live" },
    { RULE_LEGAL_THREAT,
      "sue you|your|them|this, will|going to sue, see you in court, take you to court, taking you "
      "to court, "
      "legal action, my|our lawyer|attorney|lawyers|attorneys, file a lawsuit, "
      "report you to the, press charges, hear|hearing from my|our lawyer|attorney|lawyers" },
    { RULE_PRESSURE,
      "garnish your, have you arrested, you will be arrested, go to jail, send the police|sheriff, "
      "ruin your credit, tell your employer|boss|family|neighbors, call your employer|boss|family, "
      "decide right? now|today, act now, last chance, offer expires|ends today|tonight|now, only "
      "valid today, "
      "do not have time to think, no time to think, now or never, sign right? now, "
      "only if you sign|buy|pay|order today|now, before you hang up, "
      "not let you hang up, deport you, you have no choice" },
    { RULE_DISCRIMINATION,
      "you people, people like you, your kind, those people, go back to your country, "
      "not|never rent|sell|serve|hire|lend|deal|work|insure|accept to|with|from? " GROUPS ", "
      "because you are a|an? " GROUPS ", because he|she is a|an? " GROUPS ", "
      "because they are " GROUPS ", all|typical " GROUPS
      " are, learn to speak english, speak proper english, "
      "too old for, women should|can not, no " GROUPS
      " allowed, retard, retarded, faggot, nigger, chink, spic, "
      "wetback, kike, tranny" },
    { RULE_SECRECY,
      "off the record, between you and me, between us, between the two of us, "
      "stays|stay between, keep this|it quiet, keep this|it to yourself, "
      "not tell anyone|anybody|my|your|the boss|manager|supervisor|compliance?, nobody needs to "
      "know, "
      "no one needs to know, should not be telling you, not supposed to tell|say|share, "
      "did not hear this|it|that from me, you never heard this|it|that" },
    { RULE_EVASION,
      "delete this|the|that recording|email|emails|message|messages, shred, no paper trail, under "
      "the table, "
      "backdate, back date, backdated, back dated, without a|an? receipt|invoice, "
      "pay in cash so, not put this|it|that in writing, do not write this|it|that down, "
      "off the books, do not report this|it|that, personal|private "
      "cell|phone|email|number|whatsapp instead, "
      "text me on my personal|private, forge, forged, sign for him|her|them, sign it for "
      "him|her|them, "
      "make up a|an|the|some numbers|figures|date|receipt, avoid paying taxes|tax, "
      "get around the rule|rules|regulation|regulations|law, bend the rules, "
      "just say you|that you .. if they ask, leave that|it|this off the application|form" },
    { RULE_ADVICE,
      "am not a doctor|lawyer|attorney|accountant|pharmacist but, not a licensed .. but, "
      "stop taking your medication|medications|medicine|pills, "
      "not need a|to see? a? doctor|lawyer|attorney, double your dose|dosage|medication, "
      "move all your money, put all your savings|money, empty your retirement|savings, "
      "take out a loan to invest|buy" },
    { RULE_DO_NOT_CALL,
      "do not call me|us|here|this|again, do not ever call, never call me|us|here, stop calling, "
      "take me|us|my|this off your|the list|number?, take my|this number off, "
      "remove me|us|my|this number? from, do not contact me|us, do not want .. calls|called, "
      "do not call list, lose my number" },
    { RULE_NO_CONSENT,
      "never|not gave|give|given you? my? permission|consent|authorization, never|not "
      "authorize|authorized|"
      "authorised|agreed|agree to this|that|these|the|it, never|not signed up, never|not "
      "consented, "
      "without my permission|consent|authorization, never|not authorized|authorised this|that|it" },
    { RULE_BRIBE, "kickback, kickbacks, bribe, bribes, insider information|tip|tips|trading, "
                  "inside information, little something for you, grease the, "
                  "make it worth your while" },
    { RULE_PASSWORD, "password|passcode|passphrase is, pin is, pin number|code is" },
    { RULE_ASKS_SECRET,
      "what is your password|pin|passcode|cvv, tell|give|read me your password|pin|passcode|cvv, "
      "your password|passcode please, your pin please|number?, your security code, your online "
      "banking, "
      "need your password|pin|passcode|cvv" },
    { RULE_FILLER,
      "no risk of rain|snow, without a receipt i, that we|you guarantee, "
      "do not call me sir|maam|mister|that, do not have a receipt, not find the|my receipt, "
      "no risk to return, can not lose my|the|it|this|that, password is "
      "wrong|not|incorrect|expired|"
      "locked|required|reset|case|at|too|the|your|in, pin is not|wrong|locked|incorrect, "
      "pin number|code is not|wrong|locked|incorrect, my bank|mortgage|loan guarantee, "
      "stop calling it|him|her|them|that, between us and, choose between us, "
      "two|three|five|ten|one year guarantee, money back guarantee, satisfaction "
      "guarantee|guaranteed, "
      "call|calls is|was not recorded yet, guaranteed delivery, "
      "password is .. reset|sent|emailed|mailed|changed" },
    { 0, NULL },
};

static const struct phrase_row denials[] = {
    { 1,
      "not, no, never, nobody, none, neither, nor, cannot, without, if, avoid, against, illegal" },
    { 0, NULL },
};

struct finding {
    enum rule rule;
    const struct sentence *sentence;
    struct cm_str quote;
};

struct findings {
    struct finding at[FINDINGS_MAX];
    size_t count, total; /* total counts those that found no room */
    bool notice;
};

struct compliance compliance_new(struct cm_arena *arena)
{
    return (struct compliance){ phrasebook_new(arena, phrases), phrasebook_new(arena, denials),
                                private_numbers_new(arena) };
}

static bool is_whose(enum who who, const struct reading *reading, enum side side)
{
    if (who == ANY || reading->one_voice)
        return true;
    return (who == CONTACT) == (side == reading->other);
}

static bool is_denied(const struct compliance *rules, const struct sentence *sentence, size_t at)
{
    struct phrase_hit hit;

    for (size_t i = at > DENIAL_REACH ? at - DENIAL_REACH : 0; i < at; i++)
        if (phrase_at(rules->denials, sentence, i, &hit))
            return true;
    return false;
}

static void put(struct findings *findings, enum rule rule, const struct sentence *sentence,
                struct cm_str quote)
{
    for (size_t i = findings->count; i-- > 0 && findings->at[i].sentence == sentence;)
        if (findings->at[i].rule == rule)
            return;
    findings->total++;
    if (findings->count < FINDINGS_MAX)
        findings->at[findings->count++] = (struct finding){ rule, sentence, quote };
}

static bool is_digits(const struct word *word)
{
    struct digits probe = { 0 };

    return word->raw.len && digits_add(&probe, word);
}

/* The digits of a quote are what must not be repeated. */
static struct cm_str masked(struct cm_arena *arena, const struct sentence *sentence)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    for (size_t i = 0; i < sentence->count; i++) {
        const struct word *word = &sentence->words[i];
        bool hidden = is_digits(word), goes_on = hidden && i && is_digits(word - 1);
        struct cm_str shown = hidden ? CM_STR("[digits]") : word->raw;

        if (word->raw.len && !goes_on)
            cm_buf_printf(&out, "%s%.*s", out.len ? " " : "", CM_STR_FMT(shown));
        if (word->mark && word->mark != '-' && !(hidden && i + 1 < sentence->count))
            cm_buf_char(&out, word->mark);
    }
    return cm_arena_str(arena, cm_buf_view(&out));
}

/* "My password is [hidden]" */
static struct cm_str without_secret(struct cm_arena *arena, const struct sentence *sentence,
                                    size_t end)
{
    CM_OWN_BUF struct cm_buf out = { 0 };

    for (size_t i = 0; i < end; i++)
        if (sentence->words[i].raw.len)
            cm_buf_printf(&out, "%.*s ", CM_STR_FMT(sentence->words[i].raw));
    cm_buf_text(&out, "[hidden]");
    return cm_arena_str(arena, cm_buf_view(&out));
}

static void look_for_phrases(const struct compliance *rules, const struct reading *reading,
                             const struct sentence *sentence, struct findings *findings)
{
    struct phrase_hit hit;
    size_t at = 0;

    while (phrase_next(rules->phrases, sentence, &at, &hit)) {
        enum rule rule = (enum rule)hit.value;

        if (rule == RULE_NOTICE)
            findings->notice = true;
        if (!about[rule].title || !is_whose(about[rule].who, reading, sentence->side))
            continue;
        if (about[rule].deniable && (sentence->question || is_denied(rules, sentence, hit.first)))
            continue;
        put(findings, rule, sentence,
            rule == RULE_PASSWORD ? without_secret(reading->arena, sentence, hit.end)
                                  : sentence->raw);
    }
}

static void put_private(void *ctx, enum private_number kind, const struct sentence *sentence)
{
    static const enum rule rules[] = {
        [PRIVATE_CARD] = RULE_CARD, [PRIVATE_SSN] = RULE_SSN, [PRIVATE_CARD_CODE] = RULE_CARD_CODE
    };

    put(ctx, rules[kind], sentence, (struct cm_str){ 0 });
}

static bool asks_for_notice(struct cm_str prompt)
{
    static const char *const words[] = { "notice", "disclos", "announce" };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t at = 0; at + strlen(words[i]) <= prompt.len; at++)
            if (strncasecmp(prompt.at + at, words[i], strlen(words[i])) == 0)
                return true;
    return false;
}

static void put_finding(struct cm_buf *out, const struct reading *reading,
                        const struct finding *finding)
{
    bool is_private = finding->rule >= RULE_CARD;
    struct cm_str quote = is_private ? masked(reading->arena, finding->sentence) : finding->quote;

    quote = text_cut(reading->arena, quote, QUOTE_MAX);
    cm_buf_printf(out, "\n- %s (%s, %s): \"%.*s\"", about[finding->rule].title,
                  side_label(finding->sentence->side),
                  segment_clock(reading, finding->sentence->segment).at, CM_STR_FMT(quote));
}

struct cm_str compliance_text(const struct compliance *rules, const struct reading *reading,
                              struct cm_str prompt)
{
    struct findings findings = { .count = 0 };
    CM_OWN_BUF struct cm_buf out = { 0 };
    bool missing;
    size_t issues;

    for (size_t i = 0; i < reading->count; i++)
        look_for_phrases(rules, reading, &reading->sentences[i], &findings);
    private_numbers_find(rules->private_numbers, reading, put_private, &findings);

    missing = reading->count && !findings.notice && asks_for_notice(prompt);
    issues = findings.total + missing;
    if (!issues)
        return CM_STR("No compliance issues found.");

    cm_buf_printf(&out, "%zu compliance issue%s found.", issues, issues == 1 ? "" : "s");
    if (missing)
        cm_buf_text(&out, "\n- Recording notice missing: nobody said that the call is recorded.");
    for (size_t i = 0; i < findings.count; i++)
        put_finding(&out, reading, &findings.at[i]);
    if (findings.total > findings.count)
        cm_buf_printf(&out, "\n- ... and %zu more.", findings.total - findings.count);
    return cm_arena_str(reading->arena, cm_buf_view(&out));
}
