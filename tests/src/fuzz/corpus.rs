//! Many small inputs of a fuzz target in one file: each behind its length as a varint, seven bits a byte from the lowest on.
//! What the corpus of a long run was minimised to is kept this way.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The file that holds a target's inputs.
#[must_use]
pub fn file(target: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    folder.join(target).with_extension("packed")
}

/// The inputs in one.
#[must_use]
pub fn pack(inputs: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for input in inputs {
        let mut len = input.len();
        while len > 0x7f {
            out.push(len as u8 | 0x80);
            len >>= 7;
        }
        out.push(len as u8);
        out.extend_from_slice(input);
    }
    out
}

/// The inputs of a packed file, as far as they are whole.
#[must_use]
pub fn unpack(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    while let Some(end) = bytes.iter().position(|byte| byte & 0x80 == 0) {
        let digits = bytes[..=end].iter().rev();
        let len = digits.fold(0, |len, byte| len << 7 | usize::from(byte & 0x7f));
        let Some(input) = bytes.get(end + 1..end + 1 + len) else {
            break;
        };
        inputs.push(input.to_vec());
        bytes = &bytes[end + 1 + len..];
    }
    inputs
}

/// Every file of a folder, in the order of names.
///
/// # Errors
/// It cannot be read.
pub fn read_folder(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    paths.iter().map(fs::read).collect()
}

/// Writes a target's packed inputs as files into a folder, from which `cargo fuzz` can go on.
///
/// # Errors
/// There is no such file, or the folder cannot be written.
pub fn unpack_into(target: &str, folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let inputs = unpack(&fs::read(file(target))?);
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("packed-{number:04}")), input)?;
    }
    Ok(inputs.len())
}

/// Packs the files of a folder, a minimised corpus, for a target.
///
/// # Errors
/// They cannot be read, or the packed file cannot be written.
pub fn pack_from(target: &str, folder: &Path) -> io::Result<usize> {
    let inputs = read_folder(folder)?;
    fs::write(file(target), pack(&inputs))?;
    Ok(inputs.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let inputs = [0, 1, 127, 128, 300, 20_000].map(|len| vec![len as u8; len]);
        let mut packed = pack(&inputs);
        assert_eq!(unpack(&packed), inputs);
        packed.pop();
        assert_eq!(unpack(&packed), inputs[..5]);
    }
}
