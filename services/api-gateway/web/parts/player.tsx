// What plays in the list of calls, at the foot of every page: it goes on when its row is scrolled away and when one
// opens a call.
import { duration, durationWords, nameOf, position } from "../lib/format";
import { useShortcuts } from "../lib/keys";
import { PLAYING_SID, stop, track } from "../lib/playing";
import type { Deck } from "../lib/deck";
import type { Call } from "../lib/types";
import { IconButton } from "./button";

export function Player() {
    const now = track.value;
    return now && <Bar key={now.call.id} call={now.call} deck={now.deck} />;
}

interface BarProps {
    call: Call;
    deck: Deck;
}

function Bar({ call, deck }: BarProps) {
    useShortcuts("Player", [{ keys: "p", label: "Pause, go on", run: () => deck.toggle() }]);
    const trouble = deck.trouble.value;
    return (
        <section class="list-player" aria-label="Player" data-playing={PLAYING_SID.value}>
            <PlayPause deck={deck} />
            <div class="what">
                <a class="cut" dir="auto" href={`/calls/${call.id}`}>{nameOf(call)}</a>
                {trouble ? <p class="error" role="alert">{trouble}</p> : <Position deck={deck} />}
            </div>
            <IconButton icon="close" label="Stop and close the player" onClick={stop} />
        </section>
    );
}

function PlayPause({ deck }: { deck: Deck }) {
    const playing = deck.playing.value;
    const failed = deck.trouble.value !== "";
    const label = playing ? "Pause" : failed ? "Try again" : "Go on";
    return <IconButton icon={playing ? "pause" : failed ? "retry" : "play"} label={label} onClick={() => deck.toggle()} />;
}

function Position({ deck }: { deck: Deck }) {
    const [at, length] = [deck.time.value * 1000, deck.length.value * 1000];
    return (
        <div class="position">
            <input type="range" aria-label="Position" min={0} max={Math.round(length)} step={1000} value={Math.round(at)}
                   aria-valuetext={`${durationWords(at)} of ${durationWords(length)}`}
                   onInput={(event) => deck.seek(Number(event.currentTarget.value) / 1000)} />
            <span class="small muted numbers">{position(at)} / {duration(length)}</span>
        </div>
    );
}
