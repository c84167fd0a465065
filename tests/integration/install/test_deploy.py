"""The files in `deploy/` are whole: units, image, compose file and manifests that ask of npo what there is."""

import configparser
import re
import shlex
from pathlib import Path

import pytest
import yaml

from npo_pipeline.cli.main import npo

DEPLOY = Path(__file__).parents[3] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service" and "failed" not in path.name]
PROTECTION = {
    "User": "npo",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "PrivateTmp": "yes",
    "SystemCallFilter": "@system-service",
}
CLOSED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def unit(path):
    parsed = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=")
    parsed.optionxform = str
    parsed.read_string(path.read_text(encoding="utf-8"))
    return parsed


def manifests(name):
    return list(yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text(encoding="utf-8")))


def is_understood(words):
    """Whether `npo` has a command and its options, as they are typed."""
    command = npo.commands.get(words[0])
    known = {option for one in command.params for option in one.opts} if command else set()
    return command is not None and {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_is_closed_and_starts_a_command_that_there_is(path):
    service = unit(path)["Service"]
    assert {name: service[name] for name in PROTECTION} == PROTECTION
    command = re.search(r"/opt/npo/bin/npo ([^']+)", service["ExecStart"])[1]
    assert is_understood(shlex.split(command.replace('"$(TZ=Europe/Amsterdam date +%%Y-%%m)"', "2021-09")))


def test_each_timer_has_its_service_and_catches_up():
    timers = [path for path in UNITS if path.suffix == ".timer"]
    assert {path.stem for path in timers} == {"npo-pay", "npo-backup", "npo-check"}
    for path in timers:
        assert path.with_suffix(".service") in SERVICES
        timer = unit(path)["Timer"]
        assert timer["OnCalendar"].endswith(" Europe/Amsterdam")
        assert timer["Persistent"] == "true"


def test_a_unit_that_fails_says_so_and_one_that_was_refused_is_not_tried_again():
    for path in SERVICES:
        assert unit(path)["Unit"]["OnFailure"] == "npo-failed@%n.service"
    for name in ("npo-pay", "npo-serve"):
        never = unit(DEPLOY / "systemd" / f"{name}.service")["Service"]["RestartPreventExitStatus"].split()
        assert {"2", "3"} <= set(never)
        assert "4" not in never


def test_the_image_is_of_a_user_without_rights_and_names_no_registry():
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").splitlines()
    assert [line.split()[1] for line in lines if line.startswith("FROM")] == ["${PYTHON_IMAGE}"] * 2
    assert "USER 10001:10001" in lines
    texts = [path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*") if path.is_file()]
    images = [
        one for text in texts for one in re.findall(r"(?:image: |PYTHON_IMAGE=)(\S+)", text) if one != "NAME"
    ]
    assert set(images) == {"npo:1.0.0", "python:3.13-slim"}


def test_server_and_worker_are_closed_and_only_the_own_machine_reaches_the_server():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"server", "worker"}
    for service in services.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
    assert services["server"]["ports"] == ["127.0.0.1:4200:4200"]
    assert "ports" not in services["worker"]
    assert "NPO_PREFECT_LOGIN:?" in services["server"]["environment"]["PREFECT_SERVER_API_AUTH_STRING"]
    assert is_understood(services["worker"]["command"])


def test_one_pod_serves_and_the_old_one_is_gone_before_the_new_one_starts():
    (deployment,) = (one for one in manifests("npo.yaml") if one["kind"] == "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert deployment["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_every_pod_is_closed_and_has_the_claims_that_are_there():
    of_kind = {}
    for one in manifests("npo.yaml"):
        of_kind.setdefault(one["kind"], []).append(one)
    claims = {one["metadata"]["name"] for one in of_kind["PersistentVolumeClaim"]}
    jobs = [one["spec"]["jobTemplate"]["spec"]["template"]["spec"] for one in of_kind["CronJob"]]
    pods = [of_kind["Deployment"][0]["spec"]["template"]["spec"], *jobs]
    for pod in pods:
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        (container,) = pod["containers"]
        assert container["securityContext"] == CLOSED
        assert {one["persistentVolumeClaim"]["claimName"] for one in pod["volumes"][:2]} == claims
        if "args" in container:
            assert is_understood(container["args"])
    stores = {
        one["spec"].get("storageClassName") for one in manifests("volume.yaml") if one["kind"] != "StorageClass"
    }
    assert {one["spec"]["storageClassName"] for one in of_kind["PersistentVolumeClaim"]} == stores
