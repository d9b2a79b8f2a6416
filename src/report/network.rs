//! The network of valleys in the terminal report.

use crate::io::Solved;
use crate::report::MOST;
use crate::report::number::{self, brief, percent, rounded};
use crate::report::page::Page;
use crate::scaled::Scaled;

/// The occupation of each valley, its rates to others, and the relaxation rates.
pub(super) fn network(page: &mut Page, solved: &Solved) {
    let Some(study) = &solved.solution.network else {
        return;
    };
    let (found, dimension) = (study.numbers(), solved.setting.dimension);
    let valleys = found.minima.len();
    for (a, &minimum) in found.minima.iter().enumerate().take(MOST) {
        let share = found.occupation[a];
        let share = if share.is_ordinary() { percent(share.value()) } else { rounded(share, Some(1e-3)) };
        let towards = |b: usize| format!("{} to {b}", rounded(found.rates[a][b], Some(1e-3)));
        let ways: Vec<String> =
            (0..valleys).filter(|&b| found.rates[a][b].is_positive()).take(MOST).map(towards).collect();
        let place = number::point(minimum, dimension);
        page.line(&format!("valley {a}"), &format!("{place}  holds {share} · leaves at {}", ways.join(", ")));
    }
    super::omitted(page, "valleys", valleys);
    let relaxing = (0..valleys).filter(|&k| found.eigenvalues[k].re != Scaled::ZERO);
    for (place, k) in relaxing.enumerate().take(MOST) {
        let own = found.eigenvalues[k];
        let turning = match own.im == Scaled::ZERO {
            true => String::new(),
            false => format!(" {} {}i", if own.im.value() < 0.0 { "−" } else { "+" }, brief(own.im.modulus().value())),
        };
        let refined = rounded(found.refined[k].re, found.discretisation_error[k].or(Some(found.refined[k].error)));
        let word = if place == 0 { "relaxation rates" } else { "" };
        let value = page.bold(&rounded(own.re, Some(found.error(k))));
        page.line(word, &format!("{value}{turning}  ± {:.1e} relative · the whole chain: {refined}", found.error(k)));
    }
    if found.open_saddles > 0 {
        let text = "with no second minimum in the domain: they carry no rate";
        page.line("open saddles", &format!("{} {text}", found.open_saddles));
    }
}
