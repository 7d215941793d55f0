// How loud each side is, drawn behind the control of the position.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { get } from "../../lib/api";
import type { Deck } from "../../lib/deck";
import { speakerLabels } from "../../lib/format";
import { Problem } from "../../lib/problem";
import { useResource } from "../../lib/resource";
import { color, scheme } from "../../lib/theme";
import type { Waveform } from "../../lib/types";
import type { WaveSurfer } from "../../lib/wave";

type Role = Waveform["channels"][number]["role"];

const labels = { ...speakerLabels, both: "Both" };
const tokenOf = (role: Role) => (role === "caller" ? "--caller" : "--agent");

interface WavesProps {
    deck: Deck;
    callId: string;
    /** The recording was listened to, which is when its peaks are taken. */
    heard: boolean;
    children: ComponentChildren;
}

export function Waves({ deck, callId, heard, children }: WavesProps) {
    const waveform = useResource((signal) => (heard ? peaksOf(callId, signal) : noPeaks), [callId, heard]).data;
    return (
        <div class={waveform ? "waves drawn" : "waves"}>
            {waveform && (
                <ul class="legend" aria-hidden="true">
                    {waveform.channels.map(({ role }, i) => <li key={i} class={role ?? "both"}>{labels[role ?? "both"]}</li>)}
                </ul>
            )}
            <div class="scale">
                {waveform && <Drawing deck={deck} waveform={waveform} />}
                {children}
            </div>
        </div>
    );
}

const noPeaks = Promise.resolve(null);

// Where there are none, a plain bar does.
async function peaksOf(callId: string, signal: AbortSignal): Promise<Waveform | null> {
    try {
        const waveform = await get<Waveform>(`/api/calls/${callId}/waveform`, { signal });
        return waveform.channels.some(({ peaks }) => peaks.length) ? waveform : null;
    } catch (error) {
        if (error instanceof Problem) return null;
        throw error;
    }
}

function Drawing({ deck, waveform }: { deck: Deck; waveform: Waveform }) {
    const container = useRef<HTMLDivElement>(null);
    useEffect(() => {
        let wave: WaveSurfer | undefined;
        let wanted = true;
        let unsubscribe = () => {};
        void import("../../lib/wave").then(({ makeWave }) => {
            if (!wanted || !container.current) return;
            wave = makeWave({
                container: container.current,
                media: deck.audio,
                peaks: waveform.channels.map(({ peaks }) => peaks.map((peak) => peak / 255)),
                duration: waveform.duration_ms / 1000,
                height: "auto",
                normalize: true,
                interact: false,
                cursorWidth: 2,
                barWidth: 2,
                barGap: 1,
                barRadius: 2,
                barMinHeight: 1,
                ...colors(waveform),
            });
            unsubscribe = scheme.subscribe(() => wave?.setOptions(colors(waveform)));
        });
        return () => {
            wanted = false;
            unsubscribe();
            wave?.destroy();
        };
    }, [deck, waveform]);
    return <div ref={container} class="drawing" aria-hidden="true" />;
}

// What was played is in the speaker's color, what is to come in a paler one.
function colors({ channels }: Waveform) {
    return {
        cursorColor: color("--ink"),
        splitChannels: channels.map(({ role }) => ({
            progressColor: color(tokenOf(role)),
            waveColor: color(`${tokenOf(role)}-pale`),
        })),
    };
}
