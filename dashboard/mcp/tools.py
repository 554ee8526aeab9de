"""The tools: what each is for, what it takes, what of the API answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dashboard import lists
from dashboard.api import compare, flaky, metrics, milestones
from dashboard.api.schema_parameters import choice
from dashboard.filters import Accepts
from dashboard.mcp.calls import (
    EXPLAINED,
    Call,
    Page,
    call,
    explained_page,
    explanation,
    failing_page,
    one_page,
    one_result,
    page,
    progress,
    results,
    results_page,
    run_with_failures,
    search_hits,
    slow_page,
)
from dashboard.mcp.inputs import ABOUT, PAGING, JsonSchema, Query, ids, inputs, words
from dashboard.mcp.shortened import OF_A_LIST, OF_ONE_OBJECT, Bounds
from dashboard.metrics.pass_rate import BUCKETS, BYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`calls` and `page` are told the arguments as a query."""

    name: str
    title: str
    description: str
    calls: Callable[[Query], tuple[Call, ...]]
    page: Callable[[Query], Page]
    takes: Mapping[str, JsonSchema]
    required: tuple[str, ...] = ()
    bounds: tuple[Bounds, ...] = field(default=OF_A_LIST)

    @property
    def input_schema(self) -> JsonSchema:
        return {
            "type": "object",
            "properties": dict(self.takes),
            "required": list(self.required),
            "additionalProperties": False,
        }


_METRIC = metrics.ACCEPTS
_RUN = "Id of a run, from list_runs."

TOOLS = (
    Tool(
        name="list_connections",
        title="Connected tools",
        description="The test-management tools that results come from, and how fresh and "
        "healthy each connection is. Ask this first when a number looks old.",
        calls=call("api-connections"),
        page=page("sync"),
        takes=inputs(lists.CONNECTIONS.accepts, ("tool", *PAGING)),
    ),
    Tool(
        name="list_projects",
        title="Projects",
        description="Projects that the token may see, with ids for the argument `project` "
        "of the other tools.",
        calls=call("api-projects"),
        page=page("overview"),
        takes=inputs(
            lists.PROJECTS.accepts,
            ("connection", "tool", "q", "as_of", "sort", *PAGING),
        ),
    ),
    Tool(
        name="list_runs",
        title="Test runs",
        description="Test runs, newest first, with status, counts by outcome, branch, "
        "commit, configuration and duration.",
        calls=call("api-runs"),
        page=page("runs"),
        takes=inputs(lists.RUNS.accepts, (*ABOUT, "q", "status", "sort", *PAGING)),
    ),
    Tool(
        name="get_run",
        title="One run with its failures",
        description="One run with its counts and its first failed results with their "
        "messages. list_results with `run` gives all of them.",
        calls=run_with_failures,
        page=one_page("run", "run"),
        takes=ids(run=_RUN) | inputs(lists.RUNS.accepts, ("as_of",)),
        required=("run",),
    ),
    Tool(
        name="list_results",
        title="Results of a run or of a test",
        description="Results of tests: of one run (`run`), of one test (`case`), or of all "
        "in a window. `final=1` gives those that metrics count, without earlier attempts.",
        calls=results,
        page=results_page,
        takes=ids(run=_RUN)
        | inputs(
            lists.RESULTS.accepts,
            ("case", *ABOUT, "q", "status", "latest", "final", "signature", "sort")
            + PAGING,
        ),
    ),
    Tool(
        name="get_result",
        title="One result",
        description="One result with its whole message, attempts, steps and what was "
        "pushed beside it.",
        calls=one_result,
        page=one_page("result", "result"),
        takes=ids(result="Id of a result, from list_results.")
        | inputs(lists.RESULTS.accepts, ("as_of",)),
        required=("result",),
        bounds=OF_ONE_OBJECT,
    ),
    Tool(
        name="list_tests",
        title="Tests",
        description="Tests by part of their name, folder or key (`q`), with ids for the "
        "argument `case` of list_results.",
        calls=call("api-cases"),
        page=page("cases"),
        takes=inputs(
            lists.CASES.accepts,
            (*ABOUT, "q", "status", "never_executed", "sort", *PAGING),
        ),
    ),
    Tool(
        name="list_milestones",
        title="Milestones",
        description="Milestones and releases with state and due date, and ids for "
        "milestone_progress.",
        calls=call("api-milestones"),
        page=page("milestones"),
        takes=inputs(
            lists.MILESTONES.accepts,
            ("project", "connection", "q", "as_of", "sort", *PAGING),
        ),
    ),
    Tool(
        name="milestone_progress",
        title="How far a milestone is",
        description="Distinct tests of a milestone by outcome, its burn-up by day, and a "
        "forecast: the days by which 10 to 95 % of simulated futures are done.",
        calls=progress,
        page=one_page("milestone", "milestone"),
        takes=ids(milestone="Id of a milestone, from list_milestones.")
        | inputs(
            milestones.ACCEPTS,
            ("project", "source", "configuration", "branch", "as_of"),
        ),
        required=("milestone",),
    ),
    Tool(
        name="summary",
        title="Key figures",
        description="Key figures of a window (30 days unless said) and of the one before: "
        "pass rate with its 95 % interval (`low`, `high`) and n, runs, results by outcome, "
        "failing now, flaky, time lost.",
        calls=call("api-metrics-summary"),
        page=page("overview"),
        takes=inputs(_METRIC, (*ABOUT, "q", "case")),
    ),
    Tool(
        name="pass_rate",
        title="Pass rate over time",
        description="The pass rate by day, week or run, as one series or one for each "
        "project, tool, configuration and so on. Every point has n and its 95 % interval.",
        calls=call("api-metrics-pass-rate"),
        page=page("overview"),
        takes=inputs(
            _METRIC,
            (*ABOUT, "q", "case", "bucket", "by"),
            (
                choice("bucket", BUCKETS),
                choice("by", ("none", *BYS[:-1])),
            ),
        ),
    ),
    Tool(
        name="standup",
        title="What changed lately",
        description="What began to fail, was fixed or became flaky in a window (the last "
        "day unless said), milestones at risk, and tools whose data is stale.",
        calls=call("api-metrics-standup"),
        page=page("standup"),
        takes=inputs(_METRIC, ABOUT),
    ),
    Tool(
        name="failing_tests",
        title="Tests that fail now",
        description="Tests whose newest result failed, by how long they have failed: since "
        "which run, the streak, and the last 30 outcomes (`strip`, oldest first).",
        calls=call("api-metrics-failing"),
        page=failing_page,
        takes=inputs(
            lists.FAILING.accepts, (*ABOUT, "q", "retired", *PAGING), metrics.DESCRIBED
        ),
    ),
    Tool(
        name="flaky_tests",
        title="Flaky tests",
        description="Tests that turn without a cause, by the lower bound of their flake "
        "rate; each with k of n, the interval, the evidence and the time lost.",
        calls=call("api-metrics-flaky"),
        page=page("flaky"),
        takes=inputs(
            lists.FLAKY.accepts,
            (*ABOUT, *(p.name for p in flaky.DESCRIBED), "sort", *PAGING),
            flaky.DESCRIBED,
        ),
    ),
    Tool(
        name="slow_tests",
        title="Slow tests",
        description="Tests by the median duration of their passed results, with the 95th "
        "percentile, n, and the median of the window before.",
        calls=call("api-metrics-slow"),
        page=slow_page,
        takes=inputs(lists.SLOW.accepts, (*ABOUT, "q", "sort", *PAGING)),
    ),
    Tool(
        name="failures_by_message",
        title="Failures grouped by message",
        description="Failures whose message is the same but for ids and numbers, most "
        "tests first. `signature` of a group chooses its results in list_results.",
        calls=call("api-metrics-failures"),
        page=page("failures"),
        takes=inputs(lists.FAILURES.accepts, (*ABOUT, "q", "message", "sort", *PAGING)),
    ),
    Tool(
        name="compare_runs",
        title="Two runs side by side",
        description="What became of each test from run `base` to run `head`: regressions, "
        "fixes and so on, and whether chance explains the difference (`mcnemar_p`).",
        calls=call("api-metrics-compare"),
        page=page("compare"),
        takes=ids(base=_RUN, head=_RUN)
        | inputs(compare.ACCEPTS, ("category", "as_of", *PAGING), (compare.CATEGORY,)),
        required=("base", "head"),
    ),
    Tool(
        name="explain_number",
        title="What a number was made of",
        description="The rows a metric used and left out, with the reason for each, what it "
        "is of (denominator) and where it is defined. Give the arguments that the number "
        "was asked with; `milestone` for milestone-progress, `base` and `head` for compare.",
        calls=explanation,
        page=explained_page,
        takes=words("metric", EXPLAINED, "The number to explain.")
        | ids(base=_RUN, head=_RUN)
        | inputs(lists.FAILURES.accepts, (*ABOUT, "q", "case", "message")),
        required=("metric",),
    ),
    Tool(
        name="search",
        title="Search",
        description="Projects, runs, tests and milestones whose name has a text, a few of "
        "each; `count` says how many there are.",
        calls=search_hits,
        page=page("search"),
        takes=inputs(Accepts(), ("q", "project", "as_of")),
        required=("q",),
    ),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
