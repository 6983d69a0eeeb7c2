"""The checks of lesson 16."""

import json

import kubernetes_validate
import yaml

from classroom.exercises import exercise, require
from classroom.exercises.runs import run_named, text_in
from classroom.workspace import Lesson

#: What lets MLflow's server answer on the port of the container, as in deploy/kubernetes.yaml.
_ANSWERS = {"DISABLE_NGINX": "true", "UVICORN_HOST": "0.0.0.0"}


@exercise("16.1")
def check_mended_manifest(lesson: Lesson) -> None:
    """Check the manifest strictly, and ask it for what a schema does not ask for."""
    run = run_named("mended manifest", lesson.tracking_uri, lesson.name)
    try:
        manifests = list(yaml.safe_load_all(text_in("kubernetes.yaml", run, lesson)))
    except yaml.YAMLError:
        require(False, "The file kubernetes.yaml is not valid YAML.")
    one = len(manifests) == 1 and isinstance(manifests[0], dict) and "kind" in manifests[0]
    require(one, "The file must hold one manifest, the Deployment alone.")
    (manifest,) = manifests
    try:
        kubernetes_validate.validate(manifest, "1.37", strict=True)
    except kubernetes_validate.ValidationError as error:
        require(False, f"Checked strictly, it is not valid: {error.message}.")
    require(manifest["kind"] == "Deployment", "It is not a Deployment.")
    template = manifest["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    selected = manifest["spec"]["selector"]["matchLabels"].items() <= labels
    require(selected, "Its selector does not match the labels of its pods.")
    pod = template["spec"]
    require(len(pod["containers"]) == 1, "It does not run exactly one container.")
    (container,) = pod["containers"]
    probe = container.get("readinessProbe", {}).get("httpGet", {})
    where = probe.get("path"), probe.get("port")
    require(where == ("/ping", 8000), "Its readiness probe does not ask for /ping on port 8000.")
    variables = {entry["name"]: entry.get("value") for entry in container.get("env", [])}
    for name, value in _ANSWERS.items():
        require(variables.get(name) == value, f"Its variable {name} is not {value!r}.")
    limits = container.get("resources", {}).get("limits", {})
    require("memory" in limits, "It has no memory limit.")
    rights = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
    require(rights.get("runAsNonRoot") is True, "It may still run as root.")
    require(
        rights.get("runAsUser", 0) > 0,
        "runAsUser is missing or 0. Our image names no user, so the manifest must name one.",
    )
    require(
        rights.get("runAsGroup", 0) > 0, "runAsGroup is missing or 0, so its group may be root."
    )
    require(rights.get("readOnlyRootFilesystem") is True, "Its file system is still writable.")
    profile = rights.get("seccompProfile", {}).get("type")
    require(profile == "RuntimeDefault", "Its system calls are not limited (seccompProfile).")
    token = pod.get("automountServiceAccountToken")
    require(token is False, "It still gets a key to the cluster (automountServiceAccountToken).")
    gains = rights.get("allowPrivilegeEscalation")
    require(
        gains is False and not rights.get("privileged"),
        "It can still gain privileges (allowPrivilegeEscalation, privileged).",
    )
    capabilities = rights.get("capabilities", {})
    bare = "ALL" in capabilities.get("drop", []) and not capabilities.get("add")
    require(bare, "It must drop ALL capabilities and add none.")
    scratch = {volume["name"] for volume in pod.get("volumes", []) if "emptyDir" in volume}
    mounts = container.get("volumeMounts", [])
    writable = {mount["name"] for mount in mounts if mount["mountPath"] == "/tmp"}
    require(bool(writable & scratch), "It has no writable volume for /tmp, which the server needs.")


@exercise("16.2")
def check_described_endpoint(lesson: Lesson) -> None:
    """Read what was described, and whether it was described and not written by hand."""
    run = run_named("may", lesson.tracking_uri, lesson.name)
    described = json.loads(text_in("endpoint.json", run, lesson))
    whole = {"endpoint", "archive", "machines", "environment"} <= set(described)
    require(whole, "The file does not hold what aws.describe returns.")
    require(described["endpoint"] == "loan-approval-may", "It describes another deployment.")
    own = "/loan-approval-may-model-" in described["archive"]
    require(own, "Its archive belongs to another deployment.")
    machines = described["machines"]
    require(machines == "2 ml.c5.xlarge", f"It runs on {machines}.")
    proxies = {"http_proxy", "https_proxy"} & set(described["environment"])
    require(not proxies, f"Its settings hold {' and '.join(sorted(proxies))}.")
