//! Directive rows: network, tls, general, threads. Knows no values, only how to reach and describe them.

use super::{Directive, Kind, Section};
use crate::config::checks;
use crate::config::directive::field;
use crate::config::settings::*;

/// The sections of this file, in order.
pub(super) const SECTIONS: &[Section] = &[
    Section {
        title: "Network",
        rows: NETWORK,
    },
    Section {
        title: "TLS",
        rows: TLS,
    },
    Section {
        title: "General",
        rows: GENERAL,
    },
    Section {
        title: "Threads",
        rows: THREADS,
    },
];

const NETWORK: &[Directive] = &[
    Directive::new(
        "bind",
        Kind::Bind,
        field!(bind),
        "127.0.0.1 -::1",
        "Addresses to listen on; a leading `-` makes an address optional.",
    )
    .multi(),
    Directive::new(
        "bind-source-addr",
        Kind::Text,
        field!(bind_source_addr),
        "",
        "Local address for outgoing connections to replication and cluster peers.",
    )
    .nullable()
    .later(),
    Directive::new(
        "protected-mode",
        Kind::Bool,
        field!(protected_mode),
        "yes",
        "Refuse non-loopback clients while no password is set and no address is bound.",
    ),
    Directive::new(
        "port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(port),
        "6379",
        "TCP port for clients; 0 turns TCP off.",
    ),
    Directive::new(
        "tcp-backlog",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(tcp_backlog),
        "511",
        "Length of the accept queue of a listening socket.",
    )
    .immutable(),
    Directive::new(
        "unixsocket",
        Kind::Text,
        field!(unixsocket),
        "",
        "Path of the Unix socket to listen on; empty for none.",
    )
    .immutable()
    .nullable(),
    Directive::new(
        "unixsocketperm",
        Kind::Octal { max: 0o777 },
        field!(unixsocketperm),
        "0",
        "Permission bits of the Unix socket, in octal; 0 leaves what umask gives.",
    )
    .immutable(),
    Directive::new(
        "timeout",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(timeout),
        "0",
        "Seconds after which an idle client is closed; 0 for never.",
    ),
    Directive::new(
        "tcp-keepalive",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(tcp_keepalive),
        "300",
        "Seconds between TCP keepalive probes; 0 turns them off.",
    ),
    Directive::new(
        "socket-mark-id",
        Kind::Integer {
            min: 0,
            max: u32::MAX as u64,
        },
        field!(socket_mark_id),
        "0",
        "Mark put on listening sockets for packet filtering; 0 for none.",
    )
    .immutable()
    .later(),
    Directive::new(
        "http-port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(http_port),
        "0",
        "TCP port of the playground's HTTP server; 0 turns it off.",
    )
    .immutable(),
    Directive::new(
        "http-bind",
        Kind::Text,
        field!(http_bind),
        "127.0.0.1",
        "Address that the HTTP server listens on.",
    )
    .immutable(),
    Directive::new(
        "http-dir",
        Kind::Text,
        field!(http_dir),
        "www/dist",
        "Directory that the HTTP server shows, seen from where the server was started.",
    )
    .immutable(),
];

const TLS: &[Directive] = &[
    Directive::new(
        "tls-port",
        Kind::Integer {
            min: 0,
            max: u16::MAX as u64,
        },
        field!(tls_port),
        "0",
        "TCP port for TLS clients; 0 turns it off.",
    )
    .later(),
    Directive::new(
        "tls-cert-file",
        Kind::Text,
        field!(tls_cert_file),
        "",
        "Certificate of the server, PEM.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-key-file",
        Kind::Text,
        field!(tls_key_file),
        "",
        "Private key of the server, PEM.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-key-file-pass",
        Kind::Text,
        field!(tls_key_file_pass),
        "",
        "Passphrase of the server's private key.",
    )
    .sensitive()
    .nullable()
    .later(),
    Directive::new(
        "tls-client-cert-file",
        Kind::Text,
        field!(tls_client_cert_file),
        "",
        "Certificate for outgoing TLS connections, PEM.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-client-key-file",
        Kind::Text,
        field!(tls_client_key_file),
        "",
        "Private key for outgoing TLS connections, PEM.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-client-key-file-pass",
        Kind::Text,
        field!(tls_client_key_file_pass),
        "",
        "Passphrase of the outgoing connections' private key.",
    )
    .sensitive()
    .nullable()
    .later(),
    Directive::new(
        "tls-dh-params-file",
        Kind::Text,
        field!(tls_dh_params_file),
        "",
        "Diffie-Hellman parameters.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-ca-cert-file",
        Kind::Text,
        field!(tls_ca_cert_file),
        "",
        "Bundle of trusted certificate authorities.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-ca-cert-dir",
        Kind::Text,
        field!(tls_ca_cert_dir),
        "",
        "Directory of trusted certificate authorities.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-auth-clients",
        Kind::Choice(TlsAuthClients::NAMES),
        field!(tls_auth_clients),
        "yes",
        "Whether TLS clients have to show a certificate.",
    )
    .later(),
    Directive::new(
        "tls-replication",
        Kind::Bool,
        field!(tls_replication),
        "no",
        "Use TLS towards the master.",
    )
    .later(),
    Directive::new(
        "tls-cluster",
        Kind::Bool,
        field!(tls_cluster),
        "no",
        "Use TLS on the cluster bus.",
    )
    .later(),
    Directive::new(
        "tls-protocols",
        Kind::Text,
        field!(tls_protocols),
        "",
        "TLS versions that are allowed.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-ciphers",
        Kind::Text,
        field!(tls_ciphers),
        "",
        "Cipher list up to TLS 1.2.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-ciphersuites",
        Kind::Text,
        field!(tls_ciphersuites),
        "",
        "Cipher suites of TLS 1.3.",
    )
    .nullable()
    .later(),
    Directive::new(
        "tls-prefer-server-ciphers",
        Kind::Bool,
        field!(tls_prefer_server_ciphers),
        "no",
        "The server's order of ciphers decides.",
    )
    .later(),
    Directive::new(
        "tls-session-caching",
        Kind::Bool,
        field!(tls_session_caching),
        "yes",
        "Keep TLS sessions for resumption.",
    )
    .later(),
    Directive::new(
        "tls-session-cache-size",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(tls_session_cache_size),
        "20480",
        "Number of TLS sessions kept.",
    )
    .later(),
    Directive::new(
        "tls-session-cache-timeout",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(tls_session_cache_timeout),
        "300",
        "Seconds that a TLS session is kept.",
    )
    .later(),
];

const GENERAL: &[Directive] = &[
    Directive::new(
        "daemonize",
        Kind::Bool,
        field!(daemonize),
        "no",
        "Run in the background.",
    )
    .immutable(),
    Directive::new(
        "supervised",
        Kind::Choice(Supervised::NAMES),
        field!(supervised),
        "no",
        "Report readiness to a service manager.",
    )
    .immutable(),
    Directive::new(
        "pidfile",
        Kind::Text,
        field!(pidfile),
        "",
        "File that holds the process id while the server runs.",
    )
    .immutable()
    .nullable(),
    Directive::new(
        "loglevel",
        Kind::Choice(LogLevel::NAMES),
        field!(loglevel),
        "notice",
        "Least severe log line that is written.",
    ),
    Directive::new(
        "logfile",
        Kind::Text,
        field!(logfile),
        "",
        "File for log lines; empty for standard output.",
    )
    .immutable(),
    Directive::new(
        "syslog-enabled",
        Kind::Bool,
        field!(syslog_enabled),
        "no",
        "Send log lines to syslog too.",
    )
    .immutable()
    .later(),
    Directive::new(
        "syslog-ident",
        Kind::Text,
        field!(syslog_ident),
        "redis",
        "Name in syslog lines.",
    )
    .immutable()
    .later(),
    Directive::new(
        "syslog-facility",
        Kind::Choice(SyslogFacility::NAMES),
        field!(syslog_facility),
        "local0",
        "Facility of syslog lines.",
    )
    .immutable()
    .later(),
    Directive::new(
        "crash-log-enabled",
        Kind::Bool,
        field!(crash_log_enabled),
        "yes",
        "Write a report when the process crashes.",
    )
    .later(),
    Directive::new(
        "crash-memcheck-enabled",
        Kind::Bool,
        field!(crash_memcheck_enabled),
        "yes",
        "Test memory when the process crashes.",
    )
    .later(),
    Directive::new(
        "use-exit-on-panic",
        Kind::Bool,
        field!(use_exit_on_panic),
        "no",
        "Leave with exit instead of abort after a failed assertion.",
    )
    .hidden()
    .later(),
    Directive::new(
        "databases",
        Kind::Integer {
            min: 1,
            max: i32::MAX as u64,
        },
        field!(databases),
        "16",
        "Number of databases.",
    )
    .immutable(),
    Directive::new(
        "always-show-logo",
        Kind::Bool,
        field!(always_show_logo),
        "no",
        "Show the logo when the log is no terminal.",
    )
    .immutable(),
    Directive::new(
        "set-proc-title",
        Kind::Bool,
        field!(set_proc_title),
        "yes",
        "Show server facts in the process title.",
    )
    .immutable()
    .later(),
    Directive::new(
        "proc-title-template",
        Kind::Checked(checks::title_template),
        field!(proc_title_template),
        "{title} {listen-addr} {server-mode}",
        "Form of the process title.",
    )
    .later(),
    Directive::new(
        "locale-collate",
        Kind::Text,
        field!(locale_collate),
        "",
        "Locale that orders strings in SORT ALPHA.",
    )
    .later(),
    Directive::new(
        "ignore-warnings",
        Kind::Text,
        field!(ignore_warnings),
        "",
        "Start-up warnings to leave out.",
    )
    .later(),
    Directive::new(
        "hz",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(hz),
        "10",
        "Background runs a second, from 1 to 500.",
    ),
    Directive::new(
        "dynamic-hz",
        Kind::Bool,
        field!(dynamic_hz),
        "yes",
        "Raise hz while there are many clients.",
    )
    .later(),
    Directive::new(
        "disable-thp",
        Kind::Bool,
        field!(disable_thp),
        "yes",
        "Turn transparent huge pages off for the process.",
    )
    .immutable(),
    Directive::new(
        "oom-score-adj",
        Kind::Choice(OomScoreAdj::NAMES),
        field!(oom_score_adj),
        "no",
        "Tell the kernel which process to end first when memory is short.",
    )
    .later(),
    Directive::new(
        "oom-score-adj-values",
        Kind::OomScoreAdjValues,
        field!(oom_score_adj_values),
        "0 200 800",
        "Scores for master, replica and background process.",
    )
    .multi()
    .later(),
    Directive::new(
        "shutdown-timeout",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(shutdown_timeout),
        "10",
        "Seconds that SHUTDOWN waits for lagging replicas.",
    )
    .later(),
    Directive::new(
        "shutdown-on-sigint",
        Kind::ShutdownFlags,
        field!(shutdown_on_sigint),
        "default",
        "What SIGINT does to the data set.",
    )
    .multi(),
    Directive::new(
        "shutdown-on-sigterm",
        Kind::ShutdownFlags,
        field!(shutdown_on_sigterm),
        "default",
        "What SIGTERM does to the data set.",
    )
    .multi(),
    Directive::new(
        "enable-protected-configs",
        Kind::Choice(Guard::NAMES),
        field!(enable_protected_configs),
        "no",
        "Who may change protected directives with CONFIG SET.",
    )
    .immutable(),
    Directive::new(
        "enable-debug-command",
        Kind::Choice(Guard::NAMES),
        field!(enable_debug_command),
        "no",
        "Who may call DEBUG.",
    )
    .immutable(),
    Directive::new(
        "enable-module-command",
        Kind::Choice(Guard::NAMES),
        field!(enable_module_command),
        "no",
        "Who may call MODULE.",
    )
    .immutable(),
    Directive::new(
        "propagation-error-behavior",
        Kind::Choice(PropagationErrorBehavior::NAMES),
        field!(propagation_error_behavior),
        "ignore",
        "What an error in a replicated command does.",
    )
    .later(),
    Directive::new(
        "watchdog-period",
        Kind::Integer {
            min: 0,
            max: i32::MAX as u64,
        },
        field!(watchdog_period),
        "0",
        "Milliseconds after which a stalled loop is reported; 0 for never.",
    )
    .hidden()
    .later(),
];

const THREADS: &[Directive] = &[
    Directive::new(
        "io-threads",
        Kind::Integer { min: 1, max: 128 },
        field!(io_threads),
        "1",
        "Number of I/O threads.",
    )
    .immutable(),
    Directive::new(
        "io-threads-do-reads",
        Kind::Bool,
        field!(io_threads_do_reads),
        "no",
        "Parse input on I/O threads.",
    )
    .immutable(),
    Directive::new(
        "server_cpulist",
        Kind::Text,
        field!(server_cpulist),
        "",
        "CPUs of the I/O threads.",
    )
    .immutable()
    .nullable()
    .later(),
    Directive::new(
        "bio_cpulist",
        Kind::Text,
        field!(bio_cpulist),
        "",
        "CPUs of background threads.",
    )
    .immutable()
    .nullable()
    .later(),
    Directive::new(
        "aof_rewrite_cpulist",
        Kind::Text,
        field!(aof_rewrite_cpulist),
        "",
        "CPUs of the append-only file's rewrite.",
    )
    .immutable()
    .nullable()
    .later(),
    Directive::new(
        "bgsave_cpulist",
        Kind::Text,
        field!(bgsave_cpulist),
        "",
        "CPUs of BGSAVE.",
    )
    .immutable()
    .nullable()
    .later(),
];
