"""What is asked about calls and how things are: analyzers written, tried, ordered and switched; the overview with a retry."""
import re

from office import PHONE, WIDE, Office, axe_violations, expect, tell, until

WORDS = ((0.2, 1.9, "Thank you, that was wonderful, I am very happy."), (2.1, 4.0, "I will send you the refund by Friday."))
MARKUP = "<script>alert(1)</script>"


def groups_of(office, call):
    """Of each analyzer by name, the call's runs."""
    return {group["analyzer_name"]: group["runs"] for group in office.api("GET", f"/api/calls/{call}").json["analysis_groups"]}


def rerun(office):
    """All analyzers again on the call; waits until they are done."""
    before = office.stack.one(f"SELECT count(*) FROM analysis_run WHERE call_id = '{office.call}'")
    active = office.stack.one("SELECT count(*) FROM analyzer WHERE active AND deleted_at IS NULL")
    assert office.api("POST", f"/api/calls/{office.call}/rerun", {}).status == 202
    until("every run", 30, lambda: office.stack.one(
        f"SELECT count(*) FROM analysis_run WHERE call_id = '{office.call}'") == before + active)


def names(page):
    return page.get_by_role("list").locator(".analyzer-row").get_by_role("link").all_inner_texts()


def row(page, name):
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name))


# -- analyzers -------------------------------------------------------------------------------------------


def a_prompt_is_tried_then_saved_and_old_runs_stay(office):
    page = office.at("/analyzers")
    page.get_by_role("link", name="Sentiment Analyzer").click()
    expect(page.get_by_role("heading", name="Sentiment Analyzer", level=1)).to_be_visible()
    before = groups_of(office, office.call)
    prompt = page.get_by_label("Prompt")
    length = len(prompt.input_value())
    expect(page.get_by_text(f"{length} of 8,000 characters")).to_be_visible()
    prompt.fill("Which sentences speak of a refund?")
    page.get_by_label("Name").fill("Refunds")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_role("status").get_by_text("refund by Friday")).to_be_visible()
    expect(page.get_by_text(re.compile("rules.* · .* ms"))).to_be_visible()
    expect(page.get_by_text("with the prompt of then")).to_be_visible()
    assert groups_of(office, office.call) == before, "a try is not kept"

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Refunds", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    rerun(office)
    old, new = groups_of(office, office.call)["Refunds"]
    assert old == before["Sentiment Analyzer"][0], (old, before)
    assert new["prompt_sha256"] != old["prompt_sha256"] and "refund" in new["analysis_text"], new


def an_analyzer_that_is_off_is_left_out(office):
    page = office.at("/analyzers")
    switch = row(page, "Refunds").get_by_role("switch", name="Refunds runs on every call")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    until("it is off", 10, lambda: not office.stack.one("SELECT active FROM analyzer WHERE name = 'Refunds'"))
    before = groups_of(office, office.call)
    rerun(office)
    after = groups_of(office, office.call)
    assert after["Refunds"] == before["Refunds"]
    assert all(len(after[name]) == len(before[name]) + 1 for name in after if name != "Refunds"), after


def wait_until_kept(office, order):
    until("the order is kept", 10, lambda: [a["name"] for a in office.api("GET", "/api/analyzers").json][:len(order)] == order)


def analyzers_are_put_in_order_by_mouse_and_keyboard(office):
    page = office.at("/analyzers")
    expect(row(page, "Refunds")).to_be_visible()
    first, second, *_ = names(page)
    row(page, second).get_by_role("button", name=f"Move {second} up").click()
    expect(page.get_by_role("status").get_by_text(f"{second} is number 1")).to_be_attached()
    until("it is the first", 10, lambda: names(page)[:2] == [second, first])
    wait_until_kept(office, [second, first])
    # It cannot go further up, so the way down has the focus.
    expect(row(page, second).get_by_role("button", name=f"Move {second} down")).to_be_focused()
    row(page, first).get_by_role("link").focus()
    page.keyboard.press("Alt+ArrowUp")
    until("the order", 10, lambda: names(page)[:2] == [first, second])
    wait_until_kept(office, [first, second])
    page.keyboard.press("Enter")  # down again
    wait_until_kept(office, [second, first])
    page.reload()
    expect(row(page, "Refunds")).to_be_visible()
    assert names(page)[:2] == [second, first]


def a_new_analyzer_runs_and_leaves_its_runs_behind(office):
    page = office.at("/analyzers")
    page.get_by_role("link", name="New analyzer").click()
    page.get_by_label("Name").fill("Refunds")
    page.get_by_label("Prompt").fill("Who spoke longer? Give the talk time.")
    page.get_by_label("Answered by").select_option("Built-in rules")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("There is an analyzer of that name already.")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill(MARKUP)
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", name=MARKUP, level=1)).to_be_visible()
    page.wait_for_url(re.compile("/analyzers/[0-9a-f-]{36}$"))
    rerun(office)
    assert len(groups_of(office, office.call)[MARKUP]) == 1

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Analyzers", level=1)).to_be_visible()
    expect(row(page, "Refunds")).to_be_visible()
    expect(row(page, MARKUP)).to_have_count(0)
    assert len(groups_of(office, office.call)[MARKUP]) == 1


def unsaved_words_are_not_lost_by_a_click(office):
    page = office.at("/analyzers")
    page.get_by_role("link", name="Refunds").click()
    page.get_by_label("Prompt").fill("Half a thou")
    page.get_by_role("link", name="Calls").click()
    page.get_by_role("dialog", name="Leave without saving?").get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Prompt")).to_have_value("Half a thou")
    page.go_back()
    page.get_by_role("dialog", name="Leave without saving?").get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Analyzers", level=1)).to_be_visible()
    page.get_by_role("link", name="Refunds").click()
    expect(page.get_by_label("Prompt")).to_have_value("Which sentences speak of a refund?")


def a_member_sees_analyzers_and_changes_none(office):
    page = office.at("/analyzers", "grace@example.com")
    expect(row(page, "Refunds")).to_contain_text("Off")
    expect(page.get_by_text("Only admins change them.")).to_be_visible()
    expect(page.get_by_role("switch")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Move"))).to_have_count(0)
    expect(page.get_by_role("link", name="New analyzer")).to_have_count(0)
    page.get_by_role("link", name="Refunds").click()
    expect(page.get_by_text("Which sentences speak of a refund?")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    page.goto(office.stack.api + "/analyzers/new")
    expect(page.get_by_text("Only admins make analyzers.")).to_be_visible()


# -- overview --------------------------------------------------------------------------------------------


def a_failed_step_is_seen_and_driven_again(office):
    page = office.at("/overview")
    expect(page.get_by_text("Nothing has failed.")).to_be_visible()
    office.speech.refuses = "this is no audio"
    call = office.place_call(until_step=None)
    retry = page.get_by_role("button", name=re.compile("^Retry Transcript"))
    expect(retry).to_be_visible()  # by itself
    expect(page.get_by_text("this is no audio")).to_be_visible()
    office.speech.refuses = None
    retry.click()
    expect(page.get_by_text("Nothing has failed.")).to_be_visible()
    office.wait_for_step(call, "report")
    expect(page.get_by_text("Up to date")).to_be_visible()


def days_are_counted_shown_and_led_to(office):
    page = office.at("/overview?days=7")
    expect(page.get_by_role("button", name="7 days", pressed=True)).to_be_visible()
    expect(page.get_by_role("img", name=re.compile(r"2 calls in 7 days"))).to_be_visible()
    page.get_by_text("As a table").first.click()
    table = page.get_by_role("region", name="2 calls in 7 days").get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(8)
    today = table.get_by_role("row").nth(1).get_by_role("cell").all_inner_texts()
    assert len(today) == 5 and sum(map(int, today)) == 2, today
    page.get_by_role("button", name="90 days").click()
    page.wait_for_url("**/overview?days=90")
    expect(table.get_by_role("row")).to_have_count(0)
    page.go_back()
    page.wait_for_url("**/overview?days=7")
    page.get_by_role("region", name="2 calls in 7 days").get_by_role("link").first.click()
    page.wait_for_url(re.compile(r"/calls\?from=(\d{4}-\d\d-\d\d)&to=\1$"))


def plots_are_drawn_anew_in_other_colors_and_widths(office):
    page = office.at("/overview")
    canvas = page.get_by_role("img", name=re.compile("calls in 30 days")).locator("canvas")
    expect(canvas).to_be_visible()
    drawn = {}

    def draw(name):
        def changed():
            drawn[name] = canvas.evaluate("canvas => canvas.toDataURL()")
            return len(set(drawn.values())) == len(drawn)
        until(f"drawn {name}", 10, changed)
    draw("light")
    page.emulate_media(color_scheme="dark")
    draw("dark")
    page.set_viewport_size(PHONE)
    draw("narrow")
    expect(page.get_by_role("img", name=re.compile("calls in 30 days"))).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


# -- as everybody can use them ---------------------------------------------------------------------------


def axe_finds_nothing_on_analyzers_and_the_overview(office):
    for dark, size in ((False, PHONE), (True, WIDE)):
        page = office.at("/analyzers", dark=dark, size=size)
        expect(row(page, "Refunds")).to_be_visible()
        assert axe_violations(page) == []
        page.get_by_role("link", name="Refunds").click()
        page.get_by_role("button", name="Try", exact=True).click()
        expect(page.get_by_role("status").get_by_text("refund by Friday")).to_be_visible()
        assert axe_violations(page) == []
        page.get_by_role("button", name="Delete").click()
        assert axe_violations(page) == []
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Analyzers").click()
        page.get_by_role("link", name="New analyzer").click()
        expect(page.get_by_role("heading", name="New analyzer")).to_be_visible()
        assert axe_violations(page) == []
        page.get_by_role("link", name="Overview").click()
        expect(page.get_by_role("img", name=re.compile("calls in 30 days")).locator("canvas")).to_be_visible()
        page.get_by_text("As a table").first.click()
        assert axe_violations(page) == []

        members = office.at("/analyzers", "grace@example.com", dark=dark, size=size)
        expect(row(members, "Refunds")).to_be_visible()
        assert axe_violations(members) == []
        office.put_pages_away()


STORIES = [a_prompt_is_tried_then_saved_and_old_runs_stay, an_analyzer_that_is_off_is_left_out,
           analyzers_are_put_in_order_by_mouse_and_keyboard, a_new_analyzer_runs_and_leaves_its_runs_behind,
           unsaved_words_are_not_lost_by_a_click, a_member_sees_analyzers_and_changes_none,
           a_failed_step_is_seen_and_driven_again, days_are_counted_shown_and_led_to,
           plots_are_drawn_anew_in_other_colors_and_widths, axe_finds_nothing_on_analyzers_and_the_overview]

if __name__ == "__main__":
    with Office("analyzers") as office:
        office.add_user("grace@example.com", "Grace Hopper", "member")
        office.call = office.place_call(says=WORDS)
        tell(STORIES, office)
