// A wavesurfer.js under our Content-Security-Policy. Import it lazily: import("../../lib/wave").
import WaveSurfer, { type WaveSurferOptions } from "wavesurfer.js";

export type { WaveSurfer };

export function makeWave(options: WaveSurferOptions): WaveSurfer {
    const wave = WaveSurfer.create(options);
    adoptStyles(wave.getWrapper().getRootNode() as ShadowRoot);
    return wave;
}

// bundle.mjs has put the style into a <template>, where no policy looks at it.
function adoptStyles(root: ShadowRoot): void {
    for (const template of root.querySelectorAll<HTMLTemplateElement>("template.style")) {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(template.content.textContent ?? "");
        root.adoptedStyleSheets.push(sheet);
    }
}
