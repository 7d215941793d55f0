"""The list of calls: live, searched, narrowed, played, by keyboard alone, however many there are."""
import re

from office import CALLER, NUMBER, PHONE, Office, expect, no_violations_in_any_light, sounding, tell, until

OTHER = "+15557654321"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
ALL_DONE = "Steps done: all"


def calls(page):
    return page.get_by_role("list", name="Calls", exact=True).get_by_role("listitem")


def row_of(page, words):
    return calls(page).filter(has_text=words)


def steps_of(row):
    return row.get_by_role("img", name="Steps ")


def search(page):
    return page.get_by_role("searchbox", name="Search what was said")


def is_focused(locator):
    expect(locator).to_be_focused()


def is_at_a_call(page):
    expect(page).to_have_url(re.compile("/calls/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_have_count(0)


def many_calls(office, number):
    """Calls of long ago, which the pipeline is through with; straight into the tables."""
    office.stack.execute(f"""
        INSERT INTO call (id, call_sid, organization_id, phone_number_id, from_number, to_number, direction, status,
                          has_recording, started_at, ended_at, duration_ms, created_at, updated_at)
        SELECT gen_random_uuid(), 'CA' || md5('old' || n), organization_id, id, '+1777' || lpad(n::text, 7, '0'), number,
               'inbound', 'completed', false, t.at, t.at + interval '1 minute', 60000, t.at, t.at
        FROM phone_number, generate_series(1, {number}) n, LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute' AS at) t
        WHERE number = '{NUMBER}'""")


def scroll_to_row(page, number):
    """Into the middle of the window."""
    page.evaluate("""number => {
        const rows = document.querySelector('.call-rows'), height = document.querySelector('.call-row').offsetHeight;
        scrollTo(0, scrollY + rows.getBoundingClientRect().top + (number - 1) * height - innerHeight / 2);
    }""", number)


# -- live ------------------------------------------------------------------------------------------------


def a_call_appears_by_itself_and_goes_through_its_steps(office):
    page = office.at("/calls")
    expect(page.get_by_role("heading", name="No calls yet")).to_be_visible()
    no_violations_in_any_light(page)
    page.evaluate("window.stayed = true")

    office.stack.stop("transcriber")  # so that the steps can be seen on their way
    call = office.place_call(until_step="record")
    row = calls(page).first
    expect(row).to_contain_text("+1 555 123 4567 → to +1 555 987 6543")
    expect(steps_of(row)).to_have_attribute("aria-label", re.compile("waiting: Transcript, .*done: Recording"))
    expect(row.get_by_title("Recording: done")).to_be_visible()
    no_violations_in_any_light(page)

    office.stack.start("transcriber")
    office.wait_for_step(call, "report")
    expect(steps_of(row)).to_have_attribute("aria-label", ALL_DONE)
    expect(row).to_contain_text("Ada Lovelace")
    expect(row).to_contain_text("Neutral")
    expect(row).to_contain_text("send you the quote")
    assert page.evaluate("window.stayed"), "the page was loaded again"


def a_step_that_fails_shows(office):
    office.speech.refuses = "no such model"
    page = office.at("/calls")
    call = office.place_call(caller=OTHER, until_step=None)
    office.wait_for_step(call, "transcribe", "failed")
    row = row_of(page, "+1 555 765 4321").first
    expect(row.get_by_title("Transcript: failed")).to_be_visible()
    expect(row).to_contain_text("Transcript failed")
    office.speech.refuses = None
    page.goto(office.stack.api + "/calls?failed=true")
    expect(calls(page)).to_have_count(1)
    no_violations_in_any_light(page)


# -- finding ---------------------------------------------------------------------------------------------


def searching_finds_what_was_said_as_one_types(office):
    office.place_call(caller=OTHER, says=((0.2, 2.0, "The purple elephant has arrived."), (2.1, 4.0, "Thank you for telling me.")))
    page = office.at("/calls")
    expect(calls(page).nth(2)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("elephants purple", delay=30)
    expect(calls(page)).to_have_count(1)
    expect(calls(page).locator("mark")).to_have_text(["purple", "elephant"])
    expect(page.get_by_text("1 call", exact=True)).to_be_visible()
    page.wait_for_url("**/calls?q=elephants+purple")
    no_violations_in_any_light(page)
    page.reload()
    expect(search(page)).to_have_value("elephants purple")
    expect(calls(page)).to_have_count(1)

    page.get_by_role("button", name="Clear the search").click()
    expect(calls(page).nth(2)).to_be_visible()
    page.wait_for_url("**/calls")


def a_slow_answer_never_lands_on_a_newer_one(office):
    page = office.at("/calls")
    expect(calls(page).first).to_be_visible()
    held = []
    page.route("**/api/calls?*q=quote*", lambda route: held.append(route))  # kept in the air
    with page.expect_request("**/api/calls?*q=quote*"):
        search(page).fill("quote")
    search(page).fill("elephant")
    expect(calls(page).locator("mark")).to_have_text("elephant")
    assert all(route.request.failure for route in held), "an old question is still in the air"
    for route in held:
        route.abort()


def filters_live_in_the_address_and_can_be_shared(office):
    page = office.at("/calls")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Failed steps").select_option("Without")
    page.get_by_label("Number", exact=True).fill("(555) 765")
    page.get_by_label("Number", exact=True).press("Enter")
    expect(calls(page)).to_have_count(1)
    no_violations_in_any_light(page)

    friend = office.at(page.url.removeprefix(office.stack.api))
    expect(calls(friend)).to_have_count(1)
    expect(calls(friend)).to_contain_text("+1 555 765 4321")
    friend.get_by_role("button", name="Without failed steps").click()
    expect(calls(friend)).to_have_count(2)
    friend.get_by_role("button", name="Number 555765").click()
    expect(calls(friend)).to_have_count(3)
    friend.wait_for_url("**/calls")

    page.get_by_label("Sentiment").select_option("Mixed")
    expect(page.get_by_role("heading", name="No call fits")).to_be_visible()
    no_violations_in_any_light(page)
    page.get_by_role("button", name="Clear all filters").click()
    expect(calls(page)).to_have_count(3)
    expect(page.get_by_label("Sentiment")).to_have_value("")


def a_day_is_the_day_where_one_is(office):
    page = office.at("/calls?from=2026-11-01&to=2026-11-02")
    with page.expect_request("**/api/calls?*") as asked:
        page.reload()
    assert "from=2026-10-31T23%3A00%3A00.000Z" in asked.value.url, asked.value.url  # in Stockholm
    assert "to=2026-11-02T23%3A00%3A00.000Z" in asked.value.url, asked.value.url
    expect(page.get_by_role("button", name="From 1 Nov")).to_be_visible()


def the_calls_of_a_contact_are_found_by_name(office):
    page = office.at("/calls")
    search(page).fill("lovel")
    page.get_by_role("main").get_by_role("button", name="Ada Lovelace", exact=True).click()
    expect(calls(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Ada Lovelace (remove)")).to_be_visible()

    page.get_by_role("button", name="Ada Lovelace (remove)").click()
    expect(calls(page)).to_have_count(3)
    page.get_by_role("button", name="Filters").click()
    picker = page.get_by_role("combobox", name="Contact")
    picker.fill("lov")
    option = page.get_by_role("option", name="Ada Lovelace")
    expect(option).to_be_visible()
    no_violations_in_any_light(page)
    page.keyboard.press("Escape")
    expect(option).to_be_hidden()
    picker.press_sequentially("e")
    expect(option).to_be_visible()
    page.keyboard.press("ArrowDown")  # around to the same one
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(picker).to_have_value("")
    expect(calls(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Ada Lovelace (remove)")).to_be_visible()


# -- playing ---------------------------------------------------------------------------------------------


def days_are_told_in_the_pages_language(office):
    context = office.context(locale="de-DE")
    office.admit(context)
    page = context.new_page()
    page.goto(office.stack.api + "/calls")
    expect(calls(page).first.locator("time")).to_have_text(re.compile(r"^(this minute|\d+ minutes? ago|\d\d:\d\d)$"))
    assert "Uhr" not in calls(page).first.locator("time").get_attribute("title")
    context.close()


def who_withholds_the_number_is_called_so(office):
    office.place_call("--outcome", "busy", caller="+266696687", until_step=None)
    page = office.at("/calls")
    expect(calls(page).first).to_contain_text("Withheld number, inbound from Withheld number → to +1 555 987 6543")
    calls(page).first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Withheld number", level=1)).to_be_visible()
    expect(page.get_by_text("anonymous")).to_have_count(0)


def starting_one_recording_stops_the_other(office):
    page = office.at("/calls?has_recording=true")
    first, second = calls(page).nth(0), calls(page).nth(1)
    ids = [row.get_attribute("data-id") for row in (first, second)]
    first.get_by_role("button", name="Play the call").click()
    until("the first plays", 10, lambda: sounding(page) == ids[:1])
    expect(page.get_by_role("region", name="Player")).to_be_visible()
    no_violations_in_any_light(page)

    second.get_by_role("button", name="Play the call").click()
    expect(first.get_by_role("button", name="Play the call")).to_be_visible()
    expect(second.get_by_role("button", name="Pause the call")).to_be_visible()
    until("the second plays, alone", 10, lambda: sounding(page) == ids[1:])

    page.get_by_role("slider", name="Position").focus()
    page.keyboard.press("End")  # and it stops there
    expect(page.get_by_role("region", name="Player")).to_have_count(0)
    expect(page.get_by_role("button", name="Pause the call")).to_have_count(0)


def a_recording_that_is_gone_says_so(office):
    page = office.at("/calls?has_recording=true")
    row = calls(page).first
    sid = office.stack.one(f"SELECT call_sid FROM call WHERE id = '{row.get_attribute('data-id')}'")
    (office.stack.dir / "recordings" / f"{sid}.mp3").rename(office.stack.dir / "away.mp3")
    row.get_by_role("button", name="Play the call").click()
    expect(page.get_by_role("alert")).to_have_text("This recording is gone.")
    no_violations_in_any_light(page)
    (office.stack.dir / "away.mp3").rename(office.stack.dir / "recordings" / f"{sid}.mp3")
    page.get_by_role("button", name="Try again").click()
    until("it plays", 10, lambda: sounding(page))


# -- by keyboard -----------------------------------------------------------------------------------------


def the_list_is_worked_by_keyboard_alone(office):
    page = office.at("/calls")
    expect(calls(page).nth(2)).to_be_visible()
    links = calls(page).get_by_role("link")
    page.keyboard.press("j")
    is_focused(links.nth(0))
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    is_focused(links.nth(2))
    page.keyboard.press("k")
    is_focused(links.nth(1))
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    is_focused(links.nth(1))  # of all rows, Tab stops at one
    address = links.nth(1).get_attribute("href")

    page.keyboard.press("k")
    page.keyboard.press(" ")
    until("it plays", 10, lambda: sounding(page))
    page.keyboard.press(" ")
    until("it is paused", 10, lambda: not sounding(page))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    is_at_a_call(page)
    assert page.url == office.stack.api + address
    page.go_back()
    is_focused(links.nth(1))  # where one was

    page.keyboard.press("/")
    is_focused(search(page))
    page.keyboard.type("purple")
    expect(calls(page)).to_have_count(1)
    page.keyboard.press("ArrowDown")
    is_focused(links.first)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next call")
    page.keyboard.press("Escape")
    is_focused(links.first)


# -- when it goes wrong ----------------------------------------------------------------------------------


def a_wrong_address_says_what_is_wrong_with_it(office):
    page = office.at("/calls?from=yesterday")
    expect(page.get_by_role("alert")).to_contain_text("from has to be")
    no_violations_in_any_light(page)
    page.get_by_role("button", name="Clear all filters").click()
    expect(calls(page).first).to_be_visible()


def without_a_connection_what_was_loaded_stays_and_all_comes_back(office):
    page = office.at("/calls")
    expect(calls(page).first).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("No connection. This is what was loaded before")).to_be_visible()
    expect(calls(page).first).to_be_visible()
    search(page).fill("elephant")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    no_violations_in_any_light(page)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(calls(page).locator("mark")).to_have_text("elephant")


def markup_stays_text(office):
    office.place_call(caller=OTHER, says=((0.2, 2.0, f"The zebra said {MARKUP} to me."),))
    office.stack.execute(f"UPDATE contact SET name = '{MARKUP}' WHERE number = '{OTHER}'")
    page = office.at("/calls?q=zebra")
    expect(calls(page)).to_contain_text(f"said {MARKUP} to me")
    expect(calls(page)).to_contain_text(f"{MARKUP}, inbound")
    calls(page).get_by_role("button", name="Play the call").click()
    expect(page.get_by_role("region", name="Player")).to_contain_text(MARKUP)
    assert page.locator("main img, main script").count() == 0
    no_violations_in_any_light(page)


# -- in and out ------------------------------------------------------------------------------------------


def what_is_filtered_is_saved_as_csv(office):
    page = office.at("/calls?number=555765")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export").click()
    text = saved.value.path().read_text("utf-8-sig")
    assert re.fullmatch(r"calls-\d{4}-\d\d-\d\d\.csv", saved.value.suggested_filename)
    lines = text.splitlines()
    assert lines[0].startswith("id,call_sid,direction,from,to,contact,status"), lines[0]
    assert len(lines) == 4 and all(OTHER in line for line in lines[1:]), text
    expect(page.get_by_text("3 calls saved.")).to_be_visible()


def an_old_recording_is_brought_in(office):
    page = office.at("/calls")
    page.get_by_role("button", name="Import").click()
    dialog = page.get_by_role("dialog", name="Import a recording")
    dialog.get_by_role("button", name="Import").click()
    expect(dialog).to_contain_text("Choose a file.")
    expect(dialog).to_contain_text("With the country’s code")
    no_violations_in_any_light(page)

    dialog.get_by_label("Recording").set_input_files({"name": "notes.mp3", "mimeType": "audio/mpeg", "buffer": b"no music"})
    dialog.get_by_label("Who called").fill("+46 (70) 123-45 67")
    dialog.get_by_label("Who was called").fill("+1 555 987 6543")
    dialog.get_by_label("When it began").fill("2026-10-01T09:30")
    dialog.get_by_role("button", name="Import").click()
    expect(dialog.get_by_role("alert")).to_contain_text("MP3")

    dialog.get_by_label("Recording").set_input_files(office.audio)
    dialog.get_by_role("button", name="Import").click()
    is_at_a_call(page)
    call = page.url.rsplit("/", 1)[1]
    (row,) = office.stack.sql(f"SELECT from_number, to_number, started_at FROM call WHERE id = '{call}'")
    assert row["from_number"] == "+46701234567" and row["to_number"] == NUMBER
    assert row["started_at"].startswith("2026-10-01T07:30"), row  # half past nine in Stockholm


# -- many ------------------------------------------------------------------------------------------------


def a_long_list_is_scrolled_and_found_again_as_it_was_left(office):
    many_calls(office, 900)
    page = office.at("/calls")
    last = row_of(page, "+1 777 000 0001")
    until("the end of the list", 20, lambda: page.evaluate("void scrollTo(0, document.body.scrollHeight)") or last.count())
    assert page.locator(".call-row").count() < 60
    expect(last).to_have_attribute("aria-setsize", last.get_attribute("aria-posinset"))
    middle = row_of(page, "+1 777 000 0450")
    scroll_to_row(page, int(last.get_attribute("aria-posinset")) - 449)
    expect(middle).to_be_visible()
    top = middle.bounding_box()["y"]
    middle.get_by_role("link").click()
    is_at_a_call(page)
    page.go_back()
    expect(middle.get_by_role("link")).to_be_focused()
    assert abs(middle.bounding_box()["y"] - top) < 2
    page.reload()
    expect(middle).to_be_visible()
    assert abs(middle.bounding_box()["y"] - top) < 2


def new_calls_wait_while_one_reads_further_down(office):
    page = office.at("/calls")
    expect(calls(page).first).to_be_visible()
    row = row_of(page, "+1 777 000 0850")
    until("row 60", 10, lambda: scroll_to_row(page, 60) or row.count())
    top = row.bounding_box()["y"]
    office.place_call(caller="+15550009999", until_step=None)
    expect(page.get_by_role("button", name="1 new call")).to_be_visible()
    assert row.bounding_box()["y"] == top, "what one reads has moved"
    no_violations_in_any_light(page)
    page.get_by_role("button", name="1 new call").click()
    expect(calls(page).first).to_contain_text("+1 555 000 9999")
    is_focused(calls(page).first.get_by_role("link"))


def it_fits_a_phone(office):
    page = office.at("/calls", size=PHONE)
    expect(calls(page).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    no_violations_in_any_light(page)
    page.get_by_role("button", name="Filters").click()
    calls(page).get_by_role("button", name="Play the call").first.click()
    expect(page.get_by_role("region", name="Player")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    no_violations_in_any_light(page)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    no_violations_in_any_light(page)


STORIES = [a_call_appears_by_itself_and_goes_through_its_steps, a_step_that_fails_shows,
           searching_finds_what_was_said_as_one_types, a_slow_answer_never_lands_on_a_newer_one,
           filters_live_in_the_address_and_can_be_shared, a_day_is_the_day_where_one_is,
           the_calls_of_a_contact_are_found_by_name, starting_one_recording_stops_the_other,
           a_recording_that_is_gone_says_so, the_list_is_worked_by_keyboard_alone,
           a_wrong_address_says_what_is_wrong_with_it, without_a_connection_what_was_loaded_stays_and_all_comes_back,
           markup_stays_text, what_is_filtered_is_saved_as_csv, an_old_recording_is_brought_in,
           a_long_list_is_scrolled_and_found_again_as_it_was_left, new_calls_wait_while_one_reads_further_down,
           it_fits_a_phone, days_are_told_in_the_pages_language,
           who_withholds_the_number_is_called_so]

if __name__ == "__main__":
    with Office("calls") as office:
        tell(STORIES, office)
