//! Errors as a person wants them: the file, the line, the key, the rule and the remedy, with the line itself.

use std::io::IsTerminal;
use std::ops::Range;

use ariadne::{Color, Config as Style, IndexType, Label, Report, ReportKind};

use crate::config::{Config, ConfigError, Source, advice};
use crate::problem::ProblemError;
use crate::study::StudyError;

/// Whether standard output shows colours.
pub(super) fn stdout_has_colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

fn stderr_has_colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// A message, with the place marked in the text when there is one.
fn at_place(source: &Source, span: Option<Range<usize>>, message: &str, label: &str) -> String {
    let Some(span) = span.filter(|span| span.end <= source.text.len()) else {
        return format!("error: {message}");
    };
    // A span over several lines (a whole table) is marked where it begins.
    let line_end = source.text[span.start..].find('\n').map_or(source.text.len(), |length| span.start + length);
    let span = span.start..span.end.min(line_end).max(span.start);
    let name = source.path.display().to_string();
    let mut bytes = Vec::new();
    let report = Report::build(ReportKind::Error, (name.clone(), span.clone()))
        .with_config(Style::default().with_index_type(IndexType::Byte).with_color(stderr_has_colour()))
        .with_message(message)
        .with_label(Label::new((name.clone(), span)).with_message(label).with_color(Color::Red))
        .finish();
    match report.write((name, ariadne::Source::from(&source.text)), &mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => format!("error: {message}"),
    }
}

/// A fault of the configuration.
pub(super) fn config_error(error: &ConfigError) -> String {
    at_place(&error.source_text, error.span.clone(), &error.to_string(), "here")
}

/// A study that ended without a result, shown at the key behind it when it has one.
pub(super) fn study_error(config: &Config, error: &StudyError) -> String {
    let source = &config.source;
    let problem = match error {
        StudyError::Problem(problem) => Some(problem),
        _ => None,
    };
    match problem {
        Some(ProblemError::Expression { key, text, offset, message }) => {
            let span = source.span_of(key).map(|span| {
                let written = &source.text[span.clone()];
                // The formula begins after the opening quote, wherever in a list it stands.
                match written.find(text.as_str()) {
                    Some(start) => {
                        let at = (span.start + start + offset).min(span.end - 1);
                        let width = source.text[at..].chars().next().map_or(1, char::len_utf8);
                        at..at + width
                    }
                    None => span,
                }
            });
            at_place(
                source,
                span,
                &with_place(source, key, &format!("{key}: {error}", error = first_line(message))),
                message,
            )
        }
        Some(ProblemError::Invalid { key, message }) => at_key(source, key, message),
        Some(error @ (ProblemError::Degenerate { .. } | ProblemError::NotPositive { .. })) => {
            let text = with_place(source, "noise", &format!("noise: {error}"));
            at_place(source, source.span_of("noise"), &text, "here")
        }
        _ => {
            let advice = advice::on_study(error);
            match advice.key {
                Some(key) => at_place(source, source.span_of(key), &with_place(source, key, &advice.text()), "here"),
                None => format!("error: {}: {}", source.path.display(), advice.message),
            }
        }
    }
}

/// A message at the key that it is about.
fn at_key(source: &Source, key: &str, message: &str) -> String {
    let text = with_place(source, key, &format!("{key}: {message}"));
    at_place(source, source.span_of(key), &text, "here")
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or(message)
}

fn with_place(source: &Source, key: &str, message: &str) -> String {
    let path = source.path.display();
    match source.span_of(key) {
        Some(span) => format!("{path}:{}: {message}", source.line_and_column(span.start).0),
        None => format!("{path}: {message}"),
    }
}
