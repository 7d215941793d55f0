// What was said, turn by turn: it follows the sound, seeks on a click, and can be searched.
import { computed } from "@preact/signals";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Deck } from "../../lib/deck";
import { number } from "../../lib/format";
import { useShortcuts } from "../../lib/keys";
import type { Segment } from "../../lib/types";
import { IconButton } from "../../parts/button";
import { Switch } from "../../parts/field";
import { anchorOf, type Reading } from "./reading";
import { Turn, type NumberedMatch } from "./turn";
import { findWords, turnAt, type Match } from "./turns";

const MANY = 200; // turns; so many are not drawn before they come into sight

interface TranscriptProps {
    segments: readonly Segment[];
    deck: Deck | null;
    reading: Reading;
}

// The turn that sounds. As the time passes nothing is drawn anew until it is another one.
function useSounding(segments: readonly Segment[], deck: Deck | null, reading: Reading): string | null {
    const sounding = useMemo(
        () => computed(() => {
            if (!deck || (!deck.playing.value && deck.time.value === 0)) return null;
            return turnAt(segments, deck.time.value * 1000, reading.chosen.value)?.id ?? null;
        }),
        [segments, deck],
    );
    return sounding.value;
}

export function Transcript({ segments, deck, reading, search }: TranscriptProps & { search: Search }) {
    const sounding = useSounding(segments, deck, reading);
    const marked = reading.marked.value;
    const [stop, setStop] = useState<string | null>(null);
    useFollowing(sounding, deck, reading);

    useEffect(() => {
        if (!marked) return;
        bring(elementOf(marked.id));
        elementOf(marked.id)?.querySelector("a")?.focus({ preventScroll: true });
    }, [marked]);

    const play = useCallback(
        (turn: string, startMs: number) => {
            reading.chosen.value = turn;
            reading.followAgain();
            deck?.play(startMs);
        },
        [deck],
    );
    const walk = (event: KeyboardEvent) => {
        const here = (event.target as Element).closest("li");
        const list = here?.parentElement;
        const to = { ArrowDown: here?.nextElementSibling, ArrowUp: here?.previousElementSibling,
                     Home: list?.firstElementChild, End: list?.lastElementChild }[event.key];
        if (!to) return;
        event.preventDefault();
        to.querySelector("a")?.focus();
    };
    const tabbable = stop ?? sounding ?? segments[0]?.id;
    return (
        <ol class={segments.length > MANY ? "turns many" : "turns"} onKeyDown={walk} onFocusIn={(event) => setStop(turnOf(event.target))}>
            {segments.map(({ id, role, start_ms, text }, i) => (
                <Turn key={id} id={id} role={role} startMs={start_ms} text={text} playable={deck !== null} onPlay={play}
                      named={segments[i - 1]?.role !== role} sounding={id === sounding} marked={id === marked?.id}
                      tabbable={id === tabbable} matches={search.byTurn.get(id)}
                      current={search.current?.turn === id ? search.at : -1} />
            ))}
        </ol>
    );
}

// -- following the sound -------------------------------------------------------------------------------

const SCROLLING = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"]);

function useFollowing(sounding: string | null, deck: Deck | null, reading: Reading): void {
    const playing = deck?.playing.value ?? false;
    const following = reading.following.value;

    useEffect(() => {
        const element = sounding && playing && following ? elementOf(sounding) : null;
        if (element && !isComfortable(element)) bring(element);
    }, [sounding, playing, following]);

    // Who scrolls by hand wants to read somewhere else.
    useEffect(() => {
        if (!playing) return;
        const onMove = (event: Event) => {
            const beside = event.target instanceof Element && event.target.closest(".came, dialog, select, input, textarea");
            const scrolls = !(event instanceof KeyboardEvent) || SCROLLING.has(event.key);
            if (scrolls && !beside) reading.letGo();
        };
        const kinds = ["wheel", "touchmove", "keydown"];
        for (const kind of kinds) addEventListener(kind, onMove, { passive: true });
        return () => kinds.forEach((kind) => removeEventListener(kind, onMove));
    }, [playing]);
}

// Neither hidden nor so near to the edge that the next one would be.
function isComfortable(element: Element): boolean {
    const { top, bottom } = element.getBoundingClientRect();
    return top > innerHeight * 0.3 && bottom < innerHeight * 0.7;
}

function bring(element: Element | null): void {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element?.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
}

function elementOf(turn: string): HTMLElement | null {
    return document.getElementById(anchorOf(turn));
}

function turnOf(target: EventTarget | null): string | null {
    const item = target instanceof Element ? target.closest("li") : null;
    return item ? item.id.slice(anchorOf("").length) : null;
}

// -- search --------------------------------------------------------------------------------------------

export interface Search {
    words: string;
    setWords: (words: string) => void;
    matches: Match[];
    byTurn: Map<string, NumberedMatch[]>;
    /** Which of the matches is looked at. */
    at: number;
    current: Match | undefined;
    /** To the next one (1) or the one before (-1), around the ends. */
    go: (by: 1 | -1) => void;
}

export function useSearch(segments: readonly Segment[], reading: Reading): Search {
    const [words, setWords] = useState("");
    const [wanted, setAt] = useState(0);
    const matches = useMemo(() => findWords(segments, words), [segments, words]);
    const at = Math.min(wanted, Math.max(matches.length - 1, 0));
    const byTurn = useMemo(() => {
        const found = new Map<string, NumberedMatch[]>();
        for (const [number, { turn, from, to }] of matches.entries()) {
            if (!found.has(turn)) found.set(turn, []);
            found.get(turn)?.push({ from, to, number });
        }
        return found;
    }, [matches]);

    useEffect(() => {
        if (!words.trim() || !matches.length) return;
        reading.letGo();
        bring(document.querySelector(".turns mark.current"));
    }, [words, at]);

    return {
        words, matches, byTurn, at, current: matches[at],
        setWords: (next) => {
            setWords(next);
            setAt(0);
        },
        go: (by) => setAt(matches.length ? (at + by + matches.length) % matches.length : 0),
    };
}

export function Tools({ search, deck, reading }: { search: Search; deck: Deck | null; reading: Reading }) {
    const input = useRef<HTMLInputElement>(null);
    const startSearch = () => {
        input.current?.focus();
        input.current?.select();
    };
    useShortcuts("Transcript", [
        { keys: "/", label: "Search in it", run: startSearch },
        ...(deck ? [{ keys: "f", label: "Follow the sound, or not", run: () => reading.follow(!reading.following.peek()) }] : []),
    ]);
    const { matches, words } = search;
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key === "Enter") search.go(event.shiftKey ? -1 : 1);
        else if (event.key === "Escape" && words) search.setWords("");
        else return;
        event.preventDefault();
    };
    return (
        <div class="tools">
            <search class="within">
                <div class="words">
                    <input ref={input} type="search" aria-label="Search in the transcript" placeholder="Search in the transcript"
                           value={words} onInput={(event) => search.setWords(event.currentTarget.value)} onKeyDown={onKeyDown} />
                    <p class="count small muted numbers" role="status">
                        {words.trim() && (matches.length ? `${number(search.at + 1)} of ${number(matches.length)}` : "Not found")}
                    </p>
                </div>
                {matches.length > 0 && (
                    <>
                        <IconButton icon="up" label="Previous match" onClick={() => search.go(-1)} />
                        <IconButton icon="down" label="Next match" onClick={() => search.go(1)} />
                    </>
                )}
            </search>
            {deck && <Switch label="Follow" on={reading.following.value} onChange={(on) => reading.follow(on)} />}
        </div>
    );
}
