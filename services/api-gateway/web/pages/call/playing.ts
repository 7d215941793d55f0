// The sound of a call's page: which recording plays there, and how fast.
//
// PLAYING_SID is the page's own, as the list of calls has one of its own (lib/playing): neither knows of the other, so
// what plays in the list is changed by nothing that happens here, and the other way round.
import { effect, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { Deck } from "../../lib/deck";
import type { CallDetails } from "../../lib/types";

/** The call_sid of the recording that plays on a call's page; null: none does. */
export const PLAYING_SID = signal<string | null>(null);

export const SKIP_S = 10;
export const RATES = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;

/** How fast recordings are played; kept, for who works through many. */
export const rate = signal(keptRate());

function keptRate(): number {
    try {
        const kept = Number(localStorage.getItem("callmill.rate"));
        return RATES.find((one) => one === kept) ?? 1;
    } catch {
        return 1; // a browser that keeps nothing
    }
}

export function setRate(wanted: number): void {
    rate.value = wanted;
    try {
        localStorage.setItem("callmill.rate", String(wanted));
    } catch {
        // then the choice holds as long as the page
    }
}

/** One step slower (-1) or faster (1). */
export function changeRate(by: -1 | 1): void {
    const at = RATES.findIndex((one) => one === rate.peek());
    setRate(RATES[Math.min(Math.max(at + by, 0), RATES.length - 1)] ?? 1);
}

/** There is sound as soon as there is a recording; leaving the page ends it. */
export function useDeck(call: CallDetails): Deck | null {
    const [deck, setDeck] = useState<Deck | null>(null);
    useEffect(() => {
        if (!call.has_recording) return;
        const made = new Deck(PLAYING_SID, call);
        const end = effect(() => void (made.audio.playbackRate = made.audio.defaultPlaybackRate = rate.value));
        setDeck(made);
        return () => {
            end();
            made.close();
            setDeck(null);
        };
    }, [call.id, call.has_recording]);
    return deck;
}
