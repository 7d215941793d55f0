// Lets a list follow what happens: what an event says is shown at once, the rest is asked for, a little at a time.
import { useEffect } from "preact/hooks";
import { onLive, onTurn, type LiveEvent } from "../../lib/live";
import { isAbort } from "../../lib/problem";
import { isFiltered } from "./filters";
import type { CallList } from "./list";

const PACE_MS = 400; // between two questions: what happens in between is one question

/** While the component is there. */
export function useFollowing(list: CallList): void {
    useEffect(() => {
        const follower = new Follower(list);
        const leave = onLive((event) => follower.hear(event));
        const leaveTurns = onTurn((turn) => follower.hearSpeech(turn.call_id));
        const see = () => document.hidden || follower.wake();
        document.addEventListener("visibilitychange", see);
        return () => {
            leave();
            leaveTurns();
            document.removeEventListener("visibilitychange", see);
            follower.stop();
        };
    }, [list]);
}

class Follower {
    private readonly changed = new Set<string>(); // ids of calls
    private mayHaveNew = false;
    private timer: ReturnType<typeof setTimeout> | undefined;
    private readonly aborter = new AbortController();

    constructor(private readonly list: CallList) {}

    hear(event: LiveEvent): void {
        const { list } = this;
        if (event.type === "reset") {
            list.doubt();
            this.mayHaveNew = true;
        } else if (event.type === "call.deleted") {
            this.changed.delete(event.call_id);
            return list.remove(event.call_id);
        } else {
            list.hear(event);
            if (list.indexOf(event.call_id) >= 0) this.changed.add(event.call_id);
            else if (event.type === "call.started" || list.has(event.call_id) || isFiltered(list.filters)) this.mayHaveNew = true;
            else return; // of a call further down, which is asked for when one gets there
        }
        this.wake();
    }

    /** Nothing else tells that a call is live now. */
    hearSpeech(id: string): void {
        const known = this.list.at(this.list.indexOf(id));
        if (!known || known.live) return;
        this.changed.add(id);
        this.wake();
    }

    wake(): void {
        if (this.timer === undefined && (this.mayHaveNew || this.changed.size)) this.timer = setTimeout(() => void this.ask(), PACE_MS);
    }

    stop(): void {
        clearTimeout(this.timer);
        this.aborter.abort();
    }

    private async ask(): Promise<void> {
        const { list, aborter: { signal } } = this;
        // Out of sight nothing is asked for; wake() is called when the page is seen again.
        if (!document.hidden && list.state === "ready") await this.askOnce(list, signal);
        this.timer = undefined;
        if (!document.hidden && !signal.aborted) this.wake();
    }

    private async askOnce(list: CallList, signal: AbortSignal): Promise<void> {
        const ids = [...this.changed];
        const { mayHaveNew } = this;
        this.changed.clear();
        this.mayHaveNew = false;
        try {
            if (mayHaveNew) {
                await list.askForNew(signal);
                for (const id of ids) this.changed.add(id);
            } else {
                for (const id of await list.askAgain(ids, signal)) this.changed.add(id);
            }
        } catch (error) {
            // With the connection back comes a reset, which asks for everything.
            if (!isAbort(error)) list.doubt();
        }
    }
}
