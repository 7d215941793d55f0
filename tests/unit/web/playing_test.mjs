import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import esbuild from "../../../services/api-gateway/web/node_modules/esbuild/lib/main.js";

// As much of an <audio> as a deck asks of one; like a browser's it tells what happened a moment later.
class FakeAudio extends EventTarget {
    paused = true;
    currentTime = 0;
    duration = NaN;
    volume = 1;
    muted = false;

    play() {
        if (!this.paused) return Promise.resolve();
        this.paused = false;
        return this.later("play");
    }

    pause() {
        if (this.paused) return;
        this.paused = true;
        void this.later("pause");
    }

    later(kind) {
        return Promise.resolve().then(() => void this.dispatchEvent(new Event(kind)));
    }

    load() {}
    removeAttribute() {}
}
globalThis.Audio = FakeAudio;

const sources = fileURLToPath(new URL("../../../services/api-gateway/web/pages/call/", import.meta.url));
const { outputFiles: [bundle] } = await esbuild.build({
    stdin: { contents: `export * from "./playing"; export * from "../../lib/deck"; export { signal } from "@preact/signals";`, resolveDir: sources },
    bundle: true, format: "esm", write: false, preserveSymlinks: true,
});
const { Deck, PLAYING_SID, changeRate, rate, setRate, signal } = await import(`data:text/javascript;base64,${Buffer.from(bundle.contents).toString("base64")}`);

const decks = [];
const deck = (sid, playingSid = PLAYING_SID) => {
    decks.push(new Deck(playingSid, { id: sid, call_sid: sid, duration_ms: 60_000 }));
    return decks.at(-1);
};
const settled = () => new Promise((resolve) => setTimeout(resolve));

afterEach(async () => {
    for (const one of decks.splice(0)) one.close();
    await settled();
    assert.equal(PLAYING_SID.value, null, "who is closed plays no more");
});

test("starting one stops the other one", async () => {
    const [one, other] = [deck("CA1"), deck("CA2")];
    one.play();
    await settled();
    assert.deepEqual([PLAYING_SID.value, one.audio.paused, other.audio.paused], ["CA1", false, true]);
    other.play();
    await settled();
    assert.deepEqual([PLAYING_SID.value, one.audio.paused, other.audio.paused], ["CA2", true, false]);
    one.pause();
    assert.equal(PLAYING_SID.value, "CA2", "who does not play stops nobody");
});

test("decks of different signals know nothing of each other", async () => {
    const list = signal(null);
    const [heard, read] = [deck("CA1", list), deck("CA2")];
    heard.play();
    read.play();
    await settled();
    assert.deepEqual([list.value, PLAYING_SID.value, heard.audio.paused, read.audio.paused], ["CA1", "CA2", false, false]);
    read.pause();
    assert.deepEqual([list.value, PLAYING_SID.value], ["CA1", null]);
});

test("the signal alone starts and stops", async () => {
    const one = deck("CA1");
    PLAYING_SID.value = "CA1";
    assert.deepEqual([one.playing.value, one.audio.paused], [true, false]);
    await settled();
    PLAYING_SID.value = null;
    assert.deepEqual([one.playing.value, one.audio.paused], [false, true]);
});

test("what the browser plays and pauses by itself is told", async () => {
    const one = deck("CA1");
    await one.audio.play();
    assert.equal(PLAYING_SID.value, "CA1");
    one.audio.pause();
    await settled();
    assert.equal(PLAYING_SID.value, null);
});

test("a pause right behind the start holds", async () => {
    const one = deck("CA1");
    one.play();
    one.pause();
    await settled();
    assert.deepEqual([PLAYING_SID.value, one.audio.paused], [null, true]);
});

test("a browser that refuses to play is believed", async () => {
    const one = deck("CA1");
    one.audio.play = () => Promise.reject(new DOMException("click first", "NotAllowedError"));
    one.play();
    await settled();
    assert.equal(PLAYING_SID.value, null);
});

test("one seeks within the recording only", () => {
    const one = deck("CA1");
    one.skip(-10);
    assert.equal(one.audio.currentTime, 0);
    one.skip(10);
    assert.equal(one.audio.currentTime, 10);
    one.seek(1000);
    assert.equal(one.audio.currentTime, 60);
    one.play(5000);
    assert.deepEqual([one.audio.currentTime, one.time.value], [5, 5]);
});

test("the speed has its ends", () => {
    setRate(1.75);
    changeRate(1);
    changeRate(1);
    assert.equal(rate.value, 2);
    setRate(0.75);
    changeRate(-1);
    assert.equal(rate.value, 0.75);
    setRate(1);
});

test("no sound is no volume", () => {
    const one = deck("CA1");
    one.setVolume(0);
    assert.equal(one.audio.muted, true);
    one.toggleMute();
    assert.deepEqual([one.audio.muted, one.audio.volume], [false, 1]);
});
