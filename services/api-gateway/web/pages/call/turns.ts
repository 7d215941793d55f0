// What can be found in a transcript: the turn at a time, and words.
export interface Turn {
    id: string;
    start_ms: number;
    end_ms: number;
    text: string;
}

const SOUNDS_BEFORE = 16; // so many turns may have begun while an older one goes on

/** The turn that sounds at `ms`, or the last one before a pause. Of several the `chosen` one, or who began last. */
export function turnAt<T extends Turn>(turns: readonly T[], ms: number, chosen?: string | null): T | undefined {
    const last = lastBegun(turns, ms);
    const begun = turns.slice(Math.max(0, last + 1 - SOUNDS_BEFORE), last + 1);
    const sounding = begun.filter((turn) => ms < turn.end_ms);
    return sounding.find((turn) => turn.id === chosen) ?? sounding.at(-1) ?? turns[last];
}

// Turns are in the order in which they begin.
function lastBegun(turns: readonly Turn[], ms: number): number {
    let [low, high] = [0, turns.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((turns[middle]?.start_ms ?? 0) <= ms) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

export interface Match {
    turn: string;
    /** In the turn's text: from, and up to. */
    from: number;
    to: number;
}

/** Where `words` stand, in any case and with any space between them. */
export function findWords(turns: readonly Turn[], words: string): Match[] {
    const wanted = words.trim().split(/\s+/).filter(Boolean).map(literal).join("\\s+");
    if (!wanted) return [];
    const pattern = new RegExp(wanted, "giu");
    return turns.flatMap(({ id, text }) =>
        [...text.matchAll(pattern)].map(({ index, 0: { length } }) => ({ turn: id, from: index, to: index + length })),
    );
}

function literal(text: string): string {
    return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** A text in pieces, those of `matches` with their number among all. */
export function pieces(text: string, matches: readonly { from: number; to: number; number: number }[]) {
    const found: { text: string; number?: number }[] = [];
    let at = 0;
    for (const { from, to, number } of matches) {
        if (from > at) found.push({ text: text.slice(at, from) });
        found.push({ text: text.slice(from, to), number });
        at = to;
    }
    if (at < text.length) found.push({ text: text.slice(at) });
    return found;
}
