"""What to paste, for each way of pushing; tests run every one of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from dashboard.addresses import address

# Where the builds keep the token; no line of ours holds it.
SECRET = "PASSLINE_TOKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """`where` says what file the `lines` go to; `lack` what must be set up first."""

    where: str
    lines: str
    lack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The project's id, and the origin of this site ("https://host")."""

    project: int
    site: str


def _curl(target: Target, run: str, branch: str, commit: str) -> str:
    # In a plain --form "@" and "<" begin a file's name, and ";" ends the value.
    return f"""\
curl --fail-with-body --silent --show-error \\
  --header "Authorization: Bearer ${SECRET}" \\
  --form file=@junit.xml --form-string project={target.project} \\
  --form-string run="{run}" \\
  --form-string branch="{branch}" \\
  --form-string commit="{commit}" \\
  {target.site}{address("api-intake-junit")}
"""


def _indented(lines: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in lines.splitlines())


def _github(target: Target) -> Snippet:
    curl = _curl(
        target,
        "$GITHUB_WORKFLOW $GITHUB_RUN_NUMBER",
        # Of a pull request the first is the branch, the second "7/merge".
        "${GITHUB_HEAD_REF:-$GITHUB_REF_NAME}",
        "$GITHUB_SHA",
    )
    lines = f"""\
      - name: Push results to Passline
        if: always()
        env:
          {SECRET}: ${{{{ secrets.{SECRET} }}}}
        run: |
{_indented(curl, 10)}"""
    return Snippet(
        where="A step behind the tests, in .github/workflows/*.yml; the token is a "
        "repository secret.",
        lines=lines,
    )


def _gitlab(target: Target) -> Snippet:
    curl = _curl(
        target,
        # Parts of one job are called "test 1/3" and are parts of one run.
        "${CI_JOB_NAME% [0-9]*/[0-9]*} $CI_PIPELINE_IID",
        "$CI_COMMIT_REF_NAME",
        "$CI_COMMIT_SHA",
    )
    lines = f"""\
  after_script:
    - |
{_indented(curl, 6)}"""
    return Snippet(
        where="In the job that runs the tests, in .gitlab-ci.yml; the token is a masked "
        "variable.",
        lines=lines,
    )


def _jenkins(target: Target) -> Snippet:
    # The first two are a multibranch pipeline's, the last one is any other's.
    branch = "${CHANGE_BRANCH:-${BRANCH_NAME:-${GIT_BRANCH#origin/}}}"
    curl = _curl(target, "$JOB_NAME $BUILD_NUMBER", branch, "$GIT_COMMIT")
    lines = f"""\
    post {{
        always {{
            withCredentials([string(credentialsId: 'passline', variable: '{SECRET}')]) {{
                sh '''
{_indented(curl.replace(chr(92), chr(92) * 2), 18)}                '''
            }}
        }}
    }}
"""
    return Snippet(
        where="Behind the stages of the pipeline, in the Jenkinsfile; the token is a "
        "secret text called passline.",
        lines=lines,
    )


def _testmo(target: Target) -> Snippet:
    host = settings.INTAKE_TESTMO_HOST
    lines = f"""\
export TESTMO_TOKEN="${SECRET}"
npx --yes @testmo/testmo-cli automation:run:submit \\
  --instance https://{host or "HOST"} --project-id {target.project} \\
  --name "Nightly" --source "backend" --results junit.xml
"""
    return Snippet(
        where="In a shell, or a step of a build.",
        lines=lines,
        lack=""
        if host
        else "Testmo's client keeps nothing but the host of an address: give Passline one "
        "for it (INTAKE_TESTMO_HOST) that answers to HTTPS.",
    )


def _testomatio(target: Target) -> Snippet:
    host = settings.INTAKE_TESTOMATIO_HOST
    scheme = target.site.partition("://")[0]
    lines = f"""\
export TESTOMATIO="${SECRET}" TESTOMATIO_URL="{scheme}://{host or "HOST"}"
npx --yes --package @testomatio/reporter report-xml "junit.xml"
"""
    return Snippet(
        where="In a shell, or a step of a build; live reporters take the same two "
        "variables.",
        lines=lines,
        lack=""
        if host
        else "Testomat.io's reporter keeps nothing but the host of an address: give "
        "Passline one for it (INTAKE_TESTOMATIO_HOST).",
    )


def _plain(target: Target) -> Snippet:
    curl = _curl(target, "Nightly", "main", "$(git rev-parse HEAD)")
    return Snippet(where="In any shell. CTRF goes to …/intake/ctrf/.", lines=curl)


WAYS = {
    "github": ("GitHub Actions", _github),
    "gitlab": ("GitLab CI", _gitlab),
    "jenkins": ("Jenkins", _jenkins),
    "testmo": ("Testmo CLI", _testmo),
    "testomatio": ("Testomat.io reporter", _testomatio),
    "curl": ("curl", _plain),
}
