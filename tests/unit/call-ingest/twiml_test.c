/* twiml_test.c - what Twilio is told, to the letter. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "twiml.h"

#define XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>"

static void expect(const struct twiml_plan *plan, const char *want)
{
    CM_OWN_BUF struct cm_buf body = { 0 };

    twiml_answer(plan, &body);
    assert_string_equal(body.at, want);
}

static void a_recorded_call_is_recorded_first_and_then_forwarded(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .recording_callback =
                                     CM_STR("https://a.example/twilio/recording#rc=3&rp=all"),
                                 .forward_to = CM_STR("+15550001111"),
                                 .message_s = 120 },
           XML_HEAD
           "<Start><Recording channels=\"dual\" trim=\"do-not-trim\" "
           "recordingStatusCallbackEvent=\"in-progress completed absent\" "
           "recordingStatusCallback=\"https://a.example/twilio/recording#rc=3&amp;rp=all\"/>"
           "</Start><Dial answerOnBridge=\"true\"><Number>+15550001111</Number></Dial>"
           "</Response>\n");
}

static void a_greeted_caller_has_time_to_leave_a_message(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .recording_callback = CM_STR("https://a.example/r"),
                                 .greeting = CM_STR("Hello, this is Ada & Alan."),
                                 .message_s = 90 },
           XML_HEAD "<Start><Recording channels=\"dual\" trim=\"do-not-trim\" "
                    "recordingStatusCallbackEvent=\"in-progress completed absent\" "
                    "recordingStatusCallback=\"https://a.example/r\"/></Start>"
                    "<Say>Hello, this is Ada &amp; Alan.</Say><Pause length=\"90\"/><Hangup/>"
                    "</Response>\n");
}

/* A message that nobody keeps is not asked for. */
static void without_recording_the_call_ends_after_the_greeting(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .greeting = CM_STR("Closed."), .message_s = 90 },
           XML_HEAD "<Say>Closed.</Say><Hangup/></Response>\n");
}

static void addresses_are_dialled_by_what_they_are(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .forward_to = CM_STR("sip:desk@example.com?a=1&b=2") }, XML_HEAD
           "<Dial answerOnBridge=\"true\"><Sip>sip:desk@example.com?a=1&amp;b=2</Sip></Dial>"
           "</Response>\n");
    expect(&(struct twiml_plan){ .forward_to = CM_STR("client:ada") },
           XML_HEAD "<Dial answerOnBridge=\"true\"><Client>ada</Client></Dial></Response>\n");
}

#define STREAM_AS(first, last)                                                                     \
    first " statusCallback=\"https://a.example/twilio/stream-status\">"                            \
          "<Parameter name=\"tok\" value=\"abc-_\"/><Parameter name=\"from\" "                     \
          "value=\"+15550001111\"/>"                                                               \
          "<Parameter name=\"to\" value=\"+15552223333\"/></Stream>" last

static struct twiml_stream a_stream(void)
{
    return (struct twiml_stream){ .url = CM_STR("wss://a.example/twilio/stream"),
                                  .callback = CM_STR("https://a.example/twilio/stream-status"),
                                  .token = CM_STR("abc-_"),
                                  .from = CM_STR("+15550001111"),
                                  .to = CM_STR("+15552223333") };
}

static void a_forwarded_call_is_listened_to_on_both_sides(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .stream = a_stream(), .forward_to = CM_STR("+15559990000") },
           XML_HEAD STREAM_AS("<Start><Stream url=\"wss://a.example/twilio/stream\" "
                              "track=\"both_tracks\"",
                              "</Start>") "<Dial answerOnBridge=\"true\"><Number>+15559990000"
                                          "</Number></Dial></Response>\n");
}

static void a_greeted_caller_is_listened_to(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .stream = a_stream(), .greeting = CM_STR("Closed.") },
           XML_HEAD STREAM_AS("<Start><Stream url=\"wss://a.example/twilio/stream\" "
                              "track=\"inbound_track\"",
                              "</Start>") "<Say>Closed.</Say><Hangup/></Response>\n");
}

static void an_assistant_talks_and_what_comes_after_it_is_said(void **state)
{
    struct twiml_plan plan = { .stream = a_stream(),
                               .assistant = true,
                               .greeting = CM_STR("Not said here."),
                               .message_s = 90 };

    (void)state;
    expect(&plan, XML_HEAD STREAM_AS("<Connect><Stream url=\"wss://a.example/twilio/stream\"",
                                     "</Connect>") "<Say>Sorry, I cannot go on at the moment. "
                                                   "Please call again later. Goodbye.</Say>"
                                                   "<Hangup/></Response>\n");
    plan.fallback = CM_STR("We'll call <back>.");
    expect(&plan, XML_HEAD STREAM_AS("<Connect><Stream url=\"wss://a.example/twilio/stream\"",
                                     "</Connect>") "<Say>We&#39;ll call &lt;back&gt;.</Say>"
                                                   "<Hangup/></Response>\n");
}

static void a_recorded_caller_whose_assistant_is_gone_may_leave_a_message(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .recording_callback = CM_STR("https://a.example/r"),
                                 .stream = a_stream(),
                                 .assistant = true,
                                 .message_s = 90 },
           XML_HEAD
           "<Start><Recording channels=\"dual\" trim=\"do-not-trim\" "
           "recordingStatusCallbackEvent=\"in-progress completed absent\" "
           "recordingStatusCallback=\"https://a.example/r\"/></Start>" STREAM_AS(
               "<Connect><Stream url=\"wss://a.example/twilio/stream\"",
               "</Connect>") "<Say>Sorry, I cannot go on at the moment. Please say your message "
                             "now, and we will call you back.</Say><Pause length=\"90\"/><Hangup/>"
                             "</Response>\n");
}

/* Without a stream there is nobody to talk in it. */
static void an_assistant_without_a_stream_is_a_greeting(void **state)
{
    (void)state;
    expect(&(struct twiml_plan){ .assistant = true, .greeting = CM_STR("Hello.") },
           XML_HEAD "<Say>Hello.</Say><Hangup/></Response>\n");
}

static void a_parameter_is_escaped_and_one_that_is_too_long_left_out(void **state)
{
    char longest[500];
    CM_OWN_BUF struct cm_buf body = { 0 };
    struct twiml_plan plan = { .stream = a_stream(), .greeting = CM_STR("Hello.") };

    (void)state;
    memset(longest, 'x', sizeof longest);
    plan.stream.url = CM_STR("wss://a.example/s\"><Hangup/>&");
    plan.stream.from = CM_STR("sip:a\"/><Dial>'&@example.com");
    plan.stream.to = (struct cm_str){ longest, 497 }; /* and two of its name: 499 */
    twiml_answer(&plan, &body);
    assert_non_null(strstr(body.at, "url=\"wss://a.example/s&quot;&gt;&lt;Hangup/&gt;&amp;\""));
    assert_non_null(
        strstr(body.at, "value=\"sip:a&quot;/&gt;&lt;Dial&gt;&#39;&amp;@example.com\"/>"));
    assert_non_null(strstr(body.at, "name=\"to\""));

    body.len = 0;
    plan.stream.to.len = 498;
    twiml_answer(&plan, &body);
    assert_null(strstr(body.at, "name=\"to\""));
    assert_non_null(strstr(body.at, "name=\"tok\""));
}

static void no_text_can_become_markup(void **state)
{
    CM_OWN_BUF struct cm_buf body = { 0 };

    (void)state;
    twiml_answer(&(struct twiml_plan){ .greeting = CM_STR("</Say><Dial>\"'&\033 S\303\203O") },
                 &body);
    assert_non_null(strstr(body.at, "&lt;/Say&gt;&lt;Dial&gt;&quot;&#39;&amp; S\303\203O</Say>"));
}

static void an_unknown_number_is_rejected(void **state)
{
    CM_OWN_BUF struct cm_buf body = { 0 };

    (void)state;
    twiml_reject(&body);
    assert_string_equal(body.at, XML_HEAD "<Reject/></Response>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_call_is_recorded_first_and_then_forwarded),
        cmocka_unit_test(a_greeted_caller_has_time_to_leave_a_message),
        cmocka_unit_test(without_recording_the_call_ends_after_the_greeting),
        cmocka_unit_test(addresses_are_dialled_by_what_they_are),
        cmocka_unit_test(a_forwarded_call_is_listened_to_on_both_sides),
        cmocka_unit_test(a_greeted_caller_is_listened_to),
        cmocka_unit_test(an_assistant_talks_and_what_comes_after_it_is_said),
        cmocka_unit_test(a_recorded_caller_whose_assistant_is_gone_may_leave_a_message),
        cmocka_unit_test(an_assistant_without_a_stream_is_a_greeting),
        cmocka_unit_test(a_parameter_is_escaped_and_one_that_is_too_long_left_out),
        cmocka_unit_test(no_text_can_become_markup),
        cmocka_unit_test(an_unknown_number_is_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
