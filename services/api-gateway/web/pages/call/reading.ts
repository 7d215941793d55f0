// What of a call one is looking at: shared by what stands beside each other on its page.
import { signal } from "@preact/signals";

export type View = "transcript" | "results";

export class Reading {
    /** On a narrow screen, where there is room for one of them only. */
    readonly view = signal<View>("transcript");
    /** Whether the transcript moves along with the sound. Scrolling by hand only interrupts that. */
    readonly following = signal(true);
    private wantsToFollow = true;
    /** The turn that was clicked or asked for: of several that sound at once, this is the one that is meant. */
    readonly chosen = signal<string | null>(null);
    /** The turn that somebody pointed to: it is marked, and brought into sight whenever this is set. */
    readonly marked = signal<{ id: string } | null>(null);

    follow(wanted: boolean): void {
        this.wantsToFollow = wanted;
        this.following.value = wanted;
    }

    letGo(): void {
        this.following.value = false;
    }

    followAgain(): void {
        this.following.value = this.wantsToFollow;
    }

    show(turn: string): void {
        this.view.value = "transcript";
        this.letGo();
        this.chosen.value = turn;
        this.marked.value = { id: turn };
    }
}

/** The turn's element, and what its link says behind the "#". */
export function anchorOf(turn: string): string {
    return `t=${turn}`;
}

/** The turn that an address points to: /calls/ID#t=TURN, or ?at=TURN where a "#" would get lost. */
export function turnInAddress({ hash, query }: { hash: string; query: URLSearchParams }): string | null {
    return /^t=([\w-]+)$/.exec(hash)?.[1] ?? query.get("at");
}
