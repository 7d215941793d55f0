"""A call's page: hear it, read it, see what came of it, and watch it come."""
import re
import signal

from office import PHONE, WIDE, Office, axe_violations, expect, no_violations_in_any_light, sounding, tell, until

# Heard of each side alone: by the caller from the beginning, by the agent some four seconds later.
SAID = ((0.1, 1.0, "My name is Ada Lovelace from Acme Tools."), (1.1, 2.0, "I will send you the quote by Friday."),
        (2.1, 2.8, "Thank you, that would be great."))
MARKUP = ((0.1, 1.0, "My name is <img src=x onerror=alert(1)> Lovelace."),
          (1.1, 2.0, "I will send you the <script>alert(2)</script> quote by Friday."))


def slider(page):
    return page.get_by_role("slider", name="Position")


def seconds(page):
    return float(slider(page).input_value())


def sounds(page, beyond=0.0):
    until(f"the sound is beyond {beyond} s", 20, lambda: seconds(page) > beyond)


def section(page, title):
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, exact=True))


def turns(page):
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Play from"))


def open_call(office, call=None, **options):
    page = office.at(f"/calls/{call or office.call}", **options)
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    return page


# -- hearing and reading --------------------------------------------------------------------------------


def the_page_tells_who_called_and_what_came_of_it(office):
    page = open_call(office)
    expect(page.get_by_role("heading", name="Ada Lovelace", level=1)).to_be_visible()
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Positive", exact=True)).to_be_visible()
    expect(section(page, "Contact").get_by_text("Acme Tools")).to_be_visible()
    expect(section(page, "Steps").get_by_text("Done")).to_have_count(6)
    expect(section(page, "Transcript").get_by_text("I will send you the quote by Friday.").first).to_be_visible()
    section(page, "Contact").get_by_role("link", name="Open contact").click()
    expect(page).to_have_url(re.compile("/contacts/[0-9a-f-]{36}$"))


def it_plays_and_pauses(office):
    page = open_call(office)
    page.get_by_role("button", name="Play", exact=True).click()
    sounds(page, 0.3)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    at = seconds(page)
    page.get_by_role("button", name="On 10 seconds").click()
    assert seconds(page) > at
    page.get_by_role("button", name="Back 10 seconds").click()
    assert seconds(page) == 0
    # At the end it stops by itself, and can be heard again from the beginning.
    page.get_by_role("combobox", name="Speed").select_option("2")
    slider(page).fill(str(float(slider(page).get_attribute("max")) - 1))
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    until("it begins anew", 10, lambda: 0 < seconds(page) < 4)


def each_side_is_drawn(office):
    page = open_call(office)
    expect(page.get_by_text("Caller", exact=True).first).to_be_visible()
    drawn = "() => document.querySelector('.drawing > div')?.shadowRoot?.querySelectorAll('canvas').length >= 2"
    page.wait_for_function(drawn)
    box = slider(page).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    length = float(slider(page).get_attribute("max"))
    assert abs(seconds(page) - length / 2) < length / 50, (seconds(page), length)


def a_click_on_a_turn_plays_from_there(office):
    page = open_call(office)
    turn = turns(page).filter(has_text="quote by Friday").first
    turn.get_by_text("quote by Friday").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert seconds(page) >= 1.1
    expect(turn).to_have_attribute("aria-current", "true")
    # The mark goes on as the sound does.
    expect(turns(page).filter(has_text="that would be great").first).to_have_attribute("aria-current", "true")
    expect(turn).not_to_have_attribute("aria-current", "true")


def what_plays_in_the_list_and_on_a_page_are_two_things(office):
    page = office.at("/calls")
    # None is to end by itself.
    page.evaluate("sounds.add = sound => { sound.loop = true; return Set.prototype.add.call(sounds, sound); }; undefined")
    of_list, of_page = page.get_by_role("region", name="Player"), page.get_by_role("region", name="Recording")
    sid = {call: office.stack.one(f"SELECT call_sid FROM call WHERE id = '{call}'") for call in (office.other, office.call)}

    def plays(in_list, on_page):
        """Each signal holds what it should, and that is what can be heard."""
        for region, call in ((of_list, in_list), (of_page, on_page)):
            expect(region).to_have_attribute("data-playing", sid[call]) if call else expect(region).not_to_have_attribute("data-playing", re.compile(""))
        until("what can be heard", 10, lambda: sounding(page) == sorted(call for call in (in_list, on_page) if call))

    page.locator(f"[data-id='{office.other}']").get_by_role("button", name="Play").click()
    until("it plays in the list", 10, lambda: sounding(page) == [office.other])
    page.locator(f"a[href='/calls/{office.call}']").first.click()
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()
    plays(office.other, None)  # and goes on here, where nothing plays by itself
    of_page.get_by_role("button", name="Play", exact=True).click()
    plays(office.other, office.call)
    of_page.get_by_role("button", name="Pause").click()
    plays(office.other, None)
    of_page.get_by_role("button", name="Play", exact=True).click()
    of_list.get_by_role("button", name="Pause").click()
    plays(None, office.call)
    page.keyboard.press("p")
    plays(office.other, office.call)
    assert axe_violations(page) == []

    # Leaving the page ends its sound; the list's leads to its own call, and plays there beside the page.
    of_list.get_by_role("link", name="Ada Lovelace").click()
    page.wait_for_url(f"**/calls/{office.other}")
    plays(office.other, None)
    of_page.get_by_role("button", name="Play", exact=True).click()
    plays(office.other, office.other)
    page.get_by_role("link", name="Calls").last.click()
    row = page.locator(f"[data-id='{office.other}']")
    row.get_by_role("button", name="Pause").click()
    expect(row.get_by_role("button", name="Play")).to_be_visible()
    of_list.get_by_role("button", name="Stop and close the player").click()
    expect(of_list).to_have_count(0)
    until("it is silent", 10, lambda: sounding(page) == [])


def leaving_a_page_ends_its_sound_and_another_one_starts_silent(office):
    page = open_call(office)
    page.get_by_role("button", name="Play", exact=True).click()
    sounds(page, 0.2)
    page.get_by_role("link", name="Calls").last.click()
    page.locator(f"a[href='/calls/{office.other}']").first.click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert seconds(page) == 0


def words_are_found_in_the_transcript(office):
    page = open_call(office)
    page.keyboard.press("/")
    page.keyboard.type("THE   quote")
    count = page.get_by_text(re.compile(r"^\d+ of \d+$"))
    expect(count).to_have_text("1 of 2")
    expect(page.locator("mark")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 2")
    page.get_by_role("button", name="Next match").click()
    expect(count).to_have_text("1 of 2")
    page.get_by_role("button", name="Previous match").click()
    expect(count).to_have_text("2 of 2")
    page.get_by_label("Search in the transcript").fill("nobody says this (or [that")
    expect(page.get_by_text("Not found")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("mark")).to_have_count(0)


def a_link_to_a_turn_opens_there(office):
    segment = office.stack.one(f"SELECT id FROM segment WHERE call_id = '{office.call}' AND start_ms > 3000 ORDER BY position LIMIT 1")
    for address in (f"/calls/{office.call}#t={segment}", f"/calls/{office.call}?at={segment}"):
        page = office.at(address)
        link = page.locator(f"[id='t={segment}']").get_by_role("link", name="Play from")
        expect(link).to_be_focused()
        until("the sound stands there", 10, lambda: seconds(page) >= 3)
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


# By role, thousands of turns take Playwright its time; so here they are found by class.
def a_call_of_two_thousand_turns_stays_at_hand(office):
    page = office.at("/calls")
    work = page.context.new_cdp_session(page)
    work.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(f"{office.stack.api}/calls/{office.long}")
    words = page.locator("input[type=search]")
    words.fill("number 1500.")
    expect(page.locator("mark")).to_be_in_viewport()
    words.fill("sentence")
    count = page.locator(".count")
    expect(count).to_have_text("1 of 2,000")
    words.press("Shift+Enter")
    expect(count).to_have_text("2,000 of 2,000")
    expect(page.locator("mark.current")).to_be_in_viewport()
    expect(page.locator(".player button", has_text="Play")).to_be_in_viewport()
    metrics = {metric["name"]: metric["value"] for metric in work.send("Performance.getMetrics")["metrics"]}
    assert metrics["TaskDuration"] < 3, metrics  # seconds of the processor, for all of this


def the_transcript_follows_until_one_scrolls(office):
    page = office.at(f"/calls/{office.long}", size={"width": 1280, "height": 500})
    page.locator(".turn a").first.click()
    follow = page.locator("[role=switch]", has_text="Follow")
    expect(follow).to_be_checked()
    page.mouse.move(500, 400)
    page.mouse.wheel(0, 3000)
    expect(follow).not_to_be_checked()
    expect(page.locator(".turn[aria-current]")).not_to_be_in_viewport()
    follow.click()
    expect(page.locator(".turn[aria-current]")).to_be_in_viewport()


# -- what came of it ------------------------------------------------------------------------------------


def runs(office):
    groups = office.api("GET", f"/api/calls/{office.call}").json["analysis_groups"]
    return {group["analyzer_name"]: group["runs"] for group in groups}


def running_the_analyzers_again_appends_runs(office):
    page = open_call(office)
    analyses = section(page, "Analyses")
    expect(analyses.get_by_role("heading", name="Summary")).to_be_visible()
    before = runs(office)
    with held(office, "analyzer-runner"):
        analyses.get_by_role("button", name="Run again").click()
        page.get_by_role("dialog").get_by_role("button", name=re.compile("^Run")).click()
        expect(analyses.get_by_text("A new run is on its way").first).to_be_visible()
    expect(analyses.get_by_text(re.compile("new runs? arrived"))).to_be_visible()
    expect(analyses.get_by_text("A new run is on its way")).to_have_count(0)
    after = runs(office)
    assert set(after) == set(before) and all(after[name][:-1] == before[name] for name in after), (before, after)
    expect(analyses.get_by_text(f"{len(before['Summary'])} earlier run")).to_have_count(len(before))


def two_runs_are_compared_word_by_word(office):
    found = runs(office)["Summary"]
    for run, text in ((found[0], "The caller asks for a refund."), (found[-1], "The caller politely asks for an offer.")):
        office.stack.execute(f"UPDATE analysis_run SET analysis_text = '{text}' WHERE id = '{run['id']}'")
    page = open_call(office)
    summary = section(page, "Analyses").get_by_role("article").filter(has=page.get_by_role("heading", name="Summary"))
    summary.get_by_text("earlier run").click()
    summary.get_by_role("button", name="Compare").last.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("deletion")).to_have_text(["removed: a refund."])
    expect(dialog.get_by_role("insertion")).to_have_text(["added: politely ", "added: an offer."])
    expect(dialog.get_by_text("2 words removed, 3 added.")).to_be_visible()
    assert axe_violations(page) == []
    dialog.get_by_label("After").select_option(label=dialog.get_by_label("Before").locator("option:checked").inner_text())
    expect(dialog.get_by_text("Both say the same.")).to_be_visible()


def nothing_runs_when_no_analyzer_is_active(office):
    office.stack.execute("UPDATE analyzer SET active = false")
    try:
        page = open_call(office)
        page.get_by_role("button", name="Re-run analyses").click()
        expect(page.get_by_text("No analyzer is active.")).to_be_visible()
    finally:
        office.stack.execute("UPDATE analyzer SET active = true")


def a_todo_is_ticked_changed_added_and_removed(office):
    page = open_call(office)
    todos = section(page, "To-dos")
    todos.get_by_role("checkbox").first.check()
    until("it is done in the database too", 10, lambda: office.stack.sql("SELECT 1 FROM todo WHERE done"))
    todos.get_by_role("button", name=re.compile("^Edit")).first.click()
    todos.get_by_label("What").fill("Send the long quote")
    todos.get_by_label("Due").fill("2026-12-24")
    todos.get_by_label("Promised by").select_option("Caller")
    todos.get_by_label("Assigned to").select_option("Ada Lovelace")
    todos.get_by_role("button", name="Save").click()
    expect(todos.get_by_role("checkbox", name="Send the long quote")).to_be_checked()
    expect(todos.get_by_role("button", name="Edit: Send the long quote")).to_be_focused()
    todos.get_by_role("button", name="Add").click()
    todos.get_by_label("What").fill("Write a letter")
    page.keyboard.press("Enter")
    expect(todos.get_by_role("checkbox", name="Write a letter")).not_to_be_checked()
    page.reload()
    row = todos.get_by_role("listitem").filter(has_text="Send the long quote")
    expect(row.get_by_text("Caller · due")).to_contain_text("Ada Lovelace")
    todos.get_by_role("button", name="Remove: Write a letter").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(todos.get_by_text("Write a letter")).to_have_count(0)
    page.reload()
    expect(todos.get_by_role("checkbox", name="Send the long quote")).to_be_checked()
    expect(todos.get_by_text("Write a letter")).to_have_count(0)


def a_todo_leads_to_the_words_that_prove_it(office):
    page = open_call(office, size=PHONE)
    page.get_by_role("button", name="Results").click()
    todos = section(page, "To-dos")
    todos.get_by_role("link", name=re.compile("quote by Friday")).first.click()
    turn = turns(page).and_(page.locator(".marked"))
    expect(turn).to_be_in_viewport()
    expect(turn).to_contain_text("quote by Friday")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_role("button", name="Results").click()
    todos.get_by_role("button", name="Play these words").first.click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert seconds(page) >= 1.1


def the_report_is_shown_as_it_was_mailed(office):
    page = open_call(office)
    report = section(page, "Report")
    expect(report.get_by_text("team@example.com")).to_be_visible()
    report.get_by_role("button", name="Show the report").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("team@example.com")).to_be_visible()
    frame = dialog.frame_locator("iframe")
    expect(frame.get_by_text("I will send you the quote by Friday.").first).to_be_visible()
    # One is there already, and the frame has no right to lead anywhere.
    assert office.stack.one(f"SELECT body_html LIKE '%/calls/{office.call}\"%>Open the call</a>%' FROM report WHERE call_id = '{office.call}'")
    expect(frame.get_by_text("Open the call")).to_be_hidden()
    expect(dialog.locator("iframe")).to_have_attribute("sandbox", "")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(report.get_by_role("button", name="Show the report")).to_be_focused()


def markup_stays_text(office):
    call = office.place_call(says=MARKUP, caller="+15550002222")
    page = open_call(office, call)
    page.on("dialog", lambda dialog: office.trouble.append(f"a script ran: {dialog.message}"))
    expect(section(page, "Transcript").get_by_text("<script>alert(2)</script>").first).to_be_visible()
    expect(section(page, "Transcript").get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
    page.get_by_label("Search in the transcript").fill("<script>")
    expect(page.locator("mark").first).to_have_text("<script>")
    page.get_by_role("button", name="Show the report").click()
    frame = page.get_by_role("dialog").frame_locator("iframe")
    expect(frame.get_by_text("<script>alert(2)</script>").first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0 and frame.locator("img[src=x], script").count() == 0


# -- as it comes and goes -------------------------------------------------------------------------------


class held:
    """A service that does nothing for a while."""

    def __init__(self, office, service):
        self.process = office.stack.processes[service]

    def __enter__(self):
        self.process.send_signal(signal.SIGSTOP)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)


def a_call_goes_through_its_steps_before_ones_eyes(office):
    office.speech.words = SAID
    page = office.at("/calls")
    with held(office, "transcriber"):
        callsim = office.start_call("--not-ready-ms", "2500", caller="+15550003333")
        call = until("the call is there", 20, lambda: office.stack.sql(
            "SELECT id FROM call WHERE from_to_number LIKE '+15550003333%'"))[0]["id"]
        page.goto(f"{office.stack.api}/calls/{call}")
        state = section(page, "Transcript").get_by_role("status")
        expect(state).to_contain_text(re.compile("The call is going on|The recording is on its way"))
        expect(page.get_by_role("button", name="Play", exact=True)).to_have_count(0)
        expect(state).to_contain_text("Being transcribed")
        page.get_by_role("button", name="Play", exact=True).click()
        sounds(page, 0.2)
    expect(turns(page).first).to_be_visible()
    expect(section(page, "Steps").get_by_text("Done")).to_have_count(6)
    expect(page.get_by_role("heading", name="Ada Lovelace", level=1)).to_be_visible()
    expect(section(page, "Report").get_by_text("team@example.com")).to_be_visible()
    office.end_call(callsim)


def a_failed_step_is_driven_again(office):
    office.speech.refuses = "this is no speech"
    try:
        page = open_call(office, office.place_call(caller="+15550004444", until_step=None))
        steps = section(page, "Steps")
        expect(steps.get_by_text("this is no speech")).to_be_visible()
    finally:
        office.speech.refuses = None
    expect(steps.get_by_text("Waits for: Transcript")).to_have_count(4)
    expect(section(page, "Transcript").get_by_text("could not be transcribed")).to_be_visible()
    assert axe_violations(page) == []
    steps.get_by_role("button", name="Retry Transcript").click()
    expect(turns(page).first).to_be_visible()
    expect(steps.get_by_text("Done")).to_have_count(6)


def a_call_that_never_came_about_says_so(office):
    call = office.place_call("--outcome", "no-answer", caller="+15550005555", until_step=None)
    page = office.at(f"/calls/{call}")
    expect(page.get_by_text("Nobody spoke")).to_be_visible()
    expect(page.get_by_text("No answer")).to_be_visible()
    assert axe_violations(page) == []


def a_call_is_deleted_and_whoever_has_it_open_is_told(office):
    call = office.place_call(says=SAID, caller="+15550006666")
    elsewhere = open_call(office, call)
    page = open_call(office, call)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the call").click()
    expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()
    expect(page.get_by_text("was deleted.")).to_be_visible()
    assert office.api("GET", f"/api/calls/{call}").status == 404
    expect(elsewhere.get_by_text("This call was deleted")).to_be_visible()
    assert axe_violations(elsewhere) == []
    elsewhere.reload()
    expect(elsewhere.get_by_text("It was deleted, or it never was.")).to_be_visible()


def a_call_can_be_saved_as_a_file(office):
    page = open_call(office)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert "I will send you the quote" in download.value.path().read_text()


def a_page_that_cannot_be_loaded_can_be_tried_again(office):
    page = office.at("/settings")
    page.route("**/api/calls/*", lambda route: route.abort())
    page.goto(office.stack.api + f"/calls/{office.call}")
    expect(page.get_by_text("No connection")).to_be_visible()
    page.unroute("**/api/calls/*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Transcript")).to_be_visible()


# -- for everybody --------------------------------------------------------------------------------------


def it_works_by_keyboard_alone(office):
    page = open_call(office)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("Space")
    sounds(page, 0.2)
    page.keyboard.press(">")
    expect(page.get_by_role("combobox", name="Speed")).to_have_value("1.25")
    page.keyboard.press("<")
    expect(page.get_by_role("combobox", name="Speed")).to_have_value("1")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    until("it is at its beginning", 10, lambda: seconds(page) == 0)
    # One stop of Tab for the whole transcript: from there the arrow keys go on, and Enter plays.
    page.get_by_role("switch", name="Follow").focus()
    page.keyboard.press("Tab")
    expect(turns(page).first.get_by_role("link")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(turns(page).last.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    assert seconds(page) >= 3
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    # And Tab leads on to what came of it.
    page.keyboard.press("Tab")
    expect(section(page, "To-dos").get_by_role("button", name="Add")).to_be_focused()


def axe_finds_nothing(office):
    for size in (PHONE, WIDE):
        page = open_call(office, size=size)
        turns(page).first.get_by_role("link").click()
        page.get_by_label("Search in the transcript").fill("quote")
        if size is PHONE:
            no_violations_in_any_light(page)
            page.get_by_role("button", name="Results").click()
        page.get_by_text("earlier run").first.click()
        section(page, "To-dos").get_by_role("button", name="Add").click()
        no_violations_in_any_light(page)
        page.get_by_role("button", name="Show the report").click()
        expect(page.get_by_role("dialog").frame_locator("iframe").get_by_text("Ada").first).to_be_visible()
        if size is WIDE:
            no_violations_in_any_light(page)


def prepare(office):
    """A long call, another one, and one that the analyzers have read twice: the newest of them."""
    office.long = office.place_call(says=SAID, caller="+15550007777")
    office.other = office.place_call(caller="+15550001111")
    office.call = office.place_call()
    office.stack.execute(
        "INSERT INTO segment (id, transcription_id, call_id, organization_id, position, channel, role, start_ms, end_ms, text)"
        " SELECT gen_random_uuid(), t.id, t.call_id, t.organization_id, 1000 + n, 0, 'caller', 10000 + n * 1000, 10900 + n * 1000,"
        f" 'This is sentence number ' || n || '.' FROM transcription t, generate_series(1, 2000) n WHERE t.call_id = '{office.long}'")
    office.api("POST", f"/api/calls/{office.call}/rerun")
    until("it was read twice", 30, lambda: all(len(of) == 2 for of in runs(office).values()))


STORIES = [the_page_tells_who_called_and_what_came_of_it, it_plays_and_pauses, each_side_is_drawn,
           a_click_on_a_turn_plays_from_there, what_plays_in_the_list_and_on_a_page_are_two_things,
           leaving_a_page_ends_its_sound_and_another_one_starts_silent, words_are_found_in_the_transcript,
           a_link_to_a_turn_opens_there, a_call_of_two_thousand_turns_stays_at_hand,
           the_transcript_follows_until_one_scrolls, running_the_analyzers_again_appends_runs,
           two_runs_are_compared_word_by_word, nothing_runs_when_no_analyzer_is_active,
           a_todo_is_ticked_changed_added_and_removed, a_todo_leads_to_the_words_that_prove_it,
           the_report_is_shown_as_it_was_mailed, markup_stays_text, a_call_goes_through_its_steps_before_ones_eyes,
           a_failed_step_is_driven_again, a_call_that_never_came_about_says_so,
           a_call_is_deleted_and_whoever_has_it_open_is_told, a_call_can_be_saved_as_a_file,
           a_page_that_cannot_be_loaded_can_be_tried_again, it_works_by_keyboard_alone, axe_finds_nothing]

if __name__ == "__main__":
    with Office("call") as office:
        prepare(office)
        tell(STORIES, office)
