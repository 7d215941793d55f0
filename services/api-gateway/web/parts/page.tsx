// What every page is made of.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { fullTime, timeAgo } from "../lib/format";
import { Icon } from "./icon";

export interface PageProps {
    /** What stands for {id} in the page's path. */
    params: Record<string, string>;
}

interface HeadProps {
    /** Of the document too. */
    title: string;
    /** Beside or under the title. */
    children?: ComponentChildren;
    actions?: ComponentChildren;
    /** Where this page hangs: [address, its name]. */
    up?: readonly [href: string, label: string];
}

export function PageHead({ title, children, actions, up }: HeadProps) {
    useTitle(title);
    return (
        <header class="page-head">
            {up && <a class="up" href={up[0]}><Icon name="back" />{up[1]}</a>}
            <div class="row">
                <h1 tabIndex={-1} dir="auto">{title}</h1>
                {actions && <div class="actions">{actions}</div>}
            </div>
            {children}
        </header>
    );
}

export function useTitle(title: string): void {
    useEffect(() => {
        document.title = title === "callmill" ? title : `${title} · callmill`;
    }, [title]);
}

interface SectionProps {
    title: string;
    /** For addresses that lead to it. */
    id?: string;
    actions?: ComponentChildren;
    children: ComponentChildren;
}

/** A card with a heading. */
export function Section({ title, id, actions, children }: SectionProps) {
    return (
        <section class="card" id={id}>
            <header class="row">
                <h2>{title}</h2>
                {actions && <div class="actions">{actions}</div>}
            </header>
            {children}
        </section>
    );
}

export type Tone = "neutral" | "good" | "warn" | "bad" | "accent";

/** A word or two on a colored ground. The word says it all: the color only helps. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ComponentChildren }) {
    return <span class={`badge ${tone}`}>{children}</span>;
}

/** A time, written for people; the exact one is its title. */
export function Time({ at }: { at: string }) {
    return <time dateTime={at} title={fullTime(at)}>{timeAgo(at)}</time>;
}

export function Key({ children }: { children: string }) {
    return <kbd>{children}</kbd>;
}
