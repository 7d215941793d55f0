/* The walk over bytes, type by type. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "event/walker.h"
#include "samples.h"

#define INT      "\"int\""
#define LONG     "\"long\""
#define STRING   "\"string\""
#define STRINGS  "{\"type\":\"array\",\"items\":\"string\"}"
#define NULLS    "{\"type\":\"array\",\"items\":\"null\"}"
#define MAP      "{\"type\":\"map\",\"values\":\"int\"}"
#define OPTIONAL "[\"null\",\"string\"]"
#define ENUM     "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"a\",\"b\"]}"
#define FIXED    "{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}"

static cm_rc walk(const char *json, struct cm_str bytes, struct cm_err *err)
{
    CM_OWN(cm_schema) schema = NULL;
    char *copy = malloc(bytes.len ? bytes.len : 1); /* its own size, for the sanitizer */
    cm_rc rc;

    assert_int_equal(cm_schema_parse(cm_str_of(json), &schema, NULL), CM_OK);
    if (bytes.len)
        memcpy(copy, bytes.at, bytes.len);
    rc = cm_walk((struct cm_str){ copy, bytes.len }, schema, err);
    free(copy);
    return rc;
}

static void well_formed_bytes_pass(void **state)
{
    static const struct {
        const char *json, *hex;
    } good[] = {
        { "\"null\"", "" },
        { "\"boolean\"", "00" },
        { "\"boolean\"", "01" },
        { INT, "00" },
        { INT, "fe ff ff ff 0f" }, /* the largest */
        { INT, "ff ff ff ff 0f" }, /* the smallest */
        { INT, "80 00" },          /* longer than needed */
        { LONG, "fe ff ff ff ff ff ff ff ff 01" },
        { LONG, "ff ff ff ff ff ff ff ff ff 01" },
        { "\"float\"", "00 00 00 00" },
        { "\"double\"", "00 00 00 00 00 00 00 00" },
        { "\"bytes\"", "04 ff 00" },
        { STRING, "00" },
        { STRING, "04 c3 a9" },
        { ENUM, "02" },
        { FIXED, "01 02 03" },
        { STRINGS, "00" },
        { STRINGS, "04 02 61 02 62 00" },
        { STRINGS, "03 08 02 61 02 62 00" }, /* a block that tells its length */
        { STRINGS, "02 02 61 02 02 62 00" }, /* two blocks */
        { NULLS, "c8 01 00" },
        { MAP, "04 02 61 02 02 62 04 00" },
        { MAP, "01 06 02 61 02 00" },
        { OPTIONAL, "00" },
        { OPTIONAL, "02 02 61" },
    };
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct cm_err err = { 0 };

        if (walk(good[i].json, from_hex(arena, good[i].hex), &err) != CM_OK)
            fail_msg("%s of %s: %s", good[i].hex, good[i].json, err.msg);
    }
}

static void malformed_bytes_say_what_is_wrong(void **state)
{
    static const struct {
        const char *json, *hex, *why;
    } bad[] = {
        { "\"null\"", "00", "left over at byte 0" },
        { "\"boolean\"", "02", "neither 0 nor 1" },
        { "\"boolean\"", "", "cut short" },
        { INT, "", "cut short" },
        { INT, "80", "cut short" },
        { INT, "80 80 80 80 10", "more than 32 bits" },
        { LONG, "ff ff ff ff ff ff ff ff ff 02", "more than 64 bits" },
        { LONG, "80 80 80 80 80 80 80 80 80 80 00", "more than 64 bits" },
        { LONG, "00 00", "left over at byte 1" },
        { "\"float\"", "00 00 00", "cut short" },
        { "\"double\"", "00 00 00 00 00 00 00", "cut short" },
        { "\"bytes\"", "04 ff", "more than what is left at byte 0" },
        { "\"bytes\"", "01", "more than what is left" },        /* length -1 */
        { STRING, "80 80 80 80 08", "more than what is left" }, /* 1 GiB */
        { STRING, "ff ff ff ff ff ff ff ff ff 01", "more than what is left" },
        { STRING, "fe ff ff ff ff ff ff ff ff 01", "more than what is left" },
        { STRING, "04 c3 28", "no UTF-8" },
        { STRING, "02 00", "holds NUL" },
        { ENUM, "04", "out of range at byte 0" },
        { ENUM, "01", "out of range" },
        { FIXED, "01 02", "cut short" },
        { STRINGS, "02 02 61", "cut short" }, /* no end of the blocks */
        { STRINGS, "08 02 61 00", "more items than can follow" },
        { STRINGS, "03 06 02 61 02 62 00", "does not end where it says" },
        { STRINGS, "03 0a 02 61 02 62 00", "does not end where it says" },
        { STRINGS, "03 7e 02 61 02 62 00", "longer than what is left" },
        { STRINGS, "03 01 02 61 02 62 00", "longer than what is left" },
        { STRINGS, "ff ff ff ff ff ff ff ff ff 01 00 00", "longer than what is left" },
        { NULLS, "80 c8 af a0 25", "more items than can follow" }, /* 5,000,000,000 */
        { MAP, "02 02 61", "cut short" },
        { MAP, "02 02 c3 02 00", "no UTF-8" },
        { OPTIONAL, "04 00", "out of range" },
        { OPTIONAL, "02", "cut short" },
    };
    CM_OWN(cm_arena) arena = cm_arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cm_err err = { 0 };

        if (walk(bad[i].json, from_hex(arena, bad[i].hex), &err) != CM_REJECT)
            fail_msg("%s of %s passes", bad[i].hex, bad[i].json);
        if (!strstr(err.msg, bad[i].why))
            fail_msg("%s of %s: \"%s\"", bad[i].hex, bad[i].json, err.msg);
    }
}

/* Each inner array is two bytes and claims as many nulls as one block may have. */
static void empty_items_are_bounded_over_the_whole_value(void **state)
{
    static const char block[] = "\x80\xb5\x18"; /* 200,000 */
    CM_OWN_BUF struct cm_buf bytes = { 0 };
    struct cm_err err = { 0 };
    clock_t before = clock();

    (void)state;
    cm_buf_text(&bytes, "\x80\x7d"); /* 8,000 inner arrays */
    for (int i = 0; i < 8000; i++)
        cm_buf_put(&bytes, block, sizeof block);
    cm_buf_char(&bytes, '\0');
    assert_int_equal(walk("{\"type\":\"array\",\"items\":" NULLS "}", cm_buf_view(&bytes), &err),
                     CM_REJECT);
    assert_non_null(strstr(err.msg, "too many values"));
    assert_in_range(clock() - before, 0, 2 * CLOCKS_PER_SEC); /* of this process alone */
}

static void more_bytes_than_an_event_may_have_are_rejected_unread(void **state)
{
    char *bytes = calloc(1, CM_EVENT_MAX_BYTES + 1);
    struct cm_err err;

    (void)state;
    assert_int_equal(walk(STRING, (struct cm_str){ bytes, CM_EVENT_MAX_BYTES + 1 }, &err),
                     CM_REJECT);
    assert_non_null(strstr(err.msg, "are more than"));
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_bytes_pass),
        cmocka_unit_test(malformed_bytes_say_what_is_wrong),
        cmocka_unit_test(empty_items_are_bounded_over_the_whole_value),
        cmocka_unit_test(more_bytes_than_an_event_may_have_are_rejected_unread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
