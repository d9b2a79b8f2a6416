//! The command line: what is asked, what is shown, where files go. Nothing numerical happens here.

mod diagnostic;
mod example;
mod explain;
mod watch;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Diagnosis};
use crate::io;
use crate::plot::{self, FigureData};
use crate::problem;
use crate::progress::Progress;
use crate::report;
use crate::study::{self, Solution, StudyError};

/// Escape rates of stochastic gradient descent from the Fokker–Planck equation, right to the last digits.
#[derive(Parser)]
#[command(name = "saddleflux", version, about, after_help = "Begin with `saddleflux init` and `saddleflux run`.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Solve one problem: summary on the terminal; result.h5, summary.json and plots in the output folder
    Run(Problem),
    /// Validate and explain a configuration without solving it
    Check(Problem),
    /// Refine the grid for several schemes and angles: errors, observed orders, time and memory
    Converge(Problem),
    /// Particles only: the escape rate that they show, with its error bar
    Simulate(Problem),
    /// Redraw the plots of a result
    Plot {
        /// A result.h5
        result: PathBuf,
        /// Folder for the plots [default: the result's]
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Write a commented starting configuration, or list the examples
    Init {
        /// Name of an example
        name: Option<String>,
    },
    #[command(hide = true)]
    Sweep(Later),
    #[command(hide = true)]
    Verify(Later),
}

#[derive(Args)]
struct Later {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _rest: Vec<String>,
}

#[derive(Args)]
struct Problem {
    /// Configuration file (TOML)
    config: PathBuf,
    /// Output folder [default: output/<config name>]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Set a key, as in --set noise.temperature=0.1 (repeatable)
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    overrides: Vec<String>,
    /// Threads [default: all cores]; results do not depend on it
    #[arg(long, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    threads: Option<usize>,
    /// Print summary.json on standard output, and nothing else there
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

/// What ends a command early: the exit status, and the message to print.
struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    fn new(status: u8, message: impl Into<String>) -> Failure {
        Failure { status, message: message.into() }
    }
}

/// Runs the command line and returns the exit status; the message of a failure has been printed.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to fail twice.
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    let result = match cli.command {
        Command::Run(problem) => run(&problem),
        Command::Check(problem) => check(&problem),
        Command::Plot { result, out } => redraw(&result, out.as_deref()),
        Command::Init { name } => example::init(name.as_deref()),
        Command::Sweep(_) => later("sweep"),
        Command::Verify(_) => later("verify"),
        Command::Converge(problem) => converge(&problem),
        Command::Simulate(problem) => simulate(&problem),
    };
    match result {
        Ok(()) => 0,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{}", failure.message.trim_end());
            failure.status
        }
    }
}

fn later(command: &str) -> Result<(), Failure> {
    Err(Failure::new(
        2,
        format!(
            "error: `{command}` comes with a later version; this one has run, check, converge, simulate, plot and init"
        ),
    ))
}

/// Prints to standard output; a reader that has gone away (`| head`) is no error.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn configuration(problem: &Problem) -> Result<Config, Failure> {
    Config::from_path(&problem.config, &problem.overrides)
        .map_err(|error| Failure::new(2, diagnostic::config_error(&error)))
}

/// Runs `work` on the threads that were asked for, watched by a progress bar and by Ctrl-C.
fn watched<T: Send>(problem: &Problem, work: impl FnOnce(&Progress, usize) -> T + Send) -> Result<T, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(problem.threads.unwrap_or(0)).build();
    let pool = pool.map_err(|error| Failure::new(2, format!("error: --threads: {error}")))?;
    let threads = pool.current_num_threads();
    let progress = Arc::new(Progress::default());
    let watch = watch::Watch::start(&progress, problem.quiet || problem.json)
        .map_err(|error| Failure::new(3, format!("error: cannot watch for Ctrl-C: {error}")))?;
    let result = pool.install(|| work(&progress, threads));
    drop(watch);
    Ok(result)
}

/// The problem that a configuration poses.
fn posed(config: &Config, progress: &Progress) -> Result<problem::Problem, StudyError> {
    progress.begin("reading the landscape", 0);
    Ok(config.problem()?)
}

fn study_failure(config: &Config, error: &StudyError) -> Failure {
    let diagnosis = Diagnosis::of_study(error);
    let message = match error {
        StudyError::Interrupted => "interrupted: nothing was written, an earlier result is as it was".to_string(),
        _ => diagnostic::diagnosis(config, &diagnosis),
    };
    Failure::new(diagnosis.exit_status, message)
}

fn output_folder(problem: &Problem) -> Result<PathBuf, Failure> {
    let name = problem.config.file_stem().map_or("result".into(), |name| name.to_string_lossy().into_owned());
    let folder = problem.out.clone().unwrap_or_else(|| Path::new("output").join(name));
    let probe = folder.join(format!(".probe-{}", std::process::id()));
    let attempt = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&probe, b""));
    let _ = std::fs::remove_file(&probe);
    attempt.map_err(|error| {
        let folder = folder.display();
        Failure::new(
            2,
            format!("error: the output folder {folder} cannot be written ({error}): choose another with --out"),
        )
    })?;
    Ok(folder)
}

/// The problem of a configuration with its solution.
fn solved(config: &Config, progress: &Progress) -> Result<(problem::Problem, Solution), StudyError> {
    let clock = Instant::now();
    let posed = posed(config, progress)?;
    let landscape = clock.elapsed().as_secs_f64();
    let mut solution = study::run(&posed, &config.request, progress)?;
    solution.timing.insert(0, ("landscape".into(), landscape));
    if let Some((_, total)) = solution.timing.iter_mut().find(|(phase, _)| phase == "total") {
        *total += landscape;
    }
    Ok((posed, solution))
}

fn run(problem: &Problem) -> Result<(), Failure> {
    let started = SystemTime::now();
    let config = configuration(problem)?;
    let folder = output_folder(problem)?;
    let (found, threads) = watched(problem, |progress, threads| (solved(&config, progress), threads))?;
    let (posed, solution) = found.map_err(|error| study_failure(&config, &error))?;
    let setting = io::Setting::new(&config, &posed, started, threads);
    let seen = io::Outcome { setting, solution: &solution };
    let summary = io::summary(&seen);
    let write_failure = |error: String| Failure::new(3, format!("error: {error}"));
    let (summary_path, result_path) = (folder.join("summary.json"), folder.join("result.h5"));
    io::write_result(&result_path, &seen, &summary).map_err(|error| write_failure(error.to_string()))?;
    io::write_summary(&summary_path, &summary).map_err(|error| write_failure(error.to_string()))?;
    let mut plots =
        plot::draw(&FigureData::solved(&seen, &summary), &folder).map_err(|error| write_failure(error.to_string()))?;
    if let Some(study) = &solution.iteration {
        let drawn = plot::draw_iteration(&config.title, study, &folder);
        plots.extend(drawn.map_err(|error| write_failure(error.to_string()))?);
    }
    if let Some(found) = &solution.particles {
        let drawn = plot::draw_particles(&summary, found, &folder);
        plots.extend(drawn.map_err(|error| write_failure(error.to_string()))?);
    }
    if problem.json {
        say(&format!("{summary:#}\n"));
    } else if !problem.quiet {
        let files: Vec<PathBuf> = [summary_path, result_path].into_iter().chain(plots).collect();
        say(&report::terminal(&seen, &files, diagnostic::stdout_has_colour()));
    }
    let found = solution.particles.as_ref();
    match config.request.particles.is_some() && found.is_none_or(|found| found.interrupted) {
        true => Err(interrupted()),
        false => Ok(()),
    }
}

/// Of a command that has written what it had.
fn interrupted() -> Failure {
    Failure::new(130, "interrupted: what had been computed is in the files")
}

fn simulate(problem: &Problem) -> Result<(), Failure> {
    let started = SystemTime::now();
    let config = configuration(problem)?;
    let folder = output_folder(problem)?;
    let simulated = |progress: &Progress| {
        let posed = posed(&config, progress)?;
        let found = study::simulate::alone(&posed, &config.request, progress)?;
        Ok((posed, found))
    };
    let (found, threads) = watched(problem, |progress, threads| (simulated(progress), threads))?;
    let (posed, found) = found.map_err(|error| study_failure(&config, &error))?;
    let setting = io::Setting::new(&config, &posed, started, threads);
    let seen = io::Sampled { setting, simulation: &found.simulation, formulas: &found.formulas };
    let summary = io::sampled_summary(&seen);
    let failure = |error: String| Failure::new(3, format!("error: {error}"));
    let (summary_path, result_path) = (folder.join("summary.json"), folder.join("result.h5"));
    io::write_sampled(&result_path, &seen, &summary)
        .and_then(|()| io::write_summary(&summary_path, &summary))
        .map_err(|error| failure(error.to_string()))?;
    let plots =
        plot::draw_particles(&summary, &found.simulation, &folder).map_err(|error| failure(error.to_string()))?;
    if problem.json {
        say(&format!("{summary:#}\n"));
    } else if !problem.quiet {
        let files: Vec<PathBuf> = [summary_path, result_path].into_iter().chain(plots).collect();
        say(&report::sampled(&seen, &files, diagnostic::stdout_has_colour()));
    }
    if found.simulation.interrupted { Err(interrupted()) } else { Ok(()) }
}

fn check(problem: &Problem) -> Result<(), Failure> {
    let config = configuration(problem)?;
    let report = watched(problem, |progress, _| {
        posed(&config, progress).and_then(|posed| study::check(posed, &config.request))
    })?;
    let report = report.map_err(|error| study_failure(&config, &error))?;
    if problem.json {
        say(&format!("{:#}\n", explain::json(&config, &report)));
    } else if !problem.quiet {
        say(&explain::text(&config, &report));
    }
    Ok(())
}

fn converge(problem: &Problem) -> Result<(), Failure> {
    let config = configuration(problem)?;
    let folder = output_folder(problem)?;
    let study = watched(problem, |progress, _| {
        posed(&config, progress).and_then(|posed| study::converge(posed, &config.request, progress))
    })?;
    let study = study.map_err(|error| study_failure(&config, &error))?;
    let summary = io::convergence_summary(&config, &study);
    let failure = |error: String| Failure::new(3, format!("error: {error}"));
    let [summary_path, csv, result] = ["summary.json", "convergence.csv", "result.h5"].map(|name| folder.join(name));
    io::write_convergence(&result, &config, &study, &summary)
        .and_then(|()| io::write_convergence_csv(&csv, &study))
        .and_then(|()| io::write_summary(&summary_path, &summary))
        .map_err(|error| failure(error.to_string()))?;
    let plots = plot::draw_convergence(&config.title, &study, &folder).map_err(|error| failure(error.to_string()))?;
    if problem.json {
        say(&format!("{summary:#}\n"));
    } else if !problem.quiet {
        let files: Vec<PathBuf> = [summary_path, csv, result].into_iter().chain(plots).collect();
        say(&report::convergence(&config, &study, &files, diagnostic::stdout_has_colour()));
    }
    match study.refusal() {
        Some(reason) => Err(failure(format!("no grid could be solved: {reason}"))),
        None => Ok(()),
    }
}

fn redraw(result: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let failure = |error: String| Failure::new(2, format!("error: {error}"));
    let stored = io::read(result).map_err(|error| failure(error.to_string()))?;
    let folder = out.or(result.parent()).unwrap_or(Path::new("."));
    let plots = plot::draw(&FigureData::stored(&stored), folder).map_err(|error| failure(error.to_string()))?;
    for path in plots {
        say(&format!("{}\n", path.display()));
    }
    Ok(())
}
