// How things are written for people.
import { signal } from "@preact/signals";
import type { CallStatus, Segment, Sentiment, StepName, StepState } from "./types";

/** The time, every half minute: what reads it is written anew. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 30_000);

// Days and their words stand within English sentences, so they are English; the hours are as the reader has them.
const english = /^en\b/.test(navigator.language) ? navigator.language : "en-GB";
const { hourCycle } = new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).resolvedOptions();
const hours = hourCycle && { hourCycle };
const relative = new Intl.RelativeTimeFormat(english, { numeric: "auto" });
const clock = new Intl.DateTimeFormat(english, { timeStyle: "short", ...hours });
const dayOfYear = new Intl.DateTimeFormat(english, { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat(english, { day: "numeric", month: "short", year: "numeric" });
const weekday = new Intl.DateTimeFormat(english, { weekday: "short" });
const everything = new Intl.DateTimeFormat(english, { dateStyle: "full", timeStyle: "medium", ...hours });
const whole = new Intl.NumberFormat();

const WITHHELD = "anonymous"; // what the API says in place of a number that was not told
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "3 minutes ago", "14:05", "yesterday", "3 Nov", "3 Nov 2025". */
export function timeAgo(time: string): string {
    const at = new Date(time);
    const age = now.value - at.getTime();
    if (age < MINUTE) return relative.format(0, "minute");
    if (age < HOUR) return relative.format(-Math.floor(age / MINUTE), "minute");
    const days = daysBetween(at, new Date(now.value));
    if (days === 0) return clock.format(at);
    if (days === 1) return `${relative.format(-1, "day")}, ${clock.format(at)}`;
    return day(at);
}

/** "14:05". */
export function clockTime(time: string): string {
    return clock.format(new Date(time));
}

/** With the weekday and the seconds, for a title. */
export function fullTime(time: string): string {
    return everything.format(new Date(time));
}

/** "3 Nov", with the year unless it is this one. Takes a date of the API ("2026-11-03") too. */
export function day(when: string | Date): string {
    const at = typeof when === "string" ? localDate(when) : when;
    return (at.getFullYear() === new Date(now.value).getFullYear() ? dayOfYear : dayAndYear).format(at);
}

/** "Mon". */
export function dayOfWeek(date: string): string {
    return weekday.format(localDate(date));
}

/** "today", "tomorrow", "in 3 days", "2 days ago", then the date. */
export function dueDay(date: string): string {
    const days = -daysBetween(localDate(date), new Date(now.value));
    return Math.abs(days) <= 6 ? relative.format(days, "day") : day(date);
}

/** The date here, some days from today, as the API writes it. */
export function isoDay(later = 0): string {
    const at = new Date(now.value);
    at.setDate(at.getDate() + later);
    const two = (n: number) => String(n).padStart(2, "0");
    return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function isOverdue(date: string): boolean {
    return daysBetween(localDate(date), new Date(now.value)) > 0;
}

// A date alone means the day here, where `new Date` would take it as midnight in London.
function localDate(text: string): Date {
    const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
    return parts ? new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3])) : new Date(text);
}

function daysBetween(from: Date, to: Date): number {
    const start = (at: Date) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
    return Math.round((start(to) - start(from)) / DAY);
}

/** "0:07", "12:34", "1:02:03": how long something is. */
export function duration(ms: number): string {
    return clockOf(Math.round(ms / 1000));
}

/** The same of a place in a recording: the second in which it is, as the analyses write it. */
export function position(ms: number): string {
    return clockOf(Math.floor(ms / 1000));
}

function clockOf(whole: number): string {
    const seconds = Math.max(0, whole);
    const two = (n: number) => String(n).padStart(2, "0");
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "1 hour 2 minutes 3 seconds", to be read aloud. */
export function durationWords(ms: number): string {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const parts = [[Math.floor(seconds / 3600), "hour"], [Math.floor(seconds / 60) % 60, "minute"], [seconds % 60, "second"]] as const;
    return parts.filter(([n]) => n).map(([n, unit]) => plural(n, unit)).join(" ") || "0 seconds";
}

export function number(n: number): string {
    return whole.format(n);
}

/** "1 call", "1,200 calls". */
export function plural(n: number, one: string, many = `${one}s`): string {
    return `${number(n)} ${n === 1 ? one : many}`;
}

/** "+15551234567" as "+1 555 123 4567"; a SIP name stays as it is. */
export function phone(text: string): string {
    if (text === WITHHELD) return "Withheld number";
    const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(text);
    if (us) return `+1 ${us[1]} ${us[2]} ${us[3]}`;
    const other = /^\+(\d{2})(\d{4,13})$/.exec(text);
    return other ? `+${other[1]} ${grouped(other[2] ?? "")}` : text;
}

// Threes from the left, and no digit left alone at the end.
function grouped(digits: string): string {
    return digits.replace(/(\d{3})(?=\d{2,})/g, "$1 ");
}

/** Both numbers of a call's from_to_number. */
export function bothNumbers(fromTo: string): { from: string; to: string } {
    const [from = "", to = ""] = fromTo.split(" -> ");
    return { from, to };
}

/** The number of the person on the other side. */
export function otherNumber(call: { from_to_number: string; direction: "inbound" | "outbound" }): string {
    const { from, to } = bothNumbers(call.from_to_number);
    return call.direction === "inbound" ? from : to;
}

/** Who is on the other side, in as few words as can be. */
export function nameOf(call: { contact_name: string | null; from_to_number: string; direction: "inbound" | "outbound" }): string {
    return call.contact_name ?? phone(otherNumber(call));
}

/** A name within a sentence that holds no elements: one that is read from the right turns nothing else around. */
export function isolated(name: string): string {
    return `\u2068${name}\u2069`;
}

export const statusLabels: Record<CallStatus, string> = {
    queued: "Queued", initiated: "Starting", ringing: "Ringing", "in-progress": "In progress", completed: "Completed",
    busy: "Busy", failed: "Failed", "no-answer": "No answer", canceled: "Canceled",
};

export const stepLabels: Record<StepName, string> = {
    record: "Recording", transcribe: "Transcript", enrich: "Contact", analyze: "Analyses", "extract-todos": "To-dos",
    report: "Report",
};

export const stateLabels: Record<StepState, string> = {
    waiting: "Waiting", running: "Running", done: "Done", failed: "Failed",
};

export const speakerLabels: Record<Segment["role"], string> = { caller: "Caller", agent: "Agent" };

export const sentimentLabels: Record<Sentiment, string> = {
    positive: "Positive", neutral: "Neutral", mixed: "Mixed", negative: "Negative",
};
