//! How a plan's test command is run so that it leaves a report of each case, whatever it prints.

use slipway_protocol::plan::{Runner, TestCommand};

/// Our report writer for Python's unittest.
pub(super) const UNITTEST_WRITER: (&str, &[u8]) =
    ("unittest_junit.py", include_bytes!("../../report_writers/unittest_junit.py"));

/// The command that really runs; `writers` is the folder of the report writers, `report` the report's path.
pub(super) fn reporting(test: &TestCommand, writers: &str, report: &str) -> Vec<String> {
    match test.runner {
        Runner::Junit => test.command.clone(),
        Runner::Unittest => {
            let mut command = vec!["python3".to_owned(), format!("{writers}/{}", UNITTEST_WRITER.0)];
            command.extend(test.command.iter().skip(3).cloned());
            command
        }
        Runner::NodeTest => {
            let mut command = test.command[..2].to_vec();
            command.extend(["--test-reporter=spec", "--test-reporter-destination=stdout"].map(Into::into));
            command.extend([
                "--test-reporter=junit".to_owned(),
                format!("--test-reporter-destination={report}"),
            ]);
            command.extend(test.command.iter().skip(2).cloned());
            command
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(runner: Runner, command: &str) -> String {
        let command = command.split(' ').map(Into::into).collect();
        reporting(&TestCommand { name: "unit".into(), runner, command }, "/w", "/o/report.xml").join(" ")
    }

    #[test]
    fn each_runner_is_asked_for_a_report() {
        assert_eq!(
            reported(Runner::Unittest, "python3 -m unittest discover -s tests"),
            "python3 /w/unittest_junit.py discover -s tests"
        );
        assert_eq!(
            reported(Runner::NodeTest, "node --test tests"),
            "node --test --test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit \
             --test-reporter-destination=/o/report.xml tests"
        );
        assert_eq!(reported(Runner::Junit, "make check"), "make check");
    }
}
