//! A page of PDF: paths, images, and texts that remain text.
//!
//! Lengths are in dots of the drawing, with y downward, until the page is finished. Only the used glyphs of the bundled
//! font are embedded. No date is written, so that the same drawing gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use ab_glyph::{Font, FontRef, GlyphId};
use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{CidFontType, FontFlags, LineJoinStyle, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use plotters_backend::{BackendColor, BackendCoord, FontTransform};
use subsetter::GlyphRemapper;

/// The zlib level; higher levels save one per cent of maps.
const DEFLATE: u8 = 6;
/// Points per inch.
const POINTS: f64 = 72.0;
/// The name of the font in the file, with the six letters that mark a subset.
const FONT: Name = Name(b"SADFLX+DejaVuSans");
/// The name of the font in the page's resources.
const FACE: Name = Name(b"F");
/// The identity mapping from two-byte codes to glyphs.
const IDENTITY: SystemInfo = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// An image as RGB bytes, row by row from the top.
struct Image {
    size: (u32, u32),
    bytes: Vec<u8>,
}

/// A page to draw on.
pub(super) struct Page {
    content: Content,
    images: Vec<Image>,
    /// The opacities in use, in units of 1/255.
    opacities: BTreeSet<u8>,
    font: FontRef<'static>,
    glyphs: GlyphRemapper,
    /// The glyph and the character of each code in use.
    letters: BTreeMap<u16, (GlyphId, char)>,
}

/// The position and rotation of a text.
pub(super) struct Place {
    /// The left end of its base line before rotation, relative to `about`.
    pub start: (f64, f64),
    /// The centre of the rotation.
    pub about: BackendCoord,
    /// The rotation.
    pub turn: FontTransform,
}

impl Page {
    /// An empty page with this font.
    pub fn new(font: FontRef<'static>) -> Page {
        let mut content = Content::new();
        content.set_line_join(LineJoinStyle::RoundJoin);
        Page {
            content,
            images: Vec::new(),
            opacities: BTreeSet::new(),
            font,
            glyphs: GlyphRemapper::new(),
            letters: BTreeMap::new(),
        }
    }

    /// The outline of a path with this line width, or its interior without one.
    pub fn path(&mut self, points: impl IntoIterator<Item = BackendCoord>, colour: BackendColor, width: Option<u32>) {
        let mut points = points.into_iter().map(|(x, y)| (x as f32, y as f32));
        let Some(first) = points.next().filter(|_| colour.alpha > 0.0) else { return };
        self.paint(colour);
        self.content.move_to(first.0, first.1);
        for (x, y) in points {
            self.content.line_to(x, y);
        }
        self.stroke_or_fill(width);
    }

    /// A circle with this line width, or a disc without one.
    pub fn circle(&mut self, centre: BackendCoord, radius: u32, colour: BackendColor, width: Option<u32>) {
        /// The distance of the control points of a cubic Bézier curve from the ends of a quarter of the unit circle.
        const HANDLE: f32 = 0.552_284_8;
        if colour.alpha == 0.0 {
            return;
        }
        self.paint(colour);
        let (x, y, r) = (centre.0 as f32, centre.1 as f32, radius as f32);
        self.content.move_to(x + r, y);
        let (mut u, mut v) = ((1.0, 0.0), (0.0, 1.0));
        for _ in 0..4 {
            let at = |a: f32, b: f32| (x + r * (a * u.0 + b * v.0), y + r * (a * u.1 + b * v.1));
            let (one, two, end) = (at(1.0, HANDLE), at(HANDLE, 1.0), at(0.0, 1.0));
            self.content.cubic_to(one.0, one.1, two.0, two.1, end.0, end.1);
            (u, v) = (v, (-u.0, -u.1));
        }
        self.stroke_or_fill(width);
    }

    /// An image with its upper left corner at a point, one dot per pixel.
    pub fn image(&mut self, (x, y): BackendCoord, size: (u32, u32), rgb: &[u8]) {
        let name = image_name(self.images.len());
        let [width, height] = [size.0, size.1].map(|side| side as f32);
        self.content.save_state();
        // With y downward the lower edge of the unit square is the lower edge of the image.
        self.content.transform([width, 0.0, 0.0, -height, x as f32, y as f32 + height]);
        self.content.x_object(Name(name.as_bytes()));
        self.content.restore_state();
        self.images.push(Image { size, bytes: rgb.to_vec() });
    }

    /// The width of a text in dots at this em, with kerning.
    pub fn width(&self, text: &str, em: f64) -> f64 {
        let glyphs: Vec<GlyphId> = text.chars().map(|letter| self.font.glyph_id(letter)).collect();
        let own: f64 = glyphs.iter().map(|glyph| f64::from(self.font.h_advance_unscaled(*glyph))).sum();
        let kerns: f64 = glyphs.windows(2).map(|pair| f64::from(self.font.kern_unscaled(pair[0], pair[1]))).sum();
        (own + kerns) * em / self.units()
    }

    /// A text.
    pub fn text(&mut self, text: &str, em: f64, colour: BackendColor, place: Place) {
        if colour.alpha == 0.0 {
            return;
        }
        self.paint(colour);
        let (cosine, sine) = match place.turn {
            FontTransform::None => (1.0, 0.0),
            FontTransform::Rotate90 => (0.0, 1.0),
            FontTransform::Rotate180 => (-1.0, 0.0),
            FontTransform::Rotate270 => (0.0, -1.0),
        };
        let (u, v) = place.start;
        let (x, y) =
            (f64::from(place.about.0) + cosine * u - sine * v, f64::from(place.about.1) + sine * u + cosine * v);
        self.content.begin_text();
        self.content.set_font(FACE, em as f32);
        // The matrix keeps letters upright with y downward.
        let matrix = [cosine, sine, sine, -cosine, x, y];
        self.content.set_text_matrix(matrix.map(|entry| entry as f32));
        let per_thousand = 1000.0 / self.units();
        let (mut shown, mut before) = (Vec::new(), None);
        for letter in text.chars() {
            let glyph = self.font.glyph_id(letter);
            let number = self.glyphs.remap(glyph.0);
            self.letters.insert(number, (glyph, letter));
            let kern = before.map_or(0.0, |before| self.font.kern_unscaled(before, glyph));
            shown.push((number, (-f64::from(kern) * per_thousand) as f32));
            before = Some(glyph);
        }
        let mut line = self.content.show_positioned();
        let mut items = line.items();
        for (number, kern) in shown {
            if kern != 0.0 {
                items.adjust(kern);
            }
            items.show(Str(&number.to_be_bytes()));
        }
        items.finish();
        line.finish();
        self.content.end_text();
    }

    /// The file of the page with this size in dots and `inches` per dot.
    ///
    /// # Errors
    /// A font that cannot be subset.
    pub fn finish(self, size: (u32, u32), inches: f64, title: &str) -> Result<Vec<u8>, subsetter::Error> {
        let scale = (inches * POINTS) as f32;
        let [width, height] = [size.0, size.1].map(|side| side as f32 * scale);
        let [catalog, pages, page, drawing, info, font, image, opacity] = NUMBERS.map(|number| Ref::new(number));
        let (image, opacity) = (image.get(), opacity.get());
        let mut pdf = Pdf::new();
        pdf.document_info(info).title(TextStr(title)).creator(TextStr("saddleflux"));
        pdf.catalog(catalog).pages(pages);
        pdf.pages(pages).kids([page]).count(1);
        let mut sheet = pdf.page(page);
        sheet.media_box(Rect::new(0.0, 0.0, width, height)).parent(pages).contents(drawing);
        let mut resources = sheet.resources();
        resources.fonts().pair(FACE, font);
        let mut images = resources.x_objects();
        for k in 0..self.images.len() {
            images.pair(Name(image_name(k).as_bytes()), Ref::new(image + k as i32));
        }
        images.finish();
        let mut states = resources.ext_g_states();
        for alpha in &self.opacities {
            states.pair(Name(opacity_name(*alpha).as_bytes()), Ref::new(opacity + i32::from(*alpha)));
        }
        states.finish();
        resources.finish();
        sheet.finish();
        for alpha in &self.opacities {
            let part = f32::from(*alpha) / 255.0;
            pdf.ext_graphics(Ref::new(opacity + i32::from(*alpha))).stroking_alpha(part).non_stroking_alpha(part);
        }
        for (k, Image { size, bytes }) in self.images.iter().enumerate() {
            let bytes = compress_to_vec_zlib(bytes, DEFLATE);
            let mut picture = pdf.image_xobject(Ref::new(image + k as i32), &bytes);
            picture.filter(Filter::FlateDecode);
            picture.width(size.0 as i32).height(size.1 as i32);
            picture.color_space().device_rgb();
            picture.bits_per_component(8);
        }
        self.embed(&mut pdf, font)?;
        let mut down = Content::new();
        down.transform([scale, 0.0, 0.0, -scale, 0.0, height]);
        let mut whole = down.finish().into_vec();
        whole.push(b'\n');
        whole.extend(self.content.finish().into_vec());
        let whole = compress_to_vec_zlib(&whole, DEFLATE);
        pdf.stream(drawing, &whole).filter(Filter::FlateDecode);
        Ok(pdf.finish())
    }

    /// Embeds the used glyphs of the font with their widths and characters.
    fn embed(&self, pdf: &mut Pdf, font: Ref) -> Result<(), subsetter::Error> {
        let [descendant, descriptor, file, unicode] = [1, 2, 3, 4].map(|next| Ref::new(font.get() + next));
        let per_thousand = 1000.0 / self.units() as f32;
        pdf.type0_font(font)
            .base_font(FONT)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(unicode);
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(FONT).system_info(IDENTITY).font_descriptor(descriptor);
        cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid.widths();
        for (number, (glyph, _)) in &self.letters {
            widths.consecutive(*number, [self.font.h_advance_unscaled(*glyph) * per_thousand]);
        }
        widths.finish();
        cid.finish();
        let [ascent, descent] =
            [self.font.ascent_unscaled(), self.font.descent_unscaled()].map(|height| height * per_thousand);
        // For substitute fonts only, since the font is embedded; the box is that of DejaVu Sans.
        pdf.font_descriptor(descriptor)
            .name(FONT)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(-1021.0, -463.0, 1793.0, 1232.0))
            .italic_angle(0.0)
            .ascent(ascent)
            .descent(descent)
            .cap_height(729.0)
            .stem_v(80.0)
            .font_file2(file);
        let bytes = subsetter::subset(super::canvas::FONT, 0, &self.glyphs)?;
        let packed = compress_to_vec_zlib(&bytes, DEFLATE);
        let mut stream = pdf.stream(file, &packed);
        stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), bytes.len() as i32);
        stream.finish();
        let mut letters = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
        for (number, (_, letter)) in &self.letters {
            letters.pair(*number, *letter);
        }
        pdf.cmap(unicode, &letters.finish());
        Ok(())
    }

    fn units(&self) -> f64 {
        f64::from(self.font.units_per_em().unwrap_or(1.0))
    }

    /// Sets colour and opacity.
    fn paint(&mut self, colour: BackendColor) {
        let alpha = (255.0 * colour.alpha).round() as u8;
        self.opacities.insert(alpha);
        self.content.set_parameters(Name(opacity_name(alpha).as_bytes()));
        let (red, green, blue) = colour.rgb;
        let [red, green, blue] = [red, green, blue].map(|part| f32::from(part) / 255.0);
        self.content.set_fill_rgb(red, green, blue).set_stroke_rgb(red, green, blue);
    }

    fn stroke_or_fill(&mut self, width: Option<u32>) {
        match width {
            Some(width) => self.content.set_line_width(width as f32).stroke(),
            None => self.content.fill_nonzero(),
        };
    }
}

/// The object numbers. The four parts of the font follow its number, and further opacities and images follow the first
/// ones.
const NUMBERS: [i32; 8] = [1, 2, 3, 4, 5, 6, 1000, 100];

fn image_name(number: usize) -> String {
    format!("I{number}")
}

fn opacity_name(alpha: u8) -> String {
    format!("A{alpha}")
}
