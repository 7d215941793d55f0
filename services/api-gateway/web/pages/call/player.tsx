import type { Deck } from "../../lib/deck";
import { duration, durationWords, position } from "../../lib/format";
import { useShortcuts } from "../../lib/keys";
import { Button, IconButton } from "../../parts/button";
import { PLAYING_SID, RATES, SKIP_S, changeRate, rate, setRate } from "./playing";
import { Waves } from "./waves";

interface PlayerProps {
    deck: Deck;
    callId: string;
    /** The recording was transcribed. */
    heard: boolean;
}

export function Player({ deck, callId, heard }: PlayerProps) {
    useShortcuts("Recording", [
        { keys: " ", label: "Play, pause", run: () => deck.toggle() },
        { keys: "ArrowLeft", label: `Back ${SKIP_S} seconds`, run: () => deck.skip(-SKIP_S) },
        { keys: "ArrowRight", label: `On ${SKIP_S} seconds`, run: () => deck.skip(SKIP_S) },
        { keys: "<", label: "Slower", run: () => changeRate(-1) },
        { keys: ">", label: "Faster", run: () => changeRate(1) },
        { keys: "m", label: "Sound off, on", run: () => deck.toggleMute() },
    ]);
    if (deck.trouble.value)
        return (
            <section class="player" aria-label="Recording">
                <div class="controls" role="alert">
                    <p class="error">{deck.trouble.value}</p>
                    <Button icon="retry" onClick={() => deck.reload()}>Try again</Button>
                </div>
            </section>
        );
    return (
        <section class="player" aria-label="Recording" data-playing={PLAYING_SID.value}>
            <Waves deck={deck} callId={callId} heard={heard}><Position deck={deck} /></Waves>
            <div class="controls">
                <IconButton icon="rewind" label={`Back ${SKIP_S} seconds`} onClick={() => deck.skip(-SKIP_S)} />
                <PlayButton deck={deck} />
                <IconButton icon="forward" label={`On ${SKIP_S} seconds`} onClick={() => deck.skip(SKIP_S)} />
                <Clock deck={deck} />
                <select class="rate" aria-label="Speed" value={rate.value}
                        onChange={(event) => setRate(Number(event.currentTarget.value))}>
                    {RATES.map((one) => <option key={one} value={one}>{one} ×</option>)}
                </select>
                <Volume deck={deck} />
            </div>
        </section>
    );
}

// Each of these is drawn anew as its own signals change, and nothing around it.
function PlayButton({ deck }: { deck: Deck }) {
    const playing = deck.playing.value;
    return (
        <Button kind="primary" icon={playing ? "pause" : "play"} onClick={() => deck.toggle()}>
            <span class="word">{playing ? "Pause" : "Play"}</span>
        </Button>
    );
}

function Clock({ deck }: { deck: Deck }) {
    return (
        <p class="clock numbers">
            <span class="visually-hidden">Position </span>
            {position(deck.time.value * 1000)} <span class="muted">/ {duration(deck.length.value * 1000)}</span>
        </p>
    );
}

// The control of the position: it lies over the waves, which are only drawn.
function Position({ deck }: { deck: Deck }) {
    const [at, length] = [deck.time.value, deck.length.value];
    return (
        <input type="range" class="position" aria-label="Position" min={0} max={length || 1} step={0.01} value={at}
               style={{ "--played": `${length ? (at / length) * 100 : 0}%` }}
               aria-valuetext={`${durationWords(at * 1000)} of ${durationWords(length * 1000)}`}
               onInput={(event) => deck.seek(Number(event.currentTarget.value))} />
    );
}

function Volume({ deck }: { deck: Deck }) {
    const off = deck.muted.value;
    return (
        <div class="volume">
            <IconButton icon={off ? "muted" : "volume"} label={off ? "Sound on" : "Sound off"} onClick={() => deck.toggleMute()} />
            <input type="range" aria-label="Volume" min={0} max={1} step={0.05} value={off ? 0 : deck.volume.value}
                   onInput={(event) => deck.setVolume(Number(event.currentTarget.value))} />
        </div>
    );
}
