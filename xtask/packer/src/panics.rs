//! Takes the words out of panics. On this target a panic's message goes nowhere: the page sees a trap, whatever was
//! said. So what would say it becomes the trap itself, and the optimiser drops whatever only led up to it. Knows
//! nothing of Hyla.

use walrus::ir::Value;
use walrus::{
    ConstExpr, DataKind, FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module,
};

/// The last parts of the names of the standard library's functions that do nothing but panic. All of
/// `core::panicking` does too.
const PANICKING: [&str; 12] = [
    "assert_failed",
    "capacity_overflow",
    "expect_failed",
    "handle_alloc_error",
    "handle_error",
    "len_mismatch_fail",
    "panic_already_borrowed",
    "panic_already_mutably_borrowed",
    "panic_on_ord_violation",
    "slice_error_fail",
    "slice_index_fail",
    "unwrap_failed",
];

/// Makes every panic a bare trap, and gives how many functions that changed.
pub(crate) fn silence(module: &mut Module) -> usize {
    let panicking: Vec<FunctionId> = module
        .funcs
        .iter()
        .filter(|function| function.name.as_deref().is_some_and(only_panics))
        .map(walrus::Function::id)
        .collect();
    for id in &panicking {
        if let Some(trap) = trap_of(module, *id) {
            module.funcs.get_mut(*id).kind = FunctionKind::Local(trap);
        }
    }
    let segments: Vec<_> = module.data.iter().map(walrus::Data::id).collect();
    for id in segments {
        let data = module.data.get_mut(id);
        forget_locations(&data.kind, &mut data.value);
    }
    panicking.len()
}

/// Whether this is the name of a function of the standard library that only panics.
fn only_panics(name: &str) -> bool {
    // `core[c5930c85a12de822]::panicking::assert_failed::<usize, usize>`
    if only_debugs(name) {
        return true;
    }
    let name = name.trim_start_matches('<');
    let Some((library, rest)) = name.split_once('[') else {
        return false;
    };
    if !matches!(library, "core" | "alloc" | "std") {
        return false;
    }
    let rest = rest.split_once(']').map_or(rest, |(_, rest)| rest);
    let path = rest.split("::<").next().unwrap_or(rest);
    let last = rest
        .rsplit("::")
        .find(|part| part.chars().all(|it| it.is_alphanumeric() || it == '_'));
    path.starts_with("::panicking::") && library == "core"
        || last.is_some_and(|last| PANICKING.contains(&last))
}

/// Whether this is the name of a function that prints for programmers: only panics do that, as a rule of the house holds
/// for the engine (`{:?}` stands in no text that anyone sees).
fn only_debugs(name: &str) -> bool {
    // `<core[c5930c85a12de822]::ops::range::Range<usize> as core[c5930c85a12de822]::fmt::Debug>::fmt`
    let parts = ["::fmt::Debug>::fmt", "::fmt::builders::"];
    parts.iter().any(|part| name.contains(part))
}

/// A function of the same type that traps.
fn trap_of(module: &mut Module, id: FunctionId) -> Option<LocalFunction> {
    let FunctionKind::Local(function) = &module.funcs.get(id).kind else {
        return None;
    };
    let args = function.args.clone();
    let (params, results) = module.types.params_results(function.ty());
    let (params, results) = (params.to_vec(), results.to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    Some(builder.local_func(args))
}

/// Overwrites what `core::panic::Location`s there are, and the names of files in them, with zeros, which compress to
/// nothing. A location is the only thing that looks so: address and length of a text that ends in `.rs`, a line, a
/// column.
fn forget_locations(kind: &DataKind, bytes: &mut [u8]) {
    const LOCATION: usize = 16;
    let DataKind::Active {
        offset: ConstExpr::Value(Value::I32(start)),
        ..
    } = kind
    else {
        return;
    };
    let start = *start as usize;
    let word = |bytes: &[u8], at: usize| {
        let word = bytes[at..at + 4].try_into().unwrap_or_default();
        u32::from_le_bytes(word) as usize
    };
    let mut found = Vec::new();
    for at in (0..bytes.len().saturating_sub(LOCATION)).step_by(4) {
        let file = word(bytes, at)
            .checked_sub(start)
            .map(|file| file..file + word(bytes, at + 4));
        let (line, column) = (word(bytes, at + 8), word(bytes, at + 12));
        if let Some(file) = file
            && (1..100_000).contains(&line)
            && (1..1_000).contains(&column)
            && bytes
                .get(file.clone())
                .is_some_and(|name| name.ends_with(b".rs"))
        {
            found.extend([at..at + LOCATION, file]);
        }
    }
    found.into_iter().for_each(|range| bytes[range].fill(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "core[c5930c85a12de822]::panicking::panic_bounds_check",
            "core[c5930c85a12de822]::panicking::assert_failed::<usize, usize>",
            "core[c5930c85a12de822]::option::unwrap_failed",
            "core[c5930c85a12de822]::slice::index::slice_index_fail",
            "<alloc[3ca501edff3f0c7c]::vec::Vec<_, _>>::remove::assert_failed",
            "<&usize as core[c5930c85a12de822]::fmt::Debug>::fmt",
            "<core[c5930c85a12de822]::fmt::builders::PadAdapter as core[c5930c85a12de822]::fmt::Write>::write_str",
        ] {
            assert!(only_panics(name), "{name}");
        }
        for name in [
            "hyla_engine::types::unwrap_failed",
            "std[a543996e6e7dbf1e]::panicking::panic_count::increase",
            "core[c5930c85a12de822]::str::converts::from_utf8",
            "core[c5930c85a12de822]::option::expect_failed_not",
            "<u64 as core[c5930c85a12de822]::fmt::Display>::fmt",
        ] {
            assert!(!only_panics(name), "{name}");
        }
    }

    #[test]
    fn locations_become_zeros() {
        let kind = DataKind::Active {
            memory: Module::default()
                .memories
                .add_local(false, false, 1, None, None),
            offset: ConstExpr::Value(Value::I32(1000)),
        };
        let mut bytes = b"a.rskept".to_vec();
        for word in [1000u32, 4, 17, 5, 1000, 4, 0, 0] {
            bytes.extend(word.to_le_bytes());
        }
        forget_locations(&kind, &mut bytes);
        assert_eq!(&bytes[..8], b"\0\0\0\0kept");
        assert_eq!(&bytes[8..24], [0; 16]);
        assert_eq!(&bytes[24..28], 1000u32.to_le_bytes());
    }
}
