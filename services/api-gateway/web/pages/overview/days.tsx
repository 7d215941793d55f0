// The calls of some days: how many, how they felt, how long they were.
import { day, dayOfWeek, number, plural, sentimentLabels } from "../../lib/format";
import { navigate } from "../../lib/router";
import type { Overview, Sentiment } from "../../lib/types";
import { Section } from "../../parts/page";
import { Plot, type PlotLayer } from "./plot";

const feelings: readonly (readonly [Sentiment, string])[] = [
    ["positive", "--plot-positive"], ["neutral", "--plot-neutral"], ["mixed", "--plot-mixed"], ["negative", "--plot-negative"],
];

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];
const sixties = [1, 2, 5, 10, 15, 30, 60, 120];

export function Days({ days }: { days: Overview["days"] }) {
    const calls = sum(days.map(({ calls }) => calls));
    const talk = sum(days.map(({ talk_ms }) => talk_ms));
    const longest = Math.max(...days.map(({ talk_ms }) => talk_ms));
    const unit = longest < 4 * MINUTE ? SECOND : longest < 4 * HOUR ? MINUTE : HOUR;
    const most = days.reduce((a, b) => (b.calls > a.calls ? b : a), days[0] ?? { calls: 0, date: "" });
    const peak = most.calls ? `, most of them (${number(most.calls)}) on ${day(most.date)}` : "";
    const shown = days.map(({ date }) => ({ label: day(date), long: `${dayOfWeek(date)}, ${day(date)}`, href: `/calls?from=${date}&to=${date}` }));
    const open = (href: string) => void navigate(href);
    return (
        <>
            <Section title="Calls per day">
                <Plot days={shown} layers={layersOf(days)} steps={counts} onOpen={open}
                      summary={`${plural(calls, "call")} in ${plural(days.length, "day")}${peak}`} />
            </Section>
            <Section title="Talk time per day">
                <Plot days={shown} layers={[{ name: "Talk time", token: "--accent", values: days.map(({ talk_ms }) => talk_ms / unit) }]}
                      steps={unit === HOUR ? counts : sixties} written={(value) => talkTime(value * unit)} onOpen={open}
                      summary={`${talkTime(talk)} of talk in ${plural(days.length, "day")}`} />
            </Section>
        </>
    );
}

function layersOf(days: Overview["days"]): PlotLayer[] {
    const unknown = days.map((day) => Math.max(0, day.calls - sum(feelings.map(([feeling]) => day[feeling]))));
    return [
        ...feelings.map(([feeling, token]) => ({ name: sentimentLabels[feeling], token, values: days.map((day) => day[feeling]) })),
        { name: "Not known", token: "--plot-unknown", values: unknown },
    ];
}

export function sum(values: readonly number[]): number {
    return values.reduce((a, b) => a + b, 0);
}

/** "0", "24 s", "12 min", "1:30 h" */
export function talkTime(ms: number): string {
    if (!ms) return "0";
    if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
    const minutes = Math.round(ms / MINUTE);
    return minutes < 60 ? `${minutes} min` : `${number(Math.floor(minutes / 60))}:${String(minutes % 60).padStart(2, "0")} h`;
}
