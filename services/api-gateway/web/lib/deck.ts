// The deck that plays a recording.
import { computed, effect, signal, type Signal } from "@preact/signals";
import { Problem, sentenceOf } from "./problem";
import type { Call } from "./types";

/**
 * Plays a call's recording. It follows the signal that it is given: playing is nothing but the call's sid standing
 * there. So of the decks that follow one signal, starting one stops the other one.
 */
export class Deck {
    readonly sid: string;
    readonly audio = new Audio();
    readonly playing = computed(() => this.playingSid.value === this.sid);
    /** Seconds. */
    readonly time = signal(0);
    readonly length: Signal<number>;
    readonly muted = signal(false);
    readonly volume = signal(1);
    /** Why it cannot be played, in a sentence; "": it can. */
    readonly trouble = signal("");
    private readonly url: string;
    private readonly ends: (() => void)[] = [];

    /** `ended` is called when the recording has come to its end. */
    constructor(private readonly playingSid: Signal<string | null>, call: Pick<Call, "id" | "call_sid" | "duration_ms">, ended = () => {}) {
        this.sid = call.call_sid;
        this.url = `/api/calls/${call.id}/recording`;
        this.length = signal((call.duration_ms ?? 0) / 1000);
        this.audio.preload = "metadata";
        this.listen(ended);
        this.audio.src = this.url;
        this.ends.push(effect(() => this.follow(this.playing.value)));
    }

    /** From where it stands, or from a time in milliseconds. */
    play(fromMs?: number): void {
        if (this.trouble.peek()) this.reload();
        if (fromMs !== undefined) this.seek(fromMs / 1000);
        this.playingSid.value = this.sid;
    }

    pause(): void {
        if (this.playingSid.peek() === this.sid) this.playingSid.value = null;
    }

    toggle(): void {
        if (this.playing.peek()) this.pause();
        else this.play();
    }

    seek(seconds: number): void {
        const end = this.length.value || Infinity;
        this.time.value = Math.min(Math.max(seconds, 0), end);
        this.audio.currentTime = this.time.value;
    }

    skip(seconds: number): void {
        this.seek(this.time.peek() + seconds);
    }

    setVolume(volume: number): void {
        this.audio.volume = volume;
        this.audio.muted = volume === 0;
    }

    toggleMute(): void {
        this.audio.muted = !this.audio.muted;
        if (!this.audio.muted && this.audio.volume === 0) this.audio.volume = 1;
    }

    /** Asks for the recording again. */
    reload(): void {
        this.trouble.value = "";
        const at = this.time.peek();
        this.audio.load();
        this.seek(at);
    }

    close(): void {
        this.pause();
        for (const end of this.ends) end();
        this.audio.removeAttribute("src");
        this.audio.load(); // ends what is still being fetched
    }

    private follow(wanted: boolean): void {
        if (!wanted) return this.audio.pause();
        if (this.audio.paused) this.audio.play().catch((error: unknown) => this.refused(error));
    }

    // An AbortError tells that a pause came before the first sound.
    private refused(error: unknown): void {
        if (!(error instanceof DOMException && error.name === "AbortError")) this.pause();
    }

    // An <audio> does not say why; the server does.
    private async explain(): Promise<void> {
        this.trouble.value = "This recording cannot be played.";
        const told = await fetch(this.url, { method: "HEAD" }).then(
            ({ status }) => (status === 404 ? "This recording is gone." : ""),
            () => sentenceOf(new Problem(0, "", "")),
        );
        if (told && this.trouble.peek()) this.trouble.value = told;
    }

    private listen(ended: () => void): void {
        const on = (kind: string, react: () => unknown) => {
            this.audio.addEventListener(kind, react);
            this.ends.push(() => this.audio.removeEventListener(kind, react));
        };
        // The browser plays and pauses too (media keys, a headset). By now it may have been told otherwise.
        on("play", () => this.audio.paused || this.play());
        on("pause", () => this.audio.paused && this.pause());
        on("timeupdate", () => void (this.time.value = this.audio.currentTime));
        on("seeking", () => void (this.time.value = this.audio.currentTime));
        on("durationchange", () => {
            if (Number.isFinite(this.audio.duration)) this.length.value = this.audio.duration;
        });
        on("volumechange", () => {
            this.muted.value = this.audio.muted;
            this.volume.value = this.audio.volume;
        });
        on("ended", ended);
        on("error", () => {
            this.pause();
            void this.explain();
        });
    }
}
