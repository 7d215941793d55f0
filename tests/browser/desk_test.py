"""What comes of calls and who called: to-dos ticked, edited and given to somebody; contacts written by hand."""
import re

from office import CALLER, PHONE, WIDE, Office, axe_violations, expect, tell, until

QUOTE = ((0.2, 1.9, "My name is Ada Byron from Acme Tools."), (2.1, 4.0, "I will send you the quote by Friday."))
CONTRACT = ((0.2, 1.9, "My name is Bob Smith from Other Corporation."), (2.1, 4.0, "I will send you the contract tomorrow."))
MARKUP = "<img src=x onerror=alert(1)> & <b>bold</b>"


def row(page, title):
    """The to-do of that title; of the two that a call makes of words heard on both channels, the agent's."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("checkbox", name=title)).filter(has_text="Agent:").first


def todo_of(office, title, owner="agent"):
    return office.stack.sql(f"SELECT * FROM todo WHERE title = '{title}' AND owner = '{owner}' ORDER BY created_at")[0]


def many_todos(office, count):
    """To-dos for an endless list: one more every day, the first of them overdue."""
    office.stack.execute(
        "INSERT INTO todo (id, call_id, organization_id, title, owner, due_date, evidence, fingerprint, position)"
        " SELECT gen_random_uuid(), c.id, c.organization_id, 'Water plant ' || n, 'caller', current_date + n - 2,"
        f" 'I water the plants.', 'plant ' || n, 100 + n FROM generate_series(1, {count}) n,"
        " (SELECT id, organization_id FROM call ORDER BY created_at LIMIT 1) c")


# -- to-dos ----------------------------------------------------------------------------------------------


def a_to_do_leads_to_the_words_that_prove_it(office):
    page = office.at("/todos")
    proof = row(page, "Send the quote").get_by_role("link", name="I will send you the quote by Friday.")
    proof.click()
    page.wait_for_url(re.compile(r"/calls/[0-9a-f-]{36}\?at=[0-9a-f-]{36}$"))
    said = office.stack.one(f"SELECT text FROM segment WHERE id = '{page.url[-36:]}'")
    assert said == "I will send you the quote by Friday.", said


def a_tick_can_be_undone_and_is_found_again(office):
    page = office.at("/todos")
    tick = row(page, "Send the quote").get_by_role("checkbox")
    tick.check()
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(tick).not_to_be_checked()
    until("it is undone", 10, lambda: not todo_of(office, "Send the quote")["done"])
    tick.check()
    until("it is done", 10, lambda: todo_of(office, "Send the quote")["done"])
    expect(tick).to_be_checked()  # it stays in sight until one comes again
    page.reload()
    expect(page.get_by_role("heading", name="To-dos", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Open", pressed=True)).to_be_visible()
    expect(row(page, "Send the quote")).to_have_count(0)
    page.get_by_role("button", name="Done").click()
    expect(row(page, "Send the quote").get_by_role("checkbox")).to_be_checked()
    page.wait_for_url("**/todos?show=done")
    row(page, "Send the quote").get_by_role("checkbox").uncheck()
    until("it is open", 10, lambda: not todo_of(office, "Send the quote")["done"])


def a_to_do_is_edited_and_given_to_somebody(office):
    page = office.at("/todos")
    row(page, "Send the quote").get_by_role("button", name="Edit: Send the quote").click()
    form = page.get_by_role("form", name="Edit Send the quote")
    expect(form.get_by_label("What")).to_be_focused()
    form.get_by_label("What").fill(MARKUP)
    form.get_by_label("Due").fill("2099-12-24")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Later").get_by_text(MARKUP)).to_be_visible()
    row(page, MARKUP).get_by_role("button", name="Assign: who sees to").click()
    held = []
    page.route("**/api/todos/*", lambda route: held.append(route))
    page.get_by_role("menuitemradio", name="Grace Hopper").click()
    expect(row(page, MARKUP).get_by_role("button", name="Grace Hopper: who sees to")).to_be_visible()
    page.get_by_label("Assigned to").select_option("For somebody")
    expect(page.get_by_role("heading", name="No to-do fits")).to_be_visible()  # the change is on its way yet
    held[0].continue_()
    page.unroute("**/api/todos/*")
    expect(page.get_by_role("checkbox")).to_have_count(1)
    expect(row(page, MARKUP)).to_be_visible()
    page.get_by_label("Assigned to").select_option("For nobody yet")
    expect(page.get_by_role("checkbox").first).to_be_visible()
    expect(row(page, MARKUP)).to_have_count(0)
    page.wait_for_url("**/todos?assignee=nobody")

    hers = office.at("/todos?assignee=me", "grace@example.com")
    expect(hers.get_by_role("checkbox")).to_have_count(1)
    expect(row(hers, MARKUP).get_by_role("button", name="24 Dec 2099")).to_be_visible()
    row(hers, MARKUP).get_by_role("button", name="24 Dec 2099").click()
    hers.get_by_role("menuitemradio", name="Today").click()
    expect(hers.get_by_role("region", name="Today").get_by_text(MARKUP)).to_be_visible()
    hers.get_by_label("Promised by").select_option("By callers")
    expect(hers.get_by_role("heading", name="No to-do fits")).to_be_visible()
    hers.get_by_role("button", name="Clear the filters").click()
    expect(row(hers, MARKUP)).to_be_visible()
    office.stack.execute(f"UPDATE todo SET title = 'Send the quote', assignee_id = NULL WHERE title = '{MARKUP}'")


def what_is_promised_meanwhile_appears_by_itself(office):
    page = office.at("/todos")
    expect(row(page, "Send the quote")).to_be_visible()
    expect(row(page, "Send the contract")).to_have_count(0)
    office.place_call(says=CONTRACT, caller="+15551230002", until_step=None)
    expect(row(page, "Send the contract")).to_be_visible()


def a_to_do_is_removed_for_good(office):
    page = office.at("/todos?owner=agent")
    row(page, "Send the contract").get_by_role("button", name="Remove: Send the contract").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    row(page, "Send the contract").get_by_role("button", name="Remove: Send the contract").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row(page, "Send the contract")).to_have_count(0)
    page.reload()
    expect(row(page, "Send the quote")).to_be_visible()
    expect(row(page, "Send the contract")).to_have_count(0)


def the_list_has_no_end_and_is_narrowed_by_its_address(office):
    many_todos(office, 120)
    page = office.at("/todos")
    expect(page.get_by_role("region", name="Overdue").get_by_role("checkbox")).to_have_count(1)
    for name in ("Today", "Next 7 days", "Later"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    last = page.get_by_role("checkbox", name="Water plant 120")

    def is_there():
        page.mouse.wheel(0, 20_000)
        return last.count()
    until("the last to-do", 15, is_there)
    expect(page.get_by_role("checkbox", name="Water plant 1", exact=True)).to_have_count(1)

    page.get_by_role("searchbox", name="Search to-dos").fill("plant 11")
    expect(page.get_by_role("checkbox")).to_have_count(11)  # 11, 110 to 119
    page.wait_for_url("**/todos?q=plant+11")
    page.reload()
    expect(page.get_by_role("checkbox")).to_have_count(11)
    page.goto(office.stack.api + "/todos?show=overdue")
    expect(page.get_by_role("checkbox")).to_have_count(1)
    office.stack.execute("DELETE FROM todo WHERE title LIKE 'Water%'")


def to_dos_are_worked_by_keyboard_alone(office):
    page = office.at("/todos?owner=agent")
    expect(row(page, "Send the quote")).to_be_visible()
    page.keyboard.press("j")
    expect(row(page, "Send the quote").get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    until("it is done", 10, lambda: todo_of(office, "Send the quote")["done"])
    page.keyboard.press("Space")
    until("it is open", 10, lambda: not todo_of(office, "Send the quote")["done"])
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" again")
    page.keyboard.press("Enter")
    expect(row(page, "Send the quote again").get_by_role("button", name="Edit")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until("it is assigned", 10, lambda: todo_of(office, "Send the quote again")["assignee_id"])
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.get_by_role("heading", name="No to-do fits")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row(page, "Send the quote again")).to_be_visible()
    office.stack.execute("UPDATE todo SET title = 'Send the quote', assignee_id = NULL WHERE title LIKE '%again'")


# -- contacts --------------------------------------------------------------------------------------------


def a_contact_is_found_and_says_where_its_facts_come_from(office):
    page = office.at("/contacts")
    expect(page.get_by_role("link", name="Ada Byron")).to_contain_text("Acme Tools")
    page.get_by_role("searchbox", name="Search contacts").fill("nobody")
    expect(page.get_by_role("heading", name="Nobody fits")).to_be_visible()
    page.get_by_role("searchbox", name="Search contacts").fill("acme")
    page.wait_for_url("**/contacts?q=acme")
    page.get_by_role("link", name="Ada Byron").click()
    expect(page.get_by_role("heading", name="Ada Byron", level=1)).to_be_visible()
    name = page.get_by_role("definition").filter(has_text="Ada Byron")
    expect(name).to_contain_text(re.compile(r"Said in the call of .*, at 0:00"))
    turn = office.stack.one("SELECT id FROM segment WHERE text LIKE 'My name is Ada Byron%' ORDER BY position LIMIT 1")
    assert f"?at={turn}" in name.get_by_role("link").get_attribute("href")


def what_a_person_wrote_stays_after_the_next_call(office):
    contact = office.stack.one(f"SELECT id FROM contact WHERE number = '{CALLER}'")
    page = office.at(f"/contacts/{contact}")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("E-mail").fill("no address")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_text("This has to be an e-mail address")).to_be_visible()
    page.get_by_role("link", name="To-dos").click()  # not without being asked
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Name").fill(MARKUP)
    page.get_by_label("Company").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=MARKUP, level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_be_focused()
    expect(page.get_by_text("Written by hand.")).to_have_count(2)
    expect(page.get_by_text("Emptied by hand.")).to_have_count(1)

    calls = page.get_by_role("main").get_by_role("link", name=re.compile("inbound"))
    expect(calls).to_have_count(1)
    office.place_call(says=QUOTE, until_step="enrich")
    expect(calls).to_have_count(2)  # by itself
    page.reload()
    expect(page.get_by_role("heading", name=MARKUP, level=1)).to_be_visible()
    expect(page.get_by_text("Emptied by hand.")).to_have_count(1)
    calls.first.click()
    page.wait_for_url(re.compile(r"/calls/[0-9a-f-]{36}$"))


# -- as everybody can use them ---------------------------------------------------------------------------


def axe_finds_nothing_on_the_pages_of_the_desk(office):
    contact = office.stack.one(f"SELECT id FROM contact WHERE number = '{CALLER}'")
    for dark, size in ((False, WIDE), (True, PHONE)):
        page = office.at("/todos", dark=dark, size=size)
        expect(row(page, "Send the quote")).to_be_visible()
        assert axe_violations(page) == []
        row(page, "Send the quote").get_by_role("button", name="who sees to").click()
        assert axe_violations(page) == []
        page.keyboard.press("Escape")
        row(page, "Send the quote").get_by_role("button", name="Edit:").click()
        assert axe_violations(page) == []
        page.get_by_role("searchbox", name="Search to-dos").fill("nothing")
        expect(page.get_by_role("heading", name="No to-do fits")).to_be_visible()
        assert axe_violations(page) == []

        page.get_by_role("link", name="Contacts").click()
        expect(page.get_by_role("link", name="Bob Smith")).to_be_visible()
        assert axe_violations(page) == []
        page.locator(f"a[href='/contacts/{contact}']").click()
        expect(page.get_by_text("Emptied by hand.")).to_be_visible()
        assert axe_violations(page) == []
        page.get_by_role("button", name="Edit").click()
        assert axe_violations(page) == []
        page.goto(office.stack.api + "/contacts/01a20930-0000-7000-8000-000000000000")
        expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
        assert axe_violations(page) == []
        office.put_pages_away()


def what_is_long_makes_no_page_wider(office):
    call, contact = office.stack.sql(f"SELECT id, contact_id FROM call WHERE from_number = '{CALLER}' LIMIT 1")[0].values()
    # From the right to the left, too: what is cut off is its end.
    office.stack.execute(f"""
        UPDATE contact SET name = repeat('מ', 200), company = repeat('Y', 200) WHERE id = '{contact}';
        UPDATE call SET summary = repeat('Z', 500) WHERE id = '{call}';
        UPDATE call_step SET state = 'failed', reason = repeat('/', 500) WHERE call_id = '{call}' AND step = 'enrich'""")
    for size in WIDE, PHONE:
        for path in "/calls", f"/calls/{call}", "/todos", "/contacts", f"/contacts/{contact}", "/overview":
            page = office.at(path, size=size)
            expect(page.get_by_text("מ" * 200).first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (path, size)
            if path == "/contacts":
                assert page.get_by_text("מ" * 200).first.evaluate("one => getComputedStyle(one).direction") == "rtl"
            office.put_pages_away()


def a_page_that_was_not_seen_yet_comes_with_the_connection(office):
    page = office.at("/todos")
    expect(row(page, "Send the quote")).to_be_visible()
    page.route("**/*.js", lambda route: route.abort())  # also one that the browser has kept
    page.context.set_offline(True)
    page.get_by_role("link", name="Analyzers").click()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    page.get_by_role("link", name="To-dos").click()
    expect(page.get_by_role("heading", name="To-dos", level=1)).to_be_visible()
    page.get_by_role("link", name="Analyzers").click()
    expect(page.get_by_role("heading", name="To-dos", level=1)).to_have_count(0)
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    page.unroute_all()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("heading", name="Analyzers", level=1)).to_be_visible()
    office.trouble.clear()  # the browser's own words about being offline


def without_a_connection_pages_say_so_and_try_again(office):
    page = office.at("/todos")
    expect(row(page, "Send the quote")).to_be_visible()
    page.get_by_role("link", name="Contacts").click()  # so that the page's module is there
    expect(page.get_by_role("link", name="Bob Smith")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="To-dos").click()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    assert axe_violations(page) == []
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(row(page, "Send the quote")).to_be_visible()
    office.trouble.clear()  # the browser's own words about being offline


STORIES = [a_to_do_leads_to_the_words_that_prove_it, a_tick_can_be_undone_and_is_found_again,
           a_to_do_is_edited_and_given_to_somebody, what_is_promised_meanwhile_appears_by_itself,
           a_to_do_is_removed_for_good, the_list_has_no_end_and_is_narrowed_by_its_address,
           to_dos_are_worked_by_keyboard_alone, a_contact_is_found_and_says_where_its_facts_come_from,
           what_a_person_wrote_stays_after_the_next_call, axe_finds_nothing_on_the_pages_of_the_desk,
           what_is_long_makes_no_page_wider, a_page_that_was_not_seen_yet_comes_with_the_connection,
           without_a_connection_pages_say_so_and_try_again]

if __name__ == "__main__":
    with Office("desk") as office:
        office.add_user("grace@example.com", "Grace Hopper", "member")
        office.place_call(says=QUOTE)
        tell(STORIES, office)
