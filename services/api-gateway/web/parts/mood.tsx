// How a call went, by what was said.
import { sentimentLabels } from "../lib/format";
import type { Sentiment } from "../lib/types";
import { Badge, type Tone } from "./page";

const tones: Record<Sentiment, Tone> = { positive: "good", neutral: "neutral", mixed: "warn", negative: "bad" };

/** Nothing, as long as nobody knows. */
export function Mood({ of }: { of: Sentiment | null }) {
    return of && <Badge tone={tones[of]}>{sentimentLabels[of]}</Badge>;
}
