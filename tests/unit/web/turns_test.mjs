import assert from "node:assert/strict";
import { test } from "node:test";
import { findWords, pieces, turnAt } from "../../../services/api-gateway/web/pages/call/turns.ts";

const turn = (id, start_ms, end_ms, text = "") => ({ id, start_ms, end_ms, text });
const idAt = (turns, ms, chosen) => turnAt(turns, ms, chosen)?.id;

test("before the first turn none sounds, and after one it stays marked until the next", () => {
    const turns = [turn("a", 1000, 2000), turn("b", 3000, 4000)];
    assert.deepEqual([0, 999, 1000, 1999, 2500, 3000, 9000].map((ms) => idAt(turns, ms)),
                     [undefined, undefined, "a", "a", "a", "b", "b"]);
    assert.equal(idAt([], 0), undefined);
});

test("of two who speak at once it is the one who began last, or the one that was chosen", () => {
    const turns = [turn("long", 0, 9000), turn("mhm", 2000, 2500), turn("late", 8000, 9000)];
    assert.deepEqual([1000, 2100, 3000, 8500].map((ms) => idAt(turns, ms)), ["long", "mhm", "long", "late"]);
    assert.equal(idAt(turns, 2100, "long"), "long");
    assert.equal(idAt(turns, 9500, "long"), "late", "what was chosen is over");
});

test("among thousands it finds the right one", () => {
    const turns = Array.from({ length: 5000 }, (_, i) => turn(`t${i}`, i * 1000, i * 1000 + 900));
    for (const i of [0, 1, 2500, 4999]) assert.equal(idAt(turns, i * 1000 + 450), `t${i}`);
});

test("words are found in any case and across any space, and signs mean themselves", () => {
    const turns = [turn("a", 0, 1, "Send the  QUOTE. (the quote?)"), turn("b", 1, 2, "No."), turn("c", 2, 3, "The\nquote")];
    assert.deepEqual(findWords(turns, " the quote "), [
        { turn: "a", from: 5, to: 15 }, { turn: "a", from: 18, to: 27 }, { turn: "c", from: 0, to: 9 }]);
    assert.deepEqual(findWords(turns, "(the quote?)").length, 1);
    assert.deepEqual(findWords(turns, "   "), []);
    for (const signs of ["[", "\\", "a{2", "*", "^$", "|", "-", "/"]) assert.deepEqual(findWords(turns, signs), []);
});

test("letters beyond the alphabet keep their places", () => {
    const turns = [turn("a", 0, 1, "İstanbul 👋 straße")];
    const [match] = findWords(turns, "STRAßE");
    assert.equal(turns[0].text.slice(match.from, match.to), "straße");
});

test("the pieces of a text make the text", () => {
    const text = "one two three";
    assert.deepEqual(pieces(text, [{ from: 4, to: 7, number: 3 }]), [{ text: "one " }, { text: "two", number: 3 }, { text: " three" }]);
    assert.deepEqual(pieces(text, [{ from: 0, to: 13, number: 0 }]), [{ text, number: 0 }]);
    assert.deepEqual(pieces(text, []), [{ text }]);
});
