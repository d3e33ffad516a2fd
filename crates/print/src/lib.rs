//! What is printed: sheets of paper strips and of claim letters, and a door's poster; laid out once and drawn as PDF or
//! SVG.

pub mod letters;
pub mod poster;
pub mod sheet;
pub mod strips;
