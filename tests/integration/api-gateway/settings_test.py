"""An organization's settings: shown to all of its people, changed by its admins, and never another one's."""
from world import Contract, World, assert_problem, tell

PATH = "/api/settings"


def answers_are_as_described(world):
    contract = Contract(world)
    contract.check("GET", PATH, world.ada.get(PATH))
    for body in ({"name": "Ada & Co"}, {"report_recipients": []}, {"retention_days": 30}, {"time_zone": "Asia/Kolkata"}):
        contract.check("PATCH", PATH, world.ada.patch(PATH, body))


def a_change_keeps_what_it_does_not_name(world):
    all_of_it = {"name": "Ada's", "report_recipients": ["team@example.com", "o'neill+x@example.com"], "retention_days": 90,
                 "time_zone": "Europe/Stockholm"}
    assert world.ada.patch(PATH, all_of_it).json == all_of_it
    for change in ({"name": "é" * 100}, {"report_recipients": []}, {"retention_days": None}, {"time_zone": "UTC"}):
        all_of_it = {**all_of_it, **change}
        assert world.ada.patch(PATH, change).json == all_of_it == world.ada.get(PATH).json


def nobody_elses_settings_change(world):
    before = world.eve.get(PATH).json
    world.ada.patch(PATH, {"name": "Only mine", "retention_days": 1, "report_recipients": ["a@b"], "time_zone": "Asia/Tokyo"})
    assert world.eve.get(PATH).json == before


def what_does_not_fit_is_refused_with_its_name(world):
    before = world.ada.get(PATH).json
    for body, word in (({}, "fields"), ({"name": ""}, "name"), ({"name": None}, "name"), ({"name": "x" * 101}, "name"),
                       ({"report_recipients": "a@b"}, "report_recipients"), ({"report_recipients": [""]}, "report_recipients"),
                       ({"report_recipients": ["a@b"] * 51}, "50"), ({"report_recipients": ["nobody"]}, "e-mail"),
                       ({"report_recipients": ["Ada <a@b>"]}, "e-mail"), ({"report_recipients": ["a@b\r\nBcc: c@d"]}, "e-mail"),
                       ({"report_recipients": ["é@example.com"]}, "e-mail"),
                       ({"retention_days": 0}, "36500"), ({"retention_days": 36501}, "36500"), ({"retention_days": 1.5}, "36500"),
                       ({"retention_days": 10**30}, "object"), ({"time_zone": "Middle/Earth"}, "time_zone"),
                       ({"time_zone": "europe/stockholm"}, "time_zone"), ({"time_zone": "UTC+1"}, "time_zone"),
                       ({"time_zone": ""}, "time_zone"), ({"created_at": "2026-01-01T00:00:00Z"}, "fields")):
        answer = world.ada.patch(PATH, body)
        assert_problem(answer, 400)
        assert word in answer.json["detail"], answer.text
    assert world.ada.get(PATH).json == before


def only_admins_change_settings(world):
    member = world.ada.member("grace@example.com")
    before = member.get(PATH).json
    assert_problem(member.patch(PATH, {"retention_days": 1}), 403)
    assert member.get(PATH).json == before


STORIES = [answers_are_as_described, a_change_keeps_what_it_does_not_name, nobody_elses_settings_change,
           what_does_not_fit_is_refused_with_its_name, only_admins_change_settings]

if __name__ == "__main__":
    with World("settings") as world:
        tell(STORIES, world)
