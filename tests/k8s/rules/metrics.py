"""Alerts ask for metrics that there are, and the two places that carry the rules carry the same."""
import yaml

import promql_parser

from manifests import LOADER, name_of
from rules import rule
from source import SERVICES

ALERTS = "deploy/prometheus/alerts.yml"


def selectors_of(node):
    """Every metric that an expression asks for."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
        return
    for attribute in ("expr", "lhs", "rhs", "args", "vector_selector", "vs", "param"):
        child = getattr(node, attribute, None)
        for one in child if isinstance(child, (list, tuple)) else [child]:
            if one is not None and not isinstance(one, (str, int, float)):
                yield from selectors_of(one)


def rules_of(text):
    for group in yaml.load(text, Loader=LOADER)["groups"]:
        for one in group["rules"]:
            yield group["name"], one


@rule
def alerts(world):
    seen = set()
    for group, one in rules_of(world.text(ALERTS)):
        name = one.get("alert")
        at = f"{ALERTS} {name}"
        if not name or name in seen:
            yield f"{ALERTS} {group}", f"a rule without a name of its own: {name}"
        seen.add(name)
        if (one.get("labels") or {}).get("severity") not in ("page", "ticket"):
            yield at, "severity is page or ticket"
        if not {"summary", "action"} <= set(one.get("annotations") or {}):
            yield at, "does not say what is the matter (summary) and what to do (action)"
        try:
            expression = promql_parser.parse(str(one.get("expr")))
        except ValueError as error:
            yield at, f"no PromQL: {error}"
            continue
        found = list(selectors_of(expression))
        if not found:
            yield at, "asks for no metric"
        for selector in found:
            yield from _selector(world, at, selector)


def _selector(world, at, selector):
    metrics, name = world.code.metrics, selector.name
    histogram = next((name.removesuffix(end) for end in ("_bucket", "_sum", "_count")
                      if name.endswith(end) and metrics.get(name.removesuffix(end)) == "histogram"), None)
    if not histogram and metrics.get(name) in (None, "histogram"):
        yield at, f"no service has a metric {name}"
    for matcher in selector.matchers.matchers:
        if matcher.name not in world.code.metric_labels:
            yield at, f"no metric has a label {matcher.name}"
        if matcher.name == "job":
            for service in matcher.value.split("|"):
                if service not in SERVICES:
                    yield at, f"no service is called {service}"


@rule
def alert_objects(world):
    groups = yaml.load(world.text(ALERTS), Loader=LOADER)["groups"]
    for one in world.manifests.of("PrometheusRule"):
        if one["spec"]["groups"] != groups:
            yield name_of(one), f"is not {ALERTS}: tests/k8s/alerts --write"
    for one in world.manifests.of("ServiceMonitor"):
        if one["spec"].get("jobLabel") != "app.kubernetes.io/name":
            yield name_of(one), "alerts name services by job, which follows jobLabel"
        for end in one["spec"]["endpoints"]:
            if end.get("path") != "/metrics":
                yield name_of(one), f"no service answers to {end.get('path')}"
