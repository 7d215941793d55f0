// All active analyzers once more: asked for here, answered by runs that arrive while the page is open.
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post } from "../../lib/api";
import { plural } from "../../lib/format";
import type { Analyzer, CallDetails } from "../../lib/types";
import { confirm } from "../../parts/dialog";
import { toastError } from "../../parts/toast";
import { stepOf } from "./call";

type Asked =
    | { state: "idle" | "asking" | "nothing-active" }
    /** `seen` is when the step had moved last: it has to move again. */
    | { state: "running"; analyzers: Analyzer[]; seen: string | undefined }
    | { state: "arrived"; count: number }
    | { state: "failed" };

export interface Rerun {
    asked: Asked;
    ask: () => Promise<void>;
}

export function isBusy({ asked }: Rerun): boolean {
    return asked.state === "asking" || asked.state === "running";
}

/** `onAsked` is called when there is something to see of it. */
export function useRerun(call: CallDetails | undefined, onAsked: () => void): Rerun {
    const [asked, setAsked] = useState<Asked>({ state: "idle" });
    const step = call && stepOf(call, "analyze");
    const movedAt = useRef<string | undefined>(undefined);
    movedAt.current = step?.updated_at;

    useEffect(() => {
        if (asked.state === "failed" && step?.state !== "failed") setAsked({ state: "idle" }); // driven again
        if (asked.state !== "running" || !step || step.updated_at === asked.seen) return;
        if (step.state === "done") setAsked({ state: "arrived", count: asked.analyzers.length });
        if (step.state === "failed") setAsked({ state: "failed" });
    }, [asked, step?.state, step?.updated_at]);

    const ask = async () => {
        if (!call) return;
        setAsked({ state: "asking" });
        try {
            const analyzers = (await get<Analyzer[]>("/api/analyzers")).filter(({ active }) => active);
            if (!analyzers.length) setAsked({ state: "nothing-active" });
            else if (!(await isWanted(analyzers))) return setAsked({ state: "idle" });
            else {
                const seen = movedAt.current;
                await post(`/api/calls/${call.id}/rerun`);
                setAsked({ state: "running", analyzers, seen });
            }
            onAsked();
        } catch (error) {
            toastError(error);
            setAsked({ state: "idle" });
        }
    };
    return { asked, ask };
}

function isWanted(analyzers: readonly Analyzer[]): Promise<boolean> {
    return confirm({
        title: "Run the analyzers again?",
        text: `${analyzers.map(({ name }) => name).join(", ")}. The runs that are there stay.`,
        action: `Run ${plural(analyzers.length, "analyzer")}`,
    });
}
