import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon";

type Native = Omit<JSX.IntrinsicElements["button"], "icon" | "label">;

interface ButtonProps extends Native {
    /** quiet: among much else; danger: takes something away for good. */
    kind?: "plain" | "primary" | "quiet" | "danger";
    icon?: IconName;
    /** Something is on its way: it cannot be pressed again. */
    busy?: boolean;
    children: ComponentChildren;
}

export function Button({ kind = "plain", icon, busy = false, children, disabled, ...rest }: ButtonProps) {
    return (
        <button type="button" {...rest} class={`button ${kind}`} disabled={disabled || busy} aria-busy={busy}>
            {icon && <Icon name={icon} />}
            {children}
        </button>
    );
}

interface IconButtonProps extends Native {
    icon: IconName;
    /** What it does, in words. */
    label: string;
}

export function IconButton({ icon, label, ...rest }: IconButtonProps) {
    return (
        <button type="button" {...rest} class="icon-button" aria-label={label} title={label}>
            <Icon name={icon} />
        </button>
    );
}
