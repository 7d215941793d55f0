// What the list can be narrowed to. All of it stands in the page's address, under the API's own names, so that a
// filtered list can be kept, shared and gone back to.
import type { Query } from "../../lib/api";
import { day, phone, sentimentLabels, statusLabels } from "../../lib/format";
import type { CallStatus, Sentiment } from "../../lib/types";

const names = ["q", "number", "contact", "from", "to", "status", "sentiment", "has_recording", "failed", "analysis"] as const;
export type FilterName = (typeof names)[number];
export type Filters = Partial<Record<FilterName, string>>;

export function filtersOf(query: URLSearchParams): Filters {
    const filters: Filters = {};
    for (const name of names) {
        const value = query.get(name)?.trim();
        if (value) filters[name] = value;
    }
    return filters;
}

/** The same text for the same filters. */
export function identityOf(filters: Filters): string {
    return JSON.stringify(names.map((name) => filters[name] ?? null));
}

/** For setQuery: takes every filter out. */
export function noFilters(): Record<FilterName, null> {
    return Object.fromEntries(names.map((name) => [name, null])) as Record<FilterName, null>;
}

export function isFiltered(filters: Filters): boolean {
    return Object.keys(filters).length > 0;
}

/** As the API is asked. A day is the day where the person is, not the one in London. */
export function queryOf(filters: Filters): Query {
    return {
        ...filters,
        ...(filters.from && { from: midnight(filters.from, 0) }),
        ...(filters.to && { to: midnight(filters.to, 1) }),
    };
}

// The beginning of a day, or of one some days later; what is no date goes as it is, for the API to refuse.
function midnight(date: string, later: number): string {
    const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date);
    if (!parts) return date;
    const at = new Date(2000, Number(parts[2]) - 1, Number(parts[3]) + later);
    at.setFullYear(Number(parts[1]) + at.getFullYear() - 2000); // years below 100 are years, too
    return Number.isNaN(at.getTime()) ? date : at.toISOString();
}

/** What a filter says, for its chip; "" where more is needed to say it (a contact's name), or where it has no chip. */
export function chipOf(name: FilterName, value: string): string {
    switch (name) {
        case "q":
        case "contact":
            return "";
        case "number":
            return `Number ${phone(value)}`;
        case "from":
            return `From ${dayOf(value)}`;
        case "to":
            return `Until ${dayOf(value)}`;
        case "status":
            return statusLabels[value as CallStatus] ?? value;
        case "sentiment":
            return sentimentLabels[value as Sentiment] ?? value;
        case "has_recording":
            return value === "true" ? "With a recording" : "Without a recording";
        case "failed":
            return value === "true" ? "With a failed step" : "Without failed steps";
        case "analysis":
            return `Analysis: ${value}`;
    }
}

function dayOf(value: string): string {
    return Number.isNaN(Date.parse(value)) ? value : day(value);
}

/** A number as it is typed ("+1 (555) 123") as the API takes it; null when it is none, or too short to look for. */
export function numberIn(text: string): string | null {
    const digits = text.replace(/[\s().\-/]/g, "");
    return /^\+?\d{2,15}$/.test(digits) && digits.length <= 16 ? digits : null;
}
