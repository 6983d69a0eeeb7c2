"""Check a manifest, put an image into it and apply it: python to_kubernetes.py IMAGE.

It needs kubectl with a context of your cluster, and an image that the cluster can pull.
"""

import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import yaml

objects = list(yaml.safe_load_all((Path(__file__).parent / "kubernetes.yaml").read_text()))
for manifest in objects:
    if manifest["kind"] == "Deployment":
        manifest["spec"]["template"]["spec"]["containers"][0]["image"] = sys.argv[1]
    kubernetes_validate.validate(manifest, "1.37", strict=True)
applied = yaml.safe_dump_all(objects, sort_keys=False)
subprocess.run(["kubectl", "apply", "--filename", "-"], input=applied, text=True, check=True)
