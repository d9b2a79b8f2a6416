//! Report pages: lines with a name and a text, wrapped to the width of the report.

/// The usual width of a report in characters; longer lines are wrapped.
const WIDTH: usize = 100;
/// The smallest width to which a report is wrapped.
const NARROWEST: usize = 40;
/// The width of the names of lines.
const NAME: usize = 20;
/// The width of a table cell.
const COLUMN: usize = 13;

/// What a report is written on.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Whether it shows colour.
    pub has_colour: bool,
    /// The width in characters to which lines are wrapped.
    pub width: usize,
}

impl Default for Screen {
    /// Without colour, and of the usual width.
    fn default() -> Screen {
        Screen { has_colour: false, width: WIDTH }
    }
}

impl Screen {
    /// A screen of this width, of which a report takes no more than the usual one.
    pub fn of_width(width: usize) -> Screen {
        Screen { width: width.clamp(NARROWEST, WIDTH), ..Screen::default() }
    }
}

/// A part of a report.
pub(super) enum Part {
    /// The title.
    Heading(String),
    /// The title of a section.
    Subheading(String),
    /// A name and its text.
    Line(String, String),
    /// A warning.
    Warning(String),
    /// A row of a table.
    Row(Vec<String>),
    /// A line without wrapping.
    Plain(String),
    /// An empty line.
    Blank,
}

/// A report as a list of parts.
pub(super) struct Page {
    pub parts: Vec<Part>,
    screen: Screen,
}

impl Page {
    /// An empty report.
    pub fn new(screen: Screen) -> Page {
        Page { parts: Vec::new(), screen }
    }

    /// Adds the title, which is bold and underlined.
    pub fn heading(&mut self, title: &str) {
        self.parts.push(Part::Heading(title.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()));
    }

    /// Adds the title of a section, which is bold.
    pub fn subheading(&mut self, title: &str) {
        self.parts.push(Part::Subheading(title.to_string()));
    }

    /// Adds a name and its text.
    pub fn line(&mut self, name: &str, text: &str) {
        self.parts.push(Part::Line(name.to_string(), text.to_string()));
    }

    /// Adds an empty line.
    pub fn blank(&mut self) {
        self.parts.push(Part::Blank);
    }

    /// Adds a row of a table, with right-aligned cells.
    pub fn row(&mut self, cells: &[&str]) {
        self.parts.push(Part::Row(cells.iter().map(ToString::to_string).collect()));
    }

    /// Adds a line without wrapping.
    pub fn plain(&mut self, line: &str) {
        self.parts.push(Part::Plain(line.to_string()));
    }

    /// Adds a warning.
    pub fn warning(&mut self, text: &str) {
        self.parts.push(Part::Warning(text.to_string()));
    }

    /// The text in bold, if the terminal shows colour.
    pub fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    /// The report as text, wrapped to its width.
    pub fn text(&self) -> String {
        let (mut text, width) = (String::new(), self.screen.width);
        for part in &self.parts {
            match part {
                Part::Heading(title) => {
                    let title: String = title.chars().take(width - 1).collect();
                    let line = "─".repeat(title.chars().count().max(40));
                    text += &format!("{}\n{line}\n", self.bold(&title));
                }
                Part::Subheading(title) => text += &format!("{}\n", self.bold(title)),
                // A name that leaves no space before the text has a line of its own.
                Part::Line(name, said) if name.chars().count() >= NAME => {
                    text += &format!("{}\n", self.paint("2", name));
                    text += &folded(&" ".repeat(NAME), said, width);
                }
                Part::Line(name, said) => text += &folded(&self.paint("2", &format!("{name:<NAME$}")), said, width),
                Part::Warning(said) => {
                    text += &folded(&self.paint("33", &format!("{:<NAME$}", "! warning")), said, width);
                }
                Part::Row(cells) => {
                    for cell in cells {
                        text += &" ".repeat(COLUMN.saturating_sub(cell.chars().count()).max(1));
                        text += cell;
                    }
                    text.push('\n');
                }
                Part::Plain(line) => text += &format!("{line}\n"),
                Part::Blank => text.push('\n'),
            }
        }
        text
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.screen.has_colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

/// The words wrapped to the width and indented under the name; a word longer than a line is split.
fn folded(name: &str, text: &str, width: usize) -> String {
    let room = width - NAME;
    let (mut lines, mut line, mut length) = (Vec::new(), String::new(), 0);
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().filter(|c| !c.is_control() || *c == '\u{1b}').collect();
        let wide = columns(&word);
        if length > 0 && length + 1 + wide > room {
            lines.push(std::mem::take(&mut line));
            length = 0;
        } else if !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        while columns(&word) > room {
            lines.push(word.drain(..room).collect());
        }
        length += columns(&word);
        line.extend(word);
    }
    lines.push(line);
    let mut folded = String::new();
    for (index, line) in lines.iter().enumerate() {
        let start = if index == 0 { name.to_string() } else { " ".repeat(NAME) };
        folded += format!("{start}{line}").trim_end();
        folded.push('\n');
    }
    folded
}

/// The number of characters that are visible on the terminal, without the escape sequences of colours.
fn columns(characters: &[char]) -> usize {
    let mut inside = false;
    let visible = characters.iter().filter(|c| {
        inside |= **c == '\u{1b}';
        let counts = !inside;
        inside &= **c != 'm';
        counts
    });
    visible.count()
}
