"""The manifests for Kubernetes: valid by its own schema, apart in what each part may know, the database first."""

import base64
import re
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from runtime.embedded.processes import ROOT
from runtime.settings import Agency, Settings, load_settings, variable
from tests.runtime.test_deploy import _containers, _manifests

SCALED = ROOT / "deploy" / "kubernetes" / "keda"
ROLL_OUT = ROOT / "deploy" / "kubernetes" / "roll-out.sh"
SECRETS = ROOT / "deploy" / "kubernetes" / "secrets"


def _of_kind(kind: str) -> list[dict[str, Any]]:
    return [manifest for manifest in _manifests() if manifest["kind"] == kind]


@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_every_manifest_is_one_by_kubernetes_own_schema(version: str) -> None:
    for manifest in _manifests():
        if manifest["kind"] != "Kustomization":
            kubernetes_validate.validate(manifest, version, strict=True)


def test_a_drained_machine_takes_nobody_s_last_part_away() -> None:
    budgets = {budget["metadata"]["name"]: budget["spec"] for budget in _of_kind("PodDisruptionBudget")}
    for deployment in _of_kind("Deployment"):
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        assert budgets[name] == {"maxUnavailable": 1, "selector": spec["selector"]}
        assert spec["replicas"] >= 2
        assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        spread = spec["template"]["spec"]["topologySpreadConstraints"]
        assert [one["topologyKey"] for one in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        assert all(one["labelSelector"] == spec["selector"] for one in spread)


def test_only_what_is_signed_comes_in_from_outside_and_only_over_tls() -> None:
    [ingress] = _of_kind("Ingress")
    hosts = [rule["host"] for rule in ingress["spec"]["rules"]]
    assert [host for tls in ingress["spec"]["tls"] for host in tls["hosts"]] == hosts
    paths = [path["path"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert paths == ["/v1"]
    limits = ingress["metadata"]["annotations"]
    prefix = "nginx.ingress.kubernetes.io"
    assert limits[f"{prefix}/force-ssl-redirect"] == "true"
    assert (
        int(limits[f"{prefix}/proxy-body-size"].rstrip("k")) * 1024
        == Settings.model_fields["gateway_body_bytes"].default
    )
    assert float(limits[f"{prefix}/limit-rps"]) == Settings.model_fields["gateway_address_rate"].default
    settings = _of_kind("ConfigMap")[0]["data"]
    assert all(value.startswith("https://") for key, value in settings.items() if key.endswith("_URL"))


def test_each_part_has_the_secrets_that_it_needs_and_no_more() -> None:
    settings = _of_kind("ConfigMap")[0]["data"]
    given = {
        name: set(re.findall(r"^(\w+)=$", (SECRETS / f"{name}.env.example").read_text(), re.MULTILINE))
        for name in _containers()
    }
    keys = f"k1:{base64.b64encode(bytes(32)).decode()}"
    values = {"DEMEU_DATABASE_URL": "postgresql://demeu@db/demeu", "DEMEU_CODEC_KEYS": keys}
    values["DEMEU_GATEWAY_SECRETS"] = "smsc:a secret of sixteen"
    for name, (_, container) in _containers().items():
        assert container["envFrom"] == [{"configMapRef": {"name": "demeu"}}, {"secretRef": {"name": f"demeu-{name}"}}]
        assert given[name] <= {variable(field) for field in Settings.model_fields}
        read = load_settings(settings | {key: values.get(key, "secret") for key in given[name]})
        if name == "worker":
            assert all(read.agency(agency).token for agency in Agency)
        if name == "gateway":
            assert read.agency(Agency.REGISTRIES).token
            assert read.gateway_secrets
        if name != "migrate":
            assert read.smpp()
    assert "DEMEU_GATEWAY_SECRETS" not in given["worker"]
    assert not given["gateway"] & {"DEMEU_EMAKET_TOKEN", "DEMEU_BODY_TOKEN", "DEMEU_BANK_TOKEN"}
    assert [name for name in given if "DEMEU_DATABASE_ROLE" in given[name]] == ["migrate"], "the owner's alone"


def test_workers_are_scaled_by_the_backlog_of_their_queue() -> None:
    scaled, authentication = yaml.safe_load_all((SCALED / "scaled.yaml").read_text())
    settings = _of_kind("ConfigMap")[0]["data"]
    [trigger] = scaled["spec"]["triggers"]
    asked = trigger["metadata"]
    assert (trigger["type"], trigger["authenticationRef"]["name"]) == ("temporal", authentication["metadata"]["name"])
    assert asked["endpoint"] == settings["TEMPORAL_ADDRESS"]
    assert asked["namespace"] == settings["TEMPORAL_NAMESPACE"]
    assert asked["taskQueue"] == settings.get("DEMEU_TASK_QUEUE", Settings.model_fields["task_queue"].default)
    assert all(isinstance(value, str) for value in asked.values()), "KEDA reads texts alone"
    target = scaled["spec"]["scaleTargetRef"]["name"]
    [worker] = [one for one in _of_kind("Deployment") if one["metadata"]["name"] == target]
    assert scaled["spec"]["minReplicaCount"] >= worker["spec"]["replicas"]
    certificate = {one["key"] for one in authentication["spec"]["secretTargetRef"]}
    paths = {Path(value).name for key, value in settings.items() if key.startswith("TEMPORAL_TLS_")}
    assert certificate == paths
    overlay = yaml.safe_load((SCALED / "kustomization.yaml").read_text())
    assert overlay["resources"] == ["..", "scaled.yaml"]
    assert overlay["patches"][0]["target"]["name"] == worker["metadata"]["name"]


KUBECTL = """#!/bin/sh
echo "$@" >> calls
case "$*" in
    kustomize*) echo "image: demeu$DIGEST" ;;
    *"wait job"*) exit $MIGRATES ;;
    *apply*) cat > /dev/null ;;
esac
"""


@pytest.mark.parametrize(
    ("digest", "migrates", "applied"),
    [("@sha256:1", "0", 2), ("@sha256:1", "1", 1), (":latest", "0", 0)],
    ids=["all is well", "the migration fails", "a tag"],
)
def test_the_database_comes_first_and_nothing_without_it(
    tmp_path: Path, digest: str, migrates: str, applied: int
) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DIGEST": digest, "MIGRATES": migrates}
    done = subprocess.run([ROLL_OUT, "ours"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode == 0) == (applied == 2), done.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    applies = [call for call in calls if " apply " in call]
    assert len(applies) == applied
    if applied:
        assert " in (settings, migrate)" in applies[0]
        assert calls.index(applies[0]) < next(n for n, call in enumerate(calls) if " wait " in call)
        assert all("--namespace ours" in call for call in calls if not call.startswith("kustomize"))
    if applied == 2:
        assert " notin (settings, migrate)" in applies[1]
        rolled = [call.split()[-2] for call in calls if "rollout" in call]
        assert rolled == ["deployment/demeu-worker", "deployment/demeu-gateway"]


def test_every_manifest_is_found_by_the_selectors_that_roll_it_out() -> None:
    named = [manifest["metadata"] for manifest in _manifests() if manifest["kind"] != "Kustomization"]
    assert all("app.kubernetes.io/component" in metadata["labels"] for metadata in named)
