/* Whatever is said: every engine's verb ends, in time, within its bounds, in UTF-8. */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <setjmp.h>
#include <cmocka.h>

#include "corpus.h"

struct fixture {
    struct cm_text *text;
    struct cm_arena *arena;
};

/* Of this process alone: what else the machine does is no part of it. */
static int64_t cpu_ms(void)
{
    return (int64_t)clock() / (CLOCKS_PER_SEC / 1000);
}

static const char *const analyzers[] = { "Sentiment", "Compliance", "Summary", "Talk ratio",
                                         "Something else" };

static int given_rules(void **state)
{
    static struct fixture fx;

    fx = (struct fixture){ cm_text_rules_new(), cm_arena_new() };
    *state = &fx;
    return 0;
}

static int forget(void **state)
{
    struct fixture *fx = *state;

    cm_text_free(fx->text);
    cm_arena_free(fx->arena);
    return 0;
}

static void assert_good(struct cm_str text, size_t max, bool is_utf8)
{
    assert_true(text.len <= max);
    if (is_utf8)
        assert_true(cm_str_utf8(text));
}

static void analyze_all(struct fixture *fx, const struct cm_transcript *transcript, bool is_utf8)
{
    for (size_t i = 0; i < sizeof analyzers / sizeof *analyzers; i++) {
        struct cm_analysis_ask ask = { cm_str_of(analyzers[i]),
                                       CM_STR("Was a refund or the word \"quote\" said?") };
        struct cm_analysis analysis;

        assert_int_equal(fx->text->analyze(fx->text, transcript, &ask, fx->arena, &analysis, NULL),
                         CM_OK);
        assert_true(analysis.text.len > 0);
        assert_good(analysis.text, CM_ANALYSIS_MAX, is_utf8);
    }
}

static void try_all(struct fixture *fx, const struct cm_transcript *transcript, bool is_utf8)
{
    struct cm_commitment *found;
    struct cm_contact_facts facts;
    size_t count;

    analyze_all(fx, transcript, is_utf8);
    assert_int_equal(fx->text->commitments(fx->text, transcript, fx->arena, &found, &count, NULL),
                     CM_OK);
    assert_true(count <= CM_COMMITMENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(found[i].segment < transcript->segment_count && found[i].title.len > 0);
        assert_true(!found[i].due_date.len || found[i].due_date.len == 10);
        assert_good(found[i].title, CM_TITLE_MAX, is_utf8);
        assert_good(found[i].evidence, CM_EVIDENCE_MAX, is_utf8);
    }
    assert_int_equal(fx->text->facts(fx->text, transcript, fx->arena, &facts, NULL), CM_OK);
    assert_good(facts.name.value, CM_FACT_MAX, is_utf8);
    assert_good(facts.email.value, CM_FACT_MAX, is_utf8);
    assert_good(facts.company.value, CM_FACT_MAX, is_utf8);
    assert_good(facts.summary.value, CM_FACT_MAX, is_utf8);
    cm_arena_reset(fx->arena);
}

static void every_conversation_may_be_cut_at_each_byte(void **state)
{
    static const char *const files[] = { "commitments.txt", "compliance.txt", "facts.txt" };
    struct fixture *fx = *state;
    struct cm_arena *kept = cm_arena_new();

    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        const struct corpus *corpus = corpus_read(files[f], kept);

        for (size_t i = 0; i < corpus->count; i++) {
            struct cm_transcript whole = corpus->cases[i].transcript;
            struct cm_segment *segments = CM_NEW_N(kept, struct cm_segment, whole.segment_count);

            memcpy(segments, whole.segments, whole.segment_count * sizeof *segments);
            whole.segments = segments;
            for (struct cm_str *text = &segments[whole.segment_count - 1].text; text->len;
                 text->len--)
                try_all(fx, &whole, false);
        }
    }
    cm_arena_free(kept);
}

/* Words that rules know, letters that they do not, and characters of one to four bytes. */
static size_t put_random(char *at, unsigned *seed)
{
    static const char *const pieces[] = {
        "I'll ",
        "send ",
        "you ",
        "by ",
        "Friday ",
        "if ",
        "my name is ",
        "at ",
        "dot ",
        "com ",
        "one ",
        "4111 ",
        "guarantee ",
        "returns ",
        "not ",
        "very ",
        "happy ",
        "! ",
        "? ",
        ". ",
        ", ",
        "-",
        "@",
        "'",
        "...",
        "$",
        "#",
        "\xC3\xA5",
        "\xE2\x80\x99",
        "\xE2\x80\x9C",
        "\xF0\x9F\x98\x80 ",
        "the ",
        "call ",
        "card ",
        "Please ",
        "in ",
        "two ",
        "days ",
        "A",
        "z",
        " ",
        "\n",
        "\t",
        "9",
        "and ",
        "it ",
        "could you ",
        "sure ",
        "\xE2\x80\xA6",
    };
    const char *piece = pieces[(size_t)rand_r(seed) % (sizeof pieces / sizeof *pieces)];

    return (size_t)(stpcpy(at, piece) - at);
}

static void random_talk_is_survived(void **state)
{
    struct fixture *fx = *state;
    unsigned seed = 7;

    for (int round = 0; round < 400; round++) {
        static char texts[6][600];
        struct cm_segment segments[6];
        struct cm_transcript transcript = { .segments = segments,
                                            .segment_count = (size_t)(round % 7),
                                            .direction = round % 3 ? CM_STR("inbound")
                                                                   : CM_STR("outbound") };

        for (size_t i = 0; i < 6; i++) {
            size_t len = 0;

            while (len < 400)
                len += put_random(texts[i] + len, &seed);
            segments[i] =
                (struct cm_segment){ .role = rand_r(&seed) % 2 ? CM_STR("agent") : CM_STR("caller"),
                                     .start_ms = rand_r(&seed) % 100000,
                                     .end_ms = rand_r(&seed) % 100000,
                                     .text = { texts[i], len } };
        }
        try_all(fx, &transcript, true);
    }
}

static void random_bytes_are_survived(void **state)
{
    struct fixture *fx = *state;
    unsigned seed = 11;

    for (int round = 0; round < 400; round++) {
        char text[300];
        struct cm_segment segment = { .role = CM_STR("caller"), .text = { text, sizeof text } };
        struct cm_transcript transcript = { .segments = &segment, .segment_count = 1 };

        for (size_t i = 0; i < sizeof text; i++)
            text[i] = (char)rand_r(&seed);
        try_all(fx, &transcript, false);
    }
}

/* Ten thousand segments, over an hour of talk, take well under a second in each verb, sanitizers
 * included. What they take in an optimised build is printed, for the documentation. */
static void an_hour_long_call_is_read_in_no_time(void **state)
{
    enum { SEGMENTS = 10000 };
    static const char *const said[] = {
        "I will send you the new quote for the two windows by Friday, is that all right with you?",
        "Okay, but nobody called me back and this is really frustrating for all of us here.",
        "Thank you. My card number is four one one one and my email is ada at example dot com.",
        "We talked about the delivery on the third floor, and the price was nine hundred dollars.",
    };
    struct fixture *fx = *state;
    struct cm_segment *segments = calloc(SEGMENTS, sizeof *segments);
    struct cm_transcript transcript = { .segments = segments,
                                        .segment_count = SEGMENTS,
                                        .direction = CM_STR("inbound") };
    int64_t began;

    for (int64_t i = 0; i < SEGMENTS; i++)
        segments[i] = (struct cm_segment){ .role = i % 2 ? CM_STR("caller") : CM_STR("agent"),
                                           .start_ms = i * 400,
                                           .end_ms = i * 400 + 350,
                                           .text = cm_str_of(said[i % 4]) };
    for (size_t i = 0; i < sizeof analyzers / sizeof *analyzers; i++) {
        struct cm_analysis_ask ask = { cm_str_of(analyzers[i]), CM_STR("Was a refund said?") };
        struct cm_analysis analysis;

        began = cpu_ms();
        assert_int_equal(fx->text->analyze(fx->text, &transcript, &ask, fx->arena, &analysis, NULL),
                         CM_OK);
        print_message("  %s of 10,000 segments: %d ms\n", analyzers[i], (int)(cpu_ms() - began));
        assert_true(cpu_ms() - began < 3000);
        cm_arena_reset(fx->arena);
    }
    began = cpu_ms();
    try_all(fx, &transcript, true);
    print_message("  everything: %d ms\n", (int)(cpu_ms() - began));
    assert_true(cpu_ms() - began < 20000);
    free(segments);
}

/* Input made to be slow: twice as much of it takes about twice as long, not four times. */
static void no_input_makes_it_slow(void **state)
{
    static const char *const evil[] = { "I will ",     "a-",         "at ",  "dot ",
                                        "one ",        "if ",        "\"",   "not ",
                                        "My name is ", "guarantee ", "the ", "by the ",
                                        "in two ",     "sent-a.b@" };
    enum { BYTES = 200 * 1000 };
    struct fixture *fx = *state;
    char *text = malloc(BYTES + 16);
    struct cm_segment segment = { .role = CM_STR("caller"), .text = { text, BYTES } };
    struct cm_transcript transcript = { .segments = &segment, .segment_count = 1 };

    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
        size_t len = strlen(evil[i]);
        int64_t began = cpu_ms();

        for (size_t at = 0; at < BYTES; at += len)
            memcpy(text + at, evil[i], len);
        try_all(fx, &transcript, true);
        if (cpu_ms() - began > 10000)
            fail_msg("\"%s\" over and over takes %d ms", evil[i], (int)(cpu_ms() - began));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_conversation_may_be_cut_at_each_byte),
        cmocka_unit_test(random_talk_is_survived),
        cmocka_unit_test(random_bytes_are_survived),
        cmocka_unit_test(an_hour_long_call_is_read_in_no_time),
        cmocka_unit_test(no_input_makes_it_slow),
    };

    return cmocka_run_group_tests(tests, given_rules, forget);
}
