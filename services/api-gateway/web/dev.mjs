// dev.mjs: the web UI as its sources are right now, in front of a running gateway. See README.md.
//
//   API_URL=http://127.0.0.1:8080 PORT=8090 node dev.mjs
import { createServer, request } from "node:http";
import { readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import esbuild from "esbuild";
import { folder, indexHtml, options } from "./bundle.mjs";

const api = new URL(process.env.API_URL ?? "http://127.0.0.1:8080");
const port = Number(process.env.PORT ?? 8090);
const out = join(folder, "dev-out"); // a name only: nothing is written
const types = { ".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml" };

// The gateway's own, so that what it forbids fails here already.
const policy = await fetch(new URL("/login", api)).then(
    ({ headers }) => ({ "Content-Security-Policy": headers.get("Content-Security-Policy") }),
    () => { console.error(`no gateway answers at ${api.origin}`); process.exit(1); });

let files = new Map();
const watching = new Set(); // pages that want to know about a new build

const keep = {
    name: "keep",
    setup: (build) => build.onEnd((result) => {
        if (result.errors.length) return;
        files = new Map(result.outputFiles.map((file) => ["/" + relative(out, file.path), file.contents]));
        const reload = `<script src="/dev/reload.js"></script>`;
        files.set("/index.html", indexHtml(result.metafile, out).replace("</head>", `${reload}</head>`));
        files.set("/dev/reload.js", `new EventSource("/dev/events").onmessage = () => location.reload();`);
        for (const page of watching) page.write("data: built\n\n");
        console.log(new Date().toLocaleTimeString(), "built");
    }),
};

function proxy(from, to) {
    const { method, headers, url } = from;
    const there = request({ host: api.hostname, port: api.port, method, path: url, headers }, (answer) => {
        to.writeHead(answer.statusCode, answer.headers);
        answer.pipe(to);
    });
    there.on("error", () => to.writeHead(502).end());
    to.on("close", () => there.destroy());
    from.pipe(there);
}

const server = createServer((from, to) => {
    const path = new URL(from.url, "http://here").pathname;
    if (path.startsWith("/api/")) return proxy(from, to);
    if (path === "/dev/events") {
        to.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
        watching.add(to);
        return to.on("close", () => watching.delete(to));
    }
    if (path.startsWith("/assets/") && !files.has(path)) return to.writeHead(404).end();
    const name = files.has(path) || path === "/favicon.svg" ? path : "/index.html";
    to.writeHead(200, { "Content-Type": types[extname(name)], "Cache-Control": "no-store", ...policy });
    to.end(files.get(name) ?? readFileSync(join(folder, name)));
});

const base = options(out, { dev: true });
const context = await esbuild.context({ ...base, plugins: [...base.plugins, keep] });
await context.watch();
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port} in front of ${api.origin}`));
