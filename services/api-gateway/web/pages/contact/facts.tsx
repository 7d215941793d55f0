// What is known of a contact, each fact with where it comes from.
import type { ComponentChildren } from "preact";
import { get } from "../../lib/api";
import { fullTime, position, timeAgo } from "../../lib/format";
import { Problem } from "../../lib/problem";
import { useResource } from "../../lib/resource";
import type { CallDetails, ContactDetails } from "../../lib/types";

type Name = keyof ContactDetails["sources"];
/** The calls that were looked up, by id; null: it is no more. */
type Calls = Map<string, CallDetails | null>;

export function Facts({ contact }: { contact: ContactDetails }) {
    const calls = useSourceCalls(contact);
    const fact = (label: string, name: Name, shown: (text: string) => ComponentChildren = (text) => text) => (
        <div>
            <dt>{label}</dt>
            <dd>
                {contact[name] ? <p class="fact" dir="auto">{shown(contact[name])}</p> : <p class="fact muted">Not known</p>}
                <p class="small muted"><Source text={contact[name]} source={contact.sources[name]} calls={calls} isSaid={name !== "summary"} /></p>
            </dd>
        </div>
    );
    return (
        <dl class="facts">
            {fact("Name", "name")}
            {fact("Company", "company")}
            {fact("E-mail", "email", (text) => <a href={`mailto:${text}`}>{text}</a>)}
            {fact("In short", "summary")}
        </dl>
    );
}

function useSourceCalls({ sources }: ContactDetails): Calls | undefined {
    const ids = [...new Set(Object.values(sources))].filter((id): id is string => id !== null && id !== "person").sort();
    const all = async (signal: AbortSignal) => new Map(await Promise.all(ids.map(async (id) => [id, await lookUp(id, signal)] as const)));
    return useResource(all, [ids.join()]).data;
}

async function lookUp(id: string, signal: AbortSignal): Promise<CallDetails | null> {
    try {
        return await get<CallDetails>(`/api/calls/${id}`, { signal });
    } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
    }
}

interface SourceProps {
    text: string | null;
    source: string | null;
    calls: Calls | undefined;
    isSaid: boolean;
}

function Source({ text, source, calls, isSaid }: SourceProps) {
    if (source === "person") return <>{text ? "Written by hand" : "Emptied by hand"}. No call changes it.</>;
    if (!source) return <>{isSaid ? "Not said in a call so far." : "Comes with the next call."}</>;
    const call = calls?.get(source);
    const verb = isSaid ? "Said" : "From what was said";
    if (call === null) return <>{verb} in a call that was deleted.</>;
    if (!call) return <>{verb} in <a href={`/calls/${source}`}>a call</a>.</>;
    const segment = isSaid && text ? call.segments.find((one) => says(one.text, text)) : undefined;
    return (
        <>
            {verb} in the call of{" "}
            <a href={`/calls/${source}${segment ? `?at=${segment.id}` : ""}`} title={fullTime(call.created_at)}>
                {timeAgo(call.created_at)}{segment && `, at ${position(segment.start_ms)}`}
            </a>
        </>
    );
}

// Without regard to case and punctuation, and as whole words.
function says(said: string, text: string): boolean {
    const plain = (words: string) => ` ${words.toLowerCase().replace(/[^\p{L}\p{N}@]+/gu, " ").trim()} `;
    return plain(said).includes(plain(text));
}
