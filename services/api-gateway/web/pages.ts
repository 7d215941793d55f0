// Every page: its address (as in routes.c) and its module, which is loaded when somebody goes there.
import type { ComponentType } from "preact";
import type { PageProps } from "./parts/page";

export interface Page {
    path: string;
    load: () => Promise<{ default: ComponentType<PageProps> }>;
    /** Without the frame, and for those who are not logged in. */
    open?: boolean;
}

export const pages: readonly Page[] = [
    { path: "/login", load: () => import("./pages/login/page"), open: true },
    { path: "/calls", load: () => import("./pages/calls/page") },
    { path: "/calls/{id}", load: () => import("./pages/call/page") },
    { path: "/todos", load: () => import("./pages/todos/page") },
    { path: "/contacts", load: () => import("./pages/contacts/page") },
    { path: "/contacts/{id}", load: () => import("./pages/contact/page") },
    { path: "/analyzers", load: () => import("./pages/analyzers/page") },
    { path: "/analyzers/{id}", load: () => import("./pages/analyzer/page") },
    { path: "/overview", load: () => import("./pages/overview/page") },
    { path: "/settings", load: () => import("./pages/settings/page") },
];

export const lost: Page = { path: "", load: () => import("./pages/lost/page") };

export interface Match {
    page: Page;
    params: Record<string, string>;
}

export function match(path: string): Match {
    for (const page of pages) {
        const params = paramsOf(page.path, path);
        if (params) return { page, params };
    }
    return { page: lost, params: {} };
}

function paramsOf(pattern: string, path: string): Record<string, string> | null {
    const want = pattern.split("/");
    const have = path.split("/");
    if (want.length !== have.length) return null;
    const params: Record<string, string> = {};
    for (const [i, part] of want.entries()) {
        const given = have[i] ?? "";
        if (part.startsWith("{") && given) params[part.slice(1, -1)] = given;
        else if (part !== given) return null;
    }
    return params;
}
