import { Icon } from "./icon";

/** Initials on a colored ground; decoration beside a name. */
export function Avatar({ name }: { name: string | null }) {
    const tone = name ? [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 4 : 0;
    return <span class={`avatar-of tone-${tone}`} aria-hidden="true">{name ? initials(name) : <Icon name="contacts" />}</span>;
}

function initials(name: string): string {
    const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
    const first = (word: string | undefined) => [...(word ?? "")][0] ?? "";
    return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : "") || ([...name][0] ?? "")).toUpperCase();
}
