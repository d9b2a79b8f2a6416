//! The Green operator of the backward equation on panels, without a subtraction.

use super::panels::Panel;
use super::rule::{NODES, Nodal, RULE};
use crate::scaled::{Scaled, Sum};

/// The Green operator f ↦ u with 𝓛u = −f and u = 0 at absorbing ends:
///
/// ```text
/// u(x) = [ B(x) ∫_l^x A v f dz + A(x) ∫_x^r B v f dz ] / S,
/// A(x) = ∫_l^x e^φ m,   B(x) = ∫_x^r e^φ m,   S = A(r),   v = e^{−φ} w
/// ```
///
/// If the lower end reflects, A and S are 1; if the upper end reflects, B and S are 1.
pub(super) struct Green<'a> {
    panels: &'a [Panel],
    /// e^{−φ} at the left edge of each panel.
    boltzmann: Vec<Scaled>,
    below: Cumulative,
    above: Cumulative,
    total: Scaled,
}

/// A positive function at the edges of the panels and at their nodes, there relative to a reference value of each
/// panel.
struct Cumulative {
    edges: Vec<Scaled>,
    reference: Vec<Scaled>,
    nodes: Vec<Nodal>,
}

impl Cumulative {
    fn one(panels: usize) -> Cumulative {
        Cumulative {
            edges: vec![Scaled::ONE; panels + 1],
            reference: vec![Scaled::ONE; panels],
            nodes: vec![[1.0; NODES]; panels],
        }
    }

    /// ∫ from the lower end of factor_p · density over panel p.
    fn from_below(densities: &[Nodal], factors: &[Scaled]) -> Cumulative {
        let mut edges = vec![Scaled::ZERO];
        let (mut reference, mut nodes) = (Vec::new(), Vec::new());
        for (density, factor) in densities.iter().zip(factors) {
            let start = edges[edges.len() - 1];
            let end = start.plus(factor.scaled(RULE.integral(density)));
            nodes.push(relative(start, *factor, RULE.before(density), end));
            reference.push(end);
            edges.push(end);
        }
        Cumulative { edges, reference, nodes }
    }

    /// ∫ to the upper end of factor_p · density over panel p.
    fn from_above(densities: &[Nodal], factors: &[Scaled]) -> Cumulative {
        let mut edges = vec![Scaled::ZERO];
        let (mut reference, mut nodes) = (Vec::new(), Vec::new());
        for (density, factor) in densities.iter().zip(factors).rev() {
            let start = edges[edges.len() - 1];
            let end = start.plus(factor.scaled(RULE.integral(density)));
            nodes.push(relative(start, *factor, RULE.after(density), end));
            reference.push(end);
            edges.push(end);
        }
        edges.reverse();
        reference.reverse();
        nodes.reverse();
        Cumulative { edges, reference, nodes }
    }

    fn at(&self, panel: usize, node: usize) -> Scaled {
        self.reference[panel].scaled(self.nodes[panel][node])
    }
}

/// (start + factor · inner) / end; zero if nothing has accumulated yet.
fn relative(start: Scaled, factor: Scaled, inner: Nodal, end: Scaled) -> Nodal {
    if !end.is_greater(Scaled::ZERO) {
        return [0.0; NODES];
    }
    inner.map(|inner| start.plus(factor.scaled(inner)).over(end).value())
}

/// A function at the nodes and at the edges of the panels.
pub(super) struct Values {
    pub(super) nodes: Vec<[Scaled; NODES]>,
    pub(super) edges: Vec<Scaled>,
}

impl<'a> Green<'a> {
    /// The operator on these panels; at least one end absorbs.
    pub(super) fn new(panels: &'a [Panel], lower_absorbs: bool, upper_absorbs: bool) -> Green<'a> {
        // φ is measured from the left end, in sums with twice the working precision.
        let mut phi = Sum::default();
        let (mut boltzmann, mut growth) = (Vec::new(), Vec::new());
        for panel in panels {
            phi = phi.plus(panel.jump);
            boltzmann.push(Scaled::exp(phi, -1.0));
            growth.push(Scaled::exp(phi, 1.0));
            phi = phi.plus(panel.rise);
        }
        let scale: Vec<Nodal> = panels.iter().map(|panel| panel.scale).collect();
        let below = if lower_absorbs { Cumulative::from_below(&scale, &growth) } else { Cumulative::one(panels.len()) };
        let above = if upper_absorbs { Cumulative::from_above(&scale, &growth) } else { Cumulative::one(panels.len()) };
        let total = if lower_absorbs { below.edges[panels.len()] } else { above.edges[0] };
        let total = if lower_absorbs && upper_absorbs { total } else { Scaled::ONE };
        Green { panels, boltzmann, below, above, total }
    }

    /// The constant function 1 at the nodes.
    pub(super) fn ones(&self) -> Vec<Nodal> {
        vec![[1.0; NODES]; self.panels.len()]
    }

    /// Applies the operator to f.
    pub(super) fn apply(&self, f: &[Nodal]) -> Values {
        let weighted = |by: &Cumulative| -> (Vec<Nodal>, Vec<Scaled>) {
            let density = |p: usize| std::array::from_fn(|i| self.panels[p].speed[i] * f[p][i] * by.nodes[p][i]);
            let factor = |p: usize| self.boltzmann[p].times(by.reference[p]);
            ((0..f.len()).map(density).collect(), (0..f.len()).map(factor).collect())
        };
        let (density, factor) = weighted(&self.below);
        let left = Cumulative::from_below(&density, &factor);
        let (density, factor) = weighted(&self.above);
        let right = Cumulative::from_above(&density, &factor);
        let join = |below: Scaled, above: Scaled, left: Scaled, right: Scaled| {
            above.times(left).plus(below.times(right)).over(self.total)
        };
        let nodes = (0..f.len())
            .map(|p| {
                std::array::from_fn(|i| join(self.below.at(p, i), self.above.at(p, i), left.at(p, i), right.at(p, i)))
            })
            .collect();
        let edges = (0..=f.len())
            .map(|e| join(self.below.edges[e], self.above.edges[e], left.edges[e], right.edges[e]))
            .collect();
        Values { nodes, edges }
    }

    /// ∫ e^{−φ} w f g over all panels.
    pub(super) fn product(&self, f: &[Nodal], g: &[Nodal]) -> Scaled {
        let mut sum = Scaled::ZERO;
        for (p, panel) in self.panels.iter().enumerate() {
            let density = std::array::from_fn(|i| panel.speed[i] * f[p][i] * g[p][i]);
            sum = sum.plus(self.boltzmann[p].scaled(RULE.integral(&density)));
        }
        sum
    }
}
