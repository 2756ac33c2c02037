//! What a whole report costs beside reading and beside parsing the same files, anew and again, and beside other tools.
//!
//! In: the workspace that `CONJOIN_BENCH_PATH` names, or one that is made up. Out: medians and ratios on stdout.
//!
//! One process and one thread pool measure reading, parsing and reports, one after the other in every round, files warm in
//! the memory. Parsing is given the texts; a report has to find and read them as well. Other tools are started as a user
//! starts them, and so is the command, for comparison and for its peak memory. What is kept between runs lies in a folder of
//! the bench's own; nothing is written into a workspace that is not made up.
//!
//! A keystroke is one in the file with most awaits or the one after it, four of them open in the language server; it ends
//! when what is found in the changed text is published.
//!
//! `CONJOIN_BENCH_SCALE` measures made-up workspaces of many sizes instead and draws `benches/report/scale.svg`.

mod generate;
mod keystroke;
mod plot;
mod rivals;
mod scale;

use std::error::Error;
use std::ffi::OsString;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, io};

use cargo_conjoin::cache::Cache;
use cargo_conjoin::check::{Options, Outcome, Run, run};
use cargo_conjoin::cli;
use cargo_conjoin::discover::{Discovery, Selection, discover};
use cargo_conjoin::parse::{STACK_SIZE, forget_spans};
use cargo_conjoin::report::{Format, Report, Style, write};
use cargo_conjoin::source::SourceFile;
use keystroke::Typing;
use rayon::prelude::*;

const ROUNDS: usize = 5;
const LINES: usize = 400_000;
const PATH: &str = "CONJOIN_BENCH_PATH";
const SCALE: &str = "CONJOIN_BENCH_SCALE";
const COMMAND: &str = "CONJOIN_BENCH_COMMAND";
const PEAK: &str = "peak memory: ";

/// Anything that can go wrong ends the bench.
type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    if let Some(path) = env::var_os(COMMAND) {
        run_command(path);
        return Ok(());
    }
    rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build_global()?;
    if env::var_os(SCALE).is_some() {
        return scale::measure();
    }
    let made_up = tempfile::tempdir()?;
    match env::var_os(PATH) {
        Some(path) => measure(&fs::canonicalize(path)?),
        None => {
            generate::workspace(made_up.path(), LINES)?;
            measure(made_up.path())
        }
    }
}

/// Medians of reading, parsing, a report, one that keeps what it finds, one after nothing has changed, one after an edit.
fn measure(path: &Path) -> Done<()> {
    let kept = tempfile::tempdir()?;
    let discovery = find(path, kept.path())?;
    let files = &discovery.workspace.files;
    let lines: usize = files.iter().map(|file| file.text.lines().count()).sum();
    println!("files {}, lines {lines}, threads {}, rounds {ROUNDS}", files.len(), rayon::current_num_threads());
    let edits = edits(&discovery);
    let mut times = [const { Vec::new() }; 8];
    let mut editor = Typing::begin(path, &discovery.workspace)?;
    for round in 0..ROUNDS {
        forget(kept.path())?;
        let report = |edit| seconds(|| report(path, Some(kept.path()), edit));
        times[0].push(seconds(|| read(files))?);
        times[1].push(seconds(|| parse(files))?);
        times[2].push(seconds(|| self::report(path, None, None))?);
        times[3].push(report(None)?);
        times[4].push(report(None)?);
        times[5].push(report(edits.get(round % edits.len().max(1)))?);
        for file in 0..2 {
            times[6].extend(editor.strokes(file, "//")?);
            times[7].extend(editor.strokes(file, "fn typed() {}")?);
        }
    }
    editor.end()?;
    let longest = times[6].iter().chain(&times[7]).copied().fold(0.0, f64::max);
    let times = times.map(median);
    let names = [
        "reading every file",
        "parsing every file",
        "a report, nothing kept",
        "the first report",
        "the same again",
        "after an edit",
        "a keystroke",
        "a new declaration",
    ];
    for (name, time) in names.iter().zip(times) {
        println!(
            "{name:23} {time:7.3} s, {:5.2} x parsing, {:5.2} x the first report",
            time / times[1],
            time / times[3]
        );
    }
    println!("{:23} {longest:7.3} s", "the longest of both");
    rivals::measure(path, kept.path(), lines)
}

/// Other texts of some files: a statement more in the first async function.
fn edits(discovery: &Discovery) -> Vec<(usize, String)> {
    let selected = discovery.workspace.files.iter().enumerate().filter(|(_, file)| file.is_selected);
    let edited = selected.filter_map(|(number, file)| {
        let function = file.text.find("async fn ")?;
        let open = function + file.text[function..].find("{\n")? + 2;
        let (before, behind) = file.text.split_at(open);
        Some((number, format!("{before}    let _edited = 1;\n{behind}")))
    });
    let all: Vec<(usize, String)> = edited.collect();
    let step = (all.len() / ROUNDS).max(1);
    all.into_iter().step_by(step).collect()
}

pub(crate) fn seconds(work: impl FnOnce() -> Done<()>) -> Done<f64> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed().as_secs_f64())
}

pub(crate) fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn read(files: &[SourceFile]) -> Done<()> {
    let bytes = files.par_iter().map(|file| Ok(black_box(fs::read(&file.path)?).len())).sum::<io::Result<usize>>()?;
    black_box(bytes);
    Ok(())
}

/// Places are forgotten behind every file, as the report does it, or memory would grow without end.
pub(crate) fn parse(files: &[SourceFile]) -> Done<()> {
    files.par_iter().for_each(|file| {
        drop(black_box(syn::parse_file(&file.text)));
        forget_spans();
    });
    Ok(())
}

/// A report, from finding the files to writing lines; one file may have another text.
pub(crate) fn report(path: &Path, kept: Option<&Path>, edit: Option<&(usize, String)>) -> Done<()> {
    let mut discovery = find(path, kept.unwrap_or(Path::new("")))?;
    if let Some((number, text)) = edit {
        let file = &mut discovery.workspace.files[*number];
        *file = file.with_text(text.clone());
    }
    let outcome = look(&discovery, kept.is_some());
    let report = Report {
        workspace: &discovery.workspace,
        packages: &discovery.selected_packages,
        repository: None,
        diagnostics: &outcome.diagnostics,
        old: outcome.old,
        built: None,
        files: outcome.files,
        lines: outcome.lines,
    };
    let style = Style { color: false, unicode: true, width: 80 };
    Ok(write(&mut io::sink(), &report, Format::Short, style)?)
}

fn look(discovery: &Discovery, is_kept: bool) -> Outcome {
    let options = Options::default();
    let cache = is_kept.then(|| Cache::new(&discovery.workspace, &options)).flatten();
    run(&discovery.workspace, &options, &Run { cache: cache.as_ref(), progress: &|_, _| {}, is_last: false })
}

/// The files of a workspace, which is told that it is built in a folder of ours.
pub(crate) fn find(path: &Path, kept: &Path) -> Done<Discovery> {
    let selection = Selection { paths: vec![path.to_path_buf()], ..Selection::default() };
    let mut discovery = discover(&selection, &env::current_dir()?).map_err(|failure| failure.message)?;
    discovery.workspace.roots.iter_mut().for_each(|root| root.target_directory = kept.to_path_buf());
    Ok(discovery)
}

/// Makes the next report the first one.
pub(crate) fn forget(kept: &Path) -> Done<()> {
    match fs::remove_dir_all(kept.join("conjoin-cache")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// The command as a process of its own: its time, and what it says of its peak memory, in megabytes.
pub(crate) fn command(path: &Path, target: &Path) -> Done<(f64, Option<usize>)> {
    let begin = Instant::now();
    let mut command = Command::new(env::current_exe()?);
    command.env(COMMAND, path).env("CARGO_TARGET_DIR", target).stdout(Stdio::null());
    let output = command.output()?;
    let time = begin.elapsed().as_secs_f64();
    let said = String::from_utf8(output.stderr)?;
    let peak = said.lines().rev().find_map(|line| line.strip_prefix(PEAK)?.parse().ok());
    Ok((time, peak))
}

fn run_command(path: OsString) {
    cli::run(vec!["cargo-conjoin".into(), "--message-format=short".into(), path]);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    if let Some(kilobytes) = peak {
        let kilobytes: usize = kilobytes;
        eprintln!("{PEAK}{}", kilobytes / 1024);
    }
}
