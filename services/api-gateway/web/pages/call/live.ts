// What is heard of a call while it lasts: turns as they come, and why it ended.
import type { SpokenTurn } from "../../lib/live";
import type { CallDetails, LiveSession, LiveTurn } from "../../lib/types";

export const TURNS_MAX = 2000; // as many as the API gives

/** The call with what was heard since it was asked for. Nothing new: the same object. */
export function withHeard(call: CallDetails, heard: readonly SpokenTurn[]): CallDetails {
    const known = new Set(call.live_sessions.flatMap(({ turns }) => turns.map(({ id }) => id)));
    const fresh = heard.filter(({ session_id, turn_id }) => {
        const isNew = !known.has(turn_id) && call.live_sessions.some(({ id }) => id === session_id);
        known.add(turn_id); // events may come twice
        return isNew;
    });
    if (!fresh.length) return call;
    const sessions = call.live_sessions.map((session) => withTurns(session, fresh.filter(({ session_id }) => session_id === session.id)));
    return { ...call, live_sessions: newest(sessions) };
}

function withTurns(session: LiveSession, fresh: readonly SpokenTurn[]): LiveSession {
    if (!fresh.length) return session;
    const turns = [...session.turns, ...fresh.map(turnOf)].sort((a, b) => a.position - b.position);
    return { ...session, turns };
}

function turnOf({ turn_id, position, role, start_ms, end_ms, text, interrupted }: SpokenTurn): LiveTurn {
    return { id: turn_id, position, role, start_ms, end_ms, text, interrupted };
}

function newest(sessions: LiveSession[]): LiveSession[] {
    let tooMany = sessions.reduce((sum, { turns }) => sum + turns.length, 0) - TURNS_MAX;
    if (tooMany <= 0) return sessions;
    return sessions.map((session) => {
        const dropped = Math.min(Math.max(tooMany, 0), session.turns.length);
        tooMany -= dropped;
        return dropped ? { ...session, turns: session.turns.slice(dropped) } : session;
    });
}

/** It follows what is known of its session, or is known already. */
export function isNext(sessions: readonly LiveSession[], turn: SpokenTurn): boolean {
    const session = sessions.find(({ id }) => id === turn.session_id);
    return session !== undefined && turn.position <= (session.turns.at(-1)?.position ?? -1) + 1;
}

/** The session that goes on. */
export function openSession(sessions: readonly LiveSession[]): LiveSession | undefined {
    return sessions.findLast(({ ended_at }) => ended_at === null);
}

type Reason = NonNullable<LiveSession["reason"]>;

const reasons: Record<Reason, string> = {
    stopped: "It ended with the call.",
    "call-ended": "It ended with the call.",
    "hung-up": "The assistant said goodbye and ended the call.",
    forwarded: "The assistant put the caller through.",
    "time-limit": "It was as long as it may be.",
    closed: "The line to Twilio broke off.",
    silent: "Nothing came from Twilio any more.",
    "stream-error": "Twilio could not go on with the stream.",
    "model-lost": "The assistant was lost; the caller heard the fallback message.",
    shutdown: "The service that listened was stopped.",
    lost: "The service that listened was lost.",
    refused: "The stream was refused: its right to be heard was missing or used up, or it was not as Twilio sends it.",
};
const asMeant: readonly Reason[] = ["stopped", "call-ended", "hung-up", "forwarded"];

/** Why it ended, in plain words. Of a reason that is not known yet, its name. */
export function reasonText(reason: Reason): string {
    return reasons[reason] ?? `It ended: ${reason}.`;
}

/** It did not end as it was meant to. */
export function isTrouble(reason: Reason): boolean {
    return !asMeant.includes(reason);
}
