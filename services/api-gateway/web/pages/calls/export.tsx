// Saves what the list is filtered to as one CSV, however many pages that is.
import { useEffect, useRef, useState } from "preact/hooks";
import { getText } from "../../lib/api";
import { number, plural } from "../../lib/format";
import { Button } from "../../parts/button";
import { toast, toastError } from "../../parts/toast";
import { queryOf, type Filters } from "./filters";

export function Export({ filters }: { filters: Filters }) {
    const [count, setCount] = useState<number | null>(null); // so far; null: none is under way
    const aborter = useRef<AbortController | null>(null);
    useEffect(() => () => aborter.current?.abort(), []);

    const run = async () => {
        aborter.current = new AbortController();
        setCount(0);
        try {
            const { text, rows } = await gather(filters, aborter.current.signal, setCount);
            save(new Blob(["\ufeff", ...text], { type: "text/csv" }), `calls-${new Date().toLocaleDateString("sv")}.csv`);
            toast(`${plural(rows, "call")} saved.`);
        } catch (error) {
            toastError(error);
        }
        setCount(null);
    };
    if (count === null) return <Button icon="download" onClick={() => void run()}>Export</Button>;
    return (
        <Button icon="close" onClick={() => aborter.current?.abort()}>
            Stop<span class="visually-hidden"> the export, calls so far: </span> <span class="numbers">{number(count)}</span>
        </Button>
    );
}

async function gather(filters: Filters, signal: AbortSignal, tell: (rows: number) => void): Promise<{ text: string[]; rows: number }> {
    const text: string[] = [];
    let rows = 0;
    let address: string | null = "/api/calls/export";
    let query = queryOf(filters);
    while (address) {
        const page: { text: string; next: string | null } = await getText(address, { query, signal });
        // Every page has the header line; the file has it once.
        text.push(text.length ? page.text.slice(page.text.indexOf("\n") + 1) : page.text);
        rows += recordsIn(page.text) - 1;
        tell(rows);
        address = page.next;
        query = {}; // it is in the next page's address
    }
    return { text, rows };
}

// Lines, but for those within a quoted field.
function recordsIn(csv: string): number {
    let [count, quoted] = [0, false];
    for (const char of csv) {
        if (char === '"') quoted = !quoted;
        else if (char === "\n" && !quoted) count++;
    }
    return count;
}

function save(blob: Blob, name: string): void {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
