"""The rules that the manifests are held to. Each is a function of a World that yields (object, what is wrong)."""
import functools

from manifests import ROOT

RULES = {}


def rule(function):
    RULES[function.__name__.replace("_", "-")] = function
    return function


class World:
    """One overlay's manifests, the code, the tools, and files of the repository as text."""

    def __init__(self, manifests, code, tools, texts=None):
        self.manifests, self.code, self.tools, self.texts = manifests, code, tools, texts or {}

    def text(self, path):
        return self.texts.get(path) or (ROOT / path).read_text()

    @functools.cached_property
    def tables(self):
        """Markdown tables of docs/architecture.md by the heading that they stand under, each row a tuple of cells."""
        found, heading = {}, ""
        for line in self.text("docs/architecture.md").splitlines():
            if line.startswith("#"):
                heading = line.lstrip("# ")
            elif line.startswith("| ") and not line.startswith("| ---"):
                found.setdefault(heading, []).append(tuple(cell.strip() for cell in line.strip("|").split("|")))
        return found


def check(world, only=None):
    """Every finding as (rule, object, text)."""
    return [(name, thing, text) for name, function in RULES.items() if only in (None, name)
            for thing, text in function(world)]
