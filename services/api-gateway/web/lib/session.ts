// Who is logged in.
import { signal } from "@preact/signals";
import { del, get, onSessionOver, post } from "./api";
import { navigate, ownAddress, place } from "./router";
import type { Session } from "./types";

/** undefined: not known yet; null: nobody. */
export const session = signal<Session | null | undefined>(undefined);

export function isAdmin(): boolean {
    return session.value?.user.role === "admin";
}

/** Throws when that cannot be found out. */
export async function findSession(): Promise<void> {
    session.value = await get<Session>("/api/session");
}

export async function logIn(email: string, password: string): Promise<void> {
    // No key: a log-in that is sent twice is two guesses, and nothing is made.
    session.value = await post<Session>("/api/session", { email, password }, { key: "" });
    await navigate(ownAddress(place.value.query.get("next")), { replace: true });
}

export async function logOut(): Promise<void> {
    await del("/api/session");
    session.value = null;
    await navigate("/login");
}

// Wherever an answer says so: to the log-in, and from there back to where one was.
onSessionOver(() => {
    session.value = null;
    const { path } = place.value;
    if (path === "/login") return;
    const back = path === "/" ? "" : `?next=${encodeURIComponent(path + location.search + location.hash)}`;
    void navigate(`/login${back}`, { replace: true });
});
