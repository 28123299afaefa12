//! Rules about size: a file is read top-down in one sitting, a function on one screen.

use super::Finding;
use super::source::Source;

const FILE_SOFT: usize = 400;
const FILE_HARD: usize = 600;
const LIB_HARD: usize = 80;
const FUNCTION_HARD: usize = 70;
const TESTS_SOFT: usize = 100;

/// `file-length`, `function-length`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(file_length(source));
    if source.test_lines > TESTS_SOFT {
        let message = format!(
            "{} lines of tests in this file: move them to `tests.rs` beside it",
            source.test_lines
        );
        findings.push(Finding::new("file-length", &source.path, 0, message).into_warning());
    }
    for function in &source.facts.functions {
        let lines = function.what.lines;
        if lines > FUNCTION_HARD {
            let message = format!(
                "`{}` has {lines} lines, at most {FUNCTION_HARD}: give its parts names",
                function.what.name
            );
            findings.push(Finding::new(
                "function-length",
                &source.path,
                function.line,
                message,
            ));
        }
    }
    findings
}

fn file_length(source: &Source) -> Option<Finding> {
    let lines = source.production_lines();
    let is_lib = source.path.ends_with("/src/lib.rs");
    let hard = if is_lib { LIB_HARD } else { FILE_HARD };
    if lines > hard {
        let message = format!("{lines} lines without tests, at most {hard}: split it by noun");
        return Some(Finding::new("file-length", &source.path, 0, message));
    }
    if lines > FILE_SOFT {
        let message = format!("{lines} lines without tests, better at most {FILE_SOFT}");
        return Some(Finding::new("file-length", &source.path, 0, message).into_warning());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str) -> Vec<Finding> {
        check(&Source::parse(path, text).expect("parses"))
    }

    #[test]
    fn a_file_beyond_the_hard_limit_fails() {
        let findings = check_text("crates/money/src/a.rs", &"// x\n".repeat(601));
        assert_eq!(findings[0].rule, "file-length");
        assert!(!findings[0].warning);
    }

    #[test]
    fn a_file_between_the_limits_is_a_warning() {
        let findings = check_text("crates/money/src/a.rs", &"// x\n".repeat(450));
        assert!(findings[0].warning);
    }

    #[test]
    fn a_lib_file_is_a_table_of_contents() {
        let findings = check_text("crates/money/src/lib.rs", &"// x\n".repeat(81));
        assert!(!findings[0].warning);
    }

    #[test]
    fn a_function_of_71_lines_fails_and_one_of_70_does_not() {
        let function = |body: usize| format!("fn f() {{\n{}}}\n", "g();\n".repeat(body));
        assert_eq!(
            check_text("crates/money/src/a.rs", &function(69))[0].rule,
            "function-length"
        );
        assert!(check_text("crates/money/src/a.rs", &function(68)).is_empty());
    }

    #[test]
    fn methods_are_measured_too() {
        let text = format!("impl A {{ fn f() {{\n{}}} }}\n", "g();\n".repeat(80));
        assert_eq!(check_text("crates/money/src/a.rs", &text).len(), 1);
    }

    #[test]
    fn many_tests_in_a_file_are_a_warning() {
        let text = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// x\n".repeat(120));
        assert!(check_text("crates/money/src/a.rs", &text)[0].warning);
    }
}
