//! What is in pictures: `cargo run -p veilpass-reader --example read -- FILE …`

fn main() {
    for path in std::env::args().skip(1) {
        let read = std::fs::read(&path).map_err(|error| error.to_string());
        let text = read.and_then(|content| {
            veilpass_reader::text_in_file(&content).map_err(|error| error.to_string())
        });
        match text {
            Ok(text) => println!(
                "{path}\t{} characters\t{}",
                text.len(),
                text.chars().take(20).collect::<String>()
            ),
            Err(error) => println!("{path}\t-\t{error}"),
        }
    }
}
