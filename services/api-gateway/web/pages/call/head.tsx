// Who called whom, when, how it went; and what can be done with the call as a whole.
import { useState } from "preact/hooks";
import { del } from "../../lib/api";
import { bothNumbers, duration, durationWords, nameOf, phone, statusLabels } from "../../lib/format";
import { navigate } from "../../lib/router";
import type { CallDetails, CallStatus } from "../../lib/types";
import { Button } from "../../parts/button";
import { confirm } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Mood } from "../../parts/mood";
import { Badge, PageHead, Time, type Tone } from "../../parts/page";
import { toast, toastError } from "../../parts/toast";
import { isOngoing } from "./call";
import { isBusy, type Rerun } from "./rerun";

function statusTone(status: CallStatus): Tone {
    return status === "completed" ? "neutral" : status === "failed" ? "bad" : "warn";
}

/** There from the beginning, so that its heading keeps the focus; `call` follows. */
export function CallHead({ call, rerun }: { call: CallDetails | undefined; rerun: Rerun }) {
    return (
        <PageHead title={call ? nameOf(call) : "Call"} up={["/calls", "Calls"]} actions={call && <Actions call={call} rerun={rerun} />}>
            {call && <Facts call={call} />}
            {call?.summary && <p class="summary">{call.summary}</p>}
        </PageHead>
    );
}

function Facts({ call }: { call: CallDetails }) {
    const { from, to } = bothNumbers(call.from_to_number);
    return (
        <div class="row facts muted">
            <span class="direction"><Icon name={call.direction} />{call.direction === "inbound" ? "Inbound" : "Outbound"}</span>
            <span>
                <span class="visually-hidden">from </span>{phone(from)} <span aria-hidden="true">→</span>
                <span class="visually-hidden"> to </span> {phone(to)}
            </span>
            {call.contact && <a href={`/contacts/${call.contact.id}`}><bdi>{call.contact.company ?? "Contact"}</bdi></a>}
            <span><Time at={call.started_at ?? call.created_at} /></span>
            {call.duration_ms !== null && (
                <span class="numbers">
                    <span aria-hidden="true">{duration(call.duration_ms)}</span>
                    <span class="visually-hidden">{durationWords(call.duration_ms)} long</span>
                </span>
            )}
            <Badge tone={isOngoing(call) ? "accent" : statusTone(call.status)}>{statusLabels[call.status]}</Badge>
            <Mood of={call.sentiment} />
        </div>
    );
}

function Actions({ call, rerun }: { call: CallDetails; rerun: Rerun }) {
    const [busy, setBusy] = useState(false);

    const remove = async () => {
        const sure = await confirm({
            title: "Delete this call?",
            text: "Its recording, transcript, analyses and to-dos are deleted for good.",
            action: "Delete the call",
            danger: true,
        });
        if (!sure) return;
        setBusy(true);
        try {
            await del(`/api/calls/${call.id}`);
            await navigate("/calls");
            toast(`The call with ${nameOf(call)} was deleted.`);
        } catch (error) {
            toastError(error);
            setBusy(false);
        }
    };
    return (
        <>
            {call.transcription !== null && (
                <Button kind="quiet" icon="retry" busy={isBusy(rerun)} onClick={() => void rerun.ask()}>
                    <span class="word">Re-run analyses</span>
                </Button>
            )}
            <a class="button quiet" href={`/api/calls/${call.id}/export`} download>
                <Icon name="download" /><span class="word">Export</span>
            </a>
            <Button kind="quiet" icon="trash" busy={busy} onClick={() => void remove()}><span class="word">Delete</span></Button>
        </>
    );
}
