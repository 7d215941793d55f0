// The list of calls without its page: what it keeps, what it asks for, and how what comes in is put into it.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import esbuild from "../../../services/api-gateway/web/node_modules/esbuild/lib/main.js";

process.env.TZ = "Europe/Stockholm";
// The clock of lib/format and the end of what is fresh would keep this program running.
globalThis.setInterval = () => 0;
const later = globalThis.setTimeout;
globalThis.setTimeout = (...what) => later(...what).unref();

const sources = fileURLToPath(new URL("../../../services/api-gateway/web/pages/calls/", import.meta.url));
const { outputFiles: [bundle] } = await esbuild.build({
    stdin: { contents: `export * from "./list"; export * from "./filters";`, resolveDir: sources },
    bundle: true, format: "esm", write: false, preserveSymlinks: true,
});
const { CallList, filtersOf, identityOf, numberIn, queryOf } = await import(`data:text/javascript;base64,${Buffer.from(bundle.contents).toString("base64")}`);

// -- an API with as many calls as a test wants, the newest with the greatest number -----------------------

const START = Date.parse("2026-11-01T00:00:00Z");
let calls, asked;

const callOf = (n) => ({ id: `id-${String(n).padStart(6, "0")}`, created_at: new Date(START + n * 60_000).toISOString().replace("Z", "000Z"), summary: null,
                         steps: [{ step: "record", state: "running" }] });
const timeOf = (call) => Date.parse(call.created_at);
const numberOf = (call) => Number(call.id.slice(3));

globalThis.fetch = async (address, { signal }) => {
    const query = new URL(address, "http://here").searchParams;
    asked.push(query);
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted) throw new DOMException("aborted", "AbortError");
    const limit = Number(query.get("limit"));
    const time = (name, otherwise) => (query.has(name) ? Date.parse(query.get(name)) : otherwise);
    const [from, to, cursor] = [time("from", 0), time("to", Infinity), Number(query.get("cursor") ?? Infinity)];
    const fit = calls.filter((call) => numberOf(call) < cursor && timeOf(call) >= from && timeOf(call) < to);
    const page = fit.slice(0, limit);
    const next = fit.length > limit ? { Link: `</api/calls?cursor=${numberOf(page.at(-1))}&limit=${limit}>; rel="next"` } : {};
    return new Response(JSON.stringify(page), { headers: next });
};

const aList = async (many, filters = {}) => {
    calls = Array.from({ length: many }, (_, i) => callOf(many - i));
    const list = new CallList(filters);
    await settled(list);
    return list;
};
const settled = async () => {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};
const look = async (list, first) => {
    list.look(first, first + 12, first === 0);
    await settled();
};
const scrollTo = async (list, row) => {
    for (let at = list.view[0]; at < row; at += 40) await look(list, at);
    await look(list, row);
};
const comesIn = async (list, ...numbers) => {
    for (const n of numbers) calls.unshift(callOf(n));
    await list.askForNew(new AbortController().signal);
    await settled();
};
const kept = (list) => Array.from({ length: list.length }, (_, i) => list.at(i)).filter(Boolean).length;
const numbers = (list, from, to) => Array.from({ length: to - from }, (_, i) => list.at(from + i)).map((call) => call && numberOf(call));
const descending = (from, to) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

beforeEach(() => (asked = []));

// -- what it keeps ---------------------------------------------------------------------------------------

test("pages come as one scrolls, and those far away are given up", async () => {
    const list = await aList(3000);
    assert.deepEqual([list.length, list.complete], [100, false]); // a page, and one ahead
    await scrollTo(list, 2000);
    assert.deepEqual(numbers(list, 2000, 2010), descending(1000, 991));
    assert.equal(list.at(0), undefined);
    assert.ok(kept(list) < 700, `${kept(list)} calls are kept`);
    await scrollTo(list, 2999);
    assert.deepEqual([list.length, list.complete], [3000, true]);
});

test("what was given up is there again when one scrolls back", async () => {
    const list = await aList(1000);
    await scrollTo(list, 900);
    asked = [];
    await look(list, 300);
    assert.deepEqual(numbers(list, 300, 313), descending(700, 688));
    assert.ok(asked.every((query) => query.has("cursor")) && asked.length <= 5, `${asked.length} questions`);
});

test("its outline is enough to begin it again anywhere", async () => {
    const list = await aList(1000);
    await scrollTo(list, 600);
    const again = new CallList({}, JSON.parse(JSON.stringify(list.outline)));
    asked = [];
    await look(again, 600);
    assert.equal(again.length, list.length);
    assert.deepEqual(numbers(again, 600, 613), descending(400, 388));
    assert.ok(asked.length <= 4, `${asked.length} questions`);
});

// -- what comes in ---------------------------------------------------------------------------------------

test("a new call goes in where one looks at the top", async () => {
    const list = await aList(100);
    await look(list, 0);
    asked = [];
    await comesIn(list, 101, 102);
    assert.deepEqual(numbers(list, 0, 3), [102, 101, 100]);
    assert.equal(list.fresh.get("id-000102"), "new");
    assert.equal(asked.length, 1);
    assert.ok(asked[0].has("from"), "only what is new is asked for");
});

test("it waits while one reads further down, and nothing moves", async () => {
    const list = await aList(200);
    await look(list, 40);
    await comesIn(list, 201, 202);
    assert.equal(list.waiting.length, 2);
    assert.equal(numberOf(list.at(40)), 160);
    assert.equal(list.takeMoved(), 0);
    await look(list, 0);
    assert.deepEqual([list.waiting.length, ...numbers(list, 0, 3)], [0, 202, 201, 200]);
});

test("a top that grew is whole again after it was given up", async () => {
    const list = await aList(600);
    await look(list, 0);
    for (let n = 601; n <= 680; n++) await comesIn(list, n);
    assert.equal(list.length, 50 + 80 + 50);
    await scrollTo(list, 500);
    assert.equal(list.at(0), undefined);
    await comesIn(list, 681);
    assert.equal(list.waiting.length, 1);
    await look(list, 0);
    assert.deepEqual(numbers(list, 0, 131), descending(681, 551));
});

test("where too much came in at once the list begins anew", async () => {
    const list = await aList(200);
    await look(list, 60);
    await comesIn(list, ...Array.from({ length: 150 }, (_, i) => 201 + i));
    assert.ok(list.outdated);
    assert.equal(numberOf(list.at(60)), 140, "what one reads stays until then");
    await look(list, 0);
    assert.deepEqual([list.outdated, ...numbers(list, 0, 3)], [false, 350, 349, 348]);
});

test("with a filter a call that comes to fit it goes in at its place", async () => {
    const list = await aList(100, { failed: "true" });
    const late = calls.splice(10, 1)[0];
    list.doubt();
    await settled();
    assert.deepEqual(numbers(list, 9, 11), [91, 89]);
    await look(list, 0);
    calls.splice(10, 0, late);
    await list.askForNew(new AbortController().signal);
    assert.deepEqual(numbers(list, 9, 12), [91, 90, 89]);
});

// -- what changes ----------------------------------------------------------------------------------------

test("an event shows at once, and the rest is one question for all that stand together", async () => {
    const list = await aList(300);
    await scrollTo(list, 150);
    const [one, other] = [list.at(140), list.at(155)];
    list.hear({ type: "call.recorded", call_id: one.id, step: "record", state: "done" });
    assert.deepEqual(list.at(140).steps, [{ step: "record", state: "done" }]);
    list.hear({ type: "live.ended", call_id: one.id, session_id: "s", reason: "stopped" });
    assert.equal(list.at(140).live, false);
    calls = calls.map((call) => (call.id === other.id ? { ...call, summary: "Said something." } : call));
    asked = [];
    assert.deepEqual(await list.askAgain([other.id, one.id], new AbortController().signal), []);
    assert.equal(asked.length, 1);
    assert.equal(list.at(155).summary, "Said something.");
    assert.equal(list.fresh.get(other.id), "changed");
    assert.equal(numbers(list, 140, 156).length, 16);
});

test("calls that stand far from each other are asked for one after the other", async () => {
    const list = await aList(400);
    await scrollTo(list, 200);
    const [far, near] = [list.at(20).id, list.at(180).id];
    assert.deepEqual(await list.askAgain([near, far], new AbortController().signal), [near]);
});

test("a call that is deleted above the view leaves the view where it was", async () => {
    const list = await aList(300);
    await scrollTo(list, 100);
    const reading = list.at(100);
    const gone = list.at(90).id;
    calls = calls.filter((call) => call.id !== gone);
    list.remove(gone);
    assert.equal(list.takeMoved(), -1);
    assert.equal(list.at(99), reading);
});

test("pages that meet otherwise, because calls were deleted, bring no call twice and lose none", async () => {
    const list = await aList(400);
    await scrollTo(list, 380);
    calls = calls.filter((call) => numberOf(call) % 7 !== 0);
    list.doubt();
    for (let at = 340; at >= 0; at -= 40) await look(list, at);
    list.doubt();
    for (let at = 0; at < 400; at += 20) await look(list, at);
    await look(list, 100);
    const seen = numbers(list, 0, list.length).filter((n) => n !== undefined);
    assert.deepEqual(seen, calls.slice(0, list.length).map(numberOf).filter((n) => seen.includes(n)));
    assert.equal(list.length, calls.length);
});

test("a failure is told, keeps what was there, and is asked again", async () => {
    const list = await aList(300);
    const fetching = globalThis.fetch;
    globalThis.fetch = () => Promise.reject(new TypeError("no network"));
    await look(list, 49);
    assert.ok(list.trouble?.offline);
    assert.equal(list.length, 100); // one page ahead was there
    globalThis.fetch = fetching;
    await look(list, 60);
    assert.equal(list.length, 100, "until somebody wants it");
    list.retry();
    await settled();
    assert.deepEqual([list.trouble, list.length > 100], [undefined, true]);
});

// -- filters ---------------------------------------------------------------------------------------------

test("a day is the day where the person is, and ends with it", () => {
    const { from, to } = queryOf({ from: "2026-03-29", to: "2026-03-29" }); // of 23 hours, in Stockholm
    assert.deepEqual([from, to], ["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]);
    assert.equal(queryOf({ from: "yesterday" }).from, "yesterday", "for the API to refuse");
});

test("an address says its filters in any order, and nothing else", () => {
    const filters = filtersOf(new URLSearchParams("failed=true&q=+refund+&status=&page=3"));
    assert.deepEqual(filters, { failed: "true", q: "refund" });
    assert.equal(identityOf(filters), identityOf(filtersOf(new URLSearchParams("q=refund&failed=true"))));
});

test("a number is taken as people write it", () => {
    assert.equal(numberIn("+1 (555) 123-4567"), "+15551234567");
    assert.equal(numberIn("555"), "555");
    for (const text of ["5", "purple", "555 elephants", "+1234567890123456"]) assert.equal(numberIn(text), null, text);
});
