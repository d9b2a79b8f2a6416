//! `saddleflux sweep`: all missing points, a single one, or the tables of those that are stored.

use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde_json::{Value, json};

use super::session::{OF_RUN, OF_SWEEP, folder_name, watched, writable};
use super::{Asked, Failure, INTERRUPTED, diagnostic, provenance, say};
use crate::config::Sweep;
use crate::elimination::Workspace;
use crate::memory;
use crate::progress::Progress;
use crate::solve::Resources;
use crate::sweep::{Campaign, Outcome, Script, Store, SweepError, Table, point_file, scripts, solve};
use crate::{io, plot, report};

/// The number of indices in a job array that every Slurm installation accepts; its default MaxArraySize is 1001.
const ARRAY_LIMIT: usize = 1000;

/// The name of the summary.
const SUMMARY: &str = "sweep.json";

#[derive(Args)]
pub(super) struct SweepAsked {
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    part: Part,
    /// Fit and write although points lack
    #[arg(long)]
    partial: bool,
    /// Indices that a job array may have, from 0
    #[arg(long, value_name = "N", default_value_t = ARRAY_LIMIT, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    array_limit: usize,
}

/// What is done instead of the whole sweep.
#[derive(Args)]
#[group(multiple = false)]
struct Part {
    /// Solve point K (from 0) alone and keep it in the output folder, for other machines to collect
    #[arg(long, value_name = "K")]
    point: Option<usize>,
    /// Print the indices of the points that lack, one a line
    #[arg(long)]
    missing: bool,
    /// Write a Slurm job array over the points that lack; nothing is submitted
    #[arg(long)]
    slurm: bool,
    /// Solve nothing: write tables, fits and pictures of the points that are there
    #[arg(long)]
    collect: bool,
}

/// A sweep that has begun: the arguments, the points, the output folder and the time of the beginning.
struct Begun<'a> {
    asked: &'a Asked,
    sweep: Sweep,
    folder: PathBuf,
    started: SystemTime,
}

pub(super) fn sweep(SweepAsked { asked, part, partial, array_limit }: &SweepAsked) -> Result<(), Failure> {
    let started = SystemTime::now();
    let sweep = Sweep::from_path(&asked.config, &asked.overrides)
        .map_err(|error| Failure::new(2, diagnostic::config_error(&error)))?;
    // Listing the missing points creates no folder.
    let folder = folder_name(asked);
    if !part.missing {
        writable(&folder)?;
    }
    let begun = Begun { asked, sweep, folder, started };
    match part {
        Part { point: Some(point), .. } => begun.solve_one(*point),
        Part { missing: true, .. } => begun.missing(),
        Part { slurm: true, .. } => begun.slurm(*array_limit),
        Part { collect: true, .. } => begun.deliver(*partial),
        _ => {
            begun.complete()?;
            begun.deliver(*partial)
        }
    }
}

impl Begun<'_> {
    fn campaign<T>(&self, progress: &Progress, work: impl FnOnce(&Campaign<'_>) -> T) -> T {
        let store = Store::within(&self.folder);
        work(&Campaign { sweep: &self.sweep, store: &store, progress })
    }

    fn list_missing(&self) -> Result<Vec<usize>, Failure> {
        self.campaign(&Progress::default(), |campaign| Ok(campaign.missing()?))
    }

    /// A sentence on the points that another build has stored; `None` without any.
    fn of_another_build(&self) -> Result<Option<String>, Failure> {
        let count = self.campaign(&Progress::default(), |campaign| campaign.of_another_build())?;
        Ok((count > 0).then(|| {
            let total = self.sweep.len();
            format!("{count} of {total} points were solved by another build of this program, whose numbers may differ")
        }))
    }

    /// Solves all missing points.
    fn complete(&self) -> Result<(), Failure> {
        if !self.asked.output.quiet
            && let Some(words) = self.of_another_build()?
        {
            // A message that cannot be printed, because the pipe is closed, is not reported.
            let _ = writeln!(std::io::stderr(), "note: {words}: they are solved again");
        }
        let work =
            |progress: &Progress| self.campaign(progress, |campaign| campaign.complete(rayon::current_num_threads()));
        match watched(self.asked.output, work)?.0 {
            Ok(_) => Ok(()),
            Err((kept, SweepError::Interrupted)) => {
                let total = self.sweep.len();
                let lack = self.list_missing()?.len();
                Err(Failure::new(
                    INTERRUPTED,
                    format!(
                        "interrupted: {} of {total} points are kept in {} ({kept} of them solved just now); the same command solves the \
                         other {lack}",
                        total - lack,
                        self.folder.join("points").display(),
                    ),
                ))
            }
            Err((_, error)) => Err(error.into()),
        }
    }

    /// Solves one point, unless it is stored.
    fn solve_one(&self, point: usize) -> Result<(), Failure> {
        let total = self.sweep.len();
        if point >= total {
            return Err(Failure::new(
                2,
                format!("error: --point {point}: this sweep has the points 0 to {}", total - 1),
            ));
        }
        let work = |progress: &Progress| {
            self.campaign(progress, |campaign| -> Result<Outcome, SweepError> {
                if let Some(stored) = campaign.store.get(&self.sweep.identity(point)?)?
                    && !stored.for_want_of_memory
                {
                    return Ok(stored);
                }
                let workspace = Workspace::default();
                let outcome = solve(&self.sweep, point, Resources::available(&workspace, progress))?;
                campaign.store.put(&outcome)?;
                Ok(outcome)
            })
        };
        let outcome = watched(self.asked.output, work)?.0?;
        let path = point_file(&self.folder.join("points"), &outcome.configuration);
        if let Some(message) = &outcome.message {
            let words = self.sweep.describe(point);
            return Err(Failure::new(outcome.status, format!("error: point {point} ({words}): {message}")));
        }
        let said = || format!("point {point} ({}) is in {}\n", self.sweep.describe(point), path.display());
        self.asked.output.tell(|| json!(outcome), said);
        Ok(())
    }

    fn missing(&self) -> Result<(), Failure> {
        let missing = self.list_missing()?;
        // The list is the output of this option, which `--quiet` does not suppress.
        match self.asked.output.json {
            true => say(&format!("{}\n", json!(missing))),
            false => say(&missing.iter().map(|point| format!("{point}\n")).collect::<String>()),
        }
        Ok(())
    }

    fn slurm(&self, limit: usize) -> Result<(), Failure> {
        let missing = self.list_missing()?;
        self.remove_old_scripts();
        if missing.is_empty() {
            let collect = "`sweep --collect` writes its tables";
            return Err(Failure::new(
                2,
                format!("error: --slurm: no point lacks, and a job array cannot be empty; {collect}"),
            ));
        }
        let texts = scripts(&self.script()?, &missing, limit);
        let mut files = Vec::new();
        for (place, text) in texts.iter().enumerate() {
            let name = if texts.len() == 1 { "sweep.slurm".to_string() } else { format!("sweep-{place}.slurm") };
            let path = self.folder.join(name);
            io::replace(&path, |partial| {
                std::fs::write(partial, text).map_err(|source| io::IoError::Write { path: path.clone(), source })
            })?;
            files.push(path);
        }
        let named: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        let lines = || named.iter().map(|path| format!("sbatch {path}\n")).collect::<String>();
        self.asked.output.tell(|| json!({ "scripts": named, "points": missing }), lines);
        Ok(())
    }

    /// Removes the scripts of an earlier call, which may contain other points.
    fn remove_old_scripts(&self) {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_script = |path: &Path| {
            path.extension().is_some_and(|extension| extension == "slurm")
                && path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("sweep"))
        };
        for path in files.filter(|path| is_script(path)) {
            // A script that cannot be removed is overwritten, or remains visible beside the others.
            let _ = std::fs::remove_file(path);
        }
    }

    fn script(&self) -> Result<Script, Failure> {
        let unknown = |what: &'static str| {
            move |error: std::io::Error| Failure::new(3, format!("error: --slurm: {what}: {error}"))
        };
        let program = std::env::current_exe().map_err(unknown("where this program is"))?;
        let folder = std::env::current_dir().map_err(unknown("the working folder"))?;
        let word = |path: &Path| path.to_string_lossy().into_owned();
        let mut command = vec![word(&program), "sweep".into(), word(&self.asked.config)];
        command.extend(["--out".into(), word(&self.folder)]);
        command.extend(self.asked.overrides.iter().flat_map(|change| ["--set".to_string(), change.clone()]));
        command.extend(
            self.asked.output.threads.iter().flat_map(|threads| ["--threads".to_string(), threads.to_string()]),
        );
        command.push("--quiet".into());
        let name =
            self.asked.config.file_stem().map_or_else(|| "sweep".into(), |name| name.to_string_lossy().into_owned());
        Ok(Script {
            name,
            log: word(&folder.join(&self.folder).join("slurm-%A_%a.out")),
            folder: word(&folder),
            command,
            threads: self.asked.output.threads,
        })
    }

    /// Writes tables, fits and pictures of the stored points, and reports them.
    fn deliver(&self, partial: bool) -> Result<(), Failure> {
        let table = Table::of(&self.sweep, &Store::within(&self.folder))?;
        let missing = table.missing();
        if !missing.is_empty() && !partial {
            let some: Vec<String> = missing.iter().take(8).map(usize::to_string).collect();
            let more = if missing.len() > 8 { ", …" } else { "" };
            let besides = self.of_another_build()?.map_or_else(String::new, |words| format!("; {words}"));
            return Err(Failure::new(
                3,
                format!(
                    "error: {} of {} points lack ({}{more}), and statistics over an incomplete sweep mislead: solve them with `sweep` or \
                     `sweep --point K`, or ask for what there is with --partial{besides}",
                    missing.len(),
                    table.rows.len(),
                    some.join(", "),
                ),
            ));
        }
        let summary = table.json();
        let files = self.write(&table, &summary)?;
        self.asked.output.tell(|| summary, || report::sweep(&table, &files, diagnostic::screen()));
        match (table.solved(), table.failed().next()) {
            (0, Some((point, _, message))) => {
                let words = self.sweep.describe(point);
                Err(Failure::new(3, format!("error: no point could be solved; point {point} ({words}): {message}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes the files of the sweep, which appear together. `result.h5` and `report.html` may be a run's of the same
    /// configuration: the one then gets the group of the sweep besides its own, the other stays, and the sweep has
    /// both under names of its own in any case.
    fn write(&self, table: &Table<'_>, summary: &Value) -> Result<Vec<PathBuf>, Failure> {
        // `sweep.json` is the same whoever solves the points; the file of fields says who wrote it.
        let mut noted = summary.clone();
        noted["provenance"] = json!({ "started": io::rfc3339(self.started) });
        provenance::note(&mut noted, &self.sweep.source);
        // Every other command writes a summary with a result of its name, and `run` the page.
        let is_run_s = |name: &str| io::writer(&self.folder, name).is_some_and(|writer| writer == OF_RUN[0]);
        let delivery = io::Delivery::begin(&self.folder, SUMMARY)?;
        let staged = delivery.staged();
        let [data, csv, own, shared] = [SUMMARY, "sweep.csv", OF_SWEEP, OF_RUN[1]].map(|name| staged.join(name));
        let group = table.group();
        let titles = [self.sweep.title.as_str(), self.sweep.source.effective.as_str()];
        io::write_titled(&own, titles, &noted, &[Cow::Borrowed(&group)])?;
        let earlier = self.folder.join(OF_RUN[1]);
        match self.folder.join(OF_RUN[0]).exists() && io::configuration(&earlier).is_ok() {
            true => io::write_beside(&earlier, &shared, &group)?,
            false => io::write_titled(&shared, titles, &noted, &[Cow::Borrowed(&group)])?,
        }
        table.write_csv(&csv)?;
        io::write_summary(&data, summary)?;
        let mut files = vec![data, csv, own, shared];
        let text = report::html::sweep(table);
        for name in ["sweep.html", "report.html"].into_iter().filter(|name| !is_run_s(name)) {
            files.push(staged.join(name));
            io::write_text(&staged.join(name), &text)?;
        }
        if let Some(look) = self.asked.pictures.look() {
            files.extend(plot::draw_sweep(table, staged, &look)?);
        }
        Ok(delivery.finish(&files)?)
    }
}

impl From<SweepError> for Failure {
    fn from(error: SweepError) -> Failure {
        match error {
            SweepError::Configuration(error) => Failure::new(2, diagnostic::config_error(&error)),
            SweepError::Threads(_) => {
                let bound = memory::free().bound;
                Failure::new(
                    3,
                    format!("error: {error}: take fewer with --threads, or raise what bounds the memory, {bound}"),
                )
            }
            SweepError::Interrupted => Failure::new(INTERRUPTED, "interrupted: this point was not kept"),
            SweepError::Io(_) | SweepError::Damaged { .. } | SweepError::Stranger { .. } => {
                Failure::new(3, format!("error: {error}"))
            }
        }
    }
}
