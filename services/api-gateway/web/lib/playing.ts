// What plays in the list of calls. It goes on wherever one goes, until it ends or is put away; a call's own page has a
// signal of its own (pages/call/playing), and neither changes the other's.
import { signal } from "@preact/signals";
import { Deck } from "./deck";
import { onLive } from "./live";
import { session } from "./session";
import type { Call } from "./types";

/** The call_sid of the recording that plays in the list; null while none does. */
export const PLAYING_SID = signal<string | null>(null);

interface Track {
    call: Call;
    deck: Deck;
}

/** What was started last, be it paused, until it ends or is put away. */
export const track = signal<Track | null>(null);

export function isPlaying(call: Call): boolean {
    return PLAYING_SID.value === call.call_sid;
}

/** Starts a call's recording, in place of what plays; pauses it when it is the one that plays. */
export function toggle(call: Call): void {
    if (track.peek()?.call.id !== call.id) {
        stop();
        track.value = { call, deck: new Deck(PLAYING_SID, call, stop) };
    }
    track.peek()?.deck.toggle();
}

/** Puts away what plays. */
export function stop(): void {
    track.peek()?.deck.close();
    track.value = null;
}

session.subscribe((now) => now === null && stop());
onLive((event) => event.type === "call.deleted" && event.call_id === track.peek()?.call.id && stop());
