// Something that is shown once and can be copied.
import { useRef, useState } from "preact/hooks";
import { copy } from "../lib/clipboard";
import { Button } from "./button";

interface SecretProps {
    /** What it is. */
    label: string;
    text: string;
    /** More than one line. */
    wide?: boolean;
}

export function Secret({ label, text, wide = false }: SecretProps) {
    const [copied, setCopied] = useState<boolean | null>(null);
    const code = useRef<HTMLElement>(null);

    const onCopy = async () => {
        const done = await copy(text);
        setCopied(done);
        if (!done && code.current) getSelection()?.selectAllChildren(code.current);
    };
    return (
        <div class={wide ? "secret wide" : "secret"} role="group" aria-label={label}>
            <code ref={code} tabIndex={0} aria-label={label}>{text}</code>
            <Button icon={copied ? "check" : "copy"} onClick={() => void onCopy()}>{copied ? "Copied" : "Copy"}</Button>
            <p class="visually-hidden" role="status">{copied ? `${label}: copied` : copied === false ? "Copy what is selected" : ""}</p>
        </div>
    );
}
