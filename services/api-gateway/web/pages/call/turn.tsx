import { Component } from "preact";
import { position, speakerLabels } from "../../lib/format";
import type { Segment } from "../../lib/types";
import { anchorOf } from "./reading";
import { pieces } from "./turns";

export interface NumberedMatch {
    from: number;
    to: number;
    /** Among all of the transcript. */
    number: number;
}

interface TurnProps {
    id: string;
    role: Segment["role"];
    startMs: number;
    text: string;
    /** Somebody else spoke before. */
    named: boolean;
    playable: boolean;
    sounding: boolean;
    marked: boolean;
    /** Of all turns the one that Tab leads to; from there the arrow keys lead on. */
    tabbable: boolean;
    matches: NumberedMatch[] | undefined;
    /** The number of the match that is looked at, if it is in this turn. */
    current: number;
    onPlay: (turn: string, startMs: number) => void;
}

/** There may be thousands: one is drawn anew only when something of itself changed. */
export class Turn extends Component<TurnProps> {
    override shouldComponentUpdate(next: TurnProps): boolean {
        return (Object.keys(next) as (keyof TurnProps)[]).some((key) => next[key] !== this.props[key]);
    }

    // Text that is being selected is not meant to be played.
    private readonly onClick = (event: MouseEvent) => {
        if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
        if (getSelection()?.isCollapsed === false) return;
        event.preventDefault();
        this.props.onPlay(this.props.id, this.props.startMs);
    };

    override render() {
        const { id, role, startMs, text, named, playable, sounding, marked, tabbable, matches, current } = this.props;
        const classes = ["turn", role, playable && "playable", named && "named", sounding && "sounding", marked && "marked"].filter(Boolean).join(" ");
        return (
            <li id={anchorOf(id)} class={classes} aria-current={sounding ? "true" : undefined}
                {...(playable && { onClick: this.onClick })}>
                <a class="at" href={`#${anchorOf(id)}`} tabIndex={tabbable ? 0 : -1}
                   aria-label={playable ? `Play from ${position(startMs)}` : undefined}>
                    {position(startMs)}
                </a>
                <p>
                    <span class={named ? "speaker" : "speaker visually-hidden"}>{speakerLabels[role]}<span class="visually-hidden">: </span></span>
                    <bdi>
                        {matches ? pieces(text, matches).map(({ text: piece, number }, i) =>
                            number === undefined ? piece : <mark key={i} class={number === current ? "current" : ""}>{piece}</mark>) : text}
                    </bdi>
                </p>
            </li>
        );
    }
}
