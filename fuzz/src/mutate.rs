//! Rust to other Rust that nobody wrote.
//!
//! In: a text and a [`Random`]. Out: the text with some of its tokens and statements gone, doubled, moved, exchanged or
//! wrapped. Groups stay whole, so a good part of what is made can be parsed.

use std::ops::Range;
use std::str::FromStr as _;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Most changes to a text at once.
const MOST_CHANGES: usize = 4;

/// Numbers that are the same for the same seed.
pub struct Random(u64);

impl Random {
    /// Numbers of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let end = u64::try_from(end).unwrap_or(1);
        usize::try_from((mixed ^ (mixed >> 31)) % end).unwrap_or(0)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.below(all.len())) }
    }
}

/// The text with a few changes; `None` where it is no row of tokens.
pub fn mutated(text: &str, random: &mut Random) -> Option<String> {
    let mut made = changed(text, random)?;
    for _ in 0..random.below(MOST_CHANGES) {
        made = changed(&made, random)?;
    }
    Some(made)
}

/// Where the tokens and statements of a text stand.
#[derive(Default)]
struct Pieces {
    tokens: Vec<Range<usize>>,
    names: Vec<Range<usize>>,
    statements: Vec<Range<usize>>,
}

fn changed(text: &str, random: &mut Random) -> Option<String> {
    let pieces = pieces(text)?;
    let piece = |range: &Range<usize>| text[range.clone()].to_owned();
    let token = random.one_of(&pieces.tokens)?.clone();
    let other_token = piece(random.one_of(&pieces.tokens)?);
    let Some(statement) = random.one_of(&pieces.statements).cloned() else {
        return Some(spliced(text, token, &other_token));
    };
    let other = random.one_of(&pieces.statements)?.clone();
    let said = piece(&statement);
    let made = match random.below(16) {
        0 => spliced(text, token, ""),
        1 => spliced(text, token, &other_token),
        2 | 3 => {
            let (name, with) = (random.one_of(&pieces.names)?.clone(), piece(random.one_of(&pieces.names)?));
            spliced(text, name, &with)
        }
        4 => spliced(text, statement, &format!("{said}\n    {said}")),
        5 => spliced(text, statement, ""),
        6 => spliced(text, statement, &piece(&other)),
        7 | 8 => spliced(text, other.start..other.start, &format!("{said}\n    ")),
        9 => swapped(text, &statement, &other),
        10 => spliced(text, token.end..token.end, random.one_of(&BEHIND)?),
        11 => spliced(text, statement.start..statement.start, random.one_of(&BEFORE)?),
        12 | 13 => {
            let (head, end) = random.one_of(&AROUND)?;
            spliced(text, statement, &format!("{head}{said}{end}"))
        }
        14 => spliced(text, statement.end..statement.end, random.one_of(&STATEMENTS)?),
        _ => match random.below(8) {
            0 => text.replace('\n', "\r\n"),
            1 => format!("\u{feff}{text}"),
            2 => text.replace("    ", "\t"),
            _ => spliced(text, token, random.one_of(&TOKENS)?),
        },
    };
    Some(made)
}

fn spliced(text: &str, range: Range<usize>, with: &str) -> String {
    format!("{}{with}{}", &text[..range.start], &text[range.end..])
}

/// One inside the other stays as it is.
fn swapped(text: &str, one: &Range<usize>, other: &Range<usize>) -> String {
    let (first, second) = if one.start <= other.start { (one, other) } else { (other, one) };
    if first.end > second.start {
        return text.to_owned();
    }
    let between = &text[first.end..second.start];
    let (one, other) = (&text[first.clone()], &text[second.clone()]);
    format!("{}{other}{between}{one}{}", &text[..first.start], &text[second.end..])
}

fn pieces(text: &str) -> Option<Pieces> {
    let behind = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - behind.len();
    let mut pieces = Pieces::default();
    // The lexer calls itself for each delimiter.
    let is_deep = behind.bytes().filter(|byte| b"([{".contains(byte)).count() > 2_000;
    let tokens = if is_deep { return None } else { TokenStream::from_str(behind).ok() };
    if let Some(tokens) = tokens {
        collect(tokens, false, offset, text, &mut pieces);
    }
    proc_macro2::extra::invalidate_current_thread_spans();
    Some(pieces)
}

fn collect(tokens: TokenStream, is_block: bool, offset: usize, text: &str, pieces: &mut Pieces) {
    let mut begin = None;
    for token in tokens {
        let range = token.span().byte_range();
        let range = range.start + offset..range.end + offset;
        if text.get(range.clone()).is_none_or(str::is_empty) {
            continue;
        }
        pieces.tokens.push(range.clone());
        let start = *begin.get_or_insert(range.start);
        match token {
            TokenTree::Ident(_) => pieces.names.push(range),
            TokenTree::Punct(mark) if mark.as_char() == ';' && is_block => {
                pieces.statements.push(start..range.end);
                begin = None;
            }
            TokenTree::Group(group) => {
                let is_braced = group.delimiter() == Delimiter::Brace;
                collect(group.stream(), is_braced, offset, text, pieces);
                if is_braced && is_block && !text[range.end..].trim_start().starts_with(['.', '?', ';', ')']) {
                    pieces.statements.push(start..range.end);
                    begin = None;
                }
            }
            _ => {}
        }
    }
}

const BEHIND: [&str; 14] = [
    ".await",
    "?",
    ".await?",
    ".unwrap_or_default()",
    ".clone()",
    ".map_err(|e| e)?",
    " as u64",
    ".0",
    "[0]",
    "!",
    "::<u8>()",
    ".collect::<Vec<_>>()",
    " /* why */ ",
    " // why\n",
];

const BEFORE: [&str; 14] = [
    "// said\n    ",
    "/* said */ ",
    "/// said\n    ",
    "// conjoin: allow(sequential_await) -- so\n    ",
    "// conjoin: reads -- so\n    ",
    "#[cfg(test)] ",
    "#[allow(unused)]\n    ",
    "\n\n",
    "'a: ",
    "let x = ",
    "// é 漢字\n",
    "// \u{202e}\u{1b}[2J\n    ",
    "#[cfg_attr(any(), allow(conjoin::sequential_await))] ",
    "mut_me = ",
];

const AROUND: [(&str, &str); 18] = [
    ("if ready { ", " }"),
    ("loop { ", " break; }"),
    ("for x in all { ", " }"),
    ("while let Some(x) = next.next().await { ", " }"),
    ("match it { Some(x) => { ", " } None => {} }"),
    ("{ ", " }"),
    ("async { ", " }.await;"),
    ("let made = async move { ", " };"),
    ("tokio::spawn(async move { ", " });"),
    ("tokio::select! { x = f() => { ", " } y = g() => {} }"),
    ("let (a, b) = tokio::join!(async { ", " }, other());"),
    ("unsafe { ", " }"),
    ("let f = |x| { ", " };"),
    ("fn inner() { ", " }"),
    ("let Some(x) = y else { ", " return; };"),
    ("println!(\"{}\", { ", " 1 });"),
    ("if let Ok(x) = f().await { ", " } else if y { g().await; }"),
    ("#[cfg(unix)] { ", " }"),
];

const STATEMENTS: [&str; 16] = [
    "\n    let a = db.get_user(id).await;",
    "\n    let b = db.get_post(id).await?;",
    "\n    let (c, d) = self.load_pair(a, b).await?;",
    "\n    log::info!(\"{a} {b:?} {}\", c);",
    "\n    self.x.y = fetch_it(&a).await;",
    "\n    total += load(b).await?;",
    "\n    save(&a).await?;",
    "\n    let r = &mut a;",
    "\n    drop(b);",
    "\n    return Ok(a.await?);",
    "\n    tx.commit().await?;",
    "\n    let x: Vec<_> = join_all(ids.iter().map(|id| get(*id))).await;",
    "\n    let y = read_one(\n        a, // first\n        b,\n    )\n    .await\n    .map_err(Error::from)?;",
    "\n    let a = { let b = get_it(1).await; b };",
    "\n    let Some(a) = find(1).await else { return None };",
    "\n    vec![get(1).await, get(2).await];",
];

const TOKENS: [&str; 30] = [
    "async",
    "await",
    "move",
    "self",
    "Self",
    "mut",
    "ref",
    "_",
    "'static",
    "dyn",
    "impl",
    "{ }",
    "( )",
    "[ ]",
    "|x|",
    "r#\"\n\"#",
    "b'x'",
    "1.0e9",
    "0..",
    "..=",
    "&mut",
    "&&",
    "::",
    "->",
    "=>",
    "#[x]",
    "$x",
    "\"\\u{1b}\u{202e}é\"",
    "crate::a::b",
    "<T as U>::V",
];
