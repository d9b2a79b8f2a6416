//! Many edges at once: for a loss with constant isotropic noise the inverse-average weights of a block of edges are
//! computed side by side in SIMD registers. The values agree with [`EdgeSampler::flow`] to a few roundings.

use crate::exponential::{LARGEST, exp};
use crate::problem::Landscape;
use crate::scheme::Weight;
use crate::scheme::course::Course;
use crate::scheme::edge::{EdgeSampler, UNRESOLVED_RISE};
use crate::scheme::flow::{EdgeError, EdgeFlow, Resistance, flow_of};
use crate::scheme::rule::Rule;
use crate::tensor::{LANES, Point, Points, advance, difference, widest};

/// The segment of an edge or of a piece of one; the arguments of [`EdgeSampler::flow`].
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The point at which it begins.
    pub from: Point,
    /// The point at which it ends.
    pub to: Point,
    /// The offset of the edge in cells.
    pub offset: [i32; 2],
    /// The conductance λ_e at both ends.
    pub ends: [f64; 2],
}

impl EdgeSampler<'_> {
    /// Computes the flow along each segment; returns the indices of the segments without a flow, with the error.
    pub fn flows(&self, segments: &[Segment], flows: &mut Vec<EdgeFlow>) -> Vec<(usize, EdgeError)> {
        flows.clear();
        flows.resize(segments.len(), EdgeFlow::default());
        let single = match (self.noise.temperature(), self.dynamics.loss()) {
            (Some(d), Some(loss)) if self.weight == Weight::InverseAverage => {
                let mut single = SideBySide::new(self, (loss, d), segments, flows).fill();
                if loss.may_break() {
                    // Quadrature nodes would straddle jumps and kinks.
                    let is_broken = |segment: &Segment| !loss.breaks(segment.from, segment.to).is_empty();
                    single.extend((0..segments.len()).filter(|&number| is_broken(&segments[number])));
                    single.sort_unstable();
                    single.dedup();
                }
                single
            }
            _ => (0..segments.len()).collect(),
        };
        let mut failures = Vec::new();
        for number in single {
            let Segment { from, to, offset, ends } = segments[number];
            match self.flow(from, to, offset, ends) {
                Ok(flow) => flows[number] = flow,
                Err(error) => failures.push((number, error)),
            }
        }
        failures
    }
}

/// Edges sorted into blocks by the number of quadrature nodes that they need.
struct SideBySide<'a> {
    sampler: &'a EdgeSampler<'a>,
    loss: &'a dyn Landscape,
    d: f64,
    segments: &'a [Segment],
    flows: &'a mut [EdgeFlow],
    /// The block of edges that one panel of eight nodes integrates.
    eight: Block,
    /// The block of panels of steep edges.
    panels: Block,
    steep: Vec<Steep>,
    /// Edges on which z is not finite or beyond the range of the exponential: they are computed one by one.
    single: Vec<usize>,
}

/// A steep edge, whose resistance is the sum of several panels.
struct Steep {
    /// The index of its segment.
    number: usize,
    rise: f64,
    resistance: Resistance,
    /// Whether all exponents so far are within the range of the exponential.
    is_in_range: bool,
}

impl<'a> SideBySide<'a> {
    fn new(
        sampler: &'a EdgeSampler<'a>,
        (loss, d): (&'a dyn Landscape, f64),
        segments: &'a [Segment],
        flows: &'a mut [EdgeFlow],
    ) -> SideBySide<'a> {
        let [eight, panels] = <[Block; 2]>::default();
        SideBySide { sampler, loss, d, segments, flows, eight, panels, steep: Vec::new(), single: Vec::new() }
    }

    /// Computes the flows, except for the edges whose indices it returns.
    fn fill(mut self) -> Vec<usize> {
        let mut block = Block::default();
        let (mut to, mut ends) = (Points::all([0.0; 2]), [0.0; LANES]);
        let (mut z, mut courses) = ([[0.0; LANES]; 5], [Course::default(); LANES]);
        for first in (0..self.segments.len()).step_by(LANES) {
            let segments = &self.segments[first..self.segments.len().min(first + LANES)];
            block.hold(segments, &mut to);
            self.loss.values(&block.from, &mut block.starts);
            self.loss.values(&to, &mut ends);
            block.rises = std::array::from_fn(|lane| (ends[lane] - block.starts[lane]) / self.d);
            // Five nodes suffice for most edges, and show how z varies along the others.
            let five = &self.sampler.five;
            block.find_heights(five, self.loss, self.d, &mut z);
            let rates = block.gentle_rates(five, &z);
            find_courses(&five.nodes, &z, &block.rises, &mut courses);
            for (lane, segment) in segments.iter().enumerate() {
                let (number, start, rise) = (first + lane, block.starts[lane], block.rises[lane]);
                if courses[lane].is_gentle() {
                    self.flows[number] = self.flow(segment, rise, &rates, lane);
                } else if courses[lane].is_finite() && rise.abs() <= UNRESOLVED_RISE {
                    self.refine(number, start, rise, courses[lane]);
                } else {
                    self.single.push(number);
                }
            }
        }
        self.finish();
        self.add_panels();
        for Steep { number, rise, mut resistance, is_in_range } in std::mem::take(&mut self.steep) {
            let segment = &self.segments[number];
            if resistance.is_blind() {
                self.single.push(number);
                continue;
            }
            resistance.sum *= self.sampler.metric(segment.ends[0]);
            match flow_of(resistance, rise, segment.from) {
                Ok(flow) if is_in_range => self.flows[number] = flow,
                _ => self.single.push(number),
            }
        }
        self.single
    }

    /// Moves an edge to the block that gives it more nodes.
    fn refine(&mut self, number: usize, start: f64, rise: f64, course: Course) {
        let segment = &self.segments[number];
        let (count, width) = course.panels();
        if count == 1 {
            self.eight.push(number, segment, (0.0, 1.0), start, rise);
            if self.eight.len == LANES {
                self.finish();
            }
            return;
        }
        self.steep.push(Steep { number, rise, resistance: Resistance::above(rise), is_in_range: true });
        for panel in 0..count {
            self.panels.push(self.steep.len() - 1, segment, (panel as f64, width), start, rise);
            if self.panels.len == LANES {
                self.add_panels();
            }
        }
    }

    /// Adds the waiting panels to the resistances of their edges.
    fn add_panels(&mut self) {
        if self.panels.len == 0 {
            return;
        }
        let bounds = ([f64::NEG_INFINITY; LANES], [f64::INFINITY; LANES]);
        let Sums { top, sum, depth, .. } = self.panels.sums(&self.sampler.eight, self.loss, self.d, bounds);
        for lane in 0..self.panels.len {
            let edge = &mut self.steep[self.panels.numbers[lane]];
            edge.resistance.add(top[lane], sum[lane] * self.panels.widths[lane]);
            edge.is_in_range &= depth[lane] < LARGEST;
        }
        self.panels.len = 0;
    }

    /// Computes the waiting edges of the eight-node rule.
    fn finish(&mut self) {
        if self.eight.len == 0 {
            return;
        }
        let (Sums { depth, .. }, rates) = self.eight.rates(&self.sampler.eight, self.loss, self.d);
        for (lane, depth) in depth.into_iter().take(self.eight.len).enumerate() {
            let number = self.eight.numbers[lane];
            if depth < LARGEST {
                self.flows[number] = self.flow(&self.segments[number], self.eight.rises[lane], &rates, lane);
            } else {
                self.single.push(number);
            }
        }
        self.eight.len = 0;
    }

    fn flow(&self, segment: &Segment, rise: f64, [forward, backward]: &[[f64; LANES]; 2], lane: usize) -> EdgeFlow {
        let conductance = 1.0 / self.sampler.metric(segment.ends[0]);
        EdgeFlow { rise, forward: forward[lane] * conductance, backward: backward[lane] * conductance }
    }
}

/// A block of edges, or of panels of edges, with the same quadrature rule.
struct Block {
    len: usize,
    /// For each lane the index of the segment, or of the steep edge that the panel belongs to.
    numbers: [usize; LANES],
    from: Points,
    step: Points,
    panels: [f64; LANES],
    widths: [f64; LANES],
    /// L at the beginning of each edge.
    starts: [f64; LANES],
    rises: [f64; LANES],
}

/// Σ w e^{z} over the nodes of each edge, as e^{top}·sum.
struct Sums {
    top: [f64; LANES],
    sum: [f64; LANES],
    /// The largest exponent that was evaluated, relative to `top`.
    depth: [f64; LANES],
}

/// z at the nodes of the edges of a block.
type Heights<const N: usize> = [[f64; LANES]; N];

/// The course of z along each of these edges.
fn find_courses(nodes: &[f64; 5], z: &Heights<5>, rises: &[f64; LANES], courses: &mut [Course; LANES]) {
    widest(
        #[inline(always)]
        || {
            for lane in 0..LANES {
                courses[lane] = Course::of(rises[lane], nodes, &std::array::from_fn(|k| z[k][lane]));
            }
        },
    );
}

impl Default for Block {
    /// An empty block for whole edges.
    fn default() -> Block {
        let (points, numbers) = (Points::all([0.0; 2]), [0.0; LANES]);
        Block {
            len: 0,
            numbers: [0; LANES],
            from: points,
            step: points,
            panels: numbers,
            widths: [1.0; LANES],
            starts: numbers,
            rises: numbers,
        }
    }
}

impl Block {
    /// Loads these segments, at most [`LANES`]; unused lanes repeat a point of the domain.
    fn hold(&mut self, segments: &[Segment], to: &mut Points) {
        for lane in 0..LANES {
            let segment = segments.get(lane).unwrap_or(&segments[0]);
            self.from.set(lane, segment.from);
            to.set(lane, segment.to);
            self.step.set(lane, difference(segment.to, segment.from));
        }
    }

    fn push(&mut self, number: usize, segment: &Segment, (panel, width): (f64, f64), start: f64, rise: f64) {
        if self.len == 0 {
            // Unused lanes repeat a point of the domain.
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

    /// Computes z at the nodes.
    fn find_heights<const N: usize>(&self, rule: &Rule<N>, loss: &dyn Landscape, d: f64, z: &mut Heights<N>) {
        let Block { from, step, panels, widths, starts, .. } = self;
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
            widest(
                #[inline(always)]
                || {
                    for (z, start) in z.iter_mut().zip(starts) {
                        *z = (*z - start) / d;
                    }
                },
            );
        }
    }

    /// For whole edges on which z stays near 0: the forward and backward rates for λ_e = 1; arbitrary values in the
    /// lanes of other edges.
    fn gentle_rates<const N: usize>(&self, rule: &Rule<N>, z: &Heights<N>) -> [[f64; LANES]; 2] {
        let [mut forward, mut backward] = [[0.0; LANES]; 2];
        widest(
            #[inline(always)]
            || {
                let mut sum = [0.0; LANES];
                for (z, weight) in z.iter().zip(rule.weights) {
                    for lane in 0..LANES {
                        sum[lane] += weight * exp(z[lane]);
                    }
                }
                for lane in 0..LANES {
                    forward[lane] = 1.0 / sum[lane];
                    backward[lane] = exp(self.rises[lane]) / sum[lane];
                }
            },
        );
        [forward, backward]
    }

    /// For whole edges: the sums, and the forward and backward rates for λ_e = 1.
    fn rates<const N: usize>(&self, rule: &Rule<N>, loss: &dyn Landscape, d: f64) -> (Sums, [[f64; LANES]; 2]) {
        let top = self.rises.map(|rise| rise.max(0.0));
        let sums = self.sums(rule, loss, d, (top, top.map(|top| -top)));
        let [mut forward, mut backward] = [[0.0; LANES]; 2];
        widest(
            #[inline(always)]
            || {
                for lane in 0..LANES {
                    forward[lane] = exp(-sums.top[lane]) / sums.sum[lane];
                    backward[lane] = exp(self.rises[lane] - sums.top[lane]) / sums.sum[lane];
                }
            },
        );
        (sums, [forward, backward])
    }

    /// The sums of edges whose exponents cover at least the range from `lowest` to `top`.
    fn sums<const N: usize>(
        &self,
        rule: &Rule<N>,
        loss: &dyn Landscape,
        d: f64,
        (mut top, mut lowest): ([f64; LANES], [f64; LANES]),
    ) -> Sums {
        let mut z = [[0.0; LANES]; N];
        self.find_heights(rule, loss, d, &mut z);
        widest(
            #[inline(always)]
            || {
                for z in &z {
                    for lane in 0..LANES {
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
                    // Restores a NaN of L, which maxima and minima ignore.
                    depth[lane] = top[lane] - lowest[lane] + 0.0 * sum[lane];
                }
                Sums { top, sum, depth }
            },
        )
    }
}
