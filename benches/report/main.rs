//! What a whole report costs beside reading and beside parsing the same files.
//!
//! In: the workspace that `CONJOIN_BENCH_PATH` names, or one that is made up. Out: medians and ratios on stdout.
//!
//! One process and one thread pool measure all three, one after the other in every round, files warm in the cache.
//! Parsing is given the texts in memory; the report has to find and read them as well. Peak memory is that of another
//! process, which runs the command once and does nothing else.
//!
//! A keystroke is one in the file with most awaits or the one after it, four of them open in the language server; it ends
//! when what is found in the changed text is published.

mod generate;
mod keystroke;

use std::error::Error;
use std::ffi::OsString;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs, io};

use cargo_conjoin::check::{Options, check};
use cargo_conjoin::cli;
use cargo_conjoin::diagnostic::Confidence;
use cargo_conjoin::discover::{Discovery, Selection, discover};
use cargo_conjoin::parse::{STACK_SIZE, forget_spans};
use cargo_conjoin::report::{Format, Report, Style, write};
use cargo_conjoin::source::SourceFile;
use keystroke::Typing;
use rayon::prelude::*;

const ROUNDS: usize = 7;
const PATH: &str = "CONJOIN_BENCH_PATH";
const COMMAND: &str = "CONJOIN_BENCH_COMMAND";
const PEAK: &str = "peak memory: ";

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(path) = env::var_os(COMMAND) {
        run_command(path);
        return Ok(());
    }
    let made_up = tempfile::tempdir()?;
    let path = match env::var_os(PATH) {
        Some(path) => PathBuf::from(path),
        None => {
            generate::workspace(made_up.path())?;
            made_up.path().to_path_buf()
        }
    };
    rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build_global()?;
    measure(&path)
}

fn measure(path: &Path) -> Result<(), Box<dyn Error>> {
    let discovery = find(path)?;
    let files = &discovery.workspace.files;
    let lines: usize = files.iter().map(|file| file.text.lines().count()).sum();
    println!("files {}, lines {lines}, threads {}, rounds {ROUNDS}", files.len(), rayon::current_num_threads());

    let [mut reading, mut parsing, mut reporting, mut typing, mut declaring] = [const { Vec::new() }; 5];
    let mut editor = Typing::begin(path, &discovery.workspace)?;
    for _ in 0..ROUNDS {
        reading.push(seconds(|| read(files))?);
        parsing.push(seconds(|| parse(files))?);
        reporting.push(seconds(|| report(path))?);
        for file in 0..2 {
            typing.extend(editor.strokes(file, "//")?);
            declaring.extend(editor.strokes(file, "fn typed() {}")?);
        }
    }
    editor.end()?;
    let longest = typing.iter().chain(&declaring).copied().fold(0.0, f64::max);
    let (reading, parsing, reporting) = (median(reading), median(parsing), median(reporting));
    let (typing, declaring) = (median(typing), median(declaring));
    println!("reading every file  {reading:7.3} s");
    println!("parsing every file  {parsing:7.3} s");
    println!(
        "the whole report    {reporting:7.3} s, {:.2} x parsing, {:.1} x reading",
        reporting / parsing,
        reporting / reading
    );
    println!("a keystroke         {typing:7.3} s, {:.2} x the whole report", typing / reporting);
    println!(
        "a new declaration   {declaring:7.3} s, {:.2} x the whole report; the longest of all {longest:.3} s",
        declaring / reporting
    );
    println!("peak memory         {:>7} of the command", peak_memory(path)?);
    Ok(())
}

fn seconds(work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed().as_secs_f64())
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn read(files: &[SourceFile]) -> Result<(), Box<dyn Error>> {
    let bytes = files.par_iter().map(|file| Ok(black_box(fs::read(&file.path)?).len())).sum::<io::Result<usize>>()?;
    black_box(bytes);
    Ok(())
}

/// Places are forgotten behind every file, as the report does it, or memory would grow without end.
fn parse(files: &[SourceFile]) -> Result<(), Box<dyn Error>> {
    files.par_iter().for_each(|file| {
        drop(black_box(syn::parse_file(&file.text)));
        forget_spans();
    });
    Ok(())
}

fn report(path: &Path) -> Result<(), Box<dyn Error>> {
    let discovery = find(path)?;
    let options = Options { tests: false, confidence: Confidence::Likely, levels: Vec::new(), provider: None };
    let outcome = check(&discovery.workspace, &options, &|_, _| {});
    let report = Report {
        workspace: &discovery.workspace,
        packages: &discovery.selected_packages,
        repository: None,
        diagnostics: &outcome.diagnostics,
        old: outcome.old,
        is_built: true,
        files: outcome.files,
        lines: outcome.lines,
    };
    let style = Style { color: false, unicode: true, width: 80 };
    Ok(write(&mut io::sink(), &report, Format::Short, style)?)
}

fn find(path: &Path) -> Result<Discovery, Box<dyn Error>> {
    let selection = Selection { paths: vec![path.to_path_buf()], ..Selection::default() };
    discover(&selection, &env::current_dir()?).map_err(|failure| failure.message.into())
}

/// What this program needs when it is the command and nothing else.
fn peak_memory(path: &Path) -> Result<String, Box<dyn Error>> {
    let output = Command::new(env::current_exe()?).env(COMMAND, path).output()?;
    let said = String::from_utf8(output.stderr)?;
    Ok(said.lines().rev().find_map(|line| line.strip_prefix(PEAK)).unwrap_or("unknown").to_owned())
}

fn run_command(path: OsString) {
    cli::run(vec!["cargo-conjoin".into(), "--message-format=short".into(), path]);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    if let Some(kilobytes) = peak {
        let kilobytes: usize = kilobytes;
        eprintln!("{PEAK}{} MB", kilobytes / 1024);
    }
}
