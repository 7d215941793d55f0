// Turns as they come. The newest is in sight, until one scrolls up to read; then a button leads back to it.
import { Component } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { clockTime, position, speakerLabels } from "../../lib/format";
import type { LiveSession, LiveTurn } from "../../lib/types";
import { Button } from "../../parts/button";
import { Badge } from "../../parts/page";
import { isTrouble, openSession, reasonText } from "./live";

const NEAR_PX = 32; // so far from its end a log still counts as read to the end
const MANY = 200;

export function LiveLog({ sessions }: { sessions: readonly LiveSession[] }) {
    const log = useRef<HTMLDivElement>(null);
    const atEnd = useRef(true);
    const [more, setMore] = useState(false); // below what is in sight
    const newest = sessions.findLast(({ turns }) => turns.length)?.turns.at(-1)?.id;
    const seen = useRef(newest);

    const toEnd = () => {
        if (log.current) log.current.scrollTop = log.current.scrollHeight;
    };
    useLayoutEffect(() => {
        if (atEnd.current) toEnd();
        else if (newest !== seen.current) setMore(true);
        seen.current = newest;
    });
    const onScroll = () => {
        const box = log.current;
        if (!box) return;
        atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
        if (atEnd.current) setMore(false);
    };
    return (
        <div class="log-frame">
            {/* Whoever listens to the page hears each turn when it comes. */}
            <div ref={log} class="log" role="log" aria-live="polite" aria-label="What is said" tabIndex={0} onScroll={onScroll}>
                <Sessions of={sessions} />
            </div>
            {more && <Button kind="primary" icon="down" onClick={() => { toEnd(); log.current?.focus(); }}>New turns</Button>}
        </div>
    );
}

export function Sessions({ of }: { of: readonly LiveSession[] }) {
    const waits = openSession(of) !== undefined && of.every(({ turns }) => !turns.length);
    return (
        <>
            {of.map((session, i) => (
                <div key={session.id} class="session">
                    {i > 0 && <p class="small muted between">Heard again from {clockTime(session.started_at)} on</p>}
                    {session.turns.length > 0 && (
                        <ol class={session.turns.length > MANY ? "turns many" : "turns"}>
                            {session.turns.map((turn, at) => (
                                <SpokenTurn key={turn.id} turn={turn} named={session.turns[at - 1]?.role !== turn.role} />
                            ))}
                        </ol>
                    )}
                    {session.reason && <Ended session={session} reason={session.reason} />}
                </div>
            ))}
            {waits && (
                <div class="state busy">
                    <p><strong>Nobody has spoken yet</strong></p>
                    <p class="muted">What is said stands here as soon as whoever says it pauses.</p>
                </div>
            )}
        </>
    );
}

function Ended({ session, reason }: { session: LiveSession; reason: NonNullable<LiveSession["reason"]> }) {
    return (
        <p class={isTrouble(reason) ? "small between trouble-of" : "small muted between"}>
            {session.turns.length ? "" : "Nobody was heard. "}{reasonText(reason)}
        </p>
    );
}

// With each one that comes all are looked at; those that were there have nothing to say to that.
class SpokenTurn extends Component<{ turn: LiveTurn; named: boolean }> {
    override shouldComponentUpdate(next: { turn: LiveTurn; named: boolean }): boolean {
        return next.turn !== this.props.turn || next.named !== this.props.named;
    }

    override render() {
        const { turn: { role, start_ms, text, interrupted }, named } = this.props;
        return (
            <li class={named ? `turn ${role} named` : `turn ${role}`}>
                <span class="at">{position(start_ms)}</span>
                <p>
                    <span class={named ? "speaker" : "speaker visually-hidden"}>{speakerLabels[role]}<span class="visually-hidden">: </span></span>
                    <bdi>{text}</bdi>{interrupted && <> <Badge tone="warn">Interrupted</Badge></>}
                </p>
            </li>
        );
    }
}
