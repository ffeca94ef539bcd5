//! Figures and how they are shown: spreads over rounds, the aligned table, the JSON file. Must not
//! measure anything.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::args::Settings;
use crate::files::FilesRow;
use crate::grow::GrowRow;
use crate::memory::MemoryRow;
use crate::pauses::PauseRow;
use crate::rate::RateRow;
use crate::scaling::ScalingRow;
use crate::server::Server;

/// A figure over rounds.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of one figure a round. All zero when there is none.
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return Self {
                median: 0.0,
                min: 0.0,
                max: 0.0,
            };
        };
        let middle = sorted.len() / 2;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        } else {
            sorted[middle]
        };
        Self { median, min, max }
    }

    /// Ratio of the medians of two servers, with the least and the greatest ratio of one paired round.
    pub(crate) fn ratio(ours: &[f64], theirs: &[f64]) -> Self {
        let pairs: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
        Self {
            median: Self::of(ours).median / Self::of(theirs).median,
            ..Self::of(&pairs)
        }
    }

    /// `0.45 [0.43..0.47]`.
    pub(crate) fn show_ratio(&self) -> String {
        format!("{:.2} [{:.2}..{:.2}]", self.median, self.min, self.max)
    }
}

/// Everything that a run found, as the JSON file holds it.
#[derive(Serialize)]
pub(crate) struct Report {
    command: Vec<String>,
    machine: Machine,
    settings: Vec<(&'static str, String)>,
    servers: Vec<ServerInfo>,
    pub(crate) rate: Vec<RateRow>,
    pub(crate) memory: Vec<MemoryRow>,
    pub(crate) grow: Vec<GrowRow>,
    pub(crate) scaling: Vec<ScalingRow>,
    pub(crate) pauses: Vec<PauseRow>,
    pub(crate) files: Vec<FilesRow>,
    pub(crate) notes: Vec<String>,
}

#[derive(Serialize)]
struct Machine {
    cpu: String,
    cpus: usize,
    kernel: String,
}

/// A server as it was started.
#[derive(Serialize)]
pub(crate) struct ServerInfo {
    name: String,
    version: String,
    path: String,
    args: String,
}

impl Report {
    /// An empty report, whose head is printed.
    pub(crate) fn begin(settings: &Settings) -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo.lines().find_map(|l| l.strip_prefix("model name"));
        let machine = Machine {
            cpu: model
                .map_or("unknown", |m| m.trim_start_matches(['\t', ' ', ':']))
                .to_owned(),
            cpus: settings.cpus_present,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .to_owned(),
        };
        let pinning = match settings.cpus {
            Some((server, client)) => {
                format!("server on CPU {server}, load generator on CPU {client}")
            }
            None => "none: all on all CPUs, each server's own default of I/O threads".to_owned(),
        };
        println!(
            "CPU       {} ({} CPUs), Linux {}",
            machine.cpu, machine.cpus, machine.kernel
        );
        println!("pinning   {pinning}");
        let rounds = format!(
            "{} of {:.2} s each, alternating",
            settings.rounds,
            settings.round.as_secs_f64()
        );
        println!("rounds    {rounds}");
        println!("keys      {} (seed {})", settings.keys, settings.seed);
        if cfg!(debug_assertions) {
            println!("WARNING   this load generator is a debug build; rates are too low");
        }
        for note in &settings.notes {
            println!("note      {note}");
        }
        Self {
            command: std::env::args().collect(),
            machine,
            settings: vec![
                ("pinning", pinning),
                ("rounds", rounds),
                ("keys", settings.keys.to_string()),
            ],
            servers: Vec::new(),
            rate: Vec::new(),
            memory: Vec::new(),
            grow: Vec::new(),
            scaling: Vec::new(),
            pauses: Vec::new(),
            files: Vec::new(),
            notes: settings.notes.clone(),
        }
    }

    /// Keeps and prints how a server is started.
    pub(crate) fn add_server(&mut self, server: &Server) {
        let info = ServerInfo {
            name: server.name.clone(),
            version: server.version.clone(),
            path: server.path.display().to_string(),
            args: server
                .args
                .iter()
                .map(|a| if a.is_empty() { "\"\"" } else { a.as_str() })
                .collect::<Vec<_>>()
                .join(" "),
        };
        println!("{:<9} {}", info.name, info.version);
        println!("          {} {}", info.path, info.args);
        self.servers.push(info);
    }

    /// Keeps and prints a remark.
    pub(crate) fn note(&mut self, text: String) {
        println!("  note: {text}");
        self.notes.push(text);
    }

    /// Writes the JSON file.
    pub(crate) fn write_json(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// A number of microseconds with three significant digits or more.
pub(crate) fn show_us(us: f64) -> String {
    match us {
        us if us < 9.995 => format!("{us:.3}"),
        us if us < 99.95 => format!("{us:.1}"),
        us => format!("{us:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_and_ratios() {
        let s = Spread::of(&[3.0, 1.0, 2.0]);
        assert_eq!((s.median, s.min, s.max), (2.0, 1.0, 3.0));
        assert_eq!(Spread::of(&[1.0, 2.0]).median, 1.5);
        let r = Spread::ratio(&[1.0, 2.0, 3.0], &[2.0, 2.0, 2.0]);
        assert_eq!((r.median, r.min, r.max), (1.0, 0.5, 1.5));
        assert_eq!(r.show_ratio(), "1.00 [0.50..1.50]");
    }

    #[test]
    fn microseconds_keep_their_digits() {
        assert_eq!(show_us(0.4567), "0.457");
        assert_eq!(show_us(45.67), "45.7");
        assert_eq!(show_us(456.7), "457");
    }
}
