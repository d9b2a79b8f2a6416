//! `saddleflux verify`: checks of the claims.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::session::{watched, writable};
use super::{Failure, Output, Unset, diagnostic, names};
use crate::verify::{self, Claim, Suite};
use crate::{io, report};

#[derive(Args)]
pub(super) struct VerifyAsked {
    /// Claims by their names [default: all]; --list names them
    claims: Vec<String>,
    /// Fewer and cheaper points: under a minute
    #[arg(long)]
    quick: bool,
    /// Name the claims and stop
    #[arg(long)]
    list: bool,
    /// Output folder
    #[arg(long, default_value = "output/verify")]
    out: PathBuf,
    #[command(flatten)]
    output: Output,
    /// Leave the charts out of report.html
    #[arg(long)]
    no_plots: bool,
    #[command(flatten)]
    unset: Unset,
}

pub(super) fn verify(asked: &VerifyAsked) -> Result<(), Failure> {
    let output = asked.output;
    asked
        .unset
        .refuse("verify", "its claims pose problems of their own, which `run` and `sweep` solve with other values")?;
    if asked.list {
        let named = || json!(verify::claims().iter().map(|claim| claim.id).collect::<Vec<_>>());
        output.tell(named, || report::claims(verify::claims()));
        return Ok(());
    }
    let claims = chosen(&asked.claims)?;
    writable(&asked.out)?;
    let (suite, _) = watched(output, |progress| {
        verify::run(&claims, asked.quick, progress, |outcome| {
            if claims.len() > 1 && !output.json && !output.quiet {
                progress.announce(report::verdict(outcome));
            }
        })
    })?;
    if suite.outcomes.is_empty() && suite.is_interrupted {
        return Err(Failure::new(super::INTERRUPTED, "interrupted: no claim was decided, and nothing was written"));
    }
    let files = write(&suite, asked)?;
    output.tell(|| suite.json(), || report::verify(&suite, &files, diagnostic::screen()));
    if suite.is_interrupted {
        Err(super::interrupted())
    } else if suite.is_as_expected() {
        Ok(())
    } else {
        let unexpected = suite.outcomes.iter().filter(|outcome| !outcome.is_as_expected());
        let names: Vec<&str> = unexpected.map(|outcome| outcome.claim.id).collect();
        Err(Failure::new(1, format!("error: not as expected: {}", names.join(", "))))
    }
}

/// The claims with these names, in the order of the suite; all claims without names.
fn chosen(names: &[String]) -> Result<Vec<&'static Claim>, Failure> {
    for name in names {
        if verify::claim(name).is_none() {
            let near = names::meant(name, verify::claims().iter().map(|claim| (claim.id, claim.title)));
            let question = names::question(&near);
            let dot = if near.is_empty() { "." } else { "" };
            let message = format!(
                "error: there is no claim `{name}`{question}{dot} `saddleflux verify --list` names all of them"
            );
            return Err(Failure::new(2, message));
        }
    }
    let is_chosen = |claim: &&Claim| names.is_empty() || names.iter().any(|name| name == claim.id);
    Ok(verify::claims().iter().filter(is_chosen).collect())
}

fn write(suite: &Suite, asked: &VerifyAsked) -> Result<Vec<PathBuf>, Failure> {
    let [data, page] = ["verify.json", "report.html"].map(|name| asked.out.join(name));
    io::write_summary(&data, &suite.json())?;
    io::write_text(&page, &report::html::verify(suite, !asked.no_plots))?;
    Ok(vec![data, page])
}
