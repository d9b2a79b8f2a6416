//! Reports as self-contained HTML pages without scripts, readable on paper and on a phone.

mod figure;
mod run;
mod sweep;
mod verify;

pub use run::run;
pub use sweep::sweep;
pub use verify::verify;

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// One column of text; tables and charts that are too wide scroll by themselves, with a shadow at
/// the side on which there is more.
const STYLE: &str = "\
:root { color-scheme: light; }
body { font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 54rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.25rem; line-height: 1.3; margin-top: 2.5rem; }
a { color: #0b5394; } a:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 3px solid #e69f00; outline-offset: 2px; }
.wide { overflow-x: auto; background: linear-gradient(to right, #fff 40%, #fff0) 0 0, linear-gradient(to left, #fff 40%, #fff0) 100% 0, \
linear-gradient(to right, #0005, #0000) 0 0, linear-gradient(to left, #0005, #0000) 100% 0; background-repeat: no-repeat; \
background-size: 3rem 100%, 3rem 100%, 1rem 100%, 1rem 100%; background-attachment: local, local, scroll, scroll; }
table { border-collapse: collapse; font-size: .9rem; } caption { text-align: left; color: #555; }
th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: 8rem 1fr; gap: .25rem 1rem; } dt { color: #555; } dd { margin: 0; }
figure { margin: 1rem 0; max-width: 40rem; } figure img { width: 100%; height: auto; } svg { width: 100%; height: auto; }
ul.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; font-size: .85rem; }
ul.legend svg { width: 2rem; height: .8rem; vertical-align: middle; margin-right: .4rem; }
pre, code { font-size: .85rem; } pre { background: #f5f5f5; padding: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.verdict { font-weight: 600; white-space: nowrap; } .unexpected { color: #a61c00; }
@media (max-width: 40rem) { .verdict { white-space: normal; } figure .wide svg { min-width: 30rem; }  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } td, th { padding-right: .5rem; } }
@media print { body { max-width: none; font-size: 10pt; } section { break-inside: avoid-page; } details { display: none; } a { color: inherit; } }
";

/// A complete HTML page.
fn page(title: &str, content: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (content) } }
        }
    };
    page.into_string()
}
