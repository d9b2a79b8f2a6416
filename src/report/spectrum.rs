//! The spectrum in the terminal report.

use crate::io::Solved;
use crate::report::MOST;
use crate::report::number::{brief, rounded};
use crate::report::page::Page;
use crate::scaled::Scaled;

/// The eigenvalues nearest to zero, each with its error and the method that found it.
pub(super) fn spectrum(page: &mut Page, solved: &Solved) {
    let Some(study) = &solved.solution.spectrum else {
        return;
    };
    for (k, (mode, &error)) in study.modes.iter().zip(&study.errors).enumerate().take(MOST + 1) {
        let im = mode.value.im.value();
        let turning = match im == 0.0 {
            true => String::new(),
            false => format!(" {} {}i", if im < 0.0 { "−" } else { "+" }, brief(im.abs())),
        };
        let text = match mode.value.re == Scaled::ZERO {
            true => "0  exactly".to_string(),
            false => format!(
                "{}{turning}  ± {error:.1e} relative · {}",
                rounded(mode.value.re, Some(error)),
                mode.route.name()
            ),
        };
        page.line(&format!("eigenvalue {}", k + 1), &text);
    }
    let count = study.modes.len();
    if count > MOST + 1 {
        page.line("", &format!("… and {} more eigenvalues in the summary", count - MOST - 1));
    }
}
