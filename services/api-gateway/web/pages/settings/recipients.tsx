// E-mail addresses, each of which can be taken out.
import { useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";

interface RecipientsProps {
    value: string[];
    error: string | undefined;
    onChange: (value: string[]) => void;
}

export function Recipients({ value, error, onChange }: RecipientsProps) {
    const [text, setText] = useState("");
    const [wrong, setWrong] = useState("");
    const input = useRef<HTMLInputElement | null>(null);

    // Several at once, as they are pasted out of a mail. Leaving the field adds, too: who goes on to "Save" means it.
    const add = () => {
        const given = text.split(/[\s,;]+/).filter(Boolean);
        const bad = given.find((address) => !/^[^@\s]+@[^@\s]+$/.test(address));
        setWrong(bad ? `“${bad}” is no e-mail address.` : "");
        if (bad) return;
        onChange([...new Set([...value, ...given])]);
        setText("");
    };
    const remove = (address: string) => {
        onChange(value.filter((one) => one !== address));
        input.current?.focus();
    };
    const onKeyDown = (event: KeyboardEvent) => {
        if (event.key !== "Enter" && event.key !== ",") return;
        if (!text.trim()) return; // Enter sends the form then
        event.preventDefault();
        add();
    };
    return (
        <div class="recipients">
            <Field label="Reports go to" error={wrong || error}
                   hint={value.length ? "Each call’s report is mailed to all of them." : "Nobody so far: no reports are mailed."}>
                {(ties) => (
                    <div class="adding">
                        <input {...ties} ref={input} type="email" multiple placeholder="name@example.com" autocomplete="off" value={text}
                               onInput={(event) => { setText(event.currentTarget.value); setWrong(""); }} onKeyDown={onKeyDown}
                               onBlur={() => text.trim() && add()} />
                        <Button icon="plus" disabled={!text.trim()} onClick={add}>Add</Button>
                    </div>
                )}
            </Field>
            {value.length > 0 && (
                <ul class="entries" aria-label="Recipients">
                    {value.map((address) => (
                        <li key={address}>
                            <span class="cut">{address}</span>
                            <button type="button" aria-label={`Remove ${address}`} title={`Remove ${address}`} onClick={() => remove(address)}>
                                <Icon name="close" />
                            </button>
                        </li>
                    ))}
                </ul>
            )}
        </div>
    );
}
