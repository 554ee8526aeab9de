"""The manifest of Kubernetes: by its schema, and by what Passline really runs."""

from __future__ import annotations

import re
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.urls import resolve

from dashboard.embedded import processes
from tests.services import ROOT

KUBERNETES = ("1.30", "1.37")
FOLDER = ROOT / "docs" / "kubernetes"
ITEMS = yaml.safe_load((FOLDER / "passline.yaml").read_text())["items"]
SERVERS = ("web", "worker", "courier", "beat")


def named(kind: str, name: str = "passline") -> dict[str, Any]:
    (found,) = (
        one for one in ITEMS if (one["kind"], one["metadata"]["name"]) == (kind, name)
    )
    return found


def pods() -> dict[str, dict[str, Any]]:
    """What runs, by its part."""
    with_pods = [one for one in ITEMS if "template" in one.get("spec", {})]
    return {one["metadata"]["labels"]["part"]: one["spec"] for one in with_pods}


def containers(part: str) -> list[dict[str, Any]]:
    pod = pods()[part]["template"]["spec"]
    return [*pod.get("initContainers", []), *pod["containers"]]


def server(part: str) -> dict[str, Any]:
    (found,) = pods()[part]["template"]["spec"]["containers"]
    return found


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize(
    "item", ITEMS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}"
)
def test_each_object_is_one_of_kubernetes(item, version):
    kubernetes_validate.validate(item, version, strict=True)


def test_the_same_is_run_as_everywhere():
    assert set(pods()) == {"migrate", *SERVERS}
    told = {part: server(part)["command"] for part in pods()}
    assert told == {
        "migrate": ["python", "manage.py", "migrate", "--no-input"],
        "web": processes.web("0.0.0.0", 8000),
        "worker": processes.worker(2),
        "courier": processes.courier(),
        "beat": processes.beat(),
    }
    assert len({one["image"] for part in pods() for one in containers(part)}) == 1


def test_two_beats_never_run_at_once():
    beat = pods()["beat"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_no_secret_stands_in_it():
    assert not [one for one in ITEMS if one["kind"] == "Secret"]
    given = named("ConfigMap")["data"]
    assert not [name for name in given if re.search("KEY|PASSWORD|SECRET|URL", name)]
    settings = (ROOT / "docs" / "settings.md").read_text()
    assert [name for name in given if f"\n## {name}\n" not in settings] == []
    for part in pods():
        for one in containers(part):
            assert "env" not in one
            assert one["envFrom"][1] == {"secretRef": {"name": "passline"}}


@pytest.mark.parametrize("part", ["migrate", *SERVERS])
def test_a_container_may_do_no_more_than_it_needs(part):
    pod = pods()[part]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert all("sizeLimit" in volume["emptyDir"] for volume in volumes.values())
    for one in containers(part):
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in one["resources"]["limits"]
        paths = {mount["mountPath"] for mount in one["volumeMounts"]}
        assert {"/tmp", "/data"} <= paths
        assert {mount["name"] for mount in one["volumeMounts"]} <= set(volumes)


def test_what_is_uploaded_lies_on_no_memory():
    image = (ROOT / "Dockerfile").read_text()
    (folder,) = re.findall(r"TMPDIR=(\S+)", image)
    mounts = {one["mountPath"]: one["name"] for one in server("web")["volumeMounts"]}
    (volume,) = (
        one
        for one in pods()["web"]["template"]["spec"]["volumes"]
        if one["name"] == mounts[folder]
    )
    assert "medium" not in volume["emptyDir"]


def test_probes_ask_for_what_is_answered():
    web = server("web")
    assert web["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"
    for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert resolve(web[kind]["httpGet"]["path"])
    for part in SERVERS[1:]:
        asked = server(part)["livenessProbe"]["exec"]["command"]
        assert asked == ["python", "-m", "dashboard.heartbeats", part]


def test_what_leads_to_pods_finds_them():
    web = pods()["web"]["template"]["metadata"]["labels"]
    for item in (named("Service"), named("PodDisruptionBudget", "passline-web")):
        chosen = item["spec"]["selector"]
        assert chosen.get("matchLabels", chosen).items() <= web.items()
    for part in SERVERS:
        spec = pods()[part]
        labels = spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"].items() <= labels.items()
