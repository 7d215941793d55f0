// web_contrast.mjs TOKENS.css: every pair of colors that the style sheets put on each other can be read by everybody
// (WCAG 2.2 AA: 4.5 for text, 3 for what shows a control's extent or state), in both schemes.
import { readFileSync } from "node:fs";

const tokens = new Map();
for (const [, name, light, dark] of readFileSync(process.argv[2], "utf8").matchAll(
    /--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)) tokens.set(name, { light, dark });

const grounds = ["ground", "surface", "sunken"];
const tones = ["accent", "good", "warn", "bad", "neutral"];
const pairs = [
    ...["ink", "muted", "accent-ink", "bad-ink"].flatMap((text) => grounds.map((ground) => [text, ground, 4.5])),
    ...tones.flatMap((tone) => [[`${tone}-ink`, `${tone}-soft`, 4.5], [`${tone}-ink`, "surface", 4.5]]),
    ...["caller", "agent"].flatMap((who) => [[who, `${who}-soft`, 4.5], ...["surface", "sunken", "marked"].map((ground) => [who, ground, 4.5]), ["ink", `${who}-soft`, 4.5]]),
    ["ink", "marked", 4.5], ["muted", "marked", 4.5], ["marked-edge", "surface", 3],
    ["on-accent", "accent", 4.5], ["on-bad", "bad", 4.5], ["ground", "ink", 4.5], ["ink", "accent-soft", 4.5],
    ...["positive", "neutral", "mixed", "negative", "unknown"].map((layer) => [`plot-${layer}`, "surface", 3]),
    ...grounds.flatMap((ground) => [["edge", ground, 3], ["accent", ground, 3], ["bad", ground, 3]]),
];

function luminance(hex) {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
}

for (const scheme of ["light", "dark"])
    for (const [text, ground, least] of pairs) {
        const seen = contrast(tokens.get(text)[scheme], tokens.get(ground)[scheme]);
        if (seen >= least) continue;
        console.log(`${scheme}: --${text} on --${ground} has a contrast of ${seen.toFixed(2)}, wanted ${least}`);
        process.exitCode = 1;
    }
