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
    /// The flows along many edges.
    pub fn flows(&self, segments: &[Segment]) -> Vec<Result<EdgeFlow, EdgeError>> {
        match (self.noise.constant(), self.dynamics.loss()) {
            (Some(d), Some(loss)) if self.scheme == Scheme::InverseAverage => {
                self.flows_side_by_side(loss, d, segments)
            }
            _ => segments.iter().map(|segment| self.flow_along(segment)).collect(),
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
    ) -> Vec<Result<EdgeFlow, EdgeError>> {
        let mut flows = Vec::with_capacity(segments.len());
        let (mut five, mut eight) = (Block::new(loss, d), Block::new(loss, d));
        let (mut a, mut b) = ([0.0; LANES], [0.0; LANES]);
        for (number, block) in segments.chunks(LANES).enumerate() {
            loss.values(&gather(block.iter().map(|segment| segment.from)), &mut a);
            loss.values(&gather(block.iter().map(|segment| segment.to)), &mut b);
            for (lane, segment) in block.iter().enumerate() {
                let (index, rise) = (number * LANES + lane, (b[lane] - a[lane]) / d);
                flows.push(Ok(EdgeFlow { rise, ..EdgeFlow::default() }));
                let edge = Waiting { index, segment: *segment, start: a[lane], rise };
                // What is neither goes through the panels of the scalar form.
                if rise.abs() <= FIVE_POINTS_RISE {
                    five.push(edge);
                } else if rise.abs() <= EIGHT_POINTS_RISE {
                    eight.push(edge);
                } else {
                    flows[index] = self.flow_along(segment);
                }
                if five.len == LANES {
                    self.finish(&mut five, &self.five, &mut flows);
                }
                if eight.len == LANES {
                    self.finish(&mut eight, &self.eight, &mut flows);
                }
            }
        }
        self.finish(&mut five, &self.five, &mut flows);
        self.finish(&mut eight, &self.eight, &mut flows);
        flows
    }

    /// Computes the edges that wait in a block.
    fn finish<const N: usize>(&self, block: &mut Block<'_>, rule: &Rule<N>, flows: &mut [Result<EdgeFlow, EdgeError>]) {
        let results = block.flows(rule);
        for lane in 0..block.len {
            let Waiting { index, segment, rise, .. } = block.edges[lane];
            let Results { forward, backward, depth, .. } = &results;
            // Beyond the range of the exponential, and where L is not finite.
            flows[index] = if depth[lane] < LARGEST {
                let conductance = 1.0 / self.metric(segment.ends[0]);
                Ok(EdgeFlow { rise, forward: forward[lane] * conductance, backward: backward[lane] * conductance })
            } else {
                self.flow_along(&segment)
            };
        }
        block.len = 0;
    }
}

fn gather(points: impl Iterator<Item = Point>) -> Points {
    let mut block = Points::all([0.0; 2]);
    let mut first = None;
    let mut count = 0;
    for (lane, point) in points.enumerate() {
        first.get_or_insert(point);
        block.set(lane, point);
        count = lane + 1;
    }
    // Spare lanes repeat a point of the domain.
    for lane in count..LANES {
        block.set(lane, first.unwrap_or_default());
    }
    block
}

/// An edge whose rise is known.
#[derive(Clone, Copy)]
struct Waiting {
    index: usize,
    segment: Segment,
    /// L where it begins.
    start: f64,
    rise: f64,
}

/// Edges that take the same number of nodes.
struct Block<'a> {
    loss: &'a dyn Landscape,
    d: f64,
    edges: Vec<Waiting>,
    len: usize,
}

struct Results {
    /// Rates for λ_e = 1.
    forward: [f64; LANES],
    backward: [f64; LANES],
    /// The largest exponent that was taken.
    depth: [f64; LANES],
}

impl<'a> Block<'a> {
    fn new(loss: &'a dyn Landscape, d: f64) -> Block<'a> {
        Block { loss, d, edges: Vec::with_capacity(LANES), len: 0 }
    }

    fn push(&mut self, edge: Waiting) {
        self.edges.truncate(self.len);
        self.edges.push(edge);
        self.len += 1;
    }

    fn flows<const N: usize>(&self, rule: &Rule<N>) -> Results {
        let edges = &self.edges[..self.len];
        let mut z = [[0.0; LANES]; N];
        let (mut starts, mut rises) = ([0.0; LANES], [0.0; LANES]);
        for (lane, edge) in edges.iter().enumerate() {
            (starts[lane], rises[lane]) = (edge.start, edge.rise);
        }
        for (z, node) in z.iter_mut().zip(rule.nodes) {
            let nodes = edges
                .iter()
                .map(|Waiting { segment: Segment { from, to, .. }, .. }| advance(*from, node, difference(*to, *from)));
            self.loss.values(&gather(nodes), z);
        }
        let d = self.d;
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
