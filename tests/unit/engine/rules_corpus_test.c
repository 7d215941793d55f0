/* Holds the rules to the corpora: what they were made for, and what they had never seen. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <setjmp.h>
#include <cmocka.h>

#include "corpus.h"

/* The unseen corpora at the first try: to-dos 18 right, 3 wrong, 2 missed; moods 21 of 25; facts 14
 * right, 1 wrong, none missed. What they showed to be a bug was mended; a change must not make it
 * worse. */
#define UNSEEN_PRECISION 0.85
#define UNSEEN_RECALL    0.90
#define UNSEEN_MOODS     0.84

struct fixture {
    struct cm_text *text;
    struct cm_arena *arena;
};

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

/* ---- to-dos ---- */

static struct cm_str as_line(const struct cm_commitment *c, struct cm_arena *arena)
{
    if (!c->due_date.len)
        return cm_arena_printf(arena, "%.*s: %.*s", CM_STR_FMT(c->owner), CM_STR_FMT(c->title));
    return cm_arena_printf(arena, "%.*s: %.*s [%.*s]", CM_STR_FMT(c->owner), CM_STR_FMT(c->title),
                           CM_STR_FMT(c->due_date));
}

/* The same owner, verb and day make it the same to-do, whatever else its title says. */
static bool is_alike(struct cm_str a, struct cm_str b)
{
    const char *day_a = memchr(a.at, '[', a.len), *day_b = memchr(b.at, '[', b.len);
    size_t verb = 0, spaces = 0;

    while (verb < a.len && verb < b.len && a.at[verb] == b.at[verb] && spaces < 2)
        spaces += a.at[verb++] == ' ';
    if (spaces < 2)
        return false;
    return !day_a == !day_b && (!day_a || memcmp(day_a, day_b, 11) == 0);
}

static size_t matched(const struct corpus_case *c, struct cm_str found, bool taken[CASE_WANTS],
                      bool exact)
{
    for (size_t i = 0; i < c->want_count; i++)
        if (!taken[i] && (exact ? cm_str_eq(c->wants[i], found) : is_alike(c->wants[i], found))) {
            taken[i] = true;
            return 1;
        }
    return 0;
}

static struct score score_todos(struct fixture *fx, const char *name, bool exact)
{
    const struct corpus *corpus = corpus_read(name, fx->arena);
    struct score score = { 0 };

    for (size_t i = 0; i < corpus->count; i++) {
        const struct corpus_case *c = &corpus->cases[i];
        struct cm_commitment *found;
        bool taken[CASE_WANTS] = { false };
        size_t count, hits = 0;

        assert_int_equal(
            fx->text->commitments(fx->text, &c->transcript, fx->arena, &found, &count, NULL),
            CM_OK);
        for (size_t k = 0; k < count; k++) {
            struct cm_str line = as_line(&found[k], fx->arena);
            size_t hit = matched(c, line, taken, exact);

            hits += hit;
            if (!hit)
                print_message("  %s:%d not expected: %.*s\n", name, c->line, CM_STR_FMT(line));
        }
        for (size_t k = 0; k < c->want_count; k++)
            if (!taken[k])
                print_message("  %s:%d missed: %.*s\n", name, c->line, CM_STR_FMT(c->wants[k]));
        score.right += hits;
        score.wrong += count - hits;
        score.missed += c->want_count - hits;
    }
    print_message("%s, %s: %zu right, %zu wrong, %zu missed; precision %.3f, recall %.3f\n", name,
                  exact ? "to the letter" : "owner, verb and day", score.right, score.wrong,
                  score.missed, score_precision(&score), score_recall(&score));
    return score;
}

static void todos_of_the_known_corpus_are_found_to_the_letter(void **state)
{
    struct score score = score_todos(*state, "commitments.txt", true);

    assert_true(score_precision(&score) >= 0.99);
    assert_true(score_recall(&score) >= 0.99);
}

static void todos_of_other_calls_are_found_with_their_owner_and_day(void **state)
{
    struct score score = score_todos(*state, "commitments-more.txt", false);

    assert_true(score_precision(&score) >= 0.96);
    assert_true(score_recall(&score) >= 0.96);
}

static void todos_of_unseen_calls_are_mostly_found_and_rarely_wrong(void **state)
{
    struct score score = score_todos(*state, "commitments-unseen.txt", false);

    assert_true(score_precision(&score) >= UNSEEN_PRECISION);
    assert_true(score_recall(&score) >= UNSEEN_RECALL);
}

/* ---- sentiment ---- */

static double score_moods(struct fixture *fx, const char *name)
{
    const struct corpus *corpus = corpus_read(name, fx->arena);
    struct cm_analysis_ask ask = { CM_STR("Sentiment Analyzer"), CM_STR("") };
    size_t right = 0;

    for (size_t i = 0; i < corpus->count; i++) {
        const struct corpus_case *c = &corpus->cases[i];
        struct cm_analysis analysis;
        bool same;

        assert_int_equal(
            fx->text->analyze(fx->text, &c->transcript, &ask, fx->arena, &analysis, NULL), CM_OK);
        same = strncasecmp(analysis.text.at, c->wants[0].at, c->wants[0].len) == 0;
        right += same;
        if (!same)
            print_message("  %s:%d is %.*s, not %.28s\n", name, c->line, CM_STR_FMT(c->wants[0]),
                          analysis.text.at);
    }
    print_message("%s: %zu of %zu right\n", name, right, corpus->count);
    return (double)right / (double)corpus->count;
}

static void the_mood_of_known_sentences_is_told_right(void **state)
{
    assert_true(score_moods(*state, "sentiment.txt") >= 0.97);
    assert_true(score_moods(*state, "sentiment-more.txt") >= 0.95);
}

static void the_mood_of_unseen_sentences_is_mostly_told_right(void **state)
{
    assert_true(score_moods(*state, "sentiment-unseen.txt") >= UNSEEN_MOODS);
}

/* ---- compliance ---- */

static void check_issues(const struct corpus_case *c, struct cm_str text, struct cm_arena *arena)
{
    struct cm_str line;
    size_t n = 0;

    if (!c->want_count) {
        if (!cm_str_is(text, "No compliance issues found."))
            fail_msg("compliance.txt:%d has no issue, but: %.*s", c->line, CM_STR_FMT(text));
        return;
    }
    assert_true(cm_str_split(&text, '\n', &line));
    while (cm_str_split(&text, '\n', &line)) {
        size_t at;

        if (n >= c->want_count || !cm_str_find(line, cm_arena_text(arena, c->wants[n]), &at))
            fail_msg("compliance.txt:%d: %.*s", c->line, CM_STR_FMT(line));
        n++;
    }
    if (n != c->want_count)
        fail_msg("compliance.txt:%d: %.*s was missed", c->line, CM_STR_FMT(c->wants[n]));
}

static void every_issue_is_found_and_nothing_else_is_one(void **state)
{
    struct fixture *fx = *state;
    const struct corpus *corpus = corpus_read("compliance.txt", fx->arena);
    struct cm_analysis_ask ask = { CM_STR("Compliance"), CM_STR("List each issue.") };

    for (size_t i = 0; i < corpus->count; i++) {
        struct cm_analysis analysis;

        assert_int_equal(fx->text->analyze(fx->text, &corpus->cases[i].transcript, &ask, fx->arena,
                                           &analysis, NULL),
                         CM_OK);
        check_issues(&corpus->cases[i], analysis.text, fx->arena);
    }
    print_message("compliance.txt: %zu conversations right\n", corpus->count);
}

/* ---- the contact ---- */

static struct cm_str wanted(const struct corpus_case *c, const char *what)
{
    for (size_t i = 0; i < c->want_count; i++)
        if (cm_str_starts(c->wants[i], what)) {
            size_t skip = strlen(what) + 2;

            return (struct cm_str){ c->wants[i].at + skip, c->wants[i].len - skip };
        }
    return (struct cm_str){ 0 };
}

static void check_fact(struct score *score, const char *name, const struct corpus_case *c,
                       const char *what, const struct cm_fact *fact)
{
    struct cm_str want = wanted(c, what);
    bool same = cm_str_eq(want, fact->value);

    score->right += same && want.len;
    score->missed += !same && want.len;
    score->wrong += !same && fact->value.len;
    if (!same)
        print_message("  %s:%d the %s is \"%.*s\", not \"%.*s\"\n", name, c->line, what,
                      CM_STR_FMT(want), CM_STR_FMT(fact->value));
    assert_true(!fact->value.len || cm_str_starts(fact->source, "said at 00:"));
}

static struct score score_facts(struct fixture *fx, const char *name)
{
    const struct corpus *corpus = corpus_read(name, fx->arena);
    struct score score = { 0 };

    for (size_t i = 0; i < corpus->count; i++) {
        const struct corpus_case *c = &corpus->cases[i];
        struct cm_contact_facts facts;

        assert_int_equal(fx->text->facts(fx->text, &c->transcript, fx->arena, &facts, NULL), CM_OK);
        check_fact(&score, name, c, "name", &facts.name);
        check_fact(&score, name, c, "email", &facts.email);
        check_fact(&score, name, c, "company", &facts.company);
    }
    print_message("%s: %zu right, %zu wrong, %zu missed; precision %.3f, recall %.3f\n", name,
                  score.right, score.wrong, score.missed, score_precision(&score),
                  score_recall(&score));
    return score;
}

static void names_addresses_and_companies_are_understood(void **state)
{
    struct score score = score_facts(*state, "facts.txt");

    assert_int_equal(score.wrong + score.missed, 0);
}

static void names_addresses_and_companies_of_unseen_calls_are_mostly_understood(void **state)
{
    struct score score = score_facts(*state, "facts-unseen.txt");

    assert_true(score_precision(&score) >= UNSEEN_PRECISION);
    assert_true(score_recall(&score) >= UNSEEN_RECALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(todos_of_the_known_corpus_are_found_to_the_letter),
        cmocka_unit_test(todos_of_other_calls_are_found_with_their_owner_and_day),
        cmocka_unit_test(todos_of_unseen_calls_are_mostly_found_and_rarely_wrong),
        cmocka_unit_test(the_mood_of_known_sentences_is_told_right),
        cmocka_unit_test(the_mood_of_unseen_sentences_is_mostly_told_right),
        cmocka_unit_test(every_issue_is_found_and_nothing_else_is_one),
        cmocka_unit_test(names_addresses_and_companies_are_understood),
        cmocka_unit_test(names_addresses_and_companies_of_unseen_calls_are_mostly_understood),
    };

    return cmocka_run_group_tests(tests, given_rules, forget);
}
