//! Laws of the elimination, and its agreement with a scalar one.

use super::*;

#[test]
fn equals_scalar_elimination_on_grids() {
    let mut numbers = Numbers(1);
    for (size, stencil, holes, periodic) in [
        ((20, 17), &FIVE_POINT[..], 0.0, false),
        ((18, 18), &FIVE_POINT[..], 0.0, true),
        ((25, 20), &FIVE_POINT[..], 0.35, false),
        ((24, 16), &WIDE[..], 0.0, false),
        ((20, 20), &WIDE[..], 0.2, true),
        ((1, 90), &FIVE_POINT[..], 0.1, false),
    ] {
        for decades in [0.5, 3.0, 50.0] {
            let generator = stencil_generator(&mut numbers, size, stencil, holes, decades, periodic);
            let b: Vec<f64> = (0..generator.len()).map(|_| numbers.next()).collect();
            assert_equals_scalar(&generator, &b, 1e-13);
        }
    }
}

#[test]
fn rates_may_span_two_hundred_decades() {
    let mut numbers = Numbers(2);
    for stencil in [&FIVE_POINT[..], &WIDE[..]] {
        let generator = stencil_generator(&mut numbers, (22, 15), stencil, 0.1, 100.0, false);
        let b = vec![1.0; generator.len()];
        assert_equals_scalar(&generator, &b, 1e-13);
    }
}

/// √π falls to 1e-270, and right sides are of any size anywhere: scaled they leave the range of numbers, the solutions
/// do not.
#[test]
fn right_sides_of_any_size_keep_their_digits() {
    let mut numbers = Numbers(15);
    let steep = reversible_generator(&mut numbers, (28, 14), &FIVE_POINT, 0.0, 0.5, |_, x, _| -20.0 * f64::from(x));
    assert!(eliminate(&steep).spared() > 0.2);
    for size in [1e-100, 1e-30, 1.0, 1e60] {
        for at in [0, 13, 27] {
            let b: Vec<f64> = steep.coordinates.iter().map(|place| if place[0] == at { size } else { 0.0 }).collect();
            let (x, expected) = (eliminate(&steep).solve_right(&b), scalar_solve(&steep, &b, false));
            // Below that the expected ones lose digits themselves, in the rates between far states.
            let kept = |values: &[f64]| -> Vec<f64> {
                values.iter().zip(&expected).map(|(&x, &e)| if e.min(e / size) > 1e-280 { x } else { 0.0 }).collect()
            };
            assert_close(&kept(&x), &kept(&expected), 3e-13);
        }
    }
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn reversible_equals_scalar_elimination_on_any_graph(
        seed in any::<u64>(),
        n in 1usize..150,
        degree in 0.0..4.0f64,
        decades in 0.0..10.0f64,
        height in 0.0..300.0f64,
    ) {
        let mut numbers = Numbers(seed);
        // log10 √π rises along the states, edges join near ones.
        let root = |k: usize| height * (k as f64 / n as f64);
        let mut pairs: Vec<(usize, usize)> = (0..(degree * n as f64) as usize)
            .map(|_| {
                let k = numbers.below(n);
                (k, (k + 1 + numbers.below(6)).min(n - 1))
            })
            .filter(|(i, j)| i != j)
            .collect();
        pairs.sort();
        pairs.dedup();
        let mut edges = Vec::new();
        for (i, j) in pairs {
            let (rate, ratio) = (numbers.spread(decades), 10f64.powf(root(j) - root(i)));
            edges.push((i, j, rate * ratio));
            edges.push((j, i, rate / ratio));
        }
        let killing = (0..n).map(|_| numbers.spread(decades)).collect();
        let coordinates = (0..n).map(|_| [numbers.below(6) as i32, numbers.below(3) as i32]).collect();
        let generator = reversible(generator(n, &edges, killing, coordinates));
        let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
        assert_equals_scalar(&generator, &b, 3e-13);
    }

    #[test]
    fn equals_scalar_elimination_on_any_graph(seed in any::<u64>(), n in 1usize..150, degree in 0.0..4.0f64, decades in 0.0..20.0f64) {
        let mut numbers = Numbers(seed);
        let mut edges: Vec<_> = (0..(degree * n as f64) as usize)
            .map(|_| (numbers.below(n), numbers.below(n), numbers.spread(decades)))
            .collect();
        edges.sort_by_key(|edge| (edge.0, edge.1));
        edges.dedup_by_key(|edge| (edge.0, edge.1));
        let killing = (0..n).map(|_| numbers.spread(decades)).collect();
        // Coordinates that say nothing about the graph, many of them equal.
        let coordinates = (0..n).map(|_| [numbers.below(6) as i32, numbers.below(3) as i32]).collect();
        let generator = generator(n, &edges, killing, coordinates);
        let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
        assert_equals_scalar(&generator, &b, 1e-13);
    }
}

#[test]
fn numbering_does_not_matter() {
    let mut numbers = Numbers(3);
    let one = stencil_generator(&mut numbers, (40, 30), &WIDE, 0.1, 10.0, false);
    let n = one.len();
    let number = numbers.shuffle(n);
    let edges: Vec<_> =
        one.rates.iter().map(|(&rate, (i, j))| (number[i as usize], number[j as usize], rate)).collect();
    let (mut killing, mut coordinates, mut b_other) = (vec![0.0; n], vec![[0; 2]; n], vec![0.0; n]);
    let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    for k in 0..n {
        killing[number[k]] = one.killing[k];
        coordinates[number[k]] = one.coordinates[k];
        b_other[number[k]] = b[k];
    }
    let other = generator(n, &edges, killing, coordinates);
    let (x, x_other) = (eliminate(&one).solve_left(&b), eliminate(&other).solve_left(&b_other));
    let renumbered: Vec<f64> = number.iter().map(|&k| x_other[k]).collect();
    assert_close(&renumbered, &x, 1e-13);
}

#[test]
fn left_and_right_solves_are_adjoint_and_conserve_mass() {
    let mut numbers = Numbers(4);
    let generator = stencil_generator(&mut numbers, (60, 50), &WIDE, 0.1, 8.0, true);
    let n = generator.len();
    let elimination = eliminate(&generator);
    let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    let c: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let x = elimination.solve_left(&b);
    // b A⁻¹ c both ways, and what enters leaves: x κ = b 1, A⁻¹ κ = 1.
    assert_close(&[sum(&x, &c)], &[sum(&b, &elimination.solve_right(&c))], 1e-13);
    assert_close(&[sum(&x, &generator.killing)], &[b.iter().sum()], 1e-13);
    assert_close(&elimination.solve_right(&generator.killing), &vec![1.0; n], 1e-13);
}

#[test]
fn separable_rate_is_the_rate_of_the_chain() {
    for temperature in [0.05, 0.02, 0.01, 0.004] {
        let chain = escape_rate(&double_well(64, 0, temperature));
        let plane = escape_rate(&double_well(64, 128, temperature));
        assert!((plane / chain - 1.0).abs() < 1e-13, "T = {temperature}: {plane:e} and {chain:e}");
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let generator = double_well(150, 300, 0.02);
    let symbolic = Symbolic::analyse(&generator);
    let b = vec![1.0; generator.len()];
    let solve = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let progress = Progress::default();
            let fresh = Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &progress).unwrap();
            let reused =
                Elimination::with_symbolic(&symbolic, &generator, &Workspace::default(), NO_LIMIT, &progress).unwrap();
            let x = fresh.solve_left(&b);
            assert_eq!(x, reused.solve_left(&b));
            (x, fresh.solve_right(&b))
        })
    };
    let one = solve(1);
    assert_eq!(one, solve(2));
    assert_eq!(one, solve(5));
}

#[test]
fn chain_equals_general_engine() {
    let mut numbers = Numbers(5);
    let n = 300;
    let mut edges = Vec::new();
    for k in 0..n - 1 {
        edges.push((k, k + 1, numbers.spread(10.0)));
        edges.push((k + 1, k, numbers.spread(10.0)));
    }
    let killing: Vec<f64> = (0..n).map(|k| if k % 7 == 0 { numbers.spread(10.0) } else { 0.0 }).collect();
    let coordinates: Vec<_> = (0..n as i32).map(|k| [k, 0]).collect();
    let chain = generator(n, &edges, killing.clone(), coordinates.clone());
    // One absent long edge makes it a general graph.
    edges.push((0, 2, 0.0));
    let general = generator(n, &edges, killing, coordinates);
    let b: Vec<f64> = (0..n).map(|_| numbers.next()).collect();
    let (chain, general) = (eliminate(&chain), eliminate(&general));
    assert_close(&chain.solve_left(&b), &general.solve_left(&b), 1e-13);
    assert_close(&chain.solve_right(&b), &general.solve_right(&b), 1e-13);
}

#[test]
fn chain_pivots_do_not_underflow() {
    // Uphill a thousand states by e⁻¹ each: the rate of escape is e⁻¹⁰⁰⁰, but no pivot is small.
    for exit_below in [true, false] {
        let n = 600;
        let mut edges = Vec::new();
        for k in 0..n - 1 {
            let (up, down) = if exit_below { (1.0, (-1.0f64).exp()) } else { ((-1.0f64).exp(), 1.0) };
            edges.push((k, k + 1, up));
            edges.push((k + 1, k, down));
        }
        let mut killing = vec![0.0; n];
        killing[if exit_below { 0 } else { n - 1 }] = 1.0;
        let chain = generator(n, &edges, killing, vec![[0; 2]; n]);
        let mut source = vec![0.0; n];
        source[if exit_below { 0 } else { n - 1 }] = 1.0;
        let x = eliminate(&chain).solve_left(&source);
        assert!(x.iter().all(|x| x.is_finite() && *x > 0.0));
    }
}

#[test]
fn smallest_cases() {
    assert!(eliminate(&generator(0, &[], vec![], vec![])).solve_left(&[]).is_empty());
    assert_eq!(eliminate(&generator(1, &[], vec![4.0], vec![[0, 0]])).solve_right(&[2.0]), [0.5]);
}
