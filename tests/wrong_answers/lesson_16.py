"""Wrong answers to the exercises of lesson 16 that a reader might well give."""

import textwrap

MENDED = """
from pathlib import Path

import yaml

mended = yaml.safe_load((Path(classroom.__file__).parents[2] / "notebooks/deploy/kubernetes.yaml")
                        .read_text().partition("---")[0])
pod = mended["spec"]["template"]["spec"]
(container,) = pod["containers"]
{change}
with mlflow.start_run(run_name="mended manifest"):
    mlflow.log_text(yaml.safe_dump(mended), "kubernetes.yaml")
"""

MAY = """
aws = clouds.AWS()
may = {{**config, "instance_type": "ml.c5.xlarge", "instance_count": 2}}
with aws:
    client = get_deploy_client("sagemaker:/eu-west-1")
    {deploy}
    described = {described}
aws.stop()
with mlflow.start_run(run_name="may"):
    mlflow.log_dict(described, "endpoint.json")
"""
PROXY = """
with team.environment(https_proxy="http://ada:secret@proxy.example.com:3128"):
    {before}
"""
CREATE = 'client.create_deployment("loan-approval-may", logged.model_uri, config=may)'
DESCRIBE = 'aws.describe("loan-approval-may")'

WRONG = {
    "16.1": {
        name: MENDED.format(change=change)
        for name, change in {
            "the colleague's own": "mended = yaml.safe_load((Path(classroom.__file__).parents[2] / "
            '"notebooks/deploy/colleague.yaml").read_text())',
            "a probe on another port": 'container["readinessProbe"]["httpGet"]["port"] = 8080',
            "a misspelt probe": 'container["readinesProbe"] = container.pop("readinessProbe")',
            "no limit": 'del container["resources"]["limits"]',
            "the user left to the image": 'del pod["securityContext"]["runAsUser"]',
            "root's group": 'del pod["securityContext"]["runAsGroup"]',
            "no place for scratch files": 'del pod["volumes"], container["volumeMounts"]',
            "some capabilities": 'container["securityContext"]["capabilities"]["drop"] = ["CHOWN"]',
            "a server that nobody reaches": 'container["env"].pop(1)',
            "no variables": 'del container["env"]',
            "a key to the cluster": 'del pod["automountServiceAccountToken"]',
            "all system calls": 'del pod["securityContext"]["seccompProfile"]',
            "nothing": "mended = {}",
            "a list": "mended = [mended]",
            "another selector": 'mended["spec"]["selector"]["matchLabels"]["app"] = ""',
        }.items()
    },
    "16.2": {
        "one machine": MAY.format(
            deploy="may['instance_count'] = 1; " + CREATE, described=DESCRIBE
        ),
        "another type": MAY.format(
            deploy="may['instance_type'] = 'ml.m5.large'; " + CREATE, described=DESCRIBE
        ),
        "what was asked for": MAY.format(deploy=CREATE, described="may"),
        "MLflow's own description": MAY.format(
            deploy=CREATE,
            described='{"status": client.get_deployment("loan-approval-may")["EndpointStatus"]}',
        ),
        "another name": MAY.format(
            deploy=CREATE.replace("-may", ""), described=DESCRIBE.replace("-may", "")
        ),
        "through the proxy": PROXY.format(before="")
        + textwrap.indent(MAY.format(deploy=CREATE, described=DESCRIBE), "    "),
        "an empty proxy": PROXY.format(before="os.environ['https_proxy'] = ''")
        + textwrap.indent(MAY.format(deploy=CREATE, described=DESCRIBE), "    "),
        "the other spelling taken away": PROXY.format(before="os.environ.pop('HTTPS_PROXY', None)")
        + textwrap.indent(MAY.format(deploy=CREATE, described=DESCRIBE), "    "),
    },
}
