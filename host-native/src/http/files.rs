//! From a request's target to a file below the root, and never to another one. Knows no HTTP but names of types.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A file that may be sent.
pub(super) struct File {
    pub(super) content: fs::File,
    pub(super) len: u64,
    /// Its Content-Type.
    pub(super) kind: &'static str,
    /// Its ETag: another one once the file changed.
    pub(super) tag: String,
}

impl File {
    /// Whether an If-None-Match header names this very content.
    pub(super) fn matches(&self, tags: &str) -> bool {
        tags.split(',').any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.tag
        })
    }
}

/// What stands behind a target.
pub(super) enum Found {
    File(File),
    /// A directory without its last slash: relative links in its page need it.
    Moved(String),
    Nothing,
}

/// Looks up a target below `root`, which is canonical.
pub(super) fn find(root: &Path, target: &str) -> Found {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let Some(relative) = relative(path) else {
        return Found::Nothing;
    };
    let mut full = root.join(relative);
    if full.is_dir() {
        if !path.ends_with('/') {
            // Leading slashes would name another host.
            return Found::Moved(format!("/{}/", path.trim_matches('/')));
        }
        full.push("index.html");
    }
    // Links may lead out of the root; what they lead to counts.
    match full.canonicalize() {
        Ok(full) if full.starts_with(root) => open(&full).map_or(Found::Nothing, Found::File),
        _ => Found::Nothing,
    }
}

/// The path below the root. Nothing for one that has hidden, empty or upward parts.
fn relative(path: &str) -> Option<PathBuf> {
    let path = decode(path.strip_prefix('/')?)?;
    let mut relative = PathBuf::new();
    let path = path.strip_suffix('/').unwrap_or(&path);
    if path.is_empty() {
        return Some(relative);
    }
    for part in path.split('/') {
        let plain = !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0', ':']);
        if !plain {
            return None;
        }
        relative.push(part);
    }
    Some(relative)
}

/// Takes `%XX` apart.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        if digits.starts_with('+') {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

fn open(path: &Path) -> Option<File> {
    let content = fs::File::open(path).ok()?;
    let meta = content.metadata().ok().filter(fs::Metadata::is_file)?;
    let changed = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(File {
        content,
        len: meta.len(),
        kind: kind(path),
        tag: format!("\"{:x}-{:x}\"", meta.len(), changed.as_nanos()),
    })
}

fn kind(path: &Path) -> &'static str {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension.unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" | "ts" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(root.join("index.html"), "home").unwrap();
        fs::write(root.join("a b.wasm"), "\0asm").unwrap();
        fs::write(root.join(".hidden"), "x").unwrap();
        fs::write(dir.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret"), root.join("link")).unwrap();
        let root = root.canonicalize().unwrap();
        for target in ["/", "/index.html", "/a%20b.wasm", "/index.html?x=/../y"] {
            assert!(matches!(find(&root, target), Found::File(_)), "{target}");
        }
        let targets = [
            "",
            "index.html",
            "/..",
            "/../secret",
            "/%2e%2e/secret",
            "/sub/../../secret",
            "/link",
            "/.hidden",
            "//etc/passwd",
            "/sub//x",
            "/..%2fsecret",
            "/%00",
            "/%",
            "/%zz",
            "/%+1",
            "/sub/",
            "/..\\secret",
            "http://localhost/index.html",
            "*",
            "/%ff",
        ];
        for target in targets {
            assert!(matches!(find(&root, target), Found::Nothing), "{target}");
        }
        assert!(matches!(find(&root, "/sub"), Found::Moved(to) if to == "/sub/"));
        match find(&root, "/a%20b.wasm") {
            Found::File(file) => {
                assert_eq!((file.kind, file.len), ("application/wasm", 4));
                assert!(file.matches(&format!("\"x\", W/{}", file.tag)));
                assert!(!file.matches("\"x\""));
            }
            _ => panic!("not found"),
        }
    }
}
