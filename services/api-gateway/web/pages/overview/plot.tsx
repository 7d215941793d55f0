// A plot and all that stands about it: what its colors mean, the day that is pointed to, and its figures as a table.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { number } from "../../lib/format";
import type { Bars } from "../../lib/plot";
import { scheme } from "../../lib/theme";
import { Failed } from "../../parts/states";

export interface PlotLayer {
    name: string;
    token: string;
    values: number[];
}

interface PlotProps {
    /** What is to be seen, in a sentence. */
    summary: string;
    days: { label: string; long: string; href: string }[];
    layers: PlotLayer[];
    written?: (value: number) => string;
    steps: number[];
    onOpen: (href: string) => void;
}

const HEIGHT = 210;

export function Plot({ summary, days, layers, written = number, steps, onOpen }: PlotProps) {
    const root = useRef<HTMLDivElement>(null);
    const [pointed, setPointed] = useState<{ index: number; left: number; width: number } | null>(null);
    const [error, setError] = useState<unknown>();
    const data = JSON.stringify([days, layers]);
    const shownScheme = scheme.value; // drawn anew in the other colors

    useEffect(() => {
        const element = root.current;
        if (!element) return;
        let bars: Bars | undefined;
        let gone = false;
        const watcher = new ResizeObserver(() => bars?.resize(element.clientWidth));
        import("../../lib/plot").then(({ makeBars }) => {
            if (gone) return;
            const labels = days.map(({ label }) => label);
            bars = makeBars(element, element.clientWidth, HEIGHT, { labels, layers, written, steps, onPoint: setPointed });
            watcher.observe(element);
        }, (thrown: unknown) => setError(thrown));
        return () => {
            gone = true;
            watcher.disconnect();
            bars?.destroy();
        };
    }, [data, shownScheme]);

    const day = pointed ? days[pointed.index] : undefined;
    return (
        <figure class="plot">
            {layers.length > 1 && <Legend layers={layers} />}
            {error ? <Failed error={error} /> : (
                <div class="canvas" style={{ blockSize: `${HEIGHT}px` }}>
                    {/* For the eye and the mouse; the table below has it all for everybody. */}
                    <div ref={root} role="img" aria-label={summary} class={day ? "pointing" : ""} onClick={() => day && onOpen(day.href)} />
                    {day && pointed && <Pointed day={day.long} {...pointed} layers={layers} written={written} />}
                </div>
            )}
            <Figures summary={summary} days={days} layers={layers} written={written} />
        </figure>
    );
}

function Legend({ layers }: { layers: PlotLayer[] }) {
    return (
        <ul class="legend small muted">
            {layers.map(({ name, token }) => <li key={name}><Swatch token={token} />{name}</li>)}
        </ul>
    );
}

function Swatch({ token }: { token: string }) {
    return <span class="swatch" style={{ background: `var(${token})` }} aria-hidden="true" />;
}

interface PointedProps {
    day: string;
    index: number;
    left: number;
    width: number;
    layers: PlotLayer[];
    written: (value: number) => string;
}

function Pointed({ day, index, left, width, layers, written }: PointedProps) {
    const shown = layers.filter(({ values }) => values[index]);
    return (
        <div aria-hidden="true">
            <div class="band" style={{ insetInlineStart: `${left - width / 2}px`, inlineSize: `${width}px` }} />
            <div class="tip small" style={{ "--at": `${left}px` }}>
                <strong>{day}</strong>
                {shown.map(({ name, token, values }) => (
                    <p key={name}><Swatch token={token} />{name}<span class="numbers">{written(values[index] ?? 0)}</span></p>
                ))}
                {!shown.length && <p class="muted">Nothing</p>}
            </div>
        </div>
    );
}

function Figures({ summary, days, layers, written }: Required<Pick<PlotProps, "summary" | "days" | "layers" | "written">>) {
    const [open, setOpen] = useState(false);
    const head: ComponentChildren = layers.map(({ name }) => <th key={name} scope="col">{name}</th>);
    return (
        <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary class="small muted">As a table</summary>
            {open && (
                <div class="table" tabIndex={0} role="region" aria-label={summary}>
                    <table>
                        <thead><tr><th scope="col">Day</th>{head}</tr></thead>
                        <tbody>
                            {days.map(({ long, href }, i) => (
                                <tr key={i}>
                                    <th scope="row"><a href={href}>{long}</a></th>
                                    {layers.map(({ name, values }) => <td key={name}>{written(values[i] ?? 0)}</td>)}
                                </tr>
                            )).reverse()}
                        </tbody>
                    </table>
                </div>
            )}
        </details>
    );
}
