// What changed between two texts, word by word.
export interface Piece {
    kind: "same" | "removed" | "added";
    text: string;
}

const CELLS_MAX = 1_000_000; // of the table below, 2 bytes each; beyond it, what differs is told as a whole

/** The pieces of both in one row: "same" and "removed" make `before`, "same" and "added" make `after`. Space is no
 *  word: where only that differs, it stands as it is in `after`. */
export function wordDiff(before: string, after: string): Piece[] {
    const [a, b] = [words(before), words(after)];
    const head = common(a, b);
    const tail = common(a.slice(head).reverse(), b.slice(head).reverse());
    const [x, y] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
    return joined([
        ...b.slice(0, head).map((word, i) => kept(a[i], word)),
        ...(x.length * y.length > CELLS_MAX ? [...x.map(removed), ...y.map(added)] : middle(x, y)),
        ...b.slice(b.length - tail).map(same),
    ]);
}

/** How many words a piece has. */
export function wordCount({ text }: Piece): number {
    return text.match(/\S+/g)?.length ?? 0;
}

const same = (text: string): Piece => ({ kind: "same", text });
const removed = (text: string): Piece => ({ kind: "removed", text });
const added = (text: string): Piece => ({ kind: "added", text });

// The last word has no space behind it, though in the other text more may follow.
const kept = (before: string | undefined, after: string) => same(/\s$/.test(after) ? after : (before ?? after));

// Each word with the space behind it (and before the first), so that all of them together are the text.
function words(text: string): string[] {
    return text.match(/^\s+\S*\s*|\S+\s*/g) ?? [];
}

// How many words two texts begin with alike.
function common(a: string[], b: string[]): number {
    let n = 0;
    while (n < a.length && n < b.length && a[n]?.trim() === b[n]?.trim()) n++;
    return n;
}

// Along the longest common subsequence: at(i, j) is its length for what begins at a[i] and b[j].
function middle(a: string[], b: string[]): Piece[] {
    const [x, y] = [a.map((word) => word.trim()), b.map((word) => word.trim())];
    const width = b.length + 1;
    const table = new Uint16Array((a.length + 1) * width);
    const at = (i: number, j: number) => table[i * width + j] ?? 0;
    for (let i = a.length - 1; i >= 0; i--)
        for (let j = b.length - 1; j >= 0; j--)
            table[i * width + j] = x[i] === y[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));

    const found: Piece[] = [];
    let [i, j] = [0, 0];
    while (i < a.length && j < b.length) {
        if (x[i] === y[j]) {
            found.push(kept(a[i], b[j] ?? ""));
            i++;
            j++;
        } else if (at(i + 1, j) >= at(i, j + 1)) found.push(removed(a[i++] ?? ""));
        else found.push(added(b[j++] ?? ""));
    }
    return [...found, ...a.slice(i).map(removed), ...b.slice(j).map(added)];
}

// Neighbours of a kind are one piece; between what stays, what was removed stands before what was added.
function joined(found: Piece[]): Piece[] {
    const rows: Piece[] = [];
    let [gone, come] = ["", ""];
    const flush = () => {
        if (gone) rows.push(removed(gone));
        if (come) rows.push(added(come));
        [gone, come] = ["", ""];
    };
    for (const { kind, text } of found) {
        if (kind === "removed") gone += text;
        else if (kind === "added") come += text;
        else {
            flush();
            const last = rows.at(-1);
            if (last?.kind === "same") last.text += text;
            else rows.push(same(text));
        }
    }
    flush();
    return rows;
}
