import { setTheme, theme, type Theme } from "../../lib/theme";
import { Section } from "../../parts/page";

const choices: readonly (readonly [Theme, string])[] = [["system", "As the system"], ["light", "Light"], ["dark", "Dark"]];

export function Appearance() {
    return (
        <Section id="appearance" title="Appearance">
            <fieldset class="themes">
                <legend class="visually-hidden">Theme</legend>
                {choices.map(([choice, label]) => (
                    <label key={choice}>
                        <input type="radio" name="theme" value={choice} checked={theme.value === choice} onChange={() => setTheme(choice)} />
                        {label}
                    </label>
                ))}
            </fieldset>
            <p class="small muted">In this browser.</p>
        </Section>
    );
}
