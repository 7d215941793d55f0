// The rows of a list of calls, newest first, as slices: each a page of the API or a little more. A slice may give its
// calls away; it keeps how many they were and where they are asked for, which never changes, being a place in the order.
import type { Call } from "../../lib/types";

export interface Slice {
    address: string;
    /** How many calls it has, kept or not. */
    size: number;
    /** The place of its first call: the slice before ends where this one begins. "" while there never was one. */
    first: string;
    calls: Call[] | null;
    /** Something may have changed unheard. */
    stale: boolean;
}

/** A slice without its calls. */
export type SliceOutline = Pick<Slice, "address" | "size" | "first">;

/** Where a call stands in the order: the greater, the newer. */
export function placeOf(call: Call): string {
    return `${call.created_at} ${call.id}`;
}

export const byPlace = (a: Call, b: Call) => (placeOf(a) < placeOf(b) ? 1 : -1);

export class Slices {
    private readonly all: Slice[];

    constructor(outlines: readonly SliceOutline[] = []) {
        this.all = outlines.map((outline) => ({ ...outline, calls: null, stale: true }));
    }

    get outlines(): SliceOutline[] {
        return this.all.map(({ address, size, first }) => ({ address, size, first }));
    }

    /** Of rows. */
    get length(): number {
        return this.all.reduce((sum, slice) => sum + slice.size, 0);
    }

    get head(): Slice | undefined {
        return this.all[0];
    }

    [Symbol.iterator](): Iterator<Slice> {
        return this.all.values();
    }

    /** undefined: it is not kept. */
    at(index: number): Call | undefined {
        let from = 0;
        for (const slice of this.all) {
            if (index < from + slice.size) return slice.calls?.[index - from];
            from += slice.size;
        }
        return undefined;
    }

    /** -1: not among the calls that are kept. */
    indexOf(id: string): number {
        let from = 0;
        for (const slice of this.all) {
            const at = slice.calls?.findIndex((call) => call.id === id) ?? -1;
            if (at >= 0) return from + at;
            from += slice.size;
        }
        return -1;
    }

    /** The row that a slice begins at. */
    startOf(slice: Slice): number {
        let from = 0;
        for (const other of this.all) {
            if (other === slice) break;
            from += other.size;
        }
        return from;
    }

    following(slice: Slice): Slice | undefined {
        return this.all[this.all.indexOf(slice) + 1];
    }

    add(address: string, calls: Call[]): void {
        this.all.push({ address, size: calls.length, first: calls[0] ? placeOf(calls[0]) : "", calls, stale: false });
    }

    /** Asked again, a slice has these calls. */
    put(slice: Slice, calls: readonly Call[]): void {
        const known = new Map(slice.calls?.map((call) => [call.id, call]));
        slice.calls = calls.map((call) => sameOr(known.get(call.id), call));
        slice.size = calls.length;
        if (calls[0]) slice.first = placeOf(calls[0]);
        slice.stale = false;
    }

    /** Whether a row for it would stand among those that are kept. `ended`: nothing comes after the last row. */
    holds(call: Call, ended: boolean): boolean {
        const slice = this.sliceFor(placeOf(call));
        const last = slice?.calls?.[slice.calls.length - 1];
        if (!slice?.calls) return false;
        return ended || !last || this.following(slice) !== undefined || placeOf(call) > placeOf(last);
    }

    insert(call: Call): void {
        const slice = this.sliceFor(placeOf(call));
        if (!slice?.calls) return;
        slice.calls = [...slice.calls, call].sort(byPlace);
        slice.size = slice.calls.length;
        slice.first = placeOf(slice.calls[0] as Call);
    }

    /** "same": it is there, and that changes nothing. */
    replace(id: string, change: (call: Call) => Call): "unknown" | "same" | "changed" {
        for (const { calls } of this.all) {
            const at = calls?.findIndex((call) => call.id === id) ?? -1;
            if (!calls || at < 0) continue;
            const before = calls[at] as Call;
            calls[at] = sameOr(before, change(before));
            return calls[at] === before ? "same" : "changed";
        }
        return "unknown";
    }

    remove(id: string): void {
        const slice = this.all.find(({ calls }) => calls?.some((call) => call.id === id));
        if (!slice?.calls) return;
        slice.calls = slice.calls.filter((call) => call.id !== id);
        slice.size = slice.calls.length;
    }

    private sliceFor(place: string): Slice | undefined {
        return this.all.findLast((slice, i) => i === 0 || slice.first >= place);
    }
}

// The one that is shown already, if nothing is new about it: then its row need not be drawn again.
function sameOr(before: Call | undefined, after: Call): Call {
    return before && JSON.stringify(before) === JSON.stringify(after) ? before : after;
}
