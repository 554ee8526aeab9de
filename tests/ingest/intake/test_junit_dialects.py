"""JUnit XML as its writers spell it, where these are not run here: see also
tests/dashboard/intake/test_reporters.py.
"""

from __future__ import annotations

from ingest.contract import ResultRecord
from tests.ingest.intake.dialects import (
    DOTNET,
    GO,
    GO_OLDER,
    GRADLE,
    NUNIT,
    PHPUNIT,
    PLAYWRIGHT,
    SUREFIRE,
)
from tests.ingest.intake.reports import case, junit_of, outcomes, suite


def told(text: str) -> tuple[list[tuple[str, str]], list[ResultRecord]]:
    _, results = junit_of(text)
    return outcomes(results), results


def test_go() -> None:
    found, results = told(GO)
    assert found == [
        ("shop/cart::TestPays", "passed"),
        ("shop/cart::TestAdds", "failed"),
        ("shop/cart::TestAdds/one_and_two", "failed"),
        ("shop/cart::TestWaits", "skipped"),
        ("shop/cart::BenchmarkAdds", "passed"),
        ("shop/broken::[build failed]", "error"),
    ]
    # "Failed" says nothing, but where nothing else is said.
    assert [one.message for one in results[1:4]] == [
        "Failed",
        "    cart_test.go:11: got 3",
        "cart_test.go:20: later",
    ]
    assert results[5].message == "Build error\nbroken.go:3:7: undefined: x"
    assert [one.duration_ms for one in results] == [60, 20, 10, 0, 0, 0]
    assert {one.folder for one in results} == {"shop/cart", "shop/broken"}


def test_go_in_the_older_dialect_whose_class_is_the_end_of_the_package() -> None:
    report, results = junit_of(GO_OLDER)
    assert outcomes(results) == [
        ("shop/cart::TestAdds", "passed"),
        ("shop/cart::TestPays", "failed"),
        ("gift/cart::TestAdds", "passed"),
    ]
    assert {one.folder for one in results} == {"shop/cart", "gift/cart"}
    assert (
        results[1].message
        == "cart_test.go:11: no card\ncart_test.go:12: none\n\tat all"
    )
    (output,) = (
        one["value"] for one in report.part["fields"] if one["name"] == "Output"
    )
    assert output == "goos: linux\npkg: shop/cart\ngoos: linux\npkg: gift/cart"


def test_surefire() -> None:
    report, results = junit_of(SUREFIRE)
    assert (report.name, report.duration_ms) == ("com.shop.CartTest", 1204532)
    assert outcomes(results) == [
        ("com.shop.BrokenTest::com.shop.BrokenTest", "error"),
        ("com.shop.CartTest::pays", "failed"),
        ("com.shop.CartTest::pays", "error"),
        ("com.shop.CartTest::pays", "passed"),
        ("com.shop.CartTest::ships", "failed"),
        ("com.shop.CartTest::ships", "failed"),
        ("com.shop.CartTest::ships", "error"),
    ]
    assert [one.is_marked_retry for one in results] == [False] + [True] * 6
    assert [one.duration_ms for one in results[1:4]] == [300, None, 1204500]
    assert results[0].folder == "com.shop.BrokenTest"


def test_gradle() -> None:
    report, results = junit_of(GRADLE)
    assert (report.duration_ms, report.part["fields"][0]["value"]) == (500, "paid")
    assert outcomes(results) == [
        ("com.shop.CartTest::pays()", "passed"),
        ("com.shop.CartTest::adds(int) [1] 1", "skipped"),
    ]


def test_phpunit() -> None:
    found, results = told(PHPUNIT)
    assert found == [
        ("App.CartTest::testPays", "passed"),
        ("App.CartTest::testAdds with data set #0", "failed"),
        # The settings that it was run with are a file of one machine.
        ("Unit > App\\CartTest::Warning", "error"),
    ]
    assert results[0].details == {
        "file": "/builds/shop/CartTest.php",
        "line": 12,
        "assertions": 1,
    }
    assert results[2].message == 'No tests found in class "App\\Old".'


def test_dotnet_whose_texts_say_that_they_are_utf_16() -> None:
    found, results = told(DOTNET)
    assert found == [
        ("Shop.CartTests::Adds(a: 1, b: 2)", "passed"),
        ("Shop.CartTests::Fails", "failed"),
        ("Shop.CartTests::Waits", "skipped"),
    ]
    assert results[1].message.startswith("Assert.Equal() Failure")
    assert "CartTests.cs:line 12" in results[1].message
    assert results[2].message == "later"


def test_nunit() -> None:
    found, results = told(NUNIT)
    assert [status for _, status in found] == ["passed", "skipped", "skipped", "failed"]
    assert found[0][0] == "Shop.CartTests::Adds"
    assert results[0].duration_ms == 100


def test_a_test_is_one_for_each_project_of_playwright() -> None:
    found, results = told(PLAYWRIGHT)
    assert [key for key, _ in found] == [
        "chromium > cart.spec.ts::Cart › pays",
        "firefox > cart.spec.ts::Cart › pays",
        "cart.spec.ts::[firefox] Cart › ships",
    ]
    assert results[0].folder == "chromium > cart.spec.ts"


def test_a_host_is_no_part_of_a_test_elsewhere() -> None:
    _, results = junit_of(
        suite(case("pays"), hostname="agent7", name="cart.ts", id="1")
    )
    assert results[0].key == "shop.Cart::pays"


def test_suites_in_suites_tell_tests_of_one_name_apart() -> None:
    inner = '<testsuite name="checkout"><testcase name="pays"/></testsuite>'
    text = f"""<testsuites name="all"><testsuite name="Cart">{inner}</testsuite>
      <testsuite name="Gift">{inner}<testcase name="pays"/></testsuite></testsuites>"""
    _, results = junit_of(text)
    assert [(one.key, one.folder) for one in results] == [
        ("Cart > checkout::pays", "Cart > checkout"),
        ("Gift > checkout::pays", "Gift > checkout"),
        ("Gift::pays", "Gift"),
    ]


def test_a_class_that_is_the_tests_own_title_is_no_folder() -> None:
    pairs = [
        ("pays", "Cart checkout pays"),
        ("Cart checkout pays", "pays"),
        ("Cart checkout pays", "Cart checkout pays"),
        ("Cart", "pays"),
    ]
    cases = [case(name, classname=group) for group, name in pairs]
    _, results = junit_of(suite(*cases, name="Cart checkout"))
    assert [one.folder for one in results] == ["Cart checkout"] * 3 + ["Cart"]
    assert len({one.key for one in results}) == 4


def test_what_an_attribute_flattens_is_not_said_twice() -> None:
    inner = """<failure message="Expected:
      1"><![CDATA[AssertionError [E]: Expected:
      1
    at cart.js:3]]></failure>"""
    _, results = junit_of(suite(case("pays", inner)))
    assert results[0].message.count("Expected:") == 1
    assert results[0].message.endswith("at cart.js:3")
