// bundle.mjs - how the sources become a bundle; shared by build.mjs and dev.mjs.
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const folder = dirname(fileURLToPath(import.meta.url));
const read = (name) => readFileSync(join(folder, name), "utf8");

// wavesurfer.js writes its style into a shadow root as a <style>, which `style-src 'self'` refuses. Here it becomes a
// <template>, whose text lib/wave.ts adopts as a style sheet.
const waveStyle = {
    name: "wave-style",
    setup(build) {
        build.onLoad({ filter: /wavesurfer\.esm\.js$/ }, ({ path }) => {
            const text = readFileSync(path, "utf8");
            const changed = text.replace(/<style\$\{.*?\}>/, "<template class=style>").replace("</style>", "</template>");
            if (changed.includes("<style") || !changed.includes("<template class=style>"))
                throw new Error("wavesurfer.js no longer writes its style as it did");
            return { contents: changed, loader: "js" };
        });
    },
};

export function options(outdir, { dev = false } = {}) {
    return {
        absWorkingDir: folder,
        entryPoints: { main: "main.tsx", boot: "boot.ts", style: "style/main.css" },
        outdir,
        bundle: true,
        format: "esm",
        splitting: true,
        minify: !dev,
        sourcemap: dev ? "inline" : false,
        legalComments: "none", // they are in licenses.txt
        entryNames: "assets/[name]-[hash]",
        chunkNames: "assets/[name]-[hash]",
        assetNames: "assets/[name]-[hash]",
        target: ["chrome123", "firefox121", "safari17.5"],
        jsx: "automatic",
        jsxImportSource: "preact",
        preserveSymlinks: true, // so that no path of this machine has a part in the names
        metafile: true,
        write: false,
        plugins: [waveStyle],
        logLevel: "warning",
    };
}

/** The entry's output and every chunk that it loads at once, as paths under the output folder. */
export function loadedWith(metafile, outdir, source) {
    const outputs = metafile.outputs;
    const [entry] = Object.entries(outputs).find(([, output]) => output.entryPoint === source);
    const found = new Set([entry]);
    for (const path of found)
        for (const chunk of outputs[path].imports) if (chunk.kind === "import-statement") found.add(chunk.path);
    return [...found].map((path) => "/" + relative(outdir, join(folder, path)));
}

export function indexHtml(metafile, outdir) {
    const [main, ...chunks] = loadedWith(metafile, outdir, "main.tsx");
    const [boot] = loadedWith(metafile, outdir, "boot.ts");
    const [style] = loadedWith(metafile, outdir, "style/main.css");
    const preloads = chunks.map((path) => `<link rel="modulepreload" href="${path}">`);
    return read("index.html")
        .replace("{boot}", boot)
        .replace("{style}", style)
        .replace("{main}", main)
        .replace("{preloads}", preloads.join("\n"));
}

/** The licenses of what the bundle holds of others. */
export function licenses(metafile) {
    const packages = new Set();
    for (const input of Object.keys(metafile.inputs)) {
        const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
        if (name) packages.add(name[1]);
    }
    return [...packages].sort().map((name) => {
        const { version } = JSON.parse(read(`node_modules/${name}/package.json`));
        return `${name} ${version}\n\n${read(`node_modules/${name}/LICENSE`).trim()}\n`;
    }).join(`\n${"-".repeat(80)}\n\n`);
}
