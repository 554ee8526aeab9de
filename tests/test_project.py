"""The project as a whole: it starts, and its parts agree with each other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import redis
import yaml
from django.core.management import call_command, get_commands
from django.db import connection
from django.templatetags.static import static
from django.test import Client

from dashboard.embedded import assets, processes, valkey
from tests import sharing
from tests.services import ROOT, free_port, wait_for

SETTINGS_SOURCE = (ROOT / "dashboard" / "settings.py").read_text()


@pytest.mark.django_db
def test_the_tests_run_on_postgresql_18_with_unicode_case_folding():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), 'Ä' ILIKE 'ä'")
        version, folds = cursor.fetchone()
    assert version.startswith("18")
    assert folds


def test_the_health_check_answers_with_strict_headers():
    response = Client().get("/healthz")
    assert response.json() == {"status": "ok"}
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "lb.internal", "a_b", "", "["])
def test_the_health_check_answers_whatever_host_it_is_asked_under(host):
    response = Client().get("/healthz", headers={"Host": host})
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert host not in response.content.decode() or not host
    assert Client().get("/login/", headers={"Host": "lb.internal"}).status_code == 400


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_django_finds_nothing_to_complain_about():
    call_command("check", "--fail-level=WARNING")


@pytest.mark.parametrize(
    "command", ["serve", "demo", "connect", "sync", "doctor", "backup", "restore"]
)
def test_each_command_of_the_interface_explains_itself(command):
    assert command in get_commands()


def test_every_setting_has_its_heading_in_the_documentation():
    names = set(
        re.findall(
            r'\b(?:env\.str|boolean|positive|words|pairs|servers|secret|script_name|token|one_of)\(\s*"(\w+)"',
            SETTINGS_SOURCE,
        )
    )
    text = (ROOT / "docs" / "settings.md").read_text()
    headings = set(re.findall(r"^## (\w+)$", text, re.MULTILINE))
    assert len(names) > 10
    assert names <= headings
    assert headings - names == {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}


def test_the_example_of_an_env_file_names_only_documented_settings():
    text = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE))
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert named
    assert all(f"## {name}\n" in documented for name in named)


REQUIREMENTS = ("requirements", "requirements-dev", "requirements-node")


def direct(name: str) -> list[str]:
    lines = (ROOT / f"{name}.in").read_text().splitlines()
    return [line for line in lines if line and line[0] not in "#-"]


def installed(name: str) -> dict[str, tuple[str, str]]:
    """The version and the hashes of all that is installed, by its name."""
    text = (ROOT / f"{name}.txt").read_text()
    found = re.findall(
        r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)[^\\\n]*"
        r"((?:\\\n +--hash=sha256:[0-9a-f]{64} ?)+)",
        text,
        re.MULTILINE,
    )
    # Nothing stands there that was not understood: no other option, no address.
    rest = [line for line in text.splitlines() if line[:1] not in {"#", " ", ""}]
    assert len(found) == len(rest)
    return {key.lower(): (version, hashes) for key, version, hashes in found}


def test_every_requirement_is_pinned_and_says_what_it_is_for():
    for name in REQUIREMENTS[:2]:
        pins = direct(name)
        assert pins
        assert [p for p in pins if not re.match(r"\S+==\S+ +# .+", p)] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_direct_requirement_is_installed_by_its_hashes(name):
    pins = [re.match(r"([\w.-]+)(?:\[\w+\])?==(\S+)", p) for p in direct(name)]
    wanted = {pin[1].lower(): pin[2] for pin in pins if pin}
    given = {key: version for key, (version, _) in installed(name).items()}
    assert wanted
    assert wanted.items() <= given.items(), "run make pins"


def test_what_is_tested_is_what_runs():
    assert installed("requirements").items() <= installed("requirements-dev").items()


def test_no_requirement_names_a_registry():
    for name in REQUIREMENTS:
        for ending in ("in", "txt"):
            text = (ROOT / f"{name}.{ending}").read_text()
            assert not re.search(r"://|--(extra-)?index|--find-links", text)


def test_nothing_is_installed_without_its_hash():
    for name in ("Makefile", "Dockerfile"):
        text = (ROOT / name).read_text().replace("\\\n", " ")
        lines = re.findall(r".*pip install.*", text)
        assert lines
        assert [line for line in lines if "--require-hashes" not in line] == []


def test_the_lock_file_of_the_front_end_names_no_registry():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert all("integrity" in p for name, p in packages.items() if name)


def test_the_lock_file_brings_what_is_served_and_nothing_that_this_needs_elsewhere():
    package = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    asked = package["dependencies"] | package["devDependencies"]
    brought = {
        one.get("name", path.removeprefix("node_modules/"))
        for path, one in locked.items()
        if path
    }
    assert brought == {*asked, "@favware/skip-dependency"}


def test_every_third_party_file_is_there_and_served_under_a_hashed_name(static_files):
    manifest = json.loads((static_files / "staticfiles.json").read_text())["paths"]
    for name in assets.FILES:
        hashed = manifest[f"vendor/{name}"]
        assert re.search(r"\.[0-9a-f]{12}\.", hashed)
        assert (static_files / hashed).is_file()


@pytest.mark.django_db
def test_a_hashed_script_is_sent_compressed_and_kept_by_browsers(static_files):
    hashed = static("vendor/htmx.min.js")
    response = Client().get(hashed, headers={"accept-encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert "immutable" in response.headers["Cache-Control"]
    response.close()


# --- Make, Docker and Compose ---------------------------------------------------


def test_make_alone_lists_the_targets():
    done = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True
    )
    targets = re.findall(r"^  make (\w+) ", done.stdout, re.MULTILINE)
    assert targets == ["help", "demo", "up", "test", "lint", "audit", "bench", "pins"]


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


OURS = ("web", "worker", "courier", "beat")


def test_compose_starts_its_services_and_migrates_before_them():
    services = compose()["services"]
    assert set(services) == {"postgres", "redis", "migrate", *OURS}
    for name in OURS:
        assert (
            services[name]["depends_on"]["migrate"]["condition"]
            == "service_completed_successfully"
        )


def test_nothing_in_compose_runs_as_root_and_every_server_has_a_health_check():
    services = compose()["services"]
    assert all(s["user"] not in {"root", "0"} for s in services.values())
    assert [n for n, s in services.items() if "healthcheck" not in s] == ["migrate"]


@pytest.mark.parametrize("name", sorted(compose()["services"]))
def test_a_container_may_do_no_more_than_it_needs(name):
    service = compose()["services"][name]
    assert service["cap_drop"] == ["ALL"]
    assert not {"cap_add", "privileged", "devices", "network_mode"} & set(service)
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert {path.partition(":")[0] for path in service["tmpfs"]} >= {"/tmp"}
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])


def test_images_of_others_are_pinned_to_a_minor_version():
    services = compose()["services"].values()
    used = [s["image"] for s in services if s["image"] != "passline"]
    used += [rest.split()[0] for word, rest in docker_instructions() if word == "FROM"]
    assert len(used) == 4
    assert [
        i for i in used if not re.fullmatch(r"\w+:\d+\.\d+(\.\d+)?(-slim)?", i)
    ] == []


def test_the_redis_of_compose_asks_for_its_password(tmp_path):
    service = compose()["services"]["redis"]
    assert service["environment"] == {
        "REDISCLI_AUTH": "${REDIS_PASSWORD:?set it in .env}"
    }
    url = compose()["services"]["web"]["environment"]["REDIS_URL"]
    assert url == "redis://:${REDIS_PASSWORD:?set it in .env}@redis:6379/0"
    # As the container runs it, but for its folders and the port.
    port, (shell, flag, script) = free_port(), service["command"]
    script = script.replace("$$", "$").replace("/data", f"{tmp_path} --port {port}")
    script = script.replace("/tmp/redis.conf", str(tmp_path / "redis.conf"))
    script = script.replace("redis-server", str(valkey.binary()))
    with subprocess.Popen(
        [shell, flag, script],
        env=os.environ | {"REDISCLI_AUTH": "abc123"},
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            known = redis.Redis(port=port, password="abc123")
            wait_for(lambda: answers(known), "the Redis")
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(port=port).ping()
            # As the embedded one does.
            name = "maxmemory-policy"
            assert known.config_get(name)[name] == valkey.SETTINGS[name]
        finally:
            process.terminate()
    assert (tmp_path / "redis.conf").stat().st_mode & 0o777 == 0o600


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def test_compose_keeps_data_in_named_volumes():
    document = compose()
    used = {
        volume.partition(":")[0]
        for service in document["services"].values()
        for volume in service.get("volumes", [])
    }
    assert used == set(document["volumes"])


def test_what_is_uploaded_lies_on_a_volume_and_not_in_memory():
    told = " ".join(rest for _, rest in docker_instructions())
    folder = re.search(r"TMPDIR=(\S+)", told)[1]
    web = compose()["services"]["web"]
    mounted = {volume.partition(":")[2] for volume in web["volumes"]}
    assert {folder, "/data"} <= mounted
    assert not any(path.startswith(f"{folder}:") for path in web["tmpfs"])
    # A new volume takes its owner from the image.
    assert re.search(rf"install [^&]*--owner=passline [^&]*{folder}\b", told)


def test_compose_passes_on_every_setting_that_it_does_not_decide():
    given = set(compose()["services"]["web"]["environment"])
    text = (ROOT / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"^## (\w+)$", text, re.MULTILINE))
    in_image = {"DATA_DIR", "STATIC_ROOT", "WEB_CONCURRENCY"}
    # Told under that of the endpoint, and read by the library itself.
    of_traces = {f"OTEL_TRACES_SAMPLER{rest}" for rest in ("", "_ARG")}
    of_traces.add("OTEL_EXPORTER_OTLP_HEADERS")
    own = documented - in_image - {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    assert given == own | of_traces


def test_compose_runs_the_same_commands_as_serve():
    services = compose()["services"]
    assert services["web"]["command"] == processes.web("0.0.0.0", 8000)
    assert services["worker"]["command"] == processes.worker(2)
    assert services["courier"]["command"] == processes.courier()
    assert services["beat"]["command"] == processes.beat()


@pytest.mark.parametrize("service", [*OURS, "migrate"])
def test_the_program_of_each_service_is_installed(service):
    program, *words = compose()["services"][service]["command"]
    path = Path(sys.executable).with_name(program)
    assert path.is_file(), program
    if service != "migrate":
        called = [str(path), *words[: 3 if service != "web" else 0], "--help"]
        done = subprocess.run(called, cwd=ROOT, capture_output=True, env=os.environ)
        assert done.returncode == 0, done.stderr


def test_gunicorn_accepts_its_settings_and_the_application():
    words = processes.web("127.0.0.1", 0)[1:]
    command = [sys.executable, "-m", "gunicorn", "--check-config", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def docker_instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (x.partition(" ") for x in lines)]


def test_the_image_ends_as_an_ordinary_user_with_a_command_that_serves():
    instructions = docker_instructions()
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "CMD"}
    assert {word for word, _ in instructions} <= known
    assert [rest for word, rest in instructions if word == "USER"] == ["passline"]
    word, rest = instructions[-1]
    assert word == "CMD"
    assert json.loads(rest) == processes.web("0.0.0.0", 8000)


def test_what_the_image_copies_exists_and_is_not_kept_out_by_dockerignore():
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().split()
        if line[0] == "!"
    }
    copied = [
        name
        for word, rest in docker_instructions()
        if word == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
        if name != "."
    ]
    assert copied
    assert set(copied) <= allowed
    assert [name for name in allowed if not (ROOT / name).exists()] == []


def test_the_image_has_the_documents_that_the_program_shows():
    code = "".join(path.read_text() for path in (ROOT / "dashboard").rglob("*.py"))
    shown = set(re.findall(r'"docs" / "([\w.]+)"', code))
    assert shown == {"api.md", "metrics.md"}
    allowed = (ROOT / ".dockerignore").read_text().split()
    assert {f"!docs/{name}" for name in shown} <= set(allowed)


def test_the_continuous_integration_script_is_sound_and_asks_for_the_browser():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    done = subprocess.run([shutil.which("bash"), "-n", script], capture_output=True)
    assert done.returncode == 0
    assert "set -euo pipefail" in script.read_text()
    assert "REQUIRE_BROWSER=1 make test" in script.read_text()


def test_what_is_begun_first_is_there():
    assert [path for path in sharing.LONGEST if not (ROOT / path).exists()] == []
