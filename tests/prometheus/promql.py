"""Which series a PromQL expression asks for, as far as callmill's rules and dashboards write it (promtool has judged the
grammar before): metric names with their matchers, and the labels that are grouped, matched or shown by."""
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRING = r'"(?:[^"\\]|\\.)*"'
MATCHER = re.compile(rf'\s*(\w+)\s*(=~|!~|!=|=)\s*({STRING})\s*,?')
GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
WORDS = GROUPING | {"and", "or", "unless", "offset", "bool", "inf", "nan"}
GRAFANA = {"$__rate_interval": "5m", "$__range": "6h", '"$service"': '".*"'}


class Selector:
    def __init__(self, name, matchers):
        self.name, self.matchers = name, matchers

    def picks(self, labels):
        """Whether it takes a series with these labels; one that is not there is empty, as Prometheus has it."""
        return all(self._holds(operator, labels.get(label, ""), value) for label, operator, value in self.matchers)

    @staticmethod
    def _holds(operator, found, wanted):
        same = found == wanted if operator in ("=", "!=") else re.fullmatch(wanted, found) is not None
        return same == (operator in ("=", "=~"))


def plain(expression):
    """Without Grafana's variables."""
    for variable, value in GRAFANA.items():
        expression = expression.replace(variable, value)
    return expression


def read(expression):
    """([Selector], {labels that it groups, matches or joins by})."""
    selectors, labels = [], set()
    text = plain(expression)
    for word in re.finditer(rf"{STRING}|\b([a-zA-Z_:][\w:]*)", re.sub(r"\[[^]]*\]", lambda m: " " * len(m[0]), text)):
        name, rest = word[1], text[word.end():]
        if not name or _inside_braces(text, word.start()) or text[word.start() - 1:word.start()].isdigit():
            continue
        if name in GROUPING:
            listed = re.match(r"\s*\(([^)]*)\)", rest)
            labels |= {label.strip() for label in listed[1].split(",") if label.strip()} if listed else set()
        elif name in WORDS or re.match(r"\s*((by|without)\b.*)?\(", rest) or _in_grouping(text, word.start()) or \
                re.match(r"\s*offset\s*$", text[max(0, word.start() - 8):word.start()]):
            continue
        else:
            braces = re.match(r"\s*\{((?:" + STRING + r"|[^}\"])*)\}", rest)
            matchers = [(m[1], m[2], json.loads(m[3])) for m in MATCHER.finditer(braces[1])] if braces else []
            selectors.append(Selector(name, matchers))
            labels |= {label for label, _, _ in matchers}
    return selectors, labels


def _inside_braces(text, at):
    before = re.sub(STRING, lambda m: " " * len(m[0]), text[:at])
    return before.rfind("{") > before.rfind("}")


def _in_grouping(text, at):
    opened = text.rfind("(", 0, at)
    return opened > text.rfind(")", 0, at) and re.search(rf"\b({'|'.join(GROUPING)})\s*$", text[:opened]) is not None


TEMPLATE_WORDS = {"else", "end"}  # what else stands alone between braces is a label in a legend of Grafana's


class Use:
    """One expression, where it stands, and the labels that its texts show."""

    def __init__(self, where, expression, texts=()):
        self.where, self.expression = where, expression
        self.shown = set(re.findall(r"\$labels\.(\w+)", " ".join(texts))) | \
            {label for text in texts for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", text)} - TEMPLATE_WORDS


def rules(path=ROOT / "deploy/prometheus/alerts.yml"):
    for group in yaml.safe_load(pathlib.Path(path).read_text())["groups"]:
        yield from group["rules"]


def boards(folder=ROOT / "deploy/grafana/dashboards"):
    return {path.name: json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.json"))}


def uses():
    """Every expression of the alerts and the dashboards."""
    for rule in rules():
        yield Use(rule["alert"], rule["expr"], rule["annotations"].values())
    for name, board in boards().items():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield Use(f"{name} '{panel['title']}'", target["expr"], (target["legendFormat"],))
        for variable in board["templating"]["list"]:
            asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable.get("definition", ""))
            if asked:
                yield Use(f"{name} ${variable['name']}", f"count by ({asked[2]}) ({asked[1]})")
