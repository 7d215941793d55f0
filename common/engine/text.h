/* text.h - the port behind which a transcript is read: analyses, to-dos, facts about the contact.
 *
 * Embedded: rules in C that need no network and no key. Over HTTP: OpenAI-compatible chat
 * completions with a JSON schema, whose answers are checked again here. A transcript is untrusted:
 * to a model it is data between marks, never instructions, and nothing of an answer is used but the
 * fields asked for, within their bounds.
 */
#pragma once
#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/own.h"
#include "event/event.h"

extern const struct cm_setting
    cm_text_settings[]; /* TEXT_ENGINE, TEXT_URL, TEXT_API_KEY, TEXT_MODEL, ... */

/* What no engine exceeds, whatever was said and whatever a model answers. */
enum {
    CM_ANALYSIS_MAX = 16 * 1024, /* bytes */
    CM_TITLE_MAX = 200,
    CM_EVIDENCE_MAX = 1000,
    CM_COMMITMENTS_MAX = 50, /* a call */
    CM_FACT_MAX = 300,
};

struct cm_transcript { /* borrowed */
    const struct cm_segment *segments;
    size_t segment_count;
    int64_t started_at_us;   /* of the call: what "tomorrow" is relative to, ... */
    int64_t utc_offset_s;    /* ... on the clocks of the organization then */
    struct cm_str direction; /* inbound | outbound: who of the two is the contact */
    bool (*stop)(
        void *ctx); /* asked while a model is waited for; true: give up (CM_RETRY). May be NULL */
    void *stop_ctx;
};

struct cm_analysis_ask {
    struct cm_str analyzer_name;
    struct cm_str prompt;
};
struct cm_analysis {         /* in the arena */
    struct cm_str text;      /* what a person reads; "No compliance issues found." */
    struct cm_str sentiment; /* positive | neutral | mixed | negative, where one was asked for and
                              * told; else the NULL view */
};

/** What an analyzer wants to know. The rules engine has a rule for each; a person is shown some at
 * a glance. */
enum cm_ask_kind {
    CM_ASK_OTHER, /* something of its own: the rules look for its keywords */
    CM_ASK_SENTIMENT,
    CM_ASK_COMPLIANCE,
    CM_ASK_SUMMARY,
    CM_ASK_TALK_RATIO,
};
/** By the analyzer's name first, then by its prompt. Thread: any. */
enum cm_ask_kind cm_ask_kind(const struct cm_analysis_ask *ask);

struct cm_commitment {      /* in the arena */
    struct cm_str title;    /* an imperative: "Send the quote" */
    struct cm_str owner;    /* "caller" | "agent" */
    struct cm_str due_date; /* YYYY-MM-DD, or the NULL view */
    size_t segment;         /* index of the segment that proves it */
    struct cm_str evidence; /* its words */
};

struct cm_fact { /* a NULL view: nothing was said */
    struct cm_str value;
    struct cm_str source; /* where it comes from: "said at 00:12" */
};
struct cm_contact_facts {
    struct cm_fact name, email, company,
        summary; /* of the other party: the caller of an inbound call */
};

struct cm_text {
    const char *engine,
        *model; /* names for the rows: "rules" and its version, "openai" and the model */
    bool slow;  /* asks somebody over the network */
    /* Thread: any number at once. CM_REJECT: the model cannot answer this; CM_RETRY: try later
     * (err->retry_after_ms). */
    cm_rc (*analyze)(struct cm_text *text, const struct cm_transcript *transcript,
                     const struct cm_analysis_ask *ask, struct cm_arena *arena,
                     struct cm_analysis *out, struct cm_err *err);
    cm_rc (*commitments)(struct cm_text *text, const struct cm_transcript *transcript,
                         struct cm_arena *arena, struct cm_commitment **out, size_t *count,
                         struct cm_err *err);
    cm_rc (*facts)(struct cm_text *text, const struct cm_transcript *transcript,
                   struct cm_arena *arena, struct cm_contact_facts *out, struct cm_err *err);
    void (*destroy)(struct cm_text *text);
};
void cm_text_free(struct cm_text *text); /* NULL is fine */
CM_DEFINE_OWN(cm_text, cm_text_free);

struct cm_http_client;
/** The engine that the configuration names; `config` and `http` are borrowed for its life.
 *  CM_FATAL: TEXT_ENGINE=openai without TEXT_URL or TEXT_MODEL. */
cm_rc cm_text_open(const struct cm_config *config, struct cm_http_client *http,
                   struct cm_text **out, struct cm_err *err) CM_MUSTCHECK;
/** The embedded rules, whatever the configuration says. */
struct cm_text *cm_text_rules_new(void);
/** The model over HTTP, whatever TEXT_ENGINE says: an analyzer may name its own engine. `*out` is
 * NULL where neither TEXT_URL nor TEXT_MODEL is set. */
cm_rc cm_text_openai_open(const struct cm_config *config, struct cm_http_client *http,
                          struct cm_text **out, struct cm_err *err) CM_MUSTCHECK;
