//! Workspaces, and the generators of implicit time steps.

use super::*;

/// Chains of all kinds one after the other in one workspace: analyses remembered, pages that hold the numbers of
/// others.
#[test]
fn a_workspace_changes_no_number() {
    let workspace = Workspace::default();
    assert_eq!(workspace.kept_bytes(), 0);
    let mut numbers = Numbers(31);
    let mut chains = vec![double_well(40, 60, 0.1), double_well(64, 0, 0.1), double_well(90, 80, 0.05)];
    chains.push(stencil_generator(&mut numbers, (24, 16), &WIDE, 0.1, 3.0, false));
    let mut general = double_well(90, 80, 0.05);
    general.rates.data_mut()[5000] *= 1.5;
    chains.extend([general, double_well(90, 80, 0.2), double_well(40, 60, 0.1)]);
    for chain in chains.iter().chain(chains.iter().rev()) {
        let b: Vec<f64> = (0..chain.len()).map(|_| numbers.next()).collect();
        let shared = Elimination::new(chain, &workspace.clone(), NO_LIMIT, &Progress::default()).unwrap();
        let alone = eliminate(chain);
        assert!(shared.solve_left(&b) == alone.solve_left(&b) && shared.solve_right(&b) == alone.solve_right(&b));
        assert_eq!((shared.flops(), shared.factor_bytes()), (alone.flops(), alone.factor_bytes()));
    }
    assert!(workspace.kept_bytes() > 0);
}

/// Memory that is in use is not kept, that of a dropped elimination is, and a workspace may go before what was made in
/// it.
#[test]
fn a_workspace_keeps_the_memory_of_dropped_eliminations() {
    let (workspace, chain) = (Workspace::default(), double_well(40, 60, 0.1));
    let b = vec![1.0; chain.len()];
    let make = || Elimination::new(&chain, &workspace, NO_LIMIT, &Progress::default()).unwrap();
    let first = make();
    let (stack, factor) = (workspace.kept_bytes(), first.factor_bytes());
    drop(first);
    assert_eq!(workspace.kept_bytes(), stack + factor);
    let second = make();
    assert_eq!(workspace.kept_bytes(), stack);
    let other = workspace.clone();
    let shared_by_threads = std::thread::spawn(move || other.kept_bytes()).join().unwrap();
    assert_eq!(shared_by_threads, stack);
    drop(workspace);
    assert!(second.solve_right(&b) == eliminate(&chain).solve_right(&b));
}

/// A step of implicit Euler is the resolvent J_h = (1 − hG)⁻¹. Every row of 1 − hG sums to 1 + hκ; and for k < h
/// J_h = J_k (k/h + (1 − k/h) J_h), Hilbert's identity of resolvents, which a time step of any length has to keep.
#[test]
fn implicit_steps_are_resolvents() {
    let mut numbers = Numbers(32);
    let plane = double_well(30, 24, 0.1);
    let general = stencil_generator(&mut numbers, (22, 15), &WIDE, 0.1, 1.0, false);
    for chain in [double_well(50, 0, 0.1), plane, general] {
        let b: Vec<f64> = (0..chain.len()).map(|_| numbers.next()).collect();
        for h in [1e-3, 0.5, 1e3] {
            let long = eliminate(&chain.implicit_step(h));
            let row_sums: Vec<f64> = chain.killing.iter().map(|rate| 1.0 + h * rate).collect();
            assert_close(&long.solve_right(&row_sums), &vec![1.0; chain.len()], 1e-13);
            for share in [0.01, 0.7] {
                let short = eliminate(&chain.implicit_step(share * h));
                for solve in [Elimination::solve_left, Elimination::solve_right] {
                    let whole = solve(&long, &b);
                    let mixed: Vec<f64> =
                        b.iter().zip(&whole).map(|(b, whole)| share * b + (1.0 - share) * whole).collect();
                    assert_close(&solve(&short, &mixed), &whole, 1e-12);
                }
            }
        }
    }
}

/// What a step carries over obeys the process: without killing it keeps all probability, and for h → ∞ it ends in the
/// stationary law; with killing h J_h ends in the occupation times, and each step takes 1 + hγ off the quasi-stationary
/// law.
#[test]
fn long_implicit_steps_end_in_the_laws_of_the_process() {
    let killed = double_well(30, 24, 0.3);
    let closed = killed.with_killing(vec![0.0; killed.len()]);
    let start = 7;
    let mut b = vec![0.0; killed.len()];
    b[start] = 1.0;
    for h in [1e-2, 1.0, 1e4] {
        let law = eliminate(&closed.implicit_step(h)).solve_left(&b);
        assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12, "probability is lost in a step of {h}");
    }
    // The stationary law is the occupation of the chain that starts and is killed at one state.
    let occupation = eliminate(&closed.with_killing(b.clone())).solve_left(&b);
    let whole: f64 = occupation.iter().sum();
    let stationary: Vec<f64> = occupation.iter().map(|time| time / whole).collect();
    // What is left of the start falls like 1/h, and has to be small beside stationary probabilities of 1e-19.
    let h = 1e22;
    assert_close(&eliminate(&closed.implicit_step(h)).solve_left(&b), &stationary, 1e-10);
    let passed: Vec<f64> = eliminate(&killed.implicit_step(h)).solve_left(&b).iter().map(|law| law * h).collect();
    assert_close(&passed, &eliminate(&killed).solve_left(&b), 1e-10);
    let found =
        quasi_stationary(&Factor { elimination: eliminate(&killed), states: killed.len(), origin: start }).unwrap();
    for h in [1e-2, 1.0, 1e4] {
        let law = eliminate(&killed.implicit_step(h)).solve_left(&found.probability);
        let kept = 1.0 / (1.0 + h * found.rate.value());
        let expected: Vec<f64> = found.probability.iter().map(|probability| probability * kept).collect();
        assert_close(&law, &expected, 1e-8);
    }
}

/// Time in other units changes rates and killing by the same factor, and times by its inverse.
#[test]
fn scaled_rates_scale_times() {
    let chain = double_well(30, 24, 0.1);
    let b = vec![1.0; chain.len()];
    let times = eliminate(&chain).solve_right(&b);
    for factor in [1e-6, 3.0] {
        let scaled: Vec<f64> =
            eliminate(&chain.scaled(factor)).solve_right(&b).iter().map(|time| time * factor).collect();
        assert_close(&scaled, &times, 1e-12);
    }
}
