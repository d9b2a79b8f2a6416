//! The tables as text.

use std::fmt::{self, Display, Formatter};

use super::{BOUNDARY_RULES, BoundaryRule, Claim, Grids, Order, RULES, Rule, Treatment};

impl Display for Order {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Order::None => write!(text, "–"),
            Order::Formal => write!(text, "the scheme's"),
            Order::Observed => write!(text, "the observed one"),
            Order::ObservedAtMost(most) => write!(text, "the observed one, at most {most}"),
            Order::Fixed(p) => write!(text, "{p}"),
        }
    }
}

impl Display for Claim {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Rounding => write!(text, "the last change, at least one rounding"),
            Claim::WholeChange => {
                write!(text, "the whole last change, or what the scheme's order leaves of the one before, the larger")
            }
            Claim::FormalAtMost => write!(text, "order taken, at most the scheme's, by the last change"),
            Claim::OneBelow => write!(text, "one order below the scheme's, at least 1, by the last change"),
            Claim::Approached => {
                write!(
                    text,
                    "the scheme's order, less twice what is observed below it where it is 2 or more, by the last change"
                )
            }
            Claim::FirstOrder => write!(text, "order 1, by the larger change"),
            Claim::ObservedAtMost(most) => write!(text, "order observed, at most {most}, by the larger change"),
            Claim::FourthOrFirst => write!(text, "order 4 by the change from half, 1 by the other, the larger"),
        }
    }
}

impl Display for Treatment {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Treatment::ByGrids => write!(text, "what walls leave is added"),
            Treatment::AtLeast(share) => write!(text, "what walls leave is added; at least {share} of what cuts leave"),
            Treatment::AddedOrAtLeast(share) => write!(
                text,
                "the smaller of: rows without cuts, with what walls and cuts leave added; rows with cuts, with what walls leave added. \
                 The latter at least {share} of what cuts leave"
            ),
            Treatment::AddedOrCut => {
                write!(text, "the smaller of: what walls leave is added; rows with cuts, without what walls leave")
            }
        }
    }
}

/// Both tables in Markdown, as in `docs/accuracy.md`.
pub fn printed() -> String {
    let mut text = String::from("| grids | situation | order taken | error claimed |\n|---|---|---|---|\n");
    for Rule { grids, words, order, claim, .. } in &RULES {
        let grids = match grids {
            Grids::Ratio => "one ratio",
            Grids::Quarters => "½, ¾, 1",
        };
        text += &format!("| {grids} | {words} | {order} | {claim} |\n");
    }
    text += "\n| boundary | error |\n|---|---|\n";
    for BoundaryRule { words, treatment, .. } in &BOUNDARY_RULES {
        text += &format!("| {words} | {treatment} |\n");
    }
    text
}
