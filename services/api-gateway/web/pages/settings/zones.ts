// The time zones that the browser knows.
import { useMemo } from "preact/hooks";
import type { Option } from "../../parts/combobox";

const MOST = 60; // nobody reads a longer list

let known: readonly string[] | null = null;

function zones(): readonly string[] {
    return (known ??= ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")]);
}

const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** For a Combobox: those that every word of `text` fits; where there is none yet, those about here. */
export function useZones(text: string | null): Option[] {
    return useMemo(() => (text === null ? [] : find(text).map((zone) => ({ id: zone, label: zone, note: timeIn(zone) }))), [text]);
}

function find(text: string): string[] {
    const words = (text || (own.split("/")[0] ?? "")).toLowerCase().split(/[\s_/,]+/).filter(Boolean);
    const fits = (zone: string) => words.every((word) => zone.toLowerCase().includes(word));
    return zones().filter(fits).slice(0, MOST);
}

const times = new Map<string, string>();

/** "GMT+1" */
function timeIn(zone: string): string {
    const told = times.get(zone) ?? offsetOf(zone);
    times.set(zone, told);
    return told;
}

function offsetOf(timeZone: string): string {
    const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "shortOffset" }).formatToParts();
    return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
