"""A call while it lasts: its page shows what is said, and the list shows that somebody listens."""
import re
import uuid

from office import NUMBER, PHONE, WIDE, Office, axe_violations, expect, tell, until
from live_line import Line

MARKUP = "<img src=x onerror=alert(1)> & <b>bold</b>"


def ring(office, caller="+15551230000"):
    """A call that was just answered; nobody listens yet."""
    call = str(uuid.uuid4())
    office.stack.execute(f"""
        INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status, started_at)
        SELECT '{call}', 'CA{uuid.uuid4().hex}', organization_id, id, '{caller}', number, 'inbound', 'in-progress', now()
        FROM phone_number WHERE number = '{NUMBER}'""")
    return Line(office.stack, office.id, call)


def undisturbed(office, line):
    """A call that goes on is looked at now and then; where only the events are to count, it is said to be over."""
    office.stack.execute(f"UPDATE call SET status = 'completed' WHERE id = '{line.call}'")
    return line


def write_transcript(office, call, text):
    office.stack.execute(f"""
        INSERT INTO transcription (id, call_id, organization_id, recording_sid, text, language, engine, model, duration_ms)
        VALUES (gen_random_uuid(), '{call}', '{office.id}', 'RE{uuid.uuid4().hex}', 'Caller: {text}', 'en', 'test', 'none', 9000);
        INSERT INTO segment (id, transcription_id, call_id, organization_id, position, channel, role, start_ms, end_ms, text)
        SELECT gen_random_uuid(), id, call_id, organization_id, 0, 0, 'caller', 0, 900, '{text}' FROM transcription WHERE call_id = '{call}';
        UPDATE call SET status = 'completed', ended_at = now(), duration_ms = 9000 WHERE id = '{call}'""")


def hang_up(office, line, reason="stopped"):
    office.stack.execute(f"UPDATE call SET status = 'completed', ended_at = now(), duration_ms = 9000 WHERE id = '{line.call}'")
    line.end(reason)


def log(page):
    return page.get_by_role("log", name="What is said")


def turns(page):
    return log(page).get_by_role("listitem")


def open_call(office, line, **options):
    page = office.at(f"/calls/{line.call}", **options)
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    return page


def listening(office):
    """The gateway takes a while to have its topics; from then on nothing is missed."""
    line = ring(office)
    line.begin()
    page = open_call(office, line)
    expect(page.get_by_text("On the line")).to_be_visible()
    page.route("**/api/calls/*", lambda route: route.abort())

    def said_and_seen():
        line.say("agent", "One, two, one, two.")
        return turns(page).count()
    until("a turn on the page", 30, said_and_seen, every=0.5)
    line.end("stopped")
    page.context.close()
    office.trouble.clear()  # what the browser says of requests that were held back


# -- while it lasts ---------------------------------------------------------------------------------------


def turns_appear_as_they_are_spoken(office):
    line = undisturbed(office, ring(office).begin(ago_s=65))
    page = open_call(office, line)
    expect(page.get_by_role("heading", name="Live", exact=True)).to_be_visible()
    expect(page.get_by_text("On the line")).to_be_visible()
    expect(page.get_by_text("An assistant talks to the caller (gpt-realtime).")).to_be_visible()
    expect(log(page)).to_have_attribute("aria-live", "polite")
    expect(log(page).get_by_text("Nobody has spoken yet")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^1:\d\d$"))
    before = page.get_by_role("timer").inner_text()
    expect(page.get_by_role("timer")).not_to_have_text(before)

    asked = []
    page.on("request", lambda request: asked.append(request.url) if line.call in request.url else None)
    line.say("agent", "Hello, this is the assistant of", interrupted=True)
    expect(turns(page)).to_have_count(1)
    expect(turns(page).first).to_contain_text(re.compile("Agent.*Hello, this is the assistant of.*Interrupted"))
    expect(log(page).get_by_text("Nobody has spoken yet")).to_have_count(0)
    line.say("caller", f"Where is my {MARKUP}?")
    line.say("caller", "I have waited for a week.")
    expect(turns(page)).to_have_count(3)
    expect(turns(page).nth(1)).to_contain_text(f"Caller: Where is my {MARKUP}?")
    expect(turns(page).nth(1)).not_to_contain_text("Interrupted")
    assert page.locator("img[src=x]").count() == 0
    assert not asked, f"what the event says is all that it takes: {asked}"


def a_stream_that_begins_is_seen_by_its_first_turn(office):
    line = ring(office)
    page = open_call(office, line)
    expect(page.get_by_text("The call is going on")).to_be_visible()
    expect(page.get_by_role("heading", name="Live", exact=True)).to_have_count(0)
    line.begin(kind="captions", engine="whisper", model="tiny.en").say("caller", "Is anybody there?")
    expect(turns(page)).to_contain_text(["Is anybody there?"])
    expect(page.get_by_text("Written down as it is heard by whisper tiny.en")).to_be_visible()


def who_scrolls_up_reads_on_and_is_led_back(office):
    line = ring(office).begin()
    for n in range(40):
        line.say(("agent", "caller")[n % 2], f"This is sentence number {n}, and there is more to it than that.", event=False)
    page = open_call(office, line, size={"width": 1280, "height": 600})
    newer = page.get_by_role("button", name="New turns")
    expect(turns(page).last).to_be_in_viewport()
    line.say("caller", "The newest stays in sight.")
    expect(turns(page).last).to_contain_text("The newest stays in sight.")
    expect(turns(page).last).to_be_in_viewport()
    expect(newer).to_have_count(0)

    log(page).focus()
    page.keyboard.press("Home")
    expect(turns(page).first).to_be_in_viewport()
    line.say("agent", "This one is further down.")
    expect(newer).to_be_visible()
    expect(turns(page).first).to_be_in_viewport()
    expect(turns(page).last).not_to_be_in_viewport()
    newer.click()
    expect(turns(page).last).to_be_in_viewport()
    expect(log(page)).to_be_focused()
    expect(newer).to_have_count(0)
    line.say("agent", "And is followed again.")
    expect(turns(page).last).to_contain_text("And is followed again.")
    expect(turns(page).last).to_be_in_viewport()


def of_a_long_call_the_newest_turn_is_in_sight(office):
    line = ring(office).begin(ago_s=4000)
    office.stack.execute(f"""
        INSERT INTO live_turn (id, session_id, call_id, organization_id, position, role, start_ms, end_ms, text)
        SELECT gen_random_uuid(), '{line.session}', '{line.call}', '{office.id}', n, CASE n % 3 WHEN 0 THEN 'caller' ELSE 'agent' END,
               n * 2000, n * 2000 + 900, repeat('Sentence number ' || n || '. ', 1 + n % 20) FROM generate_series(0, 2099) n""")
    line.position = 2100
    # By role, Playwright looks for anything among thousands of turns for seconds; by selector it does not.
    page = office.at(f"/calls/{line.call}")
    shown = page.locator(".log li")
    expect(shown).to_have_count(2000)
    expect(shown.last).to_be_in_viewport()
    line.say("caller", "The very last word.")
    expect(shown.last).to_contain_text("The very last word.")
    expect(shown.last).to_be_in_viewport()
    expect(shown).to_have_count(2000)
    expect(page.locator("button", has_text="New turns")).to_have_count(0)


def what_was_said_while_the_connection_was_lost_is_made_up_for(office):
    line = undisturbed(office, ring(office).begin())
    line.say("agent", "Before.")
    page = open_call(office, line)
    expect(turns(page)).to_have_count(1)
    page.context.set_offline(True)
    expect(page.get_by_text("Connection lost; what is said meanwhile follows")).to_be_visible()
    line.say("caller", "Meanwhile.", event=False)  # a stream that is open may be heard even then
    expect(turns(page)).to_have_count(1)
    assert axe_violations(page) == []
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(turns(page)).to_have_count(2)
    expect(page.get_by_text("On the line")).to_be_visible()
    line.say("agent", "After.")
    expect(turns(page)).to_have_count(3)
    office.trouble.clear()  # the browser's own words about being offline


def a_turn_that_no_event_told_comes_with_the_next_one(office):
    line = ring(office).begin()
    page = open_call(office, line)
    line.say("agent", "Nobody hears of this.", event=False)
    line.say("caller", "But of this.")
    expect(turns(page)).to_contain_text(["Nobody hears of this.", "But of this."])


def a_live_call_is_marked_in_the_list(office):
    line = ring(office, "+15551239999")
    page = office.at("/calls")
    row = page.get_by_role("listitem").filter(has_text="+1 555 123 9999")
    expect(row.get_by_text("In progress")).to_be_visible()
    line.begin().say("agent", "Hello.")
    expect(row.get_by_text("Live", exact=True)).to_be_visible()
    expect(row.get_by_text("In progress")).to_have_count(0)
    assert axe_violations(page) == []
    page.reload()
    expect(row.get_by_text("Live", exact=True)).to_be_visible()
    hang_up(office, line)
    expect(row.get_by_text("Live", exact=True)).to_have_count(0)
    expect(row.get_by_text("0:09")).to_be_visible()


# -- and after it -----------------------------------------------------------------------------------------


def its_end_is_told_in_plain_words_and_folds_away_beneath_the_transcript(office):
    line = ring(office).begin()
    line.say("agent", "One moment, please.")
    page = open_call(office, line)
    line.end("model-lost")
    lost = page.get_by_text("The assistant was lost; the caller heard the fallback message.")
    expect(lost).to_be_visible()
    expect(page.get_by_text("On the line")).to_have_count(0)
    expect(page.get_by_role("heading", name="What was heard live")).to_be_visible()
    # The call goes on, and somebody else listens.
    line.begin(kind="captions", engine="whisper", model="")
    line.say("caller", "So I wait.")
    expect(turns(page)).to_have_count(2)
    expect(log(page).get_by_text("Heard again from")).to_be_visible()
    expect(page.get_by_role("heading", name="Live", exact=True)).to_be_visible()
    hang_up(office, line)
    expect(log(page).get_by_text("It ended with the call.")).to_be_visible()
    expect(page.get_by_text("On the line")).to_have_count(0)

    write_transcript(office, line.call, "So I will wait.")
    page.reload()
    expect(page.get_by_text("So I will wait.")).to_be_visible()
    fold = page.locator("details").filter(has_text="What was heard live")
    expect(fold.get_by_text("2 turns")).to_be_visible()
    expect(fold.get_by_text("One moment, please.")).not_to_be_visible()
    fold.get_by_text("What was heard live").click()
    expect(fold.get_by_text("One moment, please.")).to_be_visible()
    expect(lost).to_be_visible()
    assert fold.bounding_box()["y"] > page.get_by_text("So I will wait.").bounding_box()["y"]
    assert axe_violations(page) == []


def a_session_in_which_nobody_spoke_says_so(office):
    line = ring(office).begin()
    page = open_call(office, line)
    hang_up(office, line, "silent")
    expect(log(page).get_by_text("Nobody was heard. Nothing came from Twilio any more.")).to_be_visible()
    expect(log(page).get_by_text("Nobody has spoken yet")).to_have_count(0)


def axe_finds_nothing_and_a_phone_has_room_for_it(office):
    line = ring(office).begin()
    silent = ring(office).begin()
    line.say("agent", "Hello, this is the assistant of Acme", interrupted=True)
    line.say("caller", "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2)
    for dark, size in ((False, WIDE), (True, WIDE), (False, PHONE), (True, PHONE)):
        page = open_call(office, line, dark=dark, size=size)
        expect(turns(page)).to_have_count(2)
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.goto(f"{office.stack.api}/calls/{silent.call}")
        expect(log(page).get_by_text("Nobody has spoken yet")).to_be_visible()
        assert axe_violations(page) == []
        page.context.close()


STORIES = [turns_appear_as_they_are_spoken, a_stream_that_begins_is_seen_by_its_first_turn, who_scrolls_up_reads_on_and_is_led_back,
           of_a_long_call_the_newest_turn_is_in_sight,
           what_was_said_while_the_connection_was_lost_is_made_up_for, a_turn_that_no_event_told_comes_with_the_next_one,
           a_live_call_is_marked_in_the_list, its_end_is_told_in_plain_words_and_folds_away_beneath_the_transcript,
           a_session_in_which_nobody_spoke_says_so, axe_finds_nothing_and_a_phone_has_room_for_it]

if __name__ == "__main__":
    with Office("live", services=("api-gateway",)) as office:
        listening(office)
        tell(STORIES, office)
