//! Many edges at once: for constant isotropic noise and a loss the inverse-average weights of a block of edges are computed side by
//! side in vector registers. The values are those of [`EdgeSampler::flow`] to within a few roundings.

use crate::config::Scheme;
use crate::exponential::{LARGEST, exp};
use crate::problem::Landscape;
use crate::scheme::edge::{
    EIGHT_POINTS_RISE, EdgeError, EdgeFlow, EdgeSampler, FIVE_POINTS_RISE, Resistance, UNRESOLVED_RISE, flow_of, panels,
};
use crate::scheme::rule::Rule;
use crate::tensor::{LANES, Point, Points, advance, difference, widest};

/// One edge, or a piece of one; see [`EdgeSampler::flow`].
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Where it begins.
    pub from: Point,
    /// Where it ends.
    pub to: Point,
    /// The offset of the edge in cells.
    pub offset: [i32; 2],
    /// λ_e at both ends.
    pub ends: [f64; 2],
}

impl EdgeSampler<'_> {
    /// The flows along many edges, each with the number of its segment, in no particular order.
    pub fn flows(&self, segments: &[Segment], mut take: impl FnMut(usize, Result<EdgeFlow, EdgeError>)) {
        match (self.noise.constant(), self.dynamics.loss()) {
            (Some(d), Some(loss)) if self.scheme == Scheme::InverseAverage => {
                self.flows_side_by_side(loss, d, segments, &mut take);
            }
            _ => segments.iter().enumerate().for_each(|(number, segment)| take(number, self.flow_along(segment))),
        }
    }

    fn flow_along(&self, segment: &Segment) -> Result<EdgeFlow, EdgeError> {
        self.flow(segment.from, segment.to, segment.offset, segment.ends)
    }

    fn flows_side_by_side(
        &self,
        loss: &dyn Landscape,
        d: f64,
        segments: &[Segment],
        take: &mut impl FnMut(usize, Result<EdgeFlow, EdgeError>),
    ) {
        let [mut five, mut eight, mut parts] = <[Block; 3]>::default();
        let mut steep: Vec<Steep> = Vec::new();
        let (mut from, mut to) = (Points::all([0.0; 2]), Points::all([0.0; 2]));
        let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
        for (number, block) in segments.chunks(LANES).enumerate() {
            for lane in 0..LANES {
                // Spare lanes repeat a point of the domain.
                let segment = block.get(lane).unwrap_or(&block[0]);
                from.set(lane, segment.from);
                to.set(lane, segment.to);
            }
            loss.values(&from, &mut a);
            loss.values(&to, &mut b);
            for (lane, segment) in block.iter().enumerate() {
                let (number, rise) = (number * LANES + lane, (b[lane] - a[lane]) / d);
                if rise.abs() <= FIVE_POINTS_RISE {
                    five.push(number, segment, WHOLE, a[lane], rise);
                    if five.len == LANES {
                        self.finish(&mut five, &self.five, (loss, d), segments, take);
                    }
                } else if rise.abs() <= EIGHT_POINTS_RISE {
                    eight.push(number, segment, WHOLE, a[lane], rise);
                    if eight.len == LANES {
                        self.finish(&mut eight, &self.eight, (loss, d), segments, take);
                    }
                } else if rise.abs() <= UNRESOLVED_RISE {
                    let (count, width) = panels(rise);
                    steep.push(Steep { number, rise, resistance: Resistance::above(rise), is_in_range: true });
                    for panel in 0..count {
                        parts.push(steep.len() - 1, segment, (panel as f64, width), a[lane], rise);
                        if parts.len == LANES {
                            self.add_parts(&mut parts, (loss, d), &mut steep);
                        }
                    }
                } else {
                    take(number, self.flow_along(segment));
                }
            }
        }
        self.finish(&mut five, &self.five, (loss, d), segments, take);
        self.finish(&mut eight, &self.eight, (loss, d), segments, take);
        self.add_parts(&mut parts, (loss, d), &mut steep);
        for Steep { number, rise, mut resistance, is_in_range } in steep {
            let segment = &segments[number];
            resistance.sum *= self.metric(segment.ends[0]);
            take(number, if is_in_range { flow_of(resistance, rise, segment.from) } else { self.flow_along(segment) });
        }
    }

    /// Adds the panels that wait in a block to the resistances of their edges.
    fn add_parts(&self, block: &mut Block, (loss, d): (&dyn Landscape, f64), steep: &mut [Steep]) {
        if block.len == 0 {
            return;
        }
        let Sums { top, sum, depth } =
            block.sums(&self.eight, loss, d, ([f64::NEG_INFINITY; LANES], [f64::INFINITY; LANES]));
        for lane in 0..block.len {
            let edge = &mut steep[block.numbers[lane]];
            edge.resistance.add(top[lane], sum[lane] * block.widths[lane]);
            edge.is_in_range &= depth[lane] < LARGEST;
        }
        block.len = 0;
    }

    /// Computes the edges that wait in a block.
    fn finish<const N: usize>(
        &self,
        block: &mut Block,
        rule: &Rule<N>,
        (loss, d): (&dyn Landscape, f64),
        segments: &[Segment],
        take: &mut impl FnMut(usize, Result<EdgeFlow, EdgeError>),
    ) {
        if block.len == 0 {
            return;
        }
        let (Sums { depth, .. }, forward, backward) = block.flows(rule, loss, d);
        for lane in 0..block.len {
            let (number, rise) = (block.numbers[lane], block.rises[lane]);
            let segment = &segments[number];
            // Beyond the range of the exponential, and where L is not finite.
            take(
                number,
                if depth[lane] < LARGEST {
                    let conductance = 1.0 / self.metric(segment.ends[0]);
                    Ok(EdgeFlow { rise, forward: forward[lane] * conductance, backward: backward[lane] * conductance })
                } else {
                    self.flow_along(segment)
                },
            );
        }
        block.len = 0;
    }
}

/// An edge that takes several panels.
struct Steep {
    /// Of its segment.
    number: usize,
    rise: f64,
    resistance: Resistance,
    /// Whether all exponents were within the range of the exponential.
    is_in_range: bool,
}

/// The only panel of an edge, and its width.
const WHOLE: (f64, f64) = (0.0, 1.0);

/// Edges whose rise is known, or panels of them, that take the same number of nodes.
struct Block {
    len: usize,
    /// Of their segments, or of the steep edges that they belong to.
    numbers: [usize; LANES],
    from: Points,
    step: Points,
    panels: [f64; LANES],
    widths: [f64; LANES],
    /// L where the edges begin.
    starts: [f64; LANES],
    rises: [f64; LANES],
}

/// Sums of e^{z} over the nodes, as e^{top}·sum.
struct Sums {
    top: [f64; LANES],
    sum: [f64; LANES],
    /// The largest exponent that was taken.
    depth: [f64; LANES],
}

impl Default for Block {
    fn default() -> Block {
        let (points, numbers) = (Points::all([0.0; 2]), [0.0; LANES]);
        Block {
            len: 0,
            numbers: [0; LANES],
            from: points,
            step: points,
            panels: numbers,
            widths: numbers,
            starts: numbers,
            rises: numbers,
        }
    }
}

impl Block {
    fn push(&mut self, number: usize, segment: &Segment, (panel, width): (f64, f64), start: f64, rise: f64) {
        if self.len == 0 {
            // Spare lanes repeat a point of the domain.
            (self.from, self.step) = (Points::all(segment.from), Points::all([0.0; 2]));
        }
        let lane = self.len;
        self.numbers[lane] = number;
        self.from.set(lane, segment.from);
        self.step.set(lane, difference(segment.to, segment.from));
        (self.panels[lane], self.widths[lane]) = (panel, width);
        (self.starts[lane], self.rises[lane]) = (start, rise);
        self.len += 1;
    }

    /// For whole edges: the sums, and the rates for λ_e = 1.
    fn flows<const N: usize>(
        &self,
        rule: &Rule<N>,
        loss: &dyn Landscape,
        d: f64,
    ) -> (Sums, [f64; LANES], [f64; LANES]) {
        let top = self.rises.map(|rise| rise.max(0.0));
        let sums = self.sums(rule, loss, d, (top, top.map(|top| -top)));
        let (mut forward, mut backward) = ([0.0; LANES], [0.0; LANES]);
        widest(
            #[inline(always)]
            || {
                for lane in 0..LANES {
                    forward[lane] = exp(-sums.top[lane]) / sums.sum[lane];
                    backward[lane] = exp(self.rises[lane] - sums.top[lane]) / sums.sum[lane];
                }
            },
        );
        (sums, forward, backward)
    }

    /// Of edges whose exponents reach at least from `lowest` to `top`.
    fn sums<const N: usize>(
        &self,
        rule: &Rule<N>,
        loss: &dyn Landscape,
        d: f64,
        (mut top, mut lowest): ([f64; LANES], [f64; LANES]),
    ) -> Sums {
        let Block { from, step, panels, widths, starts, .. } = self;
        let mut z = [[0.0; LANES]; N];
        for (z, node) in z.iter_mut().zip(rule.nodes) {
            let mut nodes = *from;
            widest(
                #[inline(always)]
                || {
                    for lane in 0..LANES {
                        let s = (panels[lane] + node) * widths[lane];
                        nodes.set(lane, advance(from.get(lane), s, step.get(lane)));
                    }
                },
            );
            loss.values(&nodes, z);
        }
        widest(
            #[inline(always)]
            || {
                for z in &mut z {
                    for lane in 0..LANES {
                        z[lane] = (z[lane] - starts[lane]) / d;
                        top[lane] = top[lane].max(z[lane]);
                        lowest[lane] = lowest[lane].min(z[lane]);
                    }
                }
                let mut sum = [0.0; LANES];
                for (z, weight) in z.iter().zip(rule.weights) {
                    for lane in 0..LANES {
                        sum[lane] += weight * exp(z[lane] - top[lane]);
                    }
                }
                let mut depth = [0.0; LANES];
                for lane in 0..LANES {
                    // NaN where L is, which maxima and minima pass over.
                    depth[lane] = top[lane] - lowest[lane] + 0.0 * sum[lane];
                }
                Sums { top, sum, depth }
            },
        )
    }
}
