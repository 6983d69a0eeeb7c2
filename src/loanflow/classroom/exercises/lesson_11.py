"""The checks of lesson 11."""

import json
import tempfile
from pathlib import Path

import kubernetes_validate
import mlflow
import yaml

from loanflow.classroom.exercises import exercise, require
from loanflow.classroom.exercises.runs import require_finished, the_run_named
from loanflow.classroom.workspace import Lesson


def _text_in(lesson: Lesson, run_name: str, file: str) -> str:
    """Return a text file of the one run of that name; require both."""
    run = the_run_named(run_name, lesson.tracking_uri, lesson.name)
    require_finished(run)
    client = mlflow.MlflowClient(lesson.tracking_uri)
    files = [entry.path for entry in client.list_artifacts(run.info.run_id)]
    require(file in files, f"The run '{run_name}' has no artifact {file}.")
    with tempfile.TemporaryDirectory() as folder:
        path = client.download_artifacts(run.info.run_id, file, folder)
        return Path(path).read_text(encoding="utf-8")


@exercise("11.1")
def a_mended_manifest(lesson: Lesson) -> None:
    """Check the manifest strictly, and ask it for what a schema does not ask for."""
    manifest = yaml.safe_load(_text_in(lesson, "mended manifest", "kubernetes.yaml"))
    try:
        kubernetes_validate.validate(manifest, "1.37", strict=True)
    except kubernetes_validate.ValidationError as error:
        require(False, f"Checked strictly, it is not valid: {error.message}.")
    require(manifest["kind"] == "Deployment", "It is no Deployment.")
    template = manifest["spec"]["template"]
    labels = template["metadata"]["labels"].items()
    selected = manifest["spec"]["selector"]["matchLabels"].items() <= labels
    require(selected, "Its selector does not match the labels of its pods.")
    pod = template["spec"]
    require(len(pod["containers"]) == 1, "It does not run exactly one container.")
    (container,) = pod["containers"]
    probe = container.get("readinessProbe", {}).get("httpGet", {})
    where = probe.get("path"), probe.get("port")
    require(where == ("/ping", 8000), "It is not ready by an answer of /ping on port 8000.")
    limits = container.get("resources", {}).get("limits", {})
    require("memory" in limits, "Nothing limits its memory.")
    rights = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
    require(rights.get("runAsNonRoot") is True, "It may still run as root.")
    require(rights.get("runAsUser", 0) > 0, "Our image names no user, so the manifest must.")
    require(rights.get("runAsGroup", 0) > 0, "Its group may still be that of root.")
    require(rights.get("readOnlyRootFilesystem") is True, "Its files can still be changed.")
    gains = rights.get("allowPrivilegeEscalation")
    require(gains is False and not rights.get("privileged"), "It can still gain rights.")
    capabilities = rights.get("capabilities", {})
    bare = capabilities.get("drop") == ["ALL"] and not capabilities.get("add")
    require(bare, "It still has capabilities.")
    scratch = {volume["name"] for volume in pod.get("volumes", []) if "emptyDir" in volume}
    mounts = container.get("volumeMounts", [])
    writable = {mount["name"] for mount in mounts if mount["mountPath"] == "/tmp"}
    require(bool(writable & scratch), "It has no place for /tmp, which the server needs.")


@exercise("11.2")
def a_described_endpoint(lesson: Lesson) -> None:
    """Read what was described, and whether it was described and not written by hand."""
    described = json.loads(_text_in(lesson, "may", "endpoint.json"))
    require("archive" in described, "The file is no description by aws.describe.")
    require(described["endpoint"] == "loan-approval-may", "It describes another deployment.")
    own = "/loan-approval-may-model-" in described["archive"]
    require(own, "Its archive is not that of this deployment.")
    machines = described["machines"]
    require(machines == "2 ml.c5.xlarge", f"It runs on {machines}.")
    proxies = {"http_proxy", "https_proxy"} & set(described["environment"])
    require(not proxies, f"Its settings hold {' and '.join(sorted(proxies))}.")
