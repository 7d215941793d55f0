// The report as it was mailed. It is shown in a frame without any rights: the mail holds what callers said.
import { useState } from "preact/hooks";
import { stepLabels } from "../../lib/format";
import type { CallDetails, Report } from "../../lib/types";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Section, Time } from "../../parts/page";
import { failedBefore, stepOf } from "./call";

export function ReportCard({ call }: { call: CallDetails }) {
    const [open, setOpen] = useState(false);
    const { report } = call;
    if (!report) return call.steps.length ? <Section title="Report"><p class="muted">{whyNone(call)}</p></Section> : null;
    return (
        <Section title="Report" actions={<Button icon="mail" onClick={() => setOpen(true)}>Show<span class="visually-hidden"> the report</span></Button>}>
            <Envelope report={report} />
            {open && (
                <Dialog title="The report as it was mailed" wide onClose={() => setOpen(false)}>
                    <Envelope report={report} />
                    <iframe class="mail" title="Report" src={`/api/calls/${call.id}/report`} sandbox="" />
                </Dialog>
            )}
        </Section>
    );
}

function Envelope({ report }: { report: Report }) {
    return (
        <dl class="about">
            {report.subject && <><dt>Subject</dt><dd>{report.subject}</dd></>}
            <dt>To</dt><dd>{report.to.join(", ")}</dd>
            <dt>Sent</dt><dd><Time at={report.sent_at} /></dd>
        </dl>
    );
}

function whyNone(call: CallDetails) {
    const step = stepOf(call, "report");
    const before = failedBefore(call, "report");
    if (before) return `Nothing is mailed as long as this step has failed: ${stepLabels[before.step]}.`;
    if (step?.state === "failed") return "It could not be mailed. The steps tell why.";
    if (step?.state === "done") return <>It was mailed to nobody: <a href="/settings">the settings</a> name no recipients.</>;
    return "It is mailed when the other steps have ended.";
}
