// Two runs of an analyzer, word by word.
import { useMemo, useState } from "preact/hooks";
import { number, plural, timeAgo } from "../../lib/format";
import type { AnalysisGroup } from "../../lib/types";
import { Dialog } from "../../parts/dialog";
import { Select } from "../../parts/field";
import { wordCount, wordDiff, type Piece } from "./diff";

interface CompareProps {
    group: AnalysisGroup;
    /** The id of the one that is compared with the newest, to begin with. */
    run: string;
    onClose: () => void;
}

export function Compare({ group: { analyzer_name, runs }, run, onClose }: CompareProps) {
    const [before, setBefore] = useState(run);
    const [after, setAfter] = useState(runs.at(-1)?.id ?? run);
    const textOf = (wanted: string) => runs.find(({ id }) => id === wanted)?.analysis_text ?? "";
    const pieces = useMemo(() => wordDiff(textOf(before), textOf(after)), [before, after]);
    const options = runs.map(({ id, created_at }, i) => [id, `Run ${i + 1}, ${timeAgo(created_at)}`] as const).toReversed();
    return (
        <Dialog title={`${analyzer_name}: two runs compared`} wide onClose={onClose}>
            <div class="compare">
                <div class="runs">
                    <Select label="Before" value={before} options={options} onChange={setBefore} />
                    <Select label="After" value={after} options={options} onChange={setAfter} />
                </div>
                <p role="status" class="muted">{summaryOf(pieces)}</p>
                <p class="found diff">{pieces.map((piece, i) => <Changed key={i} piece={piece} />)}</p>
            </div>
        </Dialog>
    );
}

function summaryOf(pieces: readonly Piece[]): string {
    const count = (kind: Piece["kind"]) => pieces.filter((piece) => piece.kind === kind).reduce((sum, piece) => sum + wordCount(piece), 0);
    const [removed, added] = [count("removed"), count("added")];
    return removed || added ? `${plural(removed, "word")} removed, ${number(added)} added.` : "Both say the same.";
}

// Colors alone would not do: what is gone is struck out, what is new underlined, and both are said.
function Changed({ piece: { kind, text } }: { piece: Piece }) {
    if (kind === "same") return <>{text}</>;
    if (kind === "removed") return <del><span class="visually-hidden">removed: </span>{text}</del>;
    return <ins><span class="visually-hidden">added: </span>{text}</ins>;
}
