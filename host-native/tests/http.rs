//! The playground's HTTP server.

mod common;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

use common::{PATIENCE, Server, free_port, refused};
use tempfile::TempDir;

struct Site {
    server: Server,
    port: u16,
    _dir: TempDir,
}

fn start() -> Site {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("index.html"), "<p>playground").unwrap();
    fs::write(dir.path().join("hyla.wasm"), b"\0asm").unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    let port = free_port();
    let (port_text, path) = (port.to_string(), dir.path().to_str().unwrap());
    let mut server = Server::start(&["--http-port", &port_text, "--http-dir", path]);
    server.wait_for_line(&format!("Playground on http://127.0.0.1:{port}"));
    Site {
        server,
        port,
        _dir: dir,
    }
}

impl Site {
    fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // A server that has heard enough may close.
        let _ = stream.write_all(request);
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        String::from_utf8(reply).unwrap()
    }

    fn ask(&self, line: &str, headers: &str) -> String {
        let port = self.port;
        let request = format!("{line} HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n");
        self.raw(request.as_bytes())
    }
}

#[test]
fn files_and_headers() {
    let site = start();
    let page = site.ask("GET /", "");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.ends_with("\r\n\r\n<p>playground"), "{page}");
    for header in [
        "Content-Type: text/html; charset=utf-8\r\n",
        "Content-Length: 13\r\n",
        "Cache-Control: no-cache\r\n",
        "X-Content-Type-Options: nosniff\r\n",
        "Content-Security-Policy: default-src 'self';",
        "'wasm-unsafe-eval'",
    ] {
        assert!(page.contains(header), "{header}: {page}");
    }
    let wasm = site.ask("GET /hyla.wasm?v=1", "");
    assert!(
        wasm.contains("Content-Type: application/wasm\r\n"),
        "{wasm}"
    );
    let head = site.ask("HEAD /hyla.wasm", "");
    assert!(
        head.contains("Content-Length: 4\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    let tag = head
        .split("ETag: ")
        .nth(1)
        .unwrap()
        .split('\r')
        .next()
        .unwrap();
    let same = site.ask("GET /hyla.wasm", &format!("If-None-Match: {tag}\r\n"));
    assert!(
        same.starts_with("HTTP/1.1 304 ") && same.ends_with("\r\n\r\n"),
        "{same}"
    );
    assert!(site.ask("GET /sub", "").contains("Location: /sub/\r\n"));
}

#[test]
fn refusals() {
    let mut site = start();
    let status = |reply: &str| reply.split(' ').nth(1).unwrap_or("none").to_string();
    assert_eq!(status(&site.ask("GET /nothing", "")), "404");
    assert_eq!(status(&site.ask("GET /../Cargo.toml", "")), "404");
    assert_eq!(
        status(&site.ask("GET /%2e%2e/%2e%2e/etc/passwd", "")),
        "404"
    );
    assert_eq!(status(&site.ask("POST /", "Content-Length: 0\r\n")), "405");
    let foreign = site.raw(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_eq!(status(&foreign), "403");
    assert!(foreign.contains("Host header"), "{foreign}");
    assert_eq!(status(&site.raw(b"GET / HTTP/1.1\r\n\r\n")), "400");
    assert_eq!(status(&site.raw(b"PING\r\n\r\n")), "400");
    let endless = format!("X: {}\r\n", "x".repeat(40_000));
    assert_eq!(status(&site.ask("GET /", &endless)), "431");
    assert_eq!(status(&site.ask("GET /", "")), "200");
    site.server.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(site.server.wait(), Some(0));
}

#[test]
fn start_failures() {
    let port = free_port().to_string();
    let text = refused(&[
        "--port",
        &port,
        "--http-port",
        "8",
        "--http-dir",
        "/no/such/dir",
    ]);
    assert!(
        text.contains("/no/such/dir is no directory (http-dir)"),
        "{text}"
    );
    let site = start();
    let (busy, dir) = (site.port.to_string(), site._dir.path().to_str().unwrap());
    let text = refused(&["--port", &port, "--http-port", &busy, "--http-dir", dir]);
    assert!(text.contains("bind: Address already in use"), "{text}");
    assert!(
        text.contains(&format!(
            "Failed listening on port {busy} (http), aborting."
        )),
        "{text}"
    );
}
