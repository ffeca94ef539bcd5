//! Makes a sequence that shows a difference as short as it gets: delta debugging over steps, then over arguments. It must
//! not know what the difference is; a question to the caller decides.

use super::generate::Step;
use std::io;

/// The steps that remain when no step and no argument can go without `fails` becoming false. `fails` is asked about
/// candidates and answers how many steps of it are needed to see the difference; it holds for `steps` themselves.
///
/// # Errors
/// Those of `fails`.
pub fn shrink(
    mut steps: Vec<Step>,
    fails: &mut dyn FnMut(&[Step]) -> io::Result<Option<usize>>,
) -> io::Result<Vec<Step>> {
    drop_steps(&mut steps, fails)?;
    loop {
        let before = steps.clone();
        simplify_commands(&mut steps, fails)?;
        drop_steps(&mut steps, fails)?;
        if steps == before {
            return Ok(steps);
        }
    }
}

type Fails<'a> = &'a mut dyn FnMut(&[Step]) -> io::Result<Option<usize>>;

fn accept(steps: &mut Vec<Step>, mut candidate: Vec<Step>, fails: Fails<'_>) -> io::Result<bool> {
    let Some(len) = fails(&candidate)? else {
        return Ok(false);
    };
    candidate.truncate(len);
    *steps = candidate;
    Ok(true)
}

/// Leaves out ever smaller runs of steps. The last step shows the difference and is never tried without.
fn drop_steps(steps: &mut Vec<Step>, fails: Fails<'_>) -> io::Result<()> {
    let mut chunk = steps.len().div_ceil(2);
    while chunk > 0 && steps.len() > 1 {
        let mut dropped = false;
        // From the end: what is late is what later steps depend on least.
        let mut end = steps.len() - 1;
        while end > 0 {
            let start = end.saturating_sub(chunk);
            let candidate = [&steps[..start], &steps[end..]].concat();
            dropped |= accept(steps, candidate, fails)?;
            end = start.min(steps.len() - 1);
        }
        if chunk == 1 && dropped {
            continue;
        }
        chunk /= 2;
    }
    Ok(())
}

/// Tries every command of a step without itself, without each argument, and with shorter arguments.
fn simplify_commands(steps: &mut Vec<Step>, fails: Fails<'_>) -> io::Result<()> {
    let mut step = 0;
    while step < steps.len() {
        let mut command = 0;
        while step < steps.len() && command < steps[step].len() {
            if steps[step].len() > 1 {
                let mut candidate = steps.clone();
                candidate[step].remove(command);
                if accept(steps, candidate, fails)? {
                    continue;
                }
            }
            simplify_arguments(steps, step, command, fails)?;
            command += 1;
        }
        step += 1;
    }
    Ok(())
}

fn simplify_arguments(
    steps: &mut Vec<Step>,
    step: usize,
    command: usize,
    fails: Fails<'_>,
) -> io::Result<()> {
    let mut at = 1;
    while steps
        .get(step)
        .and_then(|step| step.get(command))
        .is_some_and(|command| at < command.argv.len())
    {
        let mut without = steps.clone();
        without[step][command].argv.remove(at);
        if accept(steps, without, fails)? {
            continue;
        }
        while let Some(len) = text_len(steps, step, command, at).filter(|len| *len > 8) {
            let mut shorter = steps.clone();
            shorter[step][command].argv[at].truncate(len / 2);
            if !accept(steps, shorter, fails)? {
                break;
            }
        }
        at += 1;
    }
    Ok(())
}

/// The length of an argument that may be cut. Numbers may not: half a time to live runs out during the test.
fn text_len(steps: &[Step], step: usize, command: usize, at: usize) -> Option<usize> {
    let arg = steps.get(step)?.get(command)?.argv.get(at)?;
    let number = arg
        .first()
        .is_some_and(|byte| byte.is_ascii_digit() || b"+-.".contains(byte));
    (!number).then_some(arg.len())
}

#[cfg(test)]
mod tests {
    use super::super::generate::{Args, Command};
    use super::*;

    #[test]
    fn only_what_matters_remains() {
        let command = |words: &str| Command::exact(Args::new(words).argv);
        let mut steps: Vec<Step> = (0..100)
            .map(|n| vec![command(&format!("NOISE {n}")), command("MORE")])
            .collect();
        steps[17] = vec![command("SETUP"), command("CAUSE one two three")];
        steps[60] = vec![command("ALSO averylongargumentthatcanbecut")];
        steps[99] = vec![command("SHOW a b")];
        let mut asked = 0;
        let has = |step: &Step, name: &[u8], arg: &[u8]| {
            step.iter()
                .any(|command| command.argv[0] == name && command.argv.iter().any(|a| a == arg))
        };
        let mut fails = |steps: &[Step]| {
            asked += 1;
            let cause = steps.iter().position(|step| has(step, b"CAUSE", b"two"));
            let also = steps
                .iter()
                .position(|step| has(step, b"ALSO", b"ALSO") && step[0].argv.len() > 1);
            let show = steps.iter().position(|step| has(step, b"SHOW", b"b"));
            Ok(match (cause, also, show) {
                (Some(cause), Some(also), Some(show)) if cause < also && also < show => {
                    Some(show + 1)
                }
                _ => None,
            })
        };
        let small = shrink(steps, &mut fails).expect("no target is asked");
        let flat: Vec<Command> = small.into_iter().flatten().collect();
        assert_eq!(
            flat,
            [
                command("CAUSE two"),
                command("ALSO averylo"),
                command("SHOW b")
            ]
        );
        assert!(asked < 400, "{asked} questions");
    }
}
