// Shows the page of the address. The page before it stays until the new one's module is there.
import { effect, signal, untracked } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { connection } from "../lib/live";
import { Problem } from "../lib/problem";
import { arrival, navigate, place, settleScroll } from "../lib/router";
import { session } from "../lib/session";
import { match, type Page } from "../pages";
import { Frame } from "./frame";
import type { PageProps } from "./page";
import { Failed } from "./states";

interface Shown {
    key: string;
    page: Page;
    params: Record<string, string>;
    View: ComponentType<PageProps>;
}

const shown = signal<Shown | null>(null);
const failed = signal<unknown>(null);

// Follows the address and who is logged in.
function follow(): void {
    const { path } = place.value;
    if (path === "/") return void navigate("/calls", { replace: true });
    const { page, params } = match(path);
    if (!page.open && !session.value) return; // the log-in is on its way
    const key = path;
    if (shown.peek()?.key === key) return void (failed.value = null);
    page.load().then(
        (module) => {
            if (place.peek().path !== key) return;
            failed.value = null;
            shown.value = { key, page, params, View: module.default };
        },
        (error: unknown) => moduleMissing(error),
    );
}

// Without the server a page that is loaded again is gone. With it, a newer build has other names for its modules, and
// loading the page again finds them: once, lest it goes on forever.
function moduleMissing(error: unknown): void {
    if (connection.peek() === "lost") return void (failed.value = new Problem(0, "No answer", ""));
    const last = Number(sessionStorage.getItem("callmill.reloaded") ?? 0);
    if (navigator.onLine && Date.now() - last > 60_000) {
        sessionStorage.setItem("callmill.reloaded", String(Date.now()));
        location.reload();
        return;
    }
    failed.value = error;
}

export function startRoute(): void {
    effect(follow);
    effect(() => {
        if (connection.value === "live" && failed.peek()) untracked(follow);
    });
}

export function Route() {
    const now = shown.value;
    if (failed.value) return <Frame><Failed error={failed.value} retry={() => (connection.peek() === "lost" ? follow() : location.reload())} /></Frame>;
    if (!now) return null;
    const view = (
        <Boundary key={now.key}>
            <now.View params={now.params} />
            <Settle />
        </Boundary>
    );
    return now.page.open ? view : <Frame>{view}</Frame>;
}

// Behind the page, so that the page stands when this runs. Who listens hears the new heading.
function Settle() {
    useLayoutEffect(() => {
        settleScroll();
        const active = document.activeElement;
        const taken = active instanceof HTMLElement && active.closest("main, dialog") !== null;
        if (arrival.peek() !== "first" && !taken) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    }, []);
    return null;
}

class Boundary extends Component<{ children: ComponentChildren }, { error?: unknown }> {
    override state: { error?: unknown } = {};
    static override getDerivedStateFromError(error: unknown) {
        return { error };
    }
    override componentDidCatch(error: unknown) {
        console.error(error);
    }
    render() {
        if (this.state.error !== undefined) return <Failed error={this.state.error} retry={() => location.reload()} />;
        return this.props.children;
    }
}
