"""What an organization has set, who works there, and what is one's own."""
import re

from office import NUMBER, PASSWORD, PHONE, WIDE, Office, axe_violations, expect, tell, until

MARKUP = "<b>Sales</b> & <script>alert(1)</script>"


def section(page, title):
    return page.locator("section").filter(has=page.get_by_role("heading", name=title, level=2))


def settings_of(office):
    return office.api("GET", "/api/settings").json


def answers(office, token):
    return office.api("GET", "/api/calls", Authorization=f"Bearer {token}").status


# -- the organization ------------------------------------------------------------------------------------


def the_organization_is_changed_in_one_go(office):
    page = office.at("/settings")
    part = section(page, "Organization")
    part.get_by_label("Name").fill("Acme Tools & Sons")
    zone = part.get_by_role("combobox", name="Time zone")
    zone.fill("new york")
    part.get_by_role("option", name="America/New_York").click()
    expect(zone).to_have_value("America/New_York")
    part.get_by_label("Reports go to").fill("no address")
    part.get_by_role("button", name="Add").click()
    expect(part.get_by_text("“no” is no e-mail address.")).to_be_visible()
    part.get_by_label("Reports go to").fill("boss@example.com, sales@example.com")
    page.keyboard.press("Enter")
    part.get_by_role("button", name="Remove team@example.com").click()
    part.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    now = settings_of(office)
    assert now == {"name": "Acme Tools & Sons", "time_zone": "America/New_York", "retention_days": None,
                   "report_recipients": ["boss@example.com", "sales@example.com"]}, now
    expect(page.get_by_role("button", name="Acme Tools & Sons")).to_be_visible()  # in the frame, too
    zone.fill("Mars/Olympus")
    part.get_by_role("button", name="Save").click()
    expect(part.get_by_text("This has to be a name of the IANA database")).to_be_visible()
    expect(zone).to_be_focused()
    part.get_by_role("button", name="Discard changes").click()
    expect(zone).to_have_value("America/New_York")


def deleting_old_calls_is_warned_of_and_asked_about(office):
    page = office.at("/settings")
    part = section(page, "Organization")
    part.get_by_role("switch", name="Delete old calls").click()
    part.get_by_label("Days that a call is kept").fill("90")
    expect(part.get_by_text(re.compile("Calls from before .* are deleted for good"))).to_be_visible()
    part.get_by_role("button", name="Save").click()
    question = page.get_by_role("dialog", name="Delete calls that are older than 90 days?")
    question.get_by_role("button", name="Cancel").click()
    assert settings_of(office)["retention_days"] is None
    part.get_by_role("button", name="Save").click()
    question.get_by_role("button", name="Delete old calls").click()
    until("it is kept", 10, lambda: settings_of(office)["retention_days"] == 90)
    part.get_by_role("switch", name="Delete old calls").click()
    part.get_by_role("button", name="Save").click()  # keeping them longer is not asked about
    until("they are kept for good", 10, lambda: settings_of(office)["retention_days"] is None)


# -- numbers ---------------------------------------------------------------------------------------------


def numbers_are_added_changed_and_removed(office):
    page = office.at("/settings#numbers")
    part = section(page, "Phone numbers")
    part.get_by_role("button", name="Add a number").click()
    form = part.get_by_role("form", name="Add a number")
    form.get_by_label("Number").fill("+1 (555) 987-6543")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_text("The number is taken already.")).to_be_visible()
    expect(form.get_by_label("Number")).to_be_focused()
    form.get_by_label("Number").fill("+46 8 123 456 78")
    form.get_by_label("Label").fill(MARKUP)
    form.get_by_label("Put calls through to").fill("12")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_label("Put calls through to")).to_be_focused()
    form.get_by_label("Put calls through to").fill("+46 70 123 45 67")
    form.get_by_label("Greeting").fill("Hello!")
    form.get_by_label("Recordings have the caller on").select_option("the second channel")
    form.get_by_role("button", name="Add").click()
    row = part.get_by_role("listitem").filter(has_text=MARKUP)
    expect(row).to_contain_text("Put through to +46 701 234 567")
    row.get_by_role("switch", name="Recorded").click()

    def stored():
        return next(n for n in office.api("GET", "/api/phone-numbers").json if n["number"] == "+46812345678")
    until("it is not recorded", 10, lambda: not stored()["record"])
    assert (stored()["forward_to"], stored()["greeting"], stored()["caller_channel"]) == ("+46701234567", "Hello!", 1)
    row.get_by_role("button", name="Edit +46 812 345 678").click()
    form = part.get_by_role("form", name="Edit +46 812 345 678")
    form.get_by_label("Put calls through to").fill("")
    form.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Not put through")
    row.get_by_role("button", name="Remove +46 812 345 678").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    assert [n["number"] for n in office.api("GET", "/api/phone-numbers").json] == [NUMBER]


def an_assistant_is_told_what_to_say_unless_calls_are_put_through(office):
    page = office.at("/settings#numbers")
    part = section(page, "Phone numbers")
    row = part.get_by_role("listitem").filter(has_text="+1 555 987 6543")
    expect(row).to_contain_text("an assistant may answer")
    row.get_by_role("button", name="Edit").click()
    form = part.get_by_role("form", name="Edit +1 555 987 6543")
    answers = form.get_by_role("switch", name="An assistant answers")
    expect(answers).to_be_checked()
    expect(answers).to_have_accessible_description(re.compile("where a realtime model is set up"))
    form.get_by_label("Put calls through to").fill("+46 70 123 45 67")
    expect(answers).to_be_disabled()
    expect(answers).not_to_be_checked()
    expect(answers).to_have_accessible_description("Calls are put through, so no assistant answers them.")
    form.get_by_label("Put calls through to").fill("")
    expect(answers).to_be_checked()
    form.get_by_label("Instructions for the assistant").fill(f"You speak for Acme Tools.\n{MARKUP}")
    form.get_by_label("Voice of the assistant").fill("two words")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("This has to be the name of a voice")).to_be_visible()
    expect(form.get_by_label("Voice of the assistant")).to_be_focused()
    form.get_by_label("Voice of the assistant").fill("marin")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)

    def stored():
        return [(n["assistant"], n["instructions"], n["voice"]) for n in office.api("GET", "/api/phone-numbers").json if n["number"] == NUMBER]
    assert stored() == [(True, f"You speak for Acme Tools.\n{MARKUP}", "marin")], stored()
    row.get_by_role("button", name="Edit").click()
    answers.click()
    form.get_by_label("Instructions for the assistant").fill("")
    form.get_by_label("Voice of the assistant").fill("")
    form.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("no assistant")
    assert stored() == [(False, None, None)], stored()


# -- users -----------------------------------------------------------------------------------------------


def a_user_is_added_with_a_password_that_works(office):
    page = office.at("/settings#users")
    part = section(page, "Users")
    part.get_by_role("button", name="Add a user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("grace@example.com")
    dialog.get_by_label("Name").fill(MARKUP)
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_text("The e-mail address is taken already.")).to_be_visible()
    dialog.get_by_label("E-mail").fill("linus@example.com")
    dialog.get_by_role("button", name="Add").click()
    password = dialog.get_by_role("group", name="Password of linus@example.com").get_by_role("code").inner_text()
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    dialog.get_by_role("button", name="Done").click()
    row = part.get_by_role("listitem").filter(has_text="linus@example.com")
    expect(row).to_contain_text(MARKUP)

    theirs = office.visitor("/login")
    theirs.get_by_label("E-mail").fill("linus@example.com")
    theirs.get_by_label("Password").fill(password)
    theirs.get_by_role("button", name="Log in").click()
    expect(theirs.get_by_role("heading", name="Calls", level=1)).to_be_visible()
    row.get_by_label(f"Role of {MARKUP}").select_option("Admin")
    until("they are an admin", 10, lambda: office.stack.one("SELECT role FROM app_user WHERE email = 'linus@example.com'") == "admin")
    row.get_by_role("button", name="More for").click()
    page.get_by_role("menuitem", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(row).to_contain_text("Disabled")
    theirs.get_by_role("link", name="To-dos").click()
    expect(theirs.get_by_role("button", name="Log in")).to_be_visible()
    row.get_by_role("button", name="More for").click()
    page.get_by_role("menuitem", name="Enable").click()
    row.get_by_role("button", name="More for").click()
    page.get_by_role("menuitem", name="New password").click()
    page.get_by_role("dialog").get_by_role("button", name="Make a new password").click()
    newer = page.get_by_role("dialog").get_by_role("code").inner_text()
    assert newer != password
    log_in = {"email": "linus@example.com", "password": newer}
    assert office.api("POST", "/api/session", log_in).status == 200
    row.get_by_label("Role of").select_option("Member")


def the_last_admin_stays_one(office):
    page = office.at("/settings#users")
    row = section(page, "Users").get_by_role("listitem").filter(has_text="ada@example.com")
    expect(row).to_contain_text("You")
    row.get_by_label("Role of").select_option("Member")
    page.get_by_role("dialog").get_by_role("button", name="Become a member").click()
    expect(row.get_by_role("alert")).to_contain_text("last admin")
    expect(row.get_by_label("Role of")).to_have_value("admin")


# -- what is one's own -----------------------------------------------------------------------------------


def people_change_their_own_name_and_password(office):
    page = office.at("/settings#account", "grace@example.com")
    part = section(page, "My account")
    part.get_by_label("My name").fill("Grace Brewster")
    part.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("button", name="Grace Brewster")).to_be_visible()
    part.get_by_label("Current password").fill("a wrong one, this")
    part.get_by_label("New password").fill("something longer than before")
    part.get_by_role("button", name="Change the password").click()
    expect(part.get_by_text("The current password is wrong.")).to_be_visible()
    expect(part.get_by_label("Current password")).to_be_focused()
    part.get_by_label("Current password").fill(PASSWORD)
    part.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("status").get_by_text("Your password was changed.")).to_be_visible()
    expect(part.get_by_label("New password")).to_have_value("")
    log_in = {"email": "grace@example.com", "password": "something longer than before"}
    assert office.api("POST", "/api/session", log_in).status == 200
    log_in["password"] = PASSWORD
    assert office.api("POST", "/api/session", log_in).status == 401
    grace = office.stack.one("SELECT id FROM app_user WHERE email = 'grace@example.com'")
    assert office.api("PATCH", f"/api/users/{grace}", {"password": PASSWORD}).status == 200


def a_token_works_until_it_is_revoked(office):
    page = office.at("/settings#tokens")
    part = section(page, "API tokens")
    part.get_by_role("button", name="Make a token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make it").click()
    expect(dialog.get_by_text("This has to be a text of 1 to 100 characters.")).to_be_visible()
    dialog.get_by_label("Name").fill(MARKUP)
    dialog.get_by_label("Ends").select_option("In 30 days")
    dialog.get_by_role("button", name="Make it").click()
    token = dialog.get_by_role("group", name="The token").get_by_role("code").inner_text()
    expect(dialog.get_by_role("group", name="An example")).to_contain_text(f"Bearer {token}")
    for copy in dialog.get_by_role("button", name="Copy").all():
        expect(copy).to_be_in_viewport(ratio=1)  # long as the lines are
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_text(token)).to_have_count(0)
    row = part.get_by_role("listitem").filter(has_text=MARKUP)
    expect(row).to_contain_text("never used")
    assert answers(office, token) == 200
    page.reload()
    expect(row).to_contain_text("last used")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    assert answers(office, token) == 401


def the_theme_is_chosen_and_kept(office):
    page = office.at("/settings#appearance")
    part = section(page, "Appearance")

    def ground():
        return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    light = ground()
    part.get_by_label("Dark").check()
    until("it is dark", 10, lambda: ground() != light)
    page.reload()
    expect(part.get_by_label("Dark")).to_be_checked()
    assert ground() != light
    part.get_by_label("As the system").check()
    until("it is light", 10, lambda: ground() == light)


def what_stands_beside_the_page_does_not_move_it(office):
    page = office.at("/settings")
    expect(section(page, "Appearance")).to_be_visible()
    page.evaluate("scrollTo(0, 300)")
    page.get_by_role("link", name="Settings").press("Tab")
    account = page.get_by_role("button", name=re.compile(": account$"))
    expect(account).to_be_focused()
    account.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(account).to_be_focused()
    assert page.evaluate("scrollY") == 300


def a_member_sees_the_settings_and_changes_only_what_is_theirs(office):
    page = office.at("/settings", "grace@example.com")
    expect(page.get_by_text("Only admins change the organization")).to_be_visible()
    expect(section(page, "Organization").get_by_role("definition").first).to_have_text("Acme Tools & Sons")
    expect(section(page, "Phone numbers")).to_contain_text("+1 555 987 6543")
    expect(section(page, "Users")).to_contain_text("ada@example.com")
    for title in ("Organization", "Phone numbers", "Users"):
        for role in ("button", "textbox", "combobox", "switch"):
            expect(section(page, title).get_by_role(role)).to_have_count(0)
    section(page, "API tokens").get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def settings_are_changed_by_keyboard_alone(office):
    page = office.at("/settings")
    part = section(page, "Organization")
    expect(part.get_by_label("Name")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to the content
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Organization")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(part.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("stockh")
    page.keyboard.press("ArrowDown")  # around to the same one
    page.keyboard.press("Enter")
    expect(part.get_by_role("combobox")).to_have_value("Europe/Stockholm")
    page.keyboard.press("Enter")
    until("it is saved", 10, lambda: settings_of(office)["time_zone"] == "Europe/Stockholm")


def axe_finds_nothing_in_the_settings(office):
    for dark, size in ((False, WIDE), (True, PHONE)):
        page = office.at("/settings", dark=dark, size=size)
        expect(section(page, "Users").get_by_role("listitem").first).to_be_visible()
        expect(section(page, "Organization").get_by_label("Name")).to_be_visible()
        assert axe_violations(page) == []
        section(page, "Organization").get_by_role("switch", name="Delete old calls").click()
        section(page, "Organization").get_by_role("combobox", name="Time zone").click()
        section(page, "Phone numbers").get_by_role("button", name="Edit").first.click()
        section(page, "Users").get_by_role("button", name="More for").first.click()
        assert axe_violations(page) == []
        section(page, "Users").get_by_role("button", name="Add a user").click()
        assert axe_violations(page) == []
        page.keyboard.press("Escape")
        section(page, "API tokens").get_by_role("button", name="Make a token").click()
        page.get_by_role("dialog").get_by_label("Name").fill("axe")
        page.get_by_role("dialog").get_by_role("button", name="Make it").click()
        expect(page.get_by_role("group", name="The token")).to_be_visible()
        assert axe_violations(page) == []

        members = office.at("/settings", "grace@example.com", dark=dark, size=size)
        expect(section(members, "Users").get_by_role("listitem").first).to_be_visible()
        assert axe_violations(members) == []
        office.put_pages_away()


STORIES = [the_organization_is_changed_in_one_go, deleting_old_calls_is_warned_of_and_asked_about,
           numbers_are_added_changed_and_removed, an_assistant_is_told_what_to_say_unless_calls_are_put_through, a_user_is_added_with_a_password_that_works, the_last_admin_stays_one,
           people_change_their_own_name_and_password, a_token_works_until_it_is_revoked, the_theme_is_chosen_and_kept,
           a_member_sees_the_settings_and_changes_only_what_is_theirs, settings_are_changed_by_keyboard_alone,
           what_stands_beside_the_page_does_not_move_it, axe_finds_nothing_in_the_settings]

if __name__ == "__main__":
    with Office("settings", services=("api-gateway",)) as office:
        office.add_user("grace@example.com", "Grace Hopper", "member")
        tell(STORIES, office)
