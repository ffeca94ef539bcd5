//! Scaling mode: CPU time of the main operation of each type on collections from a thousand to a million elements.

use anyhow::Result;
use serde::Serialize;

use crate::args::Settings;
use crate::load::{Batches, Load};
use crate::rate::prepare;
use crate::report::{Report, show_us};
use crate::workload::Workload;
use crate::workload::scaling::ROWS;

const DEPTH: usize = 16;
const CONNECTIONS: usize = 50;
const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// One operation on one server.
#[derive(Serialize)]
pub(crate) struct ScalingRow {
    operation: &'static str,
    server: String,
    /// Elements of the collection, and the server's CPU time for each operation.
    cpu_us_per_op: Vec<(u64, f64)>,
}

/// Runs all of it.
pub(crate) fn run(settings: &Settings, report: &mut Report) -> Result<()> {
    let sizes: Vec<u64> = SIZES.into_iter().filter(|n| *n <= settings.keys).collect();
    println!("\nScaling: CPU us/op on collections of so many elements, pipeline {DEPTH}");
    print!("{:<20} {:<8}", "operation", "server");
    for size in &sizes {
        print!(" {size:>9}");
    }
    println!(" {:>9}", "growth");
    for workload in ROWS {
        for index in 0..settings.specs.len() {
            let row = measure(settings, index, workload, &sizes)?;
            print!(
                "{:<20} {:<8}",
                if index == 0 { workload.name } else { "" },
                row.server
            );
            for (_, us) in &row.cpu_us_per_op {
                print!(" {:>9}", show_us(*us));
            }
            if let (Some(first), Some(last)) = (row.cpu_us_per_op.first(), row.cpu_us_per_op.last())
            {
                print!(" {:>9.2}", last.1 / first.1);
            }
            println!();
            report.scaling.push(row);
        }
    }
    Ok(())
}

fn measure(
    settings: &Settings,
    index: usize,
    workload: &Workload,
    sizes: &[u64],
) -> Result<ScalingRow> {
    let server = settings.start(index)?;
    let mut load = Load::connect(&server, CONNECTIONS)?;
    let mut cpu_us_per_op = Vec::new();
    for size in sizes {
        let mut batches = Batches::prepare(workload, DEPTH, *size, settings.seed);
        let mut found = Vec::new();
        for _ in 0..settings.rounds {
            prepare(&server, &mut load, workload, *size)?;
            batches.rewind();
            let sample = load.run(&server, &mut batches, settings.round / 10, settings.round)?;
            found.push(sample.server_cpu_ns as f64 / 1e3 / sample.ops as f64);
        }
        found.sort_by(f64::total_cmp);
        cpu_us_per_op.push((*size, found[found.len() / 2]));
    }
    Ok(ScalingRow {
        operation: workload.name,
        server: server.name.clone(),
        cpu_us_per_op,
    })
}
