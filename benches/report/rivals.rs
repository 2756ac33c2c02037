//! Other programs over the same workspace, each as a user starts it.
//!
//! In: a workspace. Out: times beside that of the command, one after the other in every round; what is not installed, or
//! does not work there, says so.
//!
//! The rule of `ast-grep` is two `let`s in a row that await: a third of the question, by far the cheapest third.

use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::{Done, command, forget, median, seconds};

const ROUNDS: usize = 5;

const RULE: &str = "\
id: two-awaits
language: rust
message: two awaits in a row
severity: warning
rule:
  kind: let_declaration
  has: { kind: await_expression, stopBy: end }
  precedes: { kind: let_declaration, has: { kind: await_expression, stopBy: end } }
";

/// Measures the command and every rival.
pub(crate) fn measure(path: &Path, kept: &Path, lines: usize) -> Done<()> {
    fs::write(kept.join("rule.yml"), RULE)?;
    let (mut first, mut again, mut peak) = (Vec::new(), Vec::new(), None);
    let mut rivals = [
        ("ast-grep scan, one rule", ast_grep(path, kept)),
        ("cargo fmt --check", in_workspace(path, "cargo", &["fmt", "--all", "--check"])),
        ("cargo check, warm", in_workspace(path, "cargo", &["check", "--offline", "--quiet", "--workspace"])),
    ]
    .map(|(name, command)| (name, command, Vec::new()));
    for rival in rivals.iter_mut().skip(2) {
        drop(run(&mut rival.1));
    }
    for _ in 0..ROUNDS {
        forget(kept)?;
        let (time, memory) = command(path, kept)?;
        first.push(time);
        peak = memory.max(peak);
        again.push(command(path, kept)?.0);
        for (_, rival, times) in &mut rivals {
            times.extend(run(rival)?);
        }
    }
    let first = median(first);
    println!("the command, first      {first:7.3} s");
    println!("the command, again      {:7.3} s", median(again));
    for (name, _, times) in rivals {
        match times.is_empty() {
            true => println!("{name:23} is not installed, or does not work here"),
            false => {
                let time = median(times);
                println!("{name:23} {time:7.3} s, {:5.2} x the command", time / first);
            }
        }
    }
    match peak {
        Some(peak) => {
            println!("peak memory             {peak} MB, {} MB for a million lines", peak * 1_000_000 / lines.max(1));
        }
        None => println!("peak memory             unknown on this system"),
    }
    Ok(())
}

fn ast_grep(path: &Path, kept: &Path) -> Command {
    let mut command = Command::new(env::var_os("CONJOIN_BENCH_AST_GREP").unwrap_or("ast-grep".into()));
    command.args(["scan", "--json=stream", "--rule"]).arg(kept.join("rule.yml")).arg(path);
    command
}

fn in_workspace(path: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(path);
    command
}

/// How long it takes; `None` where it does not run. What finds something says so on stdout, and in its exit code.
fn run(command: &mut Command) -> Done<Option<f64>> {
    let mut is_run = false;
    let time = seconds(|| {
        let ended = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
        is_run = ended.is_ok_and(|ended| ended.status.success() || !ended.stdout.is_empty());
        Ok(())
    })?;
    Ok(is_run.then_some(time))
}
