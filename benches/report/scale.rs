//! How a report grows with the workspace.
//!
//! In: nothing; workspaces of many sizes are made up, `CONJOIN_BENCH_SCALE=real` takes the folder that `CONJOIN_BENCH_PATH`
//! names too. Out: time and peak memory of each on stdout, and `benches/report/scale.svg`.

use std::path::Path;
use std::{env, fs};

use crate::plot::{Line, plot};
use crate::{Done, PATH, command, find, forget, generate, median, parse, seconds};

const SIZES: [usize; 7] = [10_000, 50_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000];
const ROUNDS: usize = 3;

/// Measures every size, as whole processes, and parsing in this one.
pub(crate) fn measure() -> Done<()> {
    let (mut parsing, mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut real = Vec::new();
    println!("   lines  parsing    first    again  memory");
    for size in SIZES {
        let folder = tempfile::tempdir()?;
        generate::workspace(folder.path(), size)?;
        let found = one(folder.path())?;
        parsing.push((found.lines, found.parsing));
        first.push((found.lines, found.first));
        again.push((found.lines, found.again));
        memory.push((found.lines, found.peak as f64));
    }
    if let Some(paths) = env::var_os(PATH) {
        for path in env::split_paths(&paths) {
            let found = one(&path)?;
            real.push((found.lines, found.first));
        }
    }
    let lines = [
        Line { name: "parsing every file", color: "#8c8c8c", points: &parsing },
        Line { name: "first report", color: "#1f6feb", points: &first },
        Line { name: "report again", color: "#2da44e", points: &again },
        Line { name: "first report, real code", color: "#cf222e", points: &real },
    ];
    let page = plot("Seconds by lines of code, both logarithmic", &lines);
    Ok(fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/report/scale.svg"), page)?)
}

/// What was measured of one workspace.
struct Found {
    lines: f64,
    parsing: f64,
    first: f64,
    again: f64,
    peak: usize,
}

fn one(path: &Path) -> Done<Found> {
    let kept = tempfile::tempdir()?;
    let discovery = find(path, kept.path())?;
    let files = &discovery.workspace.files;
    let lines: usize = files.iter().map(|file| file.text.lines().count()).sum();
    let (mut parsing, mut first, mut again, mut peak) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        forget(kept.path())?;
        parsing.push(seconds(|| parse(files))?);
        let (time, memory) = command(path, kept.path())?;
        first.push(time);
        peak = peak.max(memory.unwrap_or(0));
        again.push(command(path, kept.path())?.0);
    }
    let (parsing, first, again) = (median(parsing), median(first), median(again));
    println!("{lines:8} {parsing:7.3} s {first:6.3} s {again:6.3} s {peak:4} MB");
    Ok(Found { lines: lines as f64, parsing, first, again, peak })
}
