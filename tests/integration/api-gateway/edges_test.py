"""What no generator says (schemathesis_test.py has the rest): bytes that are no JSON or no text, ids and queries at the edge
of their forms, other methods, other types. Every operation of the contract hears all of it."""
import json
import uuid

from schemathesis_ground import fill, ids
from world import PASSWORD, Contract, World, assert_problem, digest, tell
from stack import Answer  # world.py has put its folder on the path

METHODS = ("get", "post", "put", "patch", "delete")
LEFT_OUT = {
    "streamEvents",  # has no end; live_test.py reads it
    "logIn",         # needs no credential; sessions_test.py
    "logOut",        # ends the session that asks; sessions_test.py
    "deleteCall",    # takes away what the others ask for; schemathesis_test.py deletes
}
TABLE_OF = {"calls": "call", "analyzers": "analyzer", "contacts": "contact", "todos": "todo", "users": "app_user",
            "phone-numbers": "phone_number", "tokens": "api_token"}

TEXTS = ("", " ", "\t\n", "a" * 300, "a" * 9000, "\x00", "a\x00b", "\x7f\x01", "\u202egnp.exe", "\ufeff", "\U0001f600" * 50,
         "'; DROP TABLE call; --", "%", "\\", "<script>", "\ud800", "\udfff\ud800", "infinity", "NaN", "null", "-0")
NUMBERS = ("0", "-1", "1e3", "5.0", "5.5", "1e400", "-1e400", "9223372036854775807", "9223372036854775808", "1" * 400,
           "0x10", "1_000", "+5", " 5", "٣")
TIMES = ("0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "-0001-01-01", "2026-02-29", "2026-11-23T", "infinity",
         "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60-23:59", "2016-12-31T23:59:60Z", "2026-11-23T15:36:00",
         "2026-11-23T15:36:00+24:00", "1e9", "294277-01-01", "20261123")
PATH_IDS = ("%00", "%2e%2e", "..%2f..%2fetc%2fpasswd", "0" * 36, "g" * 36, "%30" * 36, "-" * 36, "a" * 8000, "%ff", "%zz",
            "%", "null", "{id}", "00000000-0000-0000-0000-000000000000%20", "00000000-0000-0000-0000-00000000000G")
BODIES = (b"", b" ", b"null", b"true", b"5", b'""', b"[]", b"[{}]", b"{", b"{}x", b"{'a':1}", b'{"a":1,}', b'{"a":1,"a":1}',
          b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"\xff":1}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\\ud800"}',
          b'{"\\u0000":1}', b'{"a":"\\u0000"}', b'{"a":1e400}', b"[" * 900, b'{"a":' * 900, b"\x00", b'{"":{}}')
TYPES = ("", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "json", "*/*",
         "application/json2", "application/json, text/plain", "application/problem+json", ";", "\u00e4")
ACCEPTS = ("", "*", "image/png", "text/html;q=0", "application/json;q=2", ";;;", "application/xml, */*;q=0.0001", "a" * 4000)


class Operations:
    """Every operation with a request that fits it."""

    def __init__(self, world):
        self.world, self.contract, self.connection = world, Contract(world), world.connect()
        self.headers = {"Authorization": f"Bearer {world.ada.token}"}
        self.ids = {table: ids(world.ada, table) for table in set(TABLE_OF.values())}

    def __iter__(self):
        for path, item in self.contract.root["paths"].items():
            for method in METHODS:
                if method in item and item[method]["operationId"] not in LEFT_OUT:
                    shared = item.get("parameters", [])
                    parameters = [self.contract.resolve(p) for p in (*shared, *item[method].get("parameters", []))]
                    yield method.upper(), path, parameters, item[method]

    def address(self, path):
        table = TABLE_OF.get(path.split("/")[2])
        return path.format(id=self.ids[table][-1] if "{id}" in path else "", step="record")

    def send(self, method, address, body=None, **headers):
        """One request, on the one connection as long as it lasts."""
        self.connection.request(method, address, body, {**self.headers, **headers})
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    def ask(self, method, path, address, body=None, **headers):
        """Sends it, and holds the answer to the contract."""
        answer = self.send(method, address, body, **headers)
        where = f"{method} {address[:200]} {body if body is None else body[:200]} {headers}"
        assert answer.status < 500, f"{where}: {answer.status} {answer.text}"
        try:
            self.contract.check(method, path, answer)
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from None
        return answer

    def body_schema(self, operation):
        content = self.contract.resolve(operation.get("requestBody", {})).get("content", {})
        return self.contract.resolve(content["application/json"]["schema"]) if "application/json" in content else None

    def right(self, schema):
        """A body with what the schema requires, that could be taken."""
        new = uuid.uuid4()
        values = {"call_id": self.ids["call"][0], "name": f"Edge {new}", "prompt": "Why?", "title": "Edge",
                  "number": f"+1{new.int % 10**12:012}", "email": f"{new}@example.com", "password": PASSWORD}
        return {name: values[name] for name in schema.get("required", ())}


def ids_that_are_none_are_not_found(world):
    operations = Operations(world)
    for method, path, _, _ in operations:
        if "{id}" in path:
            for text in PATH_IDS:
                answer = operations.ask(method, path, path.format(id=text, step="record"))
                assert_problem(answer, answer.status)
                assert answer.status in (400, 404, 409, 415), f"{method} {path} {text}: {answer.status}"


def queries_at_the_edge_are_taken_or_refused(world):
    operations = Operations(world)
    for method, path, parameters, _ in operations:
        address = operations.address(path)
        many = "&".join(f"f{n}=" for n in range(200))
        for raw in ("%00", "a=%00", "a=%ff", "a=%zz", "%", "a=1&a=2", "=", "&&&", "a" * 8000, many):
            operations.ask(method, path, f"{address}?{raw}")
        for name in [p["name"] for p in parameters if p["in"] == "query"]:
            assert operations.ask(method, path, f"{address}?{name}=1&{name}=1").status in (400, 415)
            for text in (*TEXTS, *NUMBERS, *TIMES):
                operations.ask(method, path, f"{address}?{name}={quote(text)}")


def quote(text):
    """Percent-encoded, a lone surrogate as the bytes that it would be."""
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def bodies_that_are_none_are_refused(world):
    operations = Operations(world)
    before = digest(world.stack)
    for method, path, _, operation in operations:
        if not operations.body_schema(operation):
            continue
        address = operations.address(path)
        for body in BODIES:
            answer = operations.ask(method, path, address, body, **{"Content-Type": "application/json"})
            assert_problem(answer, 400)
        for kind in TYPES:
            answer = operations.ask(method, path, address, b"{}", **{"Content-Type": kind.encode().decode("latin-1")})
            assert answer.status in (400, 415), f"{method} {path} as {kind!r}: {answer.status}"
        assert_problem(operations.ask(method, path, address, b" " * 270_000, **{"Content-Type": "application/json"}), 413)
    assert digest(world.stack) == before, "what was refused changed something"


def fields_at_the_edge_are_taken_or_refused(world):
    operations = Operations(world)
    asked = 0
    for method, path, _, operation in operations:
        schema = operations.body_schema(operation)
        for name in schema["properties"] if schema else ():
            for value in (*(json.dumps(t) for t in (*TEXTS, *TIMES)), *NUMBERS, "[]", "{}", "null", "[[]]", '{"a":"b"}'):
                text = json.dumps({**operations.right(schema), name: "@"}).replace('"@"', value)
                operations.ask(method, path, operations.address(path), text.encode("utf-8", "surrogatepass"),
                               **{"Content-Type": "application/json"})
                asked += 1
    assert asked > 100


def other_methods_are_named_what_there_is(world):
    operations = Operations(world)
    for path, item in operations.contract.root["paths"].items():
        there = {m.upper() for m in item if m in METHODS}
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X"} - there:
            answer = operations.send(method, operations.address(path))
            assert_problem(answer, 405)
            assert set(answer.headers["Allow"].split(", ")) == there | ({"HEAD"} if "GET" in there else set())


def a_head_is_the_get_without_its_body(world):
    operations = Operations(world)
    for method, path, _, operation in operations:
        if method == "GET":
            address = operations.address(path)
            get, head = (operations.send(m, address) for m in ("GET", "HEAD"))
            assert (head.status, head.headers["Content-Type"]) == (get.status, get.headers["Content-Type"]), address
            assert head.body == b""


def what_is_accepted_does_not_matter(world):
    operations = Operations(world)
    for method, path, _, _ in operations:
        if method == "GET":
            usual = operations.ask(method, path, operations.address(path)).headers["Content-Type"]
            for accept in ACCEPTS:
                answer = operations.ask(method, path, operations.address(path), Accept=accept)
                assert answer.headers["Content-Type"] == usual, f"{path} with Accept: {accept[:40]}"


STORIES = (ids_that_are_none_are_not_found, queries_at_the_edge_are_taken_or_refused, bodies_that_are_none_are_refused,
           fields_at_the_edge_are_taken_or_refused, other_methods_are_named_what_there_is,
           a_head_is_the_get_without_its_body, what_is_accepted_does_not_matter)

if __name__ == "__main__":
    with World("api-edges") as the_world:
        fill(the_world.ada)
        tell(STORIES, the_world)
