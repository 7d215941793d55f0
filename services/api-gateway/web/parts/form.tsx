// Forms that the server judges: what it finds wrong stands beside the field that it names.
import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";
import { Problem, faultOf, isAbort, sentenceOf } from "../lib/problem";
import { guardLeaving } from "../lib/router";
import { confirm } from "./dialog";

export interface Saving<Name extends string> {
    form: RefObject<HTMLFormElement | null>;
    busy: boolean;
    /** Of each field, what is wrong with it. */
    errors: Partial<Record<Name, string>>;
    /** What is wrong with none of them. */
    trouble: string;
    /** true: it was done. `about` says which field an answer is about that names none. */
    run: (send: () => Promise<unknown>, about?: (problem: Problem) => Name | null) => Promise<boolean>;
}

/** `fields` are those that the form shows. */
export function useSaving<Name extends string>(fields: readonly Name[]): Saving<Name> {
    const form = useRef<HTMLFormElement>(null);
    const [busy, setBusy] = useState(false);
    const [wrong, setWrong] = useState<{ field: Name | null; text: string } | null>(null);

    useEffect(() => {
        if (wrong?.field) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    }, [wrong]);

    const run: Saving<Name>["run"] = async (send, about) => {
        setBusy(true);
        setWrong(null);
        try {
            await send();
            return true;
        } catch (error) {
            if (!isAbort(error)) setWrong(judge(error, about));
            return false;
        } finally {
            setBusy(false);
        }
    };
    const judge = (error: unknown, about: (problem: Problem) => Name | null = () => null) => {
        const fault = faultOf(error);
        const named = fields.find((name) => name === fault?.field);
        if (named && fault) return { field: named, text: fault.text };
        return { field: error instanceof Problem ? about(error) : null, text: sentenceOf(error) };
    };
    const errors = wrong?.field ? { [wrong.field]: wrong.text } as Partial<Record<Name, string>> : {};
    return { form, busy, errors, trouble: wrong && !wrong.field ? wrong.text : "", run };
}

/** Stands before a form's buttons. */
export function Trouble({ of }: { of: { trouble: string } }) {
    return <p class="error" role="alert">{of.trouble}</p>;
}

/** Whoever leaves a form goes on where it was opened: `goOn` puts the focus there once `editing` is over. */
export function useReturn(editing: boolean, goOn: () => void): void {
    const before = useRef(editing);
    useEffect(() => {
        if (before.current && !editing) goOn();
        before.current = editing;
    }, [editing]);
}

const unsaved = new Set<object>();

function ask(): Promise<boolean> {
    return confirm({
        title: "Leave without saving?",
        text: "What was changed on this page is lost then.",
        action: "Leave",
        danger: true,
    });
}

/** As long as something is unsaved, leaving the page is asked about. */
export function useUnsaved(dirty: boolean): void {
    useEffect(() => {
        if (!dirty) return;
        const mine = {};
        unsaved.add(mine);
        guardLeaving(ask);
        return () => {
            unsaved.delete(mine);
            if (!unsaved.size) guardLeaving(null);
        };
    }, [dirty]);
}
