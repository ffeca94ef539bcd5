//! Starts the real program for a test and ends it with the test.
#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_hyla-server");
/// No wait in a test is longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// A TCP port that nobody used a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// What a program that ended with code 1 said, standard output and standard error.
pub(crate) fn refused(args: &[&str]) -> String {
    let output = run(args);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    text
}

/// A server, killed when it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    child: Child,
    lines: Mutex<Receiver<String>>,
    pub(crate) log: Vec<String>,
}

impl Server {
    /// Starts with a free port and two I/O threads, and waits until it is ready.
    pub(crate) fn start(args: &[&str]) -> Server {
        let mut command = Command::new(PROGRAM);
        command.args(args);
        if !args.contains(&"--save") {
            // Where a test wants no files there are none.
            command.args(["--save", ""]);
        }
        Server::start_command(command)
    }

    /// The same with files in a directory, and with DEBUG.
    pub(crate) fn start_in(dir: &Path, args: &[&str]) -> Server {
        let dir = dir.to_str().unwrap();
        Server::start(&[&["--dir", dir, "--enable-debug-command", "yes"], args].concat())
    }

    /// The same with a prepared command.
    pub(crate) fn start_command(mut command: Command) -> Server {
        let port = free_port();
        let port_text = port.to_string();
        let mut child = command
            .args(["--io-threads", "2", "--port", &port_text])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let mut server = Server {
            port,
            child,
            lines: Mutex::new(lines),
            log: Vec::new(),
        };
        server.wait_for_line("Ready to accept connections");
        server
    }

    /// Waits for a line of the log.
    pub(crate) fn wait_for_line(&mut self, text: &str) {
        loop {
            let line = self.lines.lock().unwrap().recv_timeout(PATIENCE);
            match line {
                Ok(line) => self.log.push(line),
                Err(error) => panic!("no line with {text:?}: {error}, {:#?}", self.log),
            }
            if self.log.last().is_some_and(|line| line.contains(text)) {
                return;
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid() as i32), signal).unwrap();
    }

    /// Waits for the end and gives the exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server did not end");
    }

    pub(crate) fn connect(&self) -> Client {
        Client::new(TcpStream::connect(("127.0.0.1", self.port)).unwrap())
    }

    /// Processor time so far, in clock ticks of 10 ms.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split(' ').collect();
        fields[12].parse::<u64>().unwrap() + fields[13].parse::<u64>().unwrap()
    }

    /// Open descriptors.
    pub(crate) fn files(&self) -> usize {
        let dir = format!("/proc/{}/fd", self.pid());
        std::fs::read_dir(dir).unwrap().count()
    }

    /// Waits until the server has at most this many descriptors.
    pub(crate) fn wait_for_files(&self, most: usize) {
        let until = Instant::now() + PATIENCE;
        while self.files() > most {
            assert!(Instant::now() < until, "{} open files", self.files());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that waits for nothing forever.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

impl Client {
    /// Sends words and gives the reply's first line.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        self.send(&request(&words));
        self.line()
    }

    pub(crate) fn new(stream: TcpStream) -> Client {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Reads just as many bytes as are expected, and compares them.
    #[track_caller]
    pub(crate) fn expect(&mut self, expected: &[u8]) {
        let mut got = vec![0; expected.len()];
        if let Err(error) = self.stream.read_exact(&mut got) {
            panic!("{error} in place of {} bytes", expected.len());
        }
        if got != expected {
            let at = got.iter().zip(expected).position(|(a, b)| a != b).unwrap();
            let end = got.len().min(at + 80);
            panic!(
                "differs at {at}: {:?}",
                String::from_utf8_lossy(&got[at..end])
            );
        }
    }

    #[track_caller]
    pub(crate) fn roundtrip(&mut self, request: &[u8], expected: &[u8]) {
        self.send(request);
        self.expect(expected);
    }

    /// One line of a reply, without its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        String::from_utf8(line).unwrap()
    }

    /// The text of a bulk string that a request is answered with.
    #[track_caller]
    pub(crate) fn bulk(&mut self, request: &[u8]) -> String {
        self.send(request);
        let head = self.line();
        let len = head.strip_prefix('$').and_then(|len| len.parse().ok());
        let Some(len): Option<usize> = len else {
            panic!("{head}");
        };
        let mut text = vec![0; len + 2];
        self.stream.read_exact(&mut text).unwrap();
        text.truncate(text.len() - 2);
        String::from_utf8(text).unwrap()
    }

    /// Everything until the server closes.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        self.stream.read_to_end(&mut all).unwrap();
        all
    }
}

/// A request in RESP.
pub(crate) fn request(args: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", args.len()).into_bytes();
    for arg in args {
        bytes.extend(bulk(arg));
    }
    bytes
}

/// A bulk string in RESP.
pub(crate) fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}
