import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.setInterval = () => 0; // its clock would keep this program running
const { duration, nameOf, phone, position } = await import("../../../services/api-gateway/web/lib/format.ts");

test("a place in a recording is the second in which it is; how long something is, is rounded", () => {
    assert.deepEqual([0, 7552, 59_999, 3_599_999, 3_600_000].map(position), ["0:00", "0:07", "0:59", "59:59", "1:00:00"]);
    assert.deepEqual([0, 7552, 59_999, 3_599_999, 3_600_000].map(duration), ["0:00", "0:08", "1:00", "1:00:00", "1:00:00"]);
    assert.deepEqual([position(-1), duration(-600)], ["0:00", "0:00"]);
});

test("numbers are written in groups, and one that was not told in words", () => {
    assert.equal(phone("+15551234567"), "+1 555 123 4567");
    assert.equal(phone("+46701234567"), "+46 701 234 567");
    assert.equal(phone("sip:alice@example.com"), "sip:alice@example.com");
    assert.equal(phone("anonymous"), "Withheld number");
    const call = { contact_name: null, from_to_number: "anonymous -> +15559876543" };
    assert.equal(nameOf({ ...call, direction: "inbound" }), "Withheld number");
    assert.equal(nameOf({ ...call, direction: "outbound" }), "+1 555 987 6543");
});
