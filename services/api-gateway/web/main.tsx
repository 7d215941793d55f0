import { render } from "preact";
import { startKeys } from "./lib/keys";
import { startLive } from "./lib/live";
import { Problem } from "./lib/problem";
import { place, startRouter } from "./lib/router";
import { findSession, session } from "./lib/session";
import { Overlays } from "./parts/frame";
import { Route, startRoute } from "./parts/route";
import { Failed } from "./parts/states";
import { match } from "./pages";

const root = document.getElementById("app") as HTMLElement;

async function start(): Promise<void> {
    try {
        await findSession();
    } catch (error) {
        const nobody = error instanceof Problem && error.status === 401;
        if (!nobody) return render(<main class="alone"><Failed error={error} retry={() => void start()} /></main>, root);
        session.value = null;
    }
    startLive();
    startRoute();
    render(<><Route /><Overlays /></>, root);
}

startRouter();
startKeys();
// The first page's module is fetched while we ask who it is for.
void match(place.value.path).page.load().catch(() => {}); // follow() sees to a failure
void start();
