// Dialogs, on the browser's own <dialog>: it holds the focus, gives it back, and closes on Escape.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button, IconButton } from "./button";

interface DialogProps {
    title: string;
    onClose: () => void;
    children: ComponentChildren;
    /** The buttons. */
    footer?: ComponentChildren;
    wide?: boolean;
}

/** Open as long as it is rendered. */
export function Dialog({ title, onClose, children, footer, wide }: DialogProps) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => {
        const opener = document.activeElement;
        dialog.current?.showModal();
        return () => {
            if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
        };
    }, []);
    return (
        <dialog ref={dialog} class={wide ? "wide" : ""} aria-labelledby={id}
                onCancel={(event) => { event.preventDefault(); onClose(); }}
                onClick={(event) => event.target === dialog.current && onClose()}>
            <div class="sheet">
                <header>
                    <h2 id={id}>{title}</h2>
                    <IconButton icon="close" label="Close" onClick={onClose} />
                </header>
                <div class="content">{children}</div>
                {footer && <footer>{footer}</footer>}
            </div>
        </dialog>
    );
}

interface Question {
    title: string;
    text: ComponentChildren;
    /** The button's words: what will happen. */
    action: string;
    danger?: boolean;
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | null>(null);

/** Asks before something that cannot be undone. */
export function confirm(question: Question): Promise<boolean> {
    asked.value?.answer(false);
    return new Promise((resolve) => {
        asked.value = {
            ...question,
            answer: (yes) => {
                asked.value = null;
                resolve(yes);
            },
        };
    });
}

/** The question that is open, if one is; the frame has it. */
export function Questions() {
    const question = asked.value;
    if (!question) return null;
    return (
        <Dialog title={question.title} onClose={() => question.answer(false)} footer={
            <>
                <Button onClick={() => question.answer(false)}>Cancel</Button>
                <Button kind={question.danger ? "danger" : "primary"} onClick={() => question.answer(true)}>
                    {question.action}
                </Button>
            </>
        }>
            <p>{question.text}</p>
        </Dialog>
    );
}
