"""What deploys: the same commands as the tests run, no secret in any file, and stops that leave time to finish."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.utils import canonicalize_name
from temporalio.envconfig import ClientConfig
from temporalio.service import TLSConfig

from runtime.embedded.processes import ROOT
from runtime.settings import Settings, variable

COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
KUBERNETES = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
EXAMPLE = ROOT / "deploy" / ".env.example"
STUBS = ("registries", "emaket", "body", "bank", "smsc")


def _compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return found


def _manifests() -> list[dict[str, Any]]:
    return [document for path in KUBERNETES for document in yaml.safe_load_all(path.read_text())]


def _ours() -> dict[str, dict[str, Any]]:
    return {
        name: service
        for name, service in _compose()["services"].items()
        if service["image"].startswith(("demeu:", "demeu-stubs:"))
    }


def _containers() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """By component: the pod and its one container."""
    pods = {
        manifest["metadata"]["labels"]["app.kubernetes.io/component"]: manifest["spec"]["template"]["spec"]
        for manifest in _manifests()
        if manifest["kind"] in {"Deployment", "Job"}
    }
    return {component: (pod, pod["containers"][0]) for component, pod in pods.items()}


def _commands() -> dict[str, list[str]]:
    compose = {f"compose {name}": service["command"] for name, service in _ours().items()}
    pods = {f"kubernetes {name}": container["command"] for name, (_, container) in _containers().items()}
    default = re.findall(r"^CMD (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    return {**compose, **pods, "image": yaml.safe_load(default[-1])}


def _program(command: list[str]) -> Path | None:
    assert command[0] == "python"
    if command[1] == "-m":
        for module in (f"{command[2]}.__main__", command[2]):
            try:
                spec = importlib.util.find_spec(module)
            except ModuleNotFoundError:
                continue
            if spec is not None and spec.origin is not None and not spec.origin.endswith("__init__.py"):
                return Path(spec.origin)
        return None
    return ROOT / command[1]


@pytest.mark.parametrize(("place", "command"), _commands().items())
def test_every_command_is_a_program_of_ours(place: str, command: list[str]) -> None:
    program = _program(command)
    assert program is not None, f"{place}: no such module: {command}"
    assert program.exists(), f"{place}: no such file: {command}"
    assert program.is_relative_to(ROOT)
    assert "__main__" in program.read_text() or program.name == "__main__.py"


def test_every_part_is_deployed() -> None:
    assert {"migrate", "gateway", "worker", *STUBS} == set(_ours())
    assert set(_containers()) == {"migrate", "gateway", "worker"}


def test_stubs_are_a_profile_with_names_that_exist() -> None:
    for name in STUBS:
        service = _ours()[name]
        assert service["profiles"] == ["stubs"]
        assert service["command"][2:4] == ["stubs", name]
    known = subprocess.run(
        [sys.executable, "-c", "import stubs; print(*stubs.NAMES)"], cwd=ROOT, capture_output=True, text=True
    )
    assert sorted(known.stdout.split()) == sorted(STUBS)


DEVELOPMENT = {"tests", "bench", "stubs", "demo"}


def _context(ignore: Path) -> tuple[set[str], set[str]]:
    """What of the checkout an image is built from, and what of that is left out."""
    lines = [line for line in ignore.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    left_out = {line for line in lines[1:] if not line.startswith(("!", "**/"))}
    return {line[1:] for line in lines if line.startswith("!")}, left_out


def _image(folder: Path, ignore: Path) -> Path:
    """The checkout as the image holds it."""
    allowed, left_out = _context(ignore)
    for name in allowed:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for name in left_out:
        shutil.rmtree(folder / name)
    return folder


LACKS = """
import importlib, importlib.abc, sys

class Lacks(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in LACKING:
            raise ModuleNotFoundError(f"the image has no {name}", name=name)

LACKING = set(sys.argv[1].split(","))
sys.meta_path.insert(0, Lacks())
sys.path.insert(0, ".")
for module in sys.argv[2:]:
    importlib.import_module(module)
    print(module)
"""
"""Imports modules where the packages that a requirements file doesn't name are not installed."""


def _imports(image: Path, lacking: set[str], modules: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LACKS, ",".join(lacking), *modules]
    return subprocess.run(command, cwd=image, capture_output=True, text=True)


def _packages(*requirements: str) -> set[str]:
    """What can be imported of what these files name."""
    names = {
        re.split(r"[\[=]", line)[0]
        for file in requirements
        for line in (ROOT / file).read_text().splitlines()
        if line and not line.startswith(("#", "-r "))
    }
    normal = {canonicalize_name(name) for name in names}
    found = packages_distributions().items()
    return {name for name, of in found if {canonicalize_name(one) for one in of} & normal}


def test_the_image_holds_what_production_needs_and_nothing_of_development() -> None:
    allowed, left_out = _context(ROOT / ".dockerignore")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - DEVELOPMENT
    assert packages | {"worker.py", "starter.py", "requirements.txt"} == allowed
    assert left_out == {"runtime/embedded"}
    installed = re.findall(r"requirements[\w-]*\.txt", DOCKERFILE.read_text())
    assert set(installed) == {"requirements.txt"}


def test_production_starts_without_what_only_development_has(tmp_path: Path) -> None:
    lacking = _packages("requirements-stubs.txt", "requirements-dev.txt", "requirements-schemas.txt")
    lacking -= _packages("requirements.txt")
    assert {"smpp34", "pytest"} <= lacking
    image = _image(tmp_path, ROOT / ".dockerignore")
    programs = ["worker", "gateway.__main__", "runtime.migrate", "starter", "workflows", "activities"]
    done = _imports(image, lacking, programs)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == programs
    helped = subprocess.run([sys.executable, "starter.py", "--help"], cwd=image, capture_output=True, text=True)
    assert helped.returncode == 0
    assert " demo " not in helped.stdout
    assert " reconcile " in helped.stdout


def test_the_stubs_are_an_image_of_their_own(tmp_path: Path) -> None:
    file = ROOT / "deploy" / "Dockerfile.stubs"
    image = _image(tmp_path, file.with_name("Dockerfile.stubs.dockerignore"))
    assert re.search(r"^USER 10001", file.read_text(), re.MULTILINE)
    assert {path.name for path in image.iterdir()} == {"stubs", "requirements.txt", "requirements-stubs.txt"}
    lacking = _packages("requirements-dev.txt", "requirements-schemas.txt")
    lacking -= _packages("requirements.txt", "requirements-stubs.txt")
    done = _imports(image, lacking, ["stubs.serve", "stubs.smsc", "stubs.__main__"])
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_process_is_root() -> None:
    assert re.search(r"^USER 10001", DOCKERFILE.read_text(), re.MULTILINE)
    for pod, container in _containers().values():
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False


def _secret(name: str) -> bool:
    return bool(re.search(r"PASSWORD|PWD|TOKEN|SECRET|CODEC_KEYS|DATABASE_URL", name)) and "ORIGIN" not in name


def test_no_secret_is_in_a_file() -> None:
    for name, service in _compose()["services"].items():
        for key, value in service.get("environment", {}).items():
            if _secret(key):
                assert "${" in value, f"compose {name}: {key} has a value"
                assert ":?" in value, f"compose {name}: {key} may be empty"
                assert ":-" not in value, f"compose {name}: {key} has a default"
    for manifest in _manifests():
        assert manifest["kind"] != "Secret"
        assert not [key for key in manifest.get("data", {}) if _secret(key)]
    example = dict(line.split("=", 1) for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#"))
    assert set(example.values()) == {""}


def test_every_variable_is_asked_for_and_known() -> None:
    text = COMPOSE.read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    example = set(re.findall(r"^(\w+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert required == example
    known = {variable(field) for field in Settings.model_fields}
    given = {key for service in _ours().values() for key in service.get("environment", {})}
    settings = next(manifest for manifest in _manifests() if manifest["kind"] == "ConfigMap")["data"]
    dockerfile = set(re.findall(r"\b(DEMEU_\w+)=", DOCKERFILE.read_text()))
    ours = {key for key in given | set(settings) | dockerfile if key.startswith("DEMEU_")}
    assert ours <= known


def test_workers_have_time_to_finish() -> None:
    seconds = Settings.model_fields["worker_shutdown_seconds"].default
    pod, container = _containers()["worker"]
    assert pod["terminationGracePeriodSeconds"] > seconds + 5
    assert int(_ours()["worker"]["stop_grace_period"].rstrip("s")) > seconds + 5
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_everything_that_serves_has_a_health_check() -> None:
    for name, service in _compose()["services"].items():
        once = service.get("restart") == "on-failure"
        assert once or name == "web-ui" or "healthcheck" in service, name


def test_services_wait_for_services_that_exist() -> None:
    services = _compose()["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)


def test_kustomization_names_every_manifest() -> None:
    kustomization = next(manifest for manifest in _manifests() if manifest["kind"] == "Kustomization")
    assert sorted(kustomization["resources"]) == [path.name for path in KUBERNETES if path.name != "kustomization.yaml"]
    selected = [manifest["spec"]["selector"] for manifest in _manifests() if manifest["kind"] == "Service"]
    pods = [m["spec"]["template"]["metadata"]["labels"] for m in _manifests() if m["kind"] == "Deployment"]
    assert all(selector in pods for selector in selected)


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").rglob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_valid_and_executable(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    shell = script.read_text().splitlines()[0].removeprefix("#!")
    assert subprocess.run([shell, "-n", str(script)], capture_output=True).returncode == 0


def test_nobody_outside_reaches_temporal_or_the_database() -> None:
    compose = _compose()
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("temporal", "postgres"):
        service = compose["services"][name]
        assert service["networks"] == ["inside"]
        assert "ports" not in service
    published = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_our_programs_reach_both_in_compose() -> None:
    services = _compose()["services"]
    for name in ("gateway", "worker", "migrate", "web-ui", "temporal-schema", "temporal-namespace"):
        assert "inside" in services[name]["networks"], name
    for name in STUBS:
        assert "inside" not in services[name].get("networks", ["default"])
        assert "default" in services["worker"]["networks"]


def test_in_kubernetes_each_program_shows_temporal_a_certificate(tmp_path: Path) -> None:
    settings = next(manifest for manifest in _manifests() if manifest["kind"] == "ConfigMap")["data"]
    paths = {key: value for key, value in settings.items() if key.startswith("TEMPORAL_TLS_")}
    assert len(paths) == 3
    for component, (pod, container) in _containers().items():
        [mount] = container["volumeMounts"]
        assert all(path.startswith(f"{mount['mountPath']}/") for path in paths.values()), component
        assert pod["volumes"][0]["secret"]["secretName"] == "demeu-temporal-tls"
    here = {key: str(tmp_path / Path(path).name) for key, path in paths.items()}
    for path in here.values():
        Path(path).write_text(f"what is in {Path(path).name}")
    read = ClientConfig.load_client_connect_config(disable_file=True, override_env_vars=here)["tls"]
    assert read == TLSConfig(
        server_root_ca_cert=b"what is in ca.crt",
        client_cert=b"what is in tls.crt",
        client_private_key=b"what is in tls.key",
    )


def test_policies_name_pods_that_exist_and_ports_that_are_open() -> None:
    policies = {m["metadata"]["name"]: m["spec"] for m in _manifests() if m["kind"] == "NetworkPolicy"}
    assert set(policies) == {"demeu-worker", "demeu-gateway", "demeu-migrate", "demeu-temporal-frontend"}
    assert all(set(policies[f"demeu-{name}"]["policyTypes"]) == {"Ingress", "Egress"} for name in _containers())
    for component in ("worker", "gateway"):
        spec = policies[f"demeu-{component}"]
        [pod] = [
            m["spec"]["template"]
            for m in _manifests()
            if m["kind"] == "Deployment" and m["metadata"]["name"] == f"demeu-{component}"
        ]
        assert spec["podSelector"]["matchLabels"] == pod["metadata"]["labels"]
        open_ports = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
        assert {port["port"] for rule in spec["ingress"] for port in rule["ports"]} <= open_ports
