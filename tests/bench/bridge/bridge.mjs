// bridge.mjs - the least that bridges Twilio's media streams to a realtime model, as such bridges are written for Node.
//
//     node bridge.mjs PORT MODEL_URL
//
// For measuring only: no signature, no token, no barge-in, no captions.
import { WebSocket, WebSocketServer } from "ws";

const [port, model_url] = process.argv.slice(2);
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), perMessageDeflate: false });

const configuration = {
    type: "session.update",
    session: {
        type: "realtime",
        audio: { input: { format: { type: "audio/pcmu" } }, output: { format: { type: "audio/pcmu" } } },
    },
};

server.on("connection", (stream) => {
    const model = new WebSocket(model_url, { perMessageDeflate: false });
    let stream_sid = null;
    let ready = false;

    model.on("open", () => model.send(JSON.stringify(configuration)));
    model.on("message", (data) => {
        const event = JSON.parse(data);
        if (event.type === "session.updated")
            ready = true;
        else if (event.type === "response.output_audio.delta" && stream_sid)
            stream.send(JSON.stringify({ event: "media", streamSid: stream_sid, media: { payload: event.delta } }));
    });
    stream.on("message", (data) => {
        const message = JSON.parse(data);
        if (message.event === "start")
            stream_sid = message.start.streamSid;
        else if (message.event === "media" && ready)
            model.send(JSON.stringify({ type: "input_audio_buffer.append", audio: message.media.payload }));
    });
    stream.on("close", () => model.close());
    model.on("close", () => stream.close());
    stream.on("error", () => model.close());
    model.on("error", () => stream.close());
});
server.on("listening", () => console.log("ready"));
