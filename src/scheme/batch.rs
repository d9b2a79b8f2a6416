//! Many edges at once: for constant isotropic noise and a loss the inverse-average weights of a block of edges are
//! computed side by side in vector registers. The values are those of [`EdgeSampler::flow`] to within a few roundings.

use crate::exponential::{LARGEST, exp};
use crate::problem::Landscape;
use crate::scheme::Weight;
use crate::scheme::course::Course;
use crate::scheme::edge::{EdgeSampler, UNRESOLVED_RISE};
use crate::scheme::flow::{EdgeError, EdgeFlow, Resistance, flow_of};
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
    /// The flows along many edges, one for each segment; returns the numbers of those that have none, with the reason.
    pub fn flows(&self, segments: &[Segment], flows: &mut Vec<EdgeFlow>) -> Vec<(usize, EdgeError)> {
        flows.clear();
        flows.resize(segments.len(), EdgeFlow::default());
        let apart = match (self.noise.temperature(), self.dynamics.loss()) {
            (Some(d), Some(loss)) if self.weight == Weight::InverseAverage => {
                let mut apart = SideBySide::new(self, (loss, d), segments, flows).fill();
                if loss.may_break() {
                    // Nodes side by side run across jumps and kinks.
                    let is_broken = |segment: &Segment| !loss.breaks(segment.from, segment.to).is_empty();
                    apart.extend((0..segments.len()).filter(|&number| is_broken(&segments[number])));
                    apart.sort_unstable();
                    apart.dedup();
                }
                apart
            }
            _ => (0..segments.len()).collect(),
        };
        let mut failures = Vec::new();
        for number in apart {
            let Segment { from, to, offset, ends } = segments[number];
            match self.flow(from, to, offset, ends) {
                Ok(flow) => flows[number] = flow,
                Err(error) => failures.push((number, error)),
            }
        }
        failures
    }
}

/// Edges sorted into blocks by the number of nodes that they take.
struct SideBySide<'a> {
    sampler: &'a EdgeSampler<'a>,
    loss: &'a dyn Landscape,
    d: f64,
    segments: &'a [Segment],
    flows: &'a mut [EdgeFlow],
    /// Edges of eight points.
    eight: Block,
    /// Panels of steep edges.
    parts: Block,
    steep: Vec<Steep>,
    /// Where z is not finite or beyond the range of the exponential.
    apart: Vec<usize>,
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

impl<'a> SideBySide<'a> {
    fn new(
        sampler: &'a EdgeSampler<'a>,
        (loss, d): (&'a dyn Landscape, f64),
        segments: &'a [Segment],
        flows: &'a mut [EdgeFlow],
    ) -> SideBySide<'a> {
        let [eight, parts] = <[Block; 2]>::default();
        SideBySide { sampler, loss, d, segments, flows, eight, parts, steep: Vec::new(), apart: Vec::new() }
    }

    /// Fills in the flows, but for those edges that it returns.
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
            // Five points are enough for most, and show how z runs along the others.
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
                    self.apart.push(number);
                }
            }
        }
        self.finish();
        self.add_parts();
        for Steep { number, rise, mut resistance, is_in_range } in std::mem::take(&mut self.steep) {
            let segment = &self.segments[number];
            if resistance.is_blind() {
                self.apart.push(number);
                continue;
            }
            resistance.sum *= self.sampler.metric(segment.ends[0]);
            match flow_of(resistance, rise, segment.from) {
                Ok(flow) if is_in_range => self.flows[number] = flow,
                _ => self.apart.push(number),
            }
        }
        self.apart
    }

    /// Puts an edge where it gets more nodes.
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
            self.parts.push(self.steep.len() - 1, segment, (panel as f64, width), start, rise);
            if self.parts.len == LANES {
                self.add_parts();
            }
        }
    }

    /// Adds the panels that wait to the resistances of their edges.
    fn add_parts(&mut self) {
        if self.parts.len == 0 {
            return;
        }
        let bounds = ([f64::NEG_INFINITY; LANES], [f64::INFINITY; LANES]);
        let Sums { top, sum, depth, .. } = self.parts.sums(&self.sampler.eight, self.loss, self.d, bounds);
        for lane in 0..self.parts.len {
            let edge = &mut self.steep[self.parts.numbers[lane]];
            edge.resistance.add(top[lane], sum[lane] * self.parts.widths[lane]);
            edge.is_in_range &= depth[lane] < LARGEST;
        }
        self.parts.len = 0;
    }

    /// Computes the edges of eight points that wait.
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
                self.apart.push(number);
            }
        }
        self.eight.len = 0;
    }

    fn flow(&self, segment: &Segment, rise: f64, [forward, backward]: &[[f64; LANES]; 2], lane: usize) -> EdgeFlow {
        let conductance = 1.0 / self.sampler.metric(segment.ends[0]);
        EdgeFlow { rise, forward: forward[lane] * conductance, backward: backward[lane] * conductance }
    }
}

/// Edges, or panels of them, that take the same number of nodes.
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

/// z at the nodes of the edges of a block.
type Heights<const N: usize> = [[f64; LANES]; N];

/// How z runs along each of these edges.
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
    /// Empty, for whole edges.
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
    /// Holds the places of these edges, at most [`LANES`], and no others; spare lanes repeat a point of the domain.
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

    /// z at the nodes.
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

    /// The rates forward and backward for λ_e = 1 of whole edges on which z stays near 0; of others anything.
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

    /// For whole edges: the sums, and the rates forward and backward for λ_e = 1.
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

    /// Of edges whose exponents reach at least from `lowest` to `top`.
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
                    // NaN where L is, which maxima and minima pass over.
                    depth[lane] = top[lane] - lowest[lane] + 0.0 * sum[lane];
                }
                Sums { top, sum, depth }
            },
        )
    }
}
