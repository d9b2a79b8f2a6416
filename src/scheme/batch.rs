//! Many edges at once: for constant isotropic noise and a loss the inverse-average weights of a block of edges are computed side by
//! side in vector registers. The values are those of [`EdgeSampler::flow`] to within a few roundings.

use crate::config::Scheme;
use crate::exponential::{LARGEST, exp};
use crate::problem::Landscape;
use crate::scheme::edge::{EIGHT_POINTS_RISE, EdgeError, EdgeFlow, EdgeSampler, FIVE_POINTS_RISE};
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
        let (mut five, mut eight) = (Block::default(), Block::default());
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
                // What is neither goes through the panels of the scalar form.
                if rise.abs() <= FIVE_POINTS_RISE {
                    five.push(number, segment, a[lane], rise);
                    if five.len == LANES {
                        self.finish(&mut five, &self.five, (loss, d), segments, take);
                    }
                } else if rise.abs() <= EIGHT_POINTS_RISE {
                    eight.push(number, segment, a[lane], rise);
                    if eight.len == LANES {
                        self.finish(&mut eight, &self.eight, (loss, d), segments, take);
                    }
                } else {
                    take(number, self.flow_along(segment));
                }
            }
        }
        self.finish(&mut five, &self.five, (loss, d), segments, take);
        self.finish(&mut eight, &self.eight, (loss, d), segments, take);
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
        let Results { forward, backward, depth } = block.flows(rule, loss, d);
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

/// Edges whose rise is known, and that take the same number of nodes.
struct Block {
    len: usize,
    /// Of their segments.
    numbers: [usize; LANES],
    from: Points,
    step: Points,
    /// L where they begin.
    starts: [f64; LANES],
    rises: [f64; LANES],
}

struct Results {
    /// Rates for λ_e = 1.
    forward: [f64; LANES],
    backward: [f64; LANES],
    /// The largest exponent that was taken.
    depth: [f64; LANES],
}

impl Default for Block {
    fn default() -> Block {
        let zero = Points::all([0.0; 2]);
        Block { len: 0, numbers: [0; LANES], from: zero, step: zero, starts: [0.0; LANES], rises: [0.0; LANES] }
    }
}

impl Block {
    fn push(&mut self, number: usize, segment: &Segment, start: f64, rise: f64) {
        if self.len == 0 {
            // Spare lanes repeat a point of the domain.
            (self.from, self.step) = (Points::all(segment.from), Points::all([0.0; 2]));
        }
        let lane = self.len;
        self.numbers[lane] = number;
        self.from.set(lane, segment.from);
        self.step.set(lane, difference(segment.to, segment.from));
        (self.starts[lane], self.rises[lane]) = (start, rise);
        self.len += 1;
    }

    fn flows<const N: usize>(&self, rule: &Rule<N>, loss: &dyn Landscape, d: f64) -> Results {
        let Block { from, step, starts, rises, .. } = self;
        let mut z = [[0.0; LANES]; N];
        for (z, node) in z.iter_mut().zip(rule.nodes) {
            let mut nodes = *from;
            widest(
                #[inline(always)]
                || {
                    for lane in 0..LANES {
                        nodes.set(lane, advance(from.get(lane), node, step.get(lane)));
                    }
                },
            );
            loss.values(&nodes, z);
        }
        widest(
            #[inline(always)]
            || {
                let mut top = rises.map(|rise| rise.max(0.0));
                let mut lowest = top.map(|top| -top);
                for z in &mut z {
                    for lane in 0..LANES {
                        z[lane] = (z[lane] - starts[lane]) / d;
                        top[lane] = top[lane].max(z[lane]);
                        lowest[lane] = lowest[lane].min(z[lane]);
                    }
                }
                let mut sums = [0.0; LANES];
                for (z, weight) in z.iter().zip(rule.weights) {
                    for lane in 0..LANES {
                        sums[lane] += weight * exp(z[lane] - top[lane]);
                    }
                }
                let (mut forward, mut backward, mut depth) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    forward[lane] = exp(-top[lane]) / sums[lane];
                    backward[lane] = exp(rises[lane] - top[lane]) / sums[lane];
                    // NaN where L is, which maxima and minima pass over.
                    depth[lane] = top[lane] - lowest[lane] + 0.0 * sums[lane];
                }
                Results { forward, backward, depth }
            },
        )
    }
}
