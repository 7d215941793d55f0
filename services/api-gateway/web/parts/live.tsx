// A call that somebody listens to just now.
import { Badge } from "./page";

/** It beats as long as the line is open; the words beside it say so. */
export function Pulse() {
    return <span class="pulse" aria-hidden="true" />;
}

export function LiveBadge() {
    return <Badge tone="accent"><Pulse />Live</Badge>;
}
