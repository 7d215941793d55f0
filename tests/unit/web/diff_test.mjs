import assert from "node:assert/strict";
import { test } from "node:test";
import { wordCount, wordDiff } from "../../../services/api-gateway/web/pages/call/diff.ts";

const told = (before, after) =>
    wordDiff(before, after).map(({ kind, text }) => ({ same: text, removed: `[-${text}-]`, added: `[+${text}+]` })[kind]).join("");
const side = (pieces, kind) => pieces.filter((piece) => piece.kind === "same" || piece.kind === kind).map(({ text }) => text).join("");

test("equal texts are one piece", () => {
    assert.deepEqual(wordDiff("No issues found.", "No issues found."), [{ kind: "same", text: "No issues found." }]);
    assert.deepEqual(wordDiff("", ""), []);
});

test("a word that was replaced is told, and nothing else", () => {
    assert.equal(told("The caller asks for a refund today.", "The caller asks for an offer today."),
                 "The caller asks for [-a refund -][+an offer +]today.");
});

test("words that came and went are told where they stand", () => {
    assert.equal(told("one two three", "two three four"), "[-one -]two three [+four+]");
    assert.equal(told("", "all of it"), "[+all of it+]");
    assert.equal(told("all of it", ""), "[-all of it-]");
});

test("space is no word, but stays in the text", () => {
    assert.equal(told("one two", "one\n\ntwo"), "one\n\ntwo");
    assert.equal(told("one", "  one "), "  one ");
});

test("both texts can be read from the pieces", () => {
    let seed = 7;
    const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 300; round++) {
        const text = () => Array.from({ length: random(14) }, () => "abcd"[random(4)]).join(" ");
        const [before, after] = [text(), text()];
        const pieces = wordDiff(before, after);
        assert.equal(side(pieces, "added").trim(), after);
        assert.equal(side(pieces, "removed").split(/\s+/).join(" ").trim(), before);
        for (const [i, { kind }] of pieces.entries()) assert.notEqual(kind, pieces[i - 1]?.kind, "neighbours of a kind are one");
    }
});

test("texts too long for the table are told as a whole, at once", () => {
    const words = (word) => Array.from({ length: 20_000 }, (_, i) => `${word}${i}`).join(" ");
    const began = process.cpuUsage(); // of this process alone: what else the machine does is no part of it
    const pieces = wordDiff(`same ${words("a")} end`, `same ${words("b")} end`);
    assert.ok(process.cpuUsage(began).user < 1_000_000);
    assert.deepEqual(pieces.map(({ kind }) => kind), ["same", "removed", "added", "same"]);
    assert.equal(wordCount(pieces[1]), 20_000);
});
