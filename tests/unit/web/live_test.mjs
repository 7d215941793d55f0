import assert from "node:assert/strict";
import { test } from "node:test";
import { TURNS_MAX, isNext, isTrouble, openSession, reasonText, withHeard } from "../../../services/api-gateway/web/pages/call/live.ts";

const turn = (position, session = "s", text = `turn ${position}`) => (
    { id: `${session}${position}`, position, role: "caller", start_ms: position * 1000, end_ms: position * 1000 + 900, text, interrupted: false });
const spoken = (position, session = "s") => {
    const { id, ...rest } = turn(position, session);
    return { turn_id: id, session_id: session, call_id: "c", ...rest };
};
const session = (id, turns, more = {}) => ({ id, ended_at: null, reason: null, turns, ...more });
const callOf = (...sessions) => ({ id: "c", live: true, live_sessions: sessions });
const idsOf = (call) => call.live_sessions.map(({ turns }) => turns.map(({ id }) => id));

test("what is heard stands behind what is known, as the API would give it", () => {
    const call = callOf(session("s", [turn(0)]));
    const now = withHeard(call, [spoken(1), spoken(2)]);
    assert.deepEqual(now.live_sessions[0].turns, [turn(0), turn(1), turn(2)]);
    assert.deepEqual(idsOf(call), [["s0"]], "what was known is not touched");
    assert.equal(now.live_sessions[0].turns[0], call.live_sessions[0].turns[0], "nor drawn anew");
});

test("what was told twice, or is in the answer by now, is there once", () => {
    const call = callOf(session("s", [turn(0), turn(1)]));
    assert.deepEqual(idsOf(withHeard(call, [spoken(1), spoken(2), spoken(2)])), [["s0", "s1", "s2"]]);
    assert.equal(withHeard(call, [spoken(0), spoken(1)]), call, "nothing new is the same call");
    assert.equal(withHeard(call, []), call);
});

test("an answer that is older than what was heard loses nothing", () => {
    const heard = [spoken(2), spoken(3)];
    for (const known of [0, 1, 2, 3, 4]) {
        const call = callOf(session("s", Array.from({ length: known }, (_, i) => turn(i))));
        const ids = idsOf(withHeard(call, heard))[0];
        assert.deepEqual(ids, ["s0", "s1", "s2", "s3"].filter((id, i) => i < known || i >= 2), `${known} known`);
    }
});

test("turns find their session, in the order in which they ended", () => {
    const call = callOf(session("a", [turn(0, "a")]), session("b", []));
    assert.deepEqual(idsOf(withHeard(call, [spoken(1, "b"), spoken(0, "b"), spoken(1, "a"), spoken(0, "unknown")])), [["a0", "a1"], ["b0", "b1"]]);
});

test("no more are kept than the API gives, the oldest go first", () => {
    const call = callOf(session("a", [turn(0, "a"), turn(1, "a")]), session("b", Array.from({ length: TURNS_MAX - 3 }, (_, i) => turn(i, "b"))));
    const next = TURNS_MAX - 3;
    assert.deepEqual(idsOf(withHeard(call, [spoken(next, "b")]))[0], ["a0", "a1"]);
    assert.deepEqual(idsOf(withHeard(call, [spoken(next, "b"), spoken(next + 1, "b")]))[0], ["a1"]);
    const [a, b] = idsOf(withHeard(call, [0, 1, 2, 3].map((i) => spoken(next + i, "b"))));
    assert.deepEqual([a, b[0], b.length], [[], "b1", TURNS_MAX]);
});

test("a turn that follows nothing that is known shows that some were missed", () => {
    const sessions = [session("s", [turn(0), turn(1)]), session("new", [])];
    assert.deepEqual([0, 1, 2, 3, 9].map((position) => isNext(sessions, spoken(position))), [true, true, true, false, false]);
    assert.deepEqual([0, 1].map((position) => isNext(sessions, spoken(position, "new"))), [true, false]);
    assert.equal(isNext(sessions, spoken(0, "unknown")), false);
});

test("the session that goes on is the last one, if that has not ended", () => {
    const ended = session("a", [], { ended_at: "2026-11-23T10:00:00Z", reason: "lost" });
    assert.equal(openSession([ended, session("b", [])])?.id, "b");
    assert.equal(openSession([ended]), undefined);
    assert.equal(openSession([]), undefined);
});

test("every reason has its words, also one that came later than these", () => {
    const all = ["stopped", "closed", "silent", "stream-error", "call-ended", "hung-up", "forwarded", "model-lost", "time-limit", "shutdown",
                 "lost", "refused"];
    for (const reason of all) assert.match(reasonText(reason), /^[A-Z][^:]*(: [^:]+)?\.$/u, reason);
    assert.deepEqual(all.filter((reason) => !isTrouble(reason)), ["stopped", "call-ended", "hung-up", "forwarded"]);
    assert.equal(reasonText("struck-by-lightning"), "It ended: struck-by-lightning.");
});
