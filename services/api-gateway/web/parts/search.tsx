// A search field whose words live in the address (as `q`), a moment after they were typed.
import { useEffect, useRef, useState } from "preact/hooks";
import { useShortcuts } from "../lib/keys";
import { place, setQuery } from "../lib/router";
import { IconButton } from "./button";
import { Icon } from "./icon";
import { Key } from "./page";

const PAUSE_MS = 200;

interface SearchProps {
    /** What is searched: "Search contacts". */
    label: string;
    /** Of the page, for the list of shortcuts. */
    group: string;
    /** Out of the field, to what was found. */
    onDown?: () => void;
}

export function SearchField({ label, group, onDown }: SearchProps) {
    const q = place.value.query.get("q") ?? "";
    const [text, setText] = useState(q);
    const sent = useRef(q); // what the address got from here last
    const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
    const input = useRef<HTMLInputElement>(null);
    useShortcuts(group, [{ keys: "/", label: "Search", run: () => { input.current?.focus(); input.current?.select(); } }]);

    // The address was changed by something else, such as going back.
    useEffect(() => {
        if (q === sent.current) return;
        clearTimeout(timer.current);
        sent.current = q;
        setText(q);
    }, [q]);
    useEffect(() => () => clearTimeout(timer.current), []);

    const send = (value: string) => {
        clearTimeout(timer.current);
        sent.current = value.trim();
        setQuery({ q: sent.current });
    };
    const type = (value: string) => {
        setText(value);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => send(value), PAUSE_MS);
    };
    const clear = () => {
        setText("");
        send("");
        input.current?.focus();
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.isComposing) return;
        if (event.key === "Enter") send(text);
        else if (event.key === "Escape" && text) clear();
        else if (onDown && (event.key === "Escape" || event.key === "ArrowDown")) onDown();
        else return;
        event.preventDefault();
    };
    return (
        <search class="search">
            <Icon name="search" />
            <input ref={input} type="text" role="searchbox" aria-label={label} placeholder={label} autocomplete="off" spellcheck={false}
                   enterkeyhint="search" maxLength={200} aria-keyshortcuts="/" value={text}
                   onInput={(event) => type(event.currentTarget.value)} onKeyDown={onKeyDown} />
            {text ? <IconButton icon="close" label="Clear the search" onClick={clear} /> : <Key>/</Key>}
        </search>
    );
}
