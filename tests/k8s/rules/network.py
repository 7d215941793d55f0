"""Who may talk to whom: the NetworkPolicies, played through, come to the arrows of docs/architecture.md and no more.

Each pair of a pod and a place is judged as a network plugin does: the sender's egress and the receiver's ingress must
both allow it. Servers that operators run, and those outside the cluster, are stand-ins (places.yaml): a label or an
address on which a policy has to fit.
"""
import ipaddress

from manifests import ROOT, dig, load, matches, name_of
from rules import rule

HOME = "callmill"


class Place:
    """Something with pods (labels, namespace) or an address, and the ports that it listens on."""

    def __init__(self, name, ports, labels=None, namespace=None, ip=None, own_rules=None):
        self.name, self.ports, self.labels, self.namespace, self.ip = name, ports, labels or {}, namespace, ip
        self.own_rules = own_rules  # what its operator lets in, instead of this repository's policies


def place_name(pod):
    return pod.name if pod.is_service else pod.app.replace("-", " ")


def places_of(world):
    """Everything that could talk or be talked to: callmill's pods, the servers, the outside, strangers."""
    manifests, found = world.manifests, []
    for pod in manifests.pods:
        found.append(Place(place_name(pod), dict(pod.ports), pod.labels, HOME))
    table = load(ROOT / "tests/k8s/places.yaml")
    rows = {**table["everywhere"], **table.get(manifests.overlay, {})}
    for name, row in rows.items():
        if "for" in row and not manifests.of(row["for"]):
            continue
        rules = None
        if name == "Kafka" and "labels" in row:
            rules = [{"from": dig(listener, "networkPolicyPeers"), "ports": [{"port": listener["port"]}]}
                     for kafka in manifests.of("Kafka") for listener in kafka["spec"]["kafka"]["listeners"]]
        found.append(Place(name, {str(port): port for port in row["ports"]}, row.get("labels"), row.get("namespace", HOME)
                           if "labels" in row else None, row.get("ip"), rules))
    return found


def _peer_fits(peer, place):
    if "ipBlock" in peer:
        if not place.ip:
            return False
        address = ipaddress.ip_address(place.ip)
        inside = address in ipaddress.ip_network(peer["ipBlock"]["cidr"])
        return inside and not any(address in ipaddress.ip_network(one) for one in peer["ipBlock"].get("except", []))
    if place.ip:
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": place.namespace}):
            return False
    elif place.namespace != HOME:
        return False
    return "podSelector" not in peer or matches(peer["podSelector"], place.labels)


def _port_fits(entry, port, listener):
    if not entry.get("ports"):
        return True
    return any(one.get("port") in (None, port) or (isinstance(one["port"], str) and listener.ports.get(one["port"]) == port)
               for one in entry["ports"])


def _rules_allow(entries, key, other, port, listener):
    return any((not entry.get(key) or any(_peer_fits(peer, other) for peer in entry[key]))
               and _port_fits(entry, port, listener) for entry in entries)


def allowed(policies, sender, receiver, port):
    """Whether a connection comes about."""
    for place, other, kind, key, word in ((sender, receiver, "Egress", "egress", "to"),
                                          (receiver, sender, "Ingress", "ingress", "from")):
        if place.own_rules is not None and kind == "Ingress":
            if not _rules_allow(place.own_rules, word, other, port, receiver):
                return False
            continue
        if place.namespace != HOME or place.ip:
            continue
        on = [one["spec"] for one in policies if kind in one["spec"]["policyTypes"]
              and matches(one["spec"]["podSelector"], place.labels)]
        if on and not any(_rules_allow(one.get(key) or [], word, other, port, receiver) for one in on):
            return False
    return True


def _is_on(condition, settings):
    """A row's last column: "always", or a setting (with its value) that the sender has in this overlay."""
    if condition == "always":
        return True
    name, _, value = condition.strip("`").partition("=")
    return settings.get(name) == value if value else bool(settings.get(name))


def _each(cell, services):
    for one in cell.split(", "):
        yield from services if one == "every service" else [one]


def documented(world, places):
    """docs/architecture.md, Connections: {(from, to, port)}; "every service" stands for the eight."""
    services = {pod.name: pod for pod in world.manifests.services}
    by_name, found = {place.name: place for place in places}, set()
    for senders, receivers, port, condition in world.tables.get("Connections", [])[1:]:
        for sender in _each(senders, services):
            for receiver in _each(receivers, services):
                settings = services[sender].main.settings if sender in services else {}
                if sender not in by_name or receiver not in by_name or not _is_on(condition, settings):
                    continue
                if by_name[sender].ip:  # a server outside the cluster: what it asks is not ours
                    continue
                place = by_name[receiver]
                said = {"its `ADMIN_ADDR`": "admin", "its `HTTP_ADDR`": "http"}.get(port)
                number = int(port) if port.isdigit() else place.ports.get(said or "http") or min(place.ports.values())
                found.add((sender, "internet" if place.ip == by_name["internet"].ip else receiver, number))
    return found


@rule
def network(world):
    policies, every = world.manifests.of("NetworkPolicy"), places_of(world)
    internet = next(one.ip for one in every if one.name == "internet")
    places = [one for one in every if one.ip != internet or one.name == "internet"]
    want, ours = documented(world, every), {place_name(pod) for pod in world.manifests.pods}
    have = set()
    for sender in places:
        for receiver in places:
            if sender is not receiver and {sender.name, receiver.name} & ours:
                have |= {(sender.name, receiver.name, port) for port in [*receiver.ports.values(), 22]
                         if allowed(policies, sender, receiver, port)}
    for sender, receiver, port in sorted(want - have):
        yield f"{sender} -> {receiver}", f"port {port} is closed, docs/architecture.md has this arrow"
    for sender, receiver, port in sorted(have - want):
        yield f"{sender} -> {receiver}", f"port {port} is open, docs/architecture.md has no such arrow"


@rule
def default_deny(world):
    """Whatever else is removed, somebody who is not named is not let in or out."""
    both = [one["spec"]["podSelector"] for one in world.manifests.of("NetworkPolicy")
            if set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"}]
    for pod in world.manifests.pods:
        if not any(matches(selector, pod.labels) for selector in both):
            yield name_of(pod.owner), "no policy closes it both ways"
    for one in world.manifests.of("NetworkPolicy"):
        for entry in (one["spec"].get("ingress") or []) + (one["spec"].get("egress") or []):
            if not entry.get("ports") or not (entry.get("from") or entry.get("to")):
                yield name_of(one), "a rule without peers or without ports opens everything"
