"""Variables: each is a setting of the program that gets it, with a value that the program takes."""
from manifests import name_of
from rules import rule


@rule
def variables(world):
    for pod in world.manifests.pods:
        if not pod.is_callmill:
            continue
        for one in pod.all_containers:
            program = world.code.programs.get(one.program)
            if not program:
                yield name_of(pod.owner), f"container {one.name} runs {one.program or 'nothing of ours'}"
                continue
            yield from _of_container(world, name_of(pod.owner), one, program)


def _of_container(world, at, one, program):
    given = {}
    for variable in one.env.values():
        setting, from_file = program.setting(variable["name"])
        if not setting:
            yield at, f"{variable['name']} is no setting of {program.name}"
            continue
        if setting.name in given:
            yield at, f"{setting.name} is given twice"
        given[setting.name] = True
        if setting.secret and "value" in variable and not from_file:
            yield at, f"{setting.name} is a secret and stands in the manifest"
        if not setting.secret and not from_file and variable.get("value") is not None:
            complaint = setting.complaint(variable["value"])
            if complaint:
                yield at, complaint
    for variable, text in one.settings.items():
        if variable in one.env or not text:
            continue
        setting, _ = program.setting(variable)
        if setting and setting.name in given:
            yield at, f"{variable} from a ConfigMap and {variable}_FILE are both set: {program.name} refuses that"
        if setting and setting.complaint(text):
            yield at, setting.complaint(text)
        if setting:
            given[setting.name] = True
    for setting in program.settings.values():
        if setting.required and setting.name not in given:
            yield at, f"{setting.name} is required by {program.name}"


@rule
def config_maps(world):
    """A variable in a ConfigMap is a setting of somebody who gets it, and holds no password."""
    for one in world.manifests.of("ConfigMap"):
        name = one["metadata"]["name"]
        readers = [c for pod in world.manifests.pods for c in pod.all_containers if name in c.config_maps]
        if not readers:
            if not any(name == ref["name"] for auth in world.manifests.of("TriggerAuthentication")
                       for ref in auth["spec"].get("configMapTargetRef", [])):
                yield name_of(one), "nobody reads it"
            continue
        for variable, text in (one.get("data") or {}).items():
            if not any(world.code.programs[c.program].setting(variable)[0] for c in readers):
                yield name_of(one), f"{variable} is no setting of those who read it"
            if "@" in text and "://" in text:
                yield name_of(one), f"{variable} holds a password"
