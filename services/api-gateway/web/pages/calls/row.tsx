// One call of the list: a button that plays it, and a link that opens it and says all that the row shows.
import { useComputed } from "@preact/signals";
import { Component } from "preact";
import { bothNumbers, clockTime, day, duration, durationWords, fullTime, nameOf, phone, statusLabels, stepLabels, timeAgo } from "../../lib/format";
import type { Deck } from "../../lib/deck";
import { isPlaying, toggle, track } from "../../lib/playing";
import type { Call, CallStatus } from "../../lib/types";
import { Icon } from "../../parts/icon";
import { LiveBadge } from "../../parts/live";
import { Mood } from "../../parts/mood";
import { Badge } from "../../parts/page";
import type { Freshness } from "./list";
import { Steps } from "./steps";

interface RowProps {
    call: Call;
    /** From 0. */
    index: number;
    /** How many there are; -1 while that is not known. */
    count: number;
    top: number;
    /** Tab leads to this row. */
    tabStop: boolean;
    fresh: Freshness | undefined;
}

export class Row extends Component<RowProps> {
    // Scrolling draws the list anew with each row that comes in sight; those that stay have nothing to say to that.
    override shouldComponentUpdate(next: RowProps): boolean {
        return (Object.keys(next) as (keyof RowProps)[]).some((name) => next[name] !== this.props[name]);
    }

    render({ call, index, count, top, tabStop, fresh }: RowProps) {
        const tabIndex = tabStop ? 0 : -1;
        return (
            <li class={`call-row ${fresh ?? ""}`} style={{ top: `${top}px` }} data-id={call.id} aria-posinset={index + 1} aria-setsize={count}>
                {call.has_recording && <Play call={call} tabIndex={tabIndex} />}
                <a class="call" href={`/calls/${call.id}`} tabIndex={tabIndex}>
                    <Who call={call} />
                    <Said call={call} />
                    <span class="marks">
                        <span class="mood"><Mood of={call.sentiment} /></span>
                        <Steps steps={call.steps ?? []} />
                    </span>
                    <When call={call} />
                </a>
            </li>
        );
    }
}

function Play({ call, tabIndex }: { call: Call; tabIndex: number }) {
    const playing = isPlaying(call);
    const deck = track.value?.call.id === call.id ? track.value.deck : null;
    const label = `${playing ? "Pause" : "Play"} the call with ${nameOf(call)}, ${timeAgo(call.created_at)}`;
    return (
        <button type="button" class={`play ${deck ? "here" : ""}`} tabIndex={tabIndex} aria-label={label} title={playing ? "Pause" : "Play"}
                onClick={() => toggle(call)}>
            {deck && <Ring deck={deck} />}
            <Icon name={playing ? "pause" : "play"} />
        </button>
    );
}

function Ring({ deck }: { deck: Deck }) {
    const part = useComputed(() => (deck.length.value ? Math.min(1, deck.time.value / deck.length.value) : 0));
    return (
        <svg class="ring" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
            <circle cx="20" cy="20" r="18.5" pathLength={1} stroke-dasharray={`${part.value} 1`} />
        </svg>
    );
}

function Who({ call }: { call: Call }) {
    const { from, to } = bothNumbers(call.from_to_number);
    const inbound = call.direction === "inbound";
    return (
        <span class="who">
            <span class="name cut" dir="auto">{nameOf(call)}</span>
            <span class="cut numbers" title={inbound ? "Inbound" : "Outbound"}>
                <Icon name={inbound ? "inbound" : "outbound"} />
                <span class="visually-hidden">{inbound ? ", inbound from " : ", outbound from "}</span>
                {phone(from)}
                <span aria-hidden="true"> → </span>
                <span class="visually-hidden"> to </span>
                {phone(to)}
                <span class="visually-hidden">. </span>
            </span>
        </span>
    );
}

// What was said where it was looked for; else the summary; else how far things are.
function Said({ call }: { call: Call }) {
    if (call.highlight?.length)
        return (
            <span class="said">
                {call.highlight.map(({ text, match }, i) => (match ? <mark key={i}>{text}</mark> : <span key={i}>{text}</span>))}
            </span>
        );
    if (call.summary) return <span class="said">{call.summary}</span>;
    return <span class="said muted">{progressOf(call)}</span>;
}

function progressOf(call: Call): string {
    const failed = call.steps?.find(({ state }) => state === "failed");
    if (failed) return `${stepLabels[failed.step]} failed`;
    if (!isOver(call.status)) return "";
    if (!call.has_recording && !call.steps?.some(({ step, state }) => step === "record" && state === "running")) return "No recording";
    const stateOf = (name: string) => call.steps?.find(({ step }) => step === name)?.state ?? "done";
    if (stateOf("record") !== "done") return "The recording is being fetched …";
    if (stateOf("transcribe") !== "done") return "Being written down …";
    return stateOf("analyze") === "done" ? "No summary" : "Being analyzed …";
}

function isOver(status: CallStatus): boolean {
    return !["queued", "initiated", "ringing", "in-progress"].includes(status);
}

function When({ call }: { call: Call }) {
    const ago = timeAgo(call.created_at);
    // Of a day that is long ago, the hour is worth a word too.
    const hour = ago === day(new Date(call.created_at)) ? clockTime(call.created_at) : "";
    return (
        <span class="when">
            <time class="ago" dateTime={call.created_at} title={fullTime(call.created_at)}>{ago}</time>
            <span class="visually-hidden">, </span>
            <span class="length small muted">
                {hour}
                {hour && call.duration_ms !== null && " · "}
                {call.status === "completed" && call.duration_ms !== null
                    ? <><span aria-hidden="true">{duration(call.duration_ms)}</span><span class="visually-hidden">{durationWords(call.duration_ms)}</span></>
                    : call.live ? <LiveBadge /> : <Status status={call.status} />}
            </span>
        </span>
    );
}

function Status({ status }: { status: CallStatus }) {
    if (status === "completed") return null;
    const tone = status === "in-progress" ? "accent" : status === "failed" ? "bad" : "neutral";
    return <Badge tone={tone}>{statusLabels[status]}</Badge>;
}
