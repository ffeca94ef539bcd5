//! Makes a program that shows something as small as it gets: statements go, blocks give way to what is in them. It must
//! not know what is shown; a question to the caller decides.

use super::generate::{Node, Program};
use std::io;

type Shows<'a> = &'a mut dyn FnMut(&[Node]) -> io::Result<bool>;

/// The program that remains when nothing can go.
///
/// # Errors
/// Those of `shows`.
pub fn shrink(mut program: Program, shows: Shows<'_>) -> io::Result<Program> {
    loop {
        let before = program.clone();
        let mut part = program.len().div_ceil(2);
        while part > 0 {
            let mut end = program.len();
            while end > 0 {
                let start = end.saturating_sub(part);
                let mut candidate = program.clone();
                candidate.drain(start..end);
                if shows(&candidate)? {
                    program = candidate;
                }
                end = start.min(program.len());
            }
            part /= 2;
        }
        // Inside of blocks.
        let mut at = 0;
        while at < count(&program) {
            let mut kept = false;
            for way in [Way::Drop, Way::Unwrap] {
                let mut candidate = program.clone();
                let mut index = at;
                change(&mut candidate, &mut index, way);
                if candidate != program && shows(&candidate)? {
                    program = candidate;
                    kept = true;
                    break;
                }
            }
            at += usize::from(!kept);
        }
        if program == before {
            return Ok(program);
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    /// Without the node.
    Drop,
    /// What is in it instead.
    Unwrap,
}

fn count(nodes: &[Node]) -> usize {
    let inside = |node: &Node| match node {
        Node::Line(_) => 0,
        Node::Block { body, .. } => count(body),
    };
    nodes.iter().map(|node| 1 + inside(node)).sum()
}

/// Changes the node with this number, counted from the first in the order of lines. True when that is done.
fn change(nodes: &mut Vec<Node>, index: &mut usize, way: Way) -> bool {
    for at in 0..nodes.len() {
        if *index == 0 {
            let node = nodes.remove(at);
            if let (Way::Unwrap, Node::Block { body, .. }) = (way, node) {
                nodes.splice(at..at, body);
            }
            return true;
        }
        *index -= 1;
        if let Node::Block { body, .. } = &mut nodes[at]
            && change(body, index, way)
        {
            return true;
        }
    }
    false
}

#[test]
fn what_does_not_matter_goes() {
    let line = |text: &str| Node::Line(text.to_owned());
    let block = |body| Node::Block {
        head: "do".to_owned(),
        body,
        tail: "end".to_owned(),
    };
    let program = vec![
        line("a"),
        block(vec![line("b"), block(vec![line("cause"), line("c")])]),
        line("d"),
    ];
    let mut shows = |nodes: &[Node]| Ok(super::generate::text(nodes).contains("cause"));
    let small = shrink(program, &mut shows).expect("no error");
    assert_eq!(small, vec![line("cause")]);
}
