//! Error messages with the file, the line, the key, the rule and the remedy, and with the line of the file marked.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::ops::Range;

use ariadne::{Color, Config as Style, IndexType, Label, Report, ReportKind};

use crate::config::{ConfigError, Diagnosis, Source};
use crate::report::Screen;

/// What standard output shows: colours, and lines of the width of the terminal.
pub(super) fn screen() -> Screen {
    let output = std::io::stdout();
    if !output.is_terminal() {
        return Screen::default();
    }
    let width = terminal_size::terminal_size_of(&output).map(|(width, _)| usize::from(width.0));
    let screen = width.filter(|width| *width > 0).map_or_else(Screen::default, Screen::of_width);
    Screen { has_colour: std::env::var_os("NO_COLOR").is_none(), ..screen }
}

fn stderr_has_colour() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// A message, with its place marked in the text if it has one.
fn at_place(source: &Source, span: Option<Range<usize>>, message: &str, label: &str) -> String {
    let Some(span) = span.filter(|span| span.end <= source.text.len()) else {
        return format!("error: {message}");
    };
    // A range over several lines (a whole table) is marked at its beginning only.
    let line_end = source.text[span.start..].find('\n').map_or(source.text.len(), |length| span.start + length);
    let span = span.start..span.end.min(line_end).max(span.start);
    let (text, span) = neighbourhood(&source.text, span);
    let name = source.path.display().to_string();
    let mut bytes = Vec::new();
    let report = Report::build(ReportKind::Error, (name.clone(), span.clone()))
        .with_config(Style::default().with_index_type(IndexType::Byte).with_color(stderr_has_colour()))
        .with_message(message)
        .with_label(Label::new((name.clone(), span)).with_message(label).with_color(Color::Red))
        .finish();
    match report.write((name, ariadne::Source::from(text.as_ref())), &mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => format!("error: {message}"),
    }
}

/// The bytes up to which a line is shown whole, and the bytes shown before and after the mark of a longer one.
const MOST_SHOWN: usize = 300;
const BEFORE: usize = 60;
const AFTER: usize = 120;

/// The text with a long marked line cut around the mark, and the mark in it; line numbers are unchanged.
fn neighbourhood(text: &str, span: Range<usize>) -> (Cow<'_, str>, Range<usize>) {
    let begin = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[span.start..].find('\n').map_or(text.len(), |length| span.start + length);
    if end - begin <= MOST_SHOWN {
        return (Cow::Borrowed(text), span);
    }
    let inside = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (first, last) = (inside(begin.max(span.start.saturating_sub(BEFORE))), inside(end.min(span.start + AFTER)));
    let (before, after) = (if first > begin { "…" } else { "" }, if last < end { "…" } else { "" });
    let lines = text[..begin].matches('\n').count();
    let cut = format!("{}{before}{}{after}", "\n".repeat(lines), &text[first..last]);
    let shift = |at: usize| lines + before.len() + at.min(last) - first;
    (Cow::Owned(cut), shift(span.start)..shift(span.end))
}

/// The message of an error of the configuration.
pub(super) fn config_error(error: &ConfigError) -> String {
    at_place(&error.source_text, error.span.clone(), &error.to_string(), &error.label())
}

/// The message of an error below the configuration, marked at the key behind it if there is one.
pub(super) fn diagnosis(source: &Source, diagnosis: &Diagnosis) -> String {
    let path = source.path.display();
    let Diagnosis { key: Some(key), message, .. } = diagnosis else {
        return format!("error: {path}: {}", diagnosis.message);
    };
    let span = source.span_of(key);
    let place = match &span {
        Some(span) => format!("{path}:{}", source.line_and_column(span.start).0),
        None => path.to_string(),
    };
    at_place(source, span, &format!("{place}: {key}: {message}"), "here")
}
