// Sends a file. Only XMLHttpRequest tells how much of it has gone out.
import { newKey, tellSessionOver, withQuery, type Query } from "./api";
import { Problem, problemOf } from "./problem";

interface Upload {
    query?: Query;
    signal?: AbortSignal;
    /** The same for the same thing, whenever it is sent again. */
    key?: string;
    /** From 0 to 1. */
    onProgress?: (part: number) => void;
}

export async function upload<T>(path: string, body: Blob, type: string, options: Upload = {}): Promise<T> {
    const answer = await send(withQuery(path, options.query), body, type, options);
    if (answer.ok) return (await answer.json()) as T;
    const problem = await problemOf(answer);
    if (problem.status === 401) tellSessionOver();
    throw problem;
}

function send(url: string, body: Blob, type: string, { signal, key = newKey(), onProgress }: Upload): Promise<Response> {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", url);
        request.setRequestHeader("Accept", "application/json");
        request.setRequestHeader("Content-Type", type);
        request.setRequestHeader("Idempotency-Key", key);
        request.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? loaded / total : 1);
        request.onload = () => resolve(answerOf(request));
        request.onerror = () => reject(new Problem(0, "No answer", ""));
        request.onabort = () => reject(new DOMException("no longer wanted", "AbortError"));
        signal?.addEventListener("abort", () => request.abort());
        request.send(body);
    });
}

function answerOf(request: XMLHttpRequest): Response {
    const headers = new Headers();
    const wait = request.getResponseHeader("Retry-After");
    if (wait) headers.set("Retry-After", wait);
    return new Response(request.responseText, { status: request.status, headers });
}
