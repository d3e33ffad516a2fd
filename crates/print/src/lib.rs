//! What is printed: sheets of paper strips and of claim letters, laid out once and drawn as PDF or SVG.

pub mod letters;
pub mod sheet;
pub mod strips;
