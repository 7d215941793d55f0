// The calls that a filter lets through, newest first: a row for each, though only those about where one looks are kept.
// What comes in anew waits until one looks at the top.
import { signal } from "@preact/signals";
import { getPage, withQuery, type Page, type Query } from "../../lib/api";
import type { LiveChange } from "../../lib/live";
import { isAbort } from "../../lib/problem";
import type { Call, StepState } from "../../lib/types";
import { isFiltered, queryOf, type Filters } from "./filters";
import { Slices, byPlace, placeOf, type Slice, type SliceOutline } from "./slices";

/** What of a list is worth keeping while its page is not there: no call, only where they are. */
export interface Outline {
    slices: SliceOutline[];
    next: string | null;
    view: [first: number, last: number];
}

export type Freshness = "new" | "changed";

const PAGE = 50;
const MOST = 100; // a page of the API at most
const AHEAD = 60; // rows around the view that are to be there already
const KEEP = 250; // rows around the view that are kept
const FRESH_MS = 3000;
const OVERLAP_MS = 10_000; // calls are not always seen in the order of their times

export class CallList {
    /** Counts what there is to show anew. */
    readonly version = signal(0);
    state: "loading" | "ready" | "failed" = "loading";
    /** Why there is no list at all. */
    error: unknown;
    /** Why some of its rows are missing. */
    trouble: unknown;
    /** Calls that came in while one was reading further down. */
    waiting: Call[] = [];
    /** More came in than can be put in: the list has to be asked for again. */
    outdated = false;
    readonly fresh = new Map<string, Freshness>();
    /** The call that the keyboard is at. */
    current: string | null = null;
    /** The rows in view, and whether the first is. */
    view: [first: number, last: number] = [0, 0];
    atTop = true;

    private slices: Slices;
    private next: string | null = null; // where the list goes on
    private asking = new Map<Slice | "next" | "start", AbortController>();
    private moved = 0; // rows that came in above the view (or, below 0, went)

    constructor(readonly filters: Filters, outline?: Outline) {
        this.slices = new Slices(outline?.slices);
        if (outline) {
            this.next = outline.next;
            this.view = outline.view;
            this.state = "ready"; // and what is in view is asked for when that is known
        } else {
            void this.start();
        }
    }

    // -- what there is ---------------------------------------------------------------------------

    get length(): number {
        return this.slices.length;
    }

    /** There is nothing after the last row. */
    get complete(): boolean {
        return this.state === "ready" && this.next === null;
    }

    get outline(): Outline | null {
        if (this.state !== "ready" || !this.length) return null;
        return { slices: this.slices.outlines, next: this.next, view: this.view };
    }

    /** undefined: it is not there (yet, or any more). */
    at(index: number): Call | undefined {
        return this.slices.at(index);
    }

    /** Of the calls that are kept; -1: not among them. */
    indexOf(id: string): number {
        return this.slices.indexOf(id);
    }

    has(id: string): boolean {
        return this.indexOf(id) >= 0 || this.waiting.some((call) => call.id === id);
    }

    // -- asking ----------------------------------------------------------------------------------

    /** The whole list anew. What was there stays until the new one is. */
    async start(): Promise<void> {
        const aborter = this.began("start");
        try {
            const address = withQuery("/api/calls", this.query({ limit: PAGE }));
            const page = await this.page(address, aborter.signal);
            this.stop();
            this.slices = new Slices();
            this.slices.add(address, page.items);
            this.next = page.next;
            this.waiting = [];
            this.outdated = false;
            this.state = "ready";
            this.error = undefined;
            this.trouble = undefined;
        } catch (error) {
            if (isAbort(error)) return;
            if (this.state === "ready") this.trouble = error;
            else this.state = "failed";
            this.error = error;
        } finally {
            this.ended("start", aborter);
        }
        this.tell();
        this.fill();
    }

    /** After a failure: what could not be had. */
    retry(): void {
        this.trouble = undefined;
        if (this.state !== "ready") {
            this.state = "loading";
            void this.start();
        } else {
            this.fill();
        }
        this.tell();
    }

    /** Nothing of it is wanted any more, for now. */
    stop(): void {
        for (const aborter of this.asking.values()) aborter.abort();
        this.asking.clear();
    }

    /** Says which rows are in view; what is missing there is asked for, what is far away is given up. */
    look(first: number, last: number, atTop: boolean): void {
        this.view = [first, last];
        this.atTop = atTop;
        if (atTop) this.takeIn();
        this.fill();
    }

    /** The keyboard is there now. */
    moveTo(id: string | null): void {
        if (id === this.current) return;
        this.current = id;
        this.tell();
    }

    /** What happened meanwhile was not heard: everything is asked again when it is looked at. */
    doubt(): void {
        if (this.state !== "ready") return this.retry();
        for (const slice of this.slices) slice.stale = true;
        this.trouble = undefined;
        this.fill();
    }

    private fill(): void {
        if (this.state !== "ready" || this.trouble) return;
        const [first, last] = this.view;
        let from = 0;
        for (const slice of this.slices) {
            const to = from + slice.size - 1;
            const near = to >= first - AHEAD && from <= last + AHEAD;
            if (near && (slice.stale || !slice.calls)) void this.fetch(slice);
            if (!near) this.asking.get(slice)?.abort();
            if (to < first - KEEP || from > last + KEEP) slice.calls = null;
            from += slice.size;
        }
        if (this.next && from <= last + AHEAD) void this.fetchNext(this.next);
    }

    private async fetchNext(address: string): Promise<void> {
        await this.ask("next", async (signal) => {
            const page = await this.page(address, signal);
            if (this.next !== address) return; // the last slice ends elsewhere now
            this.next = page.next;
            if (page.items.length) this.slices.add(address, page.items);
        });
    }

    private async fetch(slice: Slice): Promise<void> {
        await this.ask(slice, async (signal) => {
            const calls: Call[] = [];
            let address: string | null = slice.address;
            do {
                const page: Page<Call> = await this.page(address, signal);
                calls.push(...page.items);
                address = page.next;
            } while (address && !this.isWhole(slice, calls, address));
            const after = this.slices.following(slice);
            if (!after) this.next = address;
            const own = after ? calls.filter((call) => placeOf(call) > after.first) : calls;
            const came = slice === this.slices.head && slice.first ? own.filter((call) => placeOf(call) > slice.first) : [];
            this.put(slice, own.slice(came.length));
            this.arrive(came);
        });
    }

    // One that grew at the top is longer than a page: it goes on to where the following one begins.
    private isWhole(slice: Slice, calls: readonly Call[], next: string): boolean {
        const after = this.slices.following(slice);
        const last = calls[calls.length - 1];
        return !after || !last || next === after.address || placeOf(last) <= after.first;
    }

    private put(slice: Slice, calls: readonly Call[]): void {
        const above = this.slices.startOf(slice) + slice.size <= this.view[0];
        if (above) this.moved += calls.length - slice.size;
        this.slices.put(slice, calls);
    }

    // One question at a time for each slice; its failure is the list's trouble.
    private async ask(what: Slice | "next", run: (signal: AbortSignal) => Promise<void>): Promise<void> {
        if (this.asking.has(what)) return;
        const aborter = this.began(what);
        try {
            await run(aborter.signal);
        } catch (error) {
            if (isAbort(error)) return;
            this.trouble = error;
        } finally {
            this.ended(what, aborter);
        }
        this.tell();
        this.fill();
    }

    private began(what: Slice | "next" | "start"): AbortController {
        this.asking.get(what)?.abort();
        const aborter = new AbortController();
        this.asking.set(what, aborter);
        return aborter;
    }

    private ended(what: Slice | "next" | "start", aborter: AbortController): void {
        if (this.asking.get(what) === aborter) this.asking.delete(what);
    }

    private async page(address: string, signal: AbortSignal): Promise<Page<Call>> {
        const page = await getPage<Call>(address, { signal });
        if (signal.aborted) throw new DOMException("no longer wanted", "AbortError");
        return page;
    }

    private query(more: Query): Query {
        return { ...queryOf(this.filters), include: "steps", ...more };
    }

    // -- what changes ----------------------------------------------------------------------------

    /** What an event tells by itself; the rest is asked for. */
    hear(event: LiveChange): void {
        this.change(event.call_id, (call) => ({
            ...call,
            ...(event.status && { status: event.status }),
            ...(event.type === "live.ended" && { live: false }),
            ...(event.step && event.state && { steps: withStep(call, event.step, event.state) }),
        }));
    }

    /** Asks for what may have come in at the top. */
    async askForNew(signal: AbortSignal): Promise<void> {
        const newest = this.slices.head?.first ?? "";
        // With a filter an older call may just have come to pass it; without one, only new calls are new.
        const only = newest && !isFiltered(this.filters);
        const since = only ? { from: instant(newest.slice(0, newest.indexOf(" ")), -OVERLAP_MS), limit: MOST } : { limit: PAGE };
        const page = await this.page(withQuery("/api/calls", this.query(since)), signal);
        const oldest = page.items[page.items.length - 1];
        if (page.next && oldest && placeOf(oldest) > newest) this.outdated = true; // and there are more between
        this.arrive(page.items);
    }

    /** Asks for some calls again, as many of `ids` as stand within one page; gives those that are still to be asked for. */
    async askAgain(ids: readonly string[], signal: AbortSignal): Promise<string[]> {
        const known = ids.map((id) => [this.indexOf(id), id] as const).filter(([at]) => at >= 0).sort(([a], [b]) => a - b);
        const [top = 0] = known[0] ?? [];
        const near = known.filter(([at]) => at < top + MOST);
        const newest = this.at(top);
        const oldest = this.at(near[near.length - 1]?.[0] ?? -1);
        if (!newest || !oldest) return [];
        const span = { from: instant(oldest.created_at, 0), to: instant(newest.created_at, 1), limit: MOST };
        const page = await this.page(withQuery("/api/calls", this.query(span)), signal);
        this.arrive(page.items);
        return known.slice(near.length).map(([, id]) => id);
    }

    remove(id: string): void {
        const at = this.indexOf(id);
        this.waiting = this.waiting.filter((call) => call.id !== id);
        this.slices.remove(id);
        if (at >= 0 && at < this.view[0]) this.moved--;
        if (this.current === id) this.current = this.at(Math.min(at, this.length - 1))?.id ?? null;
        this.tell();
    }

    /** Puts in what waits: one looks at the top. */
    takeIn(): void {
        if (this.outdated) {
            if (!this.trouble && !this.asking.has("start")) void this.start();
            return;
        }
        const calls = this.waiting;
        if (!calls.length || !this.slices.head?.calls) return; // it is asked for, and they come with it
        this.waiting = [];
        for (const call of calls) this.slices.insert(call);
        this.freshen(calls.map((call) => call.id), "new");
        this.tell();
    }

    /** How many rows the view has to move so that it shows what it showed; asking takes the answer away. */
    takeMoved(): number {
        const rows = this.moved;
        this.moved = 0;
        return rows;
    }

    private arrive(calls: readonly Call[]): void {
        const unknown = calls.filter((call) => !this.change(call.id, () => call));
        this.waiting = this.waiting.concat(unknown.filter((call) => this.belongs(call))).sort(byPlace);
        if (this.waiting.length > MOST) this.outdated = true;
        if (this.outdated) this.waiting = [];
        if (this.atTop) this.takeIn();
        this.tell();
    }

    private change(id: string, change: (call: Call) => Call): boolean {
        const waits = this.waiting.findIndex((call) => call.id === id);
        if (waits >= 0) this.waiting[waits] = change(this.waiting[waits] as Call);
        const found = this.slices.replace(id, change);
        if (found === "changed") {
            if (!this.fresh.has(id)) this.freshen([id], "changed");
            this.tell();
        }
        return waits >= 0 || found !== "unknown";
    }

    // At the top, or among the rows that are kept: others are asked for when one gets there.
    private belongs(call: Call): boolean {
        return placeOf(call) > (this.slices.head?.first ?? "") || this.slices.holds(call, this.next === null);
    }

    private freshen(ids: string[], how: Freshness): void {
        for (const id of ids) this.fresh.set(id, how);
        setTimeout(() => {
            for (const id of ids) this.fresh.delete(id);
            this.tell();
        }, FRESH_MS);
    }

    private tell(): void {
        this.version.value++;
    }
}

function withStep(call: Call, step: string, state: StepState): NonNullable<Call["steps"]> {
    return (call.steps ?? []).map((one) => (one.step === step ? { ...one, state } : one));
}

function instant(time: string, laterMs: number): string {
    return new Date(Date.parse(time) + laterMs).toISOString();
}
