//! `fuzz_corpus pack|unpack TARGET FOLDER`: a minimised corpus into the file of the repository, and out of it again. It must not
//! run a target.

use hyla_tests::fuzz::corpus::{pack_from, unpack_into};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["pack", target, folder] => pack_from(target, Path::new(folder)),
        ["unpack", target, folder] => unpack_into(target, Path::new(folder)),
        _ => {
            eprintln!("usage: fuzz_corpus pack|unpack TARGET FOLDER");
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(inputs) => {
            println!("{inputs} inputs");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("fuzz_corpus: {error}");
            ExitCode::FAILURE
        }
    }
}
