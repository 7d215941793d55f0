// What an organization has set, who works here, and what is one's own. Each section saves by itself.
import { useEffect } from "preact/hooks";
import { place } from "../../lib/router";
import { isAdmin } from "../../lib/session";
import { PageHead } from "../../parts/page";
import { Account } from "./account";
import { Appearance } from "./appearance";
import { Numbers } from "./numbers";
import { Organization } from "./organization";
import { Tokens } from "./tokens";
import { Users } from "./users";

const sections = [
    ["organization", "Organization"], ["numbers", "Phone numbers"], ["users", "Users"], ["account", "My account"],
    ["tokens", "API tokens"], ["appearance", "Appearance"],
] as const;

export default function SettingsPage() {
    const anchor = place.value.hash;
    useAnchor(anchor);
    return (
        <div class="settings-page">
            <PageHead title="Settings">
                {!isAdmin() && <p class="muted">Only admins change the organization, its phone numbers and its users.</p>}
            </PageHead>
            <div class="columns">
                <nav aria-label="Settings">
                    <ul>{sections.map(([id, label]) => <li key={id}><a href={`#${id}`} aria-current={id === anchor ? "true" : undefined}>{label}</a></li>)}</ul>
                </nav>
                <div class="sections">
                    <Organization />
                    <Numbers />
                    <Users />
                    <Account />
                    <Tokens />
                    <Appearance />
                </div>
            </div>
        </div>
    );
}

const PATIENCE_MS = 3000;

// Sections above get longer as they are loaded, so the one of the address is brought into sight until that is over, or
// the person moves.
function useAnchor(anchor: string): void {
    useEffect(() => {
        const section = anchor && document.getElementById(anchor);
        if (!section) return;
        const show = () => section.scrollIntoView({ block: "start" });
        const watcher = new ResizeObserver(show);
        const stop = () => watcher.disconnect();
        const timer = setTimeout(stop, PATIENCE_MS);
        const moves = ["wheel", "touchstart", "keydown", "pointerdown"];
        watcher.observe(document.body);
        for (const kind of moves) addEventListener(kind, stop, { passive: true });
        show();
        return () => {
            stop();
            clearTimeout(timer);
            for (const kind of moves) removeEventListener(kind, stop);
        };
    }, [anchor]);
}
