// The calls: searched, narrowed, followed as they come in, and played.
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { plural } from "../../lib/format";
import { useShortcuts } from "../../lib/keys";
import { Problem } from "../../lib/problem";
import { entry, place, setQuery, settleScroll } from "../../lib/router";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { PageHead } from "../../parts/page";
import { Empty, Failed } from "../../parts/states";
import { Export } from "./export";
import { filtersOf, identityOf, isFiltered, noFilters } from "./filters";
import { useFollowing } from "./follow";
import { Import } from "./import";
import type { CallList } from "./list";
import { leaveLists, listFor } from "./lists";
import { Chips, Panel, chipCount } from "./narrow";
import { Rows, type RowsHandle } from "./rows";
import { Search } from "./search";

const HALF_A_WORD_MS = 700;

export default function CallsPage() {
    const filters = filtersOf(place.value.query);
    const list = useMemo(() => listFor(filters), [identityOf(filters), entry()]);
    useEffect(() => leaveLists, []);
    useFollowing(list);
    const [importing, setImporting] = useState(false);
    const [narrowing, setNarrowing] = useState(false);
    const panel = useId();
    const count = chipCount(filters);
    const tools = useRef<HTMLDivElement>(null);
    const rows = useRef<RowsHandle | null>(null);
    useShortcuts("Calls", [
        { keys: "j", label: "Next call", run: () => rows.current?.step(1) },
        { keys: "k", label: "Call before", run: () => rows.current?.step(-1) },
        { keys: "Enter", label: "Open the call", run: () => rows.current?.open() },
        { keys: " ", label: "Play, pause", run: () => rows.current?.play() },
    ]);

    return (
        <div class="calls">
            <PageHead title="Calls" actions={
                <>
                    <Button icon="plus" onClick={() => setImporting(true)}>Import</Button>
                    <Export filters={filters} />
                </>
            } />
            <div ref={tools} class="call-tools">
                <Search q={filters.q ?? ""} onDown={() => rows.current?.enter()} />
                <Button icon="filter" aria-expanded={narrowing} aria-controls={panel} onClick={() => setNarrowing(!narrowing)}>
                    Filters{count > 0 && <span class="count">{count}<span class="visually-hidden"> set</span></span>}
                </Button>
            </div>
            {narrowing && <Panel id={panel} filters={filters} />}
            <Chips filters={filters} onLost={() => tools.current?.querySelector("input")?.focus()} />
            <Body list={list} handle={rows} />
            {importing && <Import onClose={() => setImporting(false)} />}
        </div>
    );
}

interface ListProps {
    list: CallList;
    /** What keys do with its rows, while it has some. */
    handle: { current: RowsHandle | null };
}

function Body({ list, handle }: ListProps) {
    list.version.value; // its state is read below
    const shown = useShown(list);
    useScroll(shown);
    return (
        <div class={`call-list ${shown === list ? "" : "old"}`} aria-busy={list.state === "loading"}>
            <Note list={list} />
            <Arrivals list={shown} handle={handle} />
            <Content key={identityOf(shown.filters)} list={shown} handle={handle} />
        </div>
    );
}

// While a list is on its way, the one before it stays, so that typing does not make the page flicker; and a little
// longer where it finds nothing, which may be for half a word.
function useShown(list: CallList): CallList {
    const before = useRef<CallList | null>(null);
    const [awaited, setAwaited] = useState<CallList | null>(null);
    const nothing = list.state === "ready" && list.length === 0 && Boolean(list.filters.q);
    useEffect(() => {
        if (!nothing) return;
        const timer = setTimeout(() => setAwaited(list), HALF_A_WORD_MS);
        return () => clearTimeout(timer);
    }, [list, nothing]);
    if (list.state !== "loading" && !(nothing && awaited !== list)) before.current = list;
    return before.current ?? list;
}

// Another entry of the history is shown as it was left; a list that was filtered otherwise begins at its top.
function useScroll(list: CallList): void {
    const last = useRef({ list, at: entry() });
    useLayoutEffect(() => {
        if (last.current.list === list) return;
        if (last.current.at !== entry()) settleScroll();
        else scrollTo(0, 0);
        last.current = { list, at: entry() };
    }, [list]);
}

function Content({ list, handle }: ListProps) {
    list.version.value;
    if (list.state === "loading") return <Vacant rows={8} />;
    if (list.state === "failed") {
        const wrong = list.error instanceof Problem && list.error.status === 400; // with the filters: no trying helps
        return wrong ? <><Failed error={list.error} /><p class="center"><Unfilter /></p></> : <Failed error={list.error} retry={() => list.retry()} />;
    }
    if (list.length === 0)
        return isFiltered(list.filters)
            ? <Empty icon="search" title="No call fits" action={<Unfilter />}>Fewer words or filters find more.</Empty>
            : <Empty icon="calls" title="No calls yet">Call one of your numbers: the call appears here by itself. Or import the recording of an earlier one.</Empty>;
    return (
        <>
            <Rows list={list} handle={handle} />
            {!list.complete && !list.trouble && <Vacant rows={3} />}
            {list.complete && list.length > 50 && <p class="muted small center">That is all of them.</p>}
        </>
    );
}

function Vacant({ rows }: { rows: number }) {
    return (
        <div class="call-vacant" role="status">
            <span class="visually-hidden">Loading</span>
            {Array.from({ length: rows }, (_, i) => <div key={i} class="call-row vacant" aria-hidden="true" />)}
        </div>
    );
}

function Unfilter() {
    return <Button icon="close" onClick={() => setQuery(noFilters())}>Clear all filters</Button>;
}

// How many there are, as far as one knows; what could not be had.
function Note({ list }: { list: CallList }) {
    const { length, complete, state, trouble, filters } = list;
    const found = state !== "ready" || !isFiltered(filters) || !length ? "" : complete ? plural(length, "call") : "50 calls and more";
    return (
        <>
            <p class="call-note small muted" role="status">{found}</p>
            {state === "ready" && Boolean(trouble) && (
                <p class="trouble call-trouble" role="alert">
                    <Icon name="warning" />
                    Some calls could not be loaded.
                    <button type="button" class="link" onClick={() => list.retry()}>Try again</button>
                </p>
            )}
        </>
    );
}

// What came in while one was reading further down.
function Arrivals({ list, handle }: ListProps) {
    list.version.value;
    const count = list.waiting.length;
    const some = list.outdated ? "Many new calls" : plural(count, "new call");
    const shown = [...list.fresh.values()].filter((how) => how === "new").length;
    return (
        <div class="call-arrivals" role="status">
            {shown > 0 && <span class="visually-hidden">{plural(shown, "new call")}</span>}
            {!list.atTop && (count > 0 || list.outdated) && (
                <Button kind="primary" icon="up" onClick={() => handle.current?.top()}>{some}</Button>
            )}
        </div>
    );
}
