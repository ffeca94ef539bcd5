//! Operations on files as JavaScript has them, and their answers. `host-web/js/files/wire.ts` is the other side.

use hyla_engine::boundary::{Answer, FileError, FileFailure, FileOp};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::host::FileList;

/// A list: its number, then each operation as an array of its code, its path and what else it has.
pub(crate) fn to_js(list: &FileList) -> Array {
    let all = Array::of1(&JsValue::from(list.job as f64));
    for op in &list.ops {
        all.push(&operation(op));
    }
    all
}

fn operation(op: &FileOp) -> Array {
    let text = |path: &[u8]| JsValue::from_str(&String::from_utf8_lossy(path));
    let number = |value: u64| JsValue::from(value as f64);
    let (code, path) = match op {
        FileOp::MakeDir { path } => (0, path),
        FileOp::Create { path } => (1, path),
        FileOp::Append { path, .. } => (2, path),
        FileOp::Sync { path } => (3, path),
        FileOp::Rename { from, .. } => (4, from),
        FileOp::Remove { path } => (5, path),
        FileOp::Truncate { path, .. } => (6, path),
        FileOp::SyncDir { path } => (7, path),
        FileOp::List { path } => (8, path),
        FileOp::Size { path } => (9, path),
        FileOp::Read { path, .. } => (10, path),
    };
    let array = Array::of2(&JsValue::from(code), &text(path));
    match op {
        FileOp::Append { bytes, .. } => {
            array.push(&Uint8Array::from(bytes.as_slice()));
        }
        FileOp::Rename { to, .. } => {
            array.push(&text(to));
        }
        FileOp::Truncate { len, .. } => {
            array.push(&number(*len));
        }
        FileOp::Read { from, len, .. } => {
            array.push(&number(*from));
            array.push(&number(u64::from(*len)));
        }
        _ => {}
    }
    array
}

/// An answer: bytes, a size, `undefined` for the size of no file, or names.
pub(crate) fn answer(value: &JsValue) -> Answer {
    if let Some(size) = value.as_f64() {
        return Answer::Size(Some(size as u64));
    }
    if value.is_undefined() {
        return Answer::Size(None);
    }
    if Array::is_array(value) {
        let names = value.unchecked_ref::<Array>().iter();
        let bytes = |name: JsValue| name.as_string().unwrap_or_default().into_bytes();
        return Answer::Names(names.map(bytes).collect());
    }
    Answer::Bytes(value.unchecked_ref::<Uint8Array>().to_vec())
}

/// Why a list was not run to its end.
pub(crate) fn failure(at: usize, kind: u8, text: String) -> FileError {
    let kind = match kind {
        0 => FileFailure::NotFound,
        1 => FileFailure::NoSpace,
        _ => FileFailure::Other,
    };
    FileError { at, kind, text }
}
