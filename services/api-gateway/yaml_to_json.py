"""yaml_to_json.py IN OUT - turns the API's description into JSON, refusing what JSON cannot say (python3-yaml).

What begins with x- at the top is there to be merged into other places, and left out."""
import json
import sys

import yaml


class Loader(yaml.SafeLoader):
    """Dates stay text, as JSON has none; a key that stands twice is a mistake; what was merged is sorted in."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"stands twice: {twice}", node.start_mark)
        mapping = super().construct_mapping(node, deep)
        return dict(sorted(mapping.items())) if "<<" in keys else mapping


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

with open(sys.argv[1], encoding="utf-8") as source:
    document = {name: part for name, part in yaml.load(source, Loader).items() if not name.startswith("x-")}
with open(sys.argv[2], "w", encoding="utf-8") as target:
    json.dump(document, target, ensure_ascii=False, separators=(",", ":"))
