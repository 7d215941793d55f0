// Keyboard shortcuts: a page says which it has while it is there; "?" lists them all.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

export interface Shortcut {
    /** As KeyboardEvent.key ("j", "Enter", " ", "?"), or two keys in a row ("g c"). */
    keys: string;
    label: string;
    run: (event: KeyboardEvent) => void;
}

/** All that are there now, by group, for the list. */
export const shortcuts = signal<{ group: string; items: Shortcut[] }[]>([]);

const PREFIX_MS = 1500;
let prefix = "";
let prefixAt = 0;

/** While the component is there. The latest `items` count; the same keys of a later component win. */
export function useShortcuts(group: string, items: Shortcut[]): void {
    const current = useRef(items);
    current.current = items;
    useLayoutEffect(() => { // what is seen can be worked, be it this very moment
        const entry = { group, get items() { return current.current; } };
        shortcuts.value = [...shortcuts.value, entry];
        return () => {
            shortcuts.value = shortcuts.value.filter((other) => other !== entry);
        };
    }, [group]);
}

/** How a key is written on a keyboard. */
export function keyLabel(key: string): string {
    return { " ": "Space", Enter: "Enter", Escape: "Esc", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" }[key] ?? key;
}

function find(keys: string): Shortcut | undefined {
    for (const { items } of [...shortcuts.value].reverse()) {
        const found = items.find((item) => item.keys === keys);
        if (found) return found;
    }
    return undefined;
}

function isTyping(target: EventTarget | null): boolean {
    if (!(target instanceof HTMLElement)) return false;
    return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=range])");
}

// Enter and Space are what presses a button, and Enter follows a link; there they belong to it.
function isPressing(event: KeyboardEvent): boolean {
    if (event.key !== " " && event.key !== "Enter") return false;
    const pressed = "button, input:not([type=range]), summary, [role=switch], [role=menuitem]";
    return event.target instanceof Element && event.target.closest(event.key === " " ? pressed : `a, ${pressed}`) !== null;
}

function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || isPressing(event) || document.querySelector("dialog[open]")) return;
    const began = event.timeStamp - prefixAt < PREFIX_MS ? prefix : "";
    prefix = event.key;
    prefixAt = event.timeStamp;
    const found = (began && find(`${began} ${event.key}`)) || find(event.key);
    if (!found) return;
    prefix = "";
    event.preventDefault();
    found.run(event);
}

export function startKeys(): void {
    document.addEventListener("keydown", onKey);
}
