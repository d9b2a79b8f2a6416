//! Panels on which the scale density and the speed density are polynomials to rounding.

use super::rule::{NODES, Nodal, RULE};
use super::{Breakpoint, End, Passage, QuadratureError};
use crate::problem::Interpretation;
use crate::problem::boundary_class::LocalLaw;
use crate::scaled::{Scaled, Sum};

/// The largest change of φ over a panel (see [`NODES`]).
const LARGEST_RISE: f64 = 4.0;
/// The relative agreement of a panel's integrals with those of its halves at which it is accepted; the halves are then
/// far more accurate (with 20 nodes by a factor of about 2⁴⁰).
const AGREEMENT: f64 = 1e-13;
/// The narrowest panel as a fraction of the interval, about one unit in the last place: a jump without a breakpoint is
/// left unresolved at this width.
const NARROWEST: f64 = 4e-15;
/// The largest number of panels: more would mean that φ varies by over 10⁶ or that no polynomial follows the function.
const MOST_PANELS: usize = 400_000;
/// Halving leaves panels over which φ changes by 2 to 4, evenly in logarithms: so many for each unit of φ.
const PER_UNIT: f64 = 0.36;
/// The numbers of pieces by which the change of φ is estimated beforehand, and the share to which they must agree.
const PIECES: [u32; 2] = [8, 16];
const KNOWN: f64 = 0.01;

/// One panel, with ψ = φ − φ(left).
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) left: f64,
    pub(super) right: f64,
    /// φ(right) − φ(left).
    pub(super) rise: f64,
    /// The jump of φ at the left edge, before the panel begins.
    pub(super) jump: f64,
    /// m e^{ψ} (width included).
    pub(super) scale: Nodal,
    /// w e^{−ψ} (width included).
    pub(super) speed: Nodal,
    range: f64,
}

impl Panel {
    fn new(passage: &Passage, left: f64, right: f64) -> Result<Panel, QuadratureError> {
        let width = right - left;
        let (mut steepness, mut diffusion) = ([0.0; NODES], [0.0; NODES]);
        for i in 0..NODES {
            let x = left + width * RULE.nodes[i];
            diffusion[i] = (passage.diffusion)(x);
            if !(diffusion[i] > 0.0 && diffusion[i].is_finite()) {
                return Err(QuadratureError::NotPositive { at: x, diffusion: diffusion[i] });
            }
            steepness[i] = width * (passage.slope)(x) / diffusion[i];
            if !steepness[i].is_finite() {
                return Err(QuadratureError::NotFinite { at: x });
            }
        }
        let psi = RULE.before(&steepness);
        let rise = RULE.integral(&steepness);
        let (low, high) =
            psi.iter().fold((rise.min(0.0), rise.max(0.0)), |(low, high), psi| (low.min(*psi), high.max(*psi)));
        let (mut scale, mut speed) = ([0.0; NODES], [0.0; NODES]);
        for i in 0..NODES {
            let (m, w) = densities(passage.interpretation, diffusion[i]);
            scale[i] = width * m * psi[i].exp();
            speed[i] = width * w * (-psi[i]).exp();
        }
        Ok(Panel { left, right, rise, jump: 0.0, scale, speed, range: high - low })
    }

    /// The panel from an absorbing end to the distance `width` from it, where the densities are powers of the distance:
    /// its integral of the scale density is exact.
    fn of_power(law: LocalLaw, [scale, speed]: [f64; 2], left: f64, width: f64, side: usize) -> Panel {
        let gaps: Nodal = std::array::from_fn(|i| if side == 0 { RULE.nodes[i] } else { 1.0 - RULE.nodes[i] });
        let diffusion = law.diffusion * width.powf(law.diffusion_exponent);
        let (m, w) = densities(law.interpretation, diffusion);
        let seen = RULE.integral(&gaps.map(|gap| gap.powf(scale)));
        Panel {
            left,
            right: left + width,
            rise: 0.0,
            jump: 0.0,
            scale: gaps.map(|gap| width * m * gap.powf(scale) / ((1.0 + scale) * seen)),
            speed: gaps.map(|gap| width * w * gap.powf(speed)),
            range: 0.0,
        }
    }

    /// The same panel for the flux instead of the function: m e^φ and w e^{−φ} exchanged.
    pub(super) fn dual(&self) -> Panel {
        let Panel { left, right, rise, jump, scale, speed, range } = *self;
        Panel { left, right, rise: -rise, jump: -jump, scale: speed, speed: scale, range }
    }

    /// Whether this panel agrees with its halves.
    fn agrees(&self, [low, high]: &[Panel; 2]) -> bool {
        // Rounding of the nodes alone changes the integrands in a narrow panel by up to this.
        let place = 4.0 * f64::EPSILON * self.left.abs().max(self.right.abs()) / (self.right - self.left);
        let tolerance = AGREEMENT + place;
        let close = |one: f64, two: f64| (one - two).abs() <= tolerance * two.abs();
        let scale = RULE.integral(&low.scale) + low.rise.exp() * RULE.integral(&high.scale);
        let speed = RULE.integral(&low.speed) + (-low.rise).exp() * RULE.integral(&high.speed);
        (self.rise - low.rise - high.rise).abs() <= tolerance * (1.0 + self.range)
            && close(RULE.integral(&self.scale), scale)
            && close(RULE.integral(&self.speed), speed)
    }
}

/// The factors m and w of the scale and the speed density where D has this value.
fn densities(interpretation: Interpretation, diffusion: f64) -> (f64, f64) {
    match interpretation {
        Interpretation::Ito => (1.0, 1.0 / diffusion),
        Interpretation::Isothermal => (1.0 / diffusion, 1.0),
        Interpretation::Stratonovich => (1.0 / diffusion.sqrt(), 1.0 / diffusion.sqrt()),
    }
}

/// An absorbing end that is reached so slowly that its narrowest panel still holds a part of the scale density.
struct SlowEnd {
    law: LocalLaw,
    /// The exponents A and B of the scale and the speed density.
    exponents: [f64; 2],
    /// The width of the panel in which the densities are powers.
    width: f64,
}

impl SlowEnd {
    fn of(passage: &Passage, side: usize, span: f64) -> Option<SlowEnd> {
        let (end, inward) = if side == 0 { (passage.lower, 1.0) } else { (passage.upper, -1.0) };
        let End::Absorbing(at) = end else { return None };
        let slope = |y: f64| inward * (passage.slope)(at + inward * y);
        let law =
            LocalLaw::of(slope, |y| (passage.diffusion)(at + inward * y), [span, at.abs()], passage.interpretation)?;
        let exponents = law.exponents().filter(|[scale, _]| law.is_degenerate() && (-1.0..SLOW).contains(scale))?;
        // Nearer to an end that is not at 0 the distance from it is rounded.
        let width = if at == 0.0 { NARROWEST * span } else { f64::EPSILON.sqrt() * span.max(at.abs()) };
        Some(SlowEnd { law, exponents, width })
    }

    /// The panel next to the end, and its halves.
    fn panels(&self, passage: &Passage, at: f64, side: usize) -> Result<(Panel, [Panel; 2]), QuadratureError> {
        let SlowEnd { law, exponents, width } = *self;
        let half = 0.5 * width;
        let left = |width: f64| if side == 0 { at } else { at - width };
        let of = |width: f64| Panel::of_power(law, exponents, left(width), width, side);
        let other = if side == 0 { at + half } else { at - width };
        let rest = Panel::new(passage, other, other + half)?;
        let halves = if side == 0 { [of(half), rest] } else { [rest, of(half)] };
        Ok((of(width), halves))
    }
}

/// The exponent of the scale density below which an end counts as slow: with this one the narrowest panel holds 6e-8 of
/// it.
const SLOW: f64 = -0.5;

/// The panels of an interval, and the same with every panel halved.
pub(super) struct Panels {
    pub(super) coarse: Vec<Panel>,
    pub(super) fine: Vec<Panel>,
    /// Whether some panel has the smallest width and still differs from its halves: at a jump without a breakpoint, or
    /// at an end where the integrand is a power.
    pub(super) leaves_some: bool,
}

impl Panels {
    /// Panels between the first and the last of the ascending `edges`, every one of which is an edge of a panel.
    pub(super) fn new(passage: &Passage, edges: &[Breakpoint]) -> Result<Panels, QuadratureError> {
        let mut edges = edges.to_vec();
        let ends = [edges[0].at, edges[edges.len() - 1].at];
        let span = ends[1] - ends[0];
        steepest_of_too_many(passage, &edges).map_or(Ok(()), |at| Err(QuadratureError::Unresolved { at }))?;
        let (mut coarse, mut fine) = (Vec::new(), Vec::new());
        let (mut waiting, mut leaves_some) = (Vec::new(), false);
        let [lower, upper] = [0, 1].map(|side| SlowEnd::of(passage, side, span));
        if let Some(end) = &lower {
            let (panel, halves) = end.panels(passage, ends[0], 0)?;
            edges.retain(|edge| edge.at > panel.right);
            edges.insert(0, Breakpoint::from(panel.right));
            coarse.push(panel);
            fine.extend(halves);
        }
        let last = upper.map(|end| end.panels(passage, ends[1], 1)).transpose()?;
        if let Some((panel, _)) = &last {
            edges.retain(|edge| edge.at < panel.left);
            edges.push(Breakpoint::from(panel.left));
        }
        for pair in edges.windows(2).rev() {
            waiting.push(Panel { jump: pair[0].rise, ..Panel::new(passage, pair[0].at, pair[1].at)? });
        }
        while let Some(panel) = waiting.pop() {
            let middle = 0.5 * (panel.left + panel.right);
            let narrow = panel.right - panel.left <= NARROWEST * span.max(middle.abs());
            let low = Panel { jump: panel.jump, ..Panel::new(passage, panel.left, middle)? };
            let halves = [low, Panel::new(passage, middle, panel.right)?];
            let agrees = panel.range <= LARGEST_RISE && panel.agrees(&halves);
            if narrow || agrees {
                leaves_some |= !agrees;
                if panel.range > 100.0 {
                    return Err(QuadratureError::Unresolved { at: middle });
                }
                coarse.push(panel);
                fine.extend(halves);
            } else {
                let [low, high] = halves;
                waiting.push(high);
                waiting.push(low);
            }
            if coarse.len() + waiting.len() > MOST_PANELS {
                return Err(QuadratureError::Unresolved { at: middle });
            }
        }
        if let Some((panel, halves)) = last {
            coarse.push(panel);
            fine.extend(halves);
        }
        Ok(Panels { coarse, fine, leaves_some })
    }
}

/// Where φ changes most, if it changes by so much in all that its panels would be too many: known before they are made.
fn steepest_of_too_many(passage: &Passage, edges: &[Breakpoint]) -> Option<f64> {
    let (lower, upper) = (edges[0].at, edges[edges.len() - 1].at);
    let [(rough, _), (fine, at)] = PIECES.map(|pieces| {
        let width = (upper - lower) / f64::from(pieces);
        let (mut whole, mut most, mut steepest) = (0.0, 0.0, lower);
        for left in (0..pieces).map(|piece| lower + width * f64::from(piece)) {
            let climb = RULE.integral(&std::array::from_fn(|i| {
                let x = left + width * RULE.nodes[i];
                (width * (passage.slope)(x) / (passage.diffusion)(x)).abs()
            }));
            whole += climb;
            (most, steepest) = if climb > most { (climb, left + 0.5 * width) } else { (most, steepest) };
        }
        (whole, steepest)
    });
    // Neither holds where L'/D is no number or has layers narrower than the pieces: the panels say what is there.
    let is_known = (rough - fine).abs() <= KNOWN * fine;
    (is_known && fine.is_finite() && PER_UNIT * fine > MOST_PANELS as f64).then_some(at)
}

/// The relative difference above which integrals on two sets of panels belong to different functions, that is, one set
/// has missed a layer.
const SAME: f64 = 1e-9;

impl Panels {
    /// Whether φ, ∫ e^φ m and ∫ e^{−φ} w over the whole interval agree with those on other panels.
    pub(super) fn has_same_integrals(&self, other: &Panels) -> bool {
        let (one, two) = (Totals::of(&self.coarse), Totals::of(&other.coarse));
        let close = |one: Scaled, two: Scaled| (one.over(two).value() - 1.0).abs() <= SAME;
        (one.rise - two.rise).abs() <= SAME * (1.0 + one.climb)
            && close(one.scale, two.scale)
            && close(one.speed, two.speed)
    }
}

/// The integrals over the whole interval.
struct Totals {
    rise: f64,
    /// Σ |Δφ|, which depends a little on the panels.
    climb: f64,
    scale: Scaled,
    speed: Scaled,
}

impl Totals {
    fn of(panels: &[Panel]) -> Totals {
        let (mut phi, mut climb) = (Sum::default(), 0.0);
        let (mut scale, mut speed) = (Scaled::ZERO, Scaled::ZERO);
        for panel in panels {
            phi = phi.plus(panel.jump);
            scale = scale.plus(Scaled::exp(phi, 1.0).scaled(RULE.integral(&panel.scale)));
            speed = speed.plus(Scaled::exp(phi, -1.0).scaled(RULE.integral(&panel.speed)));
            phi = phi.plus(panel.rise);
            climb += panel.rise.abs() + panel.jump.abs();
        }
        Totals { rise: phi.high + phi.low, climb, scale, speed }
    }
}
