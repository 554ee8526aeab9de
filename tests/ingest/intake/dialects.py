"""Files of JUnit XML as writers that are not run here spell them, written by hand."""

from __future__ import annotations

GO = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="6" failures="2" errors="1" skipped="1">
\t<testsuite name="shop/cart" tests="5" failures="2" errors="0" id="0" hostname="ci-1"
\t skipped="1" time="0.160" timestamp="2026-11-20T12:00:00Z">
\t\t<properties><property name="go.version" value="go1.22.1 linux/amd64"></property></properties>
\t\t<testcase name="TestPays" classname="shop/cart" time="0.060"></testcase>
\t\t<testcase name="TestAdds" classname="shop/cart" time="0.020">
\t\t\t<failure message="Failed"></failure>
\t\t</testcase>
\t\t<testcase name="TestAdds/one_and_two" classname="shop/cart" time="0.010">
\t\t\t<failure message="Failed"><![CDATA[    cart_test.go:11: got 3]]></failure>
\t\t</testcase>
\t\t<testcase name="TestWaits" classname="shop/cart" time="0.000">
\t\t\t<skipped message="    cart_test.go:20: later"></skipped>
\t\t</testcase>
\t\t<testcase name="BenchmarkAdds" classname="shop/cart" time="0.000052568"></testcase>
\t\t<system-out><![CDATA[coverage: 13.37% of statements]]></system-out>
\t</testsuite>
\t<testsuite name="shop/broken" tests="1" failures="0" errors="1" id="1" hostname="ci-1" time="0.000">
\t\t<testcase name="[build failed]" classname="shop/broken" time="0.000">
\t\t\t<error message="Build error"><![CDATA[broken.go:3:7: undefined: x]]></error>
\t\t</testcase>
\t</testsuite>
</testsuites>
"""
SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:noNamespaceSchemaLocation="https://maven.example/surefire-test-report.xsd" version="3.0.2"
 name="com.shop.CartTest" time="1,204.532" tests="3" errors="1" skipped="0" failures="1" flakes="1">
  <properties><property name="java.version" value="17"/></properties>
  <testcase name="" classname="com.shop.BrokenTest" time="0">
    <error message="no database" type="java.lang.IllegalStateException"><![CDATA[
java.lang.IllegalStateException: no database
	at com.shop.BrokenTest.setUp(BrokenTest.java:9)]]></error>
  </testcase>
  <testcase name="pays" classname="com.shop.CartTest" time="1,204.5">
    <flakyFailure message="slow" type="java.lang.AssertionError" time="0.3">
      <stackTrace><![CDATA[java.lang.AssertionError: slow]]></stackTrace>
      <system-out><![CDATA[first]]></system-out>
    </flakyFailure>
    <flakyError message="no net" type="java.io.IOException">
      <stackTrace><![CDATA[java.io.IOException: no net]]></stackTrace>
    </flakyError>
  </testcase>
  <testcase name="ships" classname="com.shop.CartTest" time="0.1">
    <failure message="a" type="java.lang.AssertionError"><![CDATA[AssertionError: a]]></failure>
    <rerunFailure message="b" type="java.lang.AssertionError">
      <stackTrace><![CDATA[AssertionError: b]]></stackTrace>
    </rerunFailure>
    <rerunError message="c" type="java.io.IOException">
      <stackTrace><![CDATA[IOException: c]]></stackTrace>
    </rerunError>
  </testcase>
</testsuite>
"""
GRADLE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="com.shop.CartTest" tests="2" skipped="1" failures="0" errors="0"
 timestamp="2026-11-20T12:00:00.123Z" hostname="agent7" time="0.5">
  <properties/>
  <testcase name="pays()" classname="com.shop.CartTest" time="0.1"/>
  <testcase name="adds(int) [1] 1" classname="com.shop.CartTest" time="0.0"><skipped/></testcase>
  <system-out><![CDATA[paid]]></system-out>
  <system-err><![CDATA[]]></system-err>
</testsuite>
"""
PHPUNIT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="/builds/shop/phpunit.xml" tests="3" assertions="3" time="0.1">
    <testsuite name="Unit" tests="3">
      <testsuite name="App\\CartTest" file="/builds/shop/CartTest.php" tests="3">
        <testcase name="testPays" file="/builds/shop/CartTest.php" line="12"
         class="App\\CartTest" classname="App.CartTest" assertions="1" time="0.01"/>
        <testsuite name="App\\CartTest::testAdds" tests="1">
          <testcase name="testAdds with data set #0" file="/builds/shop/CartTest.php" line="20"
           class="App\\CartTest" classname="App.CartTest" assertions="1" time="0.01">
            <failure type="PHPUnit\\Framework\\ExpectationFailedException"
            >App\\CartTest::testAdds with data set #0
Failed asserting that 1 is identical to 2.

/builds/shop/CartTest.php:22</failure>
          </testcase>
        </testsuite>
        <testcase name="Warning"><warning>No tests found in class "App\\Old".</warning></testcase>
      </testsuite>
    </testsuite>
  </testsuite>
</testsuites>
"""
DOTNET = """<?xml version="1.0" encoding="utf-16"?>
<testsuites>
  <testsuite name="Shop.Tests.dll" tests="3" skipped="1" failures="1" errors="0" time="1.2"
   timestamp="2026-11-20T12:00:00" hostname="agent7" id="0" package="Shop.Tests.dll">
    <properties/>
    <testcase classname="Shop.CartTests" name="Adds(a: 1, b: 2)" time="0.0012000"/>
    <testcase classname="Shop.CartTests" name="Fails" time="0.1">
      <failure type="failure" message="Assert.Equal() Failure&#xD;&#xA;Expected: 1"
      >   at Shop.CartTests.Fails() in C:\\shop\\CartTests.cs:line 12</failure>
    </testcase>
    <testcase classname="Shop.CartTests" name="Waits" time="0"><skipped message="later"/></testcase>
    <system-out>Junit Logger does not log standard output</system-out>
    <system-err></system-err>
  </testsuite>
</testsuites>
"""
NUNIT = """<testsuites tests="4">
  <testsuite name="Shop.dll" tests="4" time="0.2" timestamp="2026-11-20 12:00:00Z">
    <testsuite name="Shop"><testsuite name="CartTests">
      <testcase name="Adds" assertions="1" time="0,1" status="Passed" classname="Shop.CartTests"/>
      <testcase name="Waits" time="0" status="Skipped" classname="Shop.CartTests"/>
      <testcase name="Maybe" time="0" status="Inconclusive" classname="Shop.CartTests"/>
      <testcase name="Fails" time="0" status="Failed" classname="Shop.CartTests">
        <failure message="Expected: 1">at Shop.CartTests.Fails()</failure></testcase>
    </testsuite></testsuite>
  </testsuite>
</testsuites>
"""
# A test of two projects of Playwright, and one that names its project itself.
PLAYWRIGHT = """<testsuites id="" name="" time="1">
  <testsuite name="cart.spec.ts" hostname="chromium">
    <testcase name="Cart › pays" classname="cart.spec.ts" time="0.1"/></testsuite>
  <testsuite name="cart.spec.ts" hostname="firefox">
    <testcase name="Cart › pays" classname="cart.spec.ts" time="0.1"/>
    <testcase name="[firefox] Cart › ships" classname="cart.spec.ts" time="0.1"/></testsuite>
</testsuites>
"""
# As written before version 2 of the writer.
GO_OLDER = """<testsuites tests="3" failures="1">
\t<testsuite tests="2" failures="1" time="0.160" name="shop/cart" hostname="ci-1"
\t timestamp="2026-11-20T12:00:00Z">
\t\t<properties><property name="go.version" value="go1.16"></property></properties>
\t\t<testcase classname="cart" name="TestAdds" time="0.060"></testcase>
\t\t<testcase classname="cart" name="TestPays" time="0.100">
\t\t\t<failure message="Failed" type=""
\t\t\t>cart_test.go:11: no card&#xA;cart_test.go:12: none&#xA;&#x9;at all</failure>
\t\t</testcase>
\t\t<system-out>goos: linux&#xA;pkg: shop/cart</system-out>
\t</testsuite>
\t<testsuite tests="1" failures="0" time="0.151" name="gift/cart">
\t\t<testcase classname="cart" name="TestAdds" time="0.020"></testcase>
\t\t<system-out>goos: linux&#xA;pkg: gift/cart</system-out>
\t</testsuite>
</testsuites>
"""
