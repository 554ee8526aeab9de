"""Each operation of the schema says how it is called with curl and from Python."""

from __future__ import annotations

import ast
import re
import subprocess
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from dashboard.api.samples import ANYWHERE, METHODS, add_samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_redis")]


@pytest.fixture(autouse=True)
def _public(settings):
    settings.PUBLIC_READ = True


def sources(operation):
    return {one["label"]: one["source"] for one in operation["x-codeSamples"]}


def operations(schema):
    for path, methods in schema["paths"].items():
        for method in methods.keys() & METHODS:
            yield method, path, methods[method]


def python_call(source):
    """(method, url, params) of the one call to requests."""
    tree = ast.parse(source)
    (call,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("requests.")
    )
    options = {word.arg: word.value for word in call.keywords}
    assert ast.unparse(options["headers"]).count("os.environ['PASSLINE_TOKEN']") == 1
    params = ast.literal_eval(options["params"]) if "params" in options else {}
    return call.func.attr, ast.literal_eval(call.args[0]), params


def curl_call(source):
    """(method, url, params) of a command, as a shell hands them to curl."""
    script = f'curl() {{ printf "%s\\n" "$@"; }}\n{source}'
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env={"PASSLINE_TOKEN": "sesame"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    words = done.stdout.splitlines()
    assert words[-2:] == ["--header", "Authorization: Bearer sesame"]
    method = words[1].lower() if words[0] == "--request" else "get"
    (url,) = words[0 if method == "get" else 2 : -2]
    parts = urlsplit(url)
    bare = parts._replace(query="").geturl()
    return method, bare, dict(parse_qsl(parts.query))


def test_each_operation_has_both_and_they_call_it():
    schema = Client().get("/api/v1/schema/").json()
    found = list(operations(schema))
    assert len(found) >= 28
    for method, path, operation in found:
        both = sources(operation)
        assert set(both) == {"curl", "Python"}
        compile(both["Python"], path, "exec")
        called = python_call(both["Python"])
        assert called == curl_call(both["curl"])
        assert called[:2] == (
            method,
            f"http://testserver{re.sub(r'{[^}]+}', '1', path)}",
        )
        needed = {
            p["name"]
            for p in operation.get("parameters", ())
            if p["in"] == "query" and p.get("required")
        }
        assert needed <= set(called[2]), path


def test_a_starting_call_and_one_that_needs_two_runs_say_so():
    paths = Client().get("/api/v1/schema/").json()["paths"]
    start = sources(paths["/api/v1/connections/{id}/sync/"]["post"])
    assert start["curl"].startswith("curl --request POST http://testserver/")
    compare = sources(paths["/api/v1/metrics/compare/"]["get"])
    assert python_call(compare["Python"])[2] == {"base": "1", "head": "2"}


def test_samples_have_the_path_under_which_a_proxy_has_us(settings):
    settings.FORCE_SCRIPT_NAME = "/quality/passline"
    settings.ALLOWED_HOSTS = ["tests.example"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    schema = (
        Client(headers={"host": "tests.example", "x-forwarded-proto": "https"})
        .get("/api/v1/schema/")
        .json()
    )
    site = "https://tests.example/quality/passline"
    assert schema["servers"] == [{"url": site}]
    flaky = sources(schema["paths"]["/api/v1/metrics/flaky/"]["get"])
    assert python_call(flaky["Python"]) == (
        "get",
        f"{site}/api/v1/metrics/flaky/",
        {"window": "30d"},
    )
    assert curl_call(flaky["curl"]) == python_call(flaky["Python"])


def test_a_schema_without_a_request_names_an_example_of_a_site():
    number = {"schema": {"type": "integer"}, "required": True}
    operation = {
        "parameters": [{"name": "id", "in": "path", **number}],
        "responses": {"204": {"description": "It is gone."}},
    }
    paths = {"/api/v1/it/{id}/": {"delete": operation, "parameters": []}}
    schema = add_samples({"paths": paths}, None, generator=None, public=True)
    assert schema["servers"] == [{"url": ANYWHERE}]
    url = f"{ANYWHERE}/api/v1/it/1/"
    both = sources(operation)
    assert curl_call(both["curl"]) == python_call(both["Python"]) == ("delete", url, {})
    assert "response.json()" not in both["Python"]


def test_what_a_shell_or_python_would_run_is_only_a_text():
    evil = "'$(id)\"\\`id`"
    text = {"schema": {"type": "string"}, "required": True}
    operation = {
        "parameters": [{"name": evil, "in": "query", **text}],
        "responses": {"200": {"content": {}}},
    }
    add_samples({"paths": {"/a b/": {"get": operation}}}, None)
    both = sources(operation)
    assert curl_call(both["curl"])[2] == {evil: evil}
    assert python_call(both["Python"])[2] == {evil: evil}
