"""The pages and what they are made of: their headers, their encodings, what a browser may keep of them."""
import gzip
import re

from world import World, ask, assert_problem, tell

PAGES = ("/", "/login", "/calls", "/calls/01a20930-25ef-7558-b893-d48c528dedc0", "/todos", "/contacts",
         "/contacts/01a20930-25ef-7558-b893-d48c528dedc0", "/analyzers", "/analyzers/01a20930-25ef-7558-b893-d48c528dedc0",
         "/settings", "/overview")


def assets_of(world):
    return re.findall(r'"(/[^"]+\.(?:js|css|svg))"', world.get("/calls").text)


def policy_of(answer):
    parts = (part.split() for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def every_page_is_the_page_for_everybody(world):
    pages = [world.get(path) for path in PAGES]

    assert {page.status for page in pages} == {200} and len({page.body for page in pages}) == 1
    for page in pages:
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Cache-Control"] == "no-cache" and "Set-Cookie" not in page.headers
    assert_problem(world.get("/calls/a/b"), 404)
    assert_problem(world.get("/nothing"), 404)
    assert_problem(world.post("/calls"), 405)


def an_unknown_address_is_the_page_too_for_who_reads_pages(world):
    page = world.get("/calls")
    for path in ("/nothing", "/calls/a/b", "/calls/", "/call?q=1"):
        lost = world.get(path, Accept="text/html,application/xhtml+xml,*/*;q=0.8", If_None_Match=page.headers["ETag"])
        assert lost.status == 404 and lost.body == page.body and "ETag" not in lost.headers, path
        assert lost.headers["Content-Type"] == page.headers["Content-Type"] and policy_of(lost) == policy_of(page)
        assert lost.headers["Cache-Control"] == "no-store" and lost.headers["Vary"] == "Accept, Accept-Encoding"
        zipped = world.get(path, Accept="text/html", Accept_Encoding="gzip")
        assert zipped.status == 404 and gzip.decompress(zipped.body) == page.body
        for accept in ("*/*", "application/json", "text/html;q=0", ""):
            assert_problem(world.get(path, Accept=accept), 404)
        assert_problem(ask("POST", world.stack.api + path, {}, {"Accept": "text/html"}), 404)
    for path in ("/api", "/api/nothing", "/healthz", "/readyz", "/metrics", "/robots.txt", "/assets/main-00000000.js"):
        assert_problem(world.get(path, Accept="text/html"), 404)
    assert_problem(world.get("/api/calls/none", Authorization=f"Bearer {world.ada.token}", Accept="text/html"), 404)


def a_page_runs_no_script_but_ours_and_stands_in_no_frame(world):
    page = world.get("/calls")
    policy = policy_of(page)

    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert page.headers["X-Content-Type-Options"] == "nosniff" and page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cross-Origin-Opener-Policy"] == page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert re.findall(r"<script(?![^>]* src=)", page.text) == [] and not re.search(r" (style|on\w+)=|<style", page.text)


def assets_are_kept_for_a_year_and_pages_asked_about(world):
    assets = assets_of(world)

    assert len(assets) >= 4
    for path in assets:
        asset = world.get(path)
        kept = asset.headers["Cache-Control"]
        assert asset.status == 200 and ("immutable" in kept) == path.startswith("/assets/"), f"{path}: {kept}"
        assert policy_of(asset)["default-src"] == ["'none'"]
    assert_problem(world.get("/assets/main-00000000.js"), 404)
    assert_problem(world.get("/assets/..%2findex.html"), 404)


def what_a_client_has_is_not_sent_again(world):
    for path in ("/calls", *assets_of(world)):
        first = world.get(path, Accept_Encoding="gzip")
        again = world.get(path, Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])
        other = world.get(path, If_None_Match=first.headers["ETag"])
        assert first.status == 200 and again.status == 304 and again.body == b""
        assert again.headers["ETag"] == first.headers["ETag"] and again.headers["Vary"] == "Accept-Encoding"
        # Bytes as they are have a tag of their own; only what never was compressed has one tag.
        assert other.status == (200 if first.headers["Content-Encoding"] else 304)


def each_client_gets_the_encoding_it_can_read(world):
    (script,) = (path for path in assets_of(world) if "/main-" in path)
    plain, zipped, small = (world.get(script, Accept_Encoding=wanted) for wanted in ("identity", "gzip", "gzip, br"))

    assert "Content-Encoding" not in plain.headers and zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert small.headers["Content-Encoding"] == "br" and len(small.body) < len(zipped.body) < len(plain.body)
    head = ask("HEAD", world.stack.api + script, headers={"Accept-Encoding": "br"})
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) == len(small.body)
    assert {answer.headers["Vary"] for answer in (plain, zipped, small, head)} == {"Accept-Encoding"}


def the_licenses_of_what_is_inside_are_told(world):
    text = world.get("/licenses.txt").text
    assert "preact" in text and "MIT License" in text


if __name__ == "__main__":
    with World("web") as the_world:
        tell((every_page_is_the_page_for_everybody, an_unknown_address_is_the_page_too_for_who_reads_pages, a_page_runs_no_script_but_ours_and_stands_in_no_frame,
              assets_are_kept_for_a_year_and_pages_asked_about, what_a_client_has_is_not_sent_again,
              each_client_gets_the_encoding_it_can_read, the_licenses_of_what_is_inside_are_told), the_world)
