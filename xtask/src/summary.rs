//! Finds in a program's output how many tests passed and failed. It must not know which program it was.

/// Tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

/// Adds up what the forms of cargo test, our transcripts, node's test runner and Playwright say; `None` if nothing is said.
pub(crate) fn count(log: &str) -> Option<Count> {
    let mut count = Count::default();
    let mut found = false;
    for line in log.lines() {
        let words: Vec<&str> = line
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        for (number, what) in numbers(&words) {
            found = true;
            match what {
                "passed" | "pass" => count.passed += number,
                _ => count.failed += number,
            }
        }
    }
    found.then_some(count)
}

/// The numbers of a line that says only how many tests passed or failed.
fn numbers<'a>(words: &[&'a str]) -> Vec<(usize, &'a str)> {
    match words {
        // cargo test: "test result: ok. 3 passed; 0 failed; …"
        ["test", "result", _, passed, "passed", failed, "failed", ..]
        // transcripts: "3 passed, 0 failed, 0 skipped (…)"
        | [passed, "passed", failed, "failed", ..] => {
            let parsed = (passed.parse(), failed.parse());
            let (Ok(passed), Ok(failed)) = parsed else { return Vec::new() };
            vec![(passed, "passed"), (failed, "failed")]
        }
        // node --test: "# pass 3"
        [what @ ("pass" | "fail"), number] | ["ℹ", what @ ("pass" | "fail"), number]
        // Playwright: "3 passed (2.1s)" and "1 failed"
        | [number, what @ "passed", ..]
        | [number, what @ "failed"] => {
            number.parse().map(|number| vec![(number, *what)]).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_form_is_understood() {
    let log = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored\n\
               10 passed, 2 failed, 1 skipped (against Hyla)\n\
               # pass 5\n# fail 1\nℹ pass 1\n  1 failed\n  7 passed (2.1s)\nI passed 4 times";
    let expected = Count {
        passed: 26,
        failed: 4,
    };
    assert_eq!(count(log), Some(expected));
    assert_eq!(count("Finished"), None);
}
