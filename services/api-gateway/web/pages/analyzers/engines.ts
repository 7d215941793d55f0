// Who answers an analyzer.
import type { Analyzer } from "../../lib/types";

type Engine = Analyzer["engine"];

export const engineLabels: Record<Engine, string> = {
    default: "What the installation has set",
    rules: "Built-in rules",
    openai: "Language model",
};

export const engineHints: Record<Engine, string> = {
    default: "The same as most analyzers, and as for to-dos and contacts.",
    rules: "At once, and no word leaves the installation. They understand sentiment, compliance, summary and talk time; "
        + "for any other question they pick the sentences that speak of it.",
    openai: "Answers any question. The transcript is sent to the model that the installation has set up.",
};
