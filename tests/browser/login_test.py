"""Logging in and out, and coming back to where one was."""
from office import PASSWORD, PHONE, Office, axe_violations, expect, tell


def log_in(page, email="ada@example.com", password=PASSWORD):
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def a_visitor_is_asked_to_log_in_and_led_back(office):
    page = office.visitor("/contacts?q=ada")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    log_in(page)
    expect(page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()
    page.wait_for_url("**/contacts?q=ada")


def a_wrong_password_is_told_and_can_be_mended(office):
    page = office.visitor("/login")
    log_in(page, password="wrong horse")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    log_in(page)
    expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()


def a_session_that_ended_leads_back_to_the_same_place(office):
    page = office.at("/todos")
    expect(page.get_by_role("heading", name="To-dos", level=1)).to_be_visible()
    office.stack.execute("DELETE FROM session WHERE user_id = (SELECT id FROM app_user WHERE email = 'ada@example.com')")
    page.get_by_role("link", name="Contacts").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    log_in(page)
    expect(page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()


def logging_out_ends_the_session(office):
    page = office.at("/calls")
    page.get_by_role("button", name="Ada Lovelace").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    assert page.request.get(office.stack.api + "/api/session").status == 401


def an_unknown_address_says_so_and_leads_on(office):
    page = office.at("/calls")
    assert page.goto(office.stack.api + "/invoices").status == 404
    expect(page.get_by_role("heading", name="No such page", level=1)).to_be_visible()
    page.get_by_role("link", name="To the calls").click()
    expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()


def axe_finds_nothing_on_the_log_in_page(office):
    for dark in (False, True):
        for size in (PHONE, None):
            page = office.visitor("/login", dark=dark, **({"size": size} if size else {}))
            expect(page.get_by_role("button", name="Log in")).to_be_visible()
            assert axe_violations(page) == []


STORIES = [a_visitor_is_asked_to_log_in_and_led_back, a_wrong_password_is_told_and_can_be_mended,
           a_session_that_ended_leads_back_to_the_same_place, logging_out_ends_the_session,
           an_unknown_address_says_so_and_leads_on, axe_finds_nothing_on_the_log_in_page]

if __name__ == "__main__":
    with Office("login", services=("api-gateway",)) as office:
        tell(STORIES, office)
