// Light or dark: the system's, unless the person chose one (boot.ts puts the choice in place before the first paint).
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

export const theme = signal<Theme>((root.dataset["theme"] as Theme | undefined) ?? "system");
/** What is seen. Who draws on a canvas reads it, so as to draw again in the new colors. */
export const scheme = signal<"light" | "dark">(schemeNow());

function schemeNow(): "light" | "dark" {
    return theme.value === "system" ? (dark.matches ? "dark" : "light") : theme.value;
}

export function setTheme(choice: Theme): void {
    theme.value = choice;
    if (choice === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = choice;
    try {
        if (choice === "system") localStorage.removeItem("callmill.theme");
        else localStorage.setItem("callmill.theme", choice);
    } catch {
        // a browser that keeps nothing: the choice holds as long as the page
    }
    scheme.value = schemeNow();
}

dark.addEventListener("change", () => (scheme.value = schemeNow()));

/** A color of style/tokens.css ("--accent") as a canvas takes it. */
export function color(token: string): string {
    const probe = document.createElement("span");
    probe.style.color = `var(${token})`;
    root.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
}
