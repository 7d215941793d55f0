// Form fields with their label, hint and error tied together.
import { useId } from "preact/hooks";
import type { ComponentChildren, JSX, PartialInputHTMLAttributes } from "preact";

export interface FieldProps {
    label: string;
    hint?: ComponentChildren;
    /** What is wrong with what was put in. */
    error?: string | undefined;
    /** The label is said, not shown. */
    bare?: boolean;
}

interface Ties {
    id: string;
    "aria-invalid": boolean;
    "aria-describedby"?: string;
}

/** Gives the control its ties: `<Field label="Name">{(ties) => <input {...ties} />}</Field>`. */
export function Field({ label, hint, error, bare, children }: FieldProps & { children: (ties: Ties) => ComponentChildren }) {
    const id = useId();
    const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
    return (
        <div class="field">
            <label for={id} class={bare ? "visually-hidden" : ""}>{label}</label>
            {children({ id, "aria-invalid": Boolean(error), ...(described && { "aria-describedby": described }) })}
            {hint && <p class="hint" id={`${id}-hint`}>{hint}</p>}
            {error && <p class="error" id={`${id}-error`}>{error}</p>}
        </div>
    );
}

type Input = JSX.IntrinsicElements["input"];
type InputProps = FieldProps & Omit<PartialInputHTMLAttributes<HTMLInputElement>, "label" | "role">;

export function TextField({ label, hint, error, bare = false, ...rest }: InputProps) {
    // Preact has a type for each kind of input; which one this is, is the caller's to know.
    return <Field label={label} hint={hint} error={error} bare={bare}>{(ties) => <input {...(rest as Input)} {...ties} />}</Field>;
}

export function TextArea({ label, hint, error, bare = false, ...rest }: FieldProps & Omit<JSX.IntrinsicElements["textarea"], "label">) {
    return <Field label={label} hint={hint} error={error} bare={bare}>{(ties) => <textarea {...rest} {...ties} />}</Field>;
}

interface SelectProps<V extends string> extends FieldProps {
    value: V;
    options: readonly (readonly [value: V, label: string])[];
    onChange: (value: V) => void;
    disabled?: boolean;
}

export function Select<V extends string>({ label, hint, error, bare = false, value, options, onChange, disabled }: SelectProps<V>) {
    return (
        <Field label={label} hint={hint} error={error} bare={bare}>
            {(ties) => (
                <select {...ties} value={value} disabled={disabled} onChange={(e) => onChange(e.currentTarget.value as V)}>
                    {options.map(([option, text]) => <option key={option} value={option}>{text}</option>)}
                </select>
            )}
        </Field>
    );
}

interface SwitchProps {
    label: string;
    on: boolean;
    onChange: (on: boolean) => void;
    disabled?: boolean;
    /** The label is said, not shown. */
    bare?: boolean;
    /** The id of what says more about it. */
    describedBy?: string;
}

export function Switch({ label, on, onChange, disabled, bare, describedBy }: SwitchProps) {
    return (
        <button type="button" class="switch" role="switch" aria-checked={on} disabled={disabled}
                aria-label={bare ? label : undefined} aria-describedby={describedBy} onClick={() => onChange(!on)}>
            <span class="track" aria-hidden="true" />
            {!bare && label}
        </button>
    );
}
