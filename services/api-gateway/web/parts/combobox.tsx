// A text field that offers what fits of a long list, be it one that has to be asked for.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Field, type FieldProps } from "./field";

export interface Option {
    id: string;
    label: string;
    /** More about it, beside it. */
    note?: string;
}

interface ComboboxProps extends FieldProps {
    /** What stands in the field; if it is an option's id, that one is where the arrow keys begin. */
    value: string;
    onInput: (text: string) => void;
    onPick: (option: Option) => void;
    /** A hook, always the same: what fits `text`. "": nothing was typed yet; null: nobody looks. */
    useOptions: (text: string | null) => readonly Option[];
    placeholder?: string;
}

export function Combobox({ label, hint, error, value, onInput, onPick, useOptions, placeholder }: ComboboxProps) {
    const [typed, setTyped] = useState<string | null>(null); // null: closed
    const [walked, setWalked] = useState<number | null>(null); // to where the arrow keys led
    const list = useId();
    const items = useRef<HTMLUListElement>(null);
    const found = useOptions(typed);
    const open = typed !== null && found.length > 0;
    const at = walked ?? found.findIndex(({ id }) => id === value);

    useEffect(() => items.current?.children[at]?.scrollIntoView({ block: "nearest" }), [at, open]);

    const show = (text: string, at: number | null) => {
        setTyped(text);
        setWalked(at);
    };
    const pick = (option: Option | undefined) => {
        setTyped(null);
        if (option) onPick(option);
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key === "ArrowDown" && typed === null) show("", null);
        else if (!open) return;
        else if (event.key === "ArrowDown") setWalked((at + 1) % found.length);
        else if (event.key === "ArrowUp") setWalked(at <= 0 ? found.length - 1 : at - 1);
        else if (event.key === "Enter") pick(found[at]);
        else if (event.key === "Escape") setTyped(null);
        else return;
        event.preventDefault();
        event.stopPropagation();
    };
    return (
        <div class="combobox">
            <Field label={label} hint={hint} error={error}>
                {(ties) => (
                    <input {...ties} type="text" role="combobox" autocomplete="off" spellcheck={false} value={value} placeholder={placeholder}
                           aria-expanded={open} aria-controls={list} aria-autocomplete="list"
                           aria-activedescendant={open && at >= 0 ? `${list}-${at}` : undefined}
                           onInput={(event) => { onInput(event.currentTarget.value); show(event.currentTarget.value, 0); }}
                           onClick={() => typed === null && show("", null)} onKeyDown={onKeyDown} onBlur={() => setTyped(null)} />
                )}
            </Field>
            <ul id={list} ref={items} role="listbox" aria-label={label} class="options" hidden={!open}>
                {open && found.map((option, i) => (
                    // Before the field loses the focus, which closes this.
                    <li key={option.id} id={`${list}-${i}`} role="option" aria-selected={i === at}
                        onPointerDown={(event) => { event.preventDefault(); pick(option); }}>
                        <span class="cut">{option.label}</span>
                        {option.note && <span class="cut muted small">{option.note}</span>}
                    </li>
                ))}
            </ul>
        </div>
    );
}
