// Bars by uPlot. Import it lazily: import("../../lib/plot").
import uPlot from "uplot";
import { color } from "./theme";

export interface Layer {
    values: number[];
    /** A token of style/tokens.css. */
    token: string;
}

export interface BarsOptions {
    /** Under the bars. */
    labels: string[];
    /** On each other, the first at the bottom. */
    layers: Layer[];
    /** How a value is written at the side. */
    written: (value: number) => string;
    /** The steps that the axis at the side may take. */
    steps: number[];
    /** The bar that is pointed to, its middle and its width on the plot; null when none is. */
    onPoint: (at: { index: number; left: number; width: number } | null) => void;
}

export interface Bars {
    resize: (width: number) => void;
    destroy: () => void;
}

const LABEL_WIDTH = 72; // of a label and the room about it
const SIDE = 52;
const FOOT = 30;

export function makeBars(root: HTMLElement, width: number, height: number, options: BarsOptions): Bars {
    const { labels, layers, written, steps, onPoint } = options;
    const count = labels.length;
    const axis = { stroke: color("--muted"), font: `12px ${getComputedStyle(root).fontFamily}`, ticks: { show: false } };
    const heaps = heapsOf(layers);
    const plot = new uPlot(
        {
            width, height,
            padding: [12, 22, 0, 0],
            legend: { show: false },
            cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
            scales: { x: { time: false, range: [-0.5, count - 0.5] }, y: { range: (_, _least, most) => [0, Math.max(most, 4 * (steps[0] ?? 1))] } },
            axes: [
                {
                    ...axis, size: FOOT, grid: { show: false },
                    splits: (u) => splitsOf(count, u.width - SIDE), values: (_, splits) => splits.map((i) => labels[i] ?? ""),
                },
                { ...axis, size: SIDE, grid: { stroke: color("--line"), width: 1 }, incrs: steps, values: (_, splits) => splits.map(written) },
            ],
            series: [{}, ...heaps.map(seriesOf)],
            hooks: {
                setCursor: [(u) => {
                    const index = u.cursor.idx;
                    if (index === null || index === undefined || (u.cursor.left ?? -1) < 0) return onPoint(null);
                    const left = u.over.offsetLeft + u.valToPos(index, "x");
                    onPoint({ index, left, width: u.over.clientWidth / count });
                }],
            },
        },
        [labels.map((_, i) => i), ...heaps.map(({ to }) => to)],
        root,
    );
    return { resize: (wide) => plot.setSize({ width: wide, height }), destroy: () => plot.destroy() };
}

interface Heap {
    token: string;
    from: number[];
    to: number[];
}

function heapsOf(layers: Layer[]): Heap[] {
    let below: number[] = [];
    return layers.map(({ values, token }) => {
        const from = below;
        below = values.map((value, i) => value + (from[i] ?? 0));
        return { token, from, to: below };
    });
}

function seriesOf({ token, from, to }: Heap): uPlot.Series {
    const places = (values: number[]) => ({ unit: 1, values: () => values }); // 1: in those of the scale
    const paths = uPlot.paths.bars?.({ size: [0.72, 44], disp: { y0: places(from), y1: places(to) } });
    return { fill: color(token), width: 0, points: { show: false }, ...(paths && { paths }) };
}

// As many as there is room for, the last one always.
function splitsOf(count: number, width: number): number[] {
    const step = Math.max(1, Math.ceil((count * LABEL_WIDTH) / Math.max(width, LABEL_WIDTH)));
    return Array.from({ length: Math.ceil(count / step) }, (_, i) => count - 1 - i * step).reverse();
}
