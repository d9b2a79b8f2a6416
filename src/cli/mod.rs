//! The command line: arguments, messages and files. Nothing is computed here.

mod covariance;
mod diagnostic;
mod example;
mod explain;
mod help;
mod names;
mod pictures;
mod provenance;
mod redraw;
mod referee;
mod refusal;
mod resume;
mod session;
mod signals;
mod start;
mod sweep;
mod verify;
mod watch;

use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand};
use serde_json::Value;

use crate::config::advice;
use crate::plot::{self, FigureData};
use crate::study::forecast::Around;
use crate::study::keeper::Keeper;
use crate::study::solution::Solution;
use crate::study::warning::Warning;
use crate::{io, report, study};
use pictures::Pictures;
pub use refusal::Allocator;
use session::{OF_RUN, Session};

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
    Run(resume::RunAsked),
    /// Validate and explain a configuration without solving it
    Check(Asked),
    /// Refine the grid for several schemes and angles: errors, observed orders, time and memory
    Converge(Asked),
    /// C(θ) against H(θ) of a model on data: covariance.json, scatter plot, spectrum
    Covariance(Asked),
    /// Particles only: the escape rate that they show, with its error bar
    Simulate(Asked),
    /// Redraw the plots of a result of run, converge or simulate
    Plot(redraw::RedrawAsked),
    /// Judge somebody's rates for problems of the reference collection: digits right, claimed errors that cover
    Referee(referee::RefereeAsked),
    /// Write a commented starting configuration
    Init(example::InitAsked),
    /// Solve a configuration at many values of some of its keys; what was solved before is not solved again
    Sweep(sweep::SweepAsked),
    /// Print the completions of a shell, as in `saddleflux completions bash >
    /// ~/.local/share/bash-completion/completions/saddleflux`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page; with a folder, write it there with one for each command
    Man {
        /// Folder, such as ~/.local/share/man/man1
        folder: Option<PathBuf>,
    },
    /// Decide which statements of the theory hold, without sampling noise: verify.json and report.html
    Verify(verify::VerifyAsked),
}

#[derive(Args)]
struct Asked {
    /// Configuration file (TOML)
    config: PathBuf,
    /// Output folder [default: output/<config name>]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Set a key, as in --set noise.temperature=0.1 (repeatable)
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    overrides: Vec<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    pictures: Pictures,
}

/// More threads than any machine gains by, and fewer than it suffers from.
const MOST_THREADS: u64 = 1024;

/// How a command speaks, and on how many threads it works.
#[derive(Args, Clone, Copy)]
struct Output {
    /// Threads [default: all cores]; results do not depend on it
    #[arg(long, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_THREADS))]
    threads: Option<usize>,
    /// Print the JSON file on standard output, and nothing else there
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

/// `--set` where no configuration is read: refused in words of its own.
#[derive(Args)]
struct Unset {
    /// Not for this command, which reads no configuration
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE", hide = true)]
    overrides: Vec<String>,
}

impl Unset {
    /// Refuses a change of the configuration, with what to do instead.
    ///
    /// # Errors
    /// Any change.
    fn refuse(&self, command: &str, instead: &str) -> Result<(), Failure> {
        match self.overrides.first() {
            None => Ok(()),
            Some(change) => Err(Failure::new(
                2,
                format!(
                    "error: --set {change}: `{command}` reads no configuration in which a key could be set: {instead}"
                ),
            )),
        }
    }
}

impl Output {
    /// Prints JSON, the report, or nothing, as the options say.
    fn tell(self, program: impl FnOnce() -> Value, person: impl FnOnce() -> String) {
        if self.json {
            say(&format!("{:#}\n", program()));
        } else if !self.quiet {
            say(&person());
        }
    }
}

/// The exit status after an interruption, that of SIGINT; [`signals::status`] gives that of another signal.
const INTERRUPTED: u8 = 130;

/// The exit status and the message of a command that fails.
struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    fn new(status: u8, message: impl Into<String>) -> Failure {
        Failure { status, message: message.into() }
    }
}

/// Runs the command line and returns the exit status, after printing the message of a failure.
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A message that cannot be printed, because the pipe is closed, is not reported.
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    refusal::prepare();
    if let Err(error) = signals::listen() {
        let _ = writeln!(std::io::stderr(), "error: cannot hear signals: {error}");
        return 3;
    }
    let result = match cli.command {
        Command::Run(asked) => run(&asked.asked, asked.resume),
        Command::Check(asked) => check(&asked),
        Command::Plot(asked) => redraw::redraw(&asked),
        Command::Referee(asked) => referee::referee(&asked),
        Command::Init(asked) => example::init(&asked),
        Command::Completions { shell } => {
            help::completions(shell);
            Ok(())
        }
        Command::Man { folder } => help::man(folder.as_deref()),
        Command::Sweep(asked) => sweep::sweep(&asked),
        Command::Verify(asked) => verify::verify(&asked),
        Command::Converge(asked) => converge(&asked),
        Command::Covariance(asked) => covariance::covariance(&asked),
        Command::Simulate(asked) => simulate(&asked),
    };
    match result {
        // A signal after the computation has nothing to stop, but decides the exit status.
        Ok(()) => signals::status().unwrap_or(0),
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{}", bounded(failure.message.trim_end()));
            if failure.status == INTERRUPTED { signals::status().unwrap_or(INTERRUPTED) } else { failure.status }
        }
    }
}

/// The characters kept at the beginning and at the end of a long message.
const KEPT: [usize; 2] = [2500, 1000];

/// A message without its middle if it is very long because of what it quotes.
fn bounded(message: &str) -> Cow<'_, str> {
    let count = message.chars().count();
    let Some(left_out) = count.checked_sub(KEPT[0] + KEPT[1]).filter(|count| *count > 0) else {
        return Cow::Borrowed(message);
    };
    let [begin, end] =
        [KEPT[0], count - KEPT[1]].map(|place| message.char_indices().nth(place).map_or(0, |(at, _)| at));
    Cow::Owned(format!("{} … ({left_out} characters left out) … {}", &message[..begin], &message[end..]))
}

/// Prints to standard output; a closed pipe (`| head`) is no error.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// The failure of an interrupted command that has written its results so far.
fn interrupted() -> Failure {
    Failure::new(INTERRUPTED, "interrupted: what had been computed is in the files; `saddleflux plot` draws it")
}

fn run(asked: &Asked, resumes: bool) -> Result<(), Failure> {
    let session = Session::begin(asked)?;
    let folder = session.folder()?;
    let config = &session.config;
    let mut request = start::read(config)?;
    let own = io::OwnFile::beside(&folder.join(OF_RUN[1]));
    if resumes && resume::from(&session, (&folder, &own), &mut request)? == resume::Left::Nothing {
        return Ok(());
    }
    let clock = Instant::now();
    let ((problem, mut solution, landscape), threads) = session.compute(|problem, progress| {
        let landscape = clock.elapsed().as_secs_f64();
        let write = |solution: &Solution| resume::keep(&session, (&folder, &own), &problem, solution);
        let mut solution = study::run_kept(&problem, &request, progress, Keeper::new(&write))?;
        if !is_cut(&solution) {
            config.add_sensitivities(&problem, &mut solution, progress)?;
        }
        Ok((problem, solution, landscape))
    })?;
    solution.timing.insert(0, ("landscape".into(), landscape));
    if let Some((_, total)) = solution.timing.iter_mut().find(|(phase, _)| phase == "total") {
        *total += landscape;
    }
    let setting = io::Setting::new(config, &problem, session.started, threads);
    let solved = io::Solved { setting, solution: &solution };
    let summary = session.noted(io::summary(&solved));
    let draw = |folder: &Path| {
        let mut drawn = Vec::new();
        if let Some(look) = session.look() {
            let data = FigureData::solved(&solved, &summary);
            drawn.extend(plot::draw(&data, folder, &look)?);
            if request.evolve.as_ref().is_some_and(|asked| asked.is_animated) {
                drawn.extend(plot::animate(&data, folder)?);
            }
            drawn.extend(plot::draw_iteration(&summary, folder, &look)?);
            if let Some(found) = &solution.particles {
                drawn.extend(plot::draw_particles(&summary, &found.group(problem.dimension), (folder, ""), &look)?);
            }
        }
        let page = folder.join("report.html");
        io::write_text(&page, &report::html::run(&solved, &drawn)?)?;
        drawn.push(page);
        Ok(drawn)
    };
    session.deliver((&folder, OF_RUN), &summary, &solved.groups(), draw, |files, screen| {
        report::terminal(&solved, files, screen)
    })?;
    if is_cut(&solution) {
        return Err(interrupted());
    }
    solution.refuse_unresolved().map_err(|error| session.failure(&error))?;
    let is_whole = solution.particles.as_ref().is_some_and(|found| !found.interrupted);
    if config.request.particles.is_some() && !is_whole { Err(interrupted()) } else { Ok(()) }
}

/// Whether the evolution of the density was interrupted.
fn is_cut(solution: &Solution) -> bool {
    solution.warnings.iter().any(|warning| matches!(warning, Warning::EvolutionInterrupted { .. }))
}

fn simulate(asked: &Asked) -> Result<(), Failure> {
    let session = Session::begin(asked)?;
    let folder = session.folder()?;
    let config = &session.config;
    let ((problem, found), threads) = session.compute(|problem, progress| {
        let found = study::simulate::alone(&problem, &config.request, progress)?;
        Ok((problem, found))
    })?;
    let setting = io::Setting::new(config, &problem, session.started, threads);
    let simulated = io::Simulated { setting, simulation: &found.simulation, formulas: &found.formulas };
    let summary = session.noted(io::simulated_summary(&simulated));
    let group = found.simulation.group(problem.dimension);
    let draw = |folder: &Path| match session.look() {
        Some(look) => Ok(plot::draw_particles(&summary, &group, (folder, "simulation-"), &look)?),
        None => Ok(Vec::new()),
    };
    let names = &["simulation.json", "simulation.h5"];
    session.deliver((&folder, names), &summary, &simulated.groups(), draw, |files, screen| {
        report::simulated(&simulated, files, screen)
    })?;
    if found.simulation.interrupted {
        return Err(interrupted());
    }
    found.simulation.refuse_without_exits().map_err(|error| session.failure(&error))
}

fn check(asked: &Asked) -> Result<(), Failure> {
    let session = Session::begin(asked)?;
    let config = &session.config;
    let request = start::read(config)?;
    let clock = Instant::now();
    let (report, _) = session.compute(|problem, progress| {
        let around = Around {
            landscape: clock.elapsed().as_secs_f64(),
            formats: session.look().map_or(0, |look| look.formats.len()),
            again: config.solutions_for_sensitivities(),
        };
        study::check(problem, &request, around, progress)
    })?;
    session.tell(|| explain::json(config, &report), || explain::text(config, &report));
    match &report.refused {
        Some(error) => Err(session.failure(error)),
        None => Ok(()),
    }
}

fn converge(asked: &Asked) -> Result<(), Failure> {
    let session = Session::begin(asked)?;
    let folder = session.folder()?;
    let config = &session.config;
    let (study, _) = session.compute(|problem, progress| study::converge(problem, &config.request, progress))?;
    let summary = session.noted(io::convergence_summary(config, &study));
    let group = io::convergence_group(&study);
    let draw = |folder: &Path| {
        let table = folder.join("convergence.csv");
        io::write_convergence_csv(&table, &study)?;
        let drawn = match session.look() {
            Some(look) => plot::draw_convergence(&config.title, &group, folder, &look)?,
            None => Vec::new(),
        };
        Ok([table].into_iter().chain(drawn).collect())
    };
    let groups = [Cow::Borrowed(&group)];
    let names = &["convergence.json", "convergence.h5"];
    session.deliver((&folder, names), &summary, &groups, draw, |files, screen| {
        report::convergence(config, &study, files, screen)
    })?;
    match study.refusal() {
        Some(reason) => {
            Err(Failure::new(3, format!("error: no grid could be solved: {}", advice::on_study(reason).text())))
        }
        None => Ok(()),
    }
}
