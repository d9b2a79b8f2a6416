//! Functions of Python, asked for by the solver's threads and called by the thread that asked for the solution.
//!
//! No thread but that one touches the interpreter: a function runs where its caller's own code runs (with its signal
//! handlers, its `numpy.errstate`, its `torch.no_grad`), Ctrl-C ends it like any other code, and nothing calls Python
//! any more once the caller has gone on or the interpreter ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender, SyncSender};

use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use saddleflux::tensor::Point;

/// What comes to the thread that listens.
pub(crate) enum Event {
    /// A function is asked for its values.
    Asked(Question),
    /// What is given beside a loss is to be compared with it.
    Doubted(Doubt),
    /// The solver has ended, or failed.
    Ended,
}

/// A function, and the points at which it is asked.
pub(crate) struct Question {
    /// Its place among the samplers.
    function: usize,
    /// 1 or 2.
    dimension: usize,
    points: Vec<Point>,
    answer: SyncSender<Vec<Vec<f64>>>,
}

/// A function with its derivatives, and the corners between which they are to belong to it.
pub(crate) struct Doubt {
    /// Its place among the samplers.
    function: usize,
    lower: Vec<f64>,
    upper: Vec<f64>,
    answer: SyncSender<()>,
}

/// Where the solver's threads ask.
#[derive(Clone)]
pub(crate) struct Desk {
    events: Sender<Event>,
    is_closed: Arc<AtomicBool>,
}

impl Desk {
    pub(crate) fn new(events: Sender<Event>) -> Desk {
        Desk { events, is_closed: Arc::default() }
    }

    /// The components of a function at points; `None` where nobody answers any more.
    pub(crate) fn ask(&self, function: usize, dimension: usize, points: &[Point]) -> Option<Vec<Vec<f64>>> {
        if self.is_closed.load(Ordering::SeqCst) {
            return None;
        }
        let (answer, answered) = mpsc::sync_channel(1);
        self.events.send(Event::Asked(Question { function, dimension, points: points.to_vec(), answer })).ok()?;
        answered.recv().ok()
    }

    /// Has what is given beside a loss compared with it between two corners of the domain, and waits for that. A
    /// contradiction ends the computation from the thread that listens.
    pub(crate) fn doubt(&self, function: usize, [lower, upper]: [Vec<f64>; 2]) {
        let (answer, answered) = mpsc::sync_channel(1);
        let doubt = Doubt { function, lower, upper, answer };
        if !self.is_closed.load(Ordering::SeqCst) && self.events.send(Event::Doubted(doubt)).is_ok() {
            // Without an answer nobody listens any more, and the computation is about to end.
            let _ = answered.recv();
        }
    }

    /// Answers no more.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }
}

impl Question {
    /// Calls the function. `functions.Sampler` takes x and y and gives an array of the shape (components, points).
    ///
    /// # Errors
    /// What the function raises.
    pub(crate) fn answer(self, py: Python<'_>, samplers: &[Bound<'_, PyAny>]) -> PyResult<()> {
        let axis = |axis: usize| PyArray1::from_iter(py, self.points.iter().map(|point| point[axis])).into_any();
        let second = if self.dimension == 1 { py.None().into_bound(py) } else { axis(1) };
        let found = call(&samplers[self.function], &PyTuple::new(py, [axis(0), second])?)?;
        let values: PyReadonlyArray2<'_, f64> = found.extract()?;
        let rows = values.as_array().outer_iter().map(|row| row.to_vec()).collect();
        // Nobody waits where the solver failed meanwhile.
        let _ = self.answer.send(rows);
        Ok(())
    }
}

impl Doubt {
    /// Compares, by `functions.Sampler`.
    ///
    /// # Errors
    /// What contradicts; what a function raises.
    pub(crate) fn answer(self, py: Python<'_>, samplers: &[Bound<'_, PyAny>]) -> PyResult<()> {
        let compare = samplers[self.function].getattr("compare")?;
        call(&compare, &(self.lower, self.upper, true).into_pyobject(py)?)?;
        let _ = self.answer.send(());
        Ok(())
    }
}

// As pyo3 declares it, but for what may come through it (see `Hang`).
unsafe extern "C-unwind" {
    fn PyObject_Call(
        callable: *mut ffi::PyObject,
        arguments: *mut ffi::PyObject,
        named: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// Calls what the user wrote.
///
/// # Errors
/// What it raises.
pub(crate) fn call<'py>(callable: &Bound<'py, PyAny>, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let (function, arguments_pointer) = (callable.as_ptr(), arguments.as_ptr());
    let hang = Hang;
    // SAFETY: both are alive and the interpreter's lock is held; without named arguments the third is null.
    let found = unsafe { PyObject_Call(function, arguments_pointer, std::ptr::null_mut()) };
    std::mem::forget(hang);
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(callable.py(), found) }
}

/// Before version 3.14 an interpreter that ends unwinds daemon threads out of the code that they run. That must not
/// reach the frames of the extension module, which cannot be unwound so: the thread waits instead until the process
/// is gone, as version 3.14 has it.
struct Hang;

impl Drop for Hang {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}
