import { useEffect, useRef } from "preact/hooks";
import { useEndless } from "../../lib/endless";
import { duration, durationWords, statusLabels } from "../../lib/format";
import { useLive } from "../../lib/live";
import type { Call } from "../../lib/types";
import { EndlessList } from "../../parts/endless";
import { Icon } from "../../parts/icon";
import { Mood } from "../../parts/mood";
import { Section, Time } from "../../parts/page";

const GATHER_MS = 500;

export function ContactCalls({ id }: { id: string }) {
    const calls = useEndless<Call>("/api/calls", { contact: id });
    const due = useRef<ReturnType<typeof setTimeout> | null>(null);
    const look = useRef(() => {});
    look.current = () => {
        due.current = null;
        calls.reload();
    };
    useLive((event) => {
        const concerns = event.type === "reset" || event.type === "call.started" || calls.items?.some((call) => call.id === event.call_id);
        if (concerns) due.current ??= setTimeout(() => look.current(), GATHER_MS);
    });
    useEffect(() => () => clearTimeout(due.current ?? undefined), []);
    return (
        <Section title="Calls" actions={<a href={`/calls?contact=${id}`}>In the list of calls</a>}>
            <EndlessList of={calls} empty={<p class="muted">No call with this number is kept any more.</p>}>
                {(items) => <ul class="calls">{items.map((call) => <li key={call.id}><Row call={call} /></li>)}</ul>}
            </EndlessList>
        </Section>
    );
}

function Row({ call: { id, direction, status, created_at, duration_ms, summary, sentiment } }: { call: Call }) {
    const isOver = status === "completed";
    return (
        <a href={`/calls/${id}`}>
            <Icon name={direction} />
            <span class="when">
                <strong><Time at={created_at} /></strong>
                <span class="visually-hidden">, {direction}, </span>
                <span class="muted small numbers">
                    {isOver && duration_ms !== null
                        ? (
                            <>
                                <span aria-hidden="true">{duration(duration_ms)}</span>
                                <span class="visually-hidden">{durationWords(duration_ms)}</span>
                            </>
                        ) : statusLabels[status]}
                </span>
            </span>
            <Mood of={sentiment} />
            <span class={summary ? "said" : "said muted"}>{summary ?? "No summary"}</span>
        </a>
    );
}
