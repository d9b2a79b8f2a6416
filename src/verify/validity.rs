//! The barrier over noise from which Kramers' rate is accurate to 10 % and 1 %, with and without Laplace's first
//! correction.

use crate::verify::evidence::Evidence;
use crate::verify::limit::{Limit, within};
use crate::verify::solved::{barrier, posed, solve};
use crate::verify::theorem_3_1::{Case, LINES, PROBE, laplace};
use crate::verify::{Claim, ClaimError, Effort, Expected, Figure, Finding, Verdict};

/// Laplace's first correction raises the order of the error in d to 2.
pub const MAP: Claim = Claim {
    id: "kramers-validity",
    title: "How cold is cold enough for Kramers' rate, with its first correction and without",
    statement: "Laplace's first correction takes the error of Kramers' rate from order d to order d²: γ = γ_Kramers (1 + c d + O(d²)), with \
                c = −Σ (5L‴²/24|L″|³ ∓ L⁗/8L″²) over the minimum (−) and the saddle (+).",
    source: "Theorem 3.1 and its next order; the map itself is measured",
    conditions: "Six landscapes in one dimension, killed beyond the saddle at the next minimum, just before it, or well down the slope; white noise; ΔL/d \
                 from 1.25 to 320.",
    computation: "γ of the finite-volume chain over γ_Kramers (1 + c d): the order in d of its distance from 1 at the coldest points. The barriers over noise \
                  from which both errors stay below 10 % and 1 %, between points by interpolation of logarithms.",
    tolerance: "0.2 for the order: what the third order leaves at the coldest points; another coefficient leaves order 1.",
    expected: Expected::Holds,
    check: |effort| map(effort, 1.0),
};

/// ΔL/d at the first point, and the number of further points in steps of √2, up to 320.
const WARMEST: f64 = 1.25;
const STEPS: usize = 16;

/// The relative errors for which the barrier over noise is determined.
const SHARES: [f64; 2] = [0.1, 0.01];

/// The smallest and the largest barrier over noise from which an error stays below each of [`SHARES`] in any landscape:
/// without the correction and with it.
type Needed = [[[f64; 2]; 2]; 2];

/// Notes the barriers over noise from which the errors of one landscape stay below [`SHARES`].
fn note_needed(evidence: &mut Evidence, case: &Case, height: f64, ratios: &[Vec<[f64; 2]>; 2], needed: &mut Needed) {
    for (place, share) in SHARES.into_iter().enumerate() {
        for (ratios, (needed, word)) in ratios.iter().zip(needed.iter_mut().zip(["alone", "with the correction"])) {
            let Some(d) = within(ratios, share) else { continue };
            let over = height / d;
            let name = format!("{}: ΔL/d from which Kramers {word} is within {} %", case.name, 100.0 * share);
            evidence.note(name, over);
            needed[place] = [needed[place][0].min(over), needed[place][1].max(over)];
        }
    }
}

/// Decides whether `factor` times Laplace's coefficient leaves an error of order d²; the claim's factor is 1.
///
/// # Errors
/// A point that cannot be solved.
pub fn map(effort: &Effort, factor: f64) -> Result<Finding, ClaimError> {
    let chart = |y: &'static str| Figure::new("ΔL/d", y, [true, true]);
    let columns = ["ΔL/d", "d", "γ/γ_Kramers − 1", "γ/γ_Kramers(1 + c d) − 1"];
    let mut evidence = Evidence::new(Verdict::HoldsAsymptotically, &columns, chart("|γ/γ_Kramers − 1|"));
    let mut with_correction = chart("|γ/γ_Kramers(1 + c d) − 1|");
    let step = if effort.is_quick { 2 } else { 1 };
    let barriers: Vec<f64> =
        (0..=STEPS).step_by(step).map(|k| WARMEST * std::f64::consts::SQRT_2.powi(k as i32)).collect();
    effort.expects(LINES.len() * barriers.len());
    let mut needed: Needed = [[[f64::INFINITY, 0.0]; 2]; 2];
    for case in &LINES {
        let (problem, _) = posed(&case.configured(PROBE))?;
        let (height, coefficient) = (barrier(&problem)?, factor * laplace(&problem)?);
        let mut ratios: [Vec<[f64; 2]>; 2] = Default::default();
        for over in &barriers {
            let d = height / over;
            evidence.configuration = case.configured(d);
            let bare = solve(effort, &evidence.configuration, 1e-7)?.over_kramers()?;
            let corrected = bare / (1.0 + coefficient * d);
            evidence.table.push(case.name, vec![*over, d, bare - 1.0, corrected - 1.0]);
            ratios[0].push([d, bare]);
            ratios[1].push([d, corrected]);
        }
        let order = Limit::of(&ratios[1], 2.0).order;
        evidence.require(format!("{}: order in d of what the correction leaves", case.name), order, 2.0, 0.1);
        note_needed(&mut evidence, case, height, &ratios, &mut needed);
        let errors = |ratios: &[[f64; 2]]| ratios.iter().map(|&[d, r]| [height / d, (r - 1.0).abs()]).collect();
        evidence.figure.measured(case.name, errors(&ratios[0]));
        with_correction.measured(case.name, errors(&ratios[1]));
    }
    for chart in [&mut evidence.figure, &mut with_correction] {
        for share in SHARES {
            chart.predicted(
                format!("{} %", 100.0 * share),
                vec![[WARMEST, share], [barriers[barriers.len() - 1], share]],
            );
        }
    }
    evidence.further.push(with_correction);
    // An error that is small at the warmest point already says where the points begin, not the threshold.
    let range = |[low, high]: [f64; 2]| match low <= WARMEST * (1.0 + 1e-9) {
        true => format!("less than {WARMEST} to {high:.1}"),
        false => format!("{low:.1} to {high:.1}"),
    };
    let [alone, corrected] = needed;
    let summary = match evidence.verdict() {
        Verdict::HoldsAsymptotically => format!(
            "Kramers' rate is within 10 % from barriers of {} times the noise on, and within 1 % from {}, as the landscape may be; with the first \
             correction from {} and {}.",
            range(alone[0]),
            range(alone[1]),
            range(corrected[0]),
            range(corrected[1]),
        ),
        _ => "What the correction leaves is not of order d².".to_string(),
    };
    Ok(evidence.finding(summary))
}
