import { useEffect, useMemo } from "preact/hooks";
import { arrival, place } from "../../lib/router";
import type { CallDetails } from "../../lib/types";
import { PageHead, type PageProps } from "../../parts/page";
import { Empty, Loaded } from "../../parts/states";
import { Analyses } from "./analyses";
import { useCall } from "./call";
import { ContactCard } from "./contact";
import { CallHead } from "./head";
import { HeardLive, LiveCard } from "./live_card";
import { NoTranscript } from "./no_transcript";
import { Player } from "./player";
import { useDeck } from "./playing";
import { Reading, turnInAddress, type View } from "./reading";
import { ReportCard } from "./report";
import { useRerun, type Rerun } from "./rerun";
import { Steps, type Change } from "./steps";
import { Todos } from "./todos";
import { Tools, Transcript, useSearch } from "./transcript";

export default function CallPage({ params }: PageProps) {
    const call = useCall(params["id"] ?? "");
    const reading = useMemo(() => new Reading(), []);
    const rerun = useRerun(call.data, () => (reading.view.value = "results"));
    if (call.deleted) return <Deleted />;
    return (
        <div class="call-page">
            <CallHead call={call.data} rerun={rerun} />
            <Loaded from={call} loading={<Skeleton />}>
                {(data) => <CallBody call={data} change={call.set} reading={reading} rerun={rerun} />}
            </Loaded>
        </div>
    );
}

function Deleted() {
    return (
        <>
            <PageHead title="Deleted call" up={["/calls", "Calls"]} />
            <Empty icon="trash" title="This call was deleted" action={<a href="/calls">To the calls</a>}>
                Somebody deleted it while it was open here, or it was older than calls are kept.
            </Empty>
        </>
    );
}

function Skeleton() {
    return (
        <div class="columns loading" role="status">
            <span class="visually-hidden">Loading</span>
            <div class="said" aria-hidden="true"><div class="line tall" />{lines(6)}</div>
            <div class="came" aria-hidden="true">{lines(4)}</div>
        </div>
    );
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => <div key={i} class="line" />);

interface BodyProps {
    call: CallDetails;
    change: Change;
    reading: Reading;
    rerun: Rerun;
}

function CallBody({ call, change, reading, rerun }: BodyProps) {
    const deck = useDeck(call);
    const search = useSearch(call.segments, reading);
    const hasTurns = call.segments.length > 0;

    const show = (turn: string, play: boolean) => {
        const start = call.segments.find(({ id }) => id === turn)?.start_ms;
        if (start === undefined) return;
        reading.show(turn);
        if (play) {
            reading.followAgain();
            deck?.play(start);
        } else if (!deck?.playing.peek()) deck?.seek(start / 1000);
    };
    // Who comes back to the page finds it as it was left.
    const pointed = turnInAddress(place.value);
    useEffect(() => {
        if (pointed && arrival.peek() !== "back") show(pointed, false);
    }, [pointed, deck, hasTurns]);

    return (
        <>
            <Views reading={reading} />
            <div class={`columns show-${reading.view.value}`}>
                <div class="said">
                    {(deck || hasTurns) && (
                        <div class="at-hand card">
                            {deck && <Player deck={deck} callId={call.id} heard={call.transcription !== null} />}
                            {hasTurns && <Tools search={search} deck={deck} reading={reading} />}
                        </div>
                    )}
                    <LiveCard call={call} />
                    <section class="card transcript" aria-labelledby="transcript">
                        <h2 id="transcript">Transcript</h2>
                        {hasTurns ? <Transcript segments={call.segments} deck={deck} reading={reading} search={search} />
                            : <NoTranscript call={call} change={change} />}
                    </section>
                    <HeardLive call={call} />
                </div>
                <div class="came">
                    <Todos call={call} change={change} onEvidence={show} />
                    <Analyses call={call} rerun={rerun} />
                    <ContactCard contact={call.contact} />
                    <Steps call={call} change={change} />
                    <ReportCard call={call} />
                </div>
            </div>
        </>
    );
}

const views: readonly [View, string][] = [["transcript", "Transcript"], ["results", "Results"]];

// Where there is no room for both columns.
function Views({ reading }: { reading: Reading }) {
    return (
        <div class="views" role="group" aria-label="Show">
            {views.map(([view, label]) => (
                <button key={view} type="button" aria-pressed={reading.view.value === view} onClick={() => (reading.view.value = view)}>
                    {label}
                </button>
            ))}
        </div>
    );
}
