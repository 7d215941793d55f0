// Requests to /api: JSON in, JSON out, Problem thrown.
import { Problem, isAbort, problemOf } from "./problem";

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
    query?: Query;
    signal?: AbortSignal;
    /** A request that makes something and is sent again (because nobody answered) has to bear the same key. */
    key?: string;
}

/** One page of a list, and how to get the next one. */
export interface Page<T> {
    items: T[];
    next: string | null;
}

const TRIES = 3;
const PATIENCE_MS = 5000; // a longer Retry-After is for the person to decide

let sessionOver: () => void = () => {};
/** For what asks by itself (lib/upload). */
export function tellSessionOver(): void {
    sessionOver();
}

/** `react` is called whenever an answer says that there is no session (any more). */
export function onSessionOver(react: () => void): void {
    sessionOver = react;
}

export function get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return request("GET", path, undefined, options).then((answer) => answer.json() as Promise<T>);
}

/** `path` is the list's address, or the `next` of the page before. */
export async function getPage<T>(path: string, options: RequestOptions = {}): Promise<Page<T>> {
    const answer = await request("GET", path, undefined, options);
    return { items: (await answer.json()) as T[], next: nextOf(answer.headers.get("Link")) };
}

/** What is text, such as CSV, page by page. */
export async function getText(path: string, options: RequestOptions = {}): Promise<{ text: string; next: string | null }> {
    const answer = await request("GET", path, undefined, options);
    return { text: await answer.text(), next: nextOf(answer.headers.get("Link")) };
}

/** Makes something: repeated after a failure in between, it makes nothing twice. */
export function post<T>(path: string, body?: unknown, options: RequestOptions = {}): Promise<T> {
    return change("POST", path, body, { key: newKey(), ...options });
}

export function patch<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return change("PATCH", path, body, options);
}

export function del(path: string, options: RequestOptions = {}): Promise<void> {
    return change("DELETE", path, undefined, options);
}

/** For Idempotency-Key. (crypto.randomUUID is only there with https.) */
export function newKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Each call of what it gives ends the one before, so that a slow old answer never lands on a newer one. */
export function latest<A extends unknown[], T>(
    ask: (signal: AbortSignal, ...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
    let running: AbortController | null = null;
    return (...args) => {
        running?.abort();
        running = new AbortController();
        return ask(running.signal, ...args);
    };
}

async function change<T>(method: string, path: string, body: unknown, options: RequestOptions): Promise<T> {
    const answer = await request(method, path, body, options);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function request(method: string, path: string, body: unknown, options: RequestOptions): Promise<Response> {
    const url = withQuery(path, options.query);
    for (let attempt = 1; ; attempt++) {
        const answer = await send(method, url, body, options);
        if (answer.ok) return answer;
        const problem = await problemOf(answer);
        // Logging in has a 401 of its own, which says nothing about a session.
        if (problem.status === 401 && !(method === "POST" && path === "/api/session")) sessionOver();
        if (!worthAnotherTry(method, problem) || attempt === TRIES) throw problem;
        await pause(problem.retryAfterMs ?? 0, options.signal);
    }
}

// What was refused because of too much to do was not done, so even a change may be sent again; but whether a person's
// guess of a password is, is theirs to say.
function worthAnotherTry(method: string, problem: Problem): boolean {
    const waits = problem.retryAfterMs !== null && problem.retryAfterMs <= PATIENCE_MS;
    return waits && (problem.status === 503 || (problem.status === 429 && method === "GET"));
}

async function send(method: string, url: string, body: unknown, options: RequestOptions): Promise<Response> {
    const headers = new Headers({ Accept: "application/json" });
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (options.key) headers.set("Idempotency-Key", options.key);
    try {
        return await fetch(url, {
            method,
            headers,
            body: body === undefined ? null : JSON.stringify(body),
            signal: options.signal ?? null,
            credentials: "same-origin",
            redirect: "error",
        });
    } catch (error) {
        if (isAbort(error)) throw error;
        throw new Problem(0, "No answer", "");
    }
}

export function withQuery(path: string, query: Query = {}): string {
    const fields = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
        if (value !== null && value !== undefined && value !== "") fields.set(name, String(value));
    const text = fields.toString();
    return text ? `${path}${path.includes("?") ? "&" : "?"}${text}` : path;
}

function nextOf(link: string | null): string | null {
    return /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1] ?? null;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(new DOMException("no longer wanted", "AbortError"));
        });
    });
}
