// Short notes at the edge: what was done, what failed. Nothing that has to be read stands only here.
import { signal } from "@preact/signals";
import { isAbort, sentenceOf } from "../lib/problem";
import { IconButton } from "./button";

interface Toast {
    id: number;
    tone: "good" | "bad";
    text: string;
    action?: { label: string; run: () => void };
}

const SHOWN_MS = 6000;
const toasts = signal<Toast[]>([]);
let lastId = 0;

export function toast(text: string, action?: Toast["action"]): void {
    show({ id: ++lastId, tone: "good", text, ...(action && { action }) });
}

/** For what was thrown; an abort is nothing to speak of. */
export function toastError(error: unknown): void {
    if (!isAbort(error)) show({ id: ++lastId, tone: "bad", text: sentenceOf(error) });
}

function show(one: Toast): void {
    toasts.value = [...toasts.value.slice(-2), one];
    setTimeout(() => hide(one), one.tone === "bad" ? 2 * SHOWN_MS : SHOWN_MS);
}

function hide(one: Toast): void {
    toasts.value = toasts.value.filter((other) => other !== one);
}

export function Toasts() {
    return (
        <div class="toasts" role="status" aria-live="polite">
            {toasts.value.map((one) => (
                <div key={one.id} class={`toast ${one.tone}`}>
                    <p>{one.text}</p>
                    {one.action && (
                        <button type="button" class="link" onClick={() => { hide(one); one.action?.run(); }}>
                            {one.action.label}
                        </button>
                    )}
                    <IconButton icon="close" label="Dismiss" onClick={() => hide(one)} />
                </div>
            ))}
        </div>
    );
}
