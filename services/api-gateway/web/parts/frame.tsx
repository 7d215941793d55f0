// What stands around every page: navigation, account, the state of the connection, what plays.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { keyLabel, shortcuts, useShortcuts, type Shortcut } from "../lib/keys";
import { useLost } from "../lib/live";
import { navigate, place } from "../lib/router";
import { logOut, session } from "../lib/session";
import { setTheme, theme, type Theme } from "../lib/theme";
import { Dialog, Questions } from "./dialog";
import { Icon, type IconName } from "./icon";
import { Menu, MenuItem } from "./menu";
import { Key } from "./page";
import { Player } from "./player";
import { Toasts, toastError } from "./toast";

const items: readonly { href: string; label: string; icon: IconName; keys: string }[] = [
    { href: "/calls", label: "Calls", icon: "calls", keys: "g c" },
    { href: "/todos", label: "To-dos", icon: "todos", keys: "g t" },
    { href: "/contacts", label: "Contacts", icon: "contacts", keys: "g p" },
    { href: "/analyzers", label: "Analyzers", icon: "analyzers", keys: "g a" },
    { href: "/overview", label: "Overview", icon: "overview", keys: "g o" },
    { href: "/settings", label: "Settings", icon: "settings", keys: "g s" },
];

const showingKeys = signal(false);

export function Frame({ children }: { children: ComponentChildren }) {
    useShortcuts("Everywhere", [
        { keys: "?", label: "These shortcuts", run: () => (showingKeys.value = true) },
        ...items.map(({ href, label, keys }) => ({ keys, label, run: () => void navigate(href) })),
    ]);
    return (
        <div class="frame">
            <a class="skip" href="#main">Skip to the content</a>
            <header class="side">
                <a class="brand" href="/calls"><Mark />callmill</a>
                <nav aria-label="Main">
                    <ul>{items.map((item) => <NavItem key={item.href} {...item} />)}</ul>
                </nav>
                <Account />
            </header>
            <div class="stage">
                <Connection />
                <main id="main" tabIndex={-1}>{children}</main>
                <Player />
            </div>
            {showingKeys.value && <Keys />}
        </div>
    );
}

/** Beside every page, the log-in too. */
export function Overlays() {
    return <><Questions /><Toasts /></>;
}

export function Mark() {
    return (
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9" />
            <path d="M7.5 14v4M12 10.5v11M16.25 7v18M20.5 10.5v11M25 14v4" />
        </svg>
    );
}

function NavItem({ href, label, icon }: (typeof items)[number]) {
    const { path } = place.value;
    const here = path === href || path.startsWith(`${href}/`);
    return (
        <li>
            <a href={href} aria-current={here ? (path === href ? "page" : "true") : undefined}>
                <Icon name={icon} /><span>{label}</span>
            </a>
        </li>
    );
}

const themes: readonly [Theme, string][] = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];

function Account() {
    const me = session.value;
    if (!me) return null;
    return (
        <Menu class="account" label={`${me.user.name} ${me.organization.name}: account`} button={
            <>
                <span class="avatar" aria-hidden="true" data-letter={me.user.name.slice(0, 1).toUpperCase()} />
                <span class="who"><strong>{me.user.name}</strong> <span>{me.organization.name}</span></span>
            </>
        }>
            <p class="note">{me.user.email}</p>
            <div role="group" aria-label="Theme">
                <p class="note" aria-hidden="true">Theme</p>
                {themes.map(([choice, label]) => (
                    <MenuItem key={choice} checked={theme.value === choice} onSelect={() => setTheme(choice)}>{label}</MenuItem>
                ))}
            </div>
            <hr />
            <MenuItem onSelect={() => (showingKeys.value = true)}>Keyboard shortcuts</MenuItem>
            <MenuItem href="/licenses.txt">Licenses</MenuItem>
            <hr />
            <MenuItem onSelect={() => void logOut().catch(toastError)}><Icon name="leave" />Log out</MenuItem>
        </Menu>
    );
}

function Connection() {
    const lost = useLost();
    return (
        <div role="status">
            {lost && <p class="offline"><Icon name="offline" />No connection. This is what was loaded before; trying again.</p>}
        </div>
    );
}

function Keys() {
    const groups = new Map<string, Shortcut[]>(); // a page's parts may each have some of its group
    for (const { group, items: list } of shortcuts.value) groups.set(group, [...(groups.get(group) ?? []), ...list]);
    return (
        <Dialog title="Keyboard shortcuts" onClose={() => (showingKeys.value = false)}>
            {[...groups].map(([group, list]) => (
                <section key={group} class="keys">
                    <h3>{group}</h3>
                    <dl>
                        {list.map(({ keys, label }) => (
                            <div key={keys}>
                                <dt>{label}</dt>
                                <dd>{(keys === " " ? [keys] : keys.split(" ")).map((key) => <Key key={key}>{keyLabel(key)}</Key>)}</dd>
                            </div>
                        ))}
                    </dl>
                </section>
            ))}
        </Dialog>
    );
}
