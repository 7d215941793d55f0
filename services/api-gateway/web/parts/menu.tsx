// A button that unfolds a few actions. Arrow keys walk through them, Escape closes.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

interface MenuProps {
    /** Of the button. */
    label: string;
    button: ComponentChildren;
    class?: string;
    /** Closes with a choice of several, too; else one may try them all. */
    once?: boolean;
    /** <MenuItem>s, and what stands between them. */
    children: ComponentChildren;
}

export function Menu({ label, button, class: className = "", once, children }: MenuProps) {
    const [open, setOpen] = useState(false);
    const root = useRef<HTMLDivElement>(null);
    const items = () => [...(root.current?.querySelectorAll<HTMLElement>("[role=menu] [role^=menuitem]") ?? [])];

    useEffect(() => {
        if (!open) return;
        items()[0]?.focus();
        const outside = (event: Event) => root.current?.contains(event.target as Node) || setOpen(false);
        document.addEventListener("pointerdown", outside);
        return () => document.removeEventListener("pointerdown", outside);
    }, [open]);

    const close = () => {
        setOpen(false);
        root.current?.querySelector("button")?.focus();
    };
    const onKeyDown = (event: KeyboardEvent) => {
        const all = items();
        const at = all.indexOf(document.activeElement as HTMLElement);
        const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
        if (event.key === "Escape") close();
        else if (to !== undefined) all.at(to % all.length)?.focus();
        else return;
        event.preventDefault();
        event.stopPropagation();
    };
    return (
        <div ref={root} class={`menu ${className}`} onKeyDown={(event) => open && onKeyDown(event)}
             onFocusOut={(event) => event.relatedTarget && !root.current?.contains(event.relatedTarget as Node) && setOpen(false)}>
            <button type="button" class="opener" aria-label={label} aria-haspopup="menu" aria-expanded={open}
                    onClick={() => setOpen(!open)}>
                {button}
            </button>
            {open && (
                <div class="items" role="menu" aria-label={label}
                     onClick={(event) => (event.target as Element).closest(once ? "[role^=menuitem]" : "[role=menuitem]") && close()}>
                    {children}
                </div>
            )}
        </div>
    );
}

interface ItemProps {
    onSelect?: () => void;
    href?: string;
    /** One of several, which stays open. */
    checked?: boolean;
    children: ComponentChildren;
}

export function MenuItem({ onSelect, href, checked, children }: ItemProps) {
    if (href) return <a role="menuitem" tabIndex={-1} href={href}>{children}</a>;
    const role = checked === undefined ? "menuitem" : "menuitemradio";
    return <button type="button" role={role} tabIndex={-1} aria-checked={checked} onClick={onSelect}>{children}</button>;
}
