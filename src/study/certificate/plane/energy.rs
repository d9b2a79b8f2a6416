//! The energies of a trial function u and of a flux σ that balances a source f, integrated cell by cell.
//!
//! ```text
//!  A₀ = ∫ p ∇u·D∇u    A₁ = ∫ p u²    M = ∫ f    A₂ = ∫ σ·D⁻¹σ/p,  div σ = f      f = p u, or f = p
//! ```
//! The flux through the faces is −p n·D∇u, corrected until it balances f over each cell ([`super::balance`]). With face
//! profiles W, E, S, N and (s, t) ∈ [0, 1]² within a cell,
//! ```text
//!  σ_x = (1−s)W(y) + sE(y) − ∫₀ˣ b,   b(x) = (N(x) − S(x) − mean)/h_y
//!  σ_y = (1−t)S(x) + tN(x) − ∫₀ʸ a,   a(y) = (E(y) − W(y) − mean)/h_x          div σ = mean of f over the cell
//!  σ_x += ∫₀ˣ G,  σ_y += ∫₀ʸ (r − G),   r = f − mean,  G(x) = mean of r over y     div σ = f
//! ```

use rayon::prelude::*;

use super::balance::{self, Fluxes};
use super::rule::{self, Rule, Stencil};
use super::setting::Setting;
use super::trial::Trial;
use crate::solve::Chain;
use crate::tensor::dot;

/// The source f that the flux balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// f = p u, for the eigenvalue.
    Own,
    /// f = p, for the mean exit time.
    Density,
}

/// The energies of a trial function and of its flux.
#[derive(Clone, Copy, Debug)]
pub(super) struct Energies {
    /// A₀.
    pub(super) gradient: f64,
    /// A₁.
    pub(super) square: f64,
    /// ∫ p u.
    pub(super) first: f64,
    /// ∫ p.
    pub(super) population: f64,
    /// M.
    pub(super) source: f64,
    /// A₂/M².
    pub(super) flux: f64,
}

/// Sums over the cells of one row, and ∫ f over each of them.
struct Row {
    gradient: f64,
    square: f64,
    first: f64,
    population: f64,
    sources: Vec<f64>,
}

/// The data that the integrals over every cell share.
#[derive(Clone, Copy)]
struct Pass<'a, const N: usize> {
    setting: &'a Setting<'a>,
    trial: &'a Trial,
    source: Source,
    rule: &'a Rule<N>,
}

/// The energies by the rule with `N` nodes per cell and direction.
pub(super) fn energies<const N: usize>(
    setting: &Setting<'_>,
    trial: &Trial,
    source: Source,
    chain: &Chain<'_>,
) -> Energies {
    let rule = Rule::<N>::new();
    let pass = Pass { setting, trial, source, rule: &rule };
    let rows: Vec<Row> = (0..setting.cells[0]).into_par_iter().map(|i| pass.row(i)).collect();
    let sum = |part: fn(&Row) -> f64| rows.iter().map(part).sum::<f64>();
    let mut sources: Vec<f64> = rows.iter().flat_map(|row| row.sources.iter().copied()).collect();
    let total: f64 = sources.iter().sum();
    sources.iter_mut().for_each(|source| *source /= total);
    let mut profiles = Profiles::new(setting, trial, &rule);
    let fluxes = profiles.balanced(setting, &rule, &sources, chain);
    profiles.carry(&rule, setting.spacing, &fluxes);
    let flux = |i: usize| pass.flux_row(&profiles, &sources, total, i);
    let flux: Vec<f64> = (0..setting.cells[0]).into_par_iter().map(flux).collect();
    Energies {
        gradient: sum(|row| row.gradient),
        square: sum(|row| row.square),
        first: sum(|row| row.first),
        population: sum(|row| row.population),
        source: total,
        flux: flux.iter().sum(),
    }
}

impl<const N: usize> Pass<'_, N> {
    fn row(&self, i: usize) -> Row {
        let Pass { setting, trial, source, rule } = *self;
        let mut row = Row { gradient: 0.0, square: 0.0, first: 0.0, population: 0.0, sources: Vec::new() };
        for j in 0..setting.cells[1] {
            let here = setting.sample(rule, [i, j]);
            let found = trial.at_nodes([i, j], &rule.value, &rule.slope);
            let mut sums = [0.0; 4];
            for (a, line) in here.p.iter().enumerate() {
                for (b, p) in line.iter().enumerate() {
                    let weight = rule.weights[a] * rule.weights[b] * p;
                    let (u, ux, uy) = (found.u[a][b], found.ux[a][b], found.uy[a][b]);
                    sums[0] += weight * here.d.energy(a, b, [ux, uy]);
                    sums[1] += weight * u * u;
                    sums[2] += weight * u;
                    sums[3] += weight;
                }
            }
            let [gradient, square, first, population] = sums.map(|sum| sum * setting.area());
            row.gradient += gradient;
            row.square += square;
            row.first += first;
            row.population += population;
            row.sources.push(if source == Source::Own { first } else { population });
        }
        row
    }

    /// The part of A₂/M² from one row of cells.
    fn flux_row(&self, profiles: &Profiles<N>, sources: &[f64], total: f64, i: usize) -> f64 {
        let Pass { setting, trial, source, rule } = *self;
        let ny = setting.cells[1];
        let [hx, hy] = setting.spacing;
        let mut sum = 0.0;
        for j in 0..ny {
            let here = setting.sample(rule, [i, j]);
            let p = &here.p;
            let u = trial.at_nodes([i, j], &rule.value, &rule.slope).u;
            let [west, east] = [0, 1].map(|k| &profiles.flux[0][setting.face_number(0, [i + k, j])]);
            let [south, north] = [0, 1].map(|k| &profiles.flux[1][setting.face_number(1, [i, j + k])]);
            let excess = |low: &[f64; N], high: &[f64; N]| -> [f64; N] {
                let rise: [f64; N] = std::array::from_fn(|k| high[k] - low[k]);
                let mean = rule.integral(&rise);
                rule.before(&rise.map(|rise| rise - mean))
            };
            let (along_y, along_x) = (excess(west, east), excess(south, north));
            let mean = sources[i * ny + j] / setting.area();
            let rest: [[f64; N]; N] = std::array::from_fn(|a| {
                std::array::from_fn(|b| {
                    let f = if source == Source::Own { p[a][b] * u[a][b] } else { p[a][b] };
                    f / total - mean
                })
            });
            let means = rest.map(|line| rule.integral(&line));
            let bubble = rule.before(&means);
            let mut cell = 0.0;
            for a in 0..N {
                let across: [f64; N] = rule.before(&rest[a].map(|rest| rest - means[a]));
                for b in 0..N {
                    let (s, t) = (rule.nodes[a], rule.nodes[b]);
                    let x = (1.0 - s) * west[b] + s * east[b] + hx * (bubble[a] - along_x[a] / hy);
                    let y = (1.0 - t) * south[a] + t * north[a] + hy * (across[b] - along_y[b] / hx);
                    cell += rule.weights[a] * rule.weights[b] * here.d.inverse(a, b, [x, y]) / p[a][b];
                }
            }
            sum += cell * setting.area();
        }
        sum
    }
}

/// Flux and density at the nodes of each face, indexed by [`Setting::face_number`].
struct Profiles<const N: usize> {
    flux: [Vec<[f64; N]>; 2],
    density: [Vec<[f64; N]>; 2],
}

impl<const N: usize> Profiles<N> {
    /// −p n·D∇u; zero at reflecting walls and next to the plateau of u.
    fn new(setting: &Setting<'_>, trial: &Trial, rule: &Rule<N>) -> Profiles<N> {
        let [nx, ny] = setting.cells;
        let near = balance::near(&trial.is_flat, setting.cells, setting.is_periodic);
        let at_face = [0.0, 1.0].map(|s| (rule::value(s), rule::slope(s)));
        let mut profiles = Profiles { flux: [Vec::new(), Vec::new()], density: [Vec::new(), Vec::new()] };
        for axis in 0..2 {
            let faces = if axis == 0 { [nx + 1, ny] } else { [nx, ny + 1] };
            let face = |k: usize| {
                let place = [k / faces[1], k % faces[1]];
                face(setting, trial, rule, axis, place, &near, &at_face)
            };
            let both: Vec<([f64; N], [f64; N])> = (0..faces[0] * faces[1]).into_par_iter().map(face).collect();
            (profiles.flux[axis], profiles.density[axis]) = both.into_iter().unzip();
        }
        profiles
    }

    /// Scales all fluxes so that those through the walls sum to 1, and corrects their totals to balance the sources.
    fn balanced(&mut self, setting: &Setting<'_>, rule: &Rule<N>, sources: &[f64], chain: &Chain<'_>) -> Fluxes {
        let lengths = [setting.spacing[1], setting.spacing[0]];
        let totals = [0, 1].map(|axis| -> Vec<f64> {
            self.flux[axis].iter().map(|profile| rule.integral(profile) * lengths[axis]).collect()
        });
        let mut fluxes = Fluxes { through: totals };
        let leaving = fluxes.leaving(setting);
        // A trial function with no flux out of the set starts from zero fluxes.
        let scale = if leaving > 0.0 && leaving.is_finite() { 1.0 / leaving } else { 0.0 };
        self.flux.iter_mut().flatten().flatten().for_each(|flux| *flux *= scale);
        fluxes.through.iter_mut().flatten().for_each(|flux| *flux *= scale);
        balance::balance(setting, &mut fluxes, sources, chain);
        fluxes
    }

    /// Adjusts each profile to its corrected total by adding a multiple of the density.
    fn carry(&mut self, rule: &Rule<N>, spacing: [f64; 2], fluxes: &Fluxes) {
        let lengths = [spacing[1], spacing[0]];
        for (axis, length) in lengths.into_iter().enumerate() {
            let faces = self.flux[axis].iter_mut().zip(&self.density[axis]).zip(&fluxes.through[axis]);
            for ((flux, density), &total) in faces {
                let missing = (total - rule.integral(flux) * length) / (rule.integral(density) * length);
                (0..N).for_each(|k| flux[k] += missing * density[k]);
            }
        }
    }
}

/// The flux −p n·D∇u and the density at the nodes of one face.
fn face<const N: usize>(
    setting: &Setting<'_>,
    trial: &Trial,
    rule: &Rule<N>,
    axis: usize,
    [i, j]: [usize; 2],
    near: &[bool],
    at_face: &[(Stencil, Stencil); 2],
) -> ([f64; N], [f64; N]) {
    let n = setting.cells;
    let number = [i, j][axis];
    // The face as the lower one of a cell, or as the upper one of the last cell; `beyond` is the cell on its other
    // side.
    let end = usize::from(number == n[axis]);
    let own = if axis == 0 { [i - end, j] } else { [i, j - end] };
    let sample = setting.face(rule, own, axis, end);
    let beyond = setting.neighbour(own, axis, end);
    let is_near = [Some(own), beyond].into_iter().flatten().any(|[i, j]| near[i * n[1] + j]);
    if is_near || (beyond.is_none() && !setting.absorbs[axis][end]) {
        return ([0.0; N], sample.p);
    }
    let (value, slope) = &at_face[end];
    let gradient = trial.on_face(own, axis, [value, slope], [&rule.value, &rule.slope]);
    (std::array::from_fn(|k| -sample.p[k] * dot(sample.d[k], gradient[k])), sample.p)
}
