import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, sentenceOf } from "../../lib/problem";
import { navigate, ownAddress, place } from "../../lib/router";
import { logIn, session } from "../../lib/session";
import { Button } from "../../parts/button";
import { TextField } from "../../parts/field";
import { Mark } from "../../parts/frame";
import { useTitle } from "../../parts/page";

export default function LoginPage() {
    useTitle("Log in");
    const [error, setError] = useState("");
    const [busy, setBusy] = useState(false);
    const form = useRef<HTMLFormElement>(null);
    const next = place.value.query.get("next");

    const input = (name: string) => form.current?.querySelector<HTMLInputElement>(`[name=${name}]`);

    useEffect(() => {
        if (session.peek()) void navigate(ownAddress(next), { replace: true });
        input("email")?.focus();
    }, []);

    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        const fields = new FormData(form.current ?? undefined);
        setBusy(true);
        setError("");
        try {
            await logIn(String(fields.get("email")).trim(), String(fields.get("password")));
        } catch (thrown) {
            setError(sentenceOf(thrown));
            setBusy(false);
            if (thrown instanceof Problem && thrown.status === 401) input("password")?.select();
        }
    };
    return (
        <main class="login" id="main">
            <form ref={form} class="card" onSubmit={(event) => void submit(event)}>
                <div class="brand"><Mark />callmill</div>
                <h1 tabIndex={-1}>Log in</h1>
                <p class="muted">{next ? "To go on where you were." : "To your organization’s calls."}</p>
                <TextField label="E-mail" name="email" type="email" autocomplete="username" required maxLength={254} />
                <TextField label="Password" name="password" type="password" autocomplete="current-password" required
                           maxLength={1024} />
                <p class="error" role="alert">{error}</p>
                <Button type="submit" kind="primary" busy={busy}>{busy ? "Logging in …" : "Log in"}</Button>
            </form>
        </main>
    );
}
