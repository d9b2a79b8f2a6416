//! Named fields over a grid, along a boundary, in time or over modes. They keep their name, units, long name and
//! coordinates from the computation to files and pictures, and back.
//!
//! A [`FieldGroup`] is one group of `result.h5`. Writers, readers and plots loop over its fields, so that a new field,
//! or a group over new coordinates, takes one [`FieldGroup::push`].
//!
//! ```
//! use saddleflux::observe::group::{Coordinate, Field, FieldGroup, Label};
//!
//! let times = Coordinate::new(Label::new("t", "dynamical time", "time"), vec![0.0, 1.0, 10.0]);
//! let mut evolution = FieldGroup::new("evolution", vec![times]);
//! evolution.push(Field::new(Label::new("survival", "1", "share still alive"), &["t"], vec![1.0, 0.9, 0.4]));
//! assert_eq!(evolution.shape(&evolution.fields[0])?, [3]);
//! # Ok::<(), saddleflux::observe::group::GroupError>(())
//! ```

use std::borrow::Cow;
use std::path::PathBuf;

/// A text that usually is a literal.
pub type Text = Cow<'static, str>;

/// The name, the units and the long name of a coordinate or of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The name in the file.
    pub name: Text,
    /// The units, in terms of parameters and dynamical time.
    pub units: Text,
    /// The name on an axis.
    pub long_name: Text,
}

impl Label {
    /// Returns a label of literals.
    pub const fn new(name: &'static str, units: &'static str, long_name: &'static str) -> Label {
        Label { name: Cow::Borrowed(name), units: Cow::Borrowed(units), long_name: Cow::Borrowed(long_name) }
    }
}

/// The values of attributes and coordinates.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Real numbers.
    Numbers(Vec<f64>),
    /// Small integers, such as flags.
    Integers(Vec<i32>),
    /// Large integers, such as seeds.
    Counts(Vec<u64>),
    /// Words, one per point.
    Words(Vec<String>),
    /// One text.
    Text(String),
}

impl Data {
    /// The real numbers, if it holds any.
    pub fn numbers(&self) -> Option<&[f64]> {
        match self {
            Data::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// The number of points along the axis of a coordinate with these values.
    pub fn len(&self) -> usize {
        match self {
            Data::Numbers(values) => values.len(),
            Data::Integers(values) => values.len(),
            Data::Counts(values) => values.len(),
            Data::Words(values) => values.len(),
            Data::Text(_) => 1,
        }
    }

    /// Whether it holds no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Named values that describe a group or a coordinate.
pub type Attributes = Vec<(Text, Data)>;

/// The points along one axis of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinate {
    /// The label.
    pub label: Label,
    /// The points.
    pub values: Data,
    /// The attributes.
    pub attributes: Attributes,
}

impl Coordinate {
    /// A coordinate of numbers.
    pub fn new(label: Label, values: Vec<f64>) -> Coordinate {
        Coordinate { label, values: Data::Numbers(values), attributes: Vec::new() }
    }
}

/// A field: values over the product of its coordinates, the last of which runs fastest; NaN where the field is
/// undefined.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The label.
    pub label: Label,
    /// The names of its coordinates in the group, one per axis.
    pub coordinates: Vec<Text>,
    /// The values.
    pub values: Vec<f64>,
    /// The part of the field that is in a file already and not among the values, for a field that grows along its first
    /// axis.
    pub before: Option<Before>,
}

/// The first part of a field that grows along its first axis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The result file that holds it, in the group and under the name of the field.
    pub file: PathBuf,
    /// The number of places of the first axis in that file; if it is 0 there need be no file.
    pub places: usize,
}

impl Field {
    /// A field over coordinates with these names.
    pub fn new(label: Label, coordinates: &[&'static str], values: Vec<f64>) -> Field {
        Field::over(label, coordinates.iter().map(|name| Cow::Borrowed(*name)).collect(), values)
    }

    /// A field over coordinates with these names, which need be no literals.
    pub fn over(label: Label, coordinates: Vec<Text>, values: Vec<f64>) -> Field {
        Field { label, coordinates, values, before: None }
    }
}

/// A group that lacks something its reader needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// An attribute is missing, or not made of numbers.
    #[error("the attribute {name} of /{group} is missing")]
    NoAttribute {
        /// The group.
        group: Text,
        /// The attribute.
        name: String,
    },
    /// A dataset is missing.
    #[error("/{group}/{name} is missing")]
    NoDataset {
        /// The group.
        group: Text,
        /// The coordinate or the field.
        name: String,
    },
    /// The number of values of a field does not match its coordinates.
    #[error("/{group}/{name} has {values} values for {places} places")]
    Length {
        /// The group.
        group: Text,
        /// The field.
        name: Text,
        /// The number of its values.
        values: usize,
        /// The product of the lengths of its coordinates.
        places: usize,
    },
    /// The attributes of the fields describe no grid.
    #[error("the attributes of /{group} describe no grid")]
    NoGrid {
        /// The group.
        group: Text,
    },
}

/// Fields over named coordinates.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldGroup {
    /// The name of the group.
    pub name: Text,
    /// The attributes.
    pub attributes: Attributes,
    /// The coordinates.
    pub coordinates: Vec<Coordinate>,
    /// The fields.
    pub fields: Vec<Field>,
}

impl FieldGroup {
    /// A group without fields.
    pub fn new(name: &'static str, coordinates: Vec<Coordinate>) -> FieldGroup {
        FieldGroup { name: Cow::Borrowed(name), attributes: Vec::new(), coordinates, fields: Vec::new() }
    }

    /// Adds a field.
    pub fn push(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// Adds an attribute.
    pub fn describe(&mut self, name: &'static str, data: Data) {
        self.attributes.push((Cow::Borrowed(name), data));
    }

    /// The coordinate of this name.
    pub fn coordinate(&self, name: &str) -> Option<&Coordinate> {
        self.coordinates.iter().find(|coordinate| coordinate.label.name == name)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.label.name == name)
    }

    /// The values of the field of this name.
    pub fn values(&self, name: &str) -> Option<&[f64]> {
        self.field(name).map(|field| field.values.as_slice())
    }

    /// The values of a field or of a numerical coordinate that the reader needs.
    ///
    /// # Errors
    /// [`GroupError::NoDataset`] when there is none of this name.
    pub fn needed(&self, name: &str) -> Result<&[f64], GroupError> {
        let along = || self.coordinate(name).and_then(|coordinate| coordinate.values.numbers());
        let missing = || GroupError::NoDataset { group: self.name.clone(), name: name.to_string() };
        self.values(name).or_else(along).ok_or_else(missing)
    }

    /// The numbers of an attribute that the reader needs.
    ///
    /// # Errors
    /// [`GroupError::NoAttribute`] when there is none of this name, or it holds no real numbers.
    pub fn numbers(&self, name: &str) -> Result<&[f64], GroupError> {
        let found = self.attributes.iter().find(|(own, _)| own == name).and_then(|(_, data)| data.numbers());
        found.ok_or_else(|| GroupError::NoAttribute { group: self.name.clone(), name: name.to_string() })
    }

    /// The lengths of a field's axes.
    ///
    /// # Errors
    /// [`GroupError::NoDataset`] when a coordinate that it names is not in the group, [`GroupError::Length`] when it
    /// has another number of values than its coordinates have places.
    pub fn shape(&self, field: &Field) -> Result<Vec<usize>, GroupError> {
        let length = |name: &Text| match self.coordinate(name) {
            Some(coordinate) => Ok(coordinate.values.len()),
            None => Err(GroupError::NoDataset { group: self.name.clone(), name: name.to_string() }),
        };
        let shape: Vec<usize> = field.coordinates.iter().map(length).collect::<Result<_, _>>()?;
        let places: usize = shape.iter().product();
        let elsewhere = field.before.as_ref().map_or(0, |before| before.places * shape[1..].iter().product::<usize>());
        if places != elsewhere + field.values.len() {
            let (group, name) = (self.name.clone(), field.label.name.clone());
            return Err(GroupError::Length { group, name, values: field.values.len(), places });
        }
        Ok(shape)
    }
}
