"""Tests of skipcheck.py, with reports as Surefire 3.5 writes them: python3 .ci/skipcheck_test.py"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import skipcheck

# The counts in the head are what Surefire writes if a class has nested classes: not to be trusted.
SUITE = '<?xml version="1.0"?>\n<testsuite name="a.B" tests="0" skipped="0">\n%s</testsuite>\n'
PASSED = '<testcase name="one" classname="%s" time="0.1"/>\n'
DISABLED = '<testcase name="one" classname="%s"><skipped message="%s"/></testcase>\n'
ABORTED = """<testcase name="one" classname="%s">
<skipped type="org.opentest4j.TestAbortedException"><![CDATA[org.opentest4j.TestAbortedException: %s
\tat org.junit.jupiter.api.Assumptions.assumeTrue(Assumptions.java:112)
Caused by: java.lang.AssertionError: [cores]
]]></skipped></testcase>
"""
CORES = "\nassumption was not met due to: [cores] \nExpecting actual:\n  1\nto be greater than:"


class SkipcheckTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, path: str, content: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return file

    def source(self, name: str, code: str = "class %s {}") -> None:
        path = f"module/src/test/java/{name.replace('.', '/')}.java"
        self.write(path, code % name.split(".")[-1])

    def report(self, name: str, tests: str, kind: str = "surefire") -> Path:
        return self.write(f"module/target/{kind}-reports/TEST-{name}.xml", SUITE % tests)

    def run_check(self, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = skipcheck.main(list(arguments))
        return code, out.getvalue()

    def reports(self, *more: str) -> tuple[int, str]:
        return self.run_check("reports", *more, str(self.root))

    def log(self, text: str) -> tuple[int, str]:
        return self.run_check("log", str(self.write("compose.log", text)))

    def test_a_run_without_skips_passes(self):
        self.source("a.FastTest")
        self.source("a.SlowIT")
        self.report("a.FastTest", PASSED % "a.FastTest")
        self.report("a.SlowIT", PASSED % "a.SlowIT", "failsafe")
        self.assertEqual(self.reports(), (0, "Nothing was skipped.\n"))

    def test_a_disabled_test_fails(self):
        self.source("a.OffTest")
        self.report("a.OffTest", DISABLED % ("a.OffTest", "void a.OffTest.one() is @Disabled"))
        code, out = self.reports()
        self.assertEqual(code, 1)
        self.assertIn("NOT ALLOWED (1): void a.OffTest.one() is @Disabled [a.OffTest.one]", out)

    def test_a_missing_program_fails(self):
        self.source("a.MinioTest")
        reason = "SKIPPED: no MinIO server; install it, or set MILLRACE_MINIO"
        self.report("a.MinioTest", 5 * (DISABLED % ("a.MinioTest", reason)))
        code, out = self.reports()
        self.assertEqual(code, 1)
        self.assertIn(f"NOT ALLOWED (5): {reason} [a.MinioTest.one, ...]", out)

    def test_missing_data_is_allowed_only_if_the_file_is_missing(self):
        self.source("a.GoldenTest")
        reason = "SKIPPED: no golden values at ../data/x.bin; set MILLRACE_GOLDEN"
        self.report("a.GoldenTest", ABORTED % ("a.GoldenTest", "Assumption failed: " + reason))
        code, out = self.reports()
        self.assertEqual(code, 0)
        self.assertIn("no data from outside the repository here: SKIPPED: no golden values", out)
        self.write("data/x.bin", "")
        self.assertEqual(self.reports()[0], 1)

    def test_a_missing_gpu_is_allowed(self):
        self.source("a.GpuTest")
        reason = "SKIPPED: there is no GPU"
        self.report("a.GpuTest", ABORTED % ("a.GpuTest", "Assumption failed: " + reason))
        self.assertEqual(self.reports(), (0, f"skipped (1), there is no GPU here: {reason}\n"))

    def test_a_missing_core_is_allowed_only_on_one_core(self):
        self.source("a.CoresTest")
        self.report("a.CoresTest", ABORTED % ("a.CoresTest", CORES))
        with mock.patch("os.sched_getaffinity", return_value={0}):
            self.assertEqual(self.reports()[0], 0)
        with mock.patch("os.sched_getaffinity", return_value={0, 1}):
            self.assertEqual(self.reports()[0], 1)

    def test_a_class_without_a_report_fails(self):
        self.source("a.TaggedTest")
        code, out = self.reports()
        self.assertEqual(code, 1)
        self.assertIn("NOT ALLOWED: a.TaggedTest ran no test", out)

    def test_a_class_skipped_in_before_all_fails(self):
        self.source("a.BrowserIT")
        self.report("a.BrowserIT", "", "failsafe")
        self.assertEqual(self.reports()[0], 1)

    def test_nested_and_abstract_classes_and_helpers_need_no_report(self):
        self.source("a.OuterTest")
        self.source("a.BaseTest", "abstract class %s {}")
        self.source("a.Fixture")
        self.report("a.OuterTest", PASSED % "a.OuterTest$Inner")
        self.assertEqual(self.reports()[0], 0)

    def test_older_reports_do_not_count(self):
        self.source("a.FastTest")
        old = self.report("a.FastTest", PASSED % "a.FastTest")
        stamp = self.write("stamp", "")
        os.utime(old, (1, 1))
        self.assertEqual(self.reports()[0], 0)
        self.assertEqual(self.reports("--since", str(stamp))[0], 1)

    def test_a_cut_report_fails(self):
        self.source("a.FastTest")
        self.write("module/target/surefire-reports/TEST-a.FastTest.xml", "<testsuite><testcase")
        with self.assertRaises(skipcheck.ElementTree.ParseError):
            self.reports()

    def test_a_folder_without_tests_is_refused(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            self.reports()

    def test_what_compose_test_cannot_exercise_is_allowed_by_name(self):
        code, out = self.log(
            "NOT EXERCISED: Grafana and Jaeger (no package holds them), so dashboards in Grafana\n"
            "NOT EXERCISED: the published images of Kafka, MinIO and the JRE\n"
            "  (their programs run here)\n"
            "NOT EXERCISED: a GPU, and the CUDA image\n"
        )
        self.assertEqual(code, 0)
        self.assertEqual(out.count("skipped (1)"), 3)
        self.assertEqual(self.log("NOT EXERCISED: traces\n")[0], 1)

    def test_compose_test_may_be_skipped_only_without_the_right_to_mount(self):
        for why in ("it starts an engine, which needs root", "the engine cannot be started here"):
            log = f"\nSKIPPED: compose-test: {why}\n"
            for capabilities, code in (("000001ffffffffff", 1), ("00000000a80425fb", 0)):
                status = self.write("status", f"CapPrm:\t0\nCapEff:\t{capabilities}\n")
                with mock.patch("skipcheck.PROCESS_STATUS", status):
                    self.assertEqual(self.log(log)[0], code)


if __name__ == "__main__":
    unittest.main()
