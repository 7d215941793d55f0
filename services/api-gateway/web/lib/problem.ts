// What can go wrong between this page and the server.

/** An answer that is an error (RFC 9457), or none at all: then `status` is 0. */
export class Problem extends Error {
    constructor(
        readonly status: number,
        readonly title: string,
        readonly detail: string,
        readonly retryAfterMs: number | null = null,
    ) {
        super(detail || title);
        this.name = "Problem";
    }

    /** Nobody answered. */
    get offline(): boolean {
        return this.status === 0;
    }
}

export async function problemOf(answer: Response): Promise<Problem> {
    const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : null;
    let told: { title?: unknown; detail?: unknown } = {};
    try {
        told = (await answer.json()) as typeof told;
    } catch {
        // a proxy's page in place of a problem: its status has to say it all
    }
    const title = typeof told.title === "string" ? told.title : `Error ${answer.status}`;
    return new Problem(answer.status, title, typeof told.detail === "string" ? told.detail : "", retryAfterMs);
}

/** The field of what was sent that the server names as wrong, and what it has to be. */
export function faultOf(error: unknown): { field: string; text: string } | null {
    const told = error instanceof Problem && error.status === 400 ? /^(\w+) has to be (.+?)(?:, or null)?\.?$/.exec(error.detail) : null;
    return told?.[1] && told[2] ? { field: told[1], text: `This has to be ${told[2]}.` } : null;
}

export function isAbort(error: unknown): boolean {
    return error instanceof DOMException && error.name === "AbortError";
}

/** One sentence for a person, whatever was thrown. */
export function sentenceOf(error: unknown): string {
    if (!(error instanceof Problem)) return "Something on this page went wrong. Load it again.";
    if (error.offline) return "The server does not answer. Check the connection.";
    if (error.status === 429 && error.retryAfterMs) return `Too many tries. Try again in ${waitOf(error.retryAfterMs)}.`;
    return error.detail || error.title;
}

function waitOf(ms: number): string {
    const minutes = Math.round(ms / 60_000);
    if (minutes >= 2) return `${minutes} minutes`;
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    return seconds === 1 ? "a second" : `${seconds} seconds`;
}
