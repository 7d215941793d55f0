// The rows about the view, each where it stands in a list as high as all of them. Rows are of one height, which the
// style sets and this measures; so any number of calls costs as much as those that are seen.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { toggle, track } from "../../lib/playing";
import { arrival, navigate } from "../../lib/router";
import type { CallList } from "./list";
import { Row } from "./row";

const OVERSCAN = 6;
let rowHeight = 0; // as measured last

/** What keys do, wherever the focus is. */
export interface RowsHandle {
    step: (by: number) => void;
    enter: () => void;
    /** To the first row, with what waits there. */
    top: () => void;
    open: () => void;
    play: () => void;
}

export function Rows({ list, handle }: { list: CallList; handle: { current: RowsHandle | null } }) {
    const rows = useRef<HTMLUListElement>(null);
    const ruler = useRef<HTMLDivElement>(null);
    const [height, setHeight] = useState(rowHeight);
    const [[first, last], setView] = useState(list.view);
    const wanted = useRef<number | null>(null); // the row that is to have the focus once it is there
    list.version.value; // what it counts is drawn here

    const look = () => {
        if (!rows.current || !rowHeight) return;
        const { top } = rows.current.getBoundingClientRect();
        const from = Math.min(Math.max(0, Math.floor(-top / rowHeight)), Math.max(0, list.length - 1));
        const to = Math.max(from, Math.ceil((innerHeight - top) / rowHeight) - 1);
        list.look(from, to, top > scrollInset() - rowHeight / 2);
        setView((now) => (now[0] === from && now[1] === to ? now : [from, to]));
    };

    useLayoutEffect(() => {
        let frame = 0;
        const soon = () => (frame ||= requestAnimationFrame(() => { frame = 0; look(); }));
        const measured = new ResizeObserver(() => {
            const now = ruler.current?.offsetHeight ?? 0;
            if (!now) return;
            // Another shape of rows: the same row stays at the top.
            if (rowHeight && now !== rowHeight && list.view[0]) scrollBy(0, list.view[0] * (now - rowHeight));
            rowHeight = now;
            setHeight(now);
            soon();
        });
        if (ruler.current) measured.observe(ruler.current);
        addEventListener("scroll", soon, { passive: true });
        addEventListener("resize", soon);
        soon(); // not at once: one may come back to a place further down, which the route restores first
        return () => {
            cancelAnimationFrame(frame);
            measured.disconnect();
            removeEventListener("scroll", soon);
            removeEventListener("resize", soon);
        };
    }, [list]);

    // Back from a call: the focus is where it was.
    useLayoutEffect(() => {
        if (arrival.peek() === "back") linkAt(list.current === null ? -1 : list.indexOf(list.current))?.focus({ preventScroll: true });
        else list.moveTo(null);
    }, [list]);

    useLayoutEffect(() => {
        const moved = list.takeMoved();
        if (moved) scrollBy(0, moved * rowHeight);
        if (wanted.current === null) return;
        const link = linkAt(wanted.current);
        if (!link) return;
        wanted.current = null;
        link.focus({ preventScroll: true });
    });

    const linkAt = (index: number) => rows.current?.querySelector<HTMLElement>(`[aria-posinset="${index + 1}"] > a`);

    const goTo = (index: number) => {
        const to = Math.min(Math.max(0, index), list.length - 1);
        if (to < 0 || !rows.current) return;
        reveal(rows.current.getBoundingClientRect().top + to * rowHeight, rowHeight);
        wanted.current = to;
        look();
        list.moveTo(list.at(to)?.id ?? null);
        linkAt(to)?.focus({ preventScroll: true });
    };
    const here = list.current === null ? -1 : list.indexOf(list.current);
    const step = (by: number) => goTo(here >= first && here <= last ? here + by : firstSeen(rows.current));

    const playHere = () => {
        const call = here < 0 ? track.value?.call : list.at(here);
        if (call?.has_recording) toggle(call);
    };
    useLayoutEffect(() => {
        handle.current = {
            step,
            enter: () => goTo(here >= first && here <= last ? here : firstSeen(rows.current)),
            top: () => {
                scrollTo(0, 0);
                list.takeIn();
                goTo(0);
            },
            open: () => list.current && void navigate(`/calls/${list.current}`),
            play: playHere,
        };
        return () => void (handle.current = null);
    });

    // What lib/keys leaves to links and buttons, and what moves only from within the list.
    const onKeyDown = (event: KeyboardEvent) => {
        const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
        const onLink = event.target instanceof HTMLAnchorElement;
        if (plain && event.key === "ArrowDown") goTo(here + 1);
        else if (plain && event.key === "ArrowUp") goTo(here - 1);
        else if (plain && event.key === "Home") goTo(0);
        else if (plain && event.key === "End") goTo(list.length - 1);
        else if (plain && event.key === " " && onLink) playHere();
        else return;
        event.preventDefault();
    };
    const onFocus = (event: FocusEvent) => {
        const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-id]") : null;
        if (row) list.moveTo(row.dataset["id"] ?? null);
    };

    const count = list.complete ? list.length : -1;
    const shown = rowsAround(first - OVERSCAN, last + OVERSCAN, list.length, here);
    const stop = shown.includes(here) ? here : first;
    return (
        <>
            <div ref={ruler} class="call-ruler" aria-hidden="true" />
            <ul ref={rows} class="call-rows" role="list" aria-label="Calls" style={{ height: `${list.length * height}px` }}
                onKeyDown={onKeyDown} onFocusIn={onFocus}>
                {height > 0 && shown.map((index) => {
                    const call = list.at(index);
                    if (!call) return <li key={index} class="call-row vacant" style={{ top: `${index * height}px` }} aria-hidden="true" />;
                    return <Row key={call.id} call={call} index={index} count={count} top={index * height}
                                tabStop={index === stop} fresh={list.fresh.get(call.id)} />;
                })}
            </ul>
        </>
    );
}

// The row that the keyboard is at stays, wherever one scrolls: else the focus would be lost.
function rowsAround(from: number, to: number, length: number, kept: number): number[] {
    const shown: number[] = [];
    for (let index = Math.max(0, from); index <= Math.min(to, length - 1); index++) shown.push(index);
    if (kept >= 0 && kept < from) shown.unshift(kept);
    if (kept > to && kept < length) shown.push(kept);
    return shown;
}

let inset = 0;

// How much of the window's top and bottom may be covered: html's scroll-padding, which no scrolling changes.
function scrollInset(): number {
    return (inset ||= parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0);
}

/** Scrolls so far that what lies between `top` and `top + height` of the window can be seen. */
function reveal(top: number, height: number): void {
    const covered = scrollInset();
    if (top < covered) scrollBy(0, top - covered);
    else if (top + height > innerHeight - covered) scrollBy(0, top + height - innerHeight + covered);
}

function firstSeen(rows: HTMLElement | null): number {
    if (!rows || !rowHeight) return 0;
    return Math.max(0, Math.ceil((scrollInset() - rows.getBoundingClientRect().top) / rowHeight));
}
