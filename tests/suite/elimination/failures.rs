//! What cannot be eliminated is said, with its place.

use super::*;

#[test]
fn rates_beyond_the_range_of_numbers_are_errors_or_infinite_times() {
    // γ ≈ e⁻²⁵⁰⁰.
    for rows in [0, 64] {
        let generator = double_well(128, rows, 0.0004);
        if let Ok(elimination) = Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &Progress::default()) {
            let b = vec![1.0; generator.len()];
            for x in [elimination.solve_left(&b), elimination.solve_right(&b)] {
                assert!(x.iter().all(|x| *x >= 0.0));
                assert!(x.contains(&f64::INFINITY));
            }
        }
    }
}

#[test]
fn closed_sets_are_named() {
    // Two components; the second, states 30..60, has no exit.
    let mut edges = Vec::new();
    for k in (0..60).filter(|k| k % 30 != 29) {
        edges.push((k, k + 1, 1.0));
        edges.push((k + 1, k, 2.0));
    }
    let mut killing = vec![0.0; 60];
    killing[0] = 1.0;
    for extra in [None, Some((3, 7, 1.0))] {
        edges.extend(extra);
        let coordinates = (0..60).map(|k| [k % 30, k / 30]).collect();
        let generator = generator(60, &edges, killing.clone(), coordinates);
        match Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &Progress::default()) {
            Err(EliminationError::ZeroPivot { state }) => assert!((30..60).contains(&state)),
            other => panic!("{other:?}"),
        }
    }
}

/// A corner that nothing leaves, in a tree large enough for halves side by side: the other subtrees go on and must not
/// stumble.
#[test]
fn an_error_in_one_subtree_is_an_error_and_no_panic() {
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for corner in [[0, 0], [149, 0], [0, 299], [149, 299]] {
            let mut plane = double_well(150, 300, 0.5);
            plane.killing.fill(1.0);
            let near = |place: [i32; 2]| (0..2).all(|axis| (place[axis] - corner[axis]).abs() < 12);
            let closed: Vec<bool> = plane.coordinates.iter().map(|&place| near(place)).collect();
            let rates: Vec<f64> = plane
                .rates
                .iter()
                .map(|(&rate, (i, j))| if closed[i as usize] && !closed[j as usize] { 0.0 } else { rate })
                .collect();
            plane.rates.data_mut().copy_from_slice(&rates);
            for (killing, &closed) in plane.killing.iter_mut().zip(&closed) {
                *killing = if closed { 0.0 } else { 1.0 };
            }
            let found = pool.install(|| {
                Elimination::new(&plane, &Workspace::default(), NO_LIMIT, &Progress::default()).map(|_| ())
            });
            match found {
                Err(EliminationError::ZeroPivot { state }) => assert!(closed[state]),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn no_killing_is_a_zero_pivot() {
    let mut plane = double_well(20, 30, 0.5);
    plane.killing.fill(0.0);
    let error = Elimination::new(&plane, &Workspace::default(), NO_LIMIT, &Progress::default()).unwrap_err();
    assert!(matches!(error, EliminationError::ZeroPivot { .. }), "{error}");
}

#[test]
fn infinite_and_undefined_rates_are_named() {
    for bad in [f64::NAN, f64::INFINITY] {
        for rows in [0, 70] {
            let mut generator = double_well(70, rows, 0.5);
            generator.rates.data_mut()[45] = bad;
            let error =
                Elimination::new(&generator, &Workspace::default(), NO_LIMIT, &Progress::default()).unwrap_err();
            assert!(matches!(error, EliminationError::NotFinite { .. }), "{error}");
        }
    }
}

#[test]
fn refuses_before_it_allocates() {
    let reversible = double_well(64, 64, 0.1);
    let mut general = reversible.clone();
    general.rates.data_mut()[5000] *= 1.5;
    let needed =
        |generator: &Generator| match Elimination::new(generator, &Workspace::default(), 0, &Progress::default()) {
            Err(EliminationError::TooLarge { needed, allowed: 0 }) => needed,
            _ => panic!("nothing can be eliminated in no memory"),
        };
    let symbolic = Symbolic::analyse(&general);
    assert_eq!(needed(&general), symbolic.peak_bytes());
    assert!(needed(&reversible) < needed(&general));
    for generator in [reversible, general] {
        let needed = needed(&generator);
        let error = Elimination::new(&generator, &Workspace::default(), needed - 1, &Progress::default())
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error, EliminationError::TooLarge { needed, allowed: needed - 1 });
        let elimination = Elimination::new(&generator, &Workspace::default(), needed, &Progress::default()).unwrap();
        assert!(elimination.factor_bytes() < needed);
    }
}

#[test]
fn refuses_another_pattern_and_stops_when_asked() {
    let symbolic = Symbolic::analyse(&double_well(20, 20, 0.1));
    let other = double_well(20, 21, 0.1);
    let progress = Progress::default();
    let error = Elimination::with_symbolic(&symbolic, &other, &Workspace::default(), NO_LIMIT, &progress).unwrap_err();
    assert_eq!(error, EliminationError::PatternChanged);
    assert_eq!(
        Elimination::new(&other, &Workspace::default(), NO_LIMIT, &progress).unwrap().flops(),
        progress.state().1
    );
    progress.interrupt();
    assert_eq!(
        Elimination::new(&other, &Workspace::default(), NO_LIMIT, &progress).unwrap_err(),
        EliminationError::Interrupted
    );
}
