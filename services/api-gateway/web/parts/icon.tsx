// Line icons on a grid of 20. They are decoration: what they stand for is said in words beside them.
const paths = {
    analyzers: "M10 2.5l1.7 4.8 4.8 1.7-4.8 1.7L10 15.5l-1.7-4.8L3.5 9l4.8-1.7zM16 14.5v3M14.5 16h3",
    back: "M12.5 4.5L7 10l5.5 5.5",
    calls: "M4 3.5h3l1.5 4-2 1.3a9 9 0 0 0 4.7 4.7l1.3-2 4 1.5v3a1.5 1.5 0 0 1-1.6 1.5A13 13 0 0 1 2.5 5.1 1.5 1.5 0 0 1 4 3.5z",
    check: "M4 10.5l4 4 8-9",
    clock: "M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM10 6v4.2l2.7 1.6",
    close: "M5 5l10 10M15 5L5 15",
    contacts: "M10 10a3.2 3.2 0 1 0 0-6.5 3.2 3.2 0 0 0 0 6.5zM3.5 17a6.5 5 0 0 1 13 0",
    copy: "M7 7h9.5v9.5H7zM4 13H3.5V3.5H13V4",
    down: "M5 7.5l5 5 5-5",
    download: "M10 3v10M5.5 9l4.5 4.5L14.5 9M3.5 17h13",
    edit: "M3.5 16.5l.8-3.5 9-9 2.7 2.7-9 9zM11.5 5.8l2.7 2.7",
    filter: "M3 5h14M5.5 10h9M8 15h4",
    forward: "M4.5 5l5.5 5-5.5 5M10.5 5l5.5 5-5.5 5",
    inbound: "M15.5 4.5l-10 10M5.5 7v7.5H13",
    keyboard: "M2.5 5h15v10h-15zM5.5 8h.01M8.5 8h.01M11.5 8h.01M14.5 8h.01M6.5 12h7",
    leave: "M8 3.5H4v13h4M8.5 10H17M13.5 6.5L17 10l-3.5 3.5",
    mail: "M2.5 4.5h15v11h-15zM3 5l7 5.5L17 5",
    menu: "M4 10h.01M10 10h.01M16 10h.01",
    moon: "M16 12a6.7 6.7 0 0 1-8-8 6.7 6.7 0 1 0 8 8z",
    muted: "M3 8v4h3l4 3.5v-11L6 8zM13 8l4 4M17 8l-4 4",
    next: "M7.5 4.5L13 10l-5.5 5.5",
    offline: "M3 3l14 14M2.5 8a11 11 0 0 1 4-2.3M10 5a11 11 0 0 1 7.5 3M5.5 11.5A7 7 0 0 1 8 10M14.5 11.5l-1-.8M10 15.5h.01",
    outbound: "M4.5 15.5l10-10M7 5.5h7.5V13",
    overview: "M3 16.5h14M5.5 13.5V9M10 13.5v-9M14.5 13.5V7",
    pause: "M7 4.5v11M13 4.5v11",
    play: "M6.5 4l9 6-9 6z",
    plus: "M10 4v12M4 10h12",
    retry: "M16 10a6 6 0 1 1-1.8-4.3L16 7.5M16 3.5v4h-4",
    rewind: "M15.5 5L10 10l5.5 5M9.5 5L4 10l5.5 5",
    search: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM13 13l4 4",
    settings: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
    sun: "M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1",
    todos: "M3.5 5.5l1.5 1.5L7.5 4M3.5 14l1.5 1.5 2.5-3M10.5 6H17M10.5 14.5H17",
    trash: "M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.8 11h7.4l.8-11",
    up: "M5 12.5l5-5 5 5",
    volume: "M3 8v4h3l4 3.5v-11L6 8zM13 7.5a3.5 3.5 0 0 1 0 5M15 5.2a6.5 6.5 0 0 1 0 9.6",
    warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.3h.01",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
    return (
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d={paths[name]} />
        </svg>
    );
}
