//! The playground's HTTP server: files of one directory, read only. Knows no engine and no file format.
//!
//! Small on purpose: one thread a request, few at a time, GET and HEAD, no keep-alive. It answers only
//! requests that name this machine, so that a page of another origin cannot reach it by a name of its own.

mod files;
mod request;

use std::io::{self, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::control::spawn;
use crate::log;
use files::{File, Found};
use request::{Bad, Request};

/// Requests that are served at a time.
const CONNECTIONS_MAX: usize = 64;
/// How long a write may wait for the other end.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Same for every answer: scripts only from here (and WebAssembly), nothing embedded, types as declared. The last
/// three let the page use shared memory.
const HEADERS: &str = "\
Content-Security-Policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r
X-Content-Type-Options: nosniff\r
Referrer-Policy: no-referrer\r
Cross-Origin-Opener-Policy: same-origin\r
Cross-Origin-Embedder-Policy: require-corp\r
Cross-Origin-Resource-Policy: same-origin\r
Connection: close\r
";

/// What the server's threads share.
struct Site {
    root: PathBuf,
    /// `http-bind`, a name or an address.
    bind: String,
    serving: AtomicUsize,
}

/// Listens and starts the server's thread. Gives the address.
///
/// # Errors
/// A sentence for the log.
pub(crate) fn start(bind: &str, port: u16, root: &std::path::Path) -> Result<SocketAddr, String> {
    let shown = root.display();
    let root = root.canonicalize();
    let root = root.ok().filter(|root| root.is_dir());
    let root = root.ok_or_else(|| {
        format!("Could not serve the playground: {shown} is no directory (http-dir)")
    })?;
    let because = |error: io::Error| {
        let reason = log::reason(&error);
        format!("Could not create HTTP listening socket {bind}:{port}: bind: {reason}")
    };
    let listener = TcpListener::bind((bind, port)).map_err(because)?;
    let address = listener.local_addr().map_err(because)?;
    let site = Arc::new(Site {
        root,
        bind: bind.to_string(),
        serving: AtomicUsize::new(0),
    });
    spawn("http", move || accept(&listener, &site)).map_err(because)?;
    Ok(address)
}

fn accept(listener: &TcpListener, site: &Arc<Site>) {
    loop {
        let Ok((stream, _)) = listener.accept() else {
            // Descriptors are used up: no spinning until some are free.
            std::thread::sleep(Duration::from_millis(100));
            continue;
        };
        if site.serving.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX {
            site.serving.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let work = {
            let site = Arc::clone(site);
            move || {
                serve(stream, &site);
                site.serving.fetch_sub(1, Ordering::Relaxed);
            }
        };
        if spawn("http-request", work).is_err() {
            site.serving.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn serve(mut stream: TcpStream, site: &Site) {
    let local = stream.local_addr().map(|address| address.ip());
    let (Ok(local), Ok(())) = (local, stream.set_write_timeout(Some(WRITE_TIMEOUT))) else {
        return;
    };
    // A stream that breaks has nobody to be told.
    let _ = match request::read(&mut stream) {
        Ok(request) => answer(&mut stream, site, local, &request),
        Err(Bad::Gone) => Ok(()),
        Err(Bad::Status(status)) => message(&mut stream, true, status, ""),
    };
    let _ = stream.shutdown(Shutdown::Write);
    request::skip_rest(&mut stream);
}

fn answer(stream: &mut TcpStream, site: &Site, local: IpAddr, request: &Request) -> io::Result<()> {
    let body = request.method != "HEAD";
    if !is_this_machine(&request.host, &site.bind, local) {
        let text = "The Host header of this request does not name this server. Open the playground by \
            http://localhost or the address that http-bind gives.";
        return message(stream, body, "403 Forbidden", text);
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        let text = "Only GET and HEAD are answered.";
        return message(
            stream,
            body,
            "405 Method Not Allowed\r\nAllow: GET, HEAD",
            text,
        );
    }
    match files::find(&site.root, &request.target) {
        Found::File(file)
            if request
                .none_match
                .as_deref()
                .is_some_and(|tags| file.matches(tags)) =>
        {
            let head = format!(
                "HTTP/1.1 304 Not Modified\r\nETag: {}\r\n{HEADERS}\r\n",
                file.tag
            );
            stream.write_all(head.as_bytes())
        }
        Found::File(file) => send(stream, body, file),
        Found::Moved(to) => {
            let status = format!("308 Permanent Redirect\r\nLocation: {to}");
            message(stream, body, &status, "This is a directory.")
        }
        Found::Nothing => message(stream, body, "404 Not Found", "There is no such page."),
    }
}

fn send(stream: &mut TcpStream, body: bool, mut file: File) -> io::Result<()> {
    let File { kind, tag, len, .. } = &file;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\nETag: {tag}\r\n\
         Cache-Control: no-cache\r\n{HEADERS}\r\n"
    );
    stream.write_all(head.as_bytes())?;
    if body {
        // Never more than was announced, should the file grow.
        io::copy(&mut io::Read::take(&mut file.content, file.len), stream)?;
    }
    Ok(())
}

/// A short page. `status` may carry more header lines.
fn message(stream: &mut TcpStream, body: bool, status: &str, text: &str) -> io::Result<()> {
    let title = status.split('\r').next().unwrap_or_default();
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<h1>{title}</h1>\n<p>{text}</p></html>\n"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\n{HEADERS}\r\n",
        page.len()
    );
    stream.write_all(head.as_bytes())?;
    if body {
        stream.write_all(page.as_bytes())?;
    }
    Ok(())
}

/// Whether a Host header names this server: `localhost`, a loopback address, what `http-bind` says, or the very
/// address that the request came to. The port may be another one, as tunnels make it.
fn is_this_machine(host: &str, bind: &str, local: IpAddr) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match name.parse::<IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip == local || bind.parse() == Ok(ip),
        Err(_) => bind.parse::<IpAddr>().is_err() && name.eq_ignore_ascii_case(bind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let local: IpAddr = "192.0.2.7".parse().unwrap();
        for host in [
            "localhost",
            "LocalHost:8379",
            "127.0.0.1:1",
            "[::1]:8379",
            "[::1]",
            "192.0.2.7:80",
        ] {
            assert!(is_this_machine(host, "0.0.0.0", local), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example:8379",
            "127.0.0.1.evil.example",
            "192.0.2.8",
            "[::1",
            "localhost@evil.example",
        ] {
            assert!(!is_this_machine(host, "0.0.0.0", local), "{host}");
        }
        assert!(is_this_machine("hyla.lan:8379", "hyla.lan", local));
    }
}
