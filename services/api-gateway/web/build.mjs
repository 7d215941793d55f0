// build.mjs OUT: builds the web UI into the folder OUT: every file in up to three encodings, and web_files.c, the table
// of them that web.h describes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import esbuild from "esbuild";
import { folder, indexHtml, licenses, loadedWith, options } from "./bundle.mjs";

const FIRST_VIEW_MAX = 120 * 1000; // bytes of script, compressed, until the calls are on screen

const types = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
};

const encodings = [ // in the order of enum encoding
    (bytes) => brotliCompressSync(bytes, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
    (bytes) => gzipSync(bytes, { level: 9 }),
    (bytes) => bytes,
];

function encode(path, bytes) {
    const bodies = encodings.map((encoded) => encoded(bytes));
    return {
        path,
        type: types[extname(path)],
        hash: createHash("sha256").update(bytes).digest("base64url").slice(0, 22),
        bodies: bodies.map((body, i) => (body === bytes || body.length < 0.9 * bytes.length ? body : null)),
    };
}

async function bundle(out) {
    const result = await esbuild.build(options(out));
    const files = result.outputFiles.map((file) => encode("/" + relative(out, file.path), file.contents));
    files.push(encode("/index.html", Buffer.from(indexHtml(result.metafile, out))));
    files.push(encode("/licenses.txt", Buffer.from(licenses(result.metafile))));
    files.push(encode("/favicon.svg", readFileSync(join(folder, "favicon.svg"))));
    return { files, metafile: result.metafile };
}

// The bytes stand in the assembler's words, so that a compiler never has to read them.
function table(out, files) {
    const blobs = [], rows = [];
    files.forEach((file, f) => {
        const bodies = file.bodies.map((body, b) => {
            if (!body) return "{ NULL, 0 }";
            const name = `web_file_${f}_${b}`, path = join(out, `${f}.${b}`);
            writeFileSync(path, body);
            blobs.push(`extern const char ${name}[];`,
                       `__asm__(".pushsection .rodata\\n.global ${name}\\n${name}:\\n"`,
                       `        ".incbin \\"${path}\\"\\n.popsection\\n");`);
            return `{ ${name}, ${body.length} }`;
        });
        rows.push(`    { "${file.path}", "${file.type}", "${file.hash}",\n      { ${bodies.join(", ")} } },`);
    });
    return ["/* Made by web/build.mjs. */", "#include \"web.h\"", "#include <stddef.h>", "", ...blobs, "",
            "const struct web_file web_files[] = {", ...rows, "    { 0 },", "};", ""].join("\n");
}

function checkFirstView({ files, metafile }, out) {
    const paths = new Set(["boot.ts", "main.tsx", "pages/calls/page.tsx"].flatMap((s) => loadedWith(metafile, out, s)));
    const bytes = files.filter((file) => paths.has(file.path)).reduce((sum, file) => sum + (file.bodies[0] ?? file.bodies[2]).length, 0);
    console.log(`web UI: ${files.length} files; script of the first view: ${bytes} bytes`);
    if (bytes > FIRST_VIEW_MAX) throw new Error(`the first view's script may have ${FIRST_VIEW_MAX} bytes`);
}

const out = resolve(process.argv[2]);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const built = await bundle(out);
checkFirstView(built, out);
writeFileSync(join(out, "web_files.c"), table(out, built.files));
